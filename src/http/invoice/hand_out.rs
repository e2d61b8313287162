//! Keeps which invoices a file took out of the box. Not here: the files (exports.rs, originals.rs).

use super::invoices::listed;
use crate::app::{App, By};
use crate::domain::ids::InvoiceId;
use crate::domain::refusal::Refusal;
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, FileName, Reply};
use serde_json::json;
use std::io;
use std::sync::Arc;
use tokio::runtime::Handle;

#[derive(Debug)]
pub struct HandOut {
    app: Arc<App>,
    by: By,
    file: String,
    ids: Vec<InvoiceId>,
}

impl HandOut {
    pub fn new(call: &Call, name: &FileName) -> Result<Self, Refusal> {
        Ok(Self { app: call.edge.app.clone(), by: call.by()?, file: name.shown.clone(), ids: Vec::new() })
    }

    pub fn add(&mut self, id: InvoiceId) {
        self.ids.push(id);
    }

    /// To be called before the end is sent, so that there is no whole file that nobody knows of. Blocks.
    pub fn is_whole(&mut self) -> io::Result<()> {
        let (file, ids) = (std::mem::take(&mut self.file), std::mem::take(&mut self.ids));
        Handle::current().block_on(self.app.exported(self.by.clone(), file, ids)).map_err(io::Error::other)
    }
}

/// On one sheet.
const PRINTED_MAX: usize = 2_000;

/// What a page is about to print.
pub async fn printed(call: Call) -> Result<Reply, Refusal> {
    let ids = listed(&call.fields, PRINTED_MAX)?;
    call.edge.app.printed(call.by()?, ids).await?;
    Ok(reply::json(&json!({ "sucess": "打印已记录" })))
}
