//! One resource: its line, and the lines of what differs.

use diff::{Action, Difference, ResourceChange};
use resource::Urn;
use value::Value;

use crate::style::{Line, Paint};
use crate::value::{Inside, change_text, inside, value_text};

/// How long a value may be.
pub(crate) const LIMIT: usize = 60;
const PROTECTED: &str = "protected, would be refused on live";
const FORCES: &str = "(forces replacement)";
/// How many places inside one property are listed, if not everything is asked for.
const PLACES: usize = 12;

/// The symbol of an action, with its colour.
pub(crate) fn symbol(action: Action) -> (&'static str, Paint) {
    match action {
        Action::Keep => (" ", Paint::Plain),
        Action::Create => ("+", Paint::Good),
        Action::Adopt => ("=", Paint::Good),
        Action::Read => ("<", Paint::Note),
        Action::Update => ("~", Paint::Change),
        Action::Replace { .. } => ("±", Paint::Replace),
        Action::Delete => ("-", Paint::Bad),
        Action::Forget => (">", Paint::Bad),
    }
}

/// Whether it does more than add, or has to be seen.
pub(crate) fn is_risky(change: &ResourceChange) -> bool {
    !matches!(change.action, Action::Keep | Action::Create | Action::Adopt | Action::Read)
        || is_rename(change)
        || change.moved_from.is_some()
        || needs_eyes(change)
}

/// Whether it only adds, and is listed all the same: what is refused, and what somebody has deleted.
pub(crate) fn needs_eyes(change: &ResourceChange) -> bool {
    is_refused(change) || change.vanished.is_some()
}

/// Whether it is to take over an object that is not as the program says.
fn is_refused(change: &ResourceChange) -> bool {
    change.action == Action::Adopt && !change.differences.is_empty()
}

fn symbol_of(change: &ResourceChange) -> (&'static str, Paint) {
    match change.action {
        Action::Keep if change.moved_from.is_some() => ("⇒", Paint::Change),
        Action::Keep if is_rename(change) => ("→", Paint::Change),
        Action::Keep if change.record => ("·", Paint::Change),
        action => symbol(action),
    }
}

/// Whether nothing but the name in state changes.
fn is_rename(change: &ResourceChange) -> bool {
    change.action == Action::Keep && change.renamed_from.is_some()
}

/// The order of resources in a folded list: what hurts most first.
pub(crate) fn rank(change: &ResourceChange) -> u8 {
    match change.action {
        Action::Delete => 0,
        Action::Replace { undecided: false, .. } => 1,
        Action::Forget => 2,
        Action::Adopt if is_refused(change) => 2,
        Action::Replace { .. } => 3,
        Action::Update => 4,
        Action::Adopt | Action::Read => 5,
        Action::Create => 6,
        Action::Keep => 7,
    }
}

/// `± ol-data  AWS::EC2::VPC  replace (delete first)`.
pub(crate) fn head(urn: &Urn, change: &ResourceChange, indent: usize) -> Line {
    let (symbol, paint) = symbol_of(change);
    let line = Line::indented(indent).paint(paint, symbol).text(" ").paint(Paint::Strong, urn.name());
    let line = line.apart(Paint::Plain, urn.ty()).apart(paint, words(change));
    let line = match &change.renamed_from {
        Some(old) if old.ty() == urn.ty() => line.apart(Paint::Change, format!("renamed from {}", old.name())),
        Some(old) => line.apart(Paint::Change, format!("renamed from {old}")),
        None => line,
    };
    let line = match &change.vanished {
        Some(id) => line.apart(Paint::Change, format!("drift: `{id}` is gone")),
        None => line,
    };
    let line = match change.moved_from.as_deref() {
        Some((stack, earlier)) if earlier.name() == urn.name() => {
            line.apart(Paint::Change, format!("moved from {stack}"))
        }
        Some((stack, earlier)) => line.apart(Paint::Change, format!("moved from {stack}, {}", earlier.name())),
        None => line,
    };
    if change.protection_ignored { line.apart(Paint::Bad, PROTECTED) } else { line }
}

