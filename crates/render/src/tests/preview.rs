use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::fixture::{sets, stack};
use crate::{Style, ViewOptions, preview};

const NETWORK: &str = r#"
    stack infrastructure.aws.network/QA
    construct data ol:Vpc
    construct subnets ol:Subnets data
    construct operations ol:Vpc
    + AWS::EC2::VPC data data
    + AWS::EC2::Subnet data-a subnets
    + AWS::EC2::Subnet data-b subnets
    . AWS::EC2::VPC operations operations
    ± AWS::EC2::Subnet operations-a operations
      CidrBlock! "10.0.0.0/24" => "10.1.0.0/24"
      Tags {"Name": "a", "OU": "x"} => {"Name": "b", "OU": "x"}
    ±if AWS::EC2::Route route
      VpcId! "vpc-1" => {"$unknown": {"type": "string", "secret": false, "origins": [["infrastructure.aws.network.QA", "data.VpcId"]]}}
    ~ AWS::S3::Bucket logs
      Policy "{\"Statement\":[{\"Action\":\"a\",\"Effect\":\"Allow\"}]}" => "{\"Statement\":[{\"Action\":\"b\",\"Effect\":\"Allow\"}]}"
      Tags? [{"Key": "Name", "Value": "a"}] => [{"Key": "OU", "Value": "x"}, {"Key": "Name", "Value": "b"}]
    - AWS::S3::Bucket old
      protected
    ±first AWS::IAM::Role role
      remark the old object goes first: two cannot have one RoleName
      Path! "/a" => "/b"
    > AWS::S3::Bucket kept
    . AWS::S3::Bucket moved
      renamed infrastructure.aws.network::AWS::S3::Bucket::before
    leftover AWS::EC2::VPC earlier
    out data_vpc.id {"$unknown":{"type":"string","secret":false,"origins":[["infrastructure.aws.network.QA","data.VpcId"]]}}
    out data_vpc.cidr "10.2.0.0/16" "10.0.0.0/16"
    out data_vpc.name "data" "data"
    out gone none "x"
    stack infrastructure.aws.network/CI
    + AWS::EC2::VPC data
    stack applications.edxapp/mitx.QA
    + AWS::EC2::SecurityGroup web
    reads infrastructure.aws.network.QA data_vpc.id
    reads infrastructure.aws.network.QA data_vpc.cidr
    stack applications.edxapp/mitx.CI
    . AWS::EC2::SecurityGroup web
"#;

fn options() -> ViewOptions {
    let environments = ["CI", "QA", "Production"].map(str::to_owned).to_vec();
    ViewOptions { environments, unchanged: 3, ..ViewOptions::default() }
}

#[track_caller]
fn check(actual: &str, expected: &str) {
    assert_eq!(actual, expected.strip_prefix('\n').unwrap_or(expected), "\n{actual}");
}

#[test]
fn the_default_view_lists_what_changes_and_counts_the_rest() {
    check(
        &preview(&sets(NETWORK), &options()),
        r#"
applications.edxapp         1 stack   QA +1
infrastructure.aws.network  2 stacks  CI +1  QA +3 ~1 ±3 -2 >1 →1
  infrastructure.aws.network.QA  +3 ~1 ±3 -2 >1 →1
    - old  AWS::S3::Bucket  protected, would be refused on live
    ± operations-a  AWS::EC2::Subnet  replace  CidrBlock: "10.0.0.0/24" -> "10.1.0.0/24"  (forces replacement)  … and 1 more
    ± role  AWS::IAM::Role  replace (delete first)  Path: "/a" -> "/b"  (forces replacement)
    > kept  AWS::S3::Bucket  forget, the object stays
    ± route  AWS::EC2::Route  replace (if VpcId changes)  VpcId: "vpc-1" -> known after data.VpcId
    ~ logs  AWS::S3::Bucket  Policy (JSON) Statement[0].Action: "a" -> "b"  … and 1 more
    → moved  AWS::S3::Bucket  renamed from before
    … and 4 more: 3 to create, 1 to delete
read across stacks as proposed: 2 outputs, 1 known, 1 known after apply
  infrastructure.aws.network.QA: data_vpc.cidr = "10.2.0.0/16"  read by 1 stack
  infrastructure.aws.network.QA: data_vpc.id = known after data.VpcId  read by 1 stack
folded; name a stack to open it, or see everything with `--full`
5 to create, 1 to update, 3 to replace (1 undecided), 2 to delete, 1 to forget, 1 to rename in 3 stacks; 4 stacks with nothing to do
"#,
    );
}

