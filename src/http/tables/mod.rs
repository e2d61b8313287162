//! Tables of rows, as files that come in and go out.

pub mod csv;
pub mod sheet;
pub mod table;
pub mod xlsx;
