//! When a person and the machine, or two readings, disagree, nothing is decided silently.

use crate::reader::{Office, ids};
use crate::support::{Answer, eventually};
use serde_json::{Value, json};

fn patch(office: &Office, id: u64, body: &Value) -> Answer {
    office.admin.patch(&format!("/api/invoices/{id}"), body)
}

fn review(office: &Office, id: u64, body: &Value) -> Answer {
    office.admin.post(&format!("/api/faults/{id}/review"), body)
}

fn read_again(office: &Office, id: u64, fields: &[(&str, &str)]) -> Value {
    if office.get(id)["state"] != "waiting" {
        assert_eq!(office.admin.post(&format!("/api/faults/{id}/reopen"), &json!({})).status, 200);
    }
    office.will_read(fields);
    let action = office.admin.post(&format!("/api/faults/{id}/retry"), &json!({})).body["action_id"].clone();
    assert_eq!(office.read(&action), id);
    eventually("it is read again", || Some(office.get(id)).filter(|found| found["state"] != "reading"))
}

fn text(invoice: &Value, area: &str) -> String {
    invoice["region_list"][area]["ocr_result"].as_str().unwrap_or_default().to_owned()
}

fn reason(invoice: &Value) -> &str {
    invoice["reason"].as_str().unwrap()
}

#[test]
fn a_typed_value_that_another_reading_contradicts_waits_for_a_person_who_sees_both() {
    let mut office = Office::open();
    let id = office.invoice(&[("金额", "¥999.00?0.1"), ("日期", "2026年1月2日?0.1"), ("发票号码", "34972867?0.1")]);
    patch(&office, id, &json!({ "fields": { "金额": "99.90", "日期": "2026-01-03", "发票号码": "34972867" } }));
    let again =
        read_again(&office, id, &[("金额", "¥999.00?0.99"), ("日期", "2026年1月2日?0.99"), ("发票号码", "No 3497-2867?0.99")]);
    assert_eq!((&again["state"], &again["is_fault"], &again["amount"]), (&json!("waiting"), &json!(1), &json!(9_990)));
    assert!(reason(&again).contains("金额：填写为 ¥99.90，重新识别为 ¥999.00"), "{again}");
    assert!(reason(&again).contains("日期：填写为 2026-01-03，重新识别为 2026年1月2日"), "{again}");
    assert!(!reason(&again).contains("发票号码"), "one value, spelt otherwise: {again}");
    assert_eq!(office.admin.get("/api/faults").body["fault_num"], 1);
    let english = office.admin.clone().with_header("accept-language", "en").get(&format!("/api/invoices/{id}")).body;
    assert!(reason(&english).contains("金额: entered as ¥99.90, read again as ¥999.00"), "{english}");

    // A doubtful reading neither contradicts nor confirms; another spelling confirms.
    let again = read_again(&office, id, &[("金额", "99.90元?0.99"), ("日期", "2026年1月8日?0.2"), ("发票号码", "34972867?0.99")]);
    assert_eq!((&again["state"], &again["amount"]), (&json!("waiting"), &json!(9_990)));
    assert_eq!(reason(&again), "日期由人填写或核对过，重新识别没有读准，请人工核对");
    let again = read_again(&office, id, &[("金额", "99.90元?0.99"), ("日期", "2026年1月3日?0.99"), ("发票号码", "34972867?0.99")]);
    assert_eq!((&again["state"], reason(&again), &again["amount"]), (&json!("passed"), "", &json!(9_990)));
    office.stays_sound();
}

