//! Where the members of groups go: into the clouds, and to whoever reads them.

use cpg_config::Cloud;
use plan::{Output, expr::Expr};

use super::organisation;
use crate::gcp::Gcp;
use crate::infra::Infra;
use crate::members::{member_lines, sorted, sorted_members};
use crate::on::On;
use crate::site::Site;

/// Puts members into the groups of this stack, and writes down who is in those that services read.
pub(super) fn finalise_groups(site: &Site<'_>) {
    let groups = site.groups.borrow();
    // What goes round is reported in the end; the clouds are not asked.
    if groups.check().has_errors() {
        return;
    }
    for (cloud, name, group) in groups.iter().filter(|(.., group)| site.is_here(&group.owner)) {
        let dataset = site.configuration.datasets.get(&group.owner);
        let Some(on) = dataset.and_then(|dataset| On::of(site, dataset, cloud)) else { continue };
        let infra = on.infra();
        let key = infra.group_key(&infra.create_group(name, None));
        for (membership, member) in &group.members {
            infra.add_group_member(membership, &key, member);
        }
        // The services that read lists of members are on Google Cloud, and know people by their addresses there.
        if let Some(gcp) = on.gcp().filter(|_| group.cached) {
            let bucket = organisation::cache_bucket(&gcp).name;
            let content = lines(site, &gcp, name);
            gcp.add_blob_to_bucket(
                &format!("{name}-group-cache-members"),
                &bucket,
                &format!("{name}-members.txt"),
                &content,
            );
        }
    }
}

/// The addresses of all in a group, over any number of groups within it.
fn resolved(site: &Site<'_>, gcp: &Gcp<'_>, group: &str) -> Vec<Output<String>> {
    let groups = site.groups.borrow();
    groups.resolve(Cloud::Gcp, group).into_iter().map(|member| gcp.member_id(member)).collect()
}

/// The texts, if all are known.
fn known(outputs: &[Output<String>]) -> Option<Vec<String>> {
    let text = |output: &Output<String>| output.expr().to_value()?.as_str().map(str::to_owned);
    outputs.iter().map(text).collect()
}

/// The sorted addresses of all in a group.
pub(crate) fn addresses(site: &Site<'_>, gcp: &Gcp<'_>, group: &str) -> Output<Vec<String>> {
    let members = resolved(site, gcp, group);
    match known(&members) {
        Some(texts) => Output::from_expr(Expr::List(sorted(&texts).iter().map(|text| text.as_str().into()).collect())),
        None => sorted_members(Output::of(members)),
    }
}

/// The same as the text of a file.
fn lines(site: &Site<'_>, gcp: &Gcp<'_>, group: &str) -> Output<String> {
    member_lines(Output::of(resolved(site, gcp, group)))
}
