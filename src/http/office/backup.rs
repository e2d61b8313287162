//! Backups: download, restore, nightly state.

use crate::domain::refusal::Refusal;
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, Gone, Pieces, Reply};
use crate::http::wire::time;
use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use std::io::{self, BufWriter, Write};

/// Approximate size in bytes: a stream has no length.
const EXPECTED: &str = "x-expected-length";
const CHUNK_BYTES: usize = 256 << 10;

/// Writes into a streamed answer; blocks while the client does not read.
struct Sending<'p>(&'p Pieces);

impl Write for Sending<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.send(Bytes::copy_from_slice(bytes));
        sent.map(|()| bytes.len()).map_err(|Gone| io::Error::from(io::ErrorKind::BrokenPipe))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Holds password hashes and the TLS key: the log says who took it.
pub async fn download(call: Call) -> Result<Reply, Refusal> {
    let held = call.share(&call.edge.budgets.backups)?;
    call.edge.app.log_backup(call.by()?).await?;
    let app = call.edge.app.clone();
    let counting = app.clone();
    let expected = tokio::task::spawn_blocking(move || counting.expected_backup_bytes());
    let expected = expected.await;
    let day = time::write(crate::app::now(), &app.settings().zone());
    let mut made = reply::streamed("application/x-tar", held, move |pieces| {
        let made = app.back_up_to(BufWriter::with_capacity(CHUNK_BYTES, Sending(pieces)));
        made.map(drop).map_err(|e| format!("a backup was broken off: {e}"))
    });
    // For a progress display only.
    if let Ok(Ok(bytes)) = expected {
        reply::set(&mut made, HeaderName::from_static(EXPECTED), HeaderValue::from(bytes));
    }
    Ok(reply::attached(made, &format!("paperline-{}.backup", day.split(' ').next().unwrap_or_default())))
}

pub async fn nightly(call: Call) -> Result<Reply, Refusal> {
    let app = call.edge.app.clone();
    let looked = tokio::task::spawn_blocking(move || app.nightly_backups());
    let (kept, trouble) = looked.await.map_err(|_| Refusal::internal())?;
    let zone = call.edge.app.settings().zone();
    let list: Vec<Value> =
        kept.iter().map(|b| json!({ "name": b.name, "bytes": b.bytes, "time": time::write(b.made, &zone) })).collect();
    Ok(reply::json(&json!({ "backups": list, "trouble": trouble, "is_new": call.edge.app.is_new()? })))
}

/// On an unused box only; it restarts, which logs the actor out.
pub async fn restore(mut call: Call) -> Result<Reply, Refusal> {
    let missing = || Refusal::malformed("缺少文件", "the file is missing");
    let file = call.fields.files.pop().ok_or_else(missing)?.file?;
    let _held = call.edge.budgets.restores.take(call.who(), 1)?;
    call.edge.app.take_in_backup(call.by()?, file).await?;
    Ok(reply::json(&json!({ "sucess": "备份已恢复，系统正在重新启动" })))
}
