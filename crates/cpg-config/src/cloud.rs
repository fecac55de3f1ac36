//! Clouds, and what is said of each.

use plan::config::{Field, Fields, FromNode, Node, Shape};
use plan::diag::Diagnostics;
use plan_macros::Config;

/// A cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Config)]
pub enum Cloud {
    /// Google Cloud.
    Gcp,
    /// Microsoft Azure.
    Azure,
    /// None: what was once printed instead of made. `runner evaluate` does it for every cloud.
    DryRun,
}

impl Cloud {
    /// The name in configuration files, and in the names of resources.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gcp => "gcp",
            Self::Azure => "azure",
            Self::DryRun => "dry-run",
        }
    }
}

/// Something for some of the clouds.
#[derive(Debug, Clone, PartialEq)]
pub struct ByCloud<T> {
    /// For Google Cloud.
    pub gcp: Option<T>,
    /// For Azure.
    pub azure: Option<T>,
    /// For no cloud; it is read and counts for nothing.
    pub dry_run: Option<T>,
}

impl<T> Default for ByCloud<T> {
    fn default() -> Self {
        Self { gcp: None, azure: None, dry_run: None }
    }
}

impl<T> ByCloud<T> {
    /// What is said of a cloud.
    pub fn get(&self, cloud: Cloud) -> Option<&T> {
        match cloud {
            Cloud::Gcp => self.gcp.as_ref(),
            Cloud::Azure => self.azure.as_ref(),
            Cloud::DryRun => self.dry_run.as_ref(),
        }
    }

    /// The clouds of which something is said, and what.
    pub fn iter(&self) -> impl Iterator<Item = (Cloud, &T)> {
        [Cloud::Gcp, Cloud::Azure, Cloud::DryRun].into_iter().filter_map(|cloud| Some((cloud, self.get(cloud)?)))
    }
}

impl<T: FromNode> FromNode for ByCloud<T> {
    fn from_node(node: &Node, found: &mut Diagnostics) -> Option<Self> {
        let mut fields = Fields::of(node, &["gcp", "azure", "dry-run"], found)?;
        let (gcp, azure, dry_run) = (
            fields.field::<Option<T>>("gcp", found),
            fields.field::<Option<T>>("azure", found),
            fields.field::<Option<T>>("dry-run", found),
        );
        Some(Self { gcp: gcp?, azure: azure?, dry_run: dry_run? })
    }

    fn shape() -> Shape {
        let field = |name, description| Field { name, description, shape: T::shape(), required: false };
        Shape::Table(vec![
            field("gcp", "For Google Cloud."),
            field("azure", "For Azure."),
            field("dry-run", "For no cloud; it counts for nothing."),
        ])
    }
}
