//! The production line, row by row of its interface document.

use crate::support::{Client, Paperline};
use base64::Engine as _;
use serde_json::{Value, json};

fn register(client: &Client, sn: &str, cpuid: &str) {
    let answer = client.post("/registerDevice", &json!({ "DeviceSN": sn, "CPUID": cpuid }));
    assert_eq!(answer.body["devices"][0]["status"], "created", "{answer:?}");
}

/// With another library than drew it.
fn read_qr(png: &[u8]) -> String {
    let picture = image::load_from_memory(png).unwrap().into_luma8();
    let mut prepared = rqrr::PreparedImage::prepare(picture);
    let grids = prepared.detect_grids();
    assert_eq!(grids.len(), 1);
    let (meta, text) = grids[0].decode().unwrap();
    assert_eq!(meta.ecc_level, 0, "error correction M is 0 in the format bits");
    text
}

#[test]
fn a_device_from_registration_to_its_label() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let mut socket = client.socket("/socketNoPrint");
    assert_eq!(socket.next().unwrap(), json!({ "DeviceSNList": [] }));

    for (sn, cpuid) in [("18440003", "C3"), ("18440001", "C1"), ("18440002", "C2")] {
        register(&client, sn, cpuid);
    }
    let waiting = json!({ "DeviceSNList": ["18440003", "18440001", "18440002"] });
    while socket.next().unwrap() != waiting {}
    assert_eq!(client.get("/searchNoPrint").body, waiting);

    let drawn = client.post("/printQRCode", &json!({ "DeviceSNList": ["18440001", 18440002] }));
    assert_eq!(drawn.body.as_object().unwrap().len(), 2);
    for (sn, label) in [("18440001", "18440001 C1"), ("18440002", "18440002 C2")] {
        let png = base64::engine::general_purpose::STANDARD.decode(drawn.body[sn].as_str().unwrap()).unwrap();
        assert_eq!(read_qr(&png), label);
    }

    let marked = client.post("/switchPrintStatus", &json!({ "DeviceSNList": ["18440001", "18440003"] }));
    assert_eq!(marked.body, json!({ "reqStatus": "sucess" }));
    let left = json!({ "DeviceSNList": ["18440002"] });
    while socket.next().unwrap() != left {}
    assert_eq!(client.get("/searchNoPrint").body, left);
}

#[test]
fn a_label_has_a_quiet_zone_of_four_modules() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    register(&client, "18440001", "C1");
    let drawn = client.get("/printQRCode?DeviceSNList=18440001");
    let png = base64::engine::general_purpose::STANDARD.decode(drawn.body["18440001"].as_str().unwrap()).unwrap();
    let picture = image::load_from_memory(&png).unwrap().into_luma8();
    let dark: Vec<(u32, u32)> = picture.enumerate_pixels().filter(|(_, _, p)| p.0[0] < 128).map(|(x, y, _)| (x, y)).collect();
    let (left, top) = (dark.iter().map(|d| d.0).min().unwrap(), dark.iter().map(|d| d.1).min().unwrap());
    // Version 1 has 21 modules, plus 4 on each side.
    let module = picture.width() / (21 + 8);
    assert_eq!(picture.width() % (21 + 8), 0);
    assert_eq!((left, top), (4 * module, 4 * module));
    assert_eq!(picture.width() - 1 - dark.iter().map(|d| d.0).max().unwrap(), 4 * module);
}

