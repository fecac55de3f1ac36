//! Policies: pure functions that judge goals and change sets, and where a workspace attaches them.
//!
//! Layer: L2, decisions (pure). A crate under `policies/` lists its [`Policy`]s; `groundplan.toml` attaches them to stacks
//! ([`Attachment`]) and waives findings ([`Waiver`]); [`Policies`] is both together and judges. **Invariant:** a policy
//! sees fingerprints, never the content of a secret. **Invariant:** what day it is comes from the edge, as a [`Date`].
//!
//! ```text
//! pub fn policies() -> Vec<Policy> {
//!     vec![Policy::resource("no-public-databases", "databases have no public address", Level::Mandatory, judge)]
//! }
//!
//! fn judge(_: &NoSettings, subject: &Subject<'_>, answer: &mut Answer) {
//!     match subject.property("PubliclyAccessible") {
//!         Some(Value::Bool(true)) => {
//!             answer.fail("it has a public address").hint("take `.publicly_accessible(true)` away");
//!         }
//!         Some(value) => answer.undecided(value),
//!         None => {}
//!     }
//! }
//! ```

mod answer;
mod attach;
mod date;
mod judge;
mod judgement;
mod rule;
mod view;

pub use answer::{Answer, Found, Remedy};
pub use attach::{Attached, Attachment, Policies, Waiver};
pub use date::Date;
pub use judge::Scope;
pub use judgement::{Finding, Judgement, Standing, Undecided};
pub use rule::{Kind, Level, NoSettings, Policy};
pub use view::{Change, Changes, Stack, Subject};

pub use diff::Action;

#[cfg(test)]
mod tests;
