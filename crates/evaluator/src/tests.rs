use std::collections::BTreeSet;
use std::fs;

use config_load::Tree;
use plan::Evaluation;
use plan::prelude::*;

use super::*;

#[derive(Config)]
struct Settings {
    size: i64,
    /// Which other inputs the plan reads.
    #[config(default)]
    reads: Vec<String>,
}

#[derive(Outputs)]
#[outputs(project = "demo")]
struct Exports {
    read: Output<String>,
}

#[derive(Outputs)]
#[outputs(project = "up")]
struct Upstream {
    zone: Output<String>,
}

/// Exports all that it was told to read.
fn demo(stack: &Stack, settings: Settings) -> Result<Plan<Exports>> {
    let mut seen = vec![settings.size.to_string()];
    for read in &settings.reads {
        seen.push(match read.as_str() {
            "listing" => stack.list("data")?.join("+"),
            "$PATH" => stack.variable("PATH").unwrap_or_default(),
            "output" => stack.read(&stack.reference::<Upstream>("QA").zone)?,
            // A plan function that goes on whatever happens.
            "careless" => stack.optional_file("data/careless").ok().flatten().unwrap_or_default(),
            path => stack.optional_file(path)?.unwrap_or_default(),
        });
    }
    let plan = stack.plan();
    plan.finish(Exports { read: Output::known(seen.join(" ")) })
}

struct House(tempfile::TempDir);

impl House {
    /// A workspace whose one stack reads `reads`.
    fn reading(reads: &[&str]) -> Self {
        let house = Self(tempfile::tempdir().expect("a directory"));
        house.reads(reads);
        house.write("data/a", "A");
        house
    }

    fn reads(&self, reads: &[&str]) {
        self.write("projects/demo/stacks/QA.toml", &format!("size = 3\nreads = {reads:?}\n"));
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, text).expect("a file");
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.0.path().join(path)).expect("a file");
    }

    fn tree(&self) -> Tree {
        Tree::at(self.0.path())
    }

    fn evaluate(&self, manifest: Option<&Manifest>) -> Evaluation {
        let project = Project::new("demo", demo);
        super::evaluate(&project, &stack(), &self.tree(), manifest, |_| None)
    }

    fn manifest(&self) -> Manifest {
        Manifest::of(&stack(), &self.evaluate(None), &self.tree()).expect("a manifest")
    }

    /// What a hermetic evaluation finds wrong: codes and messages.
    fn refused(&self, manifest: &Manifest) -> Vec<String> {
        let found = self.evaluate(Some(manifest)).result.expect_err("refused");
        found.iter().map(|problem| format!("{} {}", problem.code, problem.message)).collect()
    }
}

fn stack() -> StackName {
    StackName::new("demo", "QA")
}

fn set(paths: &[&str]) -> BTreeSet<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}

#[test]
fn a_manifest_names_everything_that_was_read_and_nothing_else() {
    let house = House::reading(&["data/a", "data/none", "listing", "$PATH", "output"]);
    house.write("foreign/up.QA.toml", "zone = \"z\"\n");
    house.write("projects/demo/stacks/QA.lock.toml", "");
    let manifest = house.manifest();
    assert_eq!(manifest.files, set(&["data/a", "foreign/up.QA.toml", "projects/demo/stacks/QA.toml"]), "no lock");
    assert_eq!(manifest.absent, set(&["data/none"]));
    assert_eq!(manifest.directories, set(&["data"]));
    assert_eq!(manifest.variables, set(&["PATH"]));

    let all = Manifests([("QA".to_owned(), manifest.clone())].into());
    let read = Manifests::parse("inputs", &all.to_text()).expect("its own text");
    assert_eq!(read.of_stack(&stack(), "inputs").expect("there"), &manifest);
    let missing = read.of_stack(&StackName::new("demo", "CI"), "inputs").expect_err("none");
    assert_eq!(missing.iter().map(|problem| problem.code.as_str()).collect::<Vec<_>>(), ["E0332"]);
    assert!(Manifests::parse("inputs", "{\"QA\": 3}").is_err());
}

