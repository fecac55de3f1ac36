use std::collections::BTreeSet;

use expr::Expr;
use resource::{Construct, Dependency, Evaluated, Options, Plan, Resource, StackName, Urn};
use value::{Path, Type};

use crate::{Diagram, Format, OrganisationGrain, Others, StackGrain, of_organisation, of_stack};

fn urn(ty: &str, name: &str) -> Urn {
    Urn::new("a.net", ty, name)
}

fn attribute(urn: &Urn) -> Expr {
    Expr::Attribute { urn: urn.to_string(), path: Path::key("Id"), ty: Type::String }
}

fn output(stack: &str) -> Expr {
    Expr::Output { stack: stack.to_owned(), path: Path::key("id"), ty: Type::String, optional: false }
}

fn resource(reads: impl IntoIterator<Item = Expr>, waits: &[Dependency], parent: Option<&str>) -> Resource {
    Resource {
        properties: expr::Named::from([("P".to_owned(), Expr::List(reads.into_iter().collect()))]),
        options: Options { depends_on: waits.to_vec(), ..Options::default() }.into(),
        around: resource::Around::default(),
        parent: parent.map(str::to_owned),
    }
}

fn network() -> Plan {
    let mut plan = Plan::new(StackName::new("a.net", "QA"));
    let construct = |ty: &str, parent: Option<&str>| Construct { ty: ty.to_owned(), parent: parent.map(str::to_owned) };
    plan.constructs.insert("data".to_owned(), construct("ol:Vpc", None));
    plan.constructs.insert("a-subnets".to_owned(), construct("ol:Subnets", Some("data")));
    let (vpc, gateway) = (urn("VPC", "data"), urn("Gateway", "data"));
    let subnet = |name: &str| urn("Subnet", name);
    plan.resources.insert(vpc.clone(), resource([], &[], Some("data")));
    plan.resources.insert(gateway.clone(), resource([attribute(&vpc)], &[], Some("data")));
    plan.resources.insert(subnet("s1"), resource([attribute(&vpc)], &[], Some("a-subnets")));
    plan.resources.insert(subnet("s2"), resource([attribute(&vpc)], &[], Some("a-subnets")));
    let waits = [Dependency::Resource(gateway), Dependency::Resource(vpc.clone())];
    plan.resources.insert(urn("Route", "r1"), resource([attribute(&vpc)], &waits, None));
    plan.resources.insert(urn("Route", "r2"), resource([attribute(&vpc), output("a.kms.default")], &[], None));
    plan.resources.insert(urn("Odd", "x\"<b>&`#\\\n"), resource([], &[], None));
    plan
}

fn show(diagram: &Diagram, format: &str) -> String {
    let (_, format) = Format::ALL.into_iter().find(|(name, _)| *name == format).expect("a format");
    diagram.show(format)
}

#[test]
fn a_stack_is_shown_with_its_constructs() {
    let diagram = of_stack(&network(), StackGrain::Resources);
    assert_eq!(
        show(&diagram, "text"),
        r#"a.net.QA
  data  ol:Vpc
    a-subnets  ol:Subnets
      s1  Subnet  <- data (VPC)
      s2  Subnet  <- data (VPC)
    data  Gateway  <- data (VPC)
    data  VPC
  x"<b>&`#\�  Odd
  r1  Route  <- data (Gateway) (order only), data (VPC)
  r2  Route  <- data (VPC), a.kms.default
  a.kms.default  stack
"#
    );
    assert_eq!(
        show(&diagram, "mermaid"),
        r#"---
title: "a.net.QA"
---
flowchart TD
  subgraph g0["data<br/>ol:Vpc"]
    subgraph g1["a-subnets<br/>ol:Subnets"]
      n4["s1<br/>Subnet"]
      n5["s2<br/>Subnet"]
    end
    n0["data<br/>Gateway"]
    n6["data<br/>VPC"]
  end
  n1["x#quot;#lt;b#gt;#amp;#96;#35;#92; <br/>Odd"]
  n2["r1<br/>Route"]
  n3["r2<br/>Route"]
  n7["a.kms.default<br/>stack"]
  n0 -.-> n2
  n6 --> n0
  n6 --> n2
  n6 --> n3
  n6 --> n4
  n6 --> n5
  n7 --> n3
  classDef outside stroke-dasharray:4 3
  class n7 outside
"#
    );
    assert_eq!(
        show(&diagram, "dot"),
        r#"digraph "a.net.QA" {
  label="a.net.QA"; labelloc=t; rankdir=TB; fontname="sans-serif";
  node [shape=box, style=rounded, fontname="sans-serif", fontsize=10];
  subgraph cluster_0 { label="data\nol:Vpc";
    subgraph cluster_1 { label="a-subnets\nol:Subnets";
      n4 [label="s1\nSubnet"];
      n5 [label="s2\nSubnet"];
    }
    n0 [label="data\nGateway"];
    n6 [label="data\nVPC"];
  }
  n1 [label="x\"<b>&`#\\ \nOdd"];
  n2 [label="r1\nRoute"];
  n3 [label="r2\nRoute"];
  n7 [label="a.kms.default\nstack", style="rounded,dashed"];
  n0 -> n2 [style=dashed];
  n6 -> n0;
  n6 -> n2;
  n6 -> n3;
  n6 -> n4;
  n6 -> n5;
  n7 -> n3;
}
"#
    );
}

