//! The invoice line's endpoints, as its interface document spells them.

use super::files;
use super::unpack::unpacked;
use crate::app::pictures::{self, Kept, Shape};
use crate::app::templates::{self, Drawn};
use crate::app::{App, queues};
use crate::domain::action::{FailedFile, QueueSizes, UploadAnswer};
use crate::domain::ids::{ActionId, CompanyId, TemplateId};
use crate::domain::refusal::{Code, Refusal, sentence};
use crate::domain::template::Template;
use crate::http::edge::call::{Call, Route};
use crate::http::edge::fields::{Fields, Upload};
use crate::http::edge::reply::{self, Language, Reply};
use crate::http::wire::spelling as wire;
use crate::store::blobs::Incoming;
use crate::store::{StoreError, View};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hyper::header::HeaderValue;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

const IDEMPOTENCY_KEY_CHARS_MAX: usize = 128;
const MODELS_PER_PAGE: usize = 12;
const WAITING_MAX: usize = 200;

fn upload_failed(code: Code) -> Refusal {
    Refusal::sentence(code, sentence::UPLOAD_FAILED)
}

/// Checks what it is, and makes it durable.
async fn keep(file: Incoming, inspect: impl FnOnce(&Path) -> Result<Shape, Refusal> + Send + 'static) -> Result<Kept, Refusal> {
    let kept = tokio::task::spawn_blocking(move || {
        let shape = inspect(file.path())?;
        let bytes = file.len();
        Ok::<_, Refusal>(Kept { hash: file.keep()?, shape, bytes })
    });
    kept.await.map_err(|_| Refusal::internal())?
}

/// The pictures kept, and the files refused.
async fn keep_all(app: &Arc<App>, files: Vec<Upload>) -> (Vec<(String, Kept)>, Vec<(FailedFile, Code)>) {
    let keeping: Vec<_> = files
        .into_iter()
        .map(|Upload { name, file }| {
            let app = app.clone();
            let kept = tokio::spawn(async move {
                match file {
                    Ok(file) => keep(file, move |path| pictures::inspect_paper(path, &app.papers)).await,
                    Err(refusal) => Err(refusal),
                }
            });
            (name, kept)
        })
        .collect();
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for (name, kept) in keeping {
        match kept.await.unwrap_or_else(|_| Err(Refusal::internal())) {
            Ok(kept) => good.push((name, kept)),
            Err(refusal) => {
                let failed = FailedFile { file: name, zh: refusal.zh.into_owned(), en: refusal.en.into_owned() };
                bad.push((failed, refusal.code));
            }
        }
    }
    (good, bad)
}

fn queued(answer: &UploadAnswer, language: Language) -> Value {
    let mut value = json!({
        "sucess": QUEUED,
        "action_id_list": answer.actions,
        "manage_size": answer.sizes.manage,
        "recognize_size": answer.sizes.recognise,
    });
    if !answer.failed.is_empty() {
        value["failed"] = failed_files(&answer.failed, language);
    }
    value
}

fn failed_files(failed: &[FailedFile], language: Language) -> Value {
    failed.iter().map(|f| json!({ "file": f.file, "err": language.pick(&f.zh, &f.en) })).collect()
}

/// The interface document's sentence, with what is wrong with each file.
fn refused(refusal: &Refusal, failed: &[FailedFile], language: Language) -> Reply {
    if failed.is_empty() {
        reply::refusal(refusal, language)
    } else {
        reply::refusal_with(refusal, language, "failed", failed_files(failed, language))
    }
}

/// Its upload routes answer with the interface document's own sentence.
pub fn too_large(route: &Route, refusal: Refusal) -> Refusal {
    let takes_files = route.takes.has_files() && route.path.starts_with("/invoice/");
    if takes_files && refusal.code == Code::TooLarge { upload_failed(Code::TooLarge) } else { refusal }
}

const QUEUED: &str = "已加入队列，等待算法服务器处理";