#[test]
fn a_figure_that_a_person_confirmed_is_not_replaced_without_a_word() {
    let mut office = Office::open();
    let reviewed = office.invoice(&[("金额", "¥113.00"), ("客户名称", "中山大学?0.5")]);
    assert_eq!(review(&office, reviewed, &json!({})).status, 200);
    let resolved = office.invoice(&[("金额", "¥113.00"), ("客户名称", "中山大学?0.5")]);
    assert_eq!(office.admin.post(&format!("/api/faults/{resolved}/resolve"), &json!({})).status, 200);
    for id in [reviewed, resolved] {
        let history = office.get(id)["history"].clone();
        let line = history.as_array().unwrap().iter().find(|line| line["pos_id"] == "金额").unwrap().clone();
        assert_eq!((&line["old"], &line["new"], &line["user_name"]), (&json!("¥113.00"), &json!("¥113.00"), &json!("admin")));
        let again = read_again(&office, id, &[("金额", "¥118.00"), ("客户名称", "中山大学")]);
        assert_eq!((&again["state"], &again["amount"]), (&json!("waiting"), &json!(11_300)), "{again}");
        assert_eq!(reason(&again), "金额：填写为 ¥113.00，重新识别为 ¥118.00");
        assert_eq!(again["history"], history, "and who confirmed it");
        let fixed = review(&office, id, &json!({ "fields": { "金额": "118" } })).body;
        assert_eq!((&fixed["state"], &fixed["amount"]), (&json!("reviewed"), &json!(11_800)));
    }
    office.stays_sound();
}

#[test]
fn a_reason_against_the_checks_stays_as_long_as_the_value_it_was_given_for() {
    let mut office = Office::open();
    let fields = &[("金额", "¥100.00"), ("中文金额", "壹佰元整"), ("客户名称", "中山大学")];
    let passed = office.invoice(fields);
    let waiting = office.invoice(&[("金额", "¥100.00"), ("中文金额", "壹佰元整"), ("客户名称", "中山大学?0.5")]);
    for (id, state) in [(passed, "reviewed"), (waiting, "waiting")] {
        let taken = patch(&office, id, &json!({ "fields": { "金额": "101" }, "override": "票面如此" })).body;
        assert_eq!((&taken["state"], &taken["override"]), (&json!(state), &json!("票面如此")), "{taken}");
        assert_eq!(office.get(id)["override"], "票面如此");
        let other = patch(&office, id, &json!({ "fields": { "客户名称": "北京大学" } })).body;
        assert_eq!((&other["state"], &other["override"]), (&json!(state), &json!("票面如此")));
        let accepted = patch(&office, id, &json!({ "fields": { "金额": "100" } })).body;
        assert_eq!((&accepted["state"], &accepted["override"]), (&json!(state), &Value::Null), "the checks accept it");
    }
    // Impossible values too; the reason survives undo and rereading.
    patch(&office, passed, &json!({ "fields": { "中文金额": "壹佰块", "金额": "九块" }, "override": "手写" }));
    let other = patch(&office, passed, &json!({ "fields": { "客户名称": "复旦大学" } })).body;
    assert_eq!((&other["state"], &other["override"]), (&json!("reviewed"), &json!("手写")));
    assert_eq!(office.admin.post(&format!("/api/faults/{passed}/reopen"), &json!({})).body["override"], "手写");
    let again = read_again(&office, passed, fields);
    assert_eq!((&again["state"], &again["override"], text(&again, "金额")), (&json!("waiting"), &json!("手写"), "九块".into()));
    assert_eq!(again["reviewed_by"], Value::Null);
    office.stays_sound();
}

#[test]
fn what_a_person_has_changed_is_no_longer_read_by_the_machine_alone() {
    let mut office = Office::open();
    let (changed, untouched) = (office.invoice(&[("金额", "¥20.00")]), office.invoice(&[("金额", "¥30.00")]));
    let waiting = office.invoice(&[("金额", "¥40.00?0.1")]);
    for id in [changed, waiting] {
        assert_eq!(patch(&office, id, &json!({ "fields": { "金额": "21" } })).status, 200);
    }
    for (state, id) in [("passed", untouched), ("reviewed", changed), ("waiting", waiting)] {
        assert_eq!(ids(&office.admin.get(&format!("/api/invoices?state={state}")).body), [id], "{state}");
    }
    let found = office.get(changed);
    assert_eq!((&found["reviewed_by"], &found["override"], &found["is_fault"]), (&json!("admin"), &Value::Null, &json!(0)));
    office.stays_sound();
}

