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
use crate::on::On;
use crate::plugin::{Centre, Plugin};
use crate::site::Site;

/// Makes everything of a site, and lets plugins make theirs.
///
/// # Errors
/// What plugins cannot read.
pub(crate) fn drive(site: &Site<'_>, plugins: &[&dyn Plugin]) -> plan::Result<()> {
    let datasets = site.datasets();
    // Projects in metamist, and who may use them, are the same wherever the data are.
    let homes: Vec<Driver<'_>> = datasets.iter().filter_map(|one| Driver::of(site, one, Cloud::Gcp)).collect();
    let places = datasets.iter().flat_map(|one| one.clouds().map(move |cloud| (one, cloud)));
    let drivers: Vec<Driver<'_>> = places.filter_map(|(one, cloud)| Driver::of(site, one, cloud)).collect();
    // Every group of a dataset is there before another one is put into it.
    if site.is_organisation() {
        organisation::before(site);
    }
    homes.iter().for_each(Driver::metamist_projects);
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
    homes.iter().for_each(Driver::metamist_members);
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
    on: On<'a>,
}

impl<'a> Driver<'a> {
    fn of(site: &'a Site<'a>, dataset: &'a Dataset, cloud: Cloud) -> Option<Self> {
        Some(Self { site, dataset, on: On::of(site, dataset, cloud)? })
    }

    /// What every cloud can do.
    fn infra(&self) -> &(dyn Infra + 'a) {
        self.on.infra()
    }

    /// What only Google Cloud can do.
    fn gcp(&self) -> Option<Gcp<'a>> {
        self.on.gcp()
    }

    fn cloud(&self) -> Cloud {
        self.infra().cloud()
    }

    /// What stands for a member in names of resources of this cloud.
    fn hash(&self, member: &str) -> String {
        hash(&self.dataset.name, member, self.cloud())
    }

    /// The whole name of one of the dataset's groups.
    fn group_name(&self, group: &str) -> String {
        format!("{}-{group}", self.dataset.name)
    }

    /// One of the dataset's groups, made at its first mention.
    fn group(&self, group: &str) -> Member {
        let name = self.group_name(group);
        ensure_group(&self.on, &name, None, cached(group));
        Member::Group(name)
    }

    /// Puts a member into one of the dataset's groups.
    fn add(&self, group: &str, key: &str, member: Member) {
        self.group(group);
        self.site.member(self.cloud(), &self.group_name(group), self.infra().logical_name(key), member);
    }

    /// The access levels that the dataset has, in order.
    fn levels(&self, order: [Level; 3]) -> impl Iterator<Item = Level> + use<> {
        let test = self.dataset.options.setup_test;
        order.into_iter().filter(move |level| test || *level != Level::Test)
    }

    fn has(&self, component: cpg_config::Component) -> bool {
        self.dataset.has(self.cloud(), component)
    }

    /// A machine account of a level: `cromwell-full`.
    fn level_account(&self, kind: &str, level: Level) -> Account {
        self.infra().create_machine_account(&format!("{kind}-{}", level.name()), None, None)
    }
}

/// The groups whose members are written where services read them.
fn cached(group: &str) -> bool {
    matches!(group, "analysis" | "web-access") || group.starts_with("sample-metadata-")
}

/// Makes a group of the dataset of `on`, if it is not there. Whether it was not.
fn ensure_group(on: &On<'_>, name: &str, description: Option<&str>, cached: bool) -> bool {
    let infra = on.infra();
    let new = on.site().groups.borrow_mut().add(infra.cloud(), name, &on.dataset().name, cached);
    if new {
        infra.create_group(name, description);
    }
    new
}

/// A user as a member of a cloud's groups; `None` if they are not in it, which is reported elsewhere if it matters.
fn person(site: &Site<'_>, key: &str, cloud: Cloud) -> Option<(String, Member)> {
    let user = &site.configuration.infrastructure.users.get(key)?.value;
    let there = user.clouds.get(cloud)?;
    let member = Member::Person { id: there.id.value.clone(), hail: there.hail_batch_username.clone() };
    Some((user.id.value.clone(), member))
}

/// What stands for a member in names of resources; the check of the configuration has found it to be there.
fn hash(dataset: &str, member: &str, cloud: Cloud) -> String {
    member_hash(dataset, member, cloud.name()).unwrap_or_default()
}

/// Things by level.
type ByLevel<T> = BTreeMap<Level, T>;
