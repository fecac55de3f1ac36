//! A genomics centre on two clouds on the live profile, with nothing in the sandbox: against servers that stand in for
//! Azure and Google Cloud and know their documents, and for Hail Batch, metamist and GitHub.
//! Built with the features `azure`, `gcp` and `services` only; `ci/azure.sh` runs it.

#[expect(dead_code, reason = "the other tests of the runner use more of it")]
#[path = "../it/support.rs"]
mod support;

#[expect(dead_code, reason = "the tests of Google Cloud look for it, too")]
#[path = "../gcp/before.rs"]
mod before;

use std::collections::BTreeMap;

use fake_azure::{Fake, Fault};
use secrets_age::{Recipient, generate_identity, generate_key, seal_key};
use serde_json::json;

use crate::support::{Ran, World, ran};

const CENTRE: &str = "cpg.*";
/// A dataset on both clouds.
const BETA: &str = "cpg.dataset.beta.production";

/// The centre, pointing to servers of its own.
struct Centre {
    world: World,
    azure: Fake,
    google: fake_gcp::Fake,
    services: fake_services::Fake,
}

impl Centre {
    /// The example with `gamma` on Azure, and `beta` and the common dataset on both clouds.
    fn new() -> Option<Self> {
        let world = World::fresh()?;
        let azure = Fake::start().expect("a free port");
        let google = fake_gcp::Fake::start().expect("a free port");
        before::put(&google);
        let services = fake_services::Fake::start().expect("a free port");
        // Hail on each cloud knows its own callers only.
        services.world().tokens = [("hail/auth.hail.", "google"), ("hail/batch.hail.", "google")]
            .into_iter()
            .chain([("hail/auth.hail-az.", "azure"), ("hail/batch.hail-az.", "azure")])
            .map(|(path, token)| (path.to_owned(), token.to_owned()))
            .collect();
        azure.world().polls = 1;
        google.world().polls = 1;
        on_two_clouds(&world);
        // A key that nobody else has, as live profiles want it.
        let (identity, recipient) = generate_identity();
        world.write("identity", identity.expose());
        let recipients = [Recipient::parse(&recipient).expect("a recipient")];
        let key = generate_key().expect("a key");
        let state_key = seal_key(&key, "state key of profile centre", &recipients).expect("sealed");
        let profile = format!(
            "\n[profiles.centre]\nprovider = \"gcp\"\nstate_key = \"{state_key}\"\n\
             providers = {{ azure = \"azure\", hail = \"hail\", metamist = \"metamist\", github = \"github\" }}\n\
             [profiles.centre.endpoints]\nazure = \"{}\"\ngcp = \"{}\"\n\
             hail = \"{}\"\nmetamist = \"{}\"\ngithub = \"{}\"\n",
            azure.url(),
            google.url(),
            services.url("hail"),
            services.url("metamist"),
            services.url("github"),
        );
        let settings = world.read("groundplan.toml") + &profile;
        world.write("groundplan.toml", &settings);
        // Somebody has asked the live world.
        let lock = "projects/cpg/organisation/stacks/production.lock.toml";
        let text = world.read(lock).replace("source = \"sandbox\"\n", "");
        world.write(lock, &text);
        Some(Self { world, azure, google, services })
    }

    fn run(&self, args: &str) -> Ran {
        let what = format!("{args} --profile centre");
        let mut command = self.world.command(&what);
        command.env("GOOGLE_OAUTH_ACCESS_TOKEN", "token").env("AZURE_ACCESS_TOKEN", "token");
        command.env("HAIL_TOKEN_GCP", "google").env("HAIL_TOKEN_AZURE", "azure");
        command.env("METAMIST_TOKEN", "token").env("GITHUB_TOKEN", "token");
        command.env("GROUNDPLAN_IDENTITY", self.world.path("identity"));
        ran(&what, command)
    }

    /// The objects in state that are Azure's, by type.
    fn recorded(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for line in self.run("state list").ok().lines() {
            let ty = line.split("::").nth(1).filter(|ty| ty.starts_with("Microsoft."));
            *counts.entry(ty.unwrap_or("others").to_owned()).or_default() += 1;
        }
        counts
    }

