//! What paperline decides. No I/O, no clock, no randomness: `now` is a parameter.

pub mod checks;
pub mod ids;
pub mod money;
pub mod refusal;
pub mod template;
