//! The template test; answered at once, nothing is kept. Not here: the reading (src/trials.rs).

use super::words as invoice_words;
use crate::app::{now, pictures, templates};
use crate::domain::action::TemplateDraft;
use crate::domain::checks;
use crate::domain::ids::{PictureId, TemplateId};
use crate::domain::invoice::Why;
use crate::domain::judge::{self, Reading};
use crate::domain::reason::Reason;
use crate::domain::refusal::Refusal;
use crate::domain::region::{Region, Regions};
use crate::domain::template::Template;
use crate::engine::{Event, Trial};
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, Language, Reply};
use crate::http::wire::spelling as wire;
use crate::trials::Tried;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;
use std::time::Duration;

fn visible(call: &Call, id: TemplateId) -> Result<Template, Refusal> {
    let unknown = || Refusal::not_found("没有这个模板", "no such template");
    let template = call.edge.app.store.read(|view| templates::get(view, id))?.ok_or_else(unknown)?;
    if call.actor()?.sees(template.company) { Ok(template) } else { Err(Refusal::no_permission()) }
}

pub async fn test_model(call: Call) -> Result<Reply, Refusal> {
    call.edge.trials.available()?;
    let tried = Tried::Saved(Box::new(visible(&call, TemplateId(call.number_in_path("id")?))?));
    test(call, tried).await
}

/// Takes what `addModel` takes; with `model_id`, the picture may be left out.
pub async fn test_draft(call: Call) -> Result<Reply, Refusal> {
    call.edge.trials.available()?;
    let (app, actor) = (&call.edge.app, call.actor()?);
    let (layout, json_model) = wire::layout(call.fields.object("json_model")?)?;
    let named = |url: &str| wire::picture_of_url(url).unwrap_or(PictureId(0));
    let origin = call.fields.text_or_none("file_name")?.filter(|url| !url.is_empty()).map(named);
    let known = match call.fields.natural_or_none("model_id")? {
        None => None,
        Some(id) => Some(visible(&call, TemplateId(id))?),
    };
    let origin = app.store.read(|view| templates::drawn_on(view, actor, &layout, origin, known.as_ref()))?;
    let draft = TemplateDraft { company: actor.company, layout, json_model, origin: origin.id, shown: origin.id };
    let tried = Tried::Drawn { draft: Box::new(draft), origin: app.blobs.path(&origin.hash) };
    test(call, tried).await
}

async fn test(mut call: Call, tried: Tried) -> Result<Reply, Refusal> {
    let missing = || Refusal::malformed("缺少图片", "a picture is missing");
    let file = call.fields.files.pop().ok_or_else(missing)?.file?;
    // The file is deleted when this function ends.
    let path = file.path().to_owned();
    let inspected = path.clone();
    let shape = tokio::task::spawn_blocking(move || pictures::inspect(&inspected)).await.map_err(|_| Refusal::internal())??;
    let settings = call.edge.app.settings();
    // Learning and reading each have the timeout.
    let steps = if matches!(tried, Tried::Drawn { .. }) { 2 } else { 1 };
    let patience = Duration::from_secs(settings.engine_timeout_s.saturating_mul(steps));
    let (trial, template) = call.edge.trials.run(path, tried, patience).await?;
    let (regions, mut reasons) = judged(&trial, &template, settings.confidence_threshold);
    reasons.extend(judge::unread_pages(shape.pages, 1));
    reasons.extend(checks::day_to_come(&regions, now()));
    let reasons: Vec<Why> = reasons.into_iter().map(Why::Found).collect();
    let jpeg = |bytes: &Vec<u8>| format!("data:image/jpeg;base64,{}", BASE64.encode(bytes));
    Ok(reply::json(&json!({
        "template": { "score": wire::share(trial.score), "reason": call.language.pick(&trial.reason.zh(), &trial.reason.en()) },
        "region_list": wire::region_list(&regions),
        "is_fault": u8::from(!reasons.is_empty()),
        "reason": wire::reasons(judge::told(&reasons), call.language),
        "reasons": invoice_words::reasons(judge::told(&reasons), &regions, call.language),
        "aligned": trial.aligned.as_ref().map(jpeg),
        "warnings": warnings(&template.learnt.areas, &regions, call.language),
    })))
}

fn warnings(specimen: &[(String, String)], regions: &[Region], language: Language) -> Vec<String> {
    let read: Vec<(String, String)> = regions.iter().map(|r| (r.pos_id.clone(), r.text.clone())).collect();
    let mut found: Vec<String> = Vec::new();
    for (where_zh, where_en, texts) in
        [("模板图片上", "on the template's own picture", specimen), ("这张图片上", "on this picture", &read)]
    {
        for reason in checks::warnings(texts) {
            let (zh, en) = (
                format!("{where_zh}{}：请让区域只框住内容本身，不要碰到旁边的文字", reason.zh()),
                format!("{}, {where_en}: let the area hold the value alone, without the words beside it", reason.en()),
            );
            found.push(language.pick(&zh, &en).to_owned());
        }
    }
    found
}

/// The fields, and the reasons an invoice with them would have.
fn judged(trial: &Trial, template: &Template, threshold: f64) -> (Vec<Region>, Vec<Reason>) {
    let mut regions = Regions::default();
    for event in &trial.events {
        match event {
            Event::Matched { template: None, .. } => return (Vec::new(), vec![Reason::NoTemplateFits]),
            Event::Matched { .. } => regions = Regions::default(),
            Event::Found { status, pos_id, position } => regions.found(pos_id, *position, *status),
            Event::Read { status, pos_id, text, probability, doubts } => {
                regions.read(pos_id, text.clone(), *probability, *status);
                regions.doubted(pos_id, doubts.clone());
            }
        }
    }
    let verdict = judge::judge(Reading { regions, codes: &trial.codes, papers: trial.papers }, template, threshold);
    (verdict.regions, verdict.reasons)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fit_reason::FitReason;
    use crate::domain::ids::CompanyId;
    use crate::domain::template::{Layout, Learnt};

    #[test]
    fn an_area_that_was_read_twice_is_a_fault_in_a_test_too() {
        let label = String::new();
        let template = Template {
            id: TemplateId(1),
            company: CompanyId(1),
            layout: Layout { label: label.clone(), quota: None, areas: Vec::new() },
            json_model: label.clone(),
            registered: 0,
            successes: 0,
            origin: PictureId(1),
            shown: PictureId(1),
            uuid: label,
            learnt: Learnt::default(),
            version: 1,
        };
        let read = |text: &str| Event::Read {
            status: 0,
            pos_id: "客户名称".into(),
            text: text.into(),
            probability: 0.95,
            doubts: Vec::new(),
        };
        let matched = Event::Matched { template: Some(template.id), candidates: Vec::new() };
        let (reason, events) = (FitReason::NoWords, vec![matched, read("甲"), read("乙")]);
        let trial = Trial { score: 1.0, reason, events, codes: Vec::new(), papers: 1, aligned: None };
        let (regions, reasons) = judged(&trial, &template, 0.9);
        assert_eq!(regions[0].text, "乙");
        assert!(matches!(&reasons[..], [Reason::ReadTwice { .. }]), "{reasons:?}");
    }
}