#[test]
fn blanks_take_nothing_away_unless_it_is_said() {
    let mut office = Office::open();
    let read = &[("金额", "¥20.00"), ("发票号码", "34972867"), ("日期", "2026年1月2日"), ("客户名称", "中山大学")];
    let id = office.invoice(read);
    let before = office.get(id);
    for blank in ["", "  ", "\u{3000}\t", "\u{200b}", "\u{feff}\u{2060}", "\u{1}\u{7f}"] {
        for area in ["金额", "发票号码", "日期", "客户名称"] {
            let refused = patch(&office, id, &json!({ "fields": { area: blank } }));
            assert_eq!((refused.refusal(), &refused.body["checks"][0]["pos_id"]), ((400, "malformed"), &json!(area)), "{blank:?}");
        }
    }
    assert_eq!(office.get(id), before, "nothing was written");
    let both = patch(&office, id, &json!({ "fields": { "金额": "20" }, "absent": ["金额"] }));
    assert_eq!(both.refusal(), (400, "malformed"));
    assert_eq!(patch(&office, id, &json!({ "absent": [] })).refusal(), (400, "malformed"));
    let said = patch(&office, id, &json!({ "absent": ["客户名称"] })).body;
    assert_eq!((text(&said, "客户名称"), &said["state"], &said["override"]), (String::new(), &json!("reviewed"), &Value::Null));
    let said = patch(&office, id, &json!({ "fields": { "日期": " " }, "absent": ["日期"] })).body;
    assert_eq!((text(&said, "日期"), &said["date"]), (String::new(), &Value::Null));
    let forced = patch(&office, id, &json!({ "fields": { "金额": "\u{200b}" }, "override": "看不清" })).body;
    assert_eq!((text(&forced, "金额"), &forced["amount"], &forced["override"]), (String::new(), &Value::Null, &json!("看不清")));

    let fault = office.invoice(&[("金额", "?0.2"), ("客户名称", "中山大学")]);
    for blank in ["\u{200b}", "\u{7}"] {
        let refused = review(&office, fault, &json!({ "fields": { "金额": blank } }));
        assert_eq!(refused.refusal(), (400, "malformed"), "{blank:?}");
        assert!(refused.body["err"].as_str().unwrap().contains("金额"), "{refused:?}");
    }
    let done = review(&office, fault, &json!({ "fields": { "金额": "8", "客户名称": "\u{200b}" } })).body;
    assert_eq!((&done["state"], text(&done, "客户名称")), (&json!("reviewed"), "中山大学".into()));
    office.stays_sound();
}

#[test]
fn an_area_that_is_read_two_ways_at_once_is_not_sure() {
    let mut office = Office::open();
    let id = office.invoice(&[("金额", "¥20.00"), ("客户名称", "中山大学"), ("金额", "¥200.00")]);
    let found = office.get(id);
    assert_eq!(found["state"], "waiting");
    assert!(reason(&found).contains("¥20.00") && reason(&found).contains("¥200.00"), "{found}");
    let same = office.invoice(&[("金额", "¥20.00"), ("金额", "¥20.00")]);
    assert_eq!(office.get(same)["state"], "passed");
    let again = read_again(&office, id, &[("金额", "¥200.00"), ("客户名称", "中山大学")]);
    assert_eq!((&again["state"], reason(&again)), (&json!("passed"), ""), "another reading begins anew");
}

