//! Duplicate invoices: by value, not spelling; people's decisions; void ones.

use crate::reader::{Office, ids};
use crate::support::{Paperline, blank_png};
use paperline::domain::ids::{CompanyId, InvoiceId};
use paperline::domain::invoice::Standing;
use paperline::store::local::Local;
use paperline::store::tables::{COUNTERS, FORMAT, INVOICES, INVOICES_AS_THEY_CAME, INVOICES_BY_IDENTITY, TOTALS};
use paperline::store::{Store, endless};
use serde_json::{Value, json};
use std::process::Command;
use std::sync::Arc;

#[test]
fn invoices_of_one_number_are_one_however_it_was_read() {
    let mut office = Office::open();
    let first = office.invoice(&[("发票号码", "26332000000123456789"), ("金额", "¥10.01"), ("中文金额", "壹拾圆壹分")]);
    let twin = office.invoice(&[("发票号码", "2633 2000 0001 2345 6789"), ("金额", "10.01"), ("中文金额", "壹拾元零壹分")]);
    let paper = office.invoice(&[("发票代码", "144001604125"), ("发票号码", "07172119")]);
    let same_paper = office.invoice(&[("发票代码", "１４４００１６０４１２５"), ("发票号码", "0717 2119")]);
    let other_code = office.invoice(&[("发票代码", "144001604126"), ("发票号码", "07172119")]);
    let ticket = office.invoice(&[("发票号码", "A012345"), ("日期", "2026年1月2日")]);
    let same_ticket = office.invoice(&[("发票号码", "a012345"), ("日期", "2026-01-02")]);
    let other_day = office.invoice(&[("发票号码", "A012345"), ("日期", "2026-01-03")]);
    for (id, of) in [(twin, first), (same_paper, paper), (same_ticket, ticket)] {
        let found = office.get(id);
        assert_eq!((&found["duplicate"]["of"], &found["duplicate_of"]), (&json!(of), &json!(of)));
        assert_eq!(found["duplicate"]["decision"], Value::Null, "nobody has said");
    }
    for id in [first, paper, other_code, ticket, other_day] {
        assert_eq!(office.get(id)["duplicate"], Value::Null, "{id}");
    }
    assert_eq!(ids(&office.admin.get("/api/invoices?duplicate=1").body), [same_ticket, same_paper, twin]);
    office.stays_sound();
}

#[test]
fn a_duplicate_does_not_count_until_a_person_says_that_it_is_none() {
    let mut office = Office::open();
    let number = ("发票号码", "26332000000123456789");
    let first = office.invoice(&[number, ("金额", "¥100.00")]);
    let twin = office.invoice(&[number, ("金额", "¥100.00")]);
    let part = |count: u64, fen: i64| json!({ "count": count, "fen": fen });
    let sums = || (office.sums()["confirmed"].clone(), office.sums()["duplicate"].clone());
    assert_eq!(sums(), (part(1, 10_000), part(1, 10_000)));
    let decide = |id: u64, decision: Value| {
        let body = json!({ "decision": decision, "version": office.version(id) });
        office.admin.post(&format!("/api/invoices/{id}/duplicate"), &body)
    };
    let distinct = decide(twin, json!("distinct")).body;
    assert_eq!((&distinct["duplicate"]["decision"], &distinct["duplicate"]["user_name"]), (&json!("distinct"), &json!("admin")));
    assert_eq!((&distinct["duplicate_of"], distinct["duplicate"]["time"].is_string()), (&Value::Null, true));
    assert_eq!(sums(), (part(2, 20_000), part(0, 0)));
    assert_eq!(decide(twin, json!("duplicate")).body["duplicate"]["decision"], "duplicate");
    assert_eq!(sums(), (part(1, 10_000), part(1, 10_000)));
    assert_eq!(decide(twin, Value::Null).body["duplicate"]["decision"], Value::Null);
    assert_eq!(sums(), (part(1, 10_000), part(1, 10_000)));
    assert_eq!(decide(twin, json!("maybe")).refusal(), (400, "malformed"));
    assert_eq!(decide(first, json!("duplicate")).refusal(), (409, "conflict"), "there is no earlier one");

    decide(twin, json!("distinct"));
    let patch =
        |id: u64, text: &str| office.admin.patch(&format!("/api/invoices/{id}"), &json!({ "fields": { "发票号码": text } })).status;
    assert_eq!(patch(twin, "26332000000000000001"), 200);
    assert_eq!((office.get(twin)["duplicate"].clone(), sums()), (Value::Null, (part(2, 20_000), part(0, 0))));
    assert_eq!(patch(twin, number.1), 200);
    assert_eq!((office.get(twin)["duplicate"]["decision"].clone(), sums()), (Value::Null, (part(1, 10_000), part(1, 10_000))));
    assert_eq!(patch(first, "26332000000000000002"), 200);
    assert_eq!(sums(), (part(2, 20_000), part(0, 0)));
    office.stays_sound();
}

