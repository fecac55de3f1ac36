//! Taking over an object by command: cases 57 and 58, with a vendor.

use engine::{Goal, Import, Imported, PreviewError};

use crate::cloud::Harm;
use crate::fixture::{print, print_problems};
use crate::house::{House, told};

/// A vendor that has an object which nobody manages: `main-1`, with a label `x`.
async fn with_a_stray() -> House {
    let mut house = House::settled("stack a.QA\n resource Vpc main Label=x\n retain").await;
    house.destroy(&[]).await;
    house.cloud.calls();
    house
}

/// `STACK [TYPE] NAME ID`.
fn wanted(words: &str) -> Import {
    let words: Vec<&str> = words.split_whitespace().collect();
    let (ty, resource, id) = match words[1..] {
        [ty, resource, id] => (Some(ty.to_owned()), resource.to_owned(), id.to_owned()),
        [resource, id] => (None, resource.to_owned(), id.to_owned()),
        _ => panic!("{words:?}"),
    };
    let (project, short) = words[0].split_once('.').expect("project.stack");
    let stack = resource::StackName::new(project, short);
    Import { stack, ty, resource, id, instance: None, protect: true }
}

async fn look(house: &House, words: &str) -> Result<Imported, PreviewError> {
    house.with(async |engine| engine.import(&wanted(words)).await).await
}

/// Takes it over; what did not go well.
async fn take(house: &mut House, words: &str) -> Vec<String> {
    let preview = look(house, words).await.expect("can be taken").preview.expect("is not there yet");
    told(&house.apply(&preview).await.expect("starts"))
}

/// What stands against it.
async fn refusal(house: &House, words: &str) -> String {
    match look(house, words).await {
        Err(PreviewError::Problems(found)) => print_problems(&found),
        Err(PreviewError::Store(error)) => error.to_string(),
        Ok(Imported { preview: Some(preview), .. }) => print_problems(&preview.refused()),
        Ok(imported) => panic!("it is not refused: {imported:?}"),
    }
}

#[tokio::test]
async fn case_57_what_is_not_declared_is_recorded_as_it_is_and_said_to_be_declared() {
    let mut house = with_a_stray().await;
    house.program("stack b.QA\n resource Vpc other");
    let imported = look(&house, "b.QA Vpc taken main-1").await.expect("can be taken");
    let missing = imported.missing.expect("it is not declared");
    assert_eq!(missing.properties, value::Map::from([("Label".to_owned(), "x".into())]));
    assert!(missing.options.protect && missing.options.import.is_none());
    let preview = imported.preview.expect("it is not there yet");
    assert_eq!(print(&preview.changes), "b.QA\n= taken", "everything else is left alone");
    assert_eq!(preview.notes, ["`main-1` is tagged as `a::Vpc::main` of a.QA"]);
    assert_eq!(told(&house.apply(&preview).await.expect("starts")), [""; 0]);
    assert_eq!(house.cloud.calls(), ["adopt taken"]);
    assert_eq!(house.cloud.owner("main-1"), (house.state("b.QA").await.id, "b::Vpc::taken".to_owned()));

    let problems = house.problems(&["b.QA"], Goal::Programs).await;
    assert!(problems.starts_with("E0401"), "before it is declared it is not deleted: {problems}");
    house.program("stack b.QA\n resource Vpc other\n resource Vpc taken Label=x\n protect");
    assert_eq!(print(&house.preview(&[]).await.changes), "b.QA\n+ other", "as it was said there is nothing to do");
    house.program("stack b.QA\n resource Vpc other\n resource Vpc taken Label=y");
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["create other", "update taken"], "and then it is as any other");
}

#[tokio::test]
async fn case_57_what_is_declared_is_compared_and_taken_over_if_it_is_the_same() {
    let mut house = with_a_stray().await;
    house.program("stack b.QA\n resource Vpc taken Label=y\n resource Vpc reader Peer=@taken.VpcId");
    let refused = refusal(&house, "b.QA taken main-1").await;
    assert!(refused.starts_with("E0522 b.rs:2:1 `taken` differs from the object `main-1`"), "{refused}");
    assert!(refused.contains("note `Label` is \"x\", the program says \"y\""), "{refused}");
    let preview = look(&house, "b.QA taken main-1").await.expect("is shown").preview.expect("is not there yet");
    assert_eq!(print(&preview.changes), "b.QA\n= taken\nLabel x -> y");
    assert!(house.apply(&preview).await.is_err());
    assert_eq!(house.cloud.calls(), [""; 0]);

    house.edit("Label=y", "Label=x");
    assert!(look(&house, "b.QA b::Vpc::taken main-1").await.expect("can be taken").missing.is_none());
    assert_eq!(take(&mut house, "b.QA taken main-1").await, [""; 0]);
    assert_eq!(house.up(&[]).await, "");
    assert_eq!(house.cloud.calls(), ["adopt taken", "create reader"]);
    assert!(house.preview(&[]).await.is_empty());
}

