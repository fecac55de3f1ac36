//! Editing stack files, with comments and order kept.

use config::{Node, NodeKind};
use diag::{Diagnostic, Diagnostics};
use toml_edit::{DocumentMut, InlineTable, Item, Table, Value};
use value::{Digest, Path, Segment};

use crate::stacks::node_at;

/// The value at a key path.
///
/// # Errors
/// If there is none, with the keys that are there.
pub fn get<'a>(root: &'a Node, key: &Path) -> Result<&'a Node, Diagnostic> {
    node_at(root, key).ok_or_else(|| {
        let problem = Diagnostic::error("E0214", format!("there is no key `{key}` in `{}`", root.place.file));
        match &root.kind {
            NodeKind::Table(table) if !table.entries.is_empty() => {
                problem.hint(format!("the keys there are {}", crate::quoted(table.entries.keys().map(String::as_str))))
            }
            _ => problem,
        }
    })
}

/// A value for a person: text as it is, anything else as TOML; a secret is only named.
pub fn show(node: &Node) -> String {
    match &node.kind {
        NodeKind::String(text) => text.clone(),
        NodeKind::Secret { fingerprint, .. } => format!("a secret, fingerprint {}", fingerprint.short(8)),
        _ => toml_value(node).to_string(),
    }
}

/// Sets a key in the text of a stack file, and gives the new text. The value is read as TOML if it is a boolean, a
/// number, a list, a table or quoted text, and else taken as text; where text stands now, it stays text.
///
/// # Errors
/// If the file is not TOML, or the key cannot be set.
pub fn set(file: &str, text: &str, key: &Path, value: &str) -> Result<String, Diagnostics> {
    edit(file, text, key, |old| {
        let secret = old.and_then(Value::as_inline_table).is_some_and(|table| table.contains_key("fingerprint"));
        if secret {
            let problem = Diagnostic::error("E0214", format!("`{key}` is a secret"));
            return Err(problem.hint("give it with `--secret`, so that it is sealed"));
        }
        Ok(guess(value, old.is_some_and(Value::is_str)))
    })
}

/// Sets a key in the text of a stack file to a sealed secret, and gives the new text.
///
/// # Errors
/// If the file is not TOML, or the key cannot be set.
pub fn set_secret(
    file: &str,
    text: &str,
    key: &Path,
    ciphertext: &str,
    fingerprint: Digest,
) -> Result<String, Diagnostics> {
    let pairs = [("secret", ciphertext.to_owned()), ("fingerprint", fingerprint.to_string())];
    edit(file, text, key, |_| Ok(Value::InlineTable(InlineTable::from_iter(pairs))))
}

/// Puts each secret of a stack file in anew, as when recipients change or a stack is renamed, and gives the new text.
/// `seal` gets the key path, the ciphertext and the fingerprint of each.
///
/// # Errors
/// All problems that `seal` has, at the places of the secrets.
pub fn reseal(
    file: &str,
    text: &str,
    mut seal: impl FnMut(&Path, &str, Digest) -> Result<(String, Digest), Diagnostic>,
) -> Result<String, Diagnostics> {
    let root = config::parse(file, text)?;
    let (mut found, mut sealed) = (Diagnostics::new(), Vec::new());
    root.secrets(&mut |node, ciphertext, fingerprint| match seal(&node.path, ciphertext, fingerprint) {
        Ok(new) => sealed.push((&node.path, new)),
        Err(problem) => found.push(problem.at(node.place.clone())),
    });
    let put_in = |text: String, (key, (ciphertext, fingerprint)): (&Path, (String, Digest))| {
        set_secret(file, &text, key, &ciphertext, fingerprint)
    };
    found.into_result(sealed)?.into_iter().try_fold(text.to_owned(), put_in)
}

/// Takes the secrets out of the text of a stack file, since they are sealed to their stack, and gives the new text and
/// their key paths. Where a secret has a line of its own the comment that `remark` makes takes its place; the others'
/// comments stand at the top.
///
/// # Errors
/// If the file is not TOML, or cannot be edited.
pub fn without_secrets(
    file: &str,
    text: &str,
    remark: impl Fn(&Path) -> String,
) -> Result<(String, Vec<Path>), Diagnostics> {
    let root = config::parse(file, text)?;
    let mut paths = Vec::new();
    root.secrets(&mut |node, _, _| paths.push(node.path.clone()));
    let mut document: DocumentMut = text.parse().map_err(|_| cannot_set(&Path::root(), "the file cannot be edited"))?;
    let (mut in_place, mut at_top) = (Vec::new(), String::new());
    // From the end, so that positions in lists stay what they are.
    for path in paths.iter().rev() {
        let mark = format!("secret-{}", Digest::of("mark", path.to_string().as_bytes()));
        let gone = || cannot_set(path, "the way there is not a table or list");
        let Some((last, parents)) = path.segments().split_last() else { continue };
        let mut holder = Some(document.as_item_mut());
        for segment in parents {
            holder = holder.and_then(|item| child(item, segment));
        }
        let holder = holder.ok_or_else(gone)?;
        match last {
            Segment::Key(name) if holder.is_table() && holder.get(name).is_some_and(Item::is_value) => {
                replace(slot(holder, last, path)?, path, |_| Ok(Value::from(mark.as_str())))?;
                in_place.push((mark, remark(path)));
                continue;
            }
            Segment::Key(name) => drop(holder.as_table_like_mut().ok_or_else(gone)?.remove(name)),
            Segment::Index(index) => drop(holder.as_array_mut().ok_or_else(gone)?.remove(*index)),
            Segment::Any => continue,
        }
        at_top = format!("# {}\n{at_top}", remark(path));
    }
    let mut out = at_top;
    for line in document.to_string().split_inclusive('\n') {
        match in_place.iter().find(|(mark, _)| line.contains(mark)) {
            Some((_, remark)) => out.extend(["# ", remark, "\n"]),
            None => out.push_str(line),
        }
    }
    config::parse(file, &out)?;
    Ok((out, paths))
}

