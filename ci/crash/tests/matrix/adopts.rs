//! An object that no state knows is taken over by the program, if it is as that says.

use crate::world::World;

/// Who the sandbox says has the bucket, and how often it was called to do something to it.
fn bucket(world: &World) -> (u64, Vec<String>) {
    let sandbox = provider_sandbox::Sandbox::open(&world.sandbox(), provider_sandbox::Options::default());
    let sandbox = sandbox.expect("opens");
    let object = sandbox.list().expect("reads").into_iter().find(|line| line.id == "crash-bucket").expect("is there");
    let calls = sandbox.log().expect("reads").filter(|call| call.id == "crash-bucket" && call.outcome == "ok");
    (object.owner.expect("has one").incarnation, calls.map(|call| call.action).collect())
}

#[test]
fn an_object_that_differs_is_shown_place_by_place_and_one_that_fits_is_taken_over_as_it_is() {
    let world = World::fresh();
    world.ok("up --yes");
    world.ok("state rm crash.base.QA bucket --yes");
    let (before, _) = bucket(&world);
    // The owner is another one than the program says; nothing is touched.
    world.edit("bucket =", "adopt = true\nbucket =");
    world.edit("owner = \"one\"", "owner = \"two\"");
    let preview = world.ok("preview crash.base.QA");
    assert!(preview.out.contains("bucket") && preview.out.contains("Tags"), "{preview}");
    let refused = world.run("up --yes");
    assert_eq!(refused.code, Some(10), "{refused}");
    let says = ["[E0522]", "`bucket` differs from the object `crash-bucket`", "\"one\"", "\"two\"", ".ignore_changes("];
    says.iter().for_each(|text| assert!(refused.err.contains(text), "{text}: {refused}"));
    assert_eq!(bucket(&world), (before, vec!["create".to_owned()]));
    // What fits is taken over, by a call that changes nothing but whose it is; and so it is a resource like any other.
    world.edit("owner = \"two\"", "owner = \"one\"");
    world.ok("up --yes");
    let (after, calls) = bucket(&world);
    assert!(after > before, "no number is used twice");
    assert_eq!(calls, ["create", "adopt"]);
    assert!(world.ok("up --yes").err.contains("nothing to do"));
    world.edit("owner = \"one\"", "owner = \"two\"");
    world.ok("up --yes");
    assert_eq!(bucket(&world).1, ["create", "adopt", "update"]);
}