#[test]
fn registering_says_what_became_of_each() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let ask = |body: Value| client.post("/registerDevice", &body);
    let statuses = |body: &Value| -> Vec<String> {
        body["devices"].as_array().unwrap().iter().map(|d| d["status"].as_str().unwrap().to_owned()).collect()
    };
    register(&client, "18440001", "C1");
    let same = ask(json!({ "CPUID": "C1", "DeviceSN": 18440001 }));
    assert_eq!(same.body["reqStatus"], "sucess");
    assert_eq!(statuses(&same.body), ["exists"]);
    let known = ask(json!({ "CPUID": "C1" }));
    assert_eq!(known.body["devices"][0], json!({ "DeviceSN": "18440001", "CPUID": "C1", "status": "exists" }));
    for pair in [json!({ "CPUID": "C1", "DeviceSN": "18440002" }), json!({ "CPUID": "C2", "DeviceSN": "18440001" })] {
        let answer = ask(pair);
        assert_eq!((answer.status, &answer.body["reqStatus"]), (200, &json!("error")));
        assert_eq!(statuses(&answer.body), ["conflict"]);
    }
    let mixed = ask(json!({ "devices": [{ "CPUID": "C1", "DeviceSN": "18440009" }, { "CPUID": "C3" }] }));
    assert_eq!(mixed.body["reqStatus"], "partial");
    assert_eq!(statuses(&mixed.body), ["conflict", "created"]);
    let allotted = mixed.body["devices"][1]["DeviceSN"].as_str().unwrap().to_owned();
    assert!(allotted.len() == 8 && allotted.ends_with("0001"), "{allotted}");
    let wrong = ask(json!({ "devices": [{ "CPUID": "C8", "DeviceSN": "18440008" }, { "CPUID": "C 9" }] }));
    assert_eq!(wrong.refusal(), (400, "malformed"));
    assert!(wrong.body["err"].as_str().unwrap().contains("CPUID"));
    assert_eq!(client.get("/search?condition=DeviceSN&DeviceSN=18440008").refusal(), (404, "not_found"));
    let in_a_form = client.form("/registerDevice", "CPUID=F1&DeviceSN=");
    assert_eq!(statuses(&in_a_form.body), ["created"]);
}

#[test]
fn searching_by_time_and_by_serial() {
    let paperline = Paperline::start_with(&["--set", "timezone=Asia/Shanghai"]);
    let client = paperline.operator();
    for n in 1..=3 {
        register(&client, &format!("1844000{n}"), &format!("C{n}"));
    }
    client.post("/switchPrintStatus", &json!({ "DeviceSNList": ["18440002"] }));
    let by_time =
        |start: &str, end: &str| client.post("/search", &json!({ "condition": "Time", "startTime": start, "endTime": end }));
    let all = by_time("2018-10-4 11:34:11", "2099-11-4 11:34:11");
    assert_eq!(String::from_utf8(all.bytes).unwrap(), r#"{"18440001":"C1","18440002":"C2","18440003":"C3"}"#);
    assert_eq!(by_time("2018-10-04", "2018-11-04").body, json!({}));
    assert_eq!(by_time("2018-10-04", "2018-10-03").refusal(), (400, "malformed"));
    let one = client.post("/search", &json!({ "condition": "DeviceSN", "DeviceSN": "18440002" }));
    assert_eq!(one.body, json!({ "CPUID": "C2", "DeviceSN": "18440002" }));
    assert_eq!(client.get("/search?condition=DeviceSN&DeviceSN=18440002").body, one.body);
    assert_eq!(client.get("/search?condition=Colour").refusal(), (400, "malformed"));
    let missing = by_time("", "2018-10-03");
    assert!(missing.refusal() == (400, "malformed") && missing.body["err"].as_str().unwrap().contains("startTime"));
}

#[test]
fn switching_print_states_in_part() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    register(&client, "18440001", "C1");
    register(&client, "18440002", "C2");
    let switch = |body: Value| client.post("/switchPrintStatus", &body).body;
    let unprinted = || client.get("/searchNoPrint").body["DeviceSNList"].clone();
    assert_eq!(
        switch(json!({ "DeviceSNList": ["18440001", "00000000"], "atomic": true })),
        json!({ "reqStatus": "error", "failed": { "00000000": "not_found" } })
    );
    assert_eq!(unprinted(), json!(["18440001", "18440002"]));
    assert_eq!(
        switch(json!({ "DeviceSNList": ["18440001", "00000000", "18440001"] })),
        json!({ "reqStatus": "partial", "succeeded": ["18440001"], "failed": { "00000000": "not_found" } })
    );
    assert_eq!(switch(json!({ "DeviceSNList": ["18440001"] })), json!({ "reqStatus": "sucess" }));
    assert_eq!(switch(json!({ "DeviceSNList": ["99999999"] }))["reqStatus"], "error");
    assert_eq!(unprinted(), json!(["18440002"]));
    assert_eq!(switch(json!({ "DeviceSNList": ["18440001"], "status": 0 })), json!({ "reqStatus": "sucess" }));
    assert_eq!(unprinted(), json!(["18440001", "18440002"]));
    let alias = client.post("/switchPtintStatus", &json!({ "DeviceSNList": ["18440001", "18440002"] }));
    assert_eq!(alias.body, json!({ "reqStatus": "sucess" }));
    assert_eq!(client.post("/switchPrintStatus", &json!({ "DeviceSNList": [] })).refusal(), (400, "malformed"));
}

