//! Users, templates, invoices and `json_model`, both ways, under the interface documents' names.

use super::time;
use crate::domain::account::{Group, Permission, PermissionSet, User};
use crate::domain::action::{Action, Pause};
use crate::domain::area::AreaKind;
use crate::domain::certainty::{Lowered, rounded_down};
use crate::domain::ids::PictureId;
use crate::domain::invoice::{Candidate, Invoice, Picture, Why};
use crate::domain::judge;
use crate::domain::refusal::Refusal;
use crate::domain::region::Region;
use crate::domain::template::{Area, Layout, Rect, Template};
use crate::http::edge::fields::Fields;
use crate::http::edge::reply::Language;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

/// The first page.
pub fn url(picture: &Picture) -> String {
    page_url(picture, 1)
}

/// `page`: from 1. A picture's first one is the file itself.
pub fn page_url(picture: &Picture, page: u32) -> String {
    match (picture.format.is_drawn(), page) {
        (false, 1) => format!("/invoice/image/{}.{}", picture.id, picture.format.extension()),
        (true, 1) => format!("/invoice/image/{}.jpg", picture.id),
        (_, page) => format!("/invoice/image/{}.{page}.jpg", picture.id),
    }
}

/// 1 if the name does not say.
pub fn page_of_name(name: &str) -> u32 {
    name.split('.').nth(1).and_then(|page| page.parse().ok()).unwrap_or(1)
}

/// With or without scheme and host: pages send either back.
pub fn picture_of_url(url: &str) -> Option<PictureId> {
    let (_, name) = url.split_once("/invoice/image/")?;
    picture_of_name(name)
}

pub fn picture_of_name(name: &str) -> Option<PictureId> {
    name.split('.').next()?.parse().ok().map(PictureId)
}

/// With their own and their group's permissions.
pub fn user(user: &User, group: Option<&Group>, company_name: &str, zone: &TimeZone) -> Value {
    let groups: Vec<Value> = group.iter().map(|g| json!({ "group_id": g.id, "group_name": g.name })).collect();
    json!({
        "user_id": user.id,
        "user_name": user.name,
        "company_id": user.company,
        "company_name": company_name,
        "user_register_time": time::write(user.registered, zone),
        "locked": user.locked,
        "groups": groups,
        "permissions": permissions(user.permissions, group),
    })
}

pub fn permissions(own: PermissionSet, group: Option<&Group>) -> Value {
    let inherited = group.map_or_else(PermissionSet::default, |g| g.permissions);
    let one = |p: Permission| {
        let origins: Vec<Value> =
            group.iter().filter(|g| g.permissions.lists(p)).map(|g| json!({ "group_id": g.id, "group_name": g.name })).collect();
        json!({ "permission_id": p.id(), "permission_name": p.name(), "isPrivate": u8::from(own.lists(p)), "origin_groups": origins })
    };
    Value::Array(own.and(inherited).iter().map(one).collect())
}

fn position(rect: &Rect) -> Value {
    let whole = |n: f32| n.round() as i64;
    json!({ "x": whole(rect.x), "y": whole(rect.y), "w": whole(rect.width), "h": whole(rect.height) })
}

pub fn found(rect: &Rect) -> Value {
    position(rect)
}

pub fn share(p: f64) -> f64 {
    (p * 1e4).round() / 1e4
}

/// It is held against a limit.
pub fn probability(p: f64) -> f64 {
    rounded_down(p, 4)
}

pub fn region_list(regions: &[Region]) -> Value {
    let lowered = |one: &Lowered| json!({ "doubt": one.doubt.word(), "by": share(one.by) });
    let one = |r: &Region| {
        let mut read = json!({
            "position": r.position.as_ref().map(position),
            "ocr_result": r.text,
            "probability": probability(r.probability),
            "status": r.status,
            "source": r.source.word(),
            "page": r.page,
        });
        if !r.doubts.is_empty() {
            read["doubts"] = r.doubts.iter().map(lowered).collect();
        }
        (r.pos_id.clone(), read)
    };
    Value::Object(regions.iter().map(one).collect())
}