#[test]
fn with_its_manifest_a_plan_has_the_same_bytes() {
    for reads in [&["data/a", "data/none", "listing", "$PATH"][..], &["output"], &[]] {
        let house = House::reading(reads);
        let bytes = |evaluation: &Evaluation| evaluation.result.as_ref().expect("evaluates").canonical_bytes();
        let (free, hermetic) = (house.evaluate(None), house.evaluate(Some(&house.manifest())));
        assert_eq!(bytes(&free), bytes(&hermetic), "{reads:?}");
        assert_eq!(free.reads, hermetic.reads, "{reads:?}");
    }
}

#[test]
fn a_plan_that_waits_for_an_output_is_handed_on_with_what_it_waits_for() {
    let house = House::reading(&["output"]);
    assert_eq!(house.manifest().absent, set(&["foreign/up.QA.toml"]), "it was looked for among foreign stacks");
    let evaluation = house.evaluate(Some(&house.manifest()));
    let evaluated = evaluation.result.clone().expect("deferred");
    let out = house.0.path().join("out");
    write(&out, &evaluation, &evaluated, None).expect("written");
    let read = |name: &str| fs::read_to_string(out.join(name)).expect("a file");
    assert!(read("plan.json").contains("waits_for"), "{}", read("plan.json"));
    assert!(read("plan.mmd").contains("up.QA"), "{}", read("plan.mmd"));
    assert_eq!(read("plan.outputs.json"), "null\n", "what it will export is not known yet");
}

#[test]
fn what_is_not_declared_is_refused_even_if_the_plan_goes_on() {
    let bare = House::reading(&[]).manifest();
    let cases = [
        ("data/a", "`data/a`"),
        ("data/none", "`data/none`"),
        ("listing", "the names in `data`"),
        ("$PATH", "the environment variable `PATH`"),
        ("output", "`foreign/up.QA.toml`"),
        ("careless", "`data/careless`"),
    ];
    for (read, named) in cases {
        let house = House::reading(&[read]);
        let wanted = format!("E0330 undeclared input: the plan of `demo.QA` reads {named}");
        assert_eq!(house.refused(&bare), [wanted], "{read}");
    }
}

#[test]
fn what_appeared_or_vanished_since_makes_a_manifest_out_of_date() {
    let house = House::reading(&["data/a", "data/none", "listing"]);
    let manifest = house.manifest();
    house.write("data/none", "now");
    assert_eq!(house.refused(&manifest), ["E0331 the manifest of inputs is out of date: `data/none` is there now"]);
    house.remove("data/none");
    house.remove("data/a");
    let gone = "E0331 the manifest of inputs is out of date: `data/a` is not there any more";
    assert_eq!(house.refused(&manifest), [gone]);

    // A new name in a directory is seen, and what the plan then reads of it is not declared.
    house.write("data/a", "A");
    house.write("data/b", "B");
    house.evaluate(Some(&manifest)).result.expect("a name alone is an input that was declared");
    house.reads(&["data/a", "data/none", "listing", "data/b"]);
    assert_eq!(house.refused(&manifest), ["E0330 undeclared input: the plan of `demo.QA` reads `data/b`"]);
}

#[test]
fn the_environment_is_not_read() {
    let house = House::reading(&["$PATH"]);
    let evaluated = house.evaluate(Some(&house.manifest())).result.expect("evaluates");
    let text = String::from_utf8(evaluated.canonical_bytes()).expect("text");
    assert!(text.contains("\"3 \""), "every process has a PATH, and none of it is in the plan: {text}");
}

/// A directory with the plan of the one stack, made by this code.
fn handed_on(house: &House) -> std::path::PathBuf {
    let evaluation = house.evaluate(None);
    let out = house.0.path().join("plans");
    let code = value::Digest::of("code", b"this");
    write(&out.join("demo.QA"), &evaluation, &evaluation.result.clone().expect("evaluates"), Some(code))
        .expect("files");
    out
}

