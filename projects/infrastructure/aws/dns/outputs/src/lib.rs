//! What the DNS stack exports: the hosted zones.
//!
//! **Invariant:** plain types only; every leaf is an output.

use plan::prelude::*;

/// The exports of the DNS stack.
#[derive(Clone, Debug, Outputs)]
#[outputs(project = "infrastructure.aws.dns")]
pub struct Outputs {
    /// The zone id of `mitxpro.mit.edu`, which has no other export.
    pub mitxpro_legacy_zone_id: Output<String>,
    /// The zone id of `odl.mit.edu`, which is also in `odl`.
    pub odl_zone_id: Output<String>,
    /// `odl.mit.edu`.
    pub odl: Zone,
    /// `mitxonline.mit.edu`.
    pub mitxonline: Zone,
    /// `xpro.mit.edu`.
    pub xpro: Zone,
    /// `mitx.mit.edu`.
    pub mitx: Zone,
    /// `ocw.mit.edu`.
    pub ocw: Zone,
    /// `ol.mit.edu`.
    pub ol: Zone,
    /// `learn.mit.edu`.
    pub learn: Zone,
    /// `podcasts.mit.edu`.
    pub podcasts: Zone,
    /// `podcast.mit.edu`.
    pub podcast: Zone,
    /// `chalkradioblog.net`.
    pub chalkradioblog: Zone,
    /// `chalkradiopodcast.com`.
    pub chalkradiopodcast_com: Zone,
    /// `chalkradiopodcast.net`.
    pub chalkradiopodcast_net: Zone,
    /// `chalkradiopodcast.org`.
    pub chalkradiopodcast_org: Zone,
    /// `micromasters.mit.edu`.
    pub micromasters: Zone,
    /// `mitili.mit.edu`.
    pub mitili: Zone,
    /// `mitlearning.com`.
    pub mitlearning_com: Zone,
    /// `mitlearning.net`.
    pub mitlearning_net: Zone,
    /// `mitlearning.org`.
    pub mitlearning_org: Zone,
    /// `mitopen.com`.
    pub mitopen_com: Zone,
    /// `mitopen.net`.
    pub mitopen_net: Zone,
    /// `mitopen.org`.
    pub mitopen_org: Zone,
    /// `mitx.pro`.
    pub mitx_pro: Zone,
    /// `mitxpro.info`.
    pub mitxpro_info: Zone,
    /// `mitxpro.net`.
    pub mitxpro_net: Zone,
    /// `mitxpro.org`.
    pub mitxpro_org: Zone,
    /// `open.mit.edu`.
    pub open: Zone,
    /// `teach.mit.edu`.
    pub teach: Zone,
}

/// A public hosted zone.
#[derive(Clone, Debug, Outputs)]
pub struct Zone {
    /// The id.
    pub id: Output<String>,
    /// The domain, without a dot at its end.
    pub domain: Output<String>,
}
