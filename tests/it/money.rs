//! Accounting: negative sums, each invoice counted once, usable exports.

use crate::reader::{Office, ids};
use serde_json::{Value, json};
use std::io::{Cursor, Read};

fn blue_and_red(office: &mut Office) -> (u64, u64) {
    let blue = office.invoice(&[("发票号码", "26332000000123456789"), ("金额", "¥235.00"), ("日期", "2026年1月2日")]);
    let remark = "被红冲蓝字数电票号码：26332000000123456789 红字发票信息确认单编号：33010626010000000001";
    let red = office.invoice(&[
        ("发票号码", "26332000000999999999"),
        ("金额", "（235.00）"),
        ("中文金额", "（负数）贰佰叁拾伍圆整"),
        ("日期", "2026年2月3日"),
        ("备注", remark),
    ]);
    (blue, red)
}

#[test]
fn a_red_invoice_is_taken_off_and_named_with_its_blue_one() {
    let mut office = Office::open();
    let (blue, red) = blue_and_red(&mut office);
    let (one, other) = (office.get(blue), office.get(red));
    assert_eq!(
        (&other["amount"], &other["is_red"], &other["blue_of"], &other["red_by"]),
        (&json!(-23_500), &json!(true), &json!(blue), &Value::Null)
    );
    assert_eq!(
        (&one["amount"], &one["is_red"], &one["blue_of"], &one["red_by"]),
        (&json!(23_500), &json!(false), &Value::Null, &json!(red))
    );
    assert_eq!((&other["state"], &other["reason"]), (&json!("passed"), &json!("")), "the words say the same");
    assert_eq!(office.sums()["confirmed"], json!({ "count": 2, "fen": 0 }));
    office.admin.post(&format!("/api/invoices/{blue}/void"), &json!({ "reason": "作废" }));
    assert_eq!((office.get(red)["blue_of"].clone(), office.sums()["confirmed"]["fen"].clone()), (Value::Null, json!(-23_500)));
    office.stays_sound();
}

#[test]
fn words_without_their_minus_contradict_the_figures() {
    let mut office = Office::open();
    let id = office.invoice(&[("金额", "-¥235.00"), ("中文金额", "贰佰叁拾伍圆整")]);
    let found = office.get(id);
    assert_eq!((&found["state"], &found["amount"]), (&json!("waiting"), &json!(-23_500)));
    assert!(found["reason"].as_str().unwrap().contains("不一致"), "{found}");
}

#[test]
fn every_spelling_of_a_sum_below_nothing_counts_once() {
    let mut office = Office::open();
    let id = office.invoice(&[("金额", "¥1.00")]);
    for text in
        ["-113.00", "¥-113.00", "-¥113.00", "(113.00)", "（113.00）", "−113.00", "－１１３．００", "（负数）113.00", "负113.00"]
    {
        let fixed = office.admin.patch(&format!("/api/invoices/{id}"), &json!({ "fields": { "金额": text } })).body;
        assert_eq!(
            (&fixed["amount"], &fixed["region_list"]["金额"]["ocr_result"]),
            (&json!(-11_300), &json!("-¥113.00")),
            "{text}"
        );
        assert_eq!(office.sums()["confirmed"], json!({ "count": 1, "fen": -11_300 }), "{text}");
    }
    office.invoice(&[("金额", "$50.00")]);
    office.invoice(&[("金额", "1,2345.00")]);
    let sums = office.sums();
    assert_eq!((&sums["confirmed"]["fen"], &sums["without_amount"]), (&json!(-11_300), &json!(2)), "no yuan, no sum");
    office.invoice(&[("金额", ")¥53.40")]);
    assert_eq!(office.sums()["confirmed"]["fen"], -11_300 + 5_340);
}