#[test]
fn a_void_invoice_is_kept_and_not_counted_and_no_longer_an_original() {
    let mut office = Office::open();
    let number = ("发票号码", "26332000000123456789");
    let first = office.invoice(&[number, ("金额", "¥100.00?0.3")]);
    let twin = office.invoice(&[number, ("金额", "¥100.00")]);
    let say = |verb: &str, body: Value| office.admin.post(&format!("/api/invoices/{first}/{verb}"), &body);
    for body in [json!({}), json!({ "reason": "  " }), json!({ "reason": "长".repeat(201) })] {
        let refused = say("void", body);
        assert_eq!(refused.refusal(), (400, "malformed"));
        assert!(refused.body["err"].as_str().unwrap().contains("reason"));
    }
    let void = say("void", json!({ "reason": "重开" })).body;
    assert_eq!(
        (&void["void"]["reason"], &void["void"]["user_name"], &void["is_fault"]),
        (&json!("重开"), &json!("admin"), &json!(0))
    );
    assert_eq!(say("void", json!({ "reason": "重开" })).refusal(), (409, "conflict"));
    assert_eq!(office.admin.get("/api/faults").body["fault_num"], 0, "nobody has to look at it");
    let sums = office.sums();
    assert_eq!((&sums["void"], &sums["confirmed"]), (&json!({ "count": 1, "fen": 10_000 }), &json!({ "count": 1, "fen": 10_000 })));
    assert_eq!(office.get(twin)["duplicate"], Value::Null);
    assert_eq!(ids(&office.admin.get("/api/invoices?void=1").body), [first]);
    assert_eq!(ids(&office.admin.get("/api/invoices?void=0").body), [twin]);
    let export = String::from_utf8(office.admin.get("/api/invoices/export.csv?void=1").bytes).unwrap();
    assert!(export.contains("重开"), "{export}");

    let restored = say("restore", json!({})).body;
    assert_eq!((&restored["void"], &restored["state"], &restored["is_fault"]), (&Value::Null, &json!("waiting"), &json!(1)));
    assert_eq!(office.admin.get("/api/faults").body["fault_num"], 1, "it waits as it did");
    assert_eq!(office.get(twin)["duplicate"]["of"], first);
    assert_eq!(say("restore", json!({})).refusal(), (409, "conflict"));
    assert_eq!(office.sums()["duplicate"]["count"], 1);
    let reader = office.colleague("只看", &[5]);
    assert_eq!(reader.post(&format!("/api/invoices/{first}/void"), &json!({ "reason": "x" })).refusal(), (403, "forbidden"));
    office.stays_sound();
}

