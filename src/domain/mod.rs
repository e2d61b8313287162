//! What paperline decides. No I/O, no clock, no randomness: `now` is a parameter.

pub mod ids;
pub mod refusal;
pub mod template;
