//! The tax portal's list: taken in from Excel and CSV, compared with the box's invoices, whole again after a kill.

use crate::support::documents::{Digital, digital};
use crate::support::{Answer, Client, Paperline, eventually};
use encoding_rs::GB18030;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};
use serde_json::{Value, json};
use std::process::Command;

const OURS: &str = "12100000400000624D";
const SELLER: &str = "91350100M000100Y43";
/// As the portal writes them in 发票基础信息.
const HEADER: [&str; 19] = [
    "序号",
    "发票代码",
    "发票号码",
    "数电发票号码",
    "销方识别号",
    "销方名称",
    "购方识别号",
    "购买方名称",
    "开票日期",
    "金额",
    "税额",
    "价税合计",
    "发票来源",
    "发票票种",
    "发票状态",
    "是否正数发票",
    "发票风险等级",
    "开票人",
    "备注",
];

fn csv(client: &Client, text: &str) -> Answer {
    client.send("POST", "/api/portal-list", &[("content-type", "text/csv")], text.as_bytes())
}

#[track_caller]
fn taken(answer: Answer) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    let count = |name: &str| answer.body[name].as_u64().unwrap();
    assert_eq!(count("rows"), count("kept") + count("wrong"), "{:#}", answer.body);
    assert_eq!(count("invoices"), count("added") + count("changed") + count("same"), "{:#}", answer.body);
    answer.body
}

fn compared(client: &Client, query: &str) -> Value {
    let answer = client.get(&format!("/api/portal-list?{query}"));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

fn line<'a>(found: &'a Value, number: &str) -> &'a Value {
    let lines = found["lines"].as_array().unwrap();
    lines.iter().find(|line| line["digital"] == number || line["number"] == number).unwrap_or_else(|| panic!("{number}: {found:#}"))
}

/// Read as passed, in order; returns their ids.
fn read(client: &Client, invoices: &[Digital]) -> Vec<u64> {
    let xml: Vec<Vec<u8>> = invoices.iter().map(Digital::xml).collect();
    let files: Vec<(&str, &[u8])> = xml.iter().map(|xml| ("a.xml", &xml[..])).collect();
    assert_eq!(client.upload("/invoice/recognizeImage", &files).status, 200);
    let all = || client.get("/api/invoices").body;
    let found = eventually("all are read", || Some(all()).filter(|found| found["total"] == invoices.len()));
    let id = |made: &Digital| {
        let is_it = |one: &&Value| one["region_list"]["发票号码"]["ocr_result"] == made.number;
        found["invoices"].as_array().unwrap().iter().find(is_it).unwrap()["invoice_id"].as_u64().unwrap()
    };
    invoices.iter().map(id).collect()
}

const SAME: &str = "26322000004478296111";
const OTHER: &str = "26322000004478296222";
const UNLISTED: &str = "26322000004478296333";
const VOID: &str = "26322000004478296444";
const CANCELLED: &str = "26322000004478296555";
const MISSING_RED: &str = "26322000004478296666";
const STRANGE: &str = "26322000004478296777";

