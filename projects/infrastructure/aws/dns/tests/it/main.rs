//! What the stacks plan.
