//! The driver: what a centre consists of, in the order in which it comes to be.

mod access;
mod dataset;
mod hail;
mod metadata;
pub(crate) mod organisation;
mod registry;
pub(crate) mod sinks;
mod storage;
mod temporary;

use std::collections::BTreeMap;

use cpg_config::{Cloud, Dataset, member_hash};

use crate::gcp::Gcp;
use crate::groups::Member;
use crate::infra::{Account, Infra};
use crate::plugin::{Centre, Plugin};
use crate::site::Site;

/// Makes everything of a site, and lets plugins make theirs.
///
/// # Errors
/// What plugins cannot read.
pub(crate) fn drive(site: &Site<'_>, plugins: &[&dyn Plugin]) -> plan::Result<()> {
    let datasets = site.datasets();
    let drivers: Vec<Driver<'_>> = datasets.iter().filter_map(|dataset| Driver::of(site, dataset)).collect();
    // Every group of a dataset is there before another one is put into it.
    if site.is_organisation() {
        organisation::before(site);
    }
    drivers.iter().for_each(Driver::metamist_projects);
    drivers.iter().for_each(Driver::main);
    if site.is_organisation() {
        organisation::adhoc_groups(site);
    }
    let centre = Centre::of(site).filter(|_| site.is_organisation());
    if let Some(centre) = &centre {
        plugins.iter().try_for_each(|plugin| plugin.main(centre))?;
    }
    sinks::finalise_groups(site);
    if let Some(centre) = &centre {
        plugins.iter().try_for_each(|plugin| plugin.on_group_finalisation(centre))?;
    }
    drivers.iter().for_each(Driver::hail_members);
    drivers.iter().for_each(Driver::metamist_members);
    if site.is_organisation() {
        organisation::after(site);
    }
    Ok(())
}

/// What may be done in a dataset: to test data, to all data with reviewed programs, to all data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Test,
    Standard,
    Full,
}

impl Level {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Standard => "standard",
            Self::Full => "full",
        }
    }
}

/// One dataset on one cloud.
pub(crate) struct Driver<'a> {
    site: &'a Site<'a>,
    dataset: &'a Dataset,
    gcp: Gcp<'a>,
}

impl<'a> Driver<'a> {
    fn of(site: &'a Site<'a>, dataset: &'a Dataset) -> Option<Self> {
        Some(Self { site, dataset, gcp: Gcp::of(site, dataset)? })
    }

    /// The whole name of one of the dataset's groups.
    fn group_name(&self, group: &str) -> String {
        format!("{}-{group}", self.dataset.name)
    }

    /// One of the dataset's groups, made at its first mention.
    fn group(&self, group: &str) -> Member {
        let name = self.group_name(group);
        ensure_group(&self.gcp, &name, None, cached(group));
        Member::Group(name)
    }

    /// Puts a member into one of the dataset's groups.
    fn add(&self, group: &str, key: &str, member: Member) {
        self.group(group);
        self.site.member(Cloud::Gcp, &self.group_name(group), self.gcp.logical_name(key), member);
    }

    /// The access levels that the dataset has, in order.
    fn levels(&self, order: [Level; 3]) -> impl Iterator<Item = Level> + use<> {
        let test = self.dataset.options.setup_test;
        order.into_iter().filter(move |level| test || *level != Level::Test)
    }

    fn has(&self, component: cpg_config::Component) -> bool {
        self.dataset.has(Cloud::Gcp, component)
    }

    /// A machine account of a level: `cromwell-full`.
    fn level_account(&self, kind: &str, level: Level) -> Account {
        self.gcp.create_machine_account(&format!("{kind}-{}", level.name()), None, None)
    }
}

/// The groups whose members are written where services read them.
fn cached(group: &str) -> bool {
    matches!(group, "analysis" | "web-access") || group.starts_with("sample-metadata-")
}

/// Makes a group of the dataset of `gcp`, if it is not there.
fn ensure_group(gcp: &Gcp<'_>, name: &str, description: Option<&str>, cached: bool) {
    let new = gcp.site.groups.borrow_mut().add(Cloud::Gcp, name, &gcp.dataset.name, cached);
    if new {
        gcp.create_group(name, description);
    }
}

/// A user as a member of a cloud's groups; `None` if they are not in it, which is reported elsewhere if it matters.
fn person(site: &Site<'_>, key: &str, cloud: Cloud) -> Option<(String, Member)> {
    let user = &site.configuration.infrastructure.users.get(key)?.value;
    let there = user.clouds.get(cloud)?;
    let member = Member::Person { id: there.id.value.clone(), hail: there.hail_batch_username.clone() };
    Some((user.id.value.clone(), member))
}

/// What stands for a member in names of resources; the check of the configuration has found it to be there.
fn hash(dataset: &str, member: &str) -> String {
    member_hash(dataset, member, Cloud::Gcp.name()).unwrap_or_default()
}

/// Things by level.
type ByLevel<T> = BTreeMap<Level, T>;