pub fn reasons<'a>(reasons: impl IntoIterator<Item = &'a Why>, language: Language) -> String {
    let joined = |pick: fn(&Why) -> String, between| reasons.into_iter().map(pick).collect::<Vec<_>>().join(between);
    match language {
        Language::Chinese => joined(Why::zh, "；"),
        Language::English => joined(Why::en, "; "),
    }
}

pub fn candidates(candidates: &[Candidate], language: Language) -> Value {
    let one = |c: &Candidate| {
        json!({
            "model_id": c.template,
            "model_label": c.label,
            "score": share(c.score),
            "reason": language.pick(&c.reason.zh(), &c.reason.en()),
        })
    };
    candidates.iter().map(one).collect()
}

/// As in the interface document's fault queue.
pub fn fault(invoice: &Invoice, language: Language, zone: &TimeZone) -> Value {
    json!({
        "invoice_id": invoice.id,
        "action_id": invoice.action,
        "model_id": invoice.template,
        "user_name": invoice.user_name,
        "company_name": invoice.company_name,
        "invoice_url": page_url(&invoice.picture, invoice.pages.0),
        "recognize_time": time::write(invoice.recognised, zone),
        "region_list": region_list(&invoice.regions),
        "reason": reasons(judge::open_reasons(invoice), language),
    })
}

pub fn pause(pause: &Pause, zone: &TimeZone) -> Value {
    json!({ "by": pause.by, "since": time::write(pause.since, zone), "reason": pause.reason })
}

pub fn waiting(action: &Action, picture: &Picture, zone: &TimeZone) -> Value {
    json!({
        "action_id": action.id,
        "user_id": action.user,
        "user_name": action.user_name,
        "user_company": action.company_name,
        "action_start_time": time::write(action.queued, zone),
        "url": url(picture),
        "image_size": picture.kib(),
    })
}

/// `origin`, `shown`: the template's pictures.
pub fn template(template: &Template, origin: &Picture, shown: &Picture, zone: &TimeZone) -> Value {
    json!({
        "model_id": template.id,
        "json_model": serde_json::from_str::<Value>(&template.json_model).unwrap_or_default(),
        "model_register_time": time::write(template.registered, zone),
        "model_success_counter": template.successes,
        "model_url": url(shown),
        "origin_url": url(origin),
        "model_label": template.layout.label,
        "image_size": shown.kib(),
        "model_uuid": template.uuid,
        "version": template.version,
    })
}

const LABEL_CHARS_MAX: usize = 64;
const AREAS_MAX: usize = 64;
const JSON_MODEL_BYTES_MAX: usize = 32 << 10;

fn wrong(what: &str, zh: &str, en: &str) -> Refusal {
    Refusal::malformed(format!("json_model.{what}：{zh}"), format!("json_model.{what}: {en}"))
}

/// Also returns the text as sent.
pub fn layout(json_model: Map<String, Value>) -> Result<(Layout, String), Refusal> {
    let text = Value::Object(json_model.clone()).to_string();
    if text.len() > JSON_MODEL_BYTES_MAX {
        return Err(Refusal::malformed("json_model：太大", "json_model: is too large"));
    }
    let global = Fields::from(
        Fields::from(json_model.clone())
            .object("global_setting")
            .map_err(|_| wrong("global_setting", "缺少或不是对象", "is missing or no object"))?,
    );
    let label = global
        .text("label")
        .map_err(|_| wrong("global_setting.label", "缺少或不是文字", "is missing or no text"))?
        .trim()
        .to_owned();
    if !(1..=LABEL_CHARS_MAX).contains(&label.chars().count()) {
        return Err(wrong("global_setting.label", "应为 1 到 64 个字", "must have 1 to 64 characters"));
    }
    let quota = match global.value("quota") {
        None => None,
        Some(value) => quota(value)?,
    };
    let mut areas = Vec::new();
    for (key, value) in json_model.iter().filter(|(key, _)| *key != "global_setting") {
        if value.is_null() {
            continue;
        }
        let fields = Fields::of_value(value).ok_or_else(|| wrong(key, "应为对象", "must be an object"))?;
        areas.push(area(key, &fields)?);
    }
    if areas.len() > AREAS_MAX {
        return Err(Refusal::malformed("json_model：区域太多", "json_model: too many areas"));
    }
    for (n, area) in areas.iter().enumerate() {
        if areas[..n].iter().any(|other| other.pos_id == area.pos_id) {
            return Err(wrong(&area.pos_id, "名称重复", "the name is used twice"));
        }
    }
    Ok((Layout { label, quota, areas }, text))
}