#[test]
fn what_a_person_found_of_two_invoices_says_nothing_of_a_third_and_nothing_begins_to_count_unseen() {
    let mut office = Office::open();
    let number = ("发票号码", "26332000000123456789");
    let [first, second, third] = [(), (), ()].map(|()| office.invoice(&[number, ("金额", "¥100.00")]));
    let say = |id: u64, verb: &str, body: Value| {
        let answer = office.admin.post(&format!("/api/invoices/{id}/{verb}"), &body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    };
    let sums = || ["confirmed", "waiting", "duplicate", "void"].map(|part| office.sums()[part]["count"].as_u64().unwrap());
    say(second, "duplicate", json!({ "decision": "duplicate" }));
    say(third, "duplicate", json!({ "decision": "distinct", "of": first }));
    assert_eq!(office.get(third)["duplicate"]["of"], second, "of the second nobody has said anything");
    assert_eq!(sums(), [1, 0, 2, 0]);
    // What happens to each is told beforehand.
    let later = |id: u64| office.get(id)["later"].clone();
    let one = |id: u64, when_void: &str| json!({ "invoice_id": id, "when_void": when_void });
    assert_eq!(later(first), json!([one(second, "duplicate"), one(third, "duplicate")]), "the third is held against the second");
    say(first, "void", json!({ "reason": "重开" }));
    let still = office.get(second);
    assert_eq!((&still["duplicate"]["of"], &still["duplicate"]["decision"]), (&json!(first), &json!("duplicate")));
    let asked = office.get(third);
    assert_eq!((&asked["duplicate"]["of"], &asked["duplicate"]["decision"]), (&json!(second), &Value::Null));
    assert_eq!(sums(), [0, 0, 2, 1]);
    assert_eq!(later(second), json!([one(third, "confirmed")]));
    // The copy counts by a person's decision.
    say(second, "duplicate", json!({ "decision": null }));
    assert_eq!((sums(), office.get(second)["counted"].clone()), ([1, 0, 1, 1], json!(true)));
    // Both are in question again.
    say(first, "restore", json!({}));
    assert_eq!(sums(), [1, 0, 2, 0]);
    say(third, "duplicate", json!({ "decision": "distinct", "of": second }));
    assert_eq!(sums(), [2, 0, 1, 0], "that it is none of the first was said already");
    say(first, "void", json!({ "reason": "重开" }));
    say(second, "void", json!({ "reason": "重开" }));
    assert_eq!((sums(), later(third)), ([1, 0, 0, 2], json!([])));
    office.stays_sound();
}

#[test]
fn one_picture_is_asked_about_with_each_that_it_was_not_held_against() {
    let mut office = Office::open();
    let read = |office: &mut Office, picture: &[u8], money: &str, number: &str| {
        office.will_read(&[("金额", money), ("发票号码", number), ("发票代码", "1100161130")]);
        let sent = office.admin.upload("/invoice/recognizeImage", &[("a.png", picture)]);
        office.read(&sent.body["action_id_list"][0])
    };
    let (one, two) = (blank_png(33, 44), blank_png(34, 44));
    let first = read(&mut office, &one, "¥100.00", "44000001");
    let other = read(&mut office, &two, "¥55.00", "44000001");
    let say = |office: &Office, id: u64, decision: Value, of: u64| {
        office.admin.post(&format!("/api/invoices/{id}/duplicate"), &json!({ "decision": decision, "of": of }))
    };
    let asked = |office: &Office, id: u64| {
        let found = office.get(id);
        (found["duplicate"]["of"].as_u64(), found["duplicate"]["decision"].as_str().map(str::to_owned), found["counted"] == true)
    };
    let (distinct, duplicate) = (Some("distinct".to_owned()), Some("duplicate".to_owned()));
    assert_eq!(say(&office, other, json!("distinct"), first).status, 200);
    let same = read(&mut office, &two, "¥55.00", "44000001");
    assert_eq!(asked(&office, same), (Some(first), None, false));
    assert_eq!(say(&office, same, json!("distinct"), first).status, 200);
    // The same file as the second, whatever the first is.
    assert_eq!(asked(&office, same), (Some(other), None, false));
    assert_eq!(say(&office, same, json!("distinct"), first).refusal(), (409, "conflict"));
    assert_eq!(asked(&office, same), (Some(other), None, false));
    assert_eq!(say(&office, same, json!("duplicate"), other).status, 200);
    assert_eq!(asked(&office, same), (Some(other), duplicate, false));
    assert_eq!(office.sums()["confirmed"], json!({ "count": 2, "fen": 15_500 }));
    // A corrected number does not hide a copied picture.
    let third = read(&mut office, &two, "¥55.00", "44000003");
    assert_eq!(asked(&office, third).0, Some(other));
    for of in [other, same] {
        assert_eq!(say(&office, third, json!("distinct"), of).status, 200);
    }
    assert_eq!(asked(&office, third), (Some(other), distinct, true), "nobody is left to hold it against");
    assert_eq!(say(&office, third, Value::Null, other).status, 200);
    assert_eq!(asked(&office, third), (Some(other), None, false));
    office.stays_sound();
}

#[test]
fn who_is_a_duplicate_of_one_that_turns_out_to_be_another_is_one_no_more() {
    let mut office = Office::open();
    let number = ("发票号码", "26332000000123456789");
    let [first, second, third] = [(), (), ()].map(|()| office.invoice(&[number, ("金额", "¥100.00")]));
    let say = |id: u64, verb: &str, body: Value| office.admin.post(&format!("/api/invoices/{id}/{verb}"), &body);
    let numbered = |id: u64, text: &str| {
        let answer = office.admin.patch(&format!("/api/invoices/{id}"), &json!({ "fields": { "发票号码": text } }));
        assert_eq!(answer.status, 200, "{}", answer.body);
    };
    let counted = || [first, second, third].map(|id| office.get(id)["counted"] == true);
    assert_eq!(say(second, "duplicate", json!({ "decision": "duplicate" })).status, 200);
    numbered(first, "26332000000000000002");
    assert_eq!((counted(), office.get(second)["duplicate"].clone()), ([true, true, false], Value::Null));
    assert_eq!(office.get(third)["duplicate"]["of"], second);
    numbered(first, number.1);
    assert_eq!((counted(), office.get(second)["duplicate"]["decision"].clone()), ([true, false, false], json!("duplicate")));
    assert_eq!(say(first, "void", json!({ "reason": "x" })).status, 200);
    assert_eq!((counted(), office.get(third)["duplicate"]["of"].clone()), ([false, false, false], json!(second)));
    // One of the three has to count.
    let refused = say(third, "duplicate", json!({ "decision": "duplicate" }));
    assert_eq!(refused.refusal(), (409, "conflict"));
    assert!(refused.body["err"].as_str().unwrap().contains(&format!("#{second}")), "{}", refused.body);
    numbered(first, "26332000000000000002");
    assert_eq!(counted(), [false, true, false]);
    assert_eq!(say(first, "restore", json!({})).status, 200);
    assert_eq!(counted(), [true, true, false]);
    office.stays_sound();
}

#[test]
fn only_a_red_invoice_that_counts_takes_back_and_only_the_blue_one_that_it_names() {
    let mut office = Office::open();
    let (blue, other) = (("发票号码", "26332000000123456789"), ("发票号码", "26332000000123456781"));
    let remark = ("备注", "被红冲蓝字数电票号码：26332000000123456789");
    let first = office.invoice(&[blue, ("金额", "¥100.00")]);
    let again = office.invoice(&[blue, ("金额", "¥100.00")]);
    assert_eq!(office.admin.post(&format!("/api/invoices/{again}/duplicate"), &json!({ "decision": "distinct" })).status, 200);
    let unsure = office.invoice(&[("发票号码", "26332000000123456782"), ("金额", "¥-100.00?0.3"), remark]);
    let taken_back = |office: &Office, id: u64| office.get(id)["red_by"].clone();
    assert_eq!((taken_back(&office, first), office.get(unsure)["blue_of"].clone()), (Value::Null, json!(first)));
    let red = office.invoice(&[other, ("金额", "¥-100.00"), remark]);
    assert_eq!((taken_back(&office, first), taken_back(&office, again)), (json!(red), Value::Null));
    assert_eq!(office.admin.post(&format!("/api/invoices/{red}/void"), &json!({ "reason": "x" })).status, 200);
    assert_eq!(taken_back(&office, first), Value::Null);
    office.stays_sound();
}

#[test]
fn an_invoice_whose_code_was_not_read_is_asked_about_where_number_and_date_are_anothers() {
    let mut office = Office::open();
    let (number, date, money) = (("发票号码", "07172119"), ("日期", "2026年1月2日"), ("金额", "¥100.00"));
    let coded = office.invoice(&[("发票代码", "144001604125"), number, date, money]);
    let bare = office.invoice(&[number, ("日期", "2026-01-02"), money]);
    let other_code = office.invoice(&[("发票代码", "144001604126"), number, date, money]);
    let other_day = office.invoice(&[number, ("日期", "2026-01-03"), money]);
    let of = |id: u64| office.get(id)["duplicate"]["of"].clone();
    assert_eq!((of(coded), of(bare), of(other_code), of(other_day)), (Value::Null, json!(coded), json!(bare), Value::Null));
    // With its code it surely duplicates the first.
    let typed = json!({ "fields": { "发票代码": "144001604125" } });
    assert_eq!(office.admin.patch(&format!("/api/invoices/{bare}"), &typed).status, 200);
    assert_eq!((of(bare), of(other_code)), (json!(coded), Value::Null));
    assert_eq!(office.admin.post(&format!("/api/invoices/{coded}/void"), &json!({ "reason": "x" })).status, 200);
    assert_eq!((of(bare), office.sums()["confirmed"]["count"].clone()), (Value::Null, json!(3)));
    office.stays_sound();
}

#[test]
fn what_an_export_says_is_counted_comes_to_the_sum_that_the_list_says_is_confirmed() {
    let mut office = Office::open();
    let number = ("发票号码", "26332000000123456789");
    let first = office.invoice(&[number, ("金额", "¥100.00")]);
    let twin = office.invoice(&[number, ("金额", "¥100.00")]);
    let red = office.invoice(&[("发票号码", "26332000000123456780"), ("金额", "¥-30.00")]);
    let waiting = office.invoice(&[("发票号码", "26332000000123456781"), ("金额", "¥7.00?0.2")]);
    let void = office.invoice(&[("发票号码", "26332000000123456782"), ("金额", "¥5.00")]);
    assert_eq!(office.admin.post(&format!("/api/invoices/{void}/void"), &json!({ "reason": "x" })).status, 200);
    assert_eq!(office.sums()["confirmed"], json!({ "count": 2, "fen": 7_000 }));
    assert_eq!(ids(&office.admin.get("/api/invoices?counted=1").body), [red, first]);
    assert_eq!(ids(&office.admin.get("/api/invoices?counted=0").body), [void, waiting, twin]);
    assert_eq!(office.admin.get("/api/invoices?counted=1").body["sums"]["confirmed"], json!({ "count": 2, "fen": 7_000 }));
    for (lang, name, yes) in [("zh", "计入合计", "是"), ("en", "Counted", "yes")] {
        let export = String::from_utf8(office.admin.get(&format!("/api/invoices/export.csv?lang={lang}")).bytes).unwrap();
        let rows: Vec<Vec<&str>> = export
            .trim_start_matches('\u{feff}')
            .lines()
            .map(|line| line.split(',').map(|cell| cell.trim_matches('"')).collect())
            .collect();
        let at = rows[0].iter().position(|cell| *cell == name).unwrap();
        let mut counted: Vec<&str> = rows[1..].iter().filter(|row| row[at] == yes).map(|row| row[0]).collect();
        counted.sort_unstable();
        assert_eq!(counted, [first.to_string(), red.to_string()], "{export}");
    }
    assert_eq!(office.admin.get("/api/invoices?counted=maybe").refusal(), (400, "malformed"));
}

#[test]
fn one_picture_many_times_stays_one_through_every_change() {
    let office = Office::open();
    let mut read = Vec::new();
    for n in 0..5 {
        office.will_read(&[
            ("金额", "¥1.00"),
            ("发票号码", if n % 2 == 0 { "26332000000123456789" } else { "26332000000000000009" }),
        ]);
        let sent = office.admin.upload("/invoice/recognizeImage", &[("a.png", &blank_png(33, 44))]);
        read.push(office.read(&sent.body["action_id_list"][0]));
    }
    let confirmed = || office.sums()["confirmed"]["count"].clone();
    assert_eq!(confirmed(), 1);
    for (n, id) in read.iter().enumerate().take(4) {
        assert_eq!(office.admin.post(&format!("/api/invoices/{id}/void"), &json!({ "reason": "x" })).status, 200);
        assert_eq!((confirmed(), office.sums()["void"]["count"].clone()), (json!(1), json!(n + 1)));
    }
    for id in read.iter().take(4).rev() {
        assert_eq!(office.admin.post(&format!("/api/invoices/{id}/restore"), &json!({})).status, 200);
        assert_eq!(confirmed(), 1);
    }
    assert_eq!(office.get(read[4])["duplicate"]["of"], read[0]);
    office.stays_sound();
}

#[test]
fn a_store_of_an_older_release_is_indexed_and_counted_again() {
    let mut office = Office::open();
    let first = office.invoice(&[("发票号码", "26332000000123456789"), ("金额", "¥-100.00")]);
    let twin = office.invoice(&[("发票号码", "2633 2000 0001 2345 6789"), ("金额", "¥30.00")]);
    let lost = office.invoice(&[("金额", "¥7.00?0.1")]);
    let data = office.paperline.data();
    let (dir, _) = office.paperline.stop();
    let engine = Arc::new(Local::open(&data.join("db")).unwrap());
    let store = Store::new(engine, endless()).unwrap();
    let as_it_was = store.write_blocking(move |txn| {
        // By spelling, with unsigned sums.
        for (id, number) in [(first, "26332000000123456789"), (twin, "2633 2000 0001 2345 6789")] {
            txn.delete(&INVOICES_BY_IDENTITY, &(CompanyId(1), "number 26332000000123456789".into(), 3, InvoiceId(id)));
            txn.put(&INVOICES_AS_THEY_CAME, &(CompanyId(1), format!("number 0 {number}"), InvoiceId(id)), &())?;
        }
        for company in [0, 1] {
            txn.delete(&TOTALS, &CompanyId(company));
        }
        txn.put(&COUNTERS, &"invoices/fen".to_owned(), &13_000)?;
        // Its second reading was cancelled, and it has been on no list since.
        let mut invoice = txn.get(&INVOICES, &InvoiceId(lost))?.unwrap();
        invoice.standing = Standing::Reading;
        txn.put(&INVOICES, &invoice.id, &invoice)?;
        txn.delete(&paperline::store::tables::FAULTS, &invoice.id);
        txn.delete(&paperline::store::tables::FAULTS_BY_COMPANY, &(CompanyId(1), invoice.id));
        for counter in ["faults", "faults/1"] {
            txn.put(&COUNTERS, &counter.to_owned(), &0)?;
        }
        Ok(txn.put(&FORMAT, &(), &3)?)
    });
    as_it_was.unwrap();
    drop(store);
    let checked = || Command::new(env!("CARGO_BIN_EXE_paperline")).args(["check", "--data-dir"]).arg(&data).output().unwrap();
    assert!(checked().status.success(), "{}", String::from_utf8_lossy(&checked().stdout));
    let paperline = Paperline::start_in(dir, &[]);
    let admin = paperline.admin();
    let sums = admin.get("/api/invoices").body["sums"].clone();
    assert_eq!(
        (&sums["confirmed"], &sums["duplicate"]),
        (&json!({ "count": 1, "fen": -10_000 }), &json!({ "count": 1, "fen": 3_000 }))
    );
    assert_eq!(sums["waiting"], json!({ "count": 1, "fen": 700 }));
    assert_eq!(admin.get("/api/faults").body["fault_list"][0]["invoice_id"], lost);
}
