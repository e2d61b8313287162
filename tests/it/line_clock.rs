//! With a wrong clock no serial gets a wrong week. Not here: the rules (domain/serials.rs).

use crate::support::{Paperline, skipped};
use paperline::store::local::Local;
use paperline::store::tables::{DEVICES, DEVICES_BY_TIME, DEVICES_UNPRINTED};
use paperline::store::{Store, endless};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;

#[test]
fn a_clock_before_the_newest_record_allots_nothing_and_takes_what_is_given() {
    let paperline = Paperline::start_with(&["--set", "timezone=Asia/Shanghai"]);
    let client = paperline.operator();
    client.post("/registerDevice", &json!({ "DeviceSN": "18440001", "CPUID": "C1" }));
    let clock = client.get("/api/clock").body;
    assert_eq!(
        (&clock["allotment"], &clock["timezone"], &clock["timezone_set"]),
        (&Value::Null, &json!("Asia/Shanghai"), &json!(true))
    );
    assert_eq!(clock["utc_offset"], "+08:00");
    let time = |name: &str| clock[name].as_str().unwrap().to_owned();
    assert!(
        time("built").as_str() > "2026-01-01" && time("built") < time("now") && time("newest_record") <= time("now"),
        "{clock}"
    );
    let (dir, _) = paperline.stop();
    {
        // A record from tomorrow: the store can't tell which is wrong.
        let engine = Local::open(&dir.path().join("data/db")).unwrap();
        let store = Store::new(Arc::new(engine), endless()).unwrap();
        let tomorrow = store.write_blocking(|txn| {
            let sn = "18440001".to_owned();
            let mut device = txn.get(&DEVICES, &sn)?.unwrap();
            let listed = txn.get(&DEVICES_BY_TIME, &(device.registered, device.sequence))?.unwrap();
            txn.delete(&DEVICES_BY_TIME, &(device.registered, device.sequence));
            txn.delete(&DEVICES_UNPRINTED, &(device.registered, device.sequence));
            device.registered += 86_400_000;
            txn.put(&DEVICES_BY_TIME, &(device.registered, device.sequence), &listed)?;
            txn.put(&DEVICES_UNPRINTED, &(device.registered, device.sequence), &sn)?;
            Ok(txn.put(&DEVICES, &sn, &device)?)
        });
        tomorrow.unwrap();
    }
    let paperline = Paperline::start_in(dir, &[]);
    let client = paperline.operator();
    let refused = client.post("/registerDevice", &json!({ "CPUID": "C2" }));
    assert_eq!(refused.refusal(), (503, "unavailable"));
    let (clock, said) = (client.get("/api/clock").body, refused.body["err"].as_str().unwrap().to_owned());
    assert!(
        said.contains("时钟") && said.contains("18440001") && said.contains(clock["newest_record"].as_str().unwrap()),
        "{said}"
    );
    assert_eq!(clock["allotment"]["code"], "unavailable");
    assert_eq!(clock["timezone_set"], false);
    let rows = json!({ "devices": [{ "DeviceSN": "18440003", "CPUID": "C3" }, { "CPUID": "C4" }] });
    assert_eq!(client.post("/registerDevice", &rows).refusal(), (503, "unavailable"));
    let devices =
        client.post("/registerDevice", &json!({ "devices": [{ "DeviceSN": "18440005", "CPUID": "C5" }, { "CPUID": "c1" }] })).body;
    assert_eq!((&devices["devices"][0]["status"], &devices["devices"][1]["status"]), (&json!("created"), &json!("exists")));
    assert_eq!(client.get("/api/devices").body["total"], 2);
    let retired =
        client.send("DELETE", "/api/devices/18440001", &[("content-type", "application/json")], br#"{"reason":"wrong clock"}"#);
    assert_eq!(retired.status, 200);
    assert_eq!(client.post("/registerDevice", &json!({ "CPUID": "C2" })).body["devices"][0]["status"], "created");
}

/// What the terminal prints up to the clock.
fn greeting(http: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_paperline"))
        .args(["serve", "--https", "off", "--mdns", "off", "--set", "timezone=Asia/Shanghai", "--http", http, "--data-dir"])
        .arg(dir.path().join("data"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        said.push(line);
        if said.last().is_some_and(|line| line.starts_with("时间 / time: ")) {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    said
}

#[test]
fn each_start_says_what_time_it_is_where_and_under_which_address_others_reach_the_box() {
    let said = greeting("0.0.0.0:0");
    let clock = said.last().unwrap();
    assert!(clock.starts_with("时间 / time: 20") && clock.ends_with(" +08:00 (Asia/Shanghai)"), "{said:?}");
    let bound = said.iter().find_map(|line| line.strip_prefix("listening on http://0.0.0.0:")).unwrap();
    let Some(heading) = said.iter().position(|line| line.contains("open in a browser")) else {
        return skipped("this machine has no address that others reach");
    };
    let url = said[heading + 1].trim();
    assert!(url.starts_with("http://") && url.ends_with(&format!(":{bound}")) && !url.contains("0.0.0.0"), "{said:?}");
    // A loopback address is useless to others.
    assert!(!greeting("127.0.0.1:0").iter().any(|line| line.contains("open in a browser")));
}
