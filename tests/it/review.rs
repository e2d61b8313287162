//! Safe review: versioned writes, checks on typed values, undo.

use crate::reader::{Office, ids};
use serde_json::{Value, json};

const SURE: &[(&str, &str)] = &[("金额", "¥20.00"), ("日期", "2026年1月2日")];
const DOUBTFUL: &[(&str, &str)] = &[("金额", "?0.2"), ("客户名称", "中山大学?0.5"), ("日期", "2026年1月2日")];

#[test]
fn a_late_colleague_is_refused_whole_and_shown_what_the_first_one_left() {
    let mut office = Office::open();
    let id = office.invoice(DOUBTFUL);
    let late = office.colleague("李强", &[6, 18]);
    let path = format!("/api/faults/{id}/review");
    let seen = office.version(id);
    let first = office.admin.post(&path, &json!({ "version": seen, "fields": { "金额": "1234567.89", "客户名称": "北京大学" } }));
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(
        (&first.body["state"], &first.body["is_fault"], &first.body["amount"]),
        (&json!("reviewed"), &json!(0), &json!(123_456_789))
    );
    assert_eq!((&first.body["reviewed_by"], &first.body["override"]), (&json!("admin"), &Value::Null));
    assert!(first.body["reviewed_time"].is_string() && first.body["version"].as_u64() > seen.as_u64());

    let before = office.get(id);
    for body in [
        json!({ "version": seen, "fields": { "金额": "", "客户名称": "" }, "absent": ["金额"] }),
        json!({ "fields": { "客户名称": "别家" } }),
        json!({ "version": seen }),
    ] {
        let refused = late.post(&path, &body);
        assert_eq!(refused.refusal(), (409, "conflict"), "{body}");
        assert!(refused.body["err"].as_str().unwrap().contains("admin"), "{refused:?}");
        assert_eq!(refused.body["invoice"], before, "as it is now");
    }
    for path in [format!("/api/faults/{id}/resolve"), format!("/api/faults/{id}/reopen"), format!("/api/faults/{id}/retry")] {
        assert_eq!(late.post(&path, &json!({ "version": seen })).refusal(), (409, "conflict"), "{path}");
    }
    let patched = late.patch(&format!("/api/invoices/{id}"), &json!({ "version": seen, "fields": { "客户名称": "别家" } }));
    assert_eq!((patched.refusal(), &patched.body["invoice"]["version"]), ((409, "conflict"), &before["version"]));
    for (verb, body) in [
        ("void", json!({ "version": seen, "reason": "错" })),
        ("duplicate", json!({ "version": seen })),
        ("restore", json!({ "version": seen })),
    ] {
        assert_eq!(office.admin.post(&format!("/api/invoices/{id}/{verb}"), &body).refusal(), (409, "conflict"), "{verb}");
    }
    assert_eq!(office.get(id), before, "nothing was written");
    assert_eq!(office.admin.get("/api/faults").body["fault_num"], 0);
    office.stays_sound();
}

#[test]
fn blanks_never_overwrite_and_what_nobody_could_read_is_filled_in_or_said_to_be_absent() {
    let mut office = Office::open();
    let id = office.invoice(DOUBTFUL);
    let path = format!("/api/faults/{id}/review");
    for fields in [json!({}), json!({ "金额": "" }), json!({ "金额": "  ", "客户名称": "北京大学" })] {
        let refused = office.admin.post(&path, &json!({ "fields": fields }));
        assert_eq!(refused.refusal(), (400, "malformed"));
        assert!(refused.body["err"].as_str().unwrap().contains("金额"), "{refused:?}");
        assert_eq!((office.get(id)["state"].clone(), office.get(id)["history"].clone()), (json!("waiting"), json!([])));
    }
    let both = office.admin.post(&path, &json!({ "fields": { "金额": "20" }, "absent": ["金额"] }));
    assert_eq!(both.refusal(), (400, "malformed"));
    let done = office.admin.post(&path, &json!({ "fields": { "客户名称": "" }, "absent": ["金额"] })).body;
    assert_eq!((&done["state"], &done["region_list"]["客户名称"]["ocr_result"]), (&json!("reviewed"), &json!("中山大学")));
    assert_eq!((&done["amount"], &done["region_list"]["金额"]["ocr_result"]), (&Value::Null, &json!("")));
    assert_eq!(office.sums()["without_amount"], 1);
    assert_eq!(office.sums()["confirmed"], json!({ "count": 1, "fen": 0 }));
}