fn base(sheet: &mut Worksheet) {
    let as_date = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    sheet.write_string(0, 0, "全量发票查询导出").unwrap();
    for (column, name) in (0u16..).zip(HEADER) {
        sheet.write_string(2, column, name).unwrap();
    }
    let mut row = 2;
    let mut add = |sheet: &mut Worksheet, number: &str, buyer: &str, sums: [f64; 3], status: &str, is_blue: bool| {
        row += 1;
        let seller = if [SAME, OTHER, VOID, CANCELLED].contains(&number) { SELLER } else { "91110000100000001X" };
        let texts = [
            (3, number),
            (4, seller),
            (5, "示例科技有限公司"),
            (6, buyer),
            (7, "示例采购单位"),
            (12, "电子发票服务平台"),
            (13, "数电发票（普通发票）"),
            (14, status),
            (15, if is_blue { "是" } else { "否" }),
            (16, "正常"),
            (18, "合同\n号"),
        ];
        for (column, text) in texts {
            sheet.write_string(row, column, text).unwrap();
        }
        let date = ExcelDateTime::parse_from_str("2026-06-04T10:11:12").unwrap();
        sheet.write_datetime_with_format(row, 8, &date, &as_date).unwrap();
        for (column, sum) in (9u16..).zip(sums) {
            sheet.write_number(row, column, sum).unwrap();
        }
        row
    };
    add(sheet, SAME, OURS, [320.0, 40.2, 360.2], "正常", true);
    let other = add(sheet, OTHER, OURS, [300.0, 39.0, 339.0], "正常", true);
    add(sheet, VOID, OURS, [320.0, 40.2, 360.2], "正常", true);
    add(sheet, CANCELLED, OURS, [320.0, 40.2, 360.2], "已作废", true);
    add(sheet, MISSING_RED, OURS, [-100.0, -13.0, -113.0], "正常", false);
    add(sheet, STRANGE, "91110000100000000X", [1.0, 0.13, 1.13], "正常", true);
    // A number that Excel has bent, and one of the older kind, as numbers.
    let bent = add(sheet, "", OURS, [1.0, 0.0, 1.0], "正常", true);
    sheet.write_number(bent, 3, 2.633_7e19).unwrap();
    let old = add(sheet, "", OURS, [0.1 + 0.2, 0.0, 0.3], "已红冲-全额", true);
    sheet.write_number(old, 1, 44_001_900_111_f64).unwrap();
    sheet.write_number(old, 2, 1_234_567).unwrap();
    sheet.write_string(old, 8, "2026-06-30 08:00:00").unwrap();
    sheet.write_string(other, 5, "示例科技 有限公司").unwrap();
}

fn workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let items = workbook.add_worksheet();
    items.set_name("信息汇总表").unwrap();
    for (column, name) in (0u16..).zip(["数电发票号码", "开票日期", "货物或应税劳务名称", "金额", "税额", "价税合计"])
    {
        items.write_string(0, column, name).unwrap();
    }
    for (column, text) in (0u16..).zip([SAME, "2026-06-04", "*纸制品*复印纸", "1", "1", "2"]) {
        items.write_string(1, column, text).unwrap();
    }
    let sheet = workbook.add_worksheet();
    sheet.set_name("发票基础信息").unwrap();
    base(sheet);
    workbook.save_to_buffer().unwrap()
}

