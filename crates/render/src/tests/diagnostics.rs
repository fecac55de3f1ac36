use diag::{Diagnostic, Diagnostics, Place};

use crate::{Style, diagnostics};

const FILE: &str = "name = \"x\"\n[apps_vpc]\ncidr_blok = \"10.0.0.0/16\"\n";

fn shown(found: impl IntoIterator<Item = Diagnostic>) -> String {
    let lookup = |file: &str| (file == "stacks/QA.toml").then(|| FILE.to_owned());
    diagnostics(&found.into_iter().collect::<Diagnostics>(), &lookup, Style::PLAIN)
}

#[test]
fn a_problem_is_shown_with_its_line_its_reasons_and_its_hint() {
    let problem = Diagnostic::error("E0101", "unknown key `cidr_blok`")
        .at(Place::new("stacks/QA.toml", 3, 1))
        .note("`[apps_vpc]` has no such key")
        .related(Place::new("stacks/QA.toml", 1, 8), "the stack's name")
        .related(Place::new("src/lib.rs", 12, 5), "declared here")
        .hint("did you mean `cidr_block`?");
    assert_eq!(
        shown([problem]),
        r#"error: unknown key `cidr_blok` [E0101]
  --> stacks/QA.toml:3:1
 3 | cidr_blok = "10.0.0.0/16"
   | ^^^^^^^^^
   = note: `[apps_vpc]` has no such key
  --> stacks/QA.toml:1:8
 1 | name = "x"
   |        ^^^ the stack's name
  --> src/lib.rs:12:5: declared here

hint: did you mean `cidr_block`?
"#
    );
}

#[test]
fn all_problems_are_shown_and_counted() {
    let nowhere = || Diagnostic::error("E0302", "no such output").at(Place::new("src/lib.rs", 41, 14));
    let beyond = Diagnostic::warning("E0303", "old").at(Place::new("stacks/QA.toml", 99, 99));
    assert_eq!(
        shown([nowhere(), beyond, nowhere()]),
        "error: no such output [E0302]
  --> src/lib.rs:41:14

warning: old [E0303]
  --> stacks/QA.toml:99:99

error: no such output [E0302]
  --> src/lib.rs:41:14

2 errors, 1 warning
"
    );
    assert_eq!(shown([]), "");
}

#[test]
fn colour_comes_besides_the_words() {
    let found = Diagnostics::from(Diagnostic::error("E0001", "bad\u{1b}[2J").hint("mend it"));
    let text = diagnostics(&found, &|_| None, Style { color: true, width: 5 });
    assert_eq!(
        text,
        "\u{1b}[31merror: \u{1b}[0m\u{1b}[1mbad\u{fffd}[2J\u{1b}[0m [E0001]\n\n\u{1b}[32mhint: \u{1b}[0mmend it\n"
    );
}
