//! One invoice as files of several kinds: the surest counts, whichever came first; the others are linked to it.

use crate::reader::Office;
use crate::support::documents::{Digital, digital, pdf};
use crate::support::{Client, Paperline};
use serde_json::{Value, json};

fn file(office: &Office, name: &str, bytes: &[u8]) -> u64 {
    let sent = office.admin.upload("/invoice/recognizeImage", &[(name, bytes)]);
    office.read(&sent.body["action_id_list"][0])
}

/// As a camera saw it.
fn photo(office: &mut Office, money: &str) -> u64 {
    office.invoice(&[("发票号码", digital().number), ("金额", money), ("日期", "2026年6月4日"), ("客户名称", "示例采购单位")])
}

fn part(count: u64, fen: i64) -> Value {
    json!({ "count": count, "fen": fen })
}

fn sums(client: &Client) -> [Value; 4] {
    let sums = client.get("/api/invoices").body["sums"].clone();
    ["confirmed", "waiting", "duplicate", "void"].map(|name| sums[name].clone())
}

#[test]
fn a_photo_gives_way_to_the_xml_of_its_number_and_says_where_they_differ() {
    let mut office = Office::open();
    let first = photo(&mut office, "¥368.20");
    assert_eq!(sums(&office.admin), [part(1, 36_820), part(0, 0), part(0, 0), part(0, 0)]);
    let xml = file(&office, "a.xml", &digital().xml());
    let none = || part(0, 0);
    assert_eq!(sums(&office.admin), [part(1, 36_020), none(), part(1, 36_820), none()]);
    let (photo_now, xml_now) = (office.get(first), office.get(xml));
    assert_eq!((&photo_now["duplicate_of"], &photo_now["counted"]), (&json!(xml), &json!(false)));
    assert_eq!(
        photo_now["duplicate"],
        json!({ "of": xml, "decision": null, "user_name": null, "time": null, "differs": ["金额"] })
    );
    assert_eq!((&xml_now["duplicate"], &xml_now["counted"]), (&Value::Null, &json!(true)));
    assert_eq!(xml_now["later"], json!([{ "invoice_id": first, "when_void": "confirmed" }]));
    for (language, words) in [("zh", "疑似与 #2 重复，金额不同"), ("en", "\"looks like #2, which differs in: Amount\"")] {
        let export = office.admin.get(&format!("/api/invoices/export.csv?lang={language}")).bytes;
        assert!(String::from_utf8(export).unwrap().contains(words), "{words}");
    }

    let say = |id: u64, verb: &str, body: Value| {
        let answer = office.admin.post(&format!("/api/invoices/{id}/{verb}"), &body);
        assert_eq!(answer.status, 200, "{}", answer.body);
    };
    say(xml, "void", json!({ "reason": "重开" }));
    assert_eq!(sums(&office.admin), [part(1, 36_820), none(), none(), part(1, 36_020)]);
    say(xml, "restore", json!({}));
    assert_eq!(sums(&office.admin), [part(1, 36_020), none(), part(1, 36_820), none()]);
    let fields = json!({ "fields": { "金额": "360.20" } });
    assert_eq!(office.admin.patch(&format!("/api/invoices/{first}"), &fields).body["duplicate"]["differs"], json!([]));
    assert_eq!(sums(&office.admin), [part(1, 36_020), none(), part(1, 36_020), none()]);
    // Another paper after all.
    say(first, "duplicate", json!({ "decision": "distinct", "of": xml }));
    assert_eq!(sums(&office.admin), [part(2, 72_040), none(), none(), none()]);
    office.stays_sound();
}

