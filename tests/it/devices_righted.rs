//! Corrections with a history: another CPU id, retirement, conflicts, a label that was not printed.

use crate::support::{Answer, Client, Paperline};
use serde_json::{Value, json};
use std::process::Command;

fn register(client: &Client, sn: &str, cpuid: &str) -> Value {
    client.post("/registerDevice", &json!({ "DeviceSN": sn, "CPUID": cpuid })).body["devices"][0]["status"].clone()
}

fn one(client: &Client, sn: &str) -> Value {
    let answer = client.get(&format!("/api/devices/{sn}"));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

fn correct(client: &Client, sn: &str, cpuid: &str, reason: &str) -> Answer {
    client.patch(&format!("/api/devices/{sn}"), &json!({ "CPUID": cpuid, "reason": reason }))
}

fn retire(client: &Client, sn: &str, reason: &str) -> Answer {
    let body = json!({ "reason": reason }).to_string();
    client.send("DELETE", &format!("/api/devices/{sn}"), &[("content-type", "application/json")], body.as_bytes())
}

fn happened(device: &Value) -> Vec<&str> {
    device["history"].as_array().unwrap().iter().map(|line| line["what"].as_str().unwrap()).collect()
}

fn check(paperline: Paperline) {
    let (dir, _) = paperline.stop();
    let checked = Command::new(env!("CARGO_BIN_EXE_paperline")).args(["check", "--data-dir"]).arg(dir.path().join("data")).output();
    let checked = checked.unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

#[test]
fn a_wrong_cpuid_is_put_right_and_its_label_counts_as_unprinted() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    register(&client, "18440001", "WRONG");
    register(&client, "18440002", "OTHER");
    let sent = |reason: &str| client.post("/api/labels/sent", &json!({ "DeviceSNList": ["18440001"], "reason": reason }));
    sent("");
    client.post("/api/labels/outcome", &json!({ "printed": ["18440001"] }));
    assert_eq!(sent("").refusal(), (409, "conflict"), "a reprint needs a reason");
    let mut list = client.socket("/socketNoPrint");
    assert_eq!(list.next().unwrap(), json!({ "DeviceSNList": ["18440002"] }));

    for (cpuid, reason, expected) in
        [("0xother", "typo", (409, "conflict")), ("a b", "typo", (400, "malformed")), ("RIGHT", " ", (400, "malformed"))]
    {
        assert_eq!(correct(&client, "18440001", cpuid, reason).refusal(), expected, "{cpuid}");
    }
    assert_eq!(correct(&client, "00000000", "RIGHT", "typo").refusal(), (404, "not_found"));
    assert!(correct(&client, "18440001", "0xother", "typo").body["err"].as_str().unwrap().contains("18440002"));
    let righted = correct(&client, "18440001", "RIGHT", "抄错了").body;
    assert_eq!((&righted["CPUID"], &righted["status"], &righted["label"]), (&json!("RIGHT"), &json!(0), &json!("new")));
    let line = &righted["history"][0];
    assert_eq!((&line["what"], &line["from"], &line["to"]), (&json!("cpuid"), &json!("WRONG"), &json!("RIGHT")));
    assert_eq!((&line["reason"], &line["user_name"]), (&json!("抄错了"), &json!("prodsys")));
    assert_eq!(happened(&righted), ["cpuid", "printed", "sent", "registered"]);
    assert_eq!(list.next().unwrap(), json!({ "DeviceSNList": ["18440001", "18440002"] }));
    assert_eq!(client.get("/search?condition=DeviceSN&DeviceSN=18440001").body["CPUID"], "RIGHT");
    assert_eq!(client.post("/registerDevice", &json!({ "CPUID": "right" })).body["devices"][0]["DeviceSN"], "18440001");
    assert_eq!(register(&client, "18440003", "WRONG"), "created", "the wrong one is free again");
    assert_eq!(sent("").status, 200, "the new label is no reprint");
    client.post("/api/labels/outcome", &json!({ "printed": ["18440001"] }));
    assert_eq!(sent("").refusal(), (409, "conflict"), "but the one after is");
    // The label shows the spelling.
    let spelt = correct(&client, "18440001", "0xRight", "as on the chip").body;
    assert_eq!((&spelt["CPUID"], &spelt["label"]), (&json!("0xRight"), &json!("new")));
    assert_eq!(correct(&client, "18440001", "0xRight", "again").refusal(), (409, "conflict"));
    check(paperline);
}

#[test]
fn a_retired_device_is_on_no_list_and_its_serial_is_nobodys() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let allotted =
        client.post("/registerDevice", &json!({ "CPUID": "C1" })).body["devices"][0]["DeviceSN"].as_str().unwrap().to_owned();
    register(&client, "18440002", "C2");
    client.post("/switchPrintStatus", &json!({ "DeviceSNList": [allotted] }));
    assert_eq!(retire(&client, &allotted, "").refusal(), (400, "malformed"));
    let retired = retire(&client, &allotted, "报废").body;
    assert_eq!((&retired["retired"], happened(&retired)), (&json!(true), vec!["retired", "printed", "registered"]));
    assert_eq!(retire(&client, &allotted, "again").refusal(), (409, "conflict"));
    assert_eq!(correct(&client, &allotted, "C9", "typo").refusal(), (409, "conflict"));
    assert_eq!(retire(&client, "00000000", "none").refusal(), (404, "not_found"));

    // Found only by its serial.
    assert_eq!(client.get("/api/devices").body["total"], 1);
    assert_eq!(client.get(&format!("/api/devices?q={allotted}")).body["devices"], json!([]));
    let by_time = client.get("/search?condition=Time&startTime=2000-01-01&endTime=2999-01-01").body;
    assert_eq!(by_time, json!({ "18440002": "C2" }));
    assert!(!String::from_utf8(client.get("/api/devices/export.csv").bytes).unwrap().contains(&allotted));
    assert_eq!(client.post("/switchPrintStatus", &json!({ "DeviceSNList": [allotted] })).body["reqStatus"], "error");
    let found = one(&client, &allotted);
    assert_eq!((&found["CPUID"], &found["retired"], &found["history"][0]["reason"]), (&json!("C1"), &json!(true), &json!("报废")));

    // Its serial is never reused; its CPU id may be.
    assert_eq!((register(&client, &allotted, "C1"), register(&client, &allotted, "C3")), (json!("conflict"), json!("conflict")));
    let report = client.send(
        "POST",
        "/api/devices/import",
        &[("content-type", "text/csv")],
        format!("DeviceSN,CPUID\n{allotted},C4\n").as_bytes(),
    );
    assert_eq!((&report.body["conflict"], &report.body["conflicts"][0]["with"]["CPUID"]), (&json!(1), &json!("C1")));
    let again = client.post("/registerDevice", &json!({ "CPUID": "C1" })).body["devices"][0].clone();
    assert!(again["status"] == "created" && again["DeviceSN"] != json!(allotted), "{again}");
    for n in 0..5 {
        let other = client.post("/registerDevice", &json!({ "CPUID": format!("D{n}") })).body["devices"][0]["DeviceSN"].clone();
        assert_ne!(other, json!(allotted));
    }
    check(paperline);
}

