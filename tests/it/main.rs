//! The real box over real sockets: one test binary, so that it is linked once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod accounts;
mod bad_input;
mod crash;
mod external;
mod invoices;
mod labels;
mod load;
mod office;
mod pages;
mod power;
mod prints;
mod random;
mod routes;
mod sessions;
mod simulation;
mod sockets;
mod store;
mod tidy;
mod trials;
mod walls;
