//! paperline's modules in reading order: each knows only those above it (`engine` and `hub` know `domain` only).

pub mod app;
pub mod config;
pub mod dispatcher;
pub mod domain;
pub mod engine;
pub mod http;
pub mod hub;
pub mod serve;
pub mod store;
