//! A runner with two small projects that are killed again and again: `crash.base`, and `crash.reader`, which reads it.
//!
//! Between them they have every way to settle a create (tag, natural identity, token), both orders of replacement, hooks,
//! and something that moves between them; which resources there are, and with what, stands in their stack files.

use std::process::ExitCode;

use cli::Registry;
use code_digest::{Crate, Table};
use expr::Expr;
use plan::prelude::*;
use plan::{Declaration, ResourceRef};
use value::Value;

/// Stands for what a registry's build script writes, so that evaluations are kept as everywhere else.
static DIGESTS: Table = Table {
    toolchain: "",
    projects: &[
        code_digest::Project { name: "crash.base", directory: "projects/crash/base" },
        code_digest::Project { name: "crash.reader", directory: "projects/crash/reader" },
    ],
    crates: &[
        Crate {
            name: "crash-base",
            directory: "projects/crash/base",
            own: [1; 32],
            code: [1; 32],
            source: [1; 32],
            closure: &[],
        },
        Crate {
            name: "crash-reader",
            directory: "projects/crash/reader",
            own: [2; 32],
            code: [2; 32],
            source: [2; 32],
            closure: &[],
        },
    ],
    files: &[],
};

#[derive(Config)]
struct Settings {
    /// The block of the network; another one replaces it and all that is in it.
    cidr: String,
    /// A tag of everything that has tags; another one updates it.
    owner: String,
    /// The path of the role, whose name is fixed: another one deletes it first.
    path: String,
    /// What the bucket is called; none = there is no bucket.
    bucket: Option<String>,
    /// Whether a bucket that is there is taken over.
    #[config(default = false)]
    adopt: bool,
    /// Which of the two has the lock.
    lock: String,
    /// What the key is called.
    key: String,
    /// What the key was called earlier.
    key_was: Option<String>,
}

#[derive(Outputs)]
#[outputs(project = "crash.base")]
struct Base {
    network: Output<String>,
    key: Output<String>,
}

#[derive(Config)]
struct ReaderSettings {
    owner: String,
    /// Which of the two has the lock.
    lock: String,
    /// Whether the program branches on an output of the other stack.
    waits: bool,
}

fn main() -> ExitCode {
    let projects = vec![Project::new("crash.base", base), Project::new("crash.reader", reader)];
    cli::main(Registry { projects, policies: Vec::new(), digests: &DIGESTS })
}

fn base(stack: &Stack, settings: Settings) -> Result<Plan<Base>> {
    let mut plan = stack.plan();
    let tags = tags(&settings.owner);
    let network = of("AWS::EC2::VPC", "network", [("CidrBlock", text(&settings.cidr)), ("Tags", tags.clone())]);
    let network = plan.declare(network, Place::caller());
    let inside = id(&network, "VpcId");
    let gateway = of("AWS::EC2::EgressOnlyInternetGateway", "gateway", [("VpcId", inside.clone())]);
    plan.declare(gateway, Place::caller());
    let group = [("GroupDescription", text("members")), ("VpcId", inside), ("Tags", tags.clone())];
    plan.declare(of("AWS::EC2::SecurityGroup", "group", group), Place::caller());

    let role =
        [("RoleName", text("crash-role")), ("Path", text(&settings.path)), ("AssumeRolePolicyDocument", trust())];
    plan.declare(of("AWS::IAM::Role", "role", role), Place::caller());
    if let Some(name) = &settings.bucket {
        let mut bucket = of("AWS::S3::Bucket", "bucket", [("BucketName", text(name)), ("Tags", tags.clone())]);
        bucket.options.import = settings.adopt.then(|| name.clone());
        let bucket = plan.declare(bucket, Place::caller());
        hooks(&mut plan, &bucket);
    }
    if settings.lock == "base" {
        lock(&mut plan, stack, "crash.reader", &tags);
    }
    let mut key = of("AWS::KMS::Key", &settings.key, [("Tags", tags)]);
    key.aliases.extend(settings.key_was.map(|was| (None, was)));
    let key = plan.declare(key, Place::caller());
    let alias = [("AliasName", text("alias/crash")), ("TargetKeyId", id(&key, "KeyId"))];
    plan.declare(of("AWS::KMS::Alias", "alias", alias), Place::caller());

    plan.finish(Base { network: network.attribute("VpcId"), key: key.attribute("Arn") })
}

