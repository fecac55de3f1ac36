//! Text for people, from plain data: previews, progress, diagnostics, outputs, tables.
//!
//! Layer: L2, decisions (pure). **Invariant:** the content of a secret is in no text; where one of two values is a
//! secret, the other is not shown either. **Invariant:** colour never carries meaning alone: the plain text says the
//! same. **Invariant:** text from outside cannot steer a terminal: control characters are escaped.

mod across;
mod block;
mod change;
mod diagnostics;
mod markdown;
mod opened;
mod preview;
mod run;
mod style;
mod table;
mod tally;
mod value;

pub use diagnostics::diagnostics;
pub use markdown::{Comment, markdown};
pub use preview::{ViewOptions, preview};
pub use run::{Ended, InFlight, Progress, RunSummary, StackProgress, StepEvent, event, progress, summary};
pub use style::{Line, Paint, Style, thousands};
pub use table::{outputs, state_list, table};
pub use value::value_text;

#[cfg(test)]
mod tests;
