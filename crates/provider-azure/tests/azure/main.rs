//! The provider against a server that knows the documents, and refuses what they do not allow.

mod azurite;
mod cases;
mod credentials;
mod faults;
mod lifecycle;
mod support;
