//! What paperline decides. No I/O, no clock, no randomness: `now` is a parameter.

pub mod account;
pub mod action;
pub mod calendar;
pub mod change;
pub mod check_digits;
pub mod checks;
pub mod device;
pub mod dispatch;
pub mod entries;
pub mod fact;
pub mod file_kind;
pub mod identity;
pub mod ids;
pub mod invoice;
pub mod label_look;
pub mod money;
pub mod reason;
pub mod refusal;
pub mod serials;
pub mod settings;
pub mod spreadsheet;
pub mod template;
pub mod text;
pub mod totals;
pub mod vat_code;
