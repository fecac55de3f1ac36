//! Changes that are not looked at: what is ignored stays as the object has it.

use diag::Diagnostic;
use resource::{Options, Urn};
use state::Object;
use value::{Map, Path, Segment, Value};

/// A path that cannot be ignored: what it lies in is there on one side only, so there is nothing to put it into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impossible {
    /// The path.
    pub path: Path,
    /// What it lies in.
    pub within: Path,
    /// Whether the program has that, and not the object.
    pub in_program: bool,
}

impl Impossible {
    /// The problem, without its place.
    pub fn problem(&self, urn: &Urn) -> Diagnostic {
        let side = if self.in_program { "the program" } else { "the state" };
        let message = format!("changes of `{}` of `{}` cannot be ignored", self.path, urn.name());
        let note = format!("`{}`, which it lies in, is there in {side} only", self.within);
        let hint =
            format!("ignore `{}` as a whole, or take the path away", self.within.first_key().unwrap_or_default());
        Diagnostic::error("E0421", message).note(note).hint(hint)
    }
}

/// The properties with everything that the options ignore as the object has it; and the paths for which that cannot be
/// done.
pub fn ignore_changes(options: &Options, old: &Object, properties: Map) -> (Map, Vec<Impossible>) {
    ignore_as(options, &old.inputs, properties)
}

/// The same, with the properties that an object has.
pub(crate) fn ignore_as(options: &Options, has: &Map, properties: Map) -> (Map, Vec<Impossible>) {
    let from = Value::Map(has.clone());
    let mut to = Value::Map(properties);
    let mut impossible = Vec::new();
    for path in &options.ignore_changes {
        if let Err(Missing { within, in_program }) = keep(path.segments(), &Path::root(), &from, &mut to) {
            impossible.push(Impossible { path: path.clone(), within, in_program });
        }
    }
    let Value::Map(goal) = to else { unreachable!("a map stays a map") };
    (goal, impossible)
}

/// Where one side ends.
struct Missing {
    within: Path,
    in_program: bool,
}

/// Puts what `from` has at every place which the pattern covers into `to`.
///
/// The last step of a path may be there on one side only: it is added or taken away. What a wildcard finds on one side
/// only stays as it is, since no path was promised to be there.
fn keep(pattern: &[Segment], at: &Path, from: &Value, to: &mut Value) -> Result<(), Missing> {
    let Some((first, rest)) = pattern.split_first() else {
        *to = from.clone();
        return Ok(());
    };
    match (first, from, to) {
        // Nobody can look into it yet.
        (_, Value::Unknown(_) | Value::Secret(_), _) | (_, _, Value::Unknown(_) | Value::Secret(_)) => Ok(()),
        (Segment::Key(key), Value::Map(from), Value::Map(to)) => {
            // With all of its content ignored, it may itself be there on one side only.
            let whole = matches!(rest, [] | [Segment::Any]);
            match (from.get(key), to.get_mut(key)) {
                (Some(from), Some(to)) => keep(rest, &at.child(key), from, to),
                (Some(from), None) if whole => {
                    to.insert(key.clone(), from.clone());
                    Ok(())
                }
                (None, Some(_)) if whole => {
                    to.remove(key);
                    Ok(())
                }
                (None, None) => Ok(()),
                (from, _) => Err(Missing { within: at.child(key), in_program: from.is_none() }),
            }
        }
        (Segment::Index(index), Value::List(from), Value::List(to)) => match (from.get(*index), to.get_mut(*index)) {
            (Some(from), Some(to)) => keep(rest, &at.index(*index), from, to),
            (None, None) => Ok(()),
            (from, _) => Err(Missing { within: at.index(*index), in_program: from.is_none() }),
        },
        (Segment::Any, Value::Map(from), Value::Map(to)) if rest.is_empty() => {
            to.clone_from(from);
            Ok(())
        }
        (Segment::Any, Value::List(from), Value::List(to)) if rest.is_empty() => {
            to.clone_from(from);
            Ok(())
        }
        (Segment::Any, Value::Map(from), Value::Map(to)) => {
            let mut both = to.iter_mut().filter_map(|(key, to)| Some((key, from.get(key)?, to)));
            both.try_for_each(|(key, from, to)| keep(rest, &at.child(key), from, to))
        }
        (Segment::Any, Value::List(from), Value::List(to)) => {
            let mut both = from.iter().zip(to).enumerate();
            both.try_for_each(|(index, (from, to))| keep(rest, &at.index(index), from, to))
        }
        (_, from, to) => match (is_container(from), is_container(to)) {
            (false, false) => Ok(()),
            (_, in_program) => Err(Missing { within: at.clone(), in_program }),
        },
    }
}

fn is_container(value: &Value) -> bool {
    matches!(value, Value::Map(_) | Value::List(_))
}