/// What the symbol alone does not say.
fn words(change: &ResourceChange) -> String {
    match change.action {
        Action::Replace { undecided: true, .. } => format!("replace (if {} changes)", forcing(change)),
        Action::Replace { delete_first: true, .. } => "replace (delete first)".to_owned(),
        Action::Replace { .. } => "replace".to_owned(),
        Action::Read => match &change.id {
            Some(id) => format!("read {id}"),
            None => "read".to_owned(),
        },
        Action::Adopt => {
            let which = change.options.import.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
            format!("adopt{which}{}", if is_refused(change) { ", which differs" } else { "" })
        }
        Action::Forget => "forget, the object stays".to_owned(),
        Action::Keep if change.record => "options or dependencies, in state alone".to_owned(),
        Action::Keep | Action::Create | Action::Update | Action::Delete => String::new(),
    }
}

fn is_undecided(change: &ResourceChange) -> bool {
    matches!(change.action, Action::Replace { undecided: true, .. })
}

/// The properties that force a replacement.
fn forcing(change: &ResourceChange) -> String {
    let mut paths = change.differences.iter().filter(|d| d.replaces).map(|d| d.path.to_string());
    match (paths.next(), paths.count()) {
        (None, _) => "a value".to_owned(),
        (Some(first), 0) => first,
        (Some(first), more) => format!("{first} or one of {more} more"),
    }
}

/// The resource and what matters most of it, on one line.
pub(crate) fn one_line(urn: &Urn, change: &ResourceChange, here: &str, indent: usize) -> Line {
    let line = head(urn, change, indent);
    match main_difference(change) {
        Some(difference) => reason(line, change, difference, here),
        None => line.apart(Paint::Note, change.remarks.first().map(String::as_str).unwrap_or_default()),
    }
}

/// Several resources of one type that change in the same way, on one line.
pub(crate) fn many_line(members: &[(&Urn, &ResourceChange)], here: &str, indent: usize) -> Line {
    const NAMES: usize = 2;
    let Some((urn, change)) = members.first() else { return Line::default() };
    let (symbol, paint) = symbol_of(change);
    let line = Line::indented(indent).paint(paint, symbol).text(format!(" {} × ", members.len()));
    let line = line.paint(Paint::Strong, urn.ty()).apart(paint, words(change));
    let text = |change: &ResourceChange| main_difference(change).map(|d| reason(Line::default(), change, d, here));
    let line = match main_difference(change) {
        Some(difference) if members.iter().all(|(_, other)| text(other) == text(change)) => {
            reason(line, change, difference, here)
        }
        Some(difference) => forced(line.apart(Paint::Plain, difference.path.to_string()), change, difference),
        None => line,
    };
    let names: Vec<&str> = members.iter().take(NAMES).map(|(urn, _)| urn.name()).collect();
    let more = if members.len() > NAMES { ", …" } else { "" };
    let line = line.apart(Paint::Faint, format!("{}{more}", names.join(", ")));
    let line = match change.moved_from.as_deref() {
        Some((stack, earlier)) if earlier.name() == urn.name() => {
            line.apart(Paint::Change, format!("moved from {stack}"))
        }
        Some((stack, earlier)) => line.apart(Paint::Change, format!("moved from {stack}, {}", earlier.name())),
        None => line,
    };
    if change.protection_ignored { line.apart(Paint::Bad, PROTECTED) } else { line }
}

/// What makes two changes of one type alike.
pub(crate) fn reason_key(change: &ResourceChange) -> (String, Option<String>, bool) {
    (words(change), main_difference(change).map(|d| d.path.to_string()), change.protection_ignored)
}

/// The difference that matters most: what forces comes first, what is known before what follows from something else.
fn main_difference(change: &ResourceChange) -> Option<&Difference> {
    let unknown = |d: &Difference| d.new.as_ref().is_some_and(Value::has_unknown);
    change.differences.iter().min_by_key(|d| (!d.replaces, d.drift, unknown(d)))
}

