//! Pictures and files as they are sent: the original, the page of a document, shrunk ones for lists. Not here: how pages are drawn and
//! pictures shrunk (thumbs.rs), many originals at once (originals.rs).

use super::thumbs;
use crate::app::{App, invoices, pictures};
use crate::domain::account::{Actor, Permission};
use crate::domain::ids::{InvoiceId, PictureId};
use crate::domain::invoice::{Invoice, Picture, PictureFormat, Purpose};
use crate::domain::refusal::Refusal;
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, FileName, Reply};
use crate::http::edge::sent_file::SentFile;
use crate::http::wire::spelling as wire;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::header::{self, HeaderValue};
use serde_json::{Value, json};

/// Only pictures of the actor's company, of a kind they may see.
fn visible(app: &App, actor: &Actor, id: Option<PictureId>) -> Result<Picture, Refusal> {
    let unknown = || Refusal::not_found("没有这张图片", "no such picture");
    let picture = app.store.read(|view| pictures::get(view, id.unwrap_or(PictureId(0))))?.ok_or_else(unknown)?;
    use Permission::{ConsoleR, FaultR, InvoiceR, ModelR, QueueR};
    let permissions: &[Permission] = match picture.purpose {
        Purpose::Invoice => &[InvoiceR, QueueR, ConsoleR, FaultR],
        Purpose::Template => &[ModelR, ConsoleR],
    };
    if actor.sees(picture.company) && permissions.iter().any(|p| actor.may(*p)) {
        Ok(picture)
    } else {
        Err(Refusal::no_permission())
    }
}

pub async fn sent_file(call: &Call, picture: &Picture) -> Result<SentFile, Refusal> {
    let held = call.edge.budgets.pictures.take(call.who(), 1)?;
    SentFile::open(call.edge.app.blobs.path(&picture.hash), held).await
}

/// What a browser is sent as it came: pages are drawn, and further ones of a picture decoded.
fn is_sent(picture: &Picture, page: u32) -> bool {
    page == 1 && !picture.format.is_drawn()
}

/// The object with the picture, or a page, as a data URL.
pub async fn with_picture(call: &Call, picture: &Picture, page: u32, name: &str, mut object: Value) -> Result<Reply, Refusal> {
    if is_sent(picture, page) {
        return Ok(sent_file(call, picture).await?.reply_in_json(object, name, picture.format.media_type()));
    }
    let drawn = call.edge.thumbs.get(call.edge.app.clone(), picture, page, thumbs::WHOLE).await?;
    object[name] = json!(format!("data:{};base64,{}", PictureFormat::Jpeg.media_type(), BASE64.encode(&drawn)));
    Ok(reply::json(&object))
}

pub async fn get_img_str(call: Call) -> Result<Reply, Refusal> {
    let url = call.fields.text("url")?;
    let picture = visible(&call.edge.app, call.actor()?, wire::picture_of_url(url))?;
    let page = url.rsplit('/').next().map_or(1, wire::page_of_name);
    with_picture(&call, &picture, page, "img_str", json!({})).await
}

/// `width`: shrunk, for lists. `as`: converted, for browsers that can't show the original. Pages are drawn.
pub async fn image(call: Call) -> Result<Reply, Refusal> {
    let name = call.captured.get("name").map_or("", String::as_str);
    let picture = visible(&call.edge.app, call.actor()?, wire::picture_of_name(name))?;
    let page = wire::page_of_name(name);
    let whole = match call.fields.text_or_none("as")? {
        None => (!is_sent(&picture, page)).then_some(thumbs::WHOLE),
        Some("jpeg") => Some(thumbs::WHOLE),
        Some(_) => return Err(Refusal::malformed("as：应为 jpeg", "as: must be jpeg")),
    };
    let width = call.fields.natural_or_none("width")?.map(thumbs::width).or(whole);
    picture_reply(&call, &picture, page, width).await
}

/// `width`: as JPEG; `None`: the file as it is.
async fn picture_reply(call: &Call, picture: &Picture, page: u32, width: Option<u32>) -> Result<Reply, Refusal> {
    let (etag, media_type) = match width {
        Some(width) => (format!("\"{}-{page}-{width}\"", picture.hash), PictureFormat::Jpeg.media_type()),
        None => (format!("\"{}\"", picture.hash), picture.format.media_type()),
    };
    let etag = HeaderValue::from_str(&etag).map_err(|_| Refusal::internal())?;
    let is_known = call.headers.get(header::IF_NONE_MATCH) == Some(&etag);
    let mut reply = if is_known {
        let mut reply = reply::new(hyper::StatusCode::NOT_MODIFIED, media_type, reply::full(""));
        reply.headers_mut().remove(header::CONTENT_TYPE);
        reply
    } else {
        match width {
            Some(width) => {
                let made = call.edge.thumbs.get(call.edge.app.clone(), picture, page, width).await?;
                reply::new(hyper::StatusCode::OK, media_type, reply::full(made))
            }
            None => sent_file(call, picture).await?.reply(media_type),
        }
    };
    reply::set(&mut reply, header::ETAG, etag);
    // Revalidated each time: after a log-out nothing old is shown.
    reply::set(&mut reply, header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(reply)
}

/// The file as it came.
pub async fn original(call: Call) -> Result<Reply, Refusal> {
    let found = invoice_of(&call)?;
    let picture = &found.picture;
    let plain = format!("{}.{}", found.id, picture.format.extension());
    // Of a file in a ZIP, without the ZIP's name.
    let shown = found.file_name.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(&plain).to_owned();
    let name = FileName { plain, shown };
    Ok(reply::attached_as(sent_file(&call, picture).await?.reply(picture.format.media_type()), &name))
}

/// A page of the invoice, from 1; of a picture there is one.
pub async fn invoice_page(call: Call) -> Result<Reply, Refusal> {
    let Invoice { pages, picture, .. } = invoice_of(&call)?;
    let page = call.number_in_path("n")?;
    let there = u32::try_from(page).ok().and_then(|page| pages.0.checked_add(page)?.checked_sub(1));
    let there =
        there.filter(|there| page > 0 && *there <= pages.1).ok_or_else(|| Refusal::not_found("没有这一页", "no such page"))?;
    picture_reply(&call, &picture, there, Some(thumbs::WHOLE)).await
}

pub fn invoice_of(call: &Call) -> Result<Invoice, Refusal> {
    let (actor, id) = (call.actor()?, InvoiceId(call.number_in_path("id")?));
    call.edge.app.store.read(|view| invoices::visible(view, actor, id))
}