#[test]
fn every_state_is_told_and_linked_to_its_invoice() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let of = |number| Digital { number, ..digital() };
    let ids = read(&admin, &[of(SAME), of(OTHER), of(UNLISTED), of(VOID), of(CANCELLED)]);
    assert_eq!(admin.post(&format!("/api/invoices/{}/void", ids[3]), &json!({ "reason": "开错" })).status, 200);
    let nothing = compared(&admin, "month=2026-06");
    assert_eq!((&nothing["months"], &nothing["total"], &nothing["dates"]), (&json!([]), &json!(0), &Value::Null));

    let report = taken(admin.upload("/api/portal-list", &[("六月.xlsx", &workbook())]));
    assert_eq!((&report["rows"], &report["wrong"], &report["added"]), (&json!(8), &json!(1), &json!(7)), "{report:#}");
    assert_eq!((&report["sheet"], &report["months"]), (&json!("发票基础信息"), &json!(["2026-06"])));
    assert!(report["notes"][0].as_str().unwrap().contains("信息汇总表") && report["unused_columns"] == json!([]), "{report:#}");
    let error = &report["errors"][0];
    assert!(error["line"] == 10 && error["err"].as_str().unwrap().contains("2.63370E+19"), "{error}");

    let found = compared(&admin, "month=2026-06");
    let state = |number: &str| line(&found, number)["state"].as_str().unwrap().to_owned();
    let states = [SAME, OTHER, UNLISTED, VOID, CANCELLED, MISSING_RED, STRANGE, "01234567"].map(state);
    let expected = ["have", "differs", "not_listed", "missing", "differs", "missing", "not_ours", "missing"];
    assert_eq!(states, expected, "{found:#}");
    assert_eq!((&found["tax_number"], &found["tax_name"]), (&json!(OURS), &json!("示例采购单位")));
    assert_eq!(found["dates"], json!({ "from": "2026-06-04", "to": "2026-06-30" }));
    assert_eq!(line(&found, SAME)["invoices"], json!([{ "invoice_id": ids[0], "counts_as": "confirmed" }]));
    assert_eq!(line(&found, VOID)["invoices"], json!([{ "invoice_id": ids[3], "counts_as": "void" }]));
    assert_eq!(line(&found, UNLISTED)["invoices"][0]["invoice_id"], ids[2]);
    let fields: Vec<&str> =
        line(&found, OTHER)["differs"].as_array().unwrap().iter().map(|d| d["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["total", "net", "tax"], "a blank in a name is no difference");
    assert_eq!(line(&found, OTHER)["differs"][0], json!({ "field": "total", "list": "339.00", "box": "360.20" }));
    assert_eq!(line(&found, CANCELLED)["differs"], json!([{ "field": "status", "list": "已作废", "box": "confirmed" }]));
    assert_eq!((&line(&found, MISSING_RED)["is_red"], &line(&found, CANCELLED)["is_cancelled"]), (&json!(true), &json!(true)));
    let old = line(&found, "01234567");
    assert_eq!((&old["code"], &old["total"], &old["is_reversed"]), (&json!("044001900111"), &json!(30), &json!(true)));
    assert_eq!(found["states"]["missing"], json!({ "count": 3, "fen": 36_020 - 11_300 + 30, "apart": 0 }));
    assert_eq!(found["states"]["differs"], json!({ "count": 2, "fen": 33_900, "apart": 1 }));
    assert_eq!(found["lists"][0]["file"], "六月.xlsx");

    // What is put right here or there is seen at the next look.
    admin.patch(&format!("/api/invoices/{}", ids[0]), &json!({ "fields": { "日期": "2026-06-05" }, "override": "试" }));
    admin.post(&format!("/api/invoices/{}/void", ids[4]), &json!({ "reason": "对方作废" }));
    let found = compared(&admin, "");
    assert_eq!((&found["month"], &line(&found, SAME)["differs"][0]["field"]), (&json!("2026-06"), &json!("date")));
    assert_eq!(line(&found, CANCELLED)["state"], "have", "void on both sides");
    let log = admin.get("/api/log").body.to_string();
    assert!(log.contains("上传税务清单 六月.xlsx：2026-06，7 张，1 行有误"), "{log}");
}

#[test]
fn it_is_narrowed_turned_over_and_asked_for_another_side() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    read(&admin, &[Digital { number: UNLISTED, ..digital() }]);
    taken(admin.upload("/api/portal-list", &[("六月.xlsx", &workbook())]));
    let first = compared(&admin, "month=2026-06&limit=3");
    let mut seen: Vec<Value> = first["lines"].as_array().unwrap().clone();
    let mut next = first["next_cursor"].clone();
    while let Some(cursor) = next.as_str() {
        let cursor: String = form_urlencoded::byte_serialize(cursor.as_bytes()).collect();
        let page = compared(&admin, &format!("month=2026-06&limit=3&cursor={cursor}"));
        seen.extend(page["lines"].as_array().unwrap().iter().cloned());
        next = page["next_cursor"].clone();
    }
    let whole = compared(&admin, "month=2026-06");
    assert_eq!((json!(seen), &whole["total"]), (whole["lines"].clone(), &json!(8)));
    let missing = compared(&admin, "month=2026-06&state=missing");
    assert_eq!((&missing["total"], &missing["states"]), (&json!(6), &whole["states"]));
    assert_eq!(missing["lines"][5]["is_cancelled"], true, "what is cancelled comes last");
    // Seen from the seller, what it sold was issued.
    let issued = compared(&admin, &format!("month=2026-06&tax_number={}", SELLER.to_lowercase()));
    assert_eq!((&issued["states"]["not_ours"]["count"], &issued["lines"][0]["direction"]), (&json!(3), &json!("issued")));
    assert_eq!(compared(&admin, "month=2026-06&direction=issued")["total"], 0);
    assert_eq!(compared(&admin, "month=2026-06&direction=received")["total"], 7);
    for (query, names) in [("month=2026-13", "month"), ("month=6", "month"), ("state=x", "state"), ("direction=in", "direction")] {
        let refused = admin.get(&format!("/api/portal-list?{query}"));
        assert_eq!(refused.refusal(), (400, "malformed"), "{query}");
        assert!(refused.body["err"].as_str().unwrap().starts_with(names));
    }
}

