//! As much of regular expressions as names are described by: characters and classes of them, so often each.

/// One piece of a pattern: what a character may be, and how often.
struct Piece {
    accepts: Vec<(char, char)>,
    negated: bool,
    least: usize,
    most: usize,
}

impl Piece {
    fn takes(&self, letter: char) -> bool {
        self.accepts.iter().any(|(from, to)| (*from..=*to).contains(&letter)) != self.negated
    }
}

/// Whether a text is of a pattern; one that holds more than this knows is no pattern.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    let pattern: Vec<char> = pattern.strip_suffix('$').unwrap_or(pattern).chars().collect();
    let letters: Vec<char> = text.chars().collect();
    parse(&pattern).is_some_and(|pieces| fits(&pieces, &letters))
}

fn fits(pieces: &[Piece], letters: &[char]) -> bool {
    let Some((piece, rest)) = pieces.split_first() else { return letters.is_empty() };
    let taken = letters.iter().take(piece.most).take_while(|letter| piece.takes(**letter)).count();
    taken >= piece.least && (piece.least..=taken).rev().any(|count| fits(rest, &letters[count..]))
}

fn parse(pattern: &[char]) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut left = pattern;
    while let Some((first, rest)) = left.split_first() {
        left = rest;
        let (accepts, negated) = match first {
            '[' => {
                let (class, negated, rest) = class(left)?;
                left = rest;
                (class, negated)
            }
            '\\' => {
                let (escaped, rest) = left.split_first()?;
                left = rest;
                (escape(*escaped), false)
            }
            '(' | ')' | '|' => return None,
            '.' => (vec![('\0', char::MAX)], false),
            letter => (vec![(*letter, *letter)], false),
        };
        let (least, most, rest) = quantity(left)?;
        left = rest;
        pieces.push(Piece { accepts, negated, least, most });
    }
    Some(pieces)
}

type Class<'a> = (Vec<(char, char)>, bool, &'a [char]);

fn class(pattern: &[char]) -> Option<Class<'_>> {
    let negated = pattern.first() == Some(&'^');
    let mut left = if negated { &pattern[1..] } else { pattern };
    let mut ranges = Vec::new();
    loop {
        left = match left {
            [']', rest @ ..] => return Some((ranges, negated, rest)),
            ['\\', escaped, rest @ ..] => {
                ranges.extend(escape(*escaped));
                rest
            }
            [from, '-', to, rest @ ..] if *to != ']' => {
                ranges.push((*from, *to));
                rest
            }
            [letter, rest @ ..] => {
                ranges.push((*letter, *letter));
                rest
            }
            [] => return None,
        };
    }
}

fn escape(letter: char) -> Vec<(char, char)> {
    match letter {
        'w' => vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')],
        'd' => vec![('0', '9')],
        other => vec![(other, other)],
    }
}

fn quantity(pattern: &[char]) -> Option<(usize, usize, &[char])> {
    Some(match pattern {
        ['*', rest @ ..] => (0, usize::MAX, rest),
        ['+', rest @ ..] => (1, usize::MAX, rest),
        ['?', rest @ ..] => (0, 1, rest),
        ['{', rest @ ..] => {
            let end = rest.iter().position(|letter| *letter == '}')?;
            let said: String = rest[..end].iter().collect();
            let (least, most) = said.split_once(',').unwrap_or((&said, &said));
            (least.parse().ok()?, most.parse().unwrap_or(usize::MAX), &rest[end + 1..])
        }
        rest => (1, 1, rest),
    })
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn names_are_of_their_patterns() {
        let cases = [
            ("^[a-zA-Z0-9-]{3,24}$", "ex-vault", true),
            ("^[a-zA-Z0-9-]{3,24}$", "ex", false),
            ("^[-\\w\\._\\(\\)]+$", "ex_(group).1", true),
            ("^[-\\w\\._\\(\\)]+$", "ex group", false),
            ("^[^@()\\[\\]\";]*$", "a-b", true),
            ("^[^@()\\[\\]\";]*$", "a@b", false),
            ("^https://x\\.org/v1\\.0/[^/]+$", "https://x.org/v1.0/a", true),
            ("^https://x\\.org/v1\\.0/[^/]+$", "https://x.org/v1.0/a/b", false),
            ("(a|b)", "a", false),
        ];
        for (pattern, text, fits) in cases {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }
}