#[test]
fn limits_are_said_and_nothing_is_done_beyond_them() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    register(&client, "18440001", "C1");
    let serials = |count: u32| json!({ "DeviceSNList": (0..count).map(|n| format!("{n:08}")).collect::<Vec<_>>() });
    assert_eq!(client.post("/printQRCode", &serials(1_001)).refusal(), (413, "too_large"));
    assert_eq!(client.post("/switchPrintStatus", &serials(10_001)).refusal(), (413, "too_large"));
    let rows: Vec<Value> = (0..10_001).map(|n| json!({ "CPUID": format!("D{n}") })).collect();
    assert_eq!(client.post("/registerDevice", &json!({ "devices": rows })).refusal(), (413, "too_large"));
    let unknown = client.post("/printQRCode", &json!({ "DeviceSNList": ["18440001", "00000007", "00000008"] }));
    assert_eq!(unknown.refusal(), (404, "not_found"));
    let err = unknown.body["err"].as_str().unwrap();
    assert!(err.contains("00000007") && err.contains("00000008") && !err.contains("18440001"), "{err}");
    assert_eq!(client.get("/searchNoPrint").body["DeviceSNList"], json!(["18440001"]));
}

#[test]
fn a_week_has_9999_serials_and_skips_those_in_use() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let first =
        client.post("/registerDevice", &json!({ "CPUID": "C1" })).body["devices"][0]["DeviceSN"].as_str().unwrap().to_owned();
    assert!(first.ends_with("0001"));
    let week = &first[..4];
    register(&client, &format!("{week}0002"), "C2");
    let third = client.post("/registerDevice", &json!({ "CPUID": "C3" })).body;
    assert_eq!(third["devices"][0]["DeviceSN"], format!("{week}0003"));
    let rows: Vec<Value> = (0..9_996).map(|n| json!({ "CPUID": format!("D{n}") })).collect();
    assert_eq!(client.post("/registerDevice", &json!({ "devices": rows })).body["reqStatus"], "sucess");
    assert_eq!(client.post("/registerDevice", &json!({ "CPUID": "E1" })).refusal(), (503, "unavailable"));
    let own = client.post("/registerDevice", &json!({ "CPUID": "E1", "DeviceSN": "00000001" }));
    assert_eq!(own.body["devices"][0]["status"], "created");
}

/// The list is as before, but who shows it shows the labels' states.
#[test]
fn the_list_is_told_again_when_a_label_is_sent_or_failed() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    register(&client, "18440001", "C1");
    let mut socket = client.socket("/socketNoPrint");
    let list = json!({ "DeviceSNList": ["18440001"] });
    assert_eq!(socket.next().unwrap(), list);
    let began = std::time::Instant::now();
    for _ in 0..3 {
        for (path, body) in [
            ("/api/labels/sent", json!({ "DeviceSNList": ["18440001"] })),
            ("/api/labels/outcome", json!({ "failed": ["18440001"] })),
        ] {
            assert_eq!(client.post(path, &body).status, 200);
            assert_eq!(socket.next().unwrap(), list);
        }
    }
    // What is said every 20 s by itself would have taken two minutes.
    assert!(began.elapsed().as_secs() < 100);
}

#[test]
fn the_list_is_told_again_when_nothing_changes() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    register(&client, "18440001", "C1");
    let mut socket = client.socket("/socketNoPrint");
    let list = json!({ "DeviceSNList": ["18440001"] });
    // At once, and again within 20 s (the harness waits 30 s).
    assert_eq!((socket.next().unwrap(), socket.next().unwrap()), (list.clone(), list));
}
