//! Tables as files, in and out.

pub mod csv;
pub mod sheet;
pub mod table;
pub mod xlsx;
