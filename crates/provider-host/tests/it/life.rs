//! The life of a thing of any kind: what is read after it was made is what was declared, to make it again changes nothing,
//! what somebody changed in between is not overwritten, and when it goes all is as it was.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use value::{Map, Value};

use crate::house::{House, done, failed};

/// Every path below a root, with its mode and what is in it.
pub(crate) fn all(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut left = vec![root.to_owned()];
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(dir).expect("a directory").flatten() {
            let (path, is) = (entry.path(), entry.metadata().expect("it is there"));
            if path.ends_with("var/lib/groundplan") || path.ends_with("var") || path.ends_with("var/lib") {
                continue;
            }
            let what = if is.is_dir() {
                left.push(path.clone());
                "directory".to_owned()
            } else if is.is_symlink() {
                format!("to {}", fs::read_link(&path).expect("a link").display())
            } else {
                // When it was written counts: nothing is written twice.
                let (time, bytes) = (is.modified().expect("a time"), fs::read(&path).expect("a file"));
                format!("{:o} {time:?} {}", is.permissions().mode(), String::from_utf8_lossy(&bytes))
            };
            found.insert(path.display().to_string(), what);
        }
    }
    found
}

/// Files and what is in them, without the times; directories that were made on the way may stay.
fn contents(root: &Path) -> BTreeMap<String, String> {
    let files = all(root).into_iter().filter(|(_, what)| what != "directory");
    let bare = |what: String| match what.split_once("} ") {
        Some((_, bytes)) => bytes.to_owned(),
        None => what,
    };
    files.map(|(path, what)| (path, bare(what))).collect()
}

#[track_caller]
fn is_as_declared(observed: &Map, inputs: &Map, untold: &[&str]) {
    for (name, value) in inputs.iter().filter(|(name, _)| !untold.contains(&name.as_str())) {
        assert_eq!(observed.get(name), Some(value), "`{name}` of {observed:?}");
    }
}

/// One thing through its life; `untold` are properties that a host does not tell, `meddle` changes it by hand.
#[track_caller]
pub(crate) fn life(
    house: &mut House,
    (ty, id): (&str, &str),
    [one, two]: [&Map; 2],
    untold: &[&str],
    meddle: Option<&dyn Fn(&House)>,
) {
    let before = contents(&house.path("/"));
    assert_eq!(house.look(ty, id), None, "{ty} is not there");
    let made = done(house.create(ty, one)).expect("it is there");
    is_as_declared(&made, one, untold);
    let seen = house.look(ty, id).expect("it is there");
    is_as_declared(&seen, one, untold);
    assert_eq!(seen.get("id"), Some(&Value::from(id)));
    // Whatever an answer was lost for: nothing moves.
    let now = all(&house.path("/"));
    house.restart();
    done(house.create(ty, one));
    done(house.update(ty, id, one, one));
    assert_eq!(all(&house.path("/")), now, "{ty} is made once");
    house.restart();
    is_as_declared(&done(house.update(ty, id, one, two)).expect("it is there"), two, untold);
    is_as_declared(&house.look(ty, id).expect("it is there"), two, untold);
    if let Some(meddle) = meddle {
        meddle(house);
        house.restart();
        let by_hand = contents(&house.path("/"));
        assert_eq!(failed(house.update(ty, id, two, one)).code, "Moved", "{ty}");
        assert_eq!(failed(house.delete(ty, id, two)).code, "Moved", "{ty}");
        assert_eq!(contents(&house.path("/")), by_hand, "{ty} is left as it is");
        // Who looked knows what he overwrites; what is gone is made as if it were new.
        match house.look(ty, id) {
            Some(_) => drop(done(house.update(ty, id, two, one))),
            None => drop(done(house.create(ty, one))),
        }
        is_as_declared(&house.look(ty, id).expect("it is there"), one, untold);
        done(house.delete(ty, id, one));
    } else {
        done(house.delete(ty, id, two));
    }
    assert_eq!(contents(&house.path("/")), before, "{ty} left something");
    done(house.delete(ty, id, one));
    assert_eq!(house.look(ty, id), None, "{ty} is gone");
}
