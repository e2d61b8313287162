//! paperline's modules in reading order: each knows only those above it (`engine` and `hub` know `domain` only).

pub mod domain;
pub mod engine;
