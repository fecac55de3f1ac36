//! The genomics centre on the live profile, with nothing in the sandbox: against a server that stands in for Google Cloud
//! and knows its documents, and one that stands in for Hail Batch, metamist and GitHub.
//! Built with the features `gcp` and `services` only; `ci/gcp.sh` runs it.

#[expect(dead_code, reason = "the other tests of the runner use more of it")]
#[path = "../it/support.rs"]
mod support;

mod before;
mod credentials;
mod killed;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use fake_gcp::{Fake, Fault};
use fake_services::{Fake as Services, Fault as Trouble};
use secrets_age::{Recipient, generate_identity, generate_key, seal_key};
use serde_json::json;

use crate::support::{Ran, World, ran, until};

const CENTRE: &str = "cpg.*";
/// Whoever calls a service.
const TOKEN: &str = "token-that-nobody-is-told";

/// The centre, pointing to servers of its own.
struct Centre {
    world: World,
    fake: Fake,
    services: Services,
}

impl Centre {
    fn new() -> Option<Self> {
        let world = World::fresh()?;
        let fake = Fake::start().expect("a free port");
        before::put(&fake);
        let services = Services::start().expect("a free port");
        for service in ["hail", "metamist", "github"] {
            services.world().tokens.insert(service.to_owned(), TOKEN.to_owned());
        }
        // A key that nobody else has, as live profiles want it.
        let (identity, recipient) = generate_identity();
        world.write("identity", identity.expose());
        let recipients = [Recipient::parse(&recipient).expect("a recipient")];
        let key = generate_key().expect("a key");
        let state_key = seal_key(&key, "state key of profile centre", &recipients).expect("sealed");
        let profile = format!(
            "\n[profiles.centre]\nprovider = \"gcp\"\nstate_key = \"{state_key}\"\n\
             providers = {{ hail = \"hail\", metamist = \"metamist\", github = \"github\" }}\n\
             [profiles.centre.endpoints]\ngcp = \"{}\"\nhail = \"{}\"\nmetamist = \"{}\"\ngithub = \"{}\"\n",
            fake.url(),
            services.url("hail"),
            services.url("metamist"),
            services.url("github")
        );
        let settings = world.read("groundplan.toml") + &profile;
        world.write("groundplan.toml", &settings);
        // Somebody has asked the live world.
        let lock = "projects/cpg/organisation/stacks/production.lock.toml";
        let text = world.read(lock).replace("source = \"sandbox\"\n", "");
        world.write(lock, &text);
        Some(Self { world, fake, services })
    }

    fn run(&self, args: &str) -> Ran {
        ran(args, self.command(args))
    }

    fn command(&self, args: &str) -> Command {
        let mut command = self.world.command(&format!("{args} --profile centre"));
        command.env("GOOGLE_OAUTH_ACCESS_TOKEN", "token").env("GROUNDPLAN_IDENTITY", self.world.path("identity"));
        for variable in ["HAIL_TOKEN_GCP", "METAMIST_TOKEN", "GITHUB_TOKEN"] {
            command.env(variable, TOKEN);
        }
        command
    }

    /// The objects in state, by type.
    fn recorded(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for line in self.run("state list").ok().lines() {
            let ty = line.split("::").nth(1).expect("a type").to_owned();
            *counts.entry(ty).or_default() += 1;
        }
        counts
    }

    /// What is there beside Google's is what the state says, once.
    #[track_caller]
    fn services_are_as_recorded(&self) {
        let recorded = self.recorded();
        let of = |ty: &str| recorded.get(ty).copied().unwrap_or_default();
        let world = self.services.world();
        let billed = world.billing_projects.values().filter(|project| project["status"] == "open");
        let users = billed.clone().filter_map(|project| project["users"].as_array().map(Vec::len)).sum();
        let there = [
            ("hail_user", world.users.len()),
            ("hail_billing_project", billed.count()),
            ("hail_billing_project_member", users),
            ("metamist_project", world.metadata.len()),
            ("metamist_project_members", world.members.len()),
            ("github_environment", world.environments.len()),
            ("github_environment_secret", world.secrets.len()),
        ];
        for (ty, count) in there {
            assert!(count > 0 && count == of(ty), "{ty}: {count} are there, {} in the state", of(ty));
        }
    }

    /// How many calls all servers were asked.
    fn asked(&self) -> usize {
        self.fake.world().served.len() + self.services.world().served.len()
    }

    /// How many objects of an interface there are whose names hold something, and nothing of some others.
    fn there(&self, api: &str, part: &str, not: &[&str]) -> usize {
        let names = self.fake.world().names(api);
        names.iter().filter(|name| name.contains(part) && !not.iter().any(|not| name.contains(not))).count()
    }

