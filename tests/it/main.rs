//! The real box over real sockets: one test binary, so that it is linked once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod accounts;
mod bad_input;
mod external;
mod invoices;
mod labels;
mod office;
mod prints;
mod routes;
mod sessions;
mod sockets;
mod tidy;
mod walls;