/// 0 and empty mean none.
fn quota(value: &Value) -> Result<Option<String>, Refusal> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => String::from("?"),
    };
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(amount) if amount.is_finite() && amount >= 0.0 => Ok((amount > 0.0).then_some(text)),
        _ => Err(wrong("global_setting.quota", "应为不小于 0 的数", "must be a number of 0 or more")),
    }
}

fn area(key: &str, fields: &Fields) -> Result<Area, Refusal> {
    let side = |name: &str| {
        let number = match fields.value(name) {
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        number
            .filter(|n| n.is_finite())
            .map(|n| n as f32)
            .ok_or_else(|| wrong(&format!("{key}.{name}"), "应为数字", "must be a number"))
    };
    let ill_typed = |refusal: Refusal| wrong(key, &refusal.zh, &refusal.en);
    let kind = AreaKind::of_key(key);
    let name = fields.text_or_none("name").map_err(ill_typed)?.map(str::trim).filter(|name| !name.is_empty());
    let pos_id = if kind == AreaKind::Own { name.unwrap_or(key) } else { kind.pos_id() }.to_owned();
    if [Some(pos_id.as_str()), name].into_iter().flatten().any(|name| name.chars().count() > LABEL_CHARS_MAX) {
        return Err(wrong(key, "名称太长", "the name is too long"));
    }
    let keywords = match fields.value("keywords") {
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => fields
            .text_or_none("keywords")
            .map_err(ill_typed)?
            .unwrap_or_default()
            .split([',', '，'])
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    };
    Ok(Area {
        kind,
        pos_id,
        rect: Rect { x: side("x")?, y: side("y")?, width: side("width")?, height: side("height")? },
        keywords: keywords.into_iter().map(|w| w.trim().to_owned()).filter(|w| !w.is_empty()).collect(),
        remove_line: fields.flag("remove_line").map_err(ill_typed)?,
        remove_stamp: fields.flag("remove_stamp").map_err(ill_typed)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: Value) -> Result<Layout, Refusal> {
        layout(value.as_object().unwrap().clone()).map(|(layout, _)| layout)
    }

    #[test]
    fn a_json_model_is_understood() {
        let rect = json!({ "x": 1, "y": "2", "width": 3.5, "height": 4, "keywords": "￥, 元", "remove_stamp": 1 });
        let model = json!({ "global_setting": { "label": "定额发票", "quota": "20" }, "money": rect, "head": null, "seat": { "x": 0, "y": 0, "width": 1, "height": 1, "name": "座位" } });
        let layout = parse(model).unwrap();
        assert_eq!((layout.label.as_str(), layout.quota.as_deref()), ("定额发票", Some("20")));
        let names: Vec<_> = layout.areas.iter().map(|a| a.pos_id.as_str()).collect();
        assert_eq!(names, ["金额", "座位"]);
        assert_eq!(layout.areas[0].keywords, ["￥", "元"]);
        assert!(layout.areas[0].remove_stamp && !layout.areas[0].remove_line);
    }

    #[test]
    fn a_json_model_that_is_none_says_where() {
        let global = json!({ "label": "x", "quota": 0 });
        for (model, at) in [
            (json!({}), "global_setting"),
            (json!({ "global_setting": { "label": "" } }), "label"),
            (json!({ "global_setting": { "label": "x".repeat(65) } }), "label"),
            (json!({ "global_setting": { "label": "x", "quota": -1 } }), "quota"),
            (json!({ "global_setting": global, "money": { "x": 1 } }), "money.y"),
            (json!({ "global_setting": global, "money": 7 }), "money"),
        ] {
            assert!(parse(model.clone()).unwrap_err().en.contains(at), "{model}");
        }
    }

    #[test]
    fn urls_come_back() {
        assert_eq!(picture_of_url("https://box:8443/invoice/image/12.png"), Some(PictureId(12)));
        assert_eq!(picture_of_url("/invoice/image/../../etc/passwd"), None);
        assert_eq!(picture_of_url("12.png"), None);
    }
}
