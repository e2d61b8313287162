//! The real box over real sockets: one test binary, so that it is linked once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod accounts;
mod backup;
mod bad_input;
mod crash;
mod disk;
mod dispatching;
mod engines;
mod external;
mod format;
mod fuzz;
mod invoices;
mod labels;
mod line;
mod lists;
mod load;
mod office;
mod pages;
mod power;
mod prints;
mod random;
mod routes;
mod sessions;
mod shapes;
mod simulation;
mod slow;
mod sockets;
mod starting;
mod store;
mod tidy;
mod trials;
mod vat_code;
mod walls;
mod why;
