//! Tags: what every taggable object carries.

#![expect(clippy::doc_markdown, reason = "names of products are not code")]

use std::collections::BTreeMap;
use std::fmt;

use plan::Arg;
use plan::expr::Expr;
use plan::prelude::*;
use types_common::Tag;

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Config)]
        pub enum $name {
            $($(#[$variant_doc])* #[config(key = $text)] $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name, as tags and configuration have it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.as_str().to_owned()
            }
        }
    };
}

names! {
    /// Who pays: the value of the tag `OU`.
    BusinessUnit {
        /// The data platform.
        Data = "data",
        /// Digital credentials.
        DigitalCredentials = "digital-credentials",
        /// MicroMasters.
        Micromasters = "micromasters",
        /// MIT Learn.
        MitLearn = "mit-learn",
        /// MIT Open, the earlier name of MIT Learn.
        MitOpen = "mit-open",
        /// MITx.
        Mitx = "mitx",
        /// MITx Online.
        MitxOnline = "mitxonline",
        /// OpenCourseWare.
        Ocw = "open-courseware",
        /// What keeps the rest running.
        Operations = "operations",
        /// The ODL video service.
        OdlVideo = "odl-video",
        /// Residential MITx.
        Residential = "residential",
        /// Residential MITx, staging.
        ResidentialStaging = "residential-staging",
        /// xPRO.
        Xpro = "mitxpro",
    }
}

names! {
    /// The networks that things live in; with an environment after it the value of the tag `Environment`.
    Network {
        /// Most applications.
        Applications = "applications",
        /// The data platform.
        Data = "data",
        /// Residential MITx.
        Mitx = "mitx",
        /// MITx Online.
        MitxOnline = "mitxonline",
        /// Residential MITx, staging.
        MitxStaging = "mitx-staging",
        /// What keeps the rest running.
        Operations = "operations",
        /// xPRO.
        Xpro = "xpro",
    }
}

/// The tags of an object: `OU`, `Environment`, `pulumi_managed`, and what is added.
///
/// `pulumi_managed` keeps its name, because scripts outside this workspace look for it.
///
/// ```
/// use ol::{BusinessUnit, Tags};
/// let tags = Tags::new(BusinessUnit::Data, "data-qa").with("Owner", "platform-engineering");
/// assert_eq!(tags.get("OU"), Some("data"));
/// assert_eq!(tags.named("warehouse").get("Name"), Some("warehouse"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tags(BTreeMap<String, String>);

impl Tags {
    /// The tags that everything must have.
    pub fn new(unit: BusinessUnit, environment: impl Into<String>) -> Self {
        let tags = [("OU", unit.into()), ("Environment", environment.into()), ("pulumi_managed", "true".to_owned())];
        Self(tags.map(|(key, value)| (key.to_owned(), value)).into())
    }

    /// One tag more; one of that key is replaced.
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(key.into(), value.into());
        self
    }

    /// A copy with another `Name`.
    pub fn named(&self, name: impl Into<String>) -> Self {
        self.clone().with("Name", name)
    }

    /// A copy with other tags laid over it.
    pub fn merged(&self, over: &Self) -> Self {
        let mut merged = self.clone();
        merged.0.extend(over.0.clone());
        merged
    }

    /// The value of a tag.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The tags, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl Arg<Vec<Tag>> for &Tags {
    fn into_expr(self) -> Expr {
        Arg::<Vec<Tag>>::into_expr(types_common::tags(&self.0))
    }
}

impl Arg<Vec<Tag>> for Tags {
    fn into_expr(self) -> Expr {
        (&self).into_expr()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_tag_of_a_key_wins() {
        let tags = Tags::new(BusinessUnit::Operations, "operations-qa");
        let over = Tags::new(BusinessUnit::Data, "data-qa").with("Name", "x");
        let merged = tags.merged(&over);
        let pairs: Vec<_> = merged.iter().collect();
        assert_eq!(pairs, [("Environment", "data-qa"), ("Name", "x"), ("OU", "data"), ("pulumi_managed", "true")]);
        assert_eq!(tags.get("Name"), None, "the original is as it was");
    }

    #[test]
    fn thirteen_units_pay_for_seven_networks() {
        assert_eq!((BusinessUnit::ALL.len(), Network::ALL.len()), (13, 7));
    }
}