#[tokio::test]
async fn case_57_what_is_there_already_is_only_told_once_more() {
    let mut house = with_a_stray().await;
    house.program("stack b.QA");
    assert_eq!(take(&mut house, "b.QA Vpc taken main-1").await, [""; 0]);
    for words in ["b.QA Vpc taken main-1", "b.QA taken main-1"] {
        let again = look(&house, words).await.expect("can be asked");
        assert!(again.preview.is_none() && again.missing.is_some(), "what is to be declared is said again");
    }
    house.program("stack b.QA\n resource Vpc taken Label=z");
    let again = look(&house, "b.QA taken main-1").await.expect("can be asked");
    assert!(again.preview.is_none() && again.missing.is_none());
}

#[tokio::test]
async fn case_58_what_cannot_be_taken_over_is_refused_before_anything_is_written() {
    let mut house = House::settled("stack a.QA\n resource Vpc main Label=x").await;
    house.program(
        "stack a.QA
           resource Vpc main Label=x
         stack b.QA
           resource Vpc two
           resource Bucket two
           resource Vpc looked
             read main-1
           resource Vpc sure
             import vpc-7
           resource Vpc one",
    );
    let files = house.files();
    let cases = [
        ("b.QA Vpc other vpc-9", "E0617 there is no Vpc `vpc-9`\nhint correct the id"),
        ("b.QA vpc other vpc-9", "E0615 no provider of this profile serves the type `vpc`\nhint "),
        ("a.QA main vpc-9", "E0617"),
        (
            "b.QA Vpc other",
            "E0619 `Vpc` is a type, so a name and an id have to follow\nhint say all of it: `runner import b.QA Vpc NAME ID`",
        ),
        (
            "b.QA other main-1",
            "E0619 the program of `b.QA` declares no `other`\nhint to take over what is not declared yet, say its type: `runner import b.QA TYPE other main-1`",
        ),
        ("b.QA on main-1", "E0619 the program of `b.QA` declares no `on`\nnote it declares `one`"),
        (
            "b.QA two main-1",
            "E0619 `two` names 2 resources of `b.QA`\nnote b::Bucket::two\nnote b::Vpc::two\nhint give the URN",
        ),
        (
            "b.QA a::Vpc::one main-1",
            "E0619 `a::Vpc::one` is no resource of `b.QA`, whose project is `b`\nhint did you mean `b::Vpc::one`?",
        ),
        ("b.QA Vpc b::Vpc::x main-1", "E0619 `b::Vpc::x` cannot be the name of a resource"),
        ("b.QA looked main-1", "E0618 b.rs:6:1 `looked` is only read"),
        ("b.QA sure main-1", "E0618 b.rs:8:1 the program says that `sure` is `vpc-7`, and not `main-1`"),
        (
            "b.QA Vpc other main-1",
            "E0446 `other` of `b.QA` cannot take over `main-1`: it is `main` of `a.QA`\n\
             hint move it here with its record: `runner state mv a.QA 'a::Vpc::main' b.QA 'b::Vpc::other'`; or give it up there: `runner state rm a.QA 'a::Vpc::main'`",
        ),
        (
            "b.QA Route there main-1",
            "E0620 `there` is not declared, and not all that it needs can be read\nnote `Table` is secret, or never shown",
        ),
    ];
    for (words, expected) in cases {
        let told = refusal(&house, words).await;
        assert!(told.starts_with(expected), "{words}: {told}");
    }
    assert_eq!(house.cloud.calls(), [""; 0]);
    assert_eq!(house.files(), files);
}

#[tokio::test]
async fn case_58_a_resource_that_has_an_object_takes_over_no_other() {
    let mut house = with_a_stray().await;
    house.program("stack b.QA\n resource Vpc taken Label=x");
    assert_eq!(house.up(&[]).await, "");
    let told = refusal(&house, "b.QA taken main-1").await;
    let expected = "E0616 `taken` of `b.QA` has another object already: `taken-2`\n\
                    hint choose another name, or give that object up first: `runner state rm b.QA 'b::Vpc::taken'`";
    assert_eq!(told, expected);
}

#[tokio::test]
async fn case_57_a_run_that_dies_while_it_takes_over_is_finished_by_saying_it_again() {
    for harm in [Harm::LoseCall, Harm::LoseAnswer] {
        let mut house = with_a_stray().await;
        house.program("stack b.QA");
        house.cloud.harm("adopt taken", harm);
        assert_eq!(take(&mut house, "b.QA Vpc taken main-1").await, ["failed adopt taken of b.QA: E0600"]);
        house.cloud.heal();
        let preview = look(&house, "b.QA Vpc taken main-1").await.expect("can be taken").preview.expect("is not there");
        assert!(house.settle(&preview).await.expect("settles") > 0);
        assert_eq!(take(&mut house, "b.QA Vpc taken main-1").await, [""; 0]);
        assert_eq!(house.cloud.ids(), ["main-1"]);
        assert_eq!(house.state("b.QA").await.objects.len(), 1);
    }
}

#[tokio::test]
async fn a_program_that_waits_for_outputs_is_named() {
    let mut house = with_a_stray().await;
    house.program("stack a.QA\n output count 1\n stack b.QA\n each b.QA thing a.QA:count");
    let told = refusal(&house, "b.QA Vpc taken main-1").await;
    assert!(told.contains("stack `a.QA` has published nothing yet"), "{told}");
    assert_eq!(house.up(&["a.QA"]).await, "");
    assert_eq!(take(&mut house, "b.QA Vpc taken main-1").await, [""; 0]);
}
