//! Where calls go: the account, the region or the server, and the scope within which ids are unique.

/// Where a provider instance points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// The address of a server, where there are no accounts.
    pub endpoint: Option<String>,
}

impl Default for Place {
    fn default() -> Self {
        Self { account: "123456789012".to_owned(), region: "us-east-1".to_owned(), endpoint: None }
    }
}

/// Which settings of an instance decide where objects of a type are.
pub(crate) fn settings(ty: &str) -> &'static [&'static str] {
    match ty.split("::").collect::<Vec<_>>()[..] {
        ["AWS", "IAM" | "Route53", _] => &["account"],
        ["AWS", ..] => &["account", "region"],
        // Projects, subscriptions and regions are properties there.
        _ if is_google(ty) || is_azure(ty) => &[],
        _ => &["endpoint"],
    }
}

/// Whether a type is one of Google Cloud.
fn is_google(ty: &str) -> bool {
    ty.contains(".googleapis.com/")
}

/// Whether a type is one of Azure.
fn is_azure(ty: &str) -> bool {
    ty.starts_with("Microsoft.")
}

/// A place and the name of the provider instance, as one call sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) place: Place,
    /// The instance's name, which stands for a server where there are no accounts.
    pub(crate) instance: String,
}

impl Site {
    /// The scope of a type: within it an id or a name is given once.
    pub(crate) fn scope(&self, ty: &str) -> String {
        let Place { account, region, endpoint } = &self.place;
        match ty.split("::").collect::<Vec<_>>()[..] {
            // Bucket names are given once in the world.
            ["AWS", "S3", _] => "aws".to_owned(),
            ["AWS", "IAM" | "Route53", _] => account.clone(),
            ["AWS", ..] => format!("{account}/{region}"),
            _ if is_google(ty) => "google".to_owned(),
            _ if is_azure(ty) => "azure".to_owned(),
            _ => endpoint.as_ref().unwrap_or(&self.instance).clone(),
        }
    }

    /// An ARN: `resource` is all that follows the account.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.place.region, self.place.account)
    }

    /// An ARN of a service that knows no regions.
    pub(crate) fn global_arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}::{}:{resource}", self.place.account)
    }
}
