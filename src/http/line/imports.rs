//! Imports of devices. Not here: reading files (http/tables/).

use crate::app::devices::{self, NewDevice, Other, Registered, Registration};
use crate::app::imports;
use crate::domain::device::{Import, ImportState};
use crate::domain::refusal::Refusal;
use crate::domain::settings::Settings;
use crate::domain::spreadsheet::{self, Words};
use crate::http::edge::call::Call;
use crate::http::edge::reply::{self, Language, Reply};
use crate::http::tables::read;
use crate::http::tables::table::{Kind, Table, Wanted};
use crate::http::wire::time;
use crate::store::{StoreError, View};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

const COLUMNS: [&str; 2] = ["DeviceSN", "CPUID"];
/// A file with more bad lines is the wrong file.
const ERRORS_MAX: usize = 100_000;
const WARNINGS_MAX: usize = 100_000;
const CONFLICTS_MAX: usize = 1_000;
const IMPORTS_MAX: usize = 50;

#[derive(Default)]
struct Sorted {
    rows: Vec<NewDevice>,
    lines: Vec<usize>,
    errors: Vec<(usize, Refusal)>,
    warnings: Vec<(usize, Words)>,
}

fn sort(view: &View<'_>, settings: &Settings, table: Table) -> Result<Sorted, StoreError> {
    let mut sorted = Sorted::default();
    sorted.warnings.extend(table.others.into_iter().map(|words| (1, words)));
    for row in table.rows {
        let cells = match row.cells {
            Ok(cells) => cells,
            Err(refusal) => {
                sorted.errors.push((row.line, refusal));
                continue;
            }
        };
        for (cell, name) in cells.iter().zip(COLUMNS) {
            let seen = spreadsheet::damage(&cell.text);
            // Not for serials: they are often numbers, and their pattern checks them.
            let seen = seen.or_else(|| (cell.kind == Kind::Number && name == "CPUID").then(|| spreadsheet::is_number(&cell.text)));
            sorted.warnings.extend(seen.map(|(zh, en)| (row.line, (format!("{name}：{zh}"), format!("{name}: {en}")))));
        }
        let mut texts = cells.into_iter().map(|cell| cell.text);
        let (sn, cpuid) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
        let missing = |name: &str| Refusal::malformed(format!("{name}：缺少这一项"), format!("{name}: is missing"));
        let new = NewDevice { sn: Some(sn.clone()), cpuid };
        let checked = match (sn.is_empty(), new.cpuid.is_empty()) {
            (true, _) => Err(missing("DeviceSN")),
            (_, true) => Err(missing("CPUID")),
            _ => devices::check(view, settings, &new),
        };
        match checked {
            Ok(()) => {
                sorted.rows.push(new);
                sorted.lines.push(row.line);
            }
            Err(refusal) => sorted.errors.push((row.line, refusal)),
        }
    }
    for (row, words) in imports::lost_zeros(view, &sorted.rows)? {
        sorted.warnings.push((sorted.lines[row], words));
    }
    sorted.warnings.sort_by_key(|(line, _)| *line);
    Ok(sorted)
}

pub async fn import(mut call: Call) -> Result<Reply, Refusal> {
    let is_preview = call.query.flag("preview")? || call.fields.flag("preview")?;
    let file = call.fields.files.last().map(|upload| upload.name.clone()).unwrap_or_default();
    let bytes = call.fields.take_file_or_raw().await?;
    let (by, app, language) = (call.by()?, &call.edge.app, call.language);
    let table = read(bytes, Wanted::all(&[&[COLUMNS[0]], &[COLUMNS[1]]])).await?;
    let about =
        json!({ "unused_columns": table.unused, "encoding": table.encoding, "separator": table.separator, "sheet": table.sheet });
    let settings = app.settings();
    let sorted = app.look(move |view| sort(view, &settings, table)).await?;
    let Sorted { rows, lines, errors, mut warnings } = sorted;
    if errors.len() > ERRORS_MAX {
        let (line, first) = &errors[0];
        return Err(Refusal::malformed(
            format!("{} 行有误，什么都没有导入；第 {line} 行：{}", errors.len(), first.zh),
            format!("{} lines are wrong, nothing was imported; line {line}: {}", errors.len(), first.en),
        ));
    }
    let (id, registrations) = if is_preview {
        (None, app.look(move |view| imports::preview(view, &rows)).await?)
    } else {
        let (id, registrations) = app.import_devices(by, file, rows).await?;
        (Some(id), registrations)
    };
    let retired = registrations.iter().zip(&lines).filter_map(|(row, line)| Some((*line, row.with.as_ref()?.is_retired()?)));
    warnings.extend(retired);
    warnings.sort_by_key(|(line, _)| *line);
    let mut report = json!({ "rows": registrations.len() + errors.len() });
    for (name, status) in [("created", Registered::Created), ("exists", Registered::Exists), ("conflict", Registered::Conflict)] {
        report[name] = json!(registrations.iter().filter(|r| r.status == status).count());
    }
    let said = |zh: &str, en: &str| Value::from(language.pick(zh, en));
    let error = |(line, refusal): &(usize, Refusal)| json!({ "line": line, "err": said(&refusal.zh, &refusal.en) });
    report["errors"] = errors.iter().map(error).collect();
    let warning = |(line, (zh, en)): &(usize, Words)| json!({ "line": line, "warning": said(zh, en) });
    report["warnings"] = warnings.iter().take(WARNINGS_MAX).map(warning).collect();
    let conflicts = registrations.iter().zip(&lines).filter(|(r, _)| r.status == Registered::Conflict);
    report["conflicts"] = conflicts.take(CONFLICTS_MAX).map(conflict).collect();
    for (name, value) in about.as_object().into_iter().flatten() {
        report[name] = value.clone();
    }
    if let Some(id) = id {
        report["import_id"] = json!(id);
    }
    Ok(reply::json(&report))
}

pub(in crate::http) fn other(other: &Other) -> Value {
    let mut value = json!({ "DeviceSN": other.pair.0, "CPUID": other.pair.1 });
    if other.retired {
        value["retired"] = true.into();
    }
    value
}

fn conflict((registration, line): (&Registration, &usize)) -> Value {
    let with = registration.with.as_ref().map(other);
    json!({ "line": line, "DeviceSN": registration.sn, "CPUID": registration.cpuid, "with": with })
}

fn as_json(id: u64, import: &Import, language: Language, zone: &TimeZone) -> Value {
    let why = imports::cannot_undo(import);
    json!({
        "import_id": id,
        "time": time::write(import.at, zone),
        "user_name": import.user_name,
        "file": import.file,
        "created": import.created,
        "undone": import.state == ImportState::Undone,
        "can_undo": why.is_none(),
        "why": why.map(|refusal| language.pick(&refusal.zh, &refusal.en).to_owned()),
    })
}

pub async fn list(call: Call) -> Result<Reply, Refusal> {
    let zone = call.edge.app.settings().zone();
    let found = call.edge.app.look(|view| imports::newest(view, IMPORTS_MAX)).await?;
    let imports: Vec<Value> = found.iter().map(|(id, import)| as_json(*id, import, call.language, &zone)).collect();
    Ok(reply::json(&json!({ "imports": imports })))
}

pub async fn undo(call: Call) -> Result<Reply, Refusal> {
    let id = call.number_in_path("id")?;
    let undone = call.edge.app.undo_import(call.by()?, id).await?;
    Ok(reply::json(&as_json(id, &undone, call.language, &call.edge.app.settings().zone())))
}
