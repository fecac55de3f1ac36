//! Sites: where an instance points.

use std::sync::Arc;

use rest::{Client, Credentials, Result};

use crate::Place;
use crate::kind::Vendor;

/// One place that calls are made to.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) endpoint: Option<String>,
    pub(crate) client: Client,
}

impl Site {
    /// The site of a service at a place.
    ///
    /// # Errors
    /// If the system's certificates cannot be read.
    pub(crate) fn open(vendor: &Vendor, place: &Place, credentials: Arc<dyn Credentials>) -> Result<Self> {
        let endpoint = place.endpoint.as_deref().map(|endpoint| endpoint.trim_end_matches('/').to_owned());
        let plain = endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        Ok(Self { endpoint, client: Client::new(plain, credentials, vendor.classify)? })
    }
}
