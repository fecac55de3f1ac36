//! Labels: what every object of a cluster carries.

use std::collections::BTreeMap;

use ol::{BusinessUnit, Naming};
use plan::expr::Expr;
use plan::prelude::*;

/// The longest value of a label.
const VALUE_LENGTH: usize = 63;

/// What an application belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// The data platform.
    Data,
    /// What keeps the rest running.
    Infrastructure,
    /// MIT Learn.
    MitLearn,
    /// The ODL video service.
    OdlVideo,
    /// Residential `MITx`.
    Residential,
    /// `xPRO`.
    Xpro,
}

/// The labels of an object: `ol.mit.edu/ou`, `ol.mit.edu/service` and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels(BTreeMap<String, String>);

impl Product {
    /// The value of the label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Infrastructure => "infrastructure",
            Self::MitLearn => "mit-learn",
            Self::OdlVideo => "odl-video",
            Self::Residential => "residential",
            Self::Xpro => "mitxpro",
        }
    }
}

impl Labels {
    /// The labels of an application of a stack. `project` is what dashboards know the project as.
    pub fn new(stack: &Stack, project: &str, unit: BusinessUnit, product: Product, application: &str) -> Self {
        let short = stack.scope().map_or_else(String::new, |scope| format!("{scope}."));
        let name = label_value(&format!("{project}.{short}{}", stack.environment()));
        Self(BTreeMap::new())
            .with("ou", unit.as_str())
            .with("service", application)
            .with("stack", name)
            .with("product", product.as_str())
            .with("application", application)
            .with("environment", stack.env_suffix())
    }

    /// Where the source of what runs is.
    pub fn source(self, repository: &str) -> Self {
        let value = label_value(repository);
        self.with("source_repository", value)
    }

    /// One label more, without its prefix; one of that name is replaced.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(format!("ol.mit.edu/{name}"), value.into());
        self
    }

    /// The labels, by key.
    pub fn as_map(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl IntoExpr for &Labels {
    fn into_expr(self) -> Expr {
        IntoExpr::into_expr(self.0.clone())
    }
}

impl Arg<BTreeMap<String, String>> for &Labels {
    fn into_expr(self) -> Expr {
        IntoExpr::into_expr(self)
    }
}

/// A text as a cluster takes it for the value of a label; `unknown` if nothing of it is left.
pub fn label_value(text: &str) -> String {
    let text = text.replace("https://", "").replace("http://", "").replace('/', "_").replace(':', "-");
    let cut: String = text.chars().take(VALUE_LENGTH).collect();
    let value = cut.trim_matches(['-', '_', '.']);
    if value.is_empty() { "unknown".to_owned() } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::label_value;

    #[test]
    fn values_are_what_a_cluster_takes() {
        let long = format!("https://{}", "a".repeat(80));
        for (text, wanted) in [
            ("https://github.com/keycloak/keycloak", "github.com_keycloak_keycloak"),
            ("http://apache.jfrog.io/artifactory/tika", "apache.jfrog.io_artifactory_tika"),
            ("ol-application-keycloak.QA", "ol-application-keycloak.QA"),
            ("registry:5000/x", "registry-5000_x"),
            ("-_.a.b._-", "a.b"),
            ("///", "unknown"),
            ("", "unknown"),
            (&long, &"a".repeat(63)),
        ] {
            assert_eq!(label_value(text), wanted, "{text}");
        }
    }
}