#[test]
fn a_board_is_replaced_and_the_serial_stays() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    register(&client, "18440001", "OLD");
    register(&client, "18440002", "TAKEN");
    client.post("/switchPrintStatus", &json!({ "DeviceSNList": ["18440001"] }));
    let settle = |sn: &str, cpuid: &str, decision: Value| {
        assert_eq!(register(&client, sn, cpuid), "conflict");
        let open = client.get("/api/conflicts").body["conflicts"].clone();
        let id =
            open.as_array().unwrap().iter().find(|c| c["DeviceSN"] == sn && c["CPUID"] == cpuid).unwrap()["conflict_id"].clone();
        client.post(&format!("/api/conflicts/{id}/settle"), &json!({ "reason": "换板", "decision": decision }))
    };
    let kept = settle("18440001", "NEW", Value::Null);
    assert_eq!((&kept.body["settled"]["decision"], &one(&client, "18440001")["CPUID"]), (&json!("keep"), &json!("OLD")));
    assert_eq!(settle("18440001", "NEW", json!("maybe")).refusal(), (400, "malformed"));
    let replaced = settle("18440001", "NEW", json!("replace"));
    assert_eq!((replaced.status, &replaced.body["settled"]["decision"]), (200, &json!("replace")));
    let device = one(&client, "18440001");
    assert_eq!((&device["CPUID"], &device["status"]), (&json!("NEW"), &json!(0)));
    assert_eq!((&device["history"][0]["from"], &device["history"][0]["reason"]), (&json!("OLD"), &json!("换板")));
    assert_eq!((register(&client, "18440001", "NEW"), register(&client, "18440003", "OLD")), (json!("exists"), json!("created")));
    // Not at another device's cost; a refusal settles nothing.
    assert_eq!(settle("18440001", "taken", json!("replace")).refusal(), (409, "conflict"));
    assert_eq!((&one(&client, "18440001")["CPUID"], &one(&client, "18440002")["CPUID"]), (&json!("NEW"), &json!("TAKEN")));
    assert_eq!(settle("18440009", "TAKEN", json!("replace")).refusal(), (409, "conflict"), "no device has that serial");
    assert_eq!(client.get("/api/conflicts").body["conflicts"].as_array().unwrap().len(), 2);
    check(paperline);
}

