use plan::Declaration;
use plan::prelude::*;
use types_aws_ec2 as ec2;
use types_common::Tag;

use super::*;

#[derive(Config)]
struct Settings {
    cidr_block: Ipv4Net,
}

#[derive(Outputs)]
#[outputs(project = "up")]
struct Upstream {
    name: Output<String>,
    size: Output<i64>,
}

#[derive(Outputs)]
struct Exports {
    id: Output<String>,
    cidr: Output<String>,
}

fn plan(stack: &Stack, settings: Settings) -> Result<Plan<Exports>> {
    let up = stack.reference::<Upstream>("QA");
    let mut plan = stack.plan();
    let vpc =
        ec2::Vpc::new("main").cidr_block(settings.cidr_block).tags([Tag::new("Name", &up.name)]).declare(&mut plan);
    for n in 0..stack.read(&up.size)? {
        ec2::Subnet::new(format!("subnet-{n}"))
            .vpc_id(vpc.vpc_id())
            .cidr_block(vpc.cidr_block().cidr_subnet(24, n.unsigned_abs()))
            .depends_on(&vpc)
            .declare(&mut plan);
    }
    plan.finish(Exports { id: vpc.vpc_id(), cidr: vpc.cidr_block() })
}

fn given() -> Given {
    Given::stack(Project::new("down", plan), "QA").config("cidr_block = \"10.1.0.0/16\"")
}

#[test]
fn a_plan_is_seen_as_far_as_it_is_known() {
    assert_eq!(given().evaluate().waits_for(), ["up.QA:size"]);
    let planned = given().output("up.QA", "size", 2).evaluate();
    assert_eq!(planned.count(), 3);
    assert_eq!(planned.names("AWS::EC2::Subnet"), ["subnet-0", "subnet-1"]);
    let subnet = planned.resource("AWS::EC2::Subnet", "subnet-1");
    assert_eq!(subnet.text("CidrBlock"), "10.1.1.0/24");
    assert_eq!(subnet.depends_on(), ["main"]);
    assert_eq!(subnet.origins("VpcId"), ["down.QA:down::AWS::EC2::VPC::main.VpcId"]);
    assert_eq!(planned.resource("AWS::EC2::VPC", "main").origins("Tags"), ["up.QA:name"]);
    assert_eq!(planned.output("cidr").as_str(), Some("10.1.0.0/16"));
    assert_eq!(planned.reads(), ["up.QA:name"]);
}

#[test]
fn what_a_test_gives_is_known() {
    let planned = given().output("up.QA", "size", 0).output("up.QA", "name", "n").attribute(
        "AWS::EC2::VPC",
        "main",
        "VpcId",
        "vpc-1",
    );
    let planned = planned.evaluate();
    assert_eq!(planned.output("id").as_str(), Some("vpc-1"));
    assert_eq!(planned.resource("AWS::EC2::VPC", "main").tag("Name"), Some("n"));
}

#[test]
fn problems_are_lines() {
    let planned = given().config("cidr_blok = 1").evaluate();
    let wanted = [
        "E0101 projects/down/stacks/QA.toml:1 unknown key `cidr_blok` | did you mean `cidr_block`?",
        "E0102 projects/down/stacks/QA.toml:1 missing key `cidr_block` | add `cidr_block = …` here",
    ];
    assert_eq!(planned.problems(), wanted);
}

#[test]
fn what_a_vendor_would_refuse_is_said() {
    fn plan(stack: &Stack, (): ()) -> Result<Plan<()>> {
        let mut plan = stack.plan();
        let vpc = ec2::Vpc::new("main").cidr_block("10.0.0.0/16").declare(&mut plan);
        let made_up: Output<String> = vpc.reference().attribute("Colour");
        plan.declare(Declaration::new("AWS::EC2::Nothing", "nothing"), Place::caller());
        ec2::Subnet::new("subnet").availability_zone(made_up).declare(&mut plan);
        plan.finish(())
    }
    let planned = Given::stack(Project::new("down", plan), "QA").config("").evaluate();
    let wanted = [
        "AWS::EC2::Nothing: there is no such type",
        "main: there is no attribute `Colour`",
        "subnet: `VpcId` is required",
    ];
    assert_eq!(planned.misfits(), wanted);
}
