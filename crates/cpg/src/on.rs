//! A dataset on a cloud, whichever that is.

use cpg_config::{Cloud, Dataset};

use crate::azure::Azure;
use crate::gcp::Gcp;
use crate::infra::Infra;
use crate::site::Site;

/// A dataset on one of the clouds.
#[derive(Clone, Copy)]
pub(crate) enum On<'a> {
    /// On Google Cloud.
    Gcp(Gcp<'a>),
    /// On Azure.
    Azure(Azure<'a>),
}

impl<'a> On<'a> {
    /// A dataset of a site on a cloud; `None` if nothing is said of the cloud, which is reported elsewhere.
    pub(crate) fn of(site: &'a Site<'a>, dataset: &'a Dataset, cloud: Cloud) -> Option<Self> {
        match cloud {
            Cloud::Gcp => Gcp::of(site, dataset).map(Self::Gcp),
            Cloud::Azure => Azure::of(site, dataset).map(Self::Azure),
            Cloud::DryRun => None,
        }
    }

    /// What every cloud can do.
    pub(crate) fn infra(&self) -> &(dyn Infra + 'a) {
        match self {
            Self::Gcp(gcp) => gcp,
            Self::Azure(azure) => azure,
        }
    }

    /// What only Google Cloud can do.
    pub(crate) fn gcp(&self) -> Option<Gcp<'a>> {
        match self {
            Self::Gcp(gcp) => Some(*gcp),
            Self::Azure(_) => None,
        }
    }

    pub(crate) fn site(&self) -> &'a Site<'a> {
        match self {
            Self::Gcp(gcp) => gcp.site,
            Self::Azure(azure) => azure.site,
        }
    }

    pub(crate) fn dataset(&self) -> &'a Dataset {
        match self {
            Self::Gcp(gcp) => gcp.dataset,
            Self::Azure(azure) => azure.dataset,
        }
    }

    /// Another dataset of the same site, on the same cloud.
    pub(crate) fn of_dataset(&self, dataset: &'a Dataset) -> Self {
        match self {
            Self::Gcp(gcp) => Self::Gcp(gcp.of_dataset(dataset)),
            Self::Azure(azure) => Self::Azure(azure.of_dataset(dataset)),
        }
    }

    /// The dataset that the common things are in.
    pub(crate) fn common(&self) -> Self {
        self.of_dataset(self.site().configuration.common().unwrap_or(self.dataset()))
    }
}