#[test]
fn what_people_type_goes_through_the_machines_checks_and_is_written_one_way() {
    let mut office = Office::open();
    let id = office.invoice(&[
        ("金额", "?0.1"),
        ("中文金额", "壹佰肆拾伍元壹角捌分"),
        ("日期", "2026年1月2日"),
        ("发票号码", "07172119"),
    ]);
    let review = |fields: Value| office.admin.post(&format!("/api/faults/{id}/review"), &json!({ "fields": fields }));
    for (area, text) in [
        ("金额", "¥145.19"),
        ("金额", "壹佰块"),
        ("金额", "$145.18"),
        ("日期", "2026-02-30"),
        ("日期", "昨天"),
        ("发票号码", "123"),
        ("中文金额", "壹佰块"),
    ] {
        let mut fields = json!({ "金额": "145.18" });
        fields[area] = json!(text);
        let refused = review(fields.clone());
        assert_eq!(refused.refusal(), (400, "malformed"), "{fields}");
        let checks = refused.body["checks"].as_array().unwrap();
        assert!(checks.iter().any(|c| c["pos_id"] == area && !c["err"].as_str().unwrap().is_empty()), "{refused:?}");
        let patched = office.admin.patch(&format!("/api/invoices/{id}"), &json!({ "fields": { area: text } }));
        assert_eq!((patched.refusal(), patched.body["checks"][0]["pos_id"].clone()), ((400, "malformed"), json!(area)), "{text}");
    }
    assert_eq!((office.get(id)["state"].clone(), office.get(id)["version"].clone()), (json!("waiting"), json!(1)));
    let done = review(json!({ "金额": "（145.18）" }));
    assert_eq!(done.refusal(), (400, "malformed"), "below 0 is another sum");
    let done = review(json!({ "金额": "145.18", "日期": "2026.1.12", "发票号码": "０７１７ ２１１９" })).body;
    let text = |area: &str| done["region_list"][area]["ocr_result"].clone();
    assert_eq!((text("金额"), text("日期"), text("发票号码")), (json!("¥145.18"), json!("2026-01-12"), json!("07172119")));
    assert_eq!((&done["date"], &done["amount"]), (&json!("2026-01-12"), &json!(14_518)));
}

#[test]
fn a_reason_stands_against_the_checks_and_is_kept() {
    let mut office = Office::open();
    let id = office.invoice(&[("金额", "¥100.00"), ("中文金额", "壹佰零壹元整")]);
    let areas = json!([{ "pos_id": "金额", "text": "¥100.00" }, { "pos_id": "中文金额", "text": "壹佰零壹元整" }]);
    let reasons = json!([{ "text": "价税合计“¥100.00”与大写金额“壹佰零壹元整”不一致", "areas": areas }]);
    assert_eq!((&office.get(id)["state"], &office.get(id)["reasons"]), (&json!("waiting"), &reasons));
    assert_eq!(office.admin.get("/api/faults").body["fault_list"][0]["reasons"], reasons);
    let documented = office.admin.get("/invoice/getFaultQueue").body["fault_list"][0].clone();
    let in_the_document = json!("金额“¥100.00”与中文金额“壹佰零壹元整”不一致");
    assert_eq!((&documented["reason"], documented.get("reasons")), (&in_the_document, None), "{documented}");
    let path = format!("/api/faults/{id}/review");
    assert_eq!(
        office.admin.post(&path, &json!({ "fields": {} })).refusal(),
        (400, "malformed"),
        "the paper still contradicts itself"
    );
    assert_eq!(office.admin.post(&path, &json!({ "override": "长".repeat(201) })).refusal(), (400, "malformed"));
    assert_eq!(office.admin.post(&path, &json!({ "override": "  " })).refusal(), (400, "malformed"));
    let done = office.admin.post(&path, &json!({ "override": "票面如此，已问过对方" })).body;
    assert_eq!((&done["state"], &done["override"]), (&json!("reviewed"), &json!("票面如此，已问过对方")));
    let other = office.invoice(&[("金额", "¥7.00?0.1")]);
    let done =
        office.admin.post(&format!("/api/faults/{other}/review"), &json!({ "fields": { "金额": "8" }, "override": "无关" })).body;
    assert_eq!(done["override"], Value::Null, "nothing was against it");
    let patched =
        office.admin.patch(&format!("/api/invoices/{other}"), &json!({ "fields": { "金额": "九块" }, "override": "手写" }));
    assert_eq!((patched.status, &patched.body["region_list"]["金额"]["ocr_result"]), (200, &json!("九块")));
}