pub async fn recognize_image(call: Call) -> Result<Reply, Refusal> {
    call.check_user_id()?;
    let key = match call.headers.get("idempotency-key") {
        None => None,
        Some(key) => Some(idempotency_key(key)?),
    };
    let by = call.by()?;
    let (good, bad) = keep_all(&call.edge.app, unpacked(&call.edge.app, call.fields.files).await).await;
    if good.is_empty() {
        // The first file's cause stands for all.
        let refusal = upload_failed(bad.first().map_or(Code::Malformed, |(_, code)| *code));
        let failed: Vec<FailedFile> = bad.into_iter().map(|(failed, _)| failed).collect();
        return Ok(refused(&refusal, &failed, call.language));
    }
    let failed = bad.into_iter().map(|(failed, _)| failed).collect();
    let answer = call.edge.app.queue_recognitions(by, good, failed, key).await?;
    Ok(reply::json(&queued(&answer, call.language)))
}

fn idempotency_key(key: &HeaderValue) -> Result<String, Refusal> {
    let fits = |key: &&str| (1..=IDEMPOTENCY_KEY_CHARS_MAX).contains(&key.len());
    let wrong = || Refusal::malformed("Idempotency-Key：应为 1 到 128 个字符", "Idempotency-Key: must have 1 to 128 characters");
    key.to_str().ok().filter(fits).map(str::to_owned).ok_or_else(wrong)
}

pub async fn upload_model_origin(mut call: Call) -> Result<Reply, Refusal> {
    let Some(Upload { name, file }) = call.fields.files.pop() else { return Err(upload_failed(Code::Malformed)) };
    let kept = match file {
        Ok(file) => keep(file, pictures::inspect).await,
        Err(refusal) => Err(refusal),
    };
    let kept = match kept {
        Ok(kept) => kept,
        Err(refusal) => {
            let failed = FailedFile { file: name, zh: refusal.zh.into_owned(), en: refusal.en.into_owned() };
            return Ok(refused(&upload_failed(refusal.code), &[failed], call.language));
        }
    };
    let picture = call.edge.app.record_template_origin(call.by()?, kept).await?;
    Ok(reply::json(&json!({ "sucess": "上传文件成功", "file_name": wire::url(&picture) })))
}

async fn keep_data_url(app: &App, data_url: &str) -> Result<Kept, Refusal> {
    let wrong = || Refusal::malformed("img_str：应为 data:image/…;base64,…", "img_str: must be data:image/…;base64,…");
    let (_, encoded) = data_url.split_once(";base64,").filter(|(head, _)| head.starts_with("data:")).ok_or_else(wrong)?;
    let bytes = BASE64.decode(encoded.trim()).map_err(|_| wrong())?;
    if bytes.len() as u64 > pictures::BYTES_MAX {
        return Err(pictures::too_many_bytes());
    }
    let blobs = app.blobs.clone();
    let written = tokio::task::spawn_blocking(move || {
        let mut file = blobs.create()?;
        file.write(&bytes)?;
        Ok::<_, StoreError>(file)
    });
    keep(written.await.map_err(|_| Refusal::internal())??, pictures::inspect).await
}

fn template_queued((action, sizes): (ActionId, QueueSizes)) -> Reply {
    reply::json(&json!({
        "sucess": QUEUED,
        "action_id": action,
        "manage_size": sizes.manage,
        "recognize_size": sizes.recognise,
    }))
}

pub async fn add_model(call: Call) -> Result<Reply, Refusal> {
    let model_action = Fields::from(call.fields.object("modelAction")?);
    call.check_user_id_in(&model_action)?;
    let (layout, json_model) = wire::layout(model_action.object("json_model")?)?;
    model_action.natural_or_none("model_id")?;
    let change = match call.fields.natural_or_none("type")? {
        None | Some(0) => None,
        Some(1) => Some(TemplateId(model_action.natural("model_id")?)),
        Some(_) => return Err(Refusal::malformed("type：应为 0 或 1", "type: must be 0 or 1")),
    };
    let origin = match call.fields.text_or_none("file_name")?.filter(|url| !url.is_empty()) {
        None if change.is_none() => return Err(Refusal::malformed("file_name：缺少这一项", "file_name: is missing")),
        None => None,
        Some(url) => Some(wire::picture_of_url(url).ok_or_else(|| upload_failed(Code::NotFound))?),
    };
    let shown = match call.fields.text_or_none("img_str")?.filter(|url| !url.is_empty()) {
        None => None,
        Some(data_url) => Some(keep_data_url(&call.edge.app, data_url).await?),
    };
    let company = model_action.natural_or_none("company_id")?.map(CompanyId);
    let version = model_action.natural_or_none("version")?;
    let drawn = Drawn { layout, json_model, origin, shown, company, version };
    call.edge.app.queue_template(call.by()?, change, drawn).await.map(template_queued)
}