/// Adds the difference that matters most, and how many more there are.
fn reason(line: Line, change: &ResourceChange, difference: &Difference, here: &str) -> Line {
    let places = inside(&difference.path, difference.old.as_ref(), difference.new.as_ref());
    let more = (change.differences.len() + places.len()).saturating_sub(2);
    let line = match places.first() {
        Some(place) => {
            let text = change_text(place.old.as_ref(), place.new.as_ref(), here, LIMIT / 2);
            let drift = if difference.drift { "drift: " } else { "" };
            line.apart(Paint::Plain, format!("{drift}{}: {text}", place.path))
        }
        None => line,
    };
    let line = forced(line, change, difference);
    if more == 0 { line } else { line.apart(Paint::Faint, format!("… and {more} more")) }
}

fn forced(line: Line, change: &ResourceChange, difference: &Difference) -> Line {
    // Where it is undecided the words before say so.
    if difference.replaces && !is_undecided(change) { line.apart(Paint::Replace, FORCES) } else { line }
}

/// The resource with everything that differs; with `full` also every property of what is made.
pub(crate) fn all_lines(urn: &Urn, change: &ResourceChange, here: &str, indent: usize, full: bool) -> Vec<Line> {
    let mut lines = vec![head(urn, change, indent)];
    let forces = if is_undecided(change) { "(would force replacement)" } else { FORCES };
    let details = Details { here, full, forces, limit: if full { LIMIT * 8 } else { LIMIT } };
    for remark in &change.remarks {
        lines.push(Line::indented(indent + 4).paint(Paint::Note, remark));
    }
    let (drift, mine): (Vec<&Difference>, Vec<&Difference>) = change.differences.iter().partition(|d| d.drift);
    if change.action == Action::Adopt && !mine.is_empty() {
        let text = "is not as the program says (there → program), so it is not taken over";
        lines.push(Line::indented(indent + 4).paint(Paint::Bad, text));
    }
    for difference in mine {
        lines.extend(details.difference(difference, indent + 4));
    }
    if !drift.is_empty() {
        lines.push(Line::indented(indent + 4).paint(Paint::Change, "drift: the world has changed, not the program"));
    }
    for difference in drift {
        lines.extend(details.difference(difference, indent + 6));
    }
    if full && matches!(change.action, Action::Create | Action::Adopt) {
        for (name, value) in change.goal.iter().filter(|(_, value)| !value.is_null()) {
            let text = value_text(value, here, details.limit);
            lines.push(Line::indented(indent + 4).text(format!("{name}: {text}")));
        }
    }
    lines
}

/// How the differences of one resource are shown.
struct Details<'a> {
    here: &'a str,
    full: bool,
    forces: &'a str,
    limit: usize,
}

impl Details<'_> {
    fn difference(&self, difference: &Difference, indent: usize) -> Vec<Line> {
        let places = inside(&difference.path, difference.old.as_ref(), difference.new.as_ref());
        let shown = if self.full { places.len() } else { places.len().min(PLACES) };
        let mut lines: Vec<Line> = places[..shown]
            .iter()
            .map(|place| {
                let line = self.place(place, indent);
                if difference.replaces { line.apart(Paint::Replace, self.forces) } else { line }
            })
            .collect();
        if shown < places.len() {
            let more = format!("… and {} more places", places.len() - shown);
            lines.push(Line::indented(indent).paint(Paint::Faint, more));
        }
        lines
    }

    fn place(&self, place: &Inside, indent: usize) -> Line {
        let line = Line::indented(indent);
        let text = |value: &Value| format!("{}: {}", place.path, value_text(value, self.here, self.limit));
        match (&place.old, &place.new) {
            (None, Some(new)) => line.paint(Paint::Good, "+ ").text(text(new)),
            (Some(old), None) => line.paint(Paint::Bad, "- ").text(text(old)),
            (old, new) => {
                let text = change_text(old.as_ref(), new.as_ref(), self.here, self.limit);
                line.text(format!("{}: {text}", place.path))
            }
        }
    }
}
