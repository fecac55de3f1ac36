//! What is not the program's change alone: what moves, what the world has changed, what is taken over.

use super::fixture::sets;
use crate::{ViewOptions, preview};

const MOVES: &str = r"
    stack infrastructure.aws.network/QA
    . AWS::EC2::VPC stays
    leaving AWS::EC2::VPC data infrastructure.aws.data/QA infrastructure.aws.data::AWS::EC2::VPC::data
    leaving AWS::EC2::Subnet a infrastructure.aws.data/QA infrastructure.aws.data::AWS::EC2::Subnet::data-a
    stack infrastructure.aws.data/QA
    . AWS::EC2::VPC data
      moved infrastructure.aws.network/QA infrastructure.aws.network::AWS::EC2::VPC::data
    . AWS::EC2::Subnet data-a
      moved infrastructure.aws.network/QA infrastructure.aws.network::AWS::EC2::Subnet::a
    ~ AWS::EC2::Subnet data-b
      moved infrastructure.aws.network/QA infrastructure.aws.network::AWS::EC2::Subnet::b
      MapPublicIpOnLaunch true => false
    . AWS::S3::Bucket logs
      renamed infrastructure.aws.data::AWS::S3::Bucket::log
";

const DRIFT: &str = r#"
    stack infrastructure.aws.network/QA
    + AWS::EC2::VPC gone
      vanished vpc-77
    ~ AWS::EC2::VPC meddled
      EnableDnsSupport? false => true
      Tags? [{"Key": "Name", "Value": "theirs"}] => [{"Key": "Name", "Value": "data"}, {"Key": "OU", "Value": "x"}]
    ~ AWS::EC2::VPC both
      EnableDnsHostnames false => true
      EnableDnsSupport? false => true
    ± AWS::EC2::Subnet forced
      CidrBlock!? "10.9.0.0/24" => "10.0.0.0/24"
    . AWS::EC2::VPC untouched
"#;

const ADOPT: &str = r#"
    stack infrastructure.aws.network/QA
    = AWS::EC2::VPC same
      import vpc-1
      goal {"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": true}
    = AWS::EC2::VPC other
      import vpc-2
      goal {"CidrBlock": "10.1.0.0/16"}
      CidrBlock "10.2.0.0/16" => "10.1.0.0/16"
      Tags.OU none => "data"
    = AWS::EC2::VPC unseen
      import vpc-3
      remark it was not looked at; it is compared before it is taken over
    + AWS::EC2::Subnet new
"#;

#[track_caller]
fn check(text: &str, full: bool, opened: bool, expected: &str) {
    let sets = sets(text);
    let names = sets.iter().map(|set| set.stack.clone());
    let opened = if opened { names.collect() } else { std::collections::BTreeSet::new() };
    let environments = ["CI", "QA", "Production"].map(str::to_owned).to_vec();
    let options = ViewOptions { environments, unchanged: 3, full, opened, ..ViewOptions::default() };
    let shown = preview(&sets, &options);
    assert_eq!(shown, expected.strip_prefix('\n').unwrap_or(expected), "\n{shown}");
}

#[test]
fn what_moves_is_shown_at_both_ends() {
    check(
        MOVES,
        false,
        true,
        r"
infrastructure.aws.data.QA  ~1 →1 ⇒2
  ⇒ data-a  AWS::EC2::Subnet  moved from infrastructure.aws.network.QA, a
  ~ data-b  AWS::EC2::Subnet  moved from infrastructure.aws.network.QA, b
      MapPublicIpOnLaunch: true -> false
  ⇒ data  AWS::EC2::VPC  moved from infrastructure.aws.network.QA
  → logs  AWS::S3::Bucket  renamed from log
infrastructure.aws.network.QA  ⇐2
  ⇐ a  AWS::EC2::Subnet  moves to infrastructure.aws.data.QA
  ⇐ data  AWS::EC2::VPC  moves to infrastructure.aws.data.QA
  … 1 resource unchanged
1 to update, 1 to rename, 2 to move here in 2 stacks; 3 stacks with nothing to do
",
    );
    check(
        MOVES,
        false,
        false,
        r"
infrastructure.aws.data     1 stack  QA ~1 →1 ⇒2
  infrastructure.aws.data.QA  ~1 →1 ⇒2
    ~ data-b  AWS::EC2::Subnet  moved from infrastructure.aws.network.QA, b  MapPublicIpOnLaunch: true -> false
    ⇒ data-a  AWS::EC2::Subnet  moved from infrastructure.aws.network.QA, a
    ⇒ data  AWS::EC2::VPC  moved from infrastructure.aws.network.QA
    → logs  AWS::S3::Bucket  renamed from log
infrastructure.aws.network  1 stack  QA ⇐2
folded; name a stack to open it, or see everything with `--full`
1 to update, 1 to rename, 2 to move here in 2 stacks; 3 stacks with nothing to do
",
    );
}