/// As from the portal, in June 2026.
fn rows(numbers: std::ops::Range<u32>, status: &str) -> String {
    let row = |n: u32| {
        format!(
            "{:020},2026-06-{:02} 10:00:00,{SELLER},示例科技有限公司,{OURS},示例采购单位,100.00,13.00,113.00,{status}\r\n",
            26_322_000_004_000_000_000 + u128::from(n),
            n % 28 + 1
        )
    };
    let header = "数电票号码,开票日期,销售方纳税人识别号,销方名称,购买方纳税人识别号,购方名称,金额,税额,价税合计,发票状态\r\n";
    header.chars().chain(numbers.map(row).collect::<String>().chars()).collect()
}

#[test]
fn a_later_list_replaces_what_it_names_and_the_same_one_changes_nothing() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let gbk = |text: &str| admin.upload("/api/portal-list", &[("六月.csv", &GB18030.encode(text).0)]);
    let first = taken(gbk(&rows(1..301, "正常")));
    assert_eq!((&first["encoding"], &first["added"]), (&json!("GB18030"), &json!(300)));
    let again = taken(gbk(&rows(1..301, "正常")));
    assert_eq!((&again["added"], &again["changed"], &again["same"]), (&json!(0), &json!(0), &json!(300)));
    let later = taken(csv(&admin, &format!("\u{feff}{}", rows(300..302, "已作废"))));
    assert_eq!((&later["added"], &later["changed"], &later["same"]), (&json!(1), &json!(1), &json!(0)));
    let found = compared(&admin, "month=2026-06&limit=1");
    assert_eq!(found["states"]["missing"], json!({ "count": 301, "fen": 299 * 11_300, "apart": 2 }));
    // One that moves to another month leaves the first.
    let moved = rows(1..2, "正常").replace("2026-06", "2026-07");
    assert_eq!(taken(csv(&admin, &moved))["changed"], 1);
    let found = compared(&admin, "month=2026-06&limit=1");
    assert_eq!((&found["states"]["missing"]["count"], &found["months"]), (&json!(300), &json!(["2026-06", "2026-07"])));
    // A list may have a paper invoice by its code and number alone, and another its 20 digits too.
    for (digital, is_known) in [("", 0), ("26322000004478296999", 1)] {
        let text = format!("数电发票号码,发票代码,发票号码,开票日期,价税合计\n{digital},044001900111,12345678,2026-08-01,5.00\n");
        assert_eq!(taken(csv(&admin, &text))["changed"], is_known);
        assert_eq!(compared(&admin, "month=2026-08")["total"], 1);
    }
}

#[test]
fn killed_in_the_middle_it_says_so_and_another_upload_completes_it() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let text = rows(1..30_001, "正常");
    let sending = std::thread::spawn({
        let (client, text) = (paperline.admin(), text.clone());
        move || client.try_send("POST", "/api/portal-list", &[("content-type", "text/csv")], text.as_bytes()).map(|a| a.status)
    });
    let written = || admin.get("/api/portal-list?month=2026-06&limit=1").body["lists"][0]["written"].as_u64();
    eventually("some of it is written", || written().filter(|written| *written > 0));
    let dir = paperline.kill();
    assert!(!matches!(sending.join().unwrap(), Ok(200)), "it was killed before it was answered");
    let paperline = Paperline::start_in(dir, &[]);
    let admin = paperline.admin();
    let found = compared(&admin, "month=2026-06&limit=1");
    let list = &found["lists"][0];
    let written = list["written"].as_u64().unwrap();
    assert!(list["is_whole"] == false && (1..30_000).contains(&written), "{list}");
    assert_eq!(found["states"]["missing"]["count"], written, "no line is half");
    // What the company gave in that month is another list than what it got.
    taken(csv(&admin, &rows(1..2, "正常")));
    let lists = compared(&admin, "month=2026-06&limit=1")["lists"].clone();
    assert_eq!((&lists[0]["is_whole"], &lists[1]["is_whole"]), (&json!(true), &json!(false)), "{lists}");
    let report = taken(csv(&admin, &text));
    assert_eq!((&report["same"], &report["added"]), (&json!(written), &json!(30_000 - written)));
    let found = compared(&admin, "month=2026-06&limit=1");
    assert!(found["lists"].as_array().unwrap().iter().all(|list| list["is_whole"] == true), "{}", found["lists"]);
    assert_eq!(found["states"]["missing"]["count"], 30_000);
    // A backup has it, and what is put back is sound.
    let run = |arguments: &[&str], paths: [(&str, &std::path::Path); 2]| {
        let done = Command::new(env!("CARGO_BIN_EXE_paperline"))
            .args(arguments)
            .args(paths.iter().flat_map(|(flag, path)| [std::ffi::OsStr::new(*flag), path.as_os_str()]))
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    let (backup, restored) = (paperline.dir.path().join("b"), paperline.dir.path().join("restored"));
    run(&["backup"], [("--data-dir", &paperline.data()), ("--out", &backup)]);
    run(&["restore"], [("--data-dir", &restored), ("--from", &backup)]);
    let checked = Command::new(env!("CARGO_BIN_EXE_paperline")).args(["check", "--data-dir"]).arg(&restored).output().unwrap();
    assert!(checked.status.success(), "{checked:?}");
    let (dir, _) = paperline.stop();
    let again = Paperline::start_on(dir, &restored, &[]);
    let client = again.client();
    let password = std::fs::read_to_string(again.data().join("initial-admin-password")).unwrap();
    client.log_in("admin", password.trim());
    assert_eq!(compared(&client, "month=2026-06&limit=1")["states"]["missing"]["count"], 30_000);
}

