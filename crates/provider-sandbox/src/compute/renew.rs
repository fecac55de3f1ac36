//! Attributes that an update sets anew.

use value::Value;

use crate::ids::Ids;

/// What an attribute is after an update that sets it anew; `made` is what it would be of an object that is made now.
///
/// A version counts on, what follows from properties follows from them again, and a mark is another one.
pub(super) fn renewed(old: Option<&Value>, made: Option<&Value>) -> Option<Value> {
    let Some(text) = old.and_then(Value::as_str) else { return made.cloned() };
    let other = || made.filter(|made| Some(*made) != old).cloned();
    let mark = || Ids::new(text).hex("renewed", 16).into();
    Some(counted_on(text).map(Value::from).or_else(other).unwrap_or_else(mark))
}

/// `8` after `7`, `v3` after `v2`.
fn counted_on(version: &str) -> Option<String> {
    let number = version.trim_start_matches('v');
    let next = number.parse::<u64>().ok()?.checked_add(1)?;
    Some(format!("{}{next}", &version[..version.len() - number.len()]))
}

#[cfg(test)]
mod tests {
    use value::Value;

    use super::renewed;

    #[test]
    fn versions_count_on_marks_are_others_and_the_rest_follows_from_properties() {
        let text = |old: &str, made: &str| {
            let renewed = renewed(Some(&old.into()), Some(&made.into())).expect("something");
            renewed.as_str().expect("a text").to_owned()
        };
        assert_eq!(text("9", "1"), "10");
        assert_eq!(text("v1", "v1"), "v2");
        assert_eq!(text("host:1", "host:2"), "host:2");
        let mark = text("BwX", "BwX");
        assert!(mark != "BwX" && mark != text(&mark, "BwX"), "{mark}");
        let list = Value::from(vec!["a"]);
        assert_eq!(renewed(Some(&Value::List(Vec::new())), Some(&list)), Some(list.clone()));
        assert_eq!((renewed(None, Some(&list)), renewed(Some(&list), None)), (Some(list.clone()), None));
    }
}