    fn calls(&self) -> usize {
        let services = self.services.world().served.len();
        self.azure.world().served.len() + self.google.world().served.len() + services
    }

    #[track_caller]
    fn check(&self) {
        let found = self.azure.world().violations.clone();
        assert!(found.is_empty(), "{}", found.join("\n"));
        let found = self.google.world().violations.clone();
        assert!(found.is_empty(), "{}", found.join("\n"));
        let found = self.services.world().violations.clone();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

fn on_two_clouds(world: &World) {
    let datasets = "configuration/cpg/config-datasets.yaml";
    let both = "deploy_locations: [gcp, azure]";
    let text = world
        .read(datasets)
        .replace("  create_container_registry: true\n", &format!("  create_container_registry: true\n  {both}\n"))
        .replace("  enable_release: true\n", &format!("  enable_release: true\n  {both}\n"))
        .replace("  components: { gcp: [storage, metamist] }\n", "  deploy_locations: [azure]\n");
    assert_eq!((text.matches(both).count(), text.matches("[azure]").count()), (2, 1), "{text}");
    world.write(datasets, &text);
    for dataset in ["common", "beta", "gamma"] {
        let budgets = format!("configuration/cpg/datasets/{dataset}/budgets.yaml");
        world.write(&budgets, "{ gcp: { monthly_budget: 100 }, azure: { monthly_budget: 100 } }\n");
    }
}

#[test]
fn a_centre_is_made_on_two_clouds_and_then_there_is_nothing_to_do() {
    let Some(centre) = Centre::new() else { return };
    centre.run(&format!("up {CENTRE} --yes")).ok();
    centre.check();
    let recorded = centre.recorded();
    let of = |ty: &str| recorded.get(ty).copied().unwrap_or_default();
    assert!(recorded.len() > 10, "{recorded:?}");
    {
        let world = centre.azure.world();
        let there = |part: &str| {
            let part = format!("/{part}/");
            world
                .things
                .values()
                .filter(|thing| thing.id.rsplit_once(&part).is_some_and(|(_, name)| !name.contains('/')))
                .count()
        };
        assert_eq!(of("Microsoft.Storage/storageAccounts"), there("storageAccounts"));
        assert_eq!(of("Microsoft.Storage/storageAccounts/blobServices/containers"), there("containers"));
        assert_eq!(of("Microsoft.Authorization/roleAssignments"), there("roleAssignments"), "no role was lost");
        assert_eq!(of("Microsoft.ManagedIdentity/userAssignedIdentities"), there("userAssignedIdentities"));
        assert_eq!(of("Microsoft.KeyVault/vaults/secrets"), there("secrets"));
        assert_eq!(of("Microsoft.Consumption/budgets"), there("budgets"));
        assert_eq!(of("Microsoft.Storage/storageAccounts/blobServices/containers/blobs"), world.blobs.len());
        assert_eq!(of("Microsoft.Graph/groups"), world.groups.len());
        let members: usize = world.members.values().map(std::collections::BTreeSet::len).sum();
        assert_eq!(of("Microsoft.Graph/groups/members"), members);
        assert!(world.things.len() > 100 && world.groups.len() > 30, "{} {}", world.things.len(), world.groups.len());
    }
    assert_eq!(centre.world.objects(), Vec::<String>::new(), "nothing is in the sandbox");
    {
        // On either cloud a level of a dataset has a user of its own, and its identity is what roles are given to.
        let services = centre.services.world();
        let users = |host: &str| services.users.keys().filter(|user| user.starts_with(host)).count();
        assert!(users("auth.hail.") >= 6 && users("auth.hail-az.") >= 4, "{:?}", services.users.keys());
        let azure = centre.azure.world();
        let mut identities = services.users.iter().filter(|(user, _)| user.starts_with("auth.hail-az."));
        let holds =
            |identity: &str| azure.things.values().any(|thing| thing.body["properties"]["principalId"] == identity);
        assert!(identities.any(|(_, user)| user["hail_identity"].as_str().is_some_and(holds)));
    }
    let before = centre.calls();
    centre.run(&format!("up {CENTRE} --yes")).ok().says(["nothing to do"]);
    assert_eq!(centre.calls(), before, "nobody was asked anything");

    // Behind its back: an account is changed, and the rules of another are gone.
    let (account, rules) = {
        let mut world = centre.azure.world();
        let ids = |world: &fake_azure::World, part: &str| -> Vec<String> {
            world.things.values().map(|thing| thing.id.clone()).filter(|id| id.contains(part)).collect()
        };
        let account = ids(&world, "/storageAccounts/exbeta").into_iter().min_by_key(String::len).expect("it has one");
        let rules = ids(&world, "/storageAccounts/exbeta/managementPolicies/").pop().expect("it has some");
        world.tamper(&account, &[("kind", json!("Storage"))]);
        world.things.remove(&rules.to_lowercase());
        (account, rules)
    };
    centre.run(&format!("refresh {BETA}")).ok();
    centre.run(&format!("up {BETA} --yes")).ok();
    centre.check();
    let world = centre.azure.world();
    assert_eq!(world.thing(&account).map(|thing| &thing.body["kind"]), Some(&json!("StorageV2")));
    assert!(world.thing(&rules).is_some(), "the rules are there again");
}

#[test]
fn datasets_are_made_and_taken_away_though_much_goes_wrong() {
    let Some(centre) = Centre::new() else { return };
    {
        let mut world = centre.azure.world();
        world.unseen = 1;
        world.fail("storageAccountsCreate", 1, Fault::BreaksAfter);
        world.fail("blobContainersCreate", 3, Fault::BreaksAfter);
        world.fail("roleAssignmentsCreate", 5, Fault::Conflict);
        world.fail("groupsUpsert", 3, Fault::BreaksAfter);
        world.fail("membersAdd", 3, Fault::Throttled(None));
        world.fail("userAssignedIdentitiesCreateOrUpdate", 2, Fault::Unavailable);
        world.fail("budgetsCreateOrUpdate", 1, Fault::BreaksAfter);
        world.fail("blobs.put", 2, Fault::BreaksAfter);
    }
    // The third project has what is protected, and a live profile destroys no such thing.
    let stacks = "cpg.dataset.* cpg.organisation.production";
    centre.run(&format!("up {stacks} --yes")).ok();
    centre.check();
    centre.run(&format!("preview {stacks} --detailed-exitcode")).ok().says(["nothing to do"]);
    centre.run(&format!("destroy {stacks} --yes")).ok();
    centre.check();
    let world = centre.azure.world();
    // What is kept on purpose: groups of resources, with what goes only with them.
    let left: Vec<&str> =
        world.things.values().map(|thing| thing.id.as_str()).filter(|id| id.contains("/providers/")).collect();
    assert!(left.is_empty(), "{left:#?}");
    assert!(world.groups.is_empty() && world.blobs.is_empty(), "{:?}", world.groups.keys());
}

#[test]
fn a_member_more_moves_that_member() {
    let Some(centre) = Centre::new() else { return };
    centre.run(&format!("up {CENTRE} --yes")).ok();
    let count = || centre.azure.world().members.values().map(std::collections::BTreeSet::len).sum::<usize>();
    let (members, calls) = (count(), centre.azure.world().served.len());
    let path = "configuration/cpg/datasets/gamma/members.yaml";
    centre.world.write(path, "metadata-access:\n  - meta.reader\nweb-access:\n  - web.viewer\n");
    centre.run(&format!("up {CENTRE} --yes")).ok();
    assert_eq!(count(), members + 1);
    let world = centre.azure.world();
    let writes: Vec<&str> = world.served[calls..]
        .iter()
        .map(|served| served.method.as_str())
        .filter(|method| !method.contains("et"))
        .collect();
    assert!(writes.iter().all(|method| *method == "graph.membersAdd" || *method == "blobs.put"), "{writes:?}");
}
