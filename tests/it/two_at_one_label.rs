//! Two operators at one label: nobody undoes, overwrites or reprints what they have not seen.

use crate::support::{Answer, Client, Paperline};
use serde_json::{Value, json};

fn register(client: &Client, sns: &[&str]) {
    let devices: Vec<Value> = sns.iter().map(|sn| json!({ "DeviceSN": sn, "CPUID": format!("C{sn}") })).collect();
    assert_eq!(client.post("/registerDevice", &json!({ "devices": devices })).body["reqStatus"], "sucess");
}

fn second_operator(paperline: &Paperline) -> Client {
    let user = json!({ "user_name": "李四", "passwd": "secret-1", "permissions": [102] });
    assert_eq!(paperline.admin().post("/api/users", &user).status, 201);
    let client = paperline.client();
    client.log_in("李四", "secret-1");
    client
}

fn one(client: &Client, sn: &str) -> Value {
    client.get(&format!("/api/devices/{sn}")).body
}

fn delete(client: &Client, sn: &str, body: &Value) -> Answer {
    let headers = [("content-type", "application/json")];
    client.send("DELETE", &format!("/api/devices/{sn}"), &headers, body.to_string().as_bytes())
}

fn assert_says(refused: &Answer, words: &[&str]) {
    assert_eq!(refused.refusal(), (409, "conflict"));
    let said = refused.body["err"].as_str().unwrap();
    assert!(words.iter().all(|word| said.contains(word)), "{said}");
}

#[test]
fn a_correction_or_retirement_of_what_a_colleague_has_corrected_is_refused_with_what_it_is_now() {
    let paperline = Paperline::start();
    let (first, second) = (paperline.operator(), second_operator(&paperline));
    register(&first, &["18440001", "18440002"]);
    let correct = |client: &Client, cpuid: &str, seen: Value| {
        client.patch("/api/devices/18440001", &json!({ "CPUID": cpuid, "reason": "抄错了", "seen": seen }))
    };
    assert_eq!(correct(&second, "RIGHT", json!("C18440001")).status, 200);
    assert_says(&correct(&first, "OTHER", json!("C18440001")), &["李四", "18440001", "RIGHT"]);
    // Already as wanted, but by somebody else.
    assert_says(&correct(&first, "RIGHT", json!("C18440001")), &["李四", "RIGHT"]);
    assert_says(&delete(&first, "18440001", &json!({ "reason": "报废", "seen": "C18440001" })), &["李四", "RIGHT"]);
    let device = one(&first, "18440001");
    assert_eq!((&device["CPUID"], &device["retired"]), (&json!("RIGHT"), &json!(false)), "nothing was written");
    assert_eq!(device["history"].as_array().unwrap().len(), 2, "{device}");
    assert_eq!(correct(&second, "0xRight", json!("RIGHT")).status, 200);
    assert_says(&correct(&first, "right", json!("RIGHT")), &["李四", "0xRight"]);
    // A wrong `seen`, though nobody corrected it.
    assert_says(&delete(&first, "18440002", &json!({ "reason": "报废", "seen": "C1" })), &["18440002", "C18440002"]);
    // Without `seen` the write is accepted.
    assert_eq!(correct(&first, "OTHER", json!("0xRight")).status, 200);
    assert_eq!(correct(&second, "LAST", Value::Null).status, 200);
    assert_eq!(delete(&first, "18440001", &json!({ "reason": "报废", "seen": "LAST" })).status, 200);
    assert_eq!(delete(&first, "18440002", &json!({ "reason": "报废" })).status, 200);
}

#[test]
fn a_label_that_a_colleague_printed_meanwhile_is_not_set_back() {
    let paperline = Paperline::start();
    let (first, second) = (paperline.operator(), second_operator(&paperline));
    register(&first, &["18440001", "18440002"]);
    let switch = |client: &Client, body: Value| client.post("/switchPrintStatus", &body);
    let both = json!(["18440001", "18440002", "18449999"]);
    switch(&first, json!({ "DeviceSNList": both }));
    // A colleague reprints one.
    second.post("/api/labels/sent", &json!({ "DeviceSNList": ["18440001"], "reason": "标签破损" }));
    second.post("/api/labels/outcome", &json!({ "printed": ["18440001"] }));
    let back = |seen: Value| switch(&first, json!({ "DeviceSNList": both, "status": 0, "reason": "标记错了", "seen": seen }));
    let refused = back(json!({ "18440001": 1, "18440002": 1 }));
    assert_says(&refused, &["18440001", "2", "李四"]);
    assert!(!refused.body["err"].as_str().unwrap().contains("18440002"), "{refused:?}");
    let printed = |sn: &str| one(&first, sn)["status"].clone();
    assert_eq!((printed("18440001"), printed("18440002")), (json!(1), json!(1)), "nothing was written");
    for wrong in [json!({ "18440001": -1 }), json!({ "18440001": "x" }), json!([1]), json!("18440001")] {
        assert_eq!(back(wrong.clone()).refusal(), (400, "malformed"), "{wrong}");
    }
    assert_eq!(back(json!({ "18440001": 2 })).body["failed"], json!({ "18449999": "not_found" }));
    assert_eq!((printed("18440001"), printed("18440002")), (json!(0), json!(0)));
    let again = switch(&second, json!({ "DeviceSNList": ["18440001"] }));
    assert_eq!(again.body, json!({ "reqStatus": "sucess" }));
    assert_eq!(switch(&first, json!({ "DeviceSNList": ["18440001"], "status": 0 })).body, json!({ "reqStatus": "sucess" }));
    assert_eq!(printed("18440001"), json!(0), "who says nothing of what he saw is taken at his word");
}

