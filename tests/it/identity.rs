//! Which device is which: CPU ids in one form, valid serials, search.

use crate::support::{Client, Paperline};
use paperline::store::local::Local;
use paperline::store::tables::{DEVICES, DEVICES_BY_CPUID, DEVICES_BY_TIME, FORMAT};
use paperline::store::{Store, endless};
use serde_json::{Value, json};
use std::process::Command;
use std::sync::Arc;

fn register(client: &Client, body: &Value) -> Value {
    let answer = client.post("/registerDevice", body);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["devices"][0].clone()
}

fn refused(client: &Client, body: &Value) -> String {
    let answer = client.post("/registerDevice", body);
    assert_eq!(answer.refusal(), (400, "malformed"), "{body}");
    answer.body["err"].as_str().unwrap().to_owned()
}

#[test]
fn one_chip_is_one_device_however_it_is_spelt() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    assert_eq!(register(&client, &json!({ "DeviceSN": "18440001", "CPUID": "39FFd6AB" }))["status"], "created");
    for spelt in ["39FFD6AB", "39ffd6ab", "0x39FFD6AB", "0X39ffd6ab"] {
        let first = json!({ "DeviceSN": "18440001", "CPUID": "39FFd6AB", "status": "exists" });
        assert_eq!(register(&client, &json!({ "CPUID": spelt })), first);
        assert_eq!(register(&client, &json!({ "DeviceSN": "18440001", "CPUID": spelt })), first);
        assert_eq!(register(&client, &json!({ "DeviceSN": "18440002", "CPUID": spelt }))["status"], "conflict");
    }
    let conflicts = client.get("/api/conflicts").body["conflicts"].clone();
    assert_eq!(
        (conflicts.as_array().unwrap().len(), &conflicts[0]["times"], &conflicts[0]["kind"]),
        (1, &json!(4), &json!("registration"))
    );
    assert_eq!(client.get("/api/devices").body["total"], 1);
    // Only a leading 0x is ignored.
    for other in ["039FFD6AB", "x39FFD6AB", "39FFD6AB0x"] {
        assert_eq!(register(&client, &json!({ "CPUID": other }))["status"], "created", "{other}");
    }
}

#[test]
fn a_field_of_a_row_is_understood_in_any_case_or_named() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let kept = |body: Value| register(&client, &body)["DeviceSN"].clone();
    assert_eq!(kept(json!({ "deviceSN": "18440012", "CPUID": "N12" })), "18440012");
    assert_eq!(kept(json!({ "devices": [{ "devicesn": 18440013, "cpuId": "N13" }] })), "18440013");
    assert_eq!(client.form("/registerDevice", "DEVICESN=18440014&cpuid=N14").body["devices"][0]["DeviceSN"], "18440014");
    for (body, named) in [
        (json!({ "SN": "18440015", "CPUID": "N15" }), "SN"),
        (json!({ "Device_SN": "18440015", "CPUID": "N15" }), "Device_SN"),
        (json!({ "devices": [{ "CPUID": "N15" }, { "CPUID": "N16", "serial": "18440016" }] }), "serial"),
        (json!({ "CPUID": "N15", "cpuid": "N16" }), "cpuid"),
        (json!({ "DeviceSN": "18440015", "devices": [{ "CPUID": "N15" }] }), "DeviceSN"),
        (json!({ "Devices": [{ "CPUID": "N15" }] }), "Devices"),
        (json!({ "DeviceSN": "18440015" }), "CPUID"),
    ] {
        assert!(refused(&client, &body).contains(named), "{body}");
    }
    assert_eq!(client.form("/registerDevice", "CPUID=N15&station=3").refusal(), (400, "malformed"));
    assert_eq!(client.get("/api/devices").body["total"], 3);
    assert_eq!(register(&client, &json!({ "DeviceSN": null, "CPUID": "N17", "devices": null }))["status"], "created");
}

