//! Modules in reading order: each knows only those above it (`engine` and `hub` only `domain` and `pixels`).
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod os;
pub mod domain;
mod font;
pub mod pixels;
pub mod papers;
pub mod labels;
pub mod store;
pub mod app;
pub mod engine;
pub mod hub;
pub mod dispatcher;
pub mod trials;
pub mod printing;
pub mod mdns;
pub mod http;
pub mod config;
pub mod agent;
pub mod control;
pub mod greeting;
pub mod feed;
pub mod serve;
pub mod service;
pub mod upkeep;
#[cfg(test)]
mod generated;