#[test]
fn an_opened_stack_shows_every_change_with_constructs_that_are_new_on_one_line() {
    let opened = BTreeSet::from([stack("infrastructure.aws.network/QA")]);
    check(
        &preview(&sets(NETWORK)[..1], &ViewOptions { opened, ..options() }),
        r#"
infrastructure.aws.network.QA  +3 ~1 ±3 -2 >1 →1
  + data  ol:Vpc  3 resources
    operations  ol:Vpc  ±1
    ± operations-a  AWS::EC2::Subnet  replace
        CidrBlock: "10.0.0.0/24" -> "10.1.0.0/24"  (forces replacement)
        Tags.Name: "a" -> "b"
  ± route  AWS::EC2::Route  replace (if VpcId changes)
      VpcId: "vpc-1" -> known after data.VpcId  (would force replacement)
  ± role  AWS::IAM::Role  replace (delete first)
      the old object goes first: two cannot have one RoleName
      Path: "/a" -> "/b"  (forces replacement)
  > kept  AWS::S3::Bucket  forget, the object stays
  ~ logs  AWS::S3::Bucket
      Policy (JSON) Statement[0].Action: "a" -> "b"
      drift: the world has changed, not the program
        Tags.Name: "a" -> "b"
        + Tags.OU: "x"
  → moved  AWS::S3::Bucket  renamed from before
  - old  AWS::S3::Bucket  protected, would be refused on live
  - earlier  AWS::EC2::VPC  left over from an earlier replacement
  outputs:
    ~ data_vpc.cidr: "10.2.0.0/16"
    + data_vpc.id: known after data.VpcId
    - gone  withdrawn
  … 1 resource and 1 output unchanged
3 to create, 1 to update, 3 to replace (1 undecided), 2 to delete, 1 to forget, 1 to rename in 1 stack; 3 stacks with nothing to do
"#,
    );
}

#[test]
fn the_full_view_folds_nothing() {
    let text = r#"
        stack a.b/QA
        construct c ol:Thing
        + T one c
          goal {"Name": "n", "Nothing": null, "List": [1, 2.0, {"k.x": true}]}
        ~ U two
          Text "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" => "x"
    "#;
    check(
        &preview(&sets(text), &ViewOptions { full: true, ..options() }),
        r#"
a.b.QA  +1 ~1
  + c  ol:Thing  +1
    + one  T
        List: [1, 2.0, {["k.x"]: true}]
        Name: "n"
  ~ two  U
      Text: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" -> "x"
1 to create, 1 to update in 1 stack; 3 stacks with nothing to do
"#,
    );
}

#[test]
fn a_cause_comes_before_what_follows_and_equal_changes_share_a_line() {
    let unknown = r#"{"$unknown":{"type":"string","secret":false,"origins":[["net.QA","vpc.VpcId"]]}}"#;
    let mut text = "stack net/QA\n± VPC vpc\nCidr! 1 => 2\n~ Odd one\nX 1 => 2\n".to_owned();
    for n in 0..6 {
        let _ = writeln!(text, "± A-Subnet subnet-{n}\nneeds VPC vpc\nVpcId! \"vpc-1\" => {unknown}");
        let _ = writeln!(text, "± A-Route route-{n}\nneeds A-Subnet subnet-{n}\nCidr! {n} => 2{n}");
    }
    check(
        &preview(&sets(&text), &options()),
        r#"
net  1 stack  QA ~1 ±13
  net.QA  ~1 ±13
    ± vpc  VPC  replace  Cidr: 1 -> 2  (forces replacement)
    ± 6 × A-Subnet  replace  VpcId: "vpc-1" -> known after vpc.VpcId  (forces replacement)  subnet-0, subnet-1, …
    ± 6 × A-Route  replace  Cidr  (forces replacement)  route-0, route-1, …
    ~ one  Odd  X: 1 -> 2
folded; name a stack to open it, or see everything with `--full`
1 to update, 13 to replace in 1 stack; 3 stacks with nothing to do
"#,
    );
}

