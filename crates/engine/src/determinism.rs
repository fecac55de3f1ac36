//! Whether programs give the same plan whenever they read the same.

use diag::Diagnostic;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde_json::Value as Json;
use value::Digest;

use crate::evaluate::FilesOnly;
use crate::{Engine, StackEntry, Traces};

/// The longest piece of a plan that is shown.
const SHOWN: usize = 60;

/// Which stacks are evaluated once more.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// How many of a hundred.
    pub percent: u8,
    /// Another number takes others.
    pub seed: u64,
}

/// Plans that are at hand, by their digest: so that it can be said where one differs from that of another day.
pub trait Plans: Sync {
    /// The canonical bytes of a plan.
    fn get(&self, plan: Digest) -> Option<Vec<u8>>;

    /// Keeps them.
    fn keep(&self, plan: Digest, bytes: &[u8]);
}

impl Sample {
    fn takes(self, stack: &str) -> bool {
        let digest = Digest::of_parts("sample/1", [&self.seed.to_le_bytes()[..], stack.as_bytes()]);
        let number = u16::from_le_bytes([digest.as_bytes()[0], digest.as_bytes()[1]]);
        u32::from(number) * 100 < u32::from(self.percent) << 16
    }
}

impl Engine<'_> {
    /// Evaluates stacks twice, without state, and compares the plans byte by byte with one another and, where a trace
    /// holds, with what that says. Gives how many were looked at, and what is wrong.
    pub fn check_determinism(
        &self,
        stacks: &[&StackEntry],
        traces: &Traces,
        sample: Sample,
        plans: &dyn Plans,
    ) -> (usize, Vec<Diagnostic>) {
        let chosen: Vec<&&StackEntry> = stacks.iter().filter(|entry| sample.takes(&entry.name.to_string())).collect();
        let check = |entry: &&&StackEntry| {
            let name = entry.name.to_string();
            let outputs = FilesOnly(self);
            let [first, second] = [(); 2].map(|()| self.evaluate_now(entry, &outputs).result);
            // What fails is told by whoever wants its plan.
            let (Ok(first), Ok(second)) = (first, second) else { return None };
            let bytes = first.canonical_bytes();
            let again = second.canonical_bytes();
            if bytes != again {
                let problem =
                    Diagnostic::error("E0572", format!("`{name}` has another plan each time it is evaluated"));
                return Some(
                    shown(problem, difference(&bytes, &again), ["once", "once more"])
                        .note("nothing that was read has changed in between")
                        .hint("look for clocks, random numbers, and the order of hash maps"),
                );
            }
            let digest = first.digest();
            if plans.get(digest).is_none() {
                plans.keep(digest, &bytes);
            }
            let trace = self.trace_that_holds(entry, traces, &outputs).filter(|trace| trace.plan != digest)?;
            let message =
                format!("`{name}` has another plan than the cache says, although everything that was read is the same");
            let old = plans.get(trace.plan).or_else(|| self.shared.as_ref()?.plan(trace));
            let problem = Diagnostic::error("E0573", message);
            Some(match old {
                Some(old) => shown(problem, difference(&old, &bytes), ["in the cache", "now"]),
                None => problem.note("the plan of that time is not at hand, so what differs cannot be told"),
            })
            .map(|problem| {
                problem.hint("the program reads what is not recorded, or plans mean something else now: delete `.groundplan/cache`")
            })
        };
        let mut found: Vec<Diagnostic> = chosen.par_iter().filter_map(check).collect();
        found.sort_by(|a, b| a.message.cmp(&b.message));
        (chosen.len(), found)
    }
}

/// The problem with the first place at which two plans differ.
fn shown(problem: Diagnostic, difference: Option<Difference>, when: [&str; 2]) -> Diagnostic {
    match difference {
        Some(Difference { path, left, right }) => {
            problem.note(format!("first at `{path}`: {} {left}, {} {right}", when[0], when[1]))
        }
        None => problem,
    }
}

/// The first place at which two texts of JSON differ.
#[derive(Debug, PartialEq, Eq)]
struct Difference {
    path: String,
    left: String,
    right: String,
}

fn difference(left: &[u8], right: &[u8]) -> Option<Difference> {
    let parse = |bytes| serde_json::from_slice::<Json>(bytes).ok();
    first(&parse(left)?, &parse(right)?, String::new())
}

fn first(left: &Json, right: &Json, path: String) -> Option<Difference> {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (left, right) {
        _ if left == right => None,
        (Json::Object(old), Json::Object(new)) => {
            let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
            keys.sort();
            keys.into_iter().find_map(|key| match (old.get(key), new.get(key)) {
                (Some(old), Some(new)) => first(old, new, below(key)),
                (old, new) => Some(Difference { path: below(key), left: text(old), right: text(new) }),
            })
        }
        (Json::Array(old), Json::Array(new)) => {
            (0..old.len().max(new.len())).find_map(|index| match (old.get(index), new.get(index)) {
                (Some(old), Some(new)) => first(old, new, format!("{path}[{index}]")),
                (old, new) => Some(Difference { path: format!("{path}[{index}]"), left: text(old), right: text(new) }),
            })
        }
        _ => Some(Difference { path, left: text(Some(left)), right: text(Some(right)) }),
    }
}

/// A piece of a plan for people; plans hold no secrets.
fn text(value: Option<&Json>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named_by_its_path() {
        let check = |left: &str, right: &str, expected: Option<[&str; 3]>| {
            let found = difference(left.as_bytes(), right.as_bytes());
            let found = found.as_ref().map(|d| [d.path.as_str(), d.left.as_str(), d.right.as_str()]);
            assert_eq!(found, expected, "{left} {right}");
        };
        check("{}", "{}", None);
        check(r#"{"a":1}"#, r#"{"a":2}"#, Some(["a", "1", "2"]));
        check(r#"{"a":{"b":[1,2]}}"#, r#"{"a":{"b":[1,3]}}"#, Some(["a.b[1]", "2", "3"]));
        check(r#"{"a":[1]}"#, r#"{"a":[1,2]}"#, Some(["a[1]", "nothing", "2"]));
        check(r#"{"b":1,"a":1}"#, r#"{"b":2,"c":1}"#, Some(["a", "1", "nothing"]));
        check(r#"{"a":1}"#, r#"{"a":"1"}"#, Some(["a", "1", "\"1\""]));
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(100));
        check(&long, r#"{"a":1}"#, Some(["a", &format!("\"{}…", "x".repeat(59)), "1"]));
    }

    #[test]
    fn a_sample_takes_about_as_many_as_it_says() {
        let taken = |percent, seed| {
            let sample = Sample { percent, seed };
            (0..1000).filter(|number| sample.takes(&format!("stack-{number}"))).count()
        };
        assert_eq!((taken(0, 1), taken(100, 1)), (0, 1000));
        let (some, others) = (taken(10, 1), taken(10, 2));
        assert!((50..200).contains(&some) && (50..200).contains(&others), "{some} {others}");
    }
}
