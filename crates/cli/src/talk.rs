//! Talking to the person: what goes to stdout and stderr, and questions.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

use diag::Diagnostics;
use render::Style;

use crate::args::{Global, When};
use crate::exit::Failure;

/// How a run talks.
#[derive(Debug, Clone)]
pub(crate) struct Talk {
    /// JSON on stdout instead of text.
    pub json: bool,
    /// Say more.
    pub verbose: bool,
    color: When,
    root: PathBuf,
}

impl Talk {
    pub(crate) fn new(global: &Global) -> Self {
        let root = global.directory.clone().unwrap_or_else(|| PathBuf::from("."));
        Self { json: global.json, verbose: global.verbose, color: global.color, root }
    }

    /// Source lines are looked up from here on.
    pub(crate) fn at_root(&self, root: &std::path::Path) -> Self {
        Self { root: root.to_owned(), ..self.clone() }
    }

    /// The style of text on stdout.
    pub(crate) fn stdout(&self) -> Style {
        self.style(std::io::stdout().is_terminal())
    }

    /// The style of text on stderr.
    pub(crate) fn stderr(&self) -> Style {
        self.style(std::io::stderr().is_terminal())
    }

    fn style(&self, terminal: bool) -> Style {
        let color = match self.color {
            When::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
            When::Always => true,
            When::Never => false,
        };
        let width = if terminal { size().map_or(usize::MAX, |(width, _)| width) } else { usize::MAX };
        Style { color, width }
    }

    /// How many lines fit on the screen; 24 without one.
    #[expect(clippy::unused_self, reason = "what looks at the terminal is a method, so that it can be found")]
    pub(crate) fn height(&self) -> usize {
        const WITHOUT: usize = 24;
        if std::io::stdout().is_terminal() { size().map_or(WITHOUT, |(_, height)| height) } else { WITHOUT }
    }

    /// Prints data.
    #[expect(clippy::unused_self, reason = "what prints is a method, so that it can be found")]
    pub(crate) fn data(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        // A reader that has gone is no reason to stop.
        drop(
            out.write_all(text.as_bytes())
                .and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") }),
        );
    }

    /// Prints one JSON object on a line.
    pub(crate) fn json(&self, value: &serde_json::Value) {
        self.data(&value.to_string());
    }

    /// Says something.
    #[expect(clippy::unused_self, reason = "what prints is a method, so that it can be found")]
    pub(crate) fn say(&self, text: &str) {
        let mut out = std::io::stderr().lock();
        drop(
            out.write_all(text.as_bytes())
                .and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") }),
        );
    }

    /// Says what is wrong.
    pub(crate) fn error(&self, found: &Diagnostics) {
        if self.json {
            for diagnostic in found {
                self.json(&serde_json::json!({ "event": "problem", "problem": diagnostic }));
            }
        }
        let lookup = |file: &str| std::fs::read_to_string(self.root.join(file)).ok();
        self.say(&render::diagnostics(found, &lookup, self.stderr()));
    }

    pub(crate) fn failure(&self, failure: &Failure) {
        if !failure.found.is_empty() {
            self.error(&failure.found);
        }
    }

    /// Whether there is somebody to ask.
    #[expect(clippy::unused_self, reason = "what asks is a method, so that it can be found")]
    pub(crate) fn can_ask(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks for a line.
    #[expect(clippy::unused_self, reason = "what asks is a method, so that it can be found")]
    pub(crate) fn ask(&self, question: &str) -> Option<String> {
        let mut err = std::io::stderr().lock();
        drop(write!(err, "{question} ").and_then(|()| err.flush()));
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim().to_owned())
    }
}

/// Width and height of the terminal.
pub(crate) fn size() -> Option<(usize, usize)> {
    let (terminal_size::Width(width), terminal_size::Height(height)) = terminal_size::terminal_size()?;
    Some((usize::from(width), usize::from(height)))
}
