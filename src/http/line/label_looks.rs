//! Label looks; lengths in millimetres. Not here: printed labels (labels.rs).

use crate::app::label_looks;
use crate::domain::label_look::{Element, ElementKind, LabelLook, Micrometres};
use crate::domain::refusal::Refusal;
use crate::http::edge::call::Call;
use crate::http::edge::fields::Fields;
use crate::http::edge::reply::{self, Reply};
use hyper::StatusCode;
use serde_json::{Value, json};

/// The default between labels.
pub(super) const GAP: Micrometres = 2_000;

pub(super) fn mm(length: Micrometres) -> Value {
    if length.is_multiple_of(1_000) { json!(length / 1_000) } else { json!(f64::from(length) / 1_000.0) }
}

fn as_json(id: u64, look: &LabelLook) -> Value {
    let element = |e: &Element| json!({ "kind": e.kind.word(), "x_mm": mm(e.x), "y_mm": mm(e.y), "w_mm": mm(e.width), "h_mm": mm(e.height), "value": e.value });
    json!({
        "label_id": id,
        "name": look.name,
        "width_mm": mm(look.width),
        "height_mm": mm(look.height),
        "gap_mm": mm(look.gap),
        "rotate": look.rotate,
        "elements": look.drawn().iter().map(element).collect::<Vec<_>>(),
    })
}

fn refuse(field: &str, zh: &str, en: &str) -> Refusal {
    Refusal::malformed(format!("{field}：{zh}"), format!("{field}: {en}"))
}

fn missing(field: &str) -> Refusal {
    refuse(field, "缺少这一项", "is missing")
}

/// A number or decimal string. `place`: prefix of the name in a refusal.
pub(super) fn length(fields: &Fields, place: &str, name: &str) -> Result<Option<Micrometres>, Refusal> {
    let number = match fields.value(name) {
        None => return Ok(None),
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') => text.parse().ok(),
        Some(_) => None,
    };
    // Each use has a tighter limit.
    let number = number.filter(|mm| (0.0..1_000_000.0).contains(mm));
    let wrong = || refuse(&format!("{place}{name}"), "应为毫米数", "must be a number of millimetres");
    number.map(|mm| Some((mm * 1_000.0).round() as Micrometres)).ok_or_else(wrong)
}

fn element(number: usize, value: &Value) -> Result<Element, Refusal> {
    let place = format!("elements[{number}].");
    let fields = Fields::of_value(value).ok_or_else(|| refuse(&place[..place.len() - 1], "应为对象", "must be an object"))?;
    let text = |name: &str| {
        let wrong = |_| refuse(&format!("{place}{name}"), "应为文字", "must be text");
        fields.text_or_none(name).map_err(wrong)?.ok_or_else(|| missing(&format!("{place}{name}")))
    };
    let kind = ElementKind::of_word(text("kind")?).ok_or_else(|| {
        refuse(
            &format!("{place}kind"),
            "应为 qr、datamatrix、code128、text 或 logo",
            "must be qr, datamatrix, code128, text or logo",
        )
    })?;
    let length = |name: &str| length(&fields, &place, name)?.ok_or_else(|| missing(&format!("{place}{name}")));
    let (x, y, width, height) = (length("x_mm")?, length("y_mm")?, length("w_mm")?, length("h_mm")?);
    Ok(Element { kind, x, y, width, height, value: text("value")?.to_owned() })
}

#[derive(Clone, Debug, Default)]
pub struct Changes {
    name: Option<String>,
    width: Option<Micrometres>,
    height: Option<Micrometres>,
    gap: Option<Micrometres>,
    rotate: Option<u16>,
    elements: Option<Vec<Element>>,
}

impl Changes {
    pub fn read(fields: &Fields) -> Result<Self, Refusal> {
        let rotate = fields.natural_or_none("rotate")?;
        let elements = if fields.has("elements") {
            let list = fields.list("elements")?;
            Some(list.iter().enumerate().map(|(number, value)| element(number, value)).collect::<Result<_, _>>()?)
        } else {
            None
        };
        Ok(Self {
            name: fields.text_or_none("name")?.map(|name| name.trim().to_owned()),
            width: length(fields, "", "width_mm")?,
            height: length(fields, "", "height_mm")?,
            gap: length(fields, "", "gap_mm")?,
            rotate: rotate.map(|degrees| u16::try_from(degrees).unwrap_or(u16::MAX)),
            elements,
        })
    }

    /// What has no name is called as the first one is.
    pub fn of_new(self) -> Result<LabelLook, Refusal> {
        for (name, is_there) in [("width_mm", self.width.is_some()), ("height_mm", self.height.is_some())] {
            if !is_there {
                return Err(missing(name));
            }
        }
        let mut look = LabelLook { gap: GAP, ..LabelLook::first() };
        self.apply(&mut look);
        Ok(look)
    }

    fn apply(self, look: &mut LabelLook) {
        fn set<T>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        set(&mut look.name, self.name);
        set(&mut look.width, self.width);
        set(&mut look.height, self.height);
        set(&mut look.gap, self.gap);
        set(&mut look.rotate, self.rotate);
        set(&mut look.elements, self.elements);
    }
}

pub async fn list(call: Call) -> Result<Reply, Refusal> {
    let looks = call.edge.app.store.read(label_looks::looks)?;
    Ok(reply::json(&json!({ "labels": looks.iter().map(|(id, look)| as_json(*id, look)).collect::<Vec<_>>() })))
}

pub async fn add(call: Call) -> Result<Reply, Refusal> {
    let changes = Changes::read(&call.fields)?;
    if changes.name.is_none() {
        return Err(missing("name"));
    }
    let look = changes.of_new()?;
    let (id, look) = call.edge.app.add_label_look(call.by()?, look).await?;
    Ok(reply::with_status(StatusCode::CREATED, &as_json(id, &look)))
}

pub async fn change(call: Call) -> Result<Reply, Refusal> {
    let (id, changes) = (call.number_in_path("id")?, Changes::read(&call.fields)?);
    let look = call.edge.app.change_label_look(call.by()?, id, move |look| changes.clone().apply(look)).await?;
    Ok(reply::json(&as_json(id, &look)))
}

pub async fn delete(call: Call) -> Result<Reply, Refusal> {
    call.edge.app.delete_label_look(call.by()?, call.number_in_path("id")?).await?;
    Ok(reply::json(&json!({ "sucess": "删除成功" })))
}
