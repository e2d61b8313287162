//! Answers about a state that is no more: none of them is taken for the present one, and whoever gave it is told.

use crate::support::{Client, Paperline};
use serde_json::{Value, json};

fn register(client: &Client, sn: &str, cpuid: &str) -> Value {
    client.post("/registerDevice", &json!({ "DeviceSN": sn, "CPUID": cpuid })).body["devices"][0]["status"].clone()
}

fn one(client: &Client, sn: &str) -> Value {
    client.get(&format!("/api/devices/{sn}")).body
}

fn correct(client: &Client, sn: &str, cpuid: &str) {
    assert_eq!(client.patch(&format!("/api/devices/{sn}"), &json!({ "CPUID": cpuid, "reason": "抄错了" })).status, 200);
}

fn sent(client: &Client, sns: &[&str]) {
    assert_eq!(client.post("/api/labels/sent", &json!({ "DeviceSNList": sns })).status, 200);
}

fn outcome(client: &Client, outcomes: &Value) -> Value {
    client.post("/api/labels/outcome", outcomes).body
}

/// Label, state and number of labels.
fn state(client: &Client, sn: &str) -> (String, u64, u64) {
    let device = one(client, sn);
    (device["label"].as_str().unwrap().to_owned(), device["status"].as_u64().unwrap(), device["print_count"].as_u64().unwrap())
}

#[test]
fn a_label_that_was_sent_before_a_correction_does_not_print_the_corrected_device() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    for (sn, cpuid) in [("18440001", "OLD1"), ("18440002", "C2"), ("18440003", "OLD3")] {
        register(&client, sn, cpuid);
    }
    sent(&client, &["18440001", "18440002", "18440003"]);
    correct(&client, "18440001", "NEW1");
    // By the serial alone: nobody sent a label of what it is called now.
    let told = outcome(&client, &json!({ "printed": ["18440001", "18440002"] }));
    assert_eq!(told, json!({ "reqStatus": "partial", "succeeded": ["18440002"], "failed": { "18440001": "changed" } }));
    assert_eq!(state(&client, "18440001"), ("new".into(), 0, 0));
    assert_eq!(client.get("/searchNoPrint").body["DeviceSNList"], json!(["18440001", "18440003"]));
    // The neighbours: what failed, and one that was set back by hand.
    assert_eq!(outcome(&client, &json!({ "failed": ["18440001"] }))["failed"], json!({ "18440001": "changed" }));
    client.post("/switchPrintStatus", &json!({ "DeviceSNList": ["18440002"], "status": 0 }));
    assert_eq!(outcome(&client, &json!({ "printed": ["18440002"] }))["failed"], json!({ "18440002": "changed" }));
    // Sent anew, it is answered as ever.
    sent(&client, &["18440001"]);
    assert_eq!(outcome(&client, &json!({ "printed": ["18440001"] }))["reqStatus"], "sucess");
    assert_eq!(state(&client, "18440001"), ("printed".into(), 1, 1));
}

#[test]
fn a_pair_that_is_no_more_is_refused_by_name_and_nothing_is_written() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    for (sn, cpuid) in [("18440001", "OLD1"), ("18440002", "C2"), ("18440003", "OLD3")] {
        register(&client, sn, cpuid);
    }
    let pair = |sn: &str, cpuid: &str| json!({ "DeviceSN": sn, "CPUID": cpuid });
    sent(&client, &["18440001", "18440002", "18440003"]);
    correct(&client, "18440001", "NEW1");
    correct(&client, "18440003", "NEW3");
    sent(&client, &["18440003"]);
    let stale = json!({ "printed": [pair("18440001", "OLD1"), "18440002"], "unknown": [pair("18440003", "OLD3")] });
    let refused = client.post("/api/labels/outcome", &stale);
    assert_eq!(refused.refusal(), (409, "conflict"));
    let said = refused.body["err"].as_str().unwrap();
    for word in ["18440001", "NEW1", "18440003", "NEW3"] {
        assert!(said.contains(word) && !said.contains("18440002"), "{said}");
    }
    assert_eq!(["18440001", "18440002", "18440003"].map(|sn| state(&client, sn).0), ["new", "sent", "sent"]);
    // Sent: the label that lies in the tray says another CPUID.
    let labels = |devices: Value| client.post("/api/labels/sent", &devices);
    let refused = labels(json!({ "devices": [pair("18440001", "OLD1")], "DeviceSNList": ["18440002"] }));
    assert_eq!(refused.refusal(), (409, "conflict"));
    assert_eq!(state(&client, "18440001").0, "new");
    assert_eq!(labels(json!({ "devices": [pair("18440001", "new1")] })).status, 200, "one chip in whatever case");
    assert_eq!(labels(json!({ "devices": [] })).refusal(), (400, "malformed"));
    assert_eq!(labels(json!({ "devices": [{ "CPUID": "NEW1" }] })).refusal(), (400, "malformed"));
    assert_eq!(labels(json!({})).refusal(), (400, "malformed"));
    let right = json!({ "printed": [pair("18440001", "NEW1"), pair("18440003", "NEW3"), pair("18440009", "X")] });
    let told = outcome(&client, &right);
    assert_eq!(told["succeeded"], json!(["18440001", "18440003"]));
    assert_eq!(told["failed"], json!({ "18440009": "not_found" }));
    // Whoever reads out the present pair has its label before him.
    register(&client, "18440004", "C4");
    assert_eq!(outcome(&client, &json!({ "printed": [pair("18440004", "C4")] }))["reqStatus"], "sucess");
}

#[test]
fn a_label_that_was_sent_is_answered_once() {
    let paperline = Paperline::start();
    let (client, admin) = (paperline.operator(), paperline.admin());
    for (sn, cpuid) in [("18440001", "C1"), ("18440002", "C2"), ("18440003", "C3")] {
        register(&client, sn, cpuid);
    }
    sent(&client, &["18440001", "18440002", "18440003"]);
    assert_eq!(outcome(&client, &json!({ "printed": ["18440001"], "failed": ["18440002"] }))["reqStatus"], "sucess");
    let same = outcome(&admin, &json!({ "printed": ["18440001", "18440003"] }));
    assert_eq!((&same["succeeded"], &same["failed"]), (&json!(["18440003"]), &json!({ "18440001": "answered" })));
    let other = outcome(&admin, &json!({ "failed": ["18440001"], "printed": [{ "DeviceSN": "18440002", "CPUID": "C2" }] }));
    assert_eq!(other["failed"], json!({ "18440001": "answered", "18440002": "answered" }));
    assert_eq!((state(&client, "18440001"), state(&client, "18440002").0), (("printed".into(), 1, 1), "failed".into()));
    let history = one(&client, "18440001")["history"].clone();
    assert_eq!((&history[0]["what"], &history[0]["user_name"]), (&json!("printed"), &json!("prodsys")), "who answered, and what");
    assert_eq!(history.as_array().unwrap().len(), 3, "{history}");
    // What the old document's stations say counts as it always did.
    for _ in 0..2 {
        let switched = client.post("/switchPrintStatus", &json!({ "DeviceSNList": ["18440001"] })).body;
        assert_eq!(switched, json!({ "reqStatus": "sucess" }));
    }
    assert_eq!(state(&client, "18440001").2, 3);
}