#[test]
fn of_a_long_list_that_is_set_back_all_or_none_is() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let sns: Vec<String> = (1..=450).map(|n| format!("{:08}", 18_440_000 + n)).collect();
    register(&client, &sns.iter().map(String::as_str).collect::<Vec<_>>());
    client.post("/switchPrintStatus", &json!({ "DeviceSNList": sns }));
    let body = json!({ "DeviceSNList": sns, "status": 0, "seen": { "18440450": 0 } });
    assert_says(&client.post("/switchPrintStatus", &body), &["18440450"]);
    assert_eq!(client.get("/searchNoPrint").body["DeviceSNList"], json!([]));
}

fn claim(client: &Client, sns: &[&str]) -> Value {
    client.post("/api/labels/claims", &json!({ "DeviceSNList": sns })).body
}

#[test]
fn a_label_that_somebody_else_has_claimed_is_not_sent() {
    let paperline = Paperline::start();
    let (first, second) = (paperline.operator(), second_operator(&paperline));
    register(&first, &["18440001", "18440002", "18440003"]);
    assert_eq!(claim(&first, &["18440001"])["taken"], json!({}));
    assert_eq!(claim(&second, &["18440002"])["taken"], json!({}));
    let sent = |client: &Client, sns: &[&str]| client.post("/api/labels/sent", &json!({ "DeviceSNList": sns }));
    let refused = sent(&first, &["18440001", "18440002", "18440003"]);
    assert_says(&refused, &["李四", "18440002"]);
    let said = refused.body["err"].as_str().unwrap();
    assert!(!said.contains("18440001") && !said.contains("18440003"), "{said}");
    for sn in ["18440001", "18440002", "18440003"] {
        assert_eq!(one(&first, sn)["label"], "new", "nothing was written");
    }
    // Another station is another operator, by the same name.
    let third = paperline.operator();
    assert_says(&third.post("/api/labels/sent", &json!({ "DeviceSNList": ["18440001"] })), &["prodsys", "18440001", "另一工位"]);
    assert_eq!(sent(&first, &["18440001", "18440003"]).status, 200);
    assert_eq!(sent(&second, &["18440002"]).status, 200);
    second.post("/api/labels/claims/release", &json!({ "DeviceSNList": ["18440002"] }));
    assert_eq!(sent(&first, &["18440002"]).status, 200);
}

#[test]
fn a_label_that_was_sent_since_it_was_looked_at_is_not_sent_again_unasked() {
    let paperline = Paperline::start();
    let (first, second) = (paperline.operator(), second_operator(&paperline));
    register(&first, &["18440001", "18440002"]);
    let listed = first.get("/api/devices").body["devices"].clone();
    assert_eq!((&listed[0]["sent_count"], &listed[1]["sent_count"]), (&json!(0), &json!(0)));
    let sent = |client: &Client, seen: Value| {
        let labels = json!([{ "DeviceSN": "18440001", "CPUID": "C18440001" }, "18440002"]);
        client.post("/api/labels/sent", &json!({ "devices": labels, "seen": seen }))
    };
    assert_eq!(second.post("/api/labels/sent", &json!({ "DeviceSNList": ["18440001"], "seen": { "18440001": 0 } })).status, 200);
    let refused = sent(&first, json!({ "18440001": 0, "18440002": 0 }));
    assert_says(&refused, &["18440001", "李四", "未确认"]);
    assert!(!refused.body["err"].as_str().unwrap().contains("18440002"), "{refused:?}");
    let device = one(&first, "18440001");
    assert_eq!((&device["label"], &device["sent_by"], &device["sent_count"]), (&json!("sent"), &json!("李四"), &json!(1)));
    assert_eq!(one(&first, "18440002")["label"], "new", "nothing was written");
    assert_eq!(second.post("/api/labels/outcome", &json!({ "failed": ["18440001"] })).body["reqStatus"], "sucess");
    for wrong in [json!({ "18440001": -1 }), json!([1])] {
        assert_eq!(sent(&first, wrong.clone()).refusal(), (400, "malformed"), "{wrong}");
    }
    assert_eq!(sent(&first, json!({ "18440001": 1, "18440002": 0 })).status, 200);
    assert_eq!(sent(&first, Value::Null).status, 200, "who says nothing of what he saw is taken at his word");
    assert_eq!(one(&first, "18440001")["sent_count"], 3);
}

#[test]
fn a_reprint_that_nobody_answered_is_in_doubt_though_the_device_is_printed_or_set_back() {
    let paperline = Paperline::start();
    let (first, second) = (paperline.operator(), second_operator(&paperline));
    register(&first, &["18440001"]);
    first.post("/switchPrintStatus", &json!({ "DeviceSNList": ["18440001"] }));
    let shown = || {
        let (whole, listed) = (one(&first, "18440001"), first.get("/api/devices").body["devices"][0].clone());
        let history = first.get("/api/devices/18440001/history").body["device"].clone();
        assert_eq!((&whole["sent_by"], &history["sent_by"]), (&listed["sent_by"], &listed["sent_by"]));
        (listed["label"].clone(), listed["sent_by"].clone())
    };
    assert_eq!(shown(), (json!("printed"), Value::Null));
    second.post("/api/labels/sent", &json!({ "DeviceSNList": ["18440001"], "reason": "标签破损" }));
    assert_eq!(shown(), (json!("printed"), json!("李四")));
    first.post("/switchPrintStatus", &json!({ "DeviceSNList": ["18440001"], "status": 0, "seen": { "18440001": 1 } }));
    assert_eq!(shown(), (json!("new"), json!("李四")));
    second.post("/api/labels/outcome", &json!({ "failed": ["18440001"] }));
    assert_eq!(shown().1, Value::Null);
}
