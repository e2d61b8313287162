//! Claims, prints, conflicts, files in and out, long lists.

use crate::support::{Client, Paperline, eventually};
use serde_json::{Value, json};

fn register(client: &Client, count: u32) -> Vec<String> {
    let sns: Vec<String> = (1..=count).map(|n| format!("{:08}", 18_440_000 + n)).collect();
    let devices: Vec<Value> = sns.iter().map(|sn| json!({ "DeviceSN": sn, "CPUID": format!("C{sn}") })).collect();
    assert_eq!(client.post("/registerDevice", &json!({ "devices": devices })).body["reqStatus"], "sucess");
    sns
}

fn second_operator(paperline: &Paperline) -> Client {
    let admin = paperline.admin();
    assert_eq!(admin.post("/api/users", &json!({ "user_name": "李四", "passwd": "secret-1", "permissions": [102] })).status, 201);
    let client = paperline.client();
    client.log_in("李四", "secret-1");
    client
}

#[test]
fn two_operators_do_not_print_the_same_label() {
    let paperline = Paperline::start();
    let (one, two) = (paperline.operator(), second_operator(&paperline));
    let sns = register(&one, 3);
    let mut screen = two.socket("/api/labels/claims/socket");
    assert_eq!(screen.next().unwrap(), json!({ "claims": {} }));
    let claimed = one.post("/api/labels/claims", &json!({ "DeviceSNList": [sns[0], sns[1]] })).body;
    assert_eq!(claimed, json!({ "claimed": [sns[0], sns[1]], "taken": {} }));
    let seen = screen.next().unwrap();
    assert_eq!(seen["claims"][&sns[0]]["user_name"], "prodsys");
    let other = two.post("/api/labels/claims", &json!({ "DeviceSNList": sns })).body;
    assert_eq!((&other["claimed"], &other["taken"][&sns[1]]["user_name"]), (&json!([sns[2]]), &json!("prodsys")));
    // Another station is another operator.
    let third = paperline.operator().post("/api/labels/claims", &json!({ "DeviceSNList": [sns[0]] })).body;
    assert_eq!(third["claimed"], json!([]));
    let until = || two.get("/api/labels/claims").body["claims"][&sns[1]]["until"].as_str().unwrap().to_owned();
    let before = until();
    eventually("the claim lasts longer", || {
        one.post("/api/labels/claims", &json!({ "DeviceSNList": [sns[1]] }));
        (until() > before).then_some(())
    });
    two.post("/api/labels/claims/release", &json!({ "DeviceSNList": [sns[0]] }));
    assert!(two.get("/api/labels/claims").body["claims"].get(&sns[0]).is_some());
    one.post("/api/labels/outcome", &json!({ "printed": [sns[0]], "failed": [sns[1]] }));
    assert_eq!(two.get("/api/labels/claims").body["claims"].as_object().unwrap().len(), 1);
    let gone =
        two.send("DELETE", &format!("/api/devices/{}", sns[2]), &[("content-type", "application/json")], br#"{"reason":"x"}"#);
    assert_eq!(gone.status, 200);
    assert_eq!(two.get("/api/labels/claims").body["claims"], json!({}), "a device that is gone is nobody's");
    two.post("/api/labels/claims", &json!({ "DeviceSNList": [sns[0]] }));
    two.post("/logout", &json!({}));
    assert_eq!(one.get("/api/labels/claims").body["claims"], json!({}), "who is logged out prints nothing any more");
}

#[test]
fn every_print_is_a_fact_and_a_reprint_has_its_reason() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let sns = register(&client, 4);
    let label = |sn: &String| client.get(&format!("/api/devices?q={sn}")).body["devices"][0]["label"].clone();
    assert_eq!(client.post("/api/labels/sent", &json!({ "DeviceSNList": sns })).status, 200);
    assert_eq!(label(&sns[0]), "sent");
    let outcome = json!({ "printed": [sns[0]], "failed": [sns[1]], "unknown": [sns[2]] });
    assert_eq!(client.post("/api/labels/outcome", &outcome).body["reqStatus"], "sucess");
    let labels: Vec<Value> = sns.iter().map(label).collect();
    assert_eq!(labels, ["printed", "failed", "unknown", "sent"]);
    assert_eq!(client.get("/searchNoPrint").body["DeviceSNList"], json!([sns[1], sns[2], sns[3]]), "only what came out is printed");

    let again = client.post("/api/labels/sent", &json!({ "DeviceSNList": [sns[0]] }));
    assert_eq!(again.refusal(), (409, "conflict"));
    assert!(again.body["err"].as_str().unwrap().contains(&sns[0]));
    client.post("/api/labels/sent", &json!({ "DeviceSNList": [sns[0]], "reason": "标签破损" }));
    client.post("/api/labels/outcome", &json!({ "failed": [sns[0]] }));
    assert_eq!(label(&sns[0]), "printed", "a reprint that failed leaves the label that was there");
    let history = client.get(&format!("/api/devices/{}/history", sns[0])).body;
    let outcomes: Vec<&Value> = history["prints"].as_array().unwrap().iter().map(|p| &p["outcome"]).collect();
    assert_eq!(outcomes, ["printed", "failed"]);
    assert_eq!((&history["prints"][1]["reason"], &history["prints"][1]["user_name"]), (&json!("标签破损"), &json!("prodsys")));
    assert_eq!(history["device"]["print_count"], 1);
    client.post("/switchPrintStatus", &json!({ "DeviceSNList": [sns[3]] }));
    let told = client.get(&format!("/api/devices/{}/history", sns[3])).body;
    assert_eq!((told["prints"].as_array().unwrap().len(), &told["prints"][0]["outcome"]), (1, &json!("printed")));
    assert_eq!(client.post("/api/labels/outcome", &json!({})).refusal(), (400, "malformed"));
    assert_eq!(client.get("/api/devices/00000000/history").refusal(), (404, "not_found"));
}

