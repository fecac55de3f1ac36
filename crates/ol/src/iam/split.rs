//! Splitting a document that is too large for one managed policy.

use plan::IntoExpr;
use plan::expr::{Expr, Named};
use plan::prelude::*;

/// How large a managed policy may be. AWS does not count white space; this counts that of the usual text, to be safe.
pub const MANAGED_POLICY_BYTES: usize = 6144;

/// Splits a document into documents of at most `max_bytes` bytes.
///
/// A statement whose actions do not fit is cut between actions; each piece goes into the first document with room, so
/// that a document that grows at its end keeps its first parts. What is not known when the plan is made counts
/// `unknown_bytes`; without that it is an error, because the number of documents must not depend on it.
///
/// # Errors
/// The reason, if a single action is too large, something is not known, or a statement has no plain list of actions.
pub fn split(document: &Json, max_bytes: usize, unknown_bytes: Option<usize>) -> Result<Vec<Json>, String> {
    let expr = IntoExpr::into_expr(document);
    let Expr::Map(map) = &expr else { return Err("a document is an object".into()) };
    let version = map.get("Version").cloned().unwrap_or_else(|| super::VERSION.into());
    let Some(Expr::List(statements)) = map.get("Statement") else {
        return Err("the statements of a document to be split must be a list".into());
    };
    let size = |statements: &[Expr]| size(&of(&version, statements), unknown_bytes);
    let budget = max_bytes.checked_sub(size(&[])?).ok_or("there is no room for any statement")?;
    let mut documents: Vec<Vec<Expr>> = Vec::new();
    for statement in statements {
        for piece in pieces(statement, budget, max_bytes, unknown_bytes)? {
            let mut home = None;
            for (n, document) in documents.iter().enumerate() {
                let with: Vec<Expr> = document.iter().chain([&piece]).cloned().collect();
                if size(&with)? <= max_bytes {
                    home = Some(n);
                    break;
                }
            }
            match home {
                Some(n) => documents[n].push(piece),
                None => documents.push(vec![piece]),
            }
        }
    }
    Ok(documents.into_iter().map(|statements| Json::of(of(&version, &statements))).collect())
}

fn of(version: &Expr, statements: &[Expr]) -> Expr {
    Expr::Map(Named::from([
        ("Version".to_owned(), version.clone()),
        ("Statement".to_owned(), Expr::List(statements.to_vec())),
    ]))
}

/// The statement, cut between actions so that each piece fits into `budget`.
fn pieces(statement: &Expr, budget: usize, max: usize, unknown: Option<usize>) -> Result<Vec<Expr>, String> {
    let Expr::Map(map) = statement else { return Err("a statement is an object".into()) };
    let actions = match map.get("Action") {
        Some(Expr::List(actions)) => actions.clone(),
        Some(one @ Expr::Value(_)) => vec![one.clone()],
        _ => return Err("a statement without a list of actions cannot be split".into()),
    };
    let with = |actions: &[Expr]| {
        let mut piece = map.clone();
        piece.insert("Action".to_owned(), Expr::List(actions.to_vec()));
        Expr::Map(piece)
    };
    let mut pieces = Vec::new();
    let mut current: Vec<Expr> = Vec::new();
    for action in actions {
        current.push(action);
        if size(&with(&current), unknown)? <= budget {
            continue;
        }
        let action = current.pop().unwrap_or_else(|| "".into());
        if !current.is_empty() {
            pieces.push(with(&current));
        }
        current = vec![action];
        let alone = size(&with(&current), unknown)?;
        if alone > budget {
            let name = current[0].to_value().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
            return Err(format!("{name} alone is {alone} bytes, budget {budget} of {max}"));
        }
    }
    pieces.push(with(&current));
    Ok(pieces)
}

/// The bytes of the text with `, ` and `: ` between its parts.
fn size(expr: &Expr, unknown: Option<usize>) -> Result<usize, String> {
    const SEPARATOR: usize = 2;
    let between = |count: usize| SEPARATOR * count.saturating_sub(1);
    match expr {
        Expr::List(items) => {
            let inner = items.iter().map(|item| size(item, unknown)).sum::<Result<usize, String>>()?;
            Ok(2 + between(items.len()) + inner)
        }
        Expr::Map(map) => {
            let entry = |(key, item): (&String, &Expr)| Ok(quoted(key) + SEPARATOR + size(item, unknown)?);
            let inner = map.iter().map(entry).sum::<Result<usize, String>>()?;
            Ok(2 + between(map.len()) + inner)
        }
        Expr::Value(value) => match value.as_str() {
            Some(text) => Ok(quoted(text)),
            None => Ok(plan::expr::to_json(value).len()),
        },
        _ => unknown
            .map(|bytes| bytes + 2)
            .ok_or_else(|| "a part of the document is not known yet, and has no greatest size".into()),
    }
}

/// The bytes of a text as JSON, with everything beyond ASCII escaped.
fn quoted(text: &str) -> usize {
    let escaped = |c: char| match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        c if c.is_ascii() && !c.is_ascii_control() => 1,
        c => 6 * c.len_utf16(),
    };
    2 + text.chars().map(escaped).sum::<usize>()
}
