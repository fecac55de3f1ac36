//! Attributes of which nothing more is known than their schema.

use schema::Kind;

use super::Sheet;

/// Sets every read-only text that nothing has set yet.
pub(super) fn fill(sheet: &mut Sheet<'_>) {
    let schema = sheet.schema;
    for path in &schema.read_only {
        let [value::Segment::Key(name)] = path.segments() else { continue };
        let hidden = schema.overlay.secret.iter().chain(&schema.write_only).any(|secret| secret.touches(path));
        let is_text = schema.property(path).is_some_and(|property| matches!(property.kind, Kind::String { .. }));
        if hidden || !is_text || sheet.get(name).is_some() {
            continue;
        }
        let text = plausible(sheet, name);
        if let Some(text) = text {
            sheet.set(name, text);
        }
    }
}

/// A text of the kind that the name promises; `None` for times, which nobody would believe.
fn plausible(sheet: &Sheet<'_>, name: &str) -> Option<String> {
    let last = sheet.schema.name.rsplit("::").next().unwrap_or_default().to_lowercase();
    let lower = name.to_lowercase();
    let is = |ending: &str| lower.ends_with(ending);
    Some(if is("arn") {
        let service = sheet.schema.name.split("::").nth(1).unwrap_or("sandbox").to_lowercase();
        sheet.site.arn(&service, &format!("{last}/{}", sheet.ids.hex(name, 16)))
    } else if is("time") || is("date") || is("timestamp") {
        return None;
    } else if is("status") || is("state") {
        "available".to_owned()
    } else if is("name") {
        format!("{last}-{}", sheet.ids.hex(name, 12))
    } else if is("id") {
        sheet.ids.uuid(name)
    } else {
        format!("{lower}-{}", sheet.ids.hex(name, 8))
    })
}