#[test]
fn a_big_stack_is_shown_by_constructs_and_types() {
    assert_eq!(
        show(&of_stack(&network(), StackGrain::Constructs), "text"),
        r#"a.net.QA
  data  ol:Vpc, 4 resources
  x"<b>&`#\�  Odd
  Route  2 resources  <- data, a.kms.default
  a.kms.default  stack
"#
    );
}

fn plan(project: &str, short: &str, reads: &[&str], after: &[StackName]) -> Evaluated {
    let mut plan = Plan::new(StackName::new(project, short));
    plan.resources.insert(Urn::new(project, "T", "x"), resource(reads.iter().map(|stack| output(stack)), &[], None));
    plan.after = after.iter().cloned().collect();
    Evaluated::Plan(plan)
}

fn organisation(grain: OrganisationGrain) -> Diagram {
    let notes = Evaluated::Deferred {
        format: 1,
        stack: StackName::new("app.notes", "QA"),
        waits_for: BTreeSet::from([("app.edx.QA".to_owned(), Path::key("id"))]),
    };
    let plans = [
        plan("infra.net", "QA", &[], &[]),
        plan("infra.net", "CI", &["infra.net.QA"], &[]),
        plan(
            "app.edx",
            "QA",
            &["infra.net.QA", "app.notes.QA", "infra.vault.QA", "gone.CI"],
            &[StackName::new("infra.net", "CI")],
        ),
        notes,
    ];
    let foreign = [StackName::new("infra.vault", "QA")];
    of_organisation("Everything", &plans, Others { foreign: &foreign, gone: &[] }, grain)
}

#[test]
fn the_organisation_is_shown_by_stacks_and_by_projects() {
    assert_eq!(
        show(&organisation(OrganisationGrain::Stacks), "text"),
        r"Everything
  app.edx
    QA  <- app.notes.QA, infra.net.CI (order only), infra.net.QA, gone.CI, infra.vault.QA
  app.notes
    QA  <- app.edx.QA
  infra.net
    CI  <- infra.net.QA
    QA
  gone.CI  not among these
  infra.vault.QA  foreign
"
    );
    assert_eq!(
        show(&organisation(OrganisationGrain::Projects), "text"),
        r"Everything
  app
    app.edx  1 stack  <- app.notes, infra.net, gone.CI, infra.vault
    app.notes  1 stack  <- app.edx
  infra
    infra.net  2 stacks
  gone.CI  not among these
  infra.vault  foreign
"
    );
}

#[test]
fn the_order_of_plans_does_not_matter() {
    let mut plans = vec![plan("b", "QA", &["a.QA", "f.QA"], &[]), plan("a", "QA", &["b.QA"], &[])];
    let before = of_organisation("x", &plans, Others::default(), OrganisationGrain::Stacks);
    plans.reverse();
    assert_eq!(before, of_organisation("x", &plans, Others::default(), OrganisationGrain::Stacks));
}

/// The boxes of a picture: x, y, width, height.
fn boxes(svg: &str, look: &str) -> Vec<[f64; 4]> {
    let number = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!(" {name}=\"")).expect(name);
        rest.split('"').next().and_then(|text| text.parse().ok()).expect(name)
    };
    svg.lines()
        .filter(|line| line.starts_with("<rect x=") && line.contains(look))
        .map(|line| ["x", "y", "width", "height"].map(|name| number(line, name)))
        .collect()
}

#[test]
fn a_picture_is_well_formed_and_its_boxes_do_not_overlap() {
    let mut big = network();
    for n in 0..60 {
        let vpc = urn("VPC", "data");
        big.resources.insert(urn("Subnet", &format!("more-{n}")), resource([attribute(&vpc)], &[], Some("a-subnets")));
    }
    for diagram in [of_stack(&big, StackGrain::Resources), organisation(OrganisationGrain::Stacks)] {
        let svg = show(&diagram, "svg");
        let count = |text: &str| svg.matches(text).count();
        assert_eq!(count("<text"), count("</text>"));
        assert_eq!(count("<g"), count("</g>"));
        assert_eq!(count("marker-end"), diagram.edges.len());
        assert!(!svg.contains("<b>"), "names are escaped");
        let nodes = boxes(&svg, "fill=\"#e").into_iter().chain(boxes(&svg, "fill=\"#f")).collect::<Vec<_>>();
        assert_eq!(nodes.len(), diagram.nodes.len());
        for (index, a) in nodes.iter().enumerate() {
            for b in &nodes[index + 1..] {
                let apart = a[0] + a[2] <= b[0] || b[0] + b[2] <= a[0] || a[1] + a[3] <= b[1] || b[1] + b[3] <= a[1];
                assert!(apart, "{a:?} {b:?}");
            }
        }
        let groups = boxes(&svg, "#445");
        assert!(groups.iter().all(|group| nodes.iter().any(|node| node[0] >= group[0] && node[1] >= group[1])));
    }
}

#[test]
fn nothing_is_a_diagram_too() {
    let empty = of_organisation("none", [], Others::default(), OrganisationGrain::Stacks);
    for (name, format) in Format::ALL {
        assert!(empty.show(format).contains("none"), "{name}");
    }
}

#[test]
fn a_stack_that_is_gone_is_drawn_whether_somebody_reads_it_or_not() {
    let gone = [StackName::new("apps.old", "QA")];
    for grain in [OrganisationGrain::Stacks, OrganisationGrain::Projects] {
        let drawn = of_organisation("Everything", [], Others { foreign: &[], gone: &gone }, grain);
        let text = drawn.show(Format::Text);
        assert!(text.contains("apps.old.QA") && text.contains("to destroy"), "{text}");
    }
}