#[test]
fn a_review_is_taken_back_and_so_is_what_passed() {
    let mut office = Office::open();
    let (fault, passed) = (office.invoice(&[("金额", "¥7.00?0.1")]), office.invoice(SURE));
    assert_eq!(office.get(passed)["state"], "passed");
    office.admin.post(&format!("/api/faults/{fault}/review"), &json!({ "fields": { "金额": "8" } }));
    let mut number = 0;
    for id in [fault, passed] {
        let reason = office.get(id)["reason"].clone();
        let reopened = office.admin.post(&format!("/api/faults/{id}/reopen"), &json!({ "version": office.version(id) })).body;
        assert_eq!(
            (&reopened["state"], &reopened["is_fault"], &reopened["reviewed_by"]),
            (&json!("waiting"), &json!(1), &Value::Null)
        );
        assert_eq!(reopened["reason"], reason, "it stays as it was found");
        number += 1;
        assert_eq!(office.admin.get("/api/faults").body["fault_num"], number);
        assert_eq!(office.admin.post(&format!("/api/faults/{id}/reopen"), &json!({})).refusal(), (409, "conflict"));
    }
    assert_eq!(office.sums()["waiting"], json!({ "count": 2, "fen": 2_800 }));
    assert_eq!(office.admin.post(&format!("/api/faults/{passed}/review"), &json!({})).status, 200);
    assert_eq!(office.admin.post("/api/faults/999/reopen", &json!({})).refusal(), (404, "not_found"));
    office.stays_sound();
}

#[test]
fn reviewed_passed_waiting_and_reading_are_told_apart_everywhere() {
    let mut office = Office::open();
    let (passed, waiting, reviewed, reading) = (
        office.invoice(SURE),
        office.invoice(DOUBTFUL),
        office.invoice(&[("金额", "¥7.00?0.1")]),
        office.invoice(&[("金额", "¥9.00?0.1")]),
    );
    office.admin.post(&format!("/api/faults/{reviewed}/resolve"), &json!({ "version": office.version(reviewed) }));
    office.admin.post("/api/queue/pause", &json!({}));
    let retried = office.admin.post(&format!("/api/faults/{reading}/retry"), &json!({ "version": office.version(reading) })).body;
    for (state, id) in [("passed", passed), ("waiting", waiting), ("reviewed", reviewed), ("reading", reading)] {
        let list = office.admin.get(&format!("/api/invoices?state={state}")).body;
        assert_eq!((ids(&list), &list["total"]), (vec![id], &json!(1)), "{state}");
        let one = &list["invoices"][0];
        assert_eq!((&one["state"], one["is_fault"] == 1), (&json!(state), state == "waiting"));
    }
    assert_eq!(office.admin.get("/api/invoices?state=good").refusal(), (400, "malformed"));
    let export = String::from_utf8(office.admin.get("/api/invoices/export.csv").bytes).unwrap();
    for word in ["识别通过", "待核对", "已核对", "重新识别中"] {
        assert_eq!(export.matches(word).count(), 1, "{word}: {export}");
    }
    let sums = office.sums();
    assert_eq!((&sums["confirmed"], &sums["waiting"]), (&json!({ "count": 2, "fen": 2_700 }), &json!({ "count": 2, "fen": 900 })));

    assert_eq!(office.admin.post(&format!("/api/queue/{}/cancel", retried["action_id"]), &json!({})).status, 200);
    assert_eq!(office.get(reading)["state"], "waiting");
    assert_eq!(office.admin.get("/api/faults").body["fault_num"], 2);
    office.stays_sound();
}