#[test]
fn drift_is_shown_apart_from_what_the_program_changes() {
    check(
        DRIFT,
        false,
        true,
        r#"
infrastructure.aws.network.QA  +1 ~2 ±1
  ± forced  AWS::EC2::Subnet  replace
      drift: the world has changed, not the program
        CidrBlock: "10.9.0.0/24" -> "10.0.0.0/24"  (forces replacement)
  ~ both  AWS::EC2::VPC
      EnableDnsHostnames: false -> true
      drift: the world has changed, not the program
        EnableDnsSupport: false -> true
  + gone  AWS::EC2::VPC  drift: `vpc-77` is gone
  ~ meddled  AWS::EC2::VPC
      drift: the world has changed, not the program
        EnableDnsSupport: false -> true
        Tags.Name: "theirs" -> "data"
        + Tags.OU: "x"
  … 1 resource unchanged
1 to create, 2 to update, 1 to replace in 1 stack, 3 of it drift; 3 stacks with nothing to do
"#,
    );
    check(
        DRIFT,
        false,
        false,
        r#"
infrastructure.aws.network  1 stack  QA +1 ~2 ±1
  infrastructure.aws.network.QA  +1 ~2 ±1
    ± forced  AWS::EC2::Subnet  replace  drift: CidrBlock: "10.9.0.0/24" -> "10.0.0.0/24"  (forces replacement)
    ~ both  AWS::EC2::VPC  EnableDnsHostnames: false -> true  … and 1 more
    ~ meddled  AWS::EC2::VPC  drift: EnableDnsSupport: false -> true  … and 1 more
    + gone  AWS::EC2::VPC  drift: `vpc-77` is gone
folded; name a stack to open it, or see everything with `--full`
1 to create, 2 to update, 1 to replace in 1 stack, 3 of it drift; 3 stacks with nothing to do
"#,
    );
}

#[test]
fn what_is_taken_over_is_shown_with_what_differs() {
    check(
        ADOPT,
        false,
        true,
        r#"
infrastructure.aws.network.QA  +1 =3
  + new  AWS::EC2::Subnet
  = other  AWS::EC2::VPC  adopt vpc-2, which differs
      is not as the program says (there → program), so it is not taken over
      CidrBlock: "10.2.0.0/16" -> "10.1.0.0/16"
      + Tags.OU: "data"
  = same  AWS::EC2::VPC  adopt vpc-1
  = unseen  AWS::EC2::VPC  adopt vpc-3
      it was not looked at; it is compared before it is taken over
1 to create, 3 to adopt in 1 stack; 3 stacks with nothing to do
"#,
    );
    check(
        ADOPT,
        true,
        true,
        r#"
infrastructure.aws.network.QA  +1 =3
  + new  AWS::EC2::Subnet
  = other  AWS::EC2::VPC  adopt vpc-2, which differs
      is not as the program says (there → program), so it is not taken over
      CidrBlock: "10.2.0.0/16" -> "10.1.0.0/16"
      + Tags.OU: "data"
      CidrBlock: "10.1.0.0/16"
  = same  AWS::EC2::VPC  adopt vpc-1
      CidrBlock: "10.0.0.0/16"
      EnableDnsSupport: true
  = unseen  AWS::EC2::VPC  adopt vpc-3
      it was not looked at; it is compared before it is taken over
1 to create, 3 to adopt in 1 stack; 3 stacks with nothing to do
"#,
    );
    check(
        ADOPT,
        false,
        false,
        r#"
infrastructure.aws.network  1 stack  QA +1 =3
  infrastructure.aws.network.QA  +1 =3
    = other  AWS::EC2::VPC  adopt vpc-2, which differs  CidrBlock: "10.2.0.0/16" -> "10.1.0.0/16"  … and 1 more
    … and 3 more: 1 to create, 2 to adopt
folded; name a stack to open it, or see everything with `--full`
1 to create, 3 to adopt in 1 stack; 3 stacks with nothing to do
"#,
    );
}
