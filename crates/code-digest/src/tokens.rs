//! Rust source without its layout.

/// The text with every run of white space and plain comments outside of literals as one space.
///
/// Doc comments stay: macros can see them. What it keeps is enough to tell any two programs apart, so text that is no
/// valid Rust only makes the digest move more often than it must.
pub(crate) fn without_layout(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let gap = gap(rest);
        if gap > 0 {
            rest = &rest[gap..];
            if !out.is_empty() && !out.ends_with(' ') && !rest.is_empty() {
                out.push(' ');
            }
            continue;
        }
        let length = match first {
            '/' if rest.starts_with("//") => doc_line(rest, &mut out),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => quoted(rest, '"'),
            '\'' => apostrophe(rest),
            c if c.is_alphanumeric() || c == '_' => word(rest),
            c => c.len_utf8(),
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out
}

/// The length of white space, a plain line comment or a plain block comment at the start.
fn gap(text: &str) -> usize {
    let blank = text.len() - text.trim_start().len();
    if blank > 0 {
        return blank;
    }
    let is_doc = |line: &str| (line.starts_with("///") && !line.starts_with("////")) || line.starts_with("//!");
    if text.starts_with("//") && !is_doc(text) {
        return text.find('\n').unwrap_or(text.len());
    }
    let is_doc = |block: &str| {
        block.starts_with("/*!")
            || (block.starts_with("/**") && !block.starts_with("/***") && !block.starts_with("/**/"))
    };
    if text.starts_with("/*") && !is_doc(text) { block_comment(text) } else { 0 }
}

/// The length of a doc line; marks its end, as the line break becomes a space.
fn doc_line(text: &str, out: &mut String) -> usize {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
    // The line break belongs to the token, so that doc text and code stay apart.
    text.find('\n').map_or(text.len(), |end| end + 1)
}

/// The length of a block comment; they nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of a literal with escapes, from its opening quote.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// The length of a character literal, or of the apostrophe of a lifetime.
fn apostrophe(text: &str) -> usize {
    let mut chars = text.chars().skip(1);
    match (chars.next(), chars.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => quoted(text, '\''),
        _ => 1,
    }
}

/// The length of a word or number, or of a literal with a prefix (`r#"…"#`, `b"…"`, `c'…'`).
fn word(text: &str) -> usize {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (prefix, rest) = text.split_at(end);
    match prefix {
        "r" | "br" | "cr" => {
            let hashes = rest.len() - rest.trim_start_matches('#').len();
            if !rest[hashes..].starts_with('"') {
                return end;
            }
            let closing = format!("\"{}", "#".repeat(hashes));
            let body = end + hashes + 1;
            text[body..].find(&closing).map_or(text.len(), |at| body + at + closing.len())
        }
        "b" | "c" if rest.starts_with('"') => end + quoted(rest, '"'),
        "b" if rest.starts_with('\'') => end + quoted(rest, '\''),
        _ => end,
    }
}

#[cfg(test)]
mod tests {
    use super::without_layout;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(without_layout(text), expected);
    }

    #[test]
    fn layout_and_plain_comments_go() {
        check("fn  a() {\n\n    1 // one\n}\n", "fn a() { 1 }");
        check("// head\n\nfn a() {} /* x /* y */ z */ fn b() {}", "fn a() {} fn b() {}");
        check("a\r\n\r\nb", "a b");
    }

    #[test]
    fn literals_stay_as_they_are() {
        check("\"a  // b\" ;  x", "\"a  // b\" ; x");
        check("r#\"a  \" // b\"#  x", "r#\"a  \" // b\"# x");
        check(r#"'"'  "  \"  " '\''  x"#, r#"'"' "  \"  " '\'' x"#);
        check("fn f<'a>(x: &'a  str)", "fn f<'a>(x: &'a str)");
        check("b'\"'  b\"  \"  r#type", "b'\"' b\"  \" r#type");
    }

    #[test]
    fn doc_comments_stay() {
        check("/// One  two.\nfn a() {}", "/// One  two.\nfn a() {}");
        assert_ne!(without_layout("/// fn a() {}\n"), without_layout("fn a() {}\n"));
        check("//// no doc\nx", "x");
    }
}
