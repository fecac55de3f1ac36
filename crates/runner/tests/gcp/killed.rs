//! The runner is killed between calls and their answers, over and over: what one run left, the next one goes on with.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use fake_gcp::Fault;

use crate::{CENTRE, Centre};

/// Calls that write, each of its own way to be found again, in about the order in which a run comes to them: a run is
/// killed when it waits for the answers to all of a line.
const CALLS: &[&[&str]] = &[
    &["cloudresourcemanager.projects.create", "iam.projects.locations.workloadIdentityPools.create"],
    &[
        "cloudbilling.projects.updateBillingInfo",
        "iam.projects.locations.workloadIdentityPools.providers.create",
        "cloudidentity.groups.create",
        "serviceusage.services.enable",
    ],
    &[
        "billingbudgets.billingAccounts.budgets.create",
        "groupssettings.groups.patch",
        "iam.projects.serviceAccounts.create",
        "secretmanager.projects.secrets.create",
    ],
    &[
        "storage.buckets.insert",
        "artifactregistry.projects.locations.repositories.create",
        "operations.get",
        "cloudidentity.groups.memberships.create",
    ],
    &[KEY, VERSION, "iam.projects.serviceAccounts.setIamPolicy", "cloudresourcemanager.projects.setIamPolicy"],
    &[
        "storage.buckets.setIamPolicy",
        "storage.objects.insert",
        "artifactregistry.projects.locations.repositories.setIamPolicy",
        "secretmanager.projects.secrets.setIamPolicy",
    ],
];
const KEY: &str = "iam.projects.serviceAccounts.keys.create";
const VERSION: &str = "secretmanager.projects.secrets.addVersion";
/// How long a run goes on that waits for some answers already.
const PATIENCE: Duration = Duration::from_millis(400);

/// A call, and whether it was done before its answer was lost.
type Kill = (&'static str, Fault);

#[test]
fn a_runner_that_is_killed_before_or_after_any_call_leaves_nothing_twice_and_nothing_behind() {
    let faults = [Fault::HangsBefore, Fault::HangsAfter];
    let of_line = |line: &&[&'static str]| faults.map(|fault| line.iter().map(|call| (*call, fault)).collect());
    let mut left: Vec<Vec<Kill>> = CALLS.iter().flat_map(of_line).collect();
    // What a run did before it was to be killed there is left to a new centre.
    for _ in 0..8 {
        if left.is_empty() {
            return;
        }
        let Some(centre) = Centre::new() else { return };
        centre.fake.world().polls = 1;
        let mut killed = Vec::new();
        for kills in &mut left {
            let hung = kill_at(&centre, kills);
            kills.retain(|kill| !hung.contains(kill));
            killed.extend(hung);
        }
        left.retain(|kills| !kills.is_empty());
        goes_on(&centre, &killed);
    }
    assert!(left.is_empty(), "nobody was killed at {left:?}");
}

#[track_caller]
fn goes_on(centre: &Centre, killed: &[Kill]) {
    centre.run(&format!("up {CENTRE} --yes")).ok();
    centre.check();
    let before = centre.asked();
    centre.run(&format!("up {CENTRE} --yes")).ok().says(["nothing to do"]);
    assert_eq!(centre.asked(), before, "nobody was asked anything");
    counted(centre, killed);
}

/// Everything that is there is in state, once.
#[track_caller]
fn counted(centre: &Centre, killed: &[Kill]) {
    let recorded = centre.recorded();
    let of = |ty: &str| recorded.get(ty).copied().unwrap_or_default();
    let nothing: &[&str] = &[];
    let kinds: [(&str, &str, &str, &[&str]); 11] = [
        ("storage.googleapis.com/Bucket", "storage", "", &["/o/"]),
        ("storage.googleapis.com/Object", "storage", "/o/", nothing),
        ("cloudresourcemanager.googleapis.com/Project", "cloudresourcemanager", "", nothing),
        ("billingbudgets.googleapis.com/Budget", "billingbudgets", "", nothing),
        ("cloudidentity.googleapis.com/Group", "cloudidentity", "", &["/memberships/"]),
        ("cloudidentity.googleapis.com/Membership", "cloudidentity", "/memberships/", nothing),
        ("iam.googleapis.com/ServiceAccount", "iam", "/serviceAccounts/", &["/keys/"]),
        ("iam.googleapis.com/WorkloadIdentityPool", "iam", "/workloadIdentityPools/", &["/providers/"]),
        ("iam.googleapis.com/WorkloadIdentityPoolProvider", "iam", "/providers/", nothing),
        ("secretmanager.googleapis.com/Secret", "secretmanager", "", &["/versions/"]),
        ("artifactregistry.googleapis.com/Repository", "artifactregistry", "", nothing),
    ];
    for (ty, api, part, not) in kinds {
        assert!(of(ty) > 0, "there is no {ty}: {recorded:?}");
        assert_eq!(centre.there(api, part, not), of(ty), "{ty}");
    }
    // Of what nothing tells from others there may be more: those whose answers no run lived to hear.
    for (ty, api, part) in [
        ("iam.googleapis.com/ServiceAccountKey", "iam", "/keys/"),
        ("secretmanager.googleapis.com/SecretVersion", "secretmanager", "/versions/"),
    ] {
        let more = centre.there(api, part, &[]).checked_sub(of(ty)).expect("what is in state is there");
        // A run makes so many calls at a time.
        assert!(of(ty) > 0 && more <= 24 * killed.len(), "{ty}: {more} too many");
    }
    let members: usize = recorded.iter().filter(|(ty, _)| ty.ends_with("IamMember")).map(|(_, count)| count).sum();
    assert_eq!(centre.granted(), members);
    let unpaid = |world: &fake_gcp::World| {
        let projects = world.names("cloudresourcemanager");
        let paid = world.names("cloudbilling");
        projects.difference(&paid).cloned().collect::<Vec<_>>()
    };
    assert_eq!(unpaid(&centre.fake.world()), Vec::<String>::new(), "somebody pays for each");
    centre.services_are_as_recorded();
}

/// Starts a run, and kills it when calls wait for their answers; gives those that did.
fn kill_at(centre: &Centre, kills: &[Kill]) -> Vec<Kill> {
    let hung = |centre: &Centre| centre.fake.world().hung.len();
    let before = hung(centre);
    kills.iter().for_each(|(call, fault)| centre.fake.world().fail(call, 1, *fault));
    let mut command = centre.command(&format!("up {CENTRE} --yes"));
    let mut child: Child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
    let mut last = (before, Instant::now());
    loop {
        let now = hung(centre);
        if now > last.0 {
            last = (now, Instant::now());
        }
        let enough = now == before + kills.len() || (now > before && last.1.elapsed() > PATIENCE);
        if enough || child.try_wait().expect("can be asked").is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    // One that has ended is killed in vain.
    child.kill().expect("is killed");
    child.wait().expect("is gone");
    centre.fake.world().forgive();
    let calls = centre.fake.world().hung[before..].to_vec();
    kills.iter().filter(|(call, _)| calls.iter().any(|hung| hung.contains(call))).copied().collect()
}
