//! What providers over REST have in common, whoever the vendor is: calls and their repetition, sites, templates of names,
//! values as JSON and how bodies differ.
//!
//! Layer: L4, adapter. What is a vendor's own comes in from outside: who calls (`Credentials`), and what a refusal means
//! (`Classify`).
//! **Invariant:** a call that could make a second object is never repeated unless it surely did nothing.
//! **Invariant:** nobody is asked for credentials before a call needs them, and they are in no message.
#![cfg(feature = "client")]

mod client;
mod failure;
mod pace;
mod sites;

pub mod json;
pub mod template;
pub mod url;

pub use client::{Answer, Body, Classify, Client, Credentials, Headers, Repeat, Request, bearer};
pub use failure::{Refusal, Result, broken, kind_of, refused, retry_after};
pub use pace::{jittered, rest};
pub use sites::{Sites, each};
