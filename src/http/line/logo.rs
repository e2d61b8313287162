//! The company's logo, which labels show.

use crate::app::logos;
use crate::domain::refusal::Refusal;
use crate::http::edge::call::Call;
use crate::http::edge::fields::Upload;
use crate::http::edge::reply::{self, Reply};
use hyper::StatusCode;
use serde_json::json;

pub async fn show(call: Call) -> Result<Reply, Refusal> {
    let logo = call.edge.app.store.read(logos::logo)?.ok_or_else(logos::no_logo)?;
    Ok(reply::new(StatusCode::OK, "image/png", reply::full(logo.png)))
}

pub async fn keep(mut call: Call) -> Result<Reply, Refusal> {
    let missing = || Refusal::malformed("缺少文件", "the file is missing");
    let Upload { name, file } = call.fields.files.pop().ok_or_else(missing)?;
    let file = file?;
    let read = tokio::task::spawn_blocking(move || logos::read(file.path(), name));
    let logo = read.await.map_err(|_| Refusal::internal())??;
    call.edge.app.keep_logo(call.by()?, logo).await?;
    Ok(reply::json(&json!({ "sucess": "上传文件成功" })))
}

pub async fn delete(call: Call) -> Result<Reply, Refusal> {
    call.edge.app.delete_logo(call.by()?).await?;
    Ok(reply::json(&json!({ "sucess": "删除成功" })))
}
