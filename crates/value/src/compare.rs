//! Where two values differ.

use std::collections::BTreeSet;

use crate::{Path, Value};

/// One place where two values differ; `None` = there is nothing there.
#[derive(Debug, Clone, PartialEq)]
pub struct Differing<'a> {
    /// Where, from the root of both.
    pub path: Path,
    /// What the first has there.
    pub old: Option<&'a Value>,
    /// What the second has there.
    pub new: Option<&'a Value>,
}

/// The innermost places where two values differ, in the order of keys and indices.
///
/// Of two lists of different length what is equal at the start and at the end is left out, so that one element put in
/// is one difference.
pub fn differing<'a>(old: &'a Value, new: &'a Value) -> Vec<Differing<'a>> {
    let mut found = Vec::new();
    compare(&Path::root(), Some(old), Some(new), &mut found);
    found
}

fn compare<'a>(path: &Path, old: Option<&'a Value>, new: Option<&'a Value>, found: &mut Vec<Differing<'a>>) {
    match (old, new) {
        (Some(a), Some(b)) if a == b => {}
        (Some(Value::Map(a)), Some(Value::Map(b))) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                compare(&path.child(key.as_str()), a.get(key), b.get(key), found);
            }
        }
        (Some(Value::List(a)), Some(Value::List(b))) => {
            let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
            let end = a[start..].iter().rev().zip(b[start..].iter().rev()).take_while(|(x, y)| x == y).count();
            let (a_end, b_end) = (a.len() - end, b.len() - end);
            for index in start..a_end.max(b_end) {
                compare(&path.index(index), a[..a_end].get(index), b[..b_end].get(index), found);
            }
        }
        (None, None) => {}
        _ => found.push(Differing { path: path.clone(), old, new }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(old: Value, new: Value) -> Vec<String> {
        differing(&old, &new).iter().map(|d| format!("{} {:?} {:?}", d.path, d.old, d.new)).collect()
    }

    #[test]
    fn maps_are_compared_key_by_key() {
        let old = Value::map([("a", Value::from(1)), ("b", Value::map([("c", 2), ("d", 3)]))]);
        let new = Value::map([("b", Value::map([("c", 4), ("d", 3)])), ("e", Value::Null)]);
        assert_eq!(paths(old, new), ["a Some(1) None", "b.c Some(2) Some(4)", "e None Some(null)"]);
    }

    #[test]
    fn an_element_put_into_a_list_is_one_difference() {
        assert_eq!(paths(Value::from(vec![1, 2, 3]), Value::from(vec![1, 9, 2, 3])), ["[1] None Some(9)"]);
        assert_eq!(paths(Value::from(vec![1, 1]), Value::from(vec![1])), ["[1] Some(1) None"]);
        assert_eq!(paths(Value::from(vec![1, 2]), Value::from(vec![1, 3])), ["[1] Some(2) Some(3)"]);
    }
}
