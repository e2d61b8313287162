//! The export that is handed in as it is: the columns of the screen, their names, the sum and what it leaves out.

use crate::reader::Office;
use calamine::{Data, Reader, Xlsx};
use serde_json::{Value, json};
use std::io::Cursor;

/// Percent-encoded, as a query has it.
fn columns(names: &[&str]) -> String {
    let list = Value::from(names.to_vec()).to_string();
    format!("columns={}", list.bytes().map(|b| format!("%{b:02X}")).collect::<String>())
}

/// Sheets by name, each a list of rows.
fn book(bytes: Vec<u8>) -> Vec<(String, Vec<Vec<Data>>)> {
    let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheets = book.worksheets().into_iter();
    sheets.map(|(name, cells)| (name, cells.rows().map(<[Data]>::to_vec).collect())).collect()
}

fn text(cell: &Data) -> &str {
    match cell {
        Data::String(text) => text,
        Data::Empty => "",
        other => panic!("{other:?} is no text"),
    }
}

fn texts(row: &[Data]) -> Vec<&str> {
    row.iter().map(text).collect()
}

fn shown_name(file: &crate::support::Answer) -> String {
    let said = file.headers["content-disposition"].to_str().unwrap();
    let encoded = said.split("filename*=UTF-8''").nth(1).unwrap_or_else(|| said.split('"').nth(1).unwrap());
    percent_encoding::percent_decode_str(encoded).decode_utf8().unwrap().into_owned()
}

fn office() -> Office {
    let mut office = Office::open();
    let number = ("发票号码", "26332000000123456789");
    office.invoice(&[number, ("金额", "¥100.00"), ("日期", "2026年1月2日"), ("税额", "¥6.00"), ("乘车日期", "2026年1月3日")]);
    office.invoice(&[number, ("金额", "¥100.00"), ("日期", "2026年1月2日")]);
    office.invoice(&[("发票号码", "26332000000123456780"), ("金额", "-¥30.50"), ("客户名称", "中山大学"), ("state", "甲")]);
    office.invoice(&[("发票号码", "26332000000123456781"), ("金额", "¥7.00?0.2")]);
    let void = office.invoice(&[("发票号码", "26332000000123456782"), ("金额", "¥5.00")]);
    assert_eq!(office.admin.post(&format!("/api/invoices/{void}/void"), &json!({ "reason": "开错" })).status, 200);
    office.invoice(&[("发票号码", "26332000000123456783")]);
    office
}

#[test]
fn chosen_columns_stand_in_their_order_under_the_names_of_accountants_with_the_sum_of_the_page_below() {
    let office = office();
    let asked = columns(&["id", "日期", "客户名称", "金额", "state", "field:state", "税额", "乘车日期", "counted", "kind"]);
    let file = office.admin.get(&format!("/api/invoices/export.xlsx?lang=zh-CN&{asked}"));
    let today = office.admin.get("/api/invoices/1").body["recognize_time"].as_str().unwrap()[..10].to_owned();
    assert_eq!(shown_name(&file), format!("发票_{today}.xlsx"));
    let sheets = book(file.bytes);
    assert_eq!((sheets[0].0.as_str(), sheets[1].0.as_str()), ("发票", "明细"));
    let rows = &sheets[0].1;
    assert_eq!(
        texts(&rows[0]),
        ["编号", "开票日期", "购买方", "价税合计", "状态", "state", "税额", "乘车日期", "计入合计", "票种"]
    );
    assert_eq!(rows[1..7].iter().map(|row| text(&row[0])).collect::<Vec<_>>(), ["6", "5", "4", "3", "2", "1"]);
    let states: Vec<&str> = rows[1..7].iter().map(|row| text(&row[4])).collect();
    assert_eq!(states, ["识别正常", "识别正常；已作废", "待核对", "识别正常；红字", "识别正常；疑似重复", "识别正常"]);
    assert_eq!((text(&rows[4][2]), text(&rows[4][5])), ("中山大学", "甲"));
    let first = &rows[6];
    for (at, day) in [(1, "2026-01-02"), (7, "2026-01-03")] {
        let Data::DateTime(date) = &first[at] else { panic!("{:?} is no date", first[at]) };
        let (year, month, day_of_month, ..) = date.to_ymd_hms_milli();
        assert_eq!(format!("{year}-{month:02}-{day_of_month:02}"), day);
    }
    assert_eq!((&first[3], &first[6]), (&Data::Float(100.0), &Data::Float(6.0)), "sums are numbers");

    let confirmed = office.sums()["confirmed"]["fen"].as_i64().unwrap();
    assert_eq!((text(&rows[7][0]), &rows[7][3], confirmed), ("合计", &Data::Float(69.5), 6_950));
    let counted = rows[1..7].iter().filter(|row| text(&row[8]) == "是").map(|row| &row[3]);
    let sum: f64 = counted.map(|cell| if let Data::Float(yuan) = cell { *yuan } else { 0.0 }).sum();
    assert_eq!(sum, 69.5, "what the rows say is counted comes to it");
    assert_eq!(
        text(&rows[8][0]),
        "计入合计的有 3 张，价税合计 ¥69.50。未计入：待核对 1 张 ¥7.00；重复、疑似重复 1 张 ¥100.00；作废 1 张 ¥5.00；没有金额的 1 张。"
    );
    assert_eq!(rows.len(), 9);

    let some = office.admin.get(&format!("/api/invoices/export.xlsx?counted=1&min=0&lang=en&{}", columns(&["日期", "金额"])));
    assert_eq!(shown_name(&some), format!("invoices_{today}.xlsx"));
    let rows = &book(some.bytes)[0].1;
    assert_eq!((texts(&rows[0]), rows.len()), (vec!["Invoice date", "Total"], 4));
    assert_eq!((text(&rows[2][0]), &rows[2][1]), ("Total", &Data::Float(100.0)));
    assert_eq!(text(&rows[3][0]), "In the total: 1 invoice, ¥100.00.");
    let without = book(office.admin.get(&format!("/api/invoices/export.xlsx?{}", columns(&["id"]))).bytes);
    assert!(
        text(without[0].1.last().map(|row| &row[0]).unwrap()).starts_with("计入合计的有 3 张，价税合计 ¥69.50。"),
        "{without:?}"
    );
}

