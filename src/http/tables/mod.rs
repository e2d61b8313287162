//! Tables as files, in and out.

pub mod csv;
pub mod sheet;
pub mod table;
pub mod xlsx;

use crate::domain::refusal::Refusal;
use table::{Table, Wanted};

/// The table in a file that somebody sent, told by its content.
pub async fn read(bytes: Vec<u8>, wanted: Wanted<'static>) -> Result<Table, Refusal> {
    // The reader may panic on a damaged file.
    let unreadable = |_| Refusal::malformed("文件无法读取，可能已损坏", "the file can't be read, it may be damaged");
    let read = move || (if sheet::is_one(&bytes) { sheet::read } else { table::read })(&bytes, &wanted);
    tokio::task::spawn_blocking(read).await.map_err(unreadable)?
}
