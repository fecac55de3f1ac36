//! What has moved between two previews, in words.

use super::*;
use crate::Outline;

const SHOWN: &str = "stack net.QA
       resource Vpc made Label=one
       resource Vpc other
       output label @made.Label
     stack app.QA
       resource Vpc web";

#[track_caller]
fn check(now: &str, expected: &[&str]) {
    let outline = |text: &str| Outline::of(&Fixture::parse(text).diff(Settings::default()).0);
    assert_eq!(outline(SHOWN).moved(&outline(now)), expected);
}

#[test]
fn what_has_moved_is_named() {
    check(SHOWN, &[]);
    check(&SHOWN.replace("stack net.QA", "stack net.QA\n\n"), &[]);
    let cases: [(&str, &str, &[&str]); 7] = [
        ("resource Vpc other", "", &["`Vpc other` of `net.QA`: shown was create, now there is nothing to do"]),
        (
            "Vpc other",
            "Vpc other\n resource Vpc third",
            &["`Vpc third` of `net.QA`: now it is create, which was not shown"],
        ),
        (
            "Label=one",
            "Label=two",
            &[
                "`Vpc made` of `net.QA`: it would be made otherwise than was shown",
                "output `label` of `net.QA` would have another value than was shown",
            ],
        ),
        ("Vpc web", "Vpc web\n has Vpc web Label=x", &["`Vpc web` of `app.QA`: shown was create, now it is update"]),
        ("Vpc other", "Vpc other\n protect", &["`net.QA`: what it reads or waits for, or an option, is not as it was"]),
        // One of another type has the same name.
        (
            "Vpc other",
            "Vpc other\n resource Bucket other",
            &["`Bucket other` of `net.QA`: now it is create, which was not shown"],
        ),
        (
            "stack app.QA\n       resource Vpc web",
            "stack new.QA\n resource Vpc web",
            &["nothing is left to do to `app.QA`", "`new.QA` was not to be touched"],
        ),
    ];
    for (from, to, expected) in cases {
        check(&SHOWN.replace(from, to), expected);
    }
}