#[test]
fn a_plan_that_was_handed_on_is_read_as_it_was() {
    for reads in [&["data/a", "listing"][..], &["output"]] {
        let house = House::reading(reads);
        let plans = read(&handed_on(&house), "plans").expect("plans");
        let given = &plans["demo.QA"];
        let made = house.evaluate(None);
        assert_eq!((&given.evaluation.result, &given.evaluation.reads), (&made.result, &made.reads));
        assert_eq!(given.evaluation.sources, made.sources);
        assert_eq!(given.code, Some(value::Digest::of("code", b"this")));
    }
}

#[test]
fn what_a_stack_exports_stands_in_a_file_of_its_own_with_what_is_known() {
    let house = House::reading(&["data/a"]);
    let exported = || fs::read_to_string(handed_on(&house).join("demo.QA/plan.outputs.json")).expect("a file");
    assert_eq!(exported(), "{\n  \"read\": \"3 A\"\n}\n");

    let mut plan = resource::Plan::new(stack());
    let urn: resource::Urn = "demo::AWS::EC2::VPC::main".parse().expect("a URN");
    let attribute = |name: &str| plan::expr::Expr::Attribute {
        urn: urn.to_string(),
        path: name.parse().expect("a path"),
        ty: value::Type::String,
    };
    for (output, name) in [("cidr", "CidrBlock"), ("id", "VpcId")] {
        plan.outputs.insert(output.parse().expect("a path"), attribute(name));
    }
    let resource = |cidr: &str| resource::Resource {
        properties: [("CidrBlock".to_owned(), plan::expr::Expr::Value(cidr.into()))].into(),
        options: resource::Options::default().into(),
        around: resource::Around::default(),
        parent: None,
    };
    plan.resources.insert(urn.clone(), resource("10.0.0.0/16"));
    let text = |plan: &resource::Plan| serde_json::to_string(&crate::outputs::outputs(plan)).expect("json");
    let unknown =
        r#"{"$unknown":{"origins":[["demo.QA","demo::AWS::EC2::VPC::main.VpcId"]],"secret":false,"type":"string"}}"#;
    assert_eq!(text(&plan), format!(r#"{{"cidr":"10.0.0.0/16","id":{unknown}}}"#));
    // The plan exports the same expressions, and what they are known to be is another value.
    plan.resources.insert(urn.clone(), resource("10.1.0.0/16"));
    assert_eq!(text(&plan), format!(r#"{{"cidr":"10.1.0.0/16","id":{unknown}}}"#));
}

#[test]
fn what_is_not_the_plan_of_its_digest_is_refused() {
    let cases: [(&str, &str, &str); 4] = [
        ("plan.json", "\"3\"", "\"4\""),
        ("plan.digest", "", "0"),
        ("plan.json", "demo", "other"),
        ("plan.inputs.json", "[", "{"),
    ];
    for (file, from, to) in cases {
        let house = House::reading(&[]);
        let out = handed_on(&house);
        let path = out.join("demo.QA").join(file);
        let text = fs::read_to_string(&path).expect("a file");
        fs::write(&path, text.replacen(from, to, 1)).expect("a file");
        let found = read(&out, "plans").expect_err(file);
        assert_eq!(found.iter().map(|problem| problem.code.as_str()).collect::<Vec<_>>(), ["E0334"], "{file}");
    }
    let house = House::reading(&[]);
    let out = handed_on(&house);
    fs::rename(out.join("demo.QA"), out.join("demo.CI")).expect("a directory");
    let found = read(&out, "plans").expect_err("another's name");
    assert_eq!(found.iter().next().expect("one").message, "`plans/demo.CI` holds the plan of `demo.QA`");
    fs::remove_dir_all(out.join("demo.CI")).expect("a directory");
    assert!(read(&out, "plans").is_err(), "nothing is there");
}