#[test]
fn a_label_is_not_printed_after_all_and_the_history_says_why() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    register(&client, "18440001", "C1");
    let switch = |body: Value| client.post("/switchPrintStatus", &body);
    switch(json!({ "DeviceSNList": ["18440001"] }));
    let back = json!({ "DeviceSNList": ["18440001"], "status": 0, "reason": "标记错了" });
    assert_eq!(switch(back.clone()).body, json!({ "reqStatus": "sucess" }));
    switch(back);
    let device = one(&client, "18440001");
    assert_eq!((happened(&device), &device["status"]), (vec!["unprinted", "printed", "registered"], &json!(0)));
    assert_eq!((&device["history"][0]["reason"], &device["history"][0]["user_name"]), (&json!("标记错了"), &json!("prodsys")));
    let long = json!({ "DeviceSNList": ["18440001"], "status": 0, "reason": "x".repeat(201) });
    assert_eq!(switch(long).refusal(), (400, "malformed"));
    check(paperline);
}

#[test]
fn a_label_of_unknown_fate_says_who_sent_it_and_when() {
    let paperline = Paperline::start();
    let (client, admin) = (paperline.operator(), paperline.admin());
    for (sn, cpuid) in [("18440001", "C1"), ("18440002", "C2"), ("18440003", "C3")] {
        register(&client, sn, cpuid);
    }
    client.post("/api/labels/sent", &json!({ "DeviceSNList": ["18440001", "18440002", "18440003"] }));
    admin.post("/api/labels/outcome", &json!({ "unknown": ["18440002"], "printed": ["18440003"] }));
    let listed = client.get("/api/devices").body["devices"].clone();
    for (device, label, by) in
        [(&listed[0], "sent", json!("prodsys")), (&listed[1], "unknown", json!("prodsys")), (&listed[2], "printed", Value::Null)]
    {
        assert_eq!((&device["label"], &device["sent_by"], device["sent_time"].is_string()), (&json!(label), &by, by.is_string()));
    }
    let device = one(&client, "18440002");
    assert_eq!((happened(&device), &device["sent_by"]), (vec!["unknown", "sent", "registered"], &json!("prodsys")));
    assert_eq!((&device["history"][0]["user_name"], &device["history"][1]["user_name"]), (&json!("admin"), &json!("prodsys")));
    admin.patch("/api/settings", &json!({ "device_sn_pattern": "", "device_sn_format": "" }));
    register(&client, "SN/1 ?".trim_end_matches(" ?"), "C4");
    assert_eq!(one(&client, "SN%2F1")["CPUID"], "C4");
}