#[test]
fn what_a_person_put_right_stays_and_waits_for_a_review_until_it_is_surely_read_the_same() {
    let mut office = Office::open();
    let id = office.invoice(&[("金额", "¥7.00?0.1"), ("中文金额", "捌元整")]);
    assert_eq!(office.admin.patch(&format!("/api/invoices/{id}"), &json!({ "fields": { "金额": "8" } })).status, 200);
    let doubtful = "金额由人填写或核对过，重新识别没有读准，请人工核对";
    for (read, state, reason, faults) in [("¥7.00?0.2", "waiting", doubtful, 1), ("¥8.00", "passed", "", 0)] {
        office.will_read(&[("金额", read), ("中文金额", "捌元整")]);
        let action = office.admin.post(&format!("/api/faults/{id}/retry"), &json!({})).body["action_id"].clone();
        assert_eq!(office.read(&action), id);
        let again = office.get(id);
        assert_eq!((&again["state"], &again["reason"], &again["amount"]), (&json!(state), &json!(reason), &json!(800)));
        assert_eq!(again["file_name"], "票1.png", "and its name");
        assert_eq!(office.admin.get("/api/faults").body["fault_num"], faults);
    }
    office.stays_sound();
}

#[test]
fn what_a_person_has_settled_is_no_longer_told_and_what_still_holds_is() {
    let mut office = Office::open();
    let settled =
        office.invoice(&[("金额", "?0.1"), ("中文金额", "捌元整"), ("客户名称", "中山大学?0.5"), ("日期", "2026年1月2日")]);
    let contradicts = office.invoice(&[("金额", "¥100.00"), ("中文金额", "壹佰零壹元整"), ("客户名称", "甲")]);
    let told = |office: &Office, id: u64| {
        let reasons = office.get(id)["reasons"].as_array().unwrap().clone();
        let listed = office.admin.get("/api/faults").body["fault_list"].as_array().unwrap().clone();
        let listed = listed.iter().find(|fault| fault["invoice_id"] == id).map(|fault| &fault["reasons"]);
        assert_eq!(listed.and_then(Value::as_array), Some(&reasons), "the list says the same, and it waits");
        reasons.iter().map(|reason| reason["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let enter = |office: &Office, id: u64, fields: Value| {
        assert_eq!(office.admin.patch(&format!("/api/invoices/{id}"), &json!({ "fields": fields })).status, 200);
    };
    let exported = |office: &Office| String::from_utf8(office.admin.get("/api/invoices/export.csv").bytes).unwrap();
    let buyer = "购买方识别不可靠（可信度 50%）";
    assert_eq!(told(&office, settled), [buyer, "价税合计没有读到内容，应为金额"], "that it is empty is said once");
    assert!(exported(&office).contains("金额没有读到内容"));
    enter(&office, settled, json!({ "金额": "8" }));
    assert_eq!(told(&office, settled), [buyer]);
    let documented = office.admin.get("/invoice/getFaultQueue").body["fault_list"].to_string();
    assert!(!documented.contains("金额没有读到内容") && !exported(&office).contains("金额没有读到内容"), "{documented}");
    enter(&office, settled, json!({ "客户名称": "中山大学" }));
    assert_eq!(told(&office, settled), [""; 0], "and it waits until somebody reviews it");

    let differ = "价税合计“¥100.00”与大写金额“壹佰零壹元整”不一致";
    enter(&office, contradicts, json!({ "客户名称": "乙" }));
    assert_eq!(told(&office, contradicts), [differ]);
    enter(&office, contradicts, json!({ "金额": "101" }));
    assert_eq!(told(&office, contradicts), [""; 0]);

    let reviewed = office.admin.post(&format!("/api/faults/{settled}/review"), &json!({})).body;
    assert_eq!((&reviewed["state"], &reviewed["reason"]), (&json!("reviewed"), &json!("")));
    office.admin.post(&format!("/api/faults/{settled}/reopen"), &json!({}));
    assert_eq!(told(&office, settled), [buyer], "what was only confirmed is in doubt again");
}

#[test]
fn of_what_is_empty_it_is_said_that_nothing_was_read_and_no_certainty_is_told_as_the_limit_it_misses() {
    let mut office = Office::open();
    let id = office.invoice(&[("客户名称", "?0.0"), ("发票号码", "38300140?0.89996"), ("金额", "¥8.00")]);
    let found = office.get(id);
    let told: Vec<(&str, &str, bool)> = found["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| {
            let area = reason["areas"][0]["pos_id"].as_str().unwrap();
            (area, reason["text"].as_str().unwrap(), reason["of_certainty"] == true)
        })
        .collect();
    let number = "发票号码识别不可靠（可信度 89%）";
    assert_eq!(told, [("客户名称", "购买方没有读到内容", true), ("发票号码", number, true)]);
    assert_eq!(found["reason"], "客户名称没有读到内容；发票号码识别不可靠（置信度 0.89）");
    assert_eq!(found["region_list"]["发票号码"]["probability"], 0.8999);
    let english = String::from_utf8(office.admin.get("/api/invoices/export.csv?lang=en").bytes).unwrap();
    let said = "客户名称: nothing was read; 发票号码 was not read reliably (confidence 0.89)";
    assert!(english.contains(said), "{english}");

    let reviewed = office.admin.post(&format!("/api/faults/{id}/review"), &json!({ "absent": ["客户名称"] })).body;
    assert_eq!(reviewed["region_list"]["客户名称"]["probability"], 1.0, "{reviewed}");
    office.admin.post(&format!("/api/faults/{id}/reopen"), &json!({}));
    let again = office.get(id);
    assert_eq!(again["region_list"]["客户名称"]["probability"], 0.0, "what was only confirmed is in doubt again");
    assert_eq!(again["reasons"][0]["text"], "购买方没有读到内容");

    let differs = office.invoice(&[("金额", "¥100.00"), ("中文金额", "壹佰零壹元整")]);
    assert_ne!(office.get(differs)["reasons"][0]["of_certainty"], true);
}

#[test]
fn the_same_sum_in_another_spelling_is_no_change() {
    let mut office = Office::open();
    let id = office.invoice(&[("金额", "756.63?0.5"), ("税额", "43.53"), ("日期", "2026年1月2日")]);
    for typed in ["756.63元", "¥756.63", "756.63"] {
        let patched = office.admin.patch(&format!("/api/invoices/{id}"), &json!({ "fields": { "金额": typed, "税额": "¥43.53" } }));
        let text = |area: &str| patched.body["region_list"][area]["ocr_result"].clone();
        assert_eq!((text("金额"), text("税额")), (json!("756.63"), json!("43.53")), "{typed}: {patched:?}");
    }
    let said = office.admin.post(&format!("/api/faults/{id}/review"), &json!({ "fields": { "金额": "756.63 元" } })).body;
    assert_eq!(said["region_list"]["金额"]["ocr_result"], "756.63");
    let log = office.admin.get("/api/log?page=0").body["action_list"].to_string();
    assert!(log.contains("修改发票") && !log.contains("756.63 →"), "{log}");
    let other = office.admin.patch(&format!("/api/invoices/{id}"), &json!({ "fields": { "金额": "756.64" } })).body;
    assert_eq!(other["region_list"]["金额"]["ocr_result"], "¥756.64", "another sum is written one way");
}

#[test]
fn everyone_sees_who_else_has_a_fault_open() {
    let mut office = Office::open();
    let id = office.invoice(DOUBTFUL);
    let wang = office.colleague("王芳", &[10]);
    assert_eq!(wang.post(&format!("/api/faults/{id}/open"), &json!({})).body["open_by"], json!([]));
    assert_eq!(office.admin.get("/api/faults").body["fault_list"][0]["open_by"], json!(["王芳"]));
    assert_eq!(wang.get("/api/faults").body["fault_list"][0]["open_by"], json!([]), "not one's own");
    assert_eq!(office.admin.post(&format!("/api/faults/{id}/open"), &json!({})).body["open_by"], json!(["王芳"]));
    assert_eq!(wang.post(&format!("/api/faults/{id}/close"), &json!({})).status, 200);
    assert_eq!(office.admin.get("/api/faults").body["fault_list"][0]["open_by"], json!([]));
    assert_eq!(wang.post("/api/faults/999/open", &json!({})).refusal(), (404, "not_found"));
}

#[test]
fn corrections_in_a_review_need_the_right_to_correct() {
    let mut office = Office::open();
    let id = office.invoice(&[("金额", "¥7.00?0.1")]);
    let only = office.colleague("只看", &[18]);
    let path = format!("/api/faults/{id}/review");
    assert_eq!(only.post(&path, &json!({ "fields": { "金额": "8" } })).refusal(), (403, "forbidden"));
    assert_eq!(only.post(&path, &json!({ "absent": ["金额"] })).refusal(), (403, "forbidden"));
    assert_eq!(only.post(&path, &json!({})).body["state"], "reviewed");
}