fn edit(
    file: &str,
    text: &str,
    key: &Path,
    new: impl FnOnce(Option<&Value>) -> Result<Value, Diagnostic>,
) -> Result<String, Diagnostics> {
    // What is wrong before is reported with all its places.
    config::parse(file, text)?;
    let mut document: DocumentMut = text.parse().map_err(|_| cannot_set(key, "the file cannot be edited"))?;
    let Some((last, parents)) = key.segments().split_last() else {
        return Err(cannot_set(key, "it is the whole file").into());
    };
    let mut item = document.as_item_mut();
    for segment in parents {
        item = child(item, segment).ok_or_else(|| cannot_set(key, "the way there is not a table or list"))?;
    }
    if let (Some(table), Segment::Key(name)) = (item.as_inline_table_mut(), last)
        && !table.contains_key(name)
    {
        table.insert(name, new(None)?);
        // The last value so far holds the space before the brace.
        table.fmt();
    } else {
        replace(slot(item, last, key)?, key, new)?;
    }
    let edited = document.to_string();
    config::parse(file, &edited)?;
    Ok(edited)
}

/// Where the value of a key stands, or will stand.
fn slot<'a>(item: &'a mut Item, last: &Segment, key: &Path) -> Result<&'a mut Item, Diagnostic> {
    match last {
        Segment::Key(name) => {
            let table = item.as_table_like_mut().ok_or_else(|| cannot_set(key, "what holds it is not a table"))?;
            Ok(table.entry(name).or_insert(Item::None))
        }
        Segment::Index(index) => item.get_mut(*index).ok_or_else(|| cannot_set(key, "the list has no such item")),
        Segment::Any => Err(cannot_set(key, "it names more than one value")),
    }
}

/// Replaces a value; the comment behind the old one stays.
fn replace(
    slot: &mut Item,
    key: &Path,
    new: impl FnOnce(Option<&Value>) -> Result<Value, Diagnostic>,
) -> Result<(), Diagnostic> {
    if let Some(table) = slot.as_table_mut().filter(|table| table.contains_key("fingerprint")) {
        // A secret that is written as a table with a header stays one.
        let Value::InlineTable(secret) = new(Some(&Value::InlineTable(table.clone().into_inline_table())))? else {
            return Err(cannot_set(key, "it is a table; set a key in it"));
        };
        for (name, value) in secret {
            table.insert(&name, Item::Value(value));
        }
        return Ok(());
    }
    if matches!(slot, Item::Table(_) | Item::ArrayOfTables(_)) {
        return Err(cannot_set(key, "it is a table; set a key in it"));
    }
    let mut value = new(slot.as_value())?;
    if let Some(old) = slot.as_value() {
        *value.decor_mut() = old.decor().clone();
    }
    *slot = Item::Value(value);
    Ok(())
}

/// The child of an item, made if it is a missing key.
fn child<'a>(item: &'a mut Item, segment: &Segment) -> Option<&'a mut Item> {
    match segment {
        Segment::Key(name) => {
            let inline = item.is_value();
            let table = item.as_table_like_mut()?;
            let new =
                if inline { Item::Value(Value::InlineTable(InlineTable::new())) } else { Item::Table(implicit()) };
            Some(table.entry(name).or_insert(new))
        }
        Segment::Index(index) => item.get_mut(*index),
        Segment::Any => None,
    }
}

/// A table whose header is printed only if it has values of its own.
fn implicit() -> Table {
    let mut table = Table::new();
    table.set_implicit(true);
    table
}

fn cannot_set(key: &Path, reason: &str) -> Diagnostic {
    Diagnostic::error("E0214", format!("`{key}` cannot be set: {reason}"))
}

fn guess(text: &str, stays_text: bool) -> Value {
    let as_text = || Value::from(text);
    match text.parse::<Value>() {
        Ok(Value::Datetime(_)) | Err(_) => as_text(),
        Ok(Value::Float(number)) if !number.value().is_finite() => as_text(),
        Ok(value) if stays_text && !value.is_str() => as_text(),
        Ok(mut value) => {
            value.decor_mut().clear();
            value
        }
    }
}

fn toml_value(node: &Node) -> Value {
    match &node.kind {
        NodeKind::Bool(truth) => Value::from(*truth),
        NodeKind::Int(number) => Value::from(*number),
        NodeKind::Float(number) => Value::from(*number),
        NodeKind::String(text) => Value::from(text.as_str()),
        NodeKind::Secret { .. } => Value::from(show(node)),
        NodeKind::List(items) => items.iter().map(toml_value).collect(),
        NodeKind::Table(table) => {
            let pairs = table.entries.iter().map(|(key, (_, child))| (key.as_str(), toml_value(child)));
            Value::InlineTable(pairs.collect())
        }
    }
}