#[test]
fn each_column_of_money_has_its_sum_below_of_the_same_invoices() {
    let mut office = Office::open();
    let number = ("发票号码", "26332000000123456789");
    office.invoice(&[number, ("金额", "¥106.00"), ("不含税金额", "¥100.00"), ("税额", "¥6.00")]);
    office.invoice(&[("金额", "-¥10.60"), ("不含税金额", "-10.00"), ("税额", "-0.60")]);
    office.invoice(&[("金额", "¥30.00"), ("不含税金额", "30.00"), ("税额", "免税")]);
    // A duplicate, and one to review.
    office.invoice(&[number, ("金额", "¥106.00"), ("不含税金额", "¥100.00"), ("税额", "¥6.00")]);
    office.invoice(&[("金额", "¥7.00?0.2"), ("不含税金额", "¥6.60"), ("税额", "¥0.40")]);
    let below = |names: &[&str]| {
        let file = office.admin.get(&format!("/api/invoices/export.xlsx?lang=zh-CN&{}", columns(names)));
        let rows = book(file.bytes).remove(0).1;
        rows[rows.len() - 2].clone()
    };
    let sums = [Data::Float(90.0 + 30.0), Data::Float(5.4), Data::Float(125.4)];
    assert_eq!(below(&["id", "不含税金额", "税额", "金额"])[1..], sums);
    assert_eq!((text(&below(&["id", "税额"])[0]), &below(&["id", "税额"])[1]), ("合计", &Data::Float(5.4)), "without the total");
}

#[test]
fn the_reasons_name_the_fields_as_the_columns_beside_them() {
    let mut office = Office::open();
    office.invoice(&[("金额", "¥7.00"), ("校验码", "123?0.4")]);
    let file = |query: &str| String::from_utf8(office.admin.get(&format!("/api/invoices/export.csv?{query}")).bytes).unwrap();
    let chosen = columns(&["reason", "校验码"]);
    let english = file(&format!("lang=en&{chosen}"));
    assert!(english.contains("Reason,Check code") && english.contains("Check code was not read reliably"), "{english}");
    assert!(file(&format!("lang=zh-CN&{chosen}")).contains("校验码识别不可靠（可信度 40%）"));
    assert!(file("lang=en").contains("校验码 was not read reliably (confidence 0.40)"), "programs find what there always was");
}

#[test]
fn a_csv_has_the_same_columns_and_invoices_alone_and_whoever_chooses_none_gets_what_there_always_was() {
    let office = office();
    let file = office.admin.get(&format!("/api/invoices/export.csv?lang=en&{}", columns(&["金额", "日期", "state", "客户名称"])));
    let text = String::from_utf8(file.bytes.clone()).unwrap();
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!((lines[0], lines.len()), ("Total,Invoice date,State,Buyer", 7), "{text}");
    assert_eq!((lines[4], lines[6]), ("-30.50,,Read reliably; Red,中山大学", "100.00,2026-01-02,Read reliably,"));
    assert!(shown_name(&file).starts_with("invoices_20"));
    assert!(shown_name(&office.admin.get("/api/invoices/export.zip?lang=zh-CN")).starts_with("发票_20"));
    assert!(shown_name(&office.admin.get("/api/log/export.csv?lang=zh-CN")).starts_with("操作日志_20"));
    assert!(shown_name(&office.admin.get("/api/log/export.csv?lang=en")).starts_with("log_20"));
    assert_eq!(office.admin.get("/api/log/export.csv?lang=fr").refusal(), (400, "malformed"));

    let all = String::from_utf8(office.admin.get("/api/invoices/export.csv").bytes).unwrap();
    let header = all.trim_start_matches('\u{feff}').lines().next().unwrap().to_owned();
    assert!(
        header.starts_with("编号,状态,计入合计,识别时间,") && header.contains(",不符理由,发票类型,金额,客户名称,日期,"),
        "{header}"
    );
    let english = String::from_utf8(office.admin.get("/api/invoices/export.csv?lang=en").bytes).unwrap();
    assert!(english.contains(",Type,Amount,Buyer,Date,") && !english.contains("Kind"), "{english}");
    let sheet = book(office.admin.get("/api/invoices/export.xlsx").bytes).remove(0).1;
    assert_eq!(sheet.len(), 1 + 6, "no sum");

    let many: Vec<String> = (0..101).map(|n| format!("c{n}")).collect();
    let too_many = columns(&many.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(office.admin.get(&format!("/api/invoices/export.csv?{too_many}")).refusal(), (413, "too_large"));
    for wrong in [columns(&[&"长".repeat(71)]), columns(&[""]), "columns=[1".to_owned(), "columns=[]".to_owned()] {
        assert_eq!(office.admin.get(&format!("/api/invoices/export.xlsx?{wrong}")).refusal(), (400, "malformed"), "{wrong}");
    }
}
