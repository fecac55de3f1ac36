//! Plugins: which run, when, and what they see.

use std::sync::Mutex;

use cpg::{Centre, Plugin};
use plan::diag::{Diagnostic, Diagnostics};
use plan::{IntoExpr, Project, Result};

use crate::world::given;

/// A plugin that opens a group to a service, and writes down who is in it.
struct Listing;

impl Plugin for Listing {
    fn name(&self) -> &'static str {
        "listing"
    }

    fn check(&self, configuration: &cpg_config::Configuration) -> Diagnostics {
        let wanted = configuration.infrastructure.metamist.is_none();
        let problem = || Diagnostic::error("E0810", "the plugin `listing` needs metamist").hint("add the section");
        if wanted { problem().into() } else { Diagnostics::new() }
    }

    fn main(&self, centre: &Centre<'_>) -> Result<()> {
        let robot = cpg::Member::Literal("robot@ex-robot.iam.gserviceaccount.com".to_owned());
        centre.add_member("adhoc-reviewers", "listing-robot-in-adhoc-reviewers", robot);
        Ok(())
    }

    fn on_group_finalisation(&self, centre: &Centre<'_>) -> Result<()> {
        let bucket = centre.bucket("listing-bucket", "ex-billing", "ex-listing");
        let sources = centre.sources("listing", &["main.py"])?;
        centre.add_archive("listing-source", &bucket, &sources);
        let members = centre.members("adhoc-reviewers").to_json();
        centre.declare("storage.googleapis.com/Object", "listing", |object| {
            object.set("bucket", bucket.into_expr());
            object.set("name", "members.json".into());
            object.set("content", members.into_expr());
        });
        Ok(())
    }
}

fn listing() -> &'static dyn Plugin {
    &Listing
}

const PLUGINS: cpg::Plugins = &[listing];

fn with_plugins() -> Project {
    let none = |_: &dyn plan::Inputs| Ok(Vec::new());
    Project::listed("cpg", none, |stack| cpg::whole(stack, PLUGINS)).functions(cpg::FUNCTIONS)
}

/// The configuration of the fixture with these plugins enabled.
fn enabled(names: &str) -> String {
    let path = format!("{}/config-infrastructure.yaml", crate::world::MINI);
    let text = testkit::Workspace::here().read(&path).expect("it is there");
    text.replace("plugins_enabled: []", &format!("plugins_enabled: [{names}]"))
}

fn planned(plugins: &str, source: &str) -> testkit::Planned {
    let infrastructure = enabled(plugins);
    let files = [
        ("config-infrastructure.yaml", infrastructure.as_str()),
        ("functions/listing/main.py", source),
        ("functions/listing/notes.md", "not a source"),
    ];
    given(with_plugins(), "production", &files).evaluate()
}

#[test]
fn an_enabled_plugin_fills_groups_and_sees_who_is_in_them() {
    let planned = planned("listing", "print('a')\n");
    assert_eq!(planned.misfits(), [""; 0]);
    let ty = "cloudidentity.googleapis.com/Membership";
    let member = planned.resource(ty, "listing-robot-in-adhoc-reviewers");
    assert_eq!(member.text("preferredMemberKey.id"), "robot@ex-robot.iam.gserviceaccount.com");
    let list = planned.resource("storage.googleapis.com/Object", "listing");
    assert_eq!(
        list.text("content"),
        r#"["robot@ex-robot.iam.gserviceaccount.com","ana.lyst@example.org","dev.ops@example.org"]"#
    );
}

#[test]
fn other_sources_are_another_object_and_the_same_are_the_same() {
    let name = |source: &str| {
        let planned = planned("listing", source);
        planned.resource("storage.googleapis.com/Object", "listing-source").text("name").to_owned()
    };
    assert_eq!(name("print('a')\n"), name("print('a')\n"));
    assert_ne!(name("print('a')\n"), name("print('b')\n"));
}

#[test]
fn what_is_not_enabled_makes_nothing_and_what_is_not_linked_is_said() {
    let without = planned("", "");
    assert!(!without.names("storage.googleapis.com/Bucket").contains(&"listing-bucket"));
    let problems = planned("billing", "").problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    let line = "to link it, add the line `cpg_plugin_billing::plugin,` to `PLUGINS`";
    assert!(problems[0].starts_with("E0817 ") && problems[0].contains(line), "{problems:?}");
}

#[test]
fn a_function_without_sources_is_an_error_with_the_place_to_put_them() {
    let infrastructure = enabled("listing");
    let files = [("config-infrastructure.yaml", infrastructure.as_str())];
    let problems = given(with_plugins(), "production", &files).evaluate().problems();
    assert!(problems.len() == 1 && problems[0].contains("E0824"), "{problems:?}");
}

/// Those and the one of the documentation.
const MORE: cpg::Plugins = &[listing, crate::notes::plugin];

/// What the documentation shows is what runs: a crate of one's own, and one line.
#[test]
fn the_plugin_of_the_documentation_is_linked_by_one_line_and_runs() {
    let docs = testkit::Workspace::here().read("docs/cpg.md").expect("it is there");
    assert!(docs.contains(&format!("```rust\n{}```\n", include_str!("notes.rs"))), "docs/cpg.md shows another one");
    let none = |_: &dyn plan::Inputs| Ok(Vec::new());
    let project = Project::listed("cpg", none, |stack| cpg::whole(stack, MORE)).functions(cpg::FUNCTIONS);
    let infrastructure = enabled("notes");
    let planned = given(project, "production", &[("config-infrastructure.yaml", infrastructure.as_str())]).evaluate();
    assert_eq!(planned.misfits(), [""; 0]);
    let notes = planned.resource("storage.googleapis.com/Object", "notes-of-analysts");
    // The account of the notebook is known when it is made.
    assert!(notes.is_unknown("content"), "it waits for an account");
    assert!(!planned.names("storage.googleapis.com/Object").contains(&"listing"), "it is linked, and not enabled");
}

/// The names of those that ran.
static RAN: Mutex<Vec<&str>> = Mutex::new(Vec::new());

/// A plugin that only says that it ran.
struct Named(&'static str);

impl Plugin for Named {
    fn name(&self) -> &'static str {
        self.0
    }

    fn main(&self, _: &Centre<'_>) -> Result<()> {
        RAN.lock().expect("nobody panicked").push(self.0);
        Ok(())
    }
}

const NAMED: cpg::Plugins = &[|| &Named("first"), || &Named("second")];

/// Not in the order in which they are linked.
#[test]
fn plugins_run_in_the_order_in_which_they_are_enabled() {
    let none = |_: &dyn plan::Inputs| Ok(Vec::new());
    let infrastructure = enabled("second, first");
    let project = Project::listed("cpg", none, |stack| cpg::whole(stack, NAMED)).functions(cpg::FUNCTIONS);
    let evaluated = given(project, "production", &[("config-infrastructure.yaml", infrastructure.as_str())]).evaluate();
    assert_eq!(evaluated.problems(), [""; 0]);
    assert_eq!(*RAN.lock().expect("nobody panicked"), ["second", "first"]);
}
