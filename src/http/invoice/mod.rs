//! The invoice line: pictures, queues, invoices, faults, template tests.

pub mod columns;
pub mod drafts;
pub mod exports;
pub mod faults;
pub mod files;
pub mod hand_out;
pub mod invoices;
pub mod originals;
pub mod papers;
pub mod portal;
pub mod portal_file;
pub mod queue;
pub mod thumbs;
pub mod trial;
pub mod unpack;
pub mod upload;
pub mod words;