pub async fn delete_model(call: Call) -> Result<Reply, Refusal> {
    call.check_user_id()?;
    let id = TemplateId(call.fields.natural("model_id")?);
    call.edge.app.queue_template_deletion(call.by()?, id).await.map(template_queued)
}

pub fn page(fields: &Fields) -> Result<usize, Refusal> {
    Ok(usize::try_from(fields.natural_or_none("page")?.unwrap_or(0)).unwrap_or(usize::MAX))
}

pub async fn get_all_model(call: Call) -> Result<Reply, Refusal> {
    call.check_user_id()?;
    let page = page(&call.fields)?;
    let (scope, zone) = (call.actor()?.scope(), call.edge.app.settings().zone());
    let answer = call.edge.app.look(move |view| {
        let ids = templates::ids(view, scope)?;
        let total = ids.len();
        let here = ids.into_iter().skip(page.saturating_mul(MODELS_PER_PAGE)).take(MODELS_PER_PAGE);
        let list = in_words(view, templates::each(view, here), &zone)?;
        Ok(json!({ "model_list": list, "total": total }))
    });
    Ok(reply::json(&answer.await?))
}

pub async fn search_model_label(call: Call) -> Result<Reply, Refusal> {
    let page = page(&call.fields)?;
    let keyword = call.fields.text_or_none("keyword")?.unwrap_or_default().to_lowercase();
    let (scope, zone) = (call.actor()?.scope(), call.edge.app.settings().zone());
    let list = call.edge.app.look(move |view| {
        let all = templates::each(view, templates::ids(view, scope)?);
        let found = all.filter(|template| template.as_ref().map_or(true, |t| t.layout.label.to_lowercase().contains(&keyword)));
        in_words(view, found.skip(page.saturating_mul(MODELS_PER_PAGE)).take(MODELS_PER_PAGE), &zone)
    });
    Ok(reply::json(&Value::Array(list.await?)))
}

fn in_words(
    view: &View<'_>,
    templates: impl Iterator<Item = Result<Template, StoreError>>,
    zone: &TimeZone,
) -> Result<Vec<Value>, StoreError> {
    let mut list = Vec::new();
    for template in templates {
        let template = template?;
        let (origin, shown) = (pictures::get(view, template.origin)?, pictures::get(view, template.shown)?);
        if let (Some(origin), Some(shown)) = (origin, shown) {
            list.push(wire::template(&template, &origin, &shown, zone));
        }
    }
    Ok(list)
}

pub async fn open_console(call: Call) -> Result<Reply, Refusal> {
    let actor = call.actor()?;
    let running = call.edge.app.store.read(|view| {
        for action in queues::running(view)?.into_iter().filter(|a| actor.sees(a.company)) {
            if let Some(picture) = queues::picture_of(view, &action)? {
                return Ok(Some((action, picture)));
            }
        }
        Ok::<_, StoreError>(None)
    })?;
    let Some((action, picture)) = running else { return Ok(reply::json(&json!({}))) };
    let mut value = wire::waiting(&action, &picture, &call.edge.app.settings().zone());
    value["company_name"] = json!(action.company_name);
    files::with_picture(&call, &picture, 1, "img_str", value).await
}

pub async fn recognize_wait(call: Call) -> Result<Reply, Refusal> {
    let (actor, zone) = (Arc::new(call.actor()?.clone()), call.edge.app.settings().zone());
    let waiting = call.edge.app.look(move |view| queues::recognitions_waiting(view, WAITING_MAX, |a| actor.sees(a.company)));
    let list: Vec<Value> = waiting.await?.iter().map(|(action, picture)| wire::waiting(action, picture, &zone)).collect();
    Ok(reply::json(&json!({ "msg_id": 200, "recognize_wait": list })))
}
