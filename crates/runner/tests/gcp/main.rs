//! The genomics centre on the live profile, against a server that stands in for Google Cloud and knows its documents.
//! Built with the feature `gcp` only; `ci/gcp.sh` runs it.

#[expect(dead_code, reason = "the other tests of the runner use more of it")]
#[path = "../it/support.rs"]
mod support;

use std::collections::BTreeMap;

use fake_gcp::{Fake, Fault};
use secrets_age::{Recipient, generate_identity, generate_key, seal_key};
use serde_json::json;

use crate::support::{Ran, World, ran};

const CENTRE: &str = "cpg.*";

/// The centre, pointing to a server of its own.
struct Centre {
    world: World,
    fake: Fake,
}

impl Centre {
    fn new() -> Option<Self> {
        let world = World::fresh()?;
        let fake = Fake::start().expect("a free port");
        fake.world().strangers = true;
        // A key that nobody else has, as live profiles want it.
        let (identity, recipient) = generate_identity();
        world.write("identity", identity.expose());
        let recipients = [Recipient::parse(&recipient).expect("a recipient")];
        let key = generate_key().expect("a key");
        let state_key = seal_key(&key, "state key of profile centre", &recipients).expect("sealed");
        let profile = format!(
            "\n[profiles.centre]\nprovider = \"sandbox\"\nproviders = {{ gcp = \"gcp\" }}\nendpoint = \"{}\"\nstate_key = \"{state_key}\"\n",
            fake.url()
        );
        let settings = world.read("groundplan.toml") + &profile;
        world.write("groundplan.toml", &settings);
        // Somebody has asked the live world.
        let lock = "projects/cpg/organisation/stacks/production.lock.toml";
        let text = world.read(lock).replace("source = \"sandbox\"\n", "");
        world.write(lock, &text);
        Some(Self { world, fake })
    }

    fn run(&self, args: &str) -> Ran {
        let what = format!("{args} --profile centre");
        let mut command = self.world.command(&what);
        command.env("GOOGLE_OAUTH_ACCESS_TOKEN", "token").env("GROUNDPLAN_IDENTITY", self.world.path("identity"));
        ran(&what, command)
    }

    /// The objects in state that are Google's, by type.
    fn recorded(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for line in self.run("state list").ok().lines() {
            let ty = line.split("::").nth(1).filter(|ty| ty.contains(".googleapis.com/"));
            *counts.entry(ty.unwrap_or("others").to_owned()).or_default() += 1;
        }
        counts
    }

    /// How many calls wrote.
    fn writes(&self) -> usize {
        let world = self.fake.world();
        let reads = ["get", "list", "lookup", "getIamPolicy", "getBillingInfo"];
        let wrote = |method: &str| !reads.contains(&method.rsplit('.').next().unwrap_or_default());
        world.served.iter().filter(|served| wrote(&served.method)).count()
    }

    #[track_caller]
    fn check(&self) {
        let found = self.fake.world().violations.clone();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

#[test]
fn a_centre_is_made_on_google_cloud_and_then_there_is_nothing_to_do() {
    let Some(centre) = Centre::new() else { return };
    centre.fake.world().polls = 1;
    centre.run(&format!("up {CENTRE} --yes")).ok();
    centre.check();
    let recorded = centre.recorded();
    let there = |api: &str, part: &str| {
        let names = centre.fake.world().names(api);
        names
            .iter()
            .filter(|name| name.contains(part) && !name.contains("/versions/") && !name.contains("/keys/"))
            .count()
    };
    let of = |ty: &str| recorded.get(ty).copied().unwrap_or_default();
    assert!(recorded.len() > 15, "{recorded:?}");
    assert_eq!(of("cloudidentity.googleapis.com/Membership"), there("cloudidentity", "/memberships/"));
    assert_eq!(of("iam.googleapis.com/ServiceAccount"), there("iam", "/serviceAccounts/"));
    assert_eq!(of("secretmanager.googleapis.com/Secret"), there("secretmanager", "/secrets/"));
    assert_eq!(of("storage.googleapis.com/Object"), there("storage", "/o/"));
    let members: usize = recorded.iter().filter(|(ty, _)| ty.ends_with("IamMember")).map(|(_, count)| count).sum();
    let policies = centre.fake.world().policies.clone();
    let bindings = policies.values().filter_map(|policy| policy["bindings"].as_array()).flatten();
    let granted: usize = bindings.filter_map(|binding| binding["members"].as_array().map(Vec::len)).sum();
    assert_eq!(granted, members, "no member was lost");

    let before = centre.fake.world().served.len();
    centre.run(&format!("up {CENTRE} --yes")).ok().says(["nothing to do"]);
    assert_eq!(centre.fake.world().served.len(), before, "nobody was asked anything");

    // Behind its back: a bucket, a member of a policy, an object.
    let bucket = "storage/ex-alpha-main";
    centre.fake.world().tamper(bucket, &[("versioning", json!({"enabled": false}))]);
    let bindings = centre.fake.world().policies[bucket]["bindings"].clone();
    centre.fake.world().policies.get_mut(bucket).expect("it has one")["bindings"] = json!([]);
    let targets = "--target *main-bucket*";
    centre.run(&format!("refresh cpg.dataset.alpha.production {targets}")).ok();
    centre.run("up cpg.dataset.alpha.production --yes").ok();
    centre.check();
    assert_eq!(centre.fake.world().objects[bucket]["versioning"], json!({"enabled": true}));
    let sorted = |bindings: &serde_json::Value| {
        let all = bindings.as_array().into_iter().flatten();
        let mut all: Vec<String> = all
            .flat_map(|binding| {
                let role = binding["role"].as_str().unwrap_or_default().to_owned();
                let members = binding["members"].as_array().cloned().unwrap_or_default();
                members.into_iter().map(move |member| format!("{role} {member}"))
            })
            .collect();
        all.sort_unstable();
        all
    };
    let now = centre.fake.world().policies[bucket]["bindings"].clone();
    assert_eq!(sorted(&now), sorted(&bindings));
    assert!(centre.writes() > 0);
}

#[test]
fn a_dataset_is_made_and_taken_away_though_much_goes_wrong() {
    let Some(centre) = Centre::new() else { return };
    {
        let mut world = centre.fake.world();
        world.polls = 1;
        world.fail("storage.buckets.insert", 2, Fault::BreaksAfter);
        world.fail("groups.create", 3, Fault::BreaksAfter);
        world.fail("setIamPolicy", 5, Fault::Overtaken);
        world.fail("memberships.create", 3, Fault::Throttled(None));
        world.fail("serviceAccounts.create", 2, Fault::Unavailable);
        world.fail("objects.insert", 2, Fault::BreaksAfter);
    }
    // The third project has what is protected, and a live profile destroys no such thing.
    let stacks = "cpg.dataset.* cpg.organisation.production";
    centre.run(&format!("up {stacks} --yes")).ok();
    centre.check();
    centre.run(&format!("preview {stacks} --detailed-exitcode")).ok().says(["nothing to do"]);
    centre.run(&format!("destroy {stacks} --yes")).ok();
    centre.check();
    let world = centre.fake.world();
    // What is kept on purpose: projects, and the interfaces that were enabled for them; versions that are destroyed
    // went with their secrets.
    let kept = ["cloudresourcemanager/", "cloudbilling/", "serviceusage/", "groupssettings/"];
    let left: Vec<&String> =
        world.objects.keys().filter(|key| !kept.iter().any(|kept| key.starts_with(kept))).collect();
    assert!(left.is_empty(), "{left:?}");
}