#[test]
fn the_box_allots_only_what_it_takes() {
    let paperline = Paperline::start();
    let (client, admin) = (paperline.operator(), paperline.admin());
    assert_eq!(admin.get("/api/settings").body["device_sn_format"], "{yy}{ww}{nnnn}");
    let set = |body: Value| admin.patch("/api/settings", &body);
    for parted in [
        json!({ "device_sn_pattern": r"\d{10}" }),
        json!({ "device_sn_pattern": r"^SN-\d{8}$" }),
        json!({ "device_sn_format": "SN-{nnnn}" }),
        json!({ "device_sn_format": "{yy}{ww}{nnn}" }),
        json!({ "device_sn_format": "{yy}{qq}{nnnn}" }),
        json!({ "device_sn_format": "{yy}{ww}" }),
    ] {
        let answer = set(parted.clone());
        assert_eq!(answer.refusal(), (400, "malformed"), "{parted}");
        assert!(answer.body["err"].as_str().unwrap().contains("device_sn_format"), "{answer:?}");
    }
    assert_eq!(set(json!({ "device_sn_pattern": r"\d{7,8}" })).status, 200);
    assert!(refused(&client, &json!({ "DeviceSN": "123456789", "CPUID": "C1" })).contains("123456789"));
    assert_eq!(register(&client, &json!({ "DeviceSN": "1234567", "CPUID": "C1" }))["status"], "created");
    let together = set(json!({ "device_sn_pattern": r"^SN-\d{8}$", "device_sn_format": "SN-{yyyy}{nnnn}" }));
    assert_eq!(together.body["device_sn_format"], "SN-{yyyy}{nnnn}");
    let allotted = register(&client, &json!({ "CPUID": "C2" }))["DeviceSN"].as_str().unwrap().to_owned();
    assert!(allotted.starts_with("SN-20") && allotted.ends_with("0001"), "{allotted}");
    assert_eq!(register(&client, &json!({ "DeviceSN": allotted, "CPUID": "C2" }))["status"], "exists");
    // Serials from an earlier pattern stay valid.
    assert_eq!(register(&client, &json!({ "DeviceSN": "1234567", "CPUID": "C1" }))["status"], "exists");
}

#[test]
fn a_box_whose_format_and_pattern_are_parted_starts_and_says_so() {
    let paperline = Paperline::start_with(&["--set", r"device_sn_pattern=^SN-\d{8}$"]);
    let (client, admin) = (paperline.operator(), paperline.admin());
    let answer = client.post("/registerDevice", &json!({ "CPUID": "C1" }));
    assert_eq!(answer.refusal(), (503, "unavailable"));
    let clock = client.get("/api/clock").body;
    for said in [&answer.body["err"], &clock["allotment"]["err"]] {
        let said = said.as_str().unwrap();
        assert!(said.contains("device_sn_pattern") && said.contains("device_sn_format") && said.contains(r"^SN-\d{8}$"), "{said}");
    }
    assert_eq!(register(&client, &json!({ "DeviceSN": "SN-00000001", "CPUID": "C1" }))["status"], "created");
    assert_eq!(register(&client, &json!({ "CPUID": "C1" }))["status"], "exists", "nothing has to be allotted");
    // The fix too.
    assert_eq!(admin.patch("/api/settings", &json!({ "engine_retries": 2 })).status, 200);
    assert_eq!(admin.patch("/api/settings", &json!({ "device_sn_format": "SN-{yy}{mm}{nnnn}" })).status, 200);
    assert_eq!(register(&client, &json!({ "CPUID": "C2" }))["status"], "created");
}