#[test]
fn a_conflict_is_kept_once_and_settled_with_a_reason() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let sns = register(&client, 2);
    for _ in 0..3 {
        client.post("/registerDevice", &json!({ "DeviceSN": sns[0], "CPUID": format!("C{}", sns[1]) }));
    }
    let conflicts = client.get("/api/conflicts").body["conflicts"].clone();
    assert_eq!(conflicts.as_array().unwrap().len(), 1);
    let one = &conflicts[0];
    assert_eq!((&one["times"], &one["same_sn"]["CPUID"]), (&json!(3), &json!(format!("C{}", sns[0]))));
    assert_eq!(one["same_cpuid"]["DeviceSN"], json!(sns[1]));
    let settle = |reason: &str| client.post(&format!("/api/conflicts/{}/settle", one["conflict_id"]), &json!({ "reason": reason }));
    assert_eq!(settle(" ").refusal(), (400, "malformed"));
    assert_eq!(settle("工位接错线").body["settled"]["reason"], "工位接错线");
    assert_eq!(settle("再次").refusal(), (409, "conflict"));
    assert_eq!(client.get("/api/conflicts").body["conflicts"], json!([]));
    assert_eq!(client.get("/api/conflicts?all=1").body["conflicts"].as_array().unwrap().len(), 1);
}

#[test]
fn a_file_comes_in_line_by_line_and_goes_out_as_it_came() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    register(&client, 1);
    let mut lines = String::from("\u{feff}DeviceSN,CPUID\r\n");
    for n in 0..5_000 {
        // Seven have a forbidden blank.
        let blank = if n % 714 == 700 { " " } else { "" };
        lines += &format!("1850{n:04},D{blank}{n}\r\n");
    }
    lines += "18440001,C18440001\r\n18440001,OTHER\r\n";
    let report = client.upload("/api/devices/import", &[("devices.csv", lines.as_bytes())]).body;
    let bad: Vec<u64> = report["errors"].as_array().unwrap().iter().map(|e| e["line"].as_u64().unwrap()).collect();
    let expected: Vec<u64> = (0..7).map(|k| 700 + k * 714 + 2).collect();
    assert_eq!(bad, expected);
    assert_eq!((&report["exists"], &report["conflict"]), (&json!(1), &json!(1)));
    assert_eq!(report["created"].as_u64().unwrap() + bad.len() as u64, 5_000);
    let export = client.get("/api/devices/export.csv");
    assert!(export.header("content-disposition").starts_with("attachment"));
    let fresh = Paperline::start();
    let again = fresh.operator().send("POST", "/api/devices/import", &[("content-type", "text/csv")], &export.bytes).body;
    assert_eq!((again["created"].as_u64(), &again["errors"]), (Some(report["created"].as_u64().unwrap() + 1), &json!([])));
    for wrong in ["", "a,b\n1,2\n"] {
        let answer = client.send("POST", "/api/devices/import", &[("content-type", "text/csv")], wrong.as_bytes());
        assert_eq!(answer.refusal(), (400, "malformed"), "{wrong:?}");
    }
}

#[test]
fn a_list_is_paged_filtered_and_counted() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let sns = register(&client, 250);
    client.post("/switchPrintStatus", &json!({ "DeviceSNList": sns[..100] }));
    let list = |query: &str| client.get(&format!("/api/devices?{query}")).body;
    let serials = |body: &Value| -> Vec<String> {
        body["devices"].as_array().unwrap().iter().map(|d| d["DeviceSN"].as_str().unwrap().to_owned()).collect()
    };
    for (filter, expected) in [("", &sns[..]), ("printed=0&", &sns[100..]), ("printed=1&", &sns[..100]), ("q=1844&", &sns[..])] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = list(&format!("{filter}limit=60{cursor}"));
            assert_eq!(page["total"], expected.len(), "{filter}");
            found.extend(serials(&page));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(found, expected, "{filter}");
    }
    assert_eq!(serials(&list("q=18440007")), ["18440007"]);
    assert_eq!(serials(&list("q=C18440008")), ["18440008"]);
    assert_eq!(serials(&list("q=40009")), ["18440009"], "where nothing begins so, any part");
    assert_eq!(list("from=2018-01-01&to=2018-01-02")["total"], 0);
    assert_eq!(list("from=2018-01-01&to=2099-01-01&printed=1")["total"], 100);
    for wrong in ["cursor=x", "limit=-1", "from=yesterday", "printed=2"] {
        assert_eq!(client.get(&format!("/api/devices?{wrong}")).refusal(), (400, "malformed"), "{wrong}");
    }
}
