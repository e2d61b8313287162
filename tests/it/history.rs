//! Who changed what into what, and how one finds it.

use crate::reader::Office;
use crate::support::Client;
use serde_json::{Value, json};

const SURE: &[(&str, &str)] = &[("金额", "¥20.00"), ("日期", "2026年1月2日")];
const DOUBTFUL: &[(&str, &str)] = &[("金额", "?0.2"), ("日期", "2026年1月2日")];

fn rows(client: &Client, query: &str) -> Vec<Value> {
    client.get(&format!("/api/log?{query}")).body["action_list"].as_array().unwrap().clone()
}

fn words(client: &Client, query: &str) -> Vec<String> {
    rows(client, query).iter().map(|row| row["action_description"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_log_says_what_became_what_and_is_found_by_what_it_is_about() {
    let mut office = Office::open();
    for _ in 0..4 {
        office.invoice(SURE);
    }
    let id = office.invoice(DOUBTFUL);
    assert_eq!(id, 5);
    let changed = office.admin.patch("/api/invoices/1", &json!({ "fields": { "金额": "25", "日期": "2026-01-03" } }));
    assert_eq!(changed.status, 200, "{}", changed.body);
    let review = office.admin.post("/api/faults/5/review", &json!({ "fields": { "金额": "40.00" } }));
    assert_eq!(review.status, 200, "{}", review.body);
    let voided = office.admin.post("/api/invoices/5/void", &json!({ "reason": "重开" }));
    assert_eq!(voided.status, 200, "{}", voided.body);

    let said = |query: &str| words(&office.admin, query);
    assert_eq!(said("keyword=%235"), ["作废发票 #5：重开", "核对发票 #5：价税合计 （无） → ¥40.00", "识别发票 票5.png"]);
    assert_eq!(said("keyword=修改发票%20%231"), ["修改发票 #1：价税合计 ¥20.00 → ¥25.00；开票日期 2026年1月2日 → 2026-01-03"]);
    assert_eq!(said("keyword=%231%20核对发票"), [""; 0]);
    assert_eq!(said("keyword=%2355"), [""; 0], "the whole number");
    assert_eq!(rows(&office.admin, "keyword=%235")[0]["about"], json!([{ "kind": "invoice", "id": 5, "name": "" }]));
    // By the file: its upload, and what was done with its invoice.
    let file = office.get(5)["file_name"].as_str().unwrap().to_owned();
    let of_file = said(&format!("keyword={}", file.to_uppercase()));
    assert!(of_file.contains(&format!("识别发票 {file}")) && of_file.contains(&"作废发票 #5：重开".to_owned()), "{of_file:?}");
    // By the task, and by the user who was affected.
    let task = office.get(5)["action_id"].clone();
    assert_eq!(said(&format!("keyword=任务%20{task}")), [format!("识别发票 {file}")]);
    office.colleague("李强", &[6, 18]);
    let affected: Vec<String> = said("keyword=李强").into_iter().filter(|words| !words.starts_with("登录")).collect();
    assert!(affected.iter().any(|words| words.starts_with("添加用户 李强")), "{affected:?}");
    // By a value, as it is written or not, by what it is called, and by a reason.
    for words in ["40.00", "￥40", "价税合计 40", "重开", "Total 40.00"] {
        let found = said(&format!("keyword={}", words.replace(' ', "%20")));
        assert!(found.iter().any(|row| row.contains("#5")) && !found.iter().any(|row| row.contains("#1：")), "{words}: {found:?}");
    }
    // By its number also how it came, which the row of its upload does not say.
    let first = office.get(2)["file_name"].as_str().unwrap().to_owned();
    assert_eq!(said("keyword=%232"), [format!("识别发票 {first}")]);
    assert_eq!(said("keyword=＃2"), [format!("识别发票 {first}")]);
    // The interface document's log has neither administration nor what rows are about.
    let old = office.admin.post(
        "/invoice/getTwentyAction",
        &json!({
            "startTime": "2020-01-01 00:00:00", "endTime": "2099-01-01 00:00:00", "keyword": "#5", "page": 0
        }),
    );
    assert_eq!(old.body["action_list"], json!([]));
    office.stays_sound();
}

#[test]
fn a_setting_says_what_it_was() {
    let office = Office::open();
    let set = |value: u64| office.admin.patch("/api/settings", &json!({ "max_upload_mib": value }));
    let answer = set(5);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(set(6).status, 200);
    let shown = "修改设置 上传上限（MB）：5 → 6";
    for keyword in ["max_upload_mib", "上传上限", "upload%20limit"] {
        assert_eq!(words(&office.admin, &format!("keyword={keyword}"))[0], shown, "{keyword}");
    }
    let english = office.admin.clone().with_header("accept-language", "en");
    assert_eq!(words(&english, "keyword=上传上限")[0], "Change setting Upload limit (MB): 5 → 6");
    let about = rows(&english, "keyword=max_upload_mib")[0]["about"].clone();
    assert_eq!(about, json!([{ "kind": "setting", "id": null, "name": "max_upload_mib", "called": "Upload limit (MB)" }]));
    office.stays_sound();
}

#[test]
fn an_invoice_has_one_line_of_time() {
    let mut office = Office::open();
    let id = office.invoice(DOUBTFUL);
    let say = |verb: &str, body: Value| assert_eq!(office.admin.post(verb, &body).status, 200, "{verb}");
    say(&format!("/api/faults/{id}/review"), json!({ "fields": { "金额": "40.00" } }));
    say(&format!("/api/invoices/{id}/void"), json!({ "reason": "重开" }));
    say(&format!("/api/invoices/{id}/restore"), json!({}));
    assert_eq!(office.admin.patch(&format!("/api/invoices/{id}"), &json!({ "fields": { "金额": "41.00" } })).status, 200);
    let whole = office.get(id);
    let told: Vec<(String, String, String)> = whole["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
            let changes = event["changes"].as_array().unwrap().iter();
            let changes = changes.map(|c| format!("{} {}→{}", c["pos_id"], c["old"], c["new"]).replace('"', ""));
            (text("what"), text("words"), changes.collect::<Vec<_>>().join(" "))
        })
        .collect();
    let event = |what: &str, words: &str, changes: &str| (what.to_owned(), words.to_owned(), changes.to_owned());
    assert_eq!(
        told,
        [
            event("uploaded", "", ""),
            event("read", "", ""),
            event("logged", "核对发票", "金额 →¥40.00 日期 2026年1月2日→2026年1月2日 发票类型 票€→票€"),
            event("logged", &format!("作废发票 #{id}：重开"), ""),
            event("logged", &format!("恢复发票 #{id}"), ""),
            event("logged", "修改发票", "金额 ¥40.00→¥41.00"),
        ]
    );
    assert!(whole["timeline"].as_array().unwrap().iter().all(|event| event["time"].is_string()));
    assert_eq!((&whole["timeline"][1]["user_name"], &whole["timeline"][2]["user_name"]), (&Value::Null, &json!("admin")));
    office.stays_sound();
}

#[test]
fn what_left_the_box_as_a_file_or_on_paper_is_on_the_line_of_each_invoice_that_did() {
    let mut office = Office::open();
    let ids: Vec<u64> = (0..3).map(|_| office.invoice(SURE)).collect();
    let left = |id: u64| {
        let timeline = office.get(id)["timeline"].as_array().unwrap().clone();
        let told = timeline.into_iter().skip(2).map(|event| event["words"].as_str().unwrap().to_owned());
        told.collect::<Vec<_>>()
    };
    let today = |name: &str| {
        let log = rows(&office.admin, &format!("keyword={name}"));
        let time = log[0]["action_time"].as_str().unwrap();
        time.split(' ').next().unwrap().to_owned()
    };
    let say = |body: Value| office.admin.post("/api/invoices/printed", &body);
    let fetch = |client: &Client, path: &str| assert_eq!(client.get(path).status, 200, "{path}");

    fetch(&office.admin, "/api/invoices/export.xlsx");
    assert_eq!(words(&office.admin, "keyword=导出发票").len(), 1, "one file, also where no invoice has lines");
    fetch(&office.admin, "/api/invoices/export.csv?lang=zh&columns=id&number=nothing");
    fetch(&office.admin, &format!("/api/invoices/export.zip?action_id={}", office.get(ids[1])["action_id"]));
    assert_eq!(say(json!({ "invoice_ids": [ids[0], ids[2]] })).status, 200);
    assert_eq!(say(json!({ "invoice_ids": [ids[2]] })).status, 200);
    let day = today("导出发票");
    let all = format!("导出发票 发票_{day}.xlsx：3 张");
    assert_eq!(left(ids[0]), [all.clone(), "发起打印 2 张".into()]);
    assert_eq!(left(ids[1]), [all.clone(), format!("导出发票 发票_{day}.zip：1 张")]);
    assert_eq!(left(ids[2]), [all, "发起打印 2 张".into(), format!("发起打印 #{}", ids[2])]);
    assert_eq!(words(&office.admin, "keyword=.csv"), [format!("导出发票 发票_{day}.csv：0 张")]);

    // A program fetches without end: the log has it, the invoices need not.
    let token = office.admin.post("/api/tokens", &json!({ "name": "财务系统", "permissions": [6] })).body["token"].clone();
    let program = office.paperline.client().with_header("authorization", &format!("Bearer {}", token.as_str().unwrap()));
    fetch(&program, "/api/invoices/export.csv?lang=en");
    assert_eq!(words(&office.admin, "keyword=.csv")[0], format!("导出发票 invoices_{day}.csv：3 张"));
    assert_eq!(left(ids[1]).len(), 2);

    for wrong in
        [json!({}), json!({ "invoice_ids": [] }), json!({ "invoice_ids": ["x"] }), json!({ "invoice_ids": vec![1; 2_001] })]
    {
        assert_eq!(say(wrong).status, 400);
    }
    let before = words(&office.admin, "keyword=发起打印");
    assert_eq!(say(json!({ "invoice_ids": [ids[0], 999] })).status, 404);
    office.admin.post("/api/companies", &json!({ "company_name": "别家" }));
    let company = office.admin.get("/api/companies").body["companies"][1]["company_id"].clone();
    let user = json!({ "user_name": "外人", "passwd": "a long password", "permissions": [6], "company_id": company });
    assert_eq!(office.admin.post("/api/users", &user).status, 201);
    let stranger = office.paperline.client();
    stranger.log_in("外人", "a long password");
    assert_eq!(stranger.post("/api/invoices/printed", &json!({ "invoice_ids": [ids[0]] })).status, 403);
    assert_eq!(words(&office.admin, "keyword=发起打印"), before);
    office.stays_sound();
}
