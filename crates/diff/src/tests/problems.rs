//! What is wrong: with place, reason and hint, all of it at once.

use super::*;

#[test]
fn every_problem_is_reported_in_one_go() {
    check_problems(
        "outside up.QA vpc 1
         stack net.QA
           resource Vpc attribute Label=@other.Nonsense
           resource Vpc other Lable=x
           resource Vpc output Label=#up.QA:vpx
           resource Vpc stack Label=#upp.QA:vpc
           resource Vpc unpublished Label=#never.QA:vpc
           resource Nothing type
           resource Broken broken
           resource Route missing Via=x
           resource Vpc dangling Label=@nobody.VpcId
           output wrong @other.Nonsense2",
        "E0306 net.rs:9:1 the type `Broken` cannot be used
         note schema of `Broken`: no `typeName`
         E0306 net.rs:8:1 no provider of this profile serves the type `Nothing`
         hint correct the type's name, or add a provider for it to the profile in groundplan.toml
         E0307 net.rs:10:1 `Table` of `missing`: is required
         note the type is `Route`
         E0309 net.rs:11:1 `net::Vpc::dangling` refers to `net::Vpc::nobody`, which is not in the plan
         hint declare it, or take the reference away
         E0307 net.rs:4:1 `Lable` of `other`: there is no such property, did you mean `Label`?
         note the type is `Vpc`
         E0301 net.rs:3:1 `Label` of `attribute` reads the attribute `Nonsense` of `net::Vpc::other`, which there is none of
         note the type is `Vpc`
         E0302 net.rs:5:1 `Label` of `output` reads `vpx` of stack `up.QA`, which does not export it
         hint did you mean `vpc`?
         E0303 net.rs:6:1 `Label` of `stack` reads stack `upp.QA`, which there is none of
         hint did you mean `up.QA`?
         E0305 net.rs:7:1 `Label` of `unpublished` reads `vpc` of stack `never.QA`, which has published nothing yet
         hint select it too: `--with-upstream`
         hint or apply it first: `runner up never.QA`
         E0301 net.rs:12:1 output `wrong` reads the attribute `Nonsense2` of `net::Vpc::other`, which there is none of
         note the type is `Vpc`",
    );
}

#[test]
fn an_output_that_a_selected_stack_does_not_have_is_found_with_the_nearest_name() {
    check_problems(
        "stack a.QA
           output vpc_id 1
         stack b.QA
           resource Vpc near Label=#a.QA:vpc_idd
           resource Vpc far Label=#a.QA:something",
        "E0302 b.rs:5:1 `Label` of `far` reads `something` of stack `a.QA`, which has no such output
         hint run `runner outputs a.QA` to see what it exports
         E0302 b.rs:4:1 `Label` of `near` reads `vpc_idd` of stack `a.QA`, which has no such output
         hint did you mean `vpc_id`?",
    );
}

#[test]
fn a_cycle_is_reported_with_all_its_places_and_hides_nothing_else() {
    check_problems(
        "stack a.QA
           resource Vpc one Label=#b.QA:two
           resource Vpc reads Label=@one.VpcId
           output one @one.VpcId
         stack b.QA
           resource Vpc two Label=#a.QA:one
           output two @two.VpcId
           resource Vpc self Label=@self.VpcId
           resource Vpc wrong Nope=x
           resource Vpc further Label=#a.QA:one",
        "E0304 a.rs:2:1 a cycle: `one` of `a.QA` needs output `two` of `b.QA` needs `two` of `b.QA` needs output `one` of `a.QA` needs `one` of `a.QA`
         at b.rs:7:1 output `two` of `b.QA` is declared here
         at b.rs:6:1 `two` of `b.QA` is declared here
         at a.rs:4:1 output `one` of `a.QA` is declared here
         hint take one of these references away
         E0304 b.rs:8:1 a cycle: `self` of `b.QA` needs `self` of `b.QA`
         hint take one of these references away
         E0307 b.rs:9:1 `Nope` of `wrong`: there is no such property
         note the type is `Vpc`",
    );
}

#[test]
fn two_resources_cannot_take_over_one_object() {
    check_problems(
        "stack a.QA
           resource Vpc one
             alias old
           resource Vpc two
             alias old
           has Vpc old",
        "E0310 a.rs:4:1 `one` and `two` both take over the object of `old`
         at a.rs:2:1 `one` is declared here
         hint leave the earlier name with one of them",
    );
}

#[test]
fn an_operation_that_does_not_fit_is_a_problem_of_its_property() {
    let mut fixture = Fixture::parse("stack a.QA\n resource Vpc one");
    let call = expr::Expr::Call { op: expr::Op::CidrSubnet, args: vec!["x".into(), 24.into(), 0.into()] };
    let plan = fixture.stacks[0].plan.as_mut().expect("a plan");
    plan.resources.values_mut().next().expect("one").properties.insert("Cidr".to_owned(), call);
    let (_, found) = fixture.diff(Settings::default());
    let found: Vec<&str> = found.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(found, ["E0308"]);
}