#[test]
fn invoices_are_found_by_their_date_and_amount() {
    let mut office = Office::open();
    let (blue, red) = blue_and_red(&mut office);
    let large = office.invoice(&[("金额", "¥40,270.00"), ("日期", "2026.1.31")]);
    let without = office.invoice(&[("客户名称", "中山大学")]);
    let asked = |query: &str| ids(&office.admin.get(&format!("/api/invoices?{query}")).body);
    assert_eq!(asked("date_from=2026-01-02&date_to=2026-01-31"), [large, blue]);
    assert_eq!(asked("date_from=2026-1-3"), [large, red]);
    assert_eq!(asked("min=-300&max=0"), [red]);
    assert_eq!(asked("min=235"), [large, blue]);
    assert_eq!(asked("min=40,270&max=40270.00"), [large]);
    assert_eq!(asked("q=票4"), [without], "by the name of its file");
    let sums = office.admin.get("/api/invoices?date_from=2026-01-01&min=0").body["sums"].clone();
    assert_eq!(sums["confirmed"], json!({ "count": 2, "fen": 4_050_500 }));
    for wrong in [
        "date_from=1月",
        "date_to=2026-02-30",
        "min=x",
        "max=$3",
        "void=2",
        "counted=2",
        "min=5&max=1",
        "date_from=2026-02-01&date_to=2026-01-31",
    ] {
        let refused = office.admin.get(&format!("/api/invoices?{wrong}"));
        assert_eq!(refused.refusal(), (400, "malformed"), "{wrong}");
        assert!(refused.body["err"].as_str().unwrap().contains(wrong.split('=').next().unwrap()), "{refused:?}");
    }
}

fn sheet(bytes: Vec<u8>) -> (String, String) {
    let mut book = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut part = |name: &str| {
        let mut text = String::new();
        if let Ok(mut file) = book.by_name(name) {
            file.read_to_string(&mut text).unwrap();
        }
        text
    };
    (part("xl/worksheets/sheet1.xml"), part("xl/styles.xml"))
}

#[test]
fn an_export_has_a_column_for_every_area_and_speaks_the_readers_language() {
    let mut office = Office::open();
    blue_and_red(&mut office);
    office.invoice(&[("税额", "¥13.00"), ("=危险", "=1+1"), ("销售方名称", "甲公司"), ("发票代码", "044001900111")]);
    let csv = |query: &str, language: &str| {
        let client = office.admin.clone().with_header("accept-language", language);
        String::from_utf8(client.get(&format!("/api/invoices/export.csv{query}")).bytes).unwrap()
    };
    let text = csv("", "zh-CN");
    let rows: Vec<Vec<String>> = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes())
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect();
    let cell = |row: usize, column: &str| {
        let at = rows[0].iter().position(|name| name == column).unwrap_or_else(|| panic!("{column} is no column of {:?}", rows[0]));
        rows[row][at].as_str()
    };
    assert_eq!(
        (cell(1, "税额"), cell(1, "销售方名称"), cell(1, "'=危险"), cell(1, "发票代码")),
        ("13.00", "甲公司", "'=1+1", "044001900111")
    );
    assert_eq!((cell(2, "金额"), cell(2, "日期"), cell(2, "红字")), ("-235.00", "2026-02-03", "红字，冲销 #1"));
    assert_eq!((cell(3, "发票号码"), cell(3, "状态"), cell(3, "文件名")), ("26332000000123456789", "识别通过", "票1.png"));
    assert!(!rows[0].iter().any(|name| name == "其他"), "{:?}", rows[0]);
    assert!(
        csv("", "en").contains("State,")
            && csv("?lang=en", "zh").contains("Invoice number")
            && csv("?lang=zh-CN", "en").contains("状态")
    );
    assert_eq!(office.admin.get("/api/invoices/export.csv?lang=fr").refusal(), (400, "malformed"));

    let (sheet, styles) = sheet(office.admin.get("/api/invoices/export.xlsx").bytes);
    assert!(
        sheet.contains("<v>-235</v>") && sheet.contains("<v>235</v>") && sheet.contains("<v>13</v>"),
        "sums are numbers: {sheet}"
    );
    assert!(sheet.contains("<v>46056</v>") && styles.contains("yyyy-mm-dd"), "2026-02-03 is a date: {sheet}");
    for text in ["26332000000123456789", "044001900111", "=1+1"] {
        assert!(sheet.contains(&format!("<t>{text}</t>")), "{text} is text: {sheet}");
    }
    assert!(!sheet.contains("<f>"), "no formula: {sheet}");
}