#[test]
fn a_sum_that_can_not_be_read_beside_one_that_can_is_a_fault() {
    let mut office = Office::open();
    for figures in ["¥1,23", "", "$100.00", "235.00-", "NaN", "\u{200b}"] {
        let id = office.invoice(&[("金额", figures), ("中文金额", "贰佰叁拾伍元整")]);
        let found = office.get(id);
        assert_eq!(found["state"], "waiting", "{figures}");
        assert!(reason(&found).contains("金额"), "{found}");
    }
    let id = office.invoice(&[("金额", "¥235.00"), ("中文金额", "货佰叁拾伍元整")]);
    assert!(reason(&office.get(id)).contains("中文金额“货佰叁拾伍元整”不是金额"));
    // The paper lacks the figures: a person's word.
    let id = office.invoice(&[("金额", ""), ("中文金额", "贰佰叁拾伍元整")]);
    assert_eq!(review(&office, id, &json!({ "fields": {} })).refusal(), (400, "malformed"));
    assert_eq!(review(&office, id, &json!({ "absent": ["金额"] })).body["state"], "reviewed");
}

#[test]
fn one_number_spelt_in_many_ways_is_one_invoice() {
    let mut office = Office::open();
    let first = office.invoice(&[("发票代码", "042001700112"), ("发票号码", "34972867"), ("金额", "¥1.00")]);
    for (code, number) in [
        ("042001700112", "No34972867"),
        ("042001700112", "No.34972867"),
        ("042001700112", "№34972867"),
        ("042001700112", "NO:34972867"),
        ("042001700112", "发票号码：34972867"),
        ("042001700112", "3497-2867"),
        ("代码042001700112", "34972867"),
        ("O42OO17OO112", "34972867"),
    ] {
        let twin = office.invoice(&[("发票代码", code), ("发票号码", number), ("金额", "¥1.00")]);
        assert_eq!(office.get(twin)["duplicate"]["of"], first, "{code} {number}");
    }
    let ticket = office.invoice(&[("发票号码", "A012345"), ("日期", "2026年1月2日")]);
    let other = office.invoice(&[("发票号码", "012345"), ("日期", "2026年1月2日")]);
    assert_eq!((&office.get(ticket)["duplicate"], &office.get(other)["duplicate"]), (&Value::Null, &Value::Null));
    office.stays_sound();
}

#[test]
fn what_was_accepted_and_taken_back_is_in_doubt_again_and_only_a_person_ends_it() {
    let mut office = Office::open();
    let fields = &[("金额", "¥88.00?0.2"), ("客户名称", "中山大学")];
    let id = office.invoice(fields);
    assert_eq!(review(&office, id, &json!({ "fields": { "金额": "¥88.00" } })).body["state"], "reviewed");
    let reopened = office.admin.post(&format!("/api/faults/{id}/reopen"), &json!({})).body;
    assert_eq!((&reopened["state"], &reopened["reviewed_by"]), (&json!("waiting"), &Value::Null));
    assert_eq!(reopened["region_list"]["金额"]["probability"], 0.2, "{reopened}");
    for _ in 0..2 {
        let again = read_again(&office, id, fields);
        assert_eq!(
            (&again["state"], &again["is_fault"], &again["reviewed_by"]),
            (&json!("waiting"), &json!(1), &Value::Null),
            "{again}"
        );
        assert_eq!(reason(&again), "金额由人填写或核对过，重新识别没有读准，请人工核对");
        assert_eq!(again["region_list"]["金额"]["probability"], 0.2, "it stands there, and is not sure");
        assert_eq!(again["user_name"], "admin");
    }
    // Typing alone is no review.
    assert_eq!(patch(&office, id, &json!({ "fields": { "金额": "89" } })).status, 200);
    assert_eq!(read_again(&office, id, fields)["state"], "waiting");
    let untouched = office.invoice(&[("金额", "¥70.00?0.2")]);
    assert_eq!(patch(&office, untouched, &json!({ "fields": { "金额": "71" } })).status, 200);
    assert_eq!(read_again(&office, untouched, &[("金额", "¥70.00?0.2")])["state"], "waiting");
    assert_eq!(review(&office, id, &json!({ "fields": { "金额": "88" } })).body["state"], "reviewed");
    office.stays_sound();
}