#[test]
fn a_big_organisation_fits_on_one_screen() {
    let mut text = String::new();
    for project in 0..60 {
        for environment in ["CI", "QA"] {
            let _ = writeln!(text, "stack group.project{project:02}/{environment}");
            for resource in 0..20 {
                let action = if project % 7 == 0 && resource % 2 == 0 { "~" } else { "+" };
                let _ = writeln!(text, "{action} T r{resource}");
                if action == "~" {
                    let _ = writeln!(text, "P 1 => 2");
                }
            }
            let _ = writeln!(text, "out id 1");
            let _ = writeln!(text, "reads group.project{:02}.{environment} id", (project + 1) % 60);
        }
    }
    let notes = (0..9).map(|n| format!("note {n}")).collect();
    let deferred = (0..9).map(|n| (stack(&format!("late.p{n}/QA")), BTreeSet::new())).collect();
    for height in [0, 10, 24, 60] {
        let options =
            ViewOptions { height, notes: Vec::clone(&notes), deferred: BTreeMap::clone(&deferred), ..options() };
        let shown = preview(&sets(&text), &options);
        assert!(shown.lines().count() < height.max(14), "{height}: {}\n{shown}", shown.lines().count());
        assert!(shown.contains("2,220 to create, 180 to update in 120 stacks"), "{shown}");
    }
}

#[test]
fn what_waits_fails_or_has_lost_its_file_is_said() {
    let path = "vpc.id".parse().expect("a path");
    let view = ViewOptions {
        deferred: BTreeMap::from([(stack("a.late/QA"), BTreeSet::from([("a.early.QA".to_owned(), path)]))]),
        failed: BTreeMap::from([(stack("a.wrong/QA"), "2 errors".to_owned())]),
        passed_over: BTreeMap::from([(stack("a.reader/QA"), BTreeSet::from(["a.wrong.QA".to_owned()]))]),
        to_destroy: BTreeSet::from([stack("a.gone/QA")]),
        notes: vec!["a.early.QA has unapplied changes".to_owned()],
        ..options()
    };
    check(
        &preview(&[], &view),
        r"
! a.wrong.QA  2 errors
? a.late.QA  is planned once a.early.QA: vpc.id is known
? a.reader.QA  waits for a.wrong.QA
- a.gone.QA  to destroy: its file is gone; `up` leaves it alone, `runner destroy a.gone.QA` takes it down
note: a.early.QA has unapplied changes
no change is known yet; 3 stacks with nothing to do
",
    );
}

#[test]
fn nothing_to_do_is_one_line() {
    check(&preview(&[], &options()), "nothing to do: 3 stacks up to date\n");
}

#[test]
fn colour_adds_nothing_but_escapes_and_width_cuts() {
    let plain = preview(&sets(NETWORK), &options());
    let colored =
        preview(&sets(NETWORK), &ViewOptions { style: Style { color: true, width: usize::MAX }, ..options() });
    assert_ne!(plain, colored);
    let mut stripped = String::new();
    for (index, part) in colored.split('\u{1b}').enumerate() {
        stripped.push_str(if index == 0 { part } else { part.split_once('m').map_or("", |(_, rest)| rest) });
    }
    assert_eq!(stripped, plain);
    let narrow = preview(&sets(NETWORK), &ViewOptions { style: Style { color: true, width: 40 }, ..options() });
    assert!(narrow.contains('…'));
    let narrow = preview(&sets(NETWORK), &ViewOptions { style: Style { color: false, width: 40 }, ..options() });
    assert_eq!(narrow.lines().map(|line| line.chars().count()).max(), Some(40));
}

#[test]
fn text_from_outside_cannot_steer_the_terminal() {
    let text = "stack a.b/QA\n~ T x\nP \"\\u001b[2J\" => \"\\u202e\\n\"";
    let mut sets = sets(text);
    sets[0].resources.values_mut().for_each(|change| change.remarks.push("\u{1b}[31m\r".to_owned()));
    for full in [false, true] {
        let shown = preview(&sets, &ViewOptions { full, ..options() });
        assert!(!shown.contains(['\u{1b}', '\u{202e}', '\r']), "{shown:?}");
    }
}

#[test]
fn what_changes_in_state_alone_is_said() {
    let sets = sets("stack infrastructure.aws.network/QA\n. AWS::S3::Bucket logs\nrecorded");
    let shown = preview(&sets, &ViewOptions { full: true, ..ViewOptions::default() });
    assert!(shown.contains("· logs  AWS::S3::Bucket  options or dependencies, in state alone"), "{shown}");
    assert!(shown.contains("1 to record anew in 1 stack"), "{shown}");
}
