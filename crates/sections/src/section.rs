//! One section of a text.

/// A text has no section of that name, or one without an end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no section between `generated: {0}` and `end of generated`")]
pub struct MissingSection(String);

/// The text with the lines of its section `name` replaced by `lines`, indented like the line that opens it.
///
/// # Errors
/// If there is no such section.
pub fn replace(text: &str, name: &str, lines: &[String]) -> Result<String, MissingSection> {
    let opens =
        |line: &str| comment(line).and_then(|c| c.strip_prefix("generated: ")).is_some_and(|rest| names(rest, name));
    let closes = |line: &str| comment(line) == Some("end of generated");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.split_inclusive('\n');
    let opening = rest.by_ref().inspect(|line| out.push_str(line)).find(|line| opens(line));
    let opening = opening.ok_or_else(|| MissingSection(name.to_owned()))?;
    let indent = &opening[..opening.len() - opening.trim_start().len()];
    for line in lines {
        out.extend([indent, line, "\n"]);
    }
    let closing = rest.by_ref().find(|line| closes(line)).ok_or_else(|| MissingSection(name.to_owned()))?;
    out.push_str(closing);
    out.extend(rest);
    Ok(out)
}

fn comment(line: &str) -> Option<&str> {
    let line = line.trim();
    line.strip_prefix('#').or_else(|| line.strip_prefix("//")).map(str::trim)
}

/// Whether the rest of an opening line is `name`, with or without a remark in parentheses.
fn names(rest: &str, name: &str) -> bool {
    rest.strip_prefix(name).is_some_and(|remark| remark.is_empty() || remark.starts_with(" ("))
}
