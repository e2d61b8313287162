//! The production line: devices and their labels.

pub mod batches;
pub mod clock;
pub mod devices;
pub mod imports;
pub mod label;
pub mod label_looks;
pub mod label_previews;
pub mod labels;
pub mod logo;
pub mod printers;
pub mod production;
