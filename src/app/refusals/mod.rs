//! What verbs say when they refuse, and what they remark on rows of devices, in Chinese and English. No sentence is made in a verb.

mod accounts;
mod devices;
mod imports;
mod invoices;
mod labels;
mod portal;
mod printing;
mod templates;
mod the_box;

pub use accounts::*;
pub use devices::*;
pub use imports::*;
pub use invoices::*;
pub use labels::*;
pub use portal::*;
pub use printing::*;
pub use templates::*;
pub use the_box::*;
