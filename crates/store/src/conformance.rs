//! What every store of states must do.