#[test]
fn any_part_in_any_case_and_the_pasted_label_find_the_device() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    for (sn, cpuid) in [("00010000", "AAFF"), ("18440001", "39FFd605"), ("18440002", "0xBEEF01")] {
        register(&client, &json!({ "DeviceSN": sn, "CPUID": cpuid }));
    }
    let found = |q: &str| -> Vec<String> {
        let encoded: String = q.bytes().map(|b| format!("%{b:02x}")).collect();
        let page = client.get(&format!("/api/devices?q={encoded}")).body;
        let devices = page["devices"].as_array().unwrap();
        assert_eq!(page["total"], devices.len());
        devices.iter().map(|d| d["DeviceSN"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(found("0001"), ["00010000", "18440001"], "a beginning hides no part");
    for q in ["18440001 39FFd605", "18440001 39ffD605\r\n", "39ffd6", "0x39FFD605", "]Q118440001", "]d218440001 39FFD605", "d605"] {
        assert_eq!(found(q), ["18440001"], "{q:?}");
    }
    assert_eq!(
        (found("beef01"), found("0XBEEF01"), found("ff")),
        (vec!["18440002".into()], vec!["18440002".into()], vec!["00010000".into(), "18440001".into()])
    );
    for q in ["18440001 AAFF", "]Q1", "99"] {
        assert_eq!(found(q), [""; 0], "{q:?}");
    }
}

#[test]
fn the_newest_can_come_first() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let sns: Vec<String> = (1..=25).map(|n| format!("184400{n:02}")).collect();
    let rows: Vec<Value> = sns.iter().map(|sn| json!({ "DeviceSN": sn, "CPUID": format!("C{sn}") })).collect();
    client.post("/registerDevice", &json!({ "devices": rows }));
    client.post("/switchPrintStatus", &json!({ "DeviceSNList": [sns[24]] }));
    for (filter, newest_first, expected) in [
        ("", true, sns.iter().rev().collect::<Vec<_>>()),
        ("printed=0&", true, sns[..24].iter().rev().collect()),
        ("q=c1844&", true, sns.iter().rev().collect()),
        ("q=c1844&", false, sns.iter().collect()),
        ("from=2018-01-01&", false, sns.iter().collect()),
    ] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let order = if newest_first { "newest" } else { "oldest" };
            let page = client.get(&format!("/api/devices?{filter}order={order}&limit=7{cursor}")).body;
            assert_eq!(page["total"], expected.len());
            found.extend(page["devices"].as_array().unwrap().iter().map(|d| d["DeviceSN"].as_str().unwrap().to_owned()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter}{newest_first}");
        let order = if newest_first { "newest" } else { "oldest" };
        let file = String::from_utf8(client.get(&format!("/api/devices/export.csv?{filter}order={order}")).bytes).unwrap();
        let exported: Vec<&str> = file.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(exported, expected, "{filter}{newest_first}");
    }
    assert_eq!(client.get("/api/devices?order=best").refusal(), (400, "malformed"));
}

#[test]
fn the_twins_of_an_older_store_are_laid_before_people() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    for (sn, cpuid) in [("18440001", "0x39ffd6ab"), ("18440002", "second"), ("18440003", "Other-1")] {
        register(&client, &json!({ "DeviceSN": sn, "CPUID": cpuid }));
    }
    let (dir, _) = paperline.stop();
    let data = dir.path().join("data");
    {
        // As in format 3: every spelling a device.
        let store = Store::new(Arc::new(Local::open(&data.join("db")).unwrap()), endless()).unwrap();
        let older = store.write_blocking(|txn| {
            for (sn, cpuid) in [("18440001", "0x39ffd6ab"), ("18440002", "39FFD6AB"), ("18440003", "Other-1")] {
                let sn = sn.to_owned();
                let mut device = txn.get(&DEVICES, &sn)?.unwrap();
                txn.delete(&DEVICES_BY_CPUID, &paperline::domain::device::canonical_cpuid(&device.cpuid));
                device.cpuid = cpuid.into();
                txn.put(&DEVICES, &sn, &device)?;
                let arrival = (device.registered, device.sequence);
                let mut listed = txn.get(&DEVICES_BY_TIME, &arrival)?.unwrap();
                listed.cpuid = Some(cpuid.into());
                txn.put(&DEVICES_BY_TIME, &arrival, &listed)?;
                txn.put(&DEVICES_BY_CPUID, &cpuid.to_owned(), &sn)?;
            }
            Ok(txn.put(&FORMAT, &(), &3)?)
        });
        older.unwrap();
    }
    let paperline = Paperline::start_in(dir, &[]);
    let client = paperline.operator();
    assert_eq!(client.get("/api/devices").body["total"], 3, "none is lost");
    let conflicts = client.get("/api/conflicts").body["conflicts"].clone();
    assert_eq!((conflicts.as_array().unwrap().len(), &conflicts[0]["kind"]), (1, &json!("twins")));
    assert_eq!(conflicts[0]["same_sn"], json!({ "DeviceSN": "18440002", "CPUID": "39FFD6AB" }));
    assert_eq!(conflicts[0]["same_cpuid"], json!({ "DeviceSN": "18440001", "CPUID": "0x39ffd6ab" }));
    // Repeated registrations get their former answer; new spellings belong to the first device.
    let sn = |cpuid: &str| register(&client, &json!({ "CPUID": cpuid }))["DeviceSN"].as_str().unwrap().to_owned();
    assert_eq!(
        (sn("39FFD6AB"), sn("0x39ffd6ab"), sn("39ffd6ab"), sn("OTHER-1")),
        ("18440002".into(), "18440001".into(), "18440001".into(), "18440003".into())
    );
    assert_eq!(register(&client, &json!({ "DeviceSN": "18440002", "CPUID": "39ffd6ab" }))["status"], "exists");
    let settle = |decision: &str| {
        client.post(
            &format!("/api/conflicts/{}/settle", conflicts[0]["conflict_id"]),
            &json!({ "reason": "same board", "decision": decision }),
        )
    };
    assert_eq!(settle("replace").refusal(), (409, "conflict"));
    let retired =
        client.send("DELETE", "/api/devices/18440001", &[("content-type", "application/json")], br#"{"reason":"same board"}"#);
    assert_eq!(retired.status, 200, "{retired:?}");
    assert_eq!(settle("keep").status, 200);
    assert_eq!((sn("39ffd6ab"), client.get("/api/devices").body["total"].clone()), ("18440002".into(), json!(2)));
    let (dir, _) = paperline.stop();
    let checked = Command::new(env!("CARGO_BIN_EXE_paperline")).args(["check", "--data-dir"]).arg(dir.path().join("data")).output();
    assert!(checked.unwrap().status.success());
}
