//! Days.

use std::fmt;
use std::str::FromStr;

use config::{FromNode, Node};
use diag::{Diagnostic, Diagnostics};

/// A day of the calendar: `2026-12-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The first day that a computer's clock knows.
    pub const EPOCH: Self = Self { year: 1970, month: 1, day: 1 };

    /// A day, if there is such a one.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 => 28 + u8::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days).contains(&day).then_some(Self { year, month, day })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Date {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('-').collect();
        let digits = parts.iter().map(|part| part.len()).eq([4, 2, 2]);
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let date = match parts.as_slice() {
            [year, month, day] if digits && plain => year
                .parse()
                .ok()
                .zip(month.parse().ok())
                .zip(day.parse().ok())
                .and_then(|((y, m), d)| Self::new(y, m, d)),
            _ => None,
        };
        date.ok_or("not a day of the form `2026-12-31`")
    }
}

impl FromNode for Date {
    fn from_node(node: &Node, found: &mut Diagnostics) -> Option<Self> {
        let text = String::from_node(node, found)?;
        text.parse()
            .map_err(|reason| {
                let problem = Diagnostic::error("E0104", format!("`{}` is {reason}", node.path));
                found.push(problem.at(node.place.clone()).hint("write the year, the month and the day"));
            })
            .ok()
    }
}