#[test]
fn whatever_comes_in_whichever_order_the_surest_file_counts_and_a_crash_changes_nothing() {
    let made = digital();
    // A file of another sum, so that it is seen which counts.
    let with = |total: &'static str, net: &'static str, words: &'static str| {
        let mut lines = made.lines.clone();
        (lines[1].amount, lines[1].price, lines[1].rate, lines[1].tax) = (net, net, "0", "0.00");
        let net = match net {
            "21.00" => "321.00",
            _ => "322.00",
        };
        Digital { lines, net, tax: "39.00", total, words, ..digital() }
    };
    let (ofd, pdf) = (with("360.00", "21.00", "叁佰陆拾圆整").ofd(), pdf(&[&with("361.00", "22.00", "叁佰陆拾壹圆整")]));
    let files = [("a.pdf", &pdf, 36_100), ("a.ofd", &ofd, 36_000), ("a.xml", &made.xml(), 36_020)];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let mut office = Office::open();
        let photo = photo(&mut office, "¥368.20");
        let mut ids = Vec::new();
        for (at, (name, bytes, _)) in order.map(|at| (at, files[at])) {
            ids.push((at, file(&office, name, bytes)));
            let surest = ids.iter().max_by_key(|(at, _)| *at).unwrap();
            let confirmed = sums(&office.admin)[0].clone();
            assert_eq!(confirmed, part(1, files[surest.0].2), "{order:?} {ids:?}: {:#}", office.get(surest.1));
            for id in ids.iter().map(|(_, id)| *id).chain([photo]).filter(|id| *id != surest.1) {
                assert_eq!(office.get(id)["duplicate_of"], surest.1, "{order:?} {ids:?} {id}");
            }
        }
        let seen = sums(&office.admin);
        let paperline = Paperline::start_in(office.paperline.kill(), &[]);
        let client = paperline.admin();
        assert_eq!(sums(&client), seen);
        is_sound(paperline);
    }
}

fn is_sound(paperline: Paperline) {
    let data = paperline.data();
    let (_dir, _) = paperline.stop();
    let checked = std::process::Command::new(env!("CARGO_BIN_EXE_paperline")).args(["check", "--data-dir"]).arg(data).output();
    let checked = checked.unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

#[test]
fn what_a_person_said_of_two_goes_on_to_hold_when_a_surer_file_comes() {
    let mut office = Office::open();
    let first = photo(&mut office, "¥360.20");
    let second = photo(&mut office, "¥360.20");
    let say = |office: &Office, id: u64, decision: &str, of: u64| {
        let answer = office.admin.post(&format!("/api/invoices/{id}/duplicate"), &json!({ "decision": decision, "of": of }));
        assert_eq!(answer.status, 200, "{}", answer.body);
    };
    say(&office, second, "duplicate", first);
    let made = digital();
    let pdf = file(&office, "a.pdf", &pdf(&[&made]));
    let asked = |office: &Office, id: u64| {
        let duplicate = office.get(id)["duplicate"].clone();
        (duplicate["of"].as_u64(), duplicate["decision"].as_str().map(str::to_owned))
    };
    let said = |word: &str| Some(word.to_owned());
    assert_eq!((asked(&office, first), asked(&office, second)), ((Some(pdf), None), (Some(first), said("duplicate"))));
    say(&office, first, "distinct", pdf);
    assert_eq!(sums(&office.admin)[0]["count"], 2);
    let xml = file(&office, "a.xml", &made.xml());
    // Nobody has said what the photo and the XML are.
    assert_eq!((asked(&office, pdf), asked(&office, first)), ((Some(xml), None), (Some(xml), None)));
    assert_eq!((asked(&office, second), sums(&office.admin)[0]["count"].clone()), ((Some(first), said("duplicate")), json!(1)));
    say(&office, first, "distinct", xml);
    assert_eq!((asked(&office, first).1, sums(&office.admin)[0]["count"].clone()), (said("distinct"), json!(2)));
    // The XML can't duplicate what comes behind it.
    let refused = office.admin.post(&format!("/api/invoices/{xml}/duplicate"), &json!({ "decision": "duplicate", "of": first }));
    assert_eq!(refused.refusal(), (409, "conflict"));
    office.stays_sound();
}