fn reader(stack: &Stack, settings: ReaderSettings) -> Result<Plan<()>> {
    let mut plan = stack.plan();
    let base: Base = stack.reference(stack.environment());
    if settings.waits {
        stack.read(&base.network)?;
    }
    let tags = tags(&settings.owner);
    let inside = base.network.expr().clone();
    let group = [("GroupDescription", text("readers")), ("VpcId", inside.clone()), ("Tags", tags.clone())];
    plan.declare(of("AWS::EC2::SecurityGroup", "group", group), Place::caller());
    let gateway = of("AWS::EC2::InternetGateway", "gateway", [("Tags", tags.clone())]);
    let gateway = plan.declare(gateway, Place::caller());
    hooks(&mut plan, &gateway);
    if settings.lock == "reader" {
        lock(&mut plan, stack, "crash.base", &tags);
    }
    plan.finish(())
}

/// What stands in one of the two stacks and may come from the other one: a key with an alias.
fn lock(plan: &mut Draft, stack: &Stack, other: &str, tags: &Expr) {
    let other = StackName::new(other, stack.environment());
    let from = |name: &str, mut declaration: Declaration| {
        declaration.aliases.push((Some(other.clone()), name.to_owned()));
        declaration
    };
    let key = plan.declare(from("lock", of("AWS::KMS::Key", "lock", [("Tags", tags.clone())])), Place::caller());
    hooks(plan, &key);
    let alias = [("AliasName", text("alias/lock")), ("TargetKeyId", id(&key, "KeyId"))];
    plan.declare(from("lock-alias", of("AWS::KMS::Alias", "lock-alias", alias)), Place::caller());
}

/// Writes down each step of a resource, before and after it.
fn hooks(plan: &mut Draft, resource: &ResourceRef) {
    let moments = [
        (Moment::BeforeCreate, "before create"),
        (Moment::AfterCreate, "after create"),
        (Moment::BeforeUpdate, "before update"),
        (Moment::AfterUpdate, "after update"),
        (Moment::BeforeDelete, "before delete"),
        (Moment::AfterDelete, "after delete"),
    ];
    for (moment, words) in moments {
        let script = format!("echo {words} {} >> hooks.log", resource.urn().name());
        let command = ["sh", "-c", &script].map(|word| Output::from_expr(text(word)));
        plan.hook(resource, moment, &command.each_ref());
    }
}

fn of<const N: usize>(ty: &'static str, name: &str, properties: [(&str, Expr); N]) -> Declaration {
    let mut declaration = Declaration::new(ty, name);
    properties.into_iter().for_each(|(name, value)| declaration.set(name, value));
    declaration
}

fn id(of: &ResourceRef, attribute: &str) -> Expr {
    of.attribute::<String>(attribute).expr().clone()
}

fn text(text: &str) -> Expr {
    Expr::Value(Value::from(text))
}

fn tags(owner: &str) -> Expr {
    let tag = Value::map([("Key", Value::from("Owner")), ("Value", Value::from(owner))]);
    Expr::Value(Value::List(vec![tag]))
}

/// Who may take the role.
fn trust() -> Expr {
    let statement = Value::map([
        ("Effect", Value::from("Allow")),
        ("Action", Value::from("sts:AssumeRole")),
        ("Principal", Value::map([("Service", Value::from("ec2.amazonaws.com"))])),
    ]);
    let version = ("Version", Value::from("2012-10-17"));
    Expr::Value(Value::map([version, ("Statement", Value::List(vec![statement]))]))
}