    /// How many times a policy names somebody.
    fn granted(&self) -> usize {
        let policies = self.fake.world().policies.clone();
        let bindings = policies.values().filter_map(|policy| policy["bindings"].as_array()).flatten();
        bindings.filter_map(|binding| binding["members"].as_array().map(Vec::len)).sum()
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
        let mut found = self.fake.world().violations.clone();
        found.extend(self.services.world().violations.clone());
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

/// The files below a directory that hold a text.
fn holding(directory: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("is listed") {
        let path = entry.expect("is listed").path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if String::from_utf8_lossy(&std::fs::read(&path).expect("is read")).contains(text) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn a_centre_is_made_on_google_cloud_and_then_there_is_nothing_to_do() {
    let Some(centre) = Centre::new() else { return };
    centre.fake.world().polls = 1;
    centre.services.world().polls = 1;
    centre.run(&format!("up {CENTRE} --yes")).ok();
    centre.check();
    centre.services_are_as_recorded();
    assert_eq!(centre.world.objects(), Vec::<String>::new(), "nothing is in the sandbox");
    let recorded = centre.recorded();
    let there = |api: &str, part: &str| centre.there(api, part, &["/versions/", "/keys/"]);
    let of = |ty: &str| recorded.get(ty).copied().unwrap_or_default();
    assert!(recorded.len() > 15, "{recorded:?}");
    assert_eq!(of("cloudidentity.googleapis.com/Membership"), there("cloudidentity", "/memberships/"));
    assert_eq!(of("iam.googleapis.com/ServiceAccount"), there("iam", "/serviceAccounts/"));
    assert_eq!(of("secretmanager.googleapis.com/Secret"), there("secretmanager", "/secrets/"));
    assert_eq!(of("storage.googleapis.com/Object"), there("storage", "/o/"));
    let members: usize = recorded.iter().filter(|(ty, _)| ty.ends_with("IamMember")).map(|(_, count)| count).sum();
    assert_eq!(centre.granted(), members, "no member was lost");

    // The token was read when the channel was made, and is where the channel is and nowhere else.
    let channels = centre.fake.world().names("monitoring");
    let channel = channels.iter().find(|name| name.contains("/notificationChannels/")).expect("there is one");
    let channel = centre.fake.world().objects[&format!("monitoring/{channel}")].clone();
    assert_eq!(channel["labels"]["channel_name"], "bills");
    let written = holding(&centre.world.path(".groundplan"), "notificationChannels");
    assert!(!written.is_empty(), "the channel is in the state");
    for token in [before::TOKEN, before::TOKEN_IN_BASE64] {
        assert_eq!(holding(&centre.world.path(".groundplan"), token), [""; 0]);
    }

    let before = centre.asked();
    centre.run(&format!("up {CENTRE} --yes")).ok().says(["nothing to do"]);
    assert_eq!(centre.asked(), before, "nobody was asked anything");

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
    let kept =
        ["cloudresourcemanager/", "cloudbilling/", "serviceusage/", "groupssettings/", before::SLACK, before::BILLS];
    let left: Vec<&String> =
        world.objects.keys().filter(|key| !kept.iter().any(|kept| key.starts_with(kept))).collect();
    assert!(left.is_empty(), "{left:?}");
    // What was billed stays on the bill; whoever is gone does not come back, so users stay, and so do samples.
    let services = centre.services.world();
    assert!(services.billing_projects.len() >= 3);
    let billed = services.billing_projects.values();
    assert!(billed.into_iter().all(|project| project["status"] == "closed" && project["users"] == json!([])));
    assert!(!services.users.is_empty() && !services.metadata.is_empty());
}

#[test]
fn what_services_lost_is_found_and_mended_and_nobody_is_told_a_token() {
    let Some(centre) = Centre::new() else { return };
    let log = centre.run(&format!("up {CENTRE} --yes -v --json")).ok();
    assert!(!log.out.contains(TOKEN) && !log.err.contains(TOKEN));
    let kept = Command::new("grep").args(["-rlF", TOKEN, ".groundplan"]).current_dir(centre.world.path("")).output();
    assert!(kept.expect("it looks").stdout.is_empty(), "a token is in a file");
    {
        let mut world = centre.services.world();
        let host = "batch.hail.example.org/alpha";
        world.billing_projects.get_mut(host).expect("there")["users"].as_array_mut().expect("a list").pop();
        world.billing_projects.get_mut("batch.hail.example.org/beta").expect("there")["status"] = "closed".into();
        let environment = world.environments.keys().next().cloned().expect("there is one");
        world.environments.remove(&environment);
        world.secrets.retain(|secret, _| !secret.starts_with(&environment));
        world.environments.values_mut().for_each(|e| e["deployment_branch_policy"] = json!(null));
    }
    centre.run("refresh cpg.dataset.* --target *batch-billing*").ok();
    centre.run("refresh cpg.github_wif.production --target *-env*").ok();
    centre.run(&format!("up {CENTRE} --yes")).ok();
    centre.check();
    centre.services_are_as_recorded();
    let closed = centre.services.world().environments.values().any(|e| e["deployment_branch_policy"].is_object());
    assert!(closed, "production is deployed from protected branches again");
    centre.run(&format!("up {CENTRE} --yes")).ok().says(["nothing to do"]);
}

#[test]
fn services_are_made_once_though_the_runner_is_killed_and_answers_are_lost() {
    let Some(centre) = Centre::new() else { return };
    {
        let mut world = centre.services.world();
        world.polls = 1;
        world.fail("users.create", 2, Trouble::BreaksAfter);
        world.fail("project.create", 2, Trouble::BreaksAfter);
        world.fail("project.create", 1, Trouble::Unavailable);
        world.fail("billing_projects.add", 3, Trouble::Throttled(None));
        world.fail("environments.put", 1, Trouble::Spent(1));
        world.fail("secrets.put", 1, Trouble::BreaksAfter);
    }
    let parts = ["users.create", "project.create", "billing_projects.add", "metamist.project.members", "secrets.put"];
    for part in parts {
        let mut command = centre.command(&format!("up {CENTRE} --yes"));
        let output = || std::fs::File::create(centre.world.path("killed.out")).expect("is made");
        let mut child = command.stdout(output()).stderr(output()).spawn().expect("starts");
        let before = centre.services.world().count(part);
        until(part, || centre.services.world().count(part) > before || child.try_wait().expect("is known").is_some());
        child.kill().expect("is killed");
        child.wait().expect("ends");
    }
    centre.run(&format!("up {CENTRE} --yes")).ok();
    centre.check();
    centre.services_are_as_recorded();
    centre.run(&format!("up {CENTRE} --yes")).ok().says(["nothing to do"]);
}