#[test]
fn a_company_has_its_own_lists_and_each_right_its_own_half() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let member = |company: &Value, name: &str, permissions: &[u64]| {
        let user = json!({ "user_name": name, "passwd": "long enough", "permissions": permissions, "company_id": company });
        assert_eq!(admin.post("/api/users", &user).status, 201);
        let client = paperline.client();
        client.log_in(name, "long enough");
        client
    };
    let other = admin.post("/api/companies", &json!({ "company_name": "乙" })).body["company_id"].clone();
    let (own, reader) = (member(&json!(1), "甲", &[6]), member(&json!(1), "读", &[5]));
    let stranger = member(&other, "乙", &[6]);
    taken(csv(&own, &rows(1..4, "正常")));
    assert_eq!(csv(&reader, &rows(4..5, "正常")).refusal(), (403, "forbidden"));
    assert_eq!(compared(&reader, "")["states"]["missing"]["count"], 3);
    let seen = compared(&stranger, "month=2026-06");
    assert_eq!((&seen["months"], &seen["lists"], &seen["total"]), (&json!([]), &json!([]), &json!(0)));
    assert_eq!(stranger.get("/api/portal-list?company_id=1").refusal(), (403, "forbidden"));
    taken(csv(&stranger, &rows(3..5, "正常")));
    assert_eq!(compared(&own, "")["states"]["missing"]["count"], 3);
    assert_eq!(compared(&admin, &format!("company_id={other}"))["states"]["missing"]["count"], 2);
}

#[test]
fn what_is_no_list_is_refused_in_words() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let many: String = rows(1..2, "正常") + &",\r\n".repeat(10) + &"1,2026-06-01,,,,,1,1,2,\r\n".repeat(50_001);
    for (bytes, status, says) in [
        (&b""[..], 400, "没有内容"),
        (b"%PDF-1.7 x", 400, "PDF"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1", 400, ".xls"),
        (b"<html><body>", 400, "网页"),
        (b"a,b,c\n1,2,3\n", 400, "没有找到标题行"),
        ("数电票号码,销方名称,购方名称,金额,税额\n".as_bytes(), 400, "开票日期"),
        ("数电票号码,开票日期,购方名称,金额,税额\n".as_bytes(), 400, "没有发票"),
        (many.as_bytes(), 413, "最多 50000 行"),
    ] {
        let refused = admin.send("POST", "/api/portal-list", &[("content-type", "text/csv")], bytes);
        assert!(refused.status == status && refused.body["err"].as_str().unwrap().contains(says), "{says}: {refused:?}");
    }
    let broken = admin.upload("/api/portal-list", &[("x.xlsx", &workbook()[..2_000])]);
    assert_eq!(broken.refusal(), (400, "malformed"));
    // All rows wrong: each is named, and nothing is kept.
    let report = taken(csv(&admin, "数电票号码,开票日期,购方名称,金额,税额\n1,2026-06-01,,1,1\n"));
    assert_eq!((&report["kept"], &report["errors"][0]["line"]), (&json!(0), &json!(2)));
    assert_eq!(compared(&admin, "")["months"], json!([]));
}
