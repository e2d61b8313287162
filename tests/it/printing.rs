//! Labels straight to a printer: what came out is known, and what is not known is said. Against a printer as strict as real ones.

use crate::support::printer::{Label, Printer};
use crate::support::{Client, Paperline, eventually};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub const LANGUAGES: [&str; 2] = ["zpl", "tspl"];

fn sn(number: usize) -> String {
    format!("{}", 26_480_000 + number)
}

pub fn register(client: &Client, devices: usize) -> Vec<String> {
    let device = |n: usize| json!({ "DeviceSN": sn(n), "CPUID": format!("39FFD605{:08X}", n * 7919) });
    let list: Vec<Value> = (1..=devices).map(device).collect();
    assert_eq!(client.post("/registerDevice", &json!({ "devices": list })).status, 200);
    (1..=devices).map(sn).collect()
}

pub fn set_up(client: &Client, name: &str, language: &str, address: &str) -> u64 {
    let printer = json!({ "name": name, "language": language, "address": address });
    let made = client.post("/api/printers", &printer);
    assert_eq!(made.status, 201, "{made:?}");
    made.body["printer_id"].as_u64().unwrap()
}

pub fn print(client: &Client, printer: u64, sns: &[String]) -> u64 {
    let answer = client.post("/api/print", &json!({ "printer_id": printer, "DeviceSNList": sns }));
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.body["job_id"].as_u64().unwrap()
}

pub fn fates(client: &Client, job: u64) -> BTreeMap<String, String> {
    let labels = client.get(&format!("/api/print/{job}")).body["labels"].clone();
    labels.as_object().unwrap().iter().map(|(sn, fate)| (sn.clone(), fate.as_str().unwrap().to_owned())).collect()
}

pub fn count(fates: &BTreeMap<String, String>, fate: &str) -> usize {
    fates.values().filter(|each| *each == fate).count()
}

fn state(client: &Client, printer: u64) -> String {
    let printers = client.get("/api/printers").body["printers"].clone();
    let found = printers.as_array().unwrap().iter().find(|each| each["printer_id"] == printer).cloned();
    found.unwrap()["state"].as_str().unwrap().to_owned()
}

fn until_state(client: &Client, printer: u64, wanted: &str) {
    eventually(wanted, || (state(client, printer) == wanted).then_some(()));
}

pub fn until_over(client: &Client, job: u64) -> BTreeMap<String, String> {
    eventually("the job is over", || (client.get(&format!("/api/print/{job}")).body["over"] == true).then_some(()));
    fates(client, job)
}

pub fn serials(labels: &[Label]) -> Vec<String> {
    labels.iter().map(|label| label.text().split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn two_hundred_labels_come_out_as_their_previews_show_them_and_in_order() {
    for language in LANGUAGES {
        let (paperline, printer) = (Paperline::start(), Printer::start(language, &[]));
        let client = paperline.operator();
        let sns = register(&client, 200);
        let id = set_up(&client, "线 1", language, &printer.address());
        let fates = until_over(&client, print(&client, id, &sns));
        assert_eq!((count(&fates, "printed"), fates.len()), (200, 200));
        assert_eq!(printer.refused(), Vec::<Value>::new(), "{language}");
        let labels = printer.labels();
        assert_eq!(labels.len(), 200);
        for (n, label) in labels.iter().enumerate() {
            assert_eq!(label.text(), format!("{} 39FFD605{:08X}", sns[n], (n + 1) * 7919));
        }
        for n in [0, 99, 199] {
            let preview = client.get(&format!("/api/labels/1/preview?sn={}&dpi=203", sns[n]));
            let preview = image::load_from_memory(&preview.bytes).unwrap().into_luma8();
            let label = &labels[n];
            assert_eq!((preview.width(), preview.height()), (label.width, label.height));
            let differ = preview.enumerate_pixels().filter(|(x, y, dot)| (dot.0[0] < 128) != label.has_ink(*x, *y)).count();
            assert_eq!(differ, 0, "dots of {}", sns[n]);
        }
        assert_eq!(client.get("/searchNoPrint").body["DeviceSNList"], json!([]));
        let device = client.get(&format!("/api/devices/{}", sns[0])).body;
        assert_eq!((&device["status"], &device["print_count"], &device["label"]), (&json!(1), &json!(1), &json!("printed")));
    }
}

#[test]
fn a_printer_that_can_t_print_is_waited_for_and_nothing_comes_out_twice() {
    for language in LANGUAGES {
        for (mode, word) in [("out_of_labels", "out_of_labels"), ("open", "open"), ("paused", "paused"), ("jammed", "jammed")] {
            let (paperline, mut printer) = (Paperline::start(), Printer::start(language, &[]));
            let client = paperline.operator();
            let sns = register(&client, 20);
            let id = set_up(&client, "线 1", language, &printer.address());
            printer.say(&json!({ "at_label": 7, "mode": mode }));
            let job = print(&client, id, &sns);
            until_state(&client, id, word);
            let now = fates(&client, job);
            let of = |fate: &str| sns.iter().filter(|sn| now[*sn] == fate).cloned().collect::<Vec<_>>();
            assert_eq!((of("printed"), of("sent"), of("waiting")), (sns[..6].to_vec(), sns[6..7].to_vec(), sns[7..].to_vec()));
            assert_eq!(printer.labels().len(), 7, "the others are not sent to a printer that is {mode}");
            printer.be("ready");
            let fates = until_over(&client, job);
            assert_eq!(count(&fates, "printed"), 20, "{mode}");
            assert_eq!(serials(&printer.labels()), sns);
            until_state(&client, id, "ready");
            assert_eq!(printer.refused(), Vec::<Value>::new(), "{language} {mode}");
        }
    }
}

#[test]
fn labels_wait_for_a_printer_that_is_off_or_open_and_a_slow_one_is_given_its_time() {
    let (paperline, mut printer) = (Paperline::start(), Printer::start("zpl", &[]));
    let client = paperline.operator();
    let sns = register(&client, 9);
    let id = set_up(&client, "线 1", "zpl", &printer.address());
    until_state(&client, id, "ready");
    for (mode, labels) in [("off", &sns[..3]), ("open", &sns[3..6])] {
        printer.be(mode);
        let job = print(&client, id, labels);
        until_state(&client, id, if mode == "off" { "offline" } else { mode });
        assert_eq!(count(&fates(&client, job), "waiting"), 3, "{mode}");
        printer.be("ready");
        assert_eq!(count(&until_over(&client, job), "printed"), 3, "{mode}");
    }
    printer.be("slow");
    assert_eq!(count(&until_over(&client, print(&client, id, &sns[6..])), "printed"), 3);
    assert_eq!((serials(&printer.labels()), printer.refused()), (sns, Vec::new()));
}

#[test]
fn what_a_printer_that_never_says_anything_did_is_unknown_until_a_person_says_it() {
    for language in LANGUAGES {
        let (paperline, printer) = (Paperline::start(), Printer::start(language, &["--mode", "silent"]));
        let client = paperline.operator();
        let sns = register(&client, 5);
        let id = set_up(&client, "线 1", language, &printer.address());
        let job = print(&client, id, &sns);
        assert_eq!(count(&until_over(&client, job), "unknown"), 5);
        until_state(&client, id, "silent");
        assert_eq!(serials(&printer.labels()), sns, "each once");
        let open = client.get(&format!("/api/devices/{}", sns[0])).body;
        assert_eq!((&open["status"], &open["label"]), (&json!(0), &json!("sent")), "the list asks for it");
        let said = json!({ "printed": &sns[..3], "failed": &sns[3..4] });
        assert_eq!(client.post("/api/labels/outcome", &said).body["reqStatus"], "sucess");
        let fates = fates(&client, job);
        let words: Vec<&str> = sns.iter().map(|sn| fates[sn].as_str()).collect();
        assert_eq!(words, ["printed", "printed", "printed", "failed", "unknown"]);
    }
}

#[test]
fn a_printer_that_falls_silent_gets_no_more_until_it_answers() {
    let (paperline, mut printer) = (Paperline::start(), Printer::start("tspl", &[]));
    let client = paperline.operator();
    let sns = register(&client, 12);
    let id = set_up(&client, "线 1", "tspl", &printer.address());
    until_state(&client, id, "ready");
    printer.say(&json!({ "at_label": 7, "mode": "silent" }));
    let job = print(&client, id, &sns);
    until_state(&client, id, "silent");
    let now = eventually("the label in doubt is said to be so", || {
        Some(fates(&client, job)).filter(|fates| count(fates, "unknown") == 1)
    });
    assert_eq!((now[&sns[6]].as_str(), count(&now, "printed"), count(&now, "waiting")), ("unknown", 6, 5));
    assert_eq!(printer.labels().len(), 7);
    printer.be("ready");
    let fates = until_over(&client, job);
    assert_eq!((count(&fates, "printed"), fates[&sns[6]].as_str()), (11, "unknown"));
    assert_eq!(serials(&printer.labels()), sns, "each once");
}

#[test]
fn a_printer_that_hangs_up_in_the_middle_of_a_label_leaves_that_one_in_doubt() {
    for language in LANGUAGES {
        let (paperline, mut printer) = (Paperline::start(), Printer::start(language, &[]));
        let client = paperline.operator();
        let sns = register(&client, 12);
        let id = set_up(&client, "线 1", language, &printer.address());
        printer.say(&json!({ "at_label": 7, "mode": "hang_up" }));
        let fates = until_over(&client, print(&client, id, &sns));
        let others: Vec<String> = sns.iter().filter(|sn| **sn != sns[6]).cloned().collect();
        assert_eq!((count(&fates, "printed"), fates[&sns[6]].as_str()), (11, "unknown"), "{language}");
        assert_eq!(serials(&printer.labels()), others, "the seventh was cut, and is not sent again");
        // It may be printed again by a person who says why.
        let again = |body: Value| client.post("/api/print", &body);
        let body = json!({ "printer_id": id, "DeviceSNList": [&sns[6]] });
        assert_eq!(again(body.clone()).refusal(), (400, "malformed"));
        let mut with_reason = body;
        with_reason["reason"] = "cut off".into();
        let job = again(with_reason).body["job_id"].as_u64().unwrap();
        assert_eq!(count(&until_over(&client, job), "printed"), 1);
    }
}

/// The label that was at the printer when the box died is in doubt; the others go on.
#[test]
fn a_box_killed_in_the_middle_of_a_label_doubts_that_one_and_goes_on() {
    let printer = Printer::start("zpl", &["--ms-per-label", "400"]);
    let paperline = Paperline::start();
    let client = paperline.operator();
    let sns = register(&client, 10);
    let id = set_up(&client, "线 1", "zpl", &printer.address());
    let job = print(&client, id, &sns);
    eventually("the seventh is at the printer", || (printer.labels().len() == 7).then_some(()));
    let dir = paperline.kill();
    let paperline = Paperline::start_in(dir, &[]);
    let client = paperline.operator();
    let fates = until_over(&client, job);
    assert_eq!((count(&fates, "printed"), fates[&sns[6]].as_str()), (9, "unknown"));
    assert_eq!(serials(&printer.labels()), sns, "each once");
    let (dir, _) = paperline.stop();
    let checked = Command::new(env!("CARGO_BIN_EXE_paperline")).args(["check", "--data-dir"]).arg(dir.path().join("data")).output();
    let checked = checked.unwrap();
    assert!(checked.status.success(), "{checked:?}");
}

/// Fifty times at any moment: what is told as printed came out, what came out is told or in doubt, and nothing came out twice.
#[test]
fn fifty_kills_lose_no_label_and_double_none() {
    const KILLS: u64 = 50;
    let printer = Printer::start("zpl", &["--ms-per-label", "8"]);
    let mut paperline = Paperline::start();
    let sns = register(&paperline.operator(), 1_000);
    let id = set_up(&paperline.operator(), "线 1", "zpl", &printer.address());
    let job = print(&paperline.operator(), id, &sns);
    let mut random = 7_919_u64;
    for _ in 0..KILLS {
        // A linear congruential generator (Knuth, MMIX): any moments do, as long as a failure can be had again.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_millis(20 + (random >> 33) % 180));
        paperline = Paperline::start_in(paperline.kill(), &[]);
    }
    let client = paperline.operator();
    let fates = until_over(&client, job);
    let came = serials(&printer.labels());
    let got: BTreeSet<&String> = came.iter().collect();
    assert_eq!(got.len(), came.len(), "none came twice");
    let in_doubt: Vec<&String> = sns.iter().filter(|sn| fates[*sn] == "unknown").collect();
    assert_eq!(count(&fates, "printed") + in_doubt.len(), 1_000);
    assert!(in_doubt.len() as u64 <= KILLS, "a kill leaves one in doubt at most: {in_doubt:?}");
    assert!(!in_doubt.is_empty(), "some were killed while a label was at the printer");
    for sn in &sns {
        assert!(fates[sn] != "printed" || got.contains(sn), "{sn} is told as printed and never came");
    }
    let order: HashMap<&String, usize> = sns.iter().enumerate().map(|(n, sn)| (sn, n)).collect();
    assert!(came.is_sorted_by_key(|sn| order[sn]), "in order");
    assert_eq!(printer.events("fault"), Vec::<Value>::new());
}

#[test]
fn what_waits_can_be_cancelled_and_is_nobody_else_s_meanwhile() {
    let (paperline, mut printer) = (Paperline::start(), Printer::start("zpl", &[]));
    let client = paperline.operator().with_header("accept-language", "en");
    let sns = register(&client, 6);
    let id = set_up(&client, "线 1", "zpl", &printer.address());
    until_state(&client, id, "ready");
    printer.be("out_of_labels");
    let job = print(&client, id, &sns[..4]);
    let other = client.post("/api/print", &json!({ "printer_id": id, "DeviceSNList": [&sns[5], &sns[3]] }));
    assert_eq!(other.refusal(), (409, "conflict"));
    let err = other.body["err"].as_str().unwrap();
    assert!(err.contains(&sns[3]) && err.contains(&format!("job {job}")) && !err.contains(&sns[5]), "{err}");
    let by_browser = client.post("/api/labels/sent", &json!({ "DeviceSNList": [&sns[3]] }));
    assert_eq!(by_browser.refusal(), (409, "conflict"), "a browser does not print it beside");
    assert_eq!(client.delete(&format!("/api/printers/{id}")).refusal(), (409, "conflict"), "labels wait for it");
    assert_eq!(client.post(&format!("/api/print/{job}/cancel"), &json!({})).status, 200);
    let now = client.get(&format!("/api/print/{job}")).body;
    assert_eq!((&now["over"], &now["cancelled_by"]), (&json!(true), &json!("prodsys")));
    assert_eq!(count(&fates(&client, job), "failed"), 4, "they never went out");
    printer.be("ready");
    let second = until_over(&client, print(&client, id, &sns[3..]));
    assert_eq!((count(&second, "printed"), serials(&printer.labels())), (3, sns[3..].to_vec()));
    assert_eq!(client.delete(&format!("/api/printers/{id}")).status, 200);
    assert_eq!(client.get(&format!("/api/print/{job}")).body["printer_name"], "线 1", "its jobs are still told");
}

#[test]
fn two_operators_share_a_printer_in_turn_and_two_printers_print_side_by_side() {
    let (paperline, one, two) =
        (Paperline::start(), Printer::start("zpl", &["--ms-per-label", "20"]), Printer::start("tspl", &["--ms-per-label", "20"]));
    let (anna, bert) = (paperline.operator(), paperline.admin());
    let sns = register(&anna, 30);
    let first = set_up(&anna, "线 1", "zpl", &one.address());
    let second = set_up(&anna, "线 2", "tspl", &two.address());
    let jobs =
        [(print(&anna, first, &sns[..10]), 10), (print(&bert, first, &sns[10..20]), 10), (print(&anna, second, &sns[20..]), 10)];
    for (job, labels) in jobs {
        assert_eq!(count(&until_over(&anna, job), "printed"), labels);
    }
    assert_eq!((serials(&one.labels()), serials(&two.labels())), (sns[..20].to_vec(), sns[20..].to_vec()));
    assert_eq!([one.refused(), two.refused()].concat(), Vec::<Value>::new());
    let jobs = anna.get("/api/print").body["jobs"].clone();
    let who: Vec<&Value> = jobs.as_array().unwrap().iter().map(|job| &job["user_name"]).collect();
    assert_eq!(who, ["prodsys", "admin", "prodsys"]);
}

#[test]
fn copies_come_out_one_after_the_other_and_a_label_that_does_not_fit_fails_alone() {
    let (paperline, printer) = (Paperline::start(), Printer::start("zpl", &[]));
    let client = paperline.operator();
    let small = json!({ "name": "小", "width_mm": 12, "height_mm": 6 });
    let look = client.post("/api/labels", &small).body["label_id"].clone();
    let long = "X".repeat(64);
    let devices = json!([{ "DeviceSN": "26480001", "CPUID": "A1" }, { "DeviceSN": "26480002", "CPUID": long }, { "DeviceSN": "26480003", "CPUID": "A3" }]);
    assert_eq!(client.post("/registerDevice", &json!({ "devices": devices })).status, 200);
    let id = set_up(&client, "线 1", "zpl", &printer.address());
    assert_eq!(client.patch(&format!("/api/printers/{id}"), &json!({ "label_id": look })).status, 200);
    let body = json!({ "printer_id": id, "DeviceSNList": ["26480001", "26480002", "26480003"], "copies": 2 });
    let job = client.post("/api/print", &body).body["job_id"].as_u64().unwrap();
    let fates = until_over(&client, job);
    assert_eq!(fates.values().collect::<Vec<_>>(), ["printed", "failed", "printed"]);
    let why = client.get(&format!("/api/print/{job}")).body["why"].clone();
    assert!(why["26480002"].as_str().is_some_and(|why| why.contains("码放不下")) && why.as_object().unwrap().len() == 1, "{why}");
    assert_eq!(serials(&printer.labels()), ["26480001", "26480001", "26480003", "26480003"]);
    assert_eq!(client.get("/api/devices/26480002").body["label"], "new", "it was never sent");
    assert_eq!(client.get("/api/devices/26480001").body["print_count"], 2);
}

#[test]
fn of_copies_that_were_cancelled_those_that_came_out_count() {
    let (paperline, mut printer) = (Paperline::start(), Printer::start("zpl", &[]));
    let client = paperline.operator();
    let sns = register(&client, 2);
    let id = set_up(&client, "线 1", "zpl", &printer.address());
    printer.say(&json!({ "at_label": 3, "mode": "paused" }));
    let body = json!({ "printer_id": id, "DeviceSNList": sns, "copies": 5 });
    let job = client.post("/api/print", &body).body["job_id"].as_u64().unwrap();
    until_state(&client, id, "paused");
    assert_eq!(client.post(&format!("/api/print/{job}/cancel"), &json!({})).status, 200);
    assert_eq!(fates(&client, job).values().collect::<Vec<_>>(), ["sent", "failed"], "the third copy is in the printer");
    printer.be("ready");
    assert_eq!(until_over(&client, job).values().collect::<Vec<_>>(), ["printed", "failed"]);
    assert_eq!(
        (client.get(&format!("/api/devices/{}", sns[0])).body["print_count"].clone(), printer.labels().len()),
        (json!(3), 3)
    );
    assert_eq!(client.get("/searchNoPrint").body["DeviceSNList"], json!([&sns[1]]));
}

/// A person's word and the printer's don't contradict each other, and a printer that is stuck is not stuck for ever.
#[test]
fn a_label_in_a_printer_is_answered_for_by_the_printer_unless_that_is_taken_away() {
    let (paperline, mut printer, other) = (Paperline::start(), Printer::start("zpl", &[]), Printer::start("zpl", &[]));
    let client = paperline.operator();
    let sns = register(&client, 4);
    let id = set_up(&client, "线 1", "zpl", &printer.address());
    printer.say(&json!({ "at_label": 1, "mode": "open" }));
    let job = print(&client, id, &sns[..2]);
    until_state(&client, id, "open");
    let said = |fate: &str| client.post("/api/labels/outcome", &json!({ fate: [&sns[0]] }));
    assert_eq!(said("failed").refusal(), (409, "conflict"));
    assert_eq!(said("unknown").refusal(), (409, "conflict"));
    // The printer is replaced: of the label in the old one nobody hears any more, and the new one goes on.
    assert_eq!(client.patch(&format!("/api/printers/{id}"), &json!({ "address": other.address() })).status, 200);
    let now = until_over(&client, job);
    assert_eq!((now[&sns[0]].as_str(), now[&sns[1]].as_str()), ("unknown", "printed"));
    assert_eq!(serials(&other.labels()), sns[1..2]);
    assert_eq!(said("failed").body["reqStatus"], "sucess");
    assert_eq!(fates(&client, job)[&sns[0]], "failed");
    // It is taken away with a label in it.
    let stuck = set_up(&client, "线 2", "zpl", &printer.address());
    until_state(&client, stuck, "open");
    printer.be("ready");
    until_state(&client, stuck, "ready");
    printer.say(&json!({ "at_label": 2, "mode": "open" }));
    let job = print(&client, stuck, &sns[2..]);
    until_state(&client, stuck, "open");
    assert_eq!(client.delete(&format!("/api/printers/{stuck}")).refusal(), (409, "conflict"), "one waits");
    assert_eq!(client.post(&format!("/api/print/{job}/cancel"), &json!({})).status, 200);
    assert_eq!(client.delete(&format!("/api/printers/{stuck}")).status, 200);
    let now = until_over(&client, job);
    assert_eq!((now[&sns[2]].as_str(), now[&sns[3]].as_str()), ("unknown", "failed"));
}

#[test]
fn a_label_that_comes_out_for_a_device_retired_meanwhile_is_told_so() {
    let (paperline, mut printer) = (Paperline::start(), Printer::start("zpl", &[]));
    let client = paperline.operator();
    let sns = register(&client, 2);
    let id = set_up(&client, "线 1", "zpl", &printer.address());
    printer.say(&json!({ "at_label": 1, "mode": "paused" }));
    let job = print(&client, id, &sns);
    until_state(&client, id, "paused");
    for sn in &sns {
        let reason = br#"{"reason":"scrapped"}"#;
        assert_eq!(
            client.send("DELETE", &format!("/api/devices/{sn}"), &[("content-type", "application/json")], reason).status,
            200
        );
    }
    printer.be("ready");
    let now = until_over(&client, job);
    assert_eq!((now[&sns[0]].as_str(), now[&sns[1]].as_str()), ("printed", "failed"), "the other never went out");
    let device = client.get(&format!("/api/devices/{}", sns[0])).body;
    assert_eq!((&device["label"], &device["history"][0]["what"]), (&json!("printed"), &json!("printed")));
    assert_eq!(printer.labels().len(), 1);
}

#[test]
fn whoever_watches_the_printers_hears_how_they_are_at_once_and_at_each_change() {
    let (paperline, mut printer) = (Paperline::start(), Printer::start("zpl", &[]));
    let client = paperline.operator();
    let sns = register(&client, 3);
    let id = set_up(&client, "线 1", "zpl", &printer.address());
    until_state(&client, id, "ready");
    let mut socket = client.socket("/api/printers/socket");
    assert_eq!(socket.next().unwrap()["printers"][0]["state"], "ready");
    printer.say(&json!({ "at_label": 2, "mode": "open" }));
    let job = print(&client, id, &sns);
    eventually("the state and the job are told", || {
        let told = socket.next().unwrap();
        let (state, now) = (&told["printers"][0]["state"], &told["jobs"][0]);
        (state == "open" && now["job_id"] == job && now["printed"] == 1 && now["waiting"] == 1).then_some(())
    });
    printer.be("ready");
    eventually("the job is over", || (socket.next().unwrap()["jobs"] == json!([])).then_some(()));
    // While nobody watched, things went on.
    drop(socket);
    client.patch(&format!("/api/printers/{id}"), &json!({ "name": "线 9" }));
    assert_eq!(client.socket("/api/printers/socket").next().unwrap()["printers"][0]["name"], "线 9");
}

#[test]
fn a_printer_that_is_changed_is_asked_at_once_and_keeps_its_label() {
    let (paperline, printer) = (Paperline::start(), Printer::start("tspl", &[]));
    let client = paperline.operator();
    let id = set_up(&client, "线 1", "zpl", &printer.address());
    until_state(&client, id, "silent");
    assert_eq!(
        client.patch(&format!("/api/printers/{id}"), &json!({ "language": "tspl" })).body["state"],
        "offline",
        "not asked yet"
    );
    until_state(&client, id, "ready");
    // An offset that pushes the code over the edge would print half of it.
    let sns = register(&client, 2);
    client.patch(&format!("/api/printers/{id}"), &json!({ "offset_x": 100 }));
    assert_eq!(until_over(&client, print(&client, id, &sns))[&sns[0]], "failed");
    client.patch(&format!("/api/printers/{id}"), &json!({ "offset_x": 3, "offset_y": -1 }));
    assert_eq!(count(&until_over(&client, print(&client, id, &sns)), "printed"), 2);
    assert_eq!(serials(&printer.labels()), sns);
    let look = client.post("/api/labels", &json!({ "name": "大", "width_mm": 60, "height_mm": 40 })).body["label_id"].clone();
    client.patch(&format!("/api/printers/{id}"), &json!({ "label_id": look }));
    let gone = client.delete(&format!("/api/labels/{look}"));
    assert_eq!(gone.refusal(), (409, "conflict"), "it is what the printer prints");
    assert!(gone.body["err"].as_str().unwrap().contains("线 1"), "{gone:?}");
}

#[test]
fn a_label_that_is_scanned_is_out_and_counts_until_another_is_sent() {
    let (paperline, mut printer) = (Paperline::start(), Printer::start("zpl", &[]));
    let client = paperline.operator();
    let sns = register(&client, 3);
    let id = set_up(&client, "线 1", "zpl", &printer.address());
    client.post("/api/batches", &json!({ "name": "甲", "expected": 3, "first": sn(1), "last": sn(3) }));
    let confirmed = || client.get("/api/batches/1").body["confirmed"].as_u64().unwrap();
    let scan =
        |n: usize| client.post("/api/labels/verified", &json!({ "DeviceSN": sn(n), "CPUID": format!("39FFD605{:08X}", n * 7919) }));
    assert_eq!(scan(1).refusal(), (409, "conflict"), "no label of it was ever sent");
    until_over(&client, print(&client, id, &sns[..1]));
    assert_eq!((scan(1).status, confirmed()), (200, 1));
    let again = json!({ "printer_id": id, "DeviceSNList": [sn(1)], "reason": "torn" });
    until_over(&client, client.post("/api/print", &again).body["job_id"].as_u64().unwrap());
    assert_eq!(confirmed(), 0, "the new label was not scanned");
    printer.say(&json!({ "at_label": 3, "mode": "hang_up" }));
    let job = print(&client, id, &sns[1..2]);
    assert_eq!(until_over(&client, job)[&sn(2)], "unknown");
    assert_eq!(scan(2).status, 200);
    assert_eq!((fates(&client, job)[&sn(2)].as_str(), confirmed()), ("printed", 1), "who scans it has it in hand");
    assert_eq!(client.get("/searchNoPrint").body["DeviceSNList"], json!([sn(3)]));
}

#[test]
fn what_can_t_be_a_printer_or_a_job_is_refused_by_name() {
    let paperline = Paperline::start();
    let client = paperline.operator().with_header("accept-language", "en");
    let sns = register(&client, 2);
    let good = json!({ "name": "线 1", "language": "zpl", "address": "127.0.0.1:1" });
    let id = client.post("/api/printers", &good).body["printer_id"].clone();
    for (field, value) in [
        ("name", json!("")),
        ("name", json!("x".repeat(65))),
        ("language", json!("epl")),
        ("language", Value::Null),
        ("address", json!("http://printer")),
        ("address", json!("a b")),
        ("dpi", json!(200)),
        ("label_id", json!(99)),
        ("offset_x", json!(1_201)),
        ("offset_y", json!("left")),
        ("across", json!(0)),
        ("across", json!(11)),
        ("across_gap_mm", json!(50.1)),
        ("auto_print", json!("perhaps")),
    ] {
        let mut body = good.clone();
        body["name"] = "线 2".into();
        body[field] = value.clone();
        let answer = client.post("/api/printers", &body);
        assert!(matches!(answer.status, 400 | 404), "{field} {value}: {answer:?}");
        assert!(answer.body.to_string().contains(field), "{answer:?}");
    }
    assert_eq!(client.post("/api/printers", &good).refusal(), (409, "conflict"), "two of one name");
    let refused = |body: Value| client.post("/api/print", &body);
    assert_eq!(refused(json!({ "printer_id": 99, "DeviceSNList": sns })).refusal(), (404, "not_found"));
    assert_eq!(refused(json!({ "printer_id": id, "DeviceSNList": [] })).refusal(), (400, "malformed"));
    assert_eq!(refused(json!({ "printer_id": id, "DeviceSNList": sns, "copies": 0 })).refusal(), (400, "malformed"));
    let missing = refused(json!({ "printer_id": id, "DeviceSNList": [&sns[0], "99999999"] }));
    assert_eq!(missing.refusal(), (404, "not_found"));
    assert!(missing.body["err"].as_str().unwrap().contains("99999999"));
    let wrong_pair = json!({ "printer_id": id, "DeviceSNList": [{ "DeviceSN": &sns[0], "CPUID": "other" }] });
    assert_eq!(refused(wrong_pair).refusal(), (409, "conflict"));
    assert_eq!(client.get("/api/print/99").refusal(), (404, "not_found"));
    assert_eq!(client.get("/api/print").body["jobs"], json!([]), "nothing was queued");
}

struct Agent(Child);

impl Agent {
    fn start(paperline: &Paperline, token: &str, printer: &Printer) -> Self {
        let mut agent = Command::new(env!("CARGO_BIN_EXE_paperline"));
        agent.args(["agent", "--join", &paperline.http, "--printer", "line-3", "--device", &printer.address()]);
        Self(agent.env("PAPERLINE_TOKEN", token).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_agent_prints_beside_the_printer_and_loses_its_connection_without_losing_a_label() {
    let printer = Printer::start("zpl", &["--ms-per-label", "60"]);
    let paperline = Paperline::start();
    let client = paperline.operator();
    let sns = register(&client, 40);
    let id = set_up(&client, "线 3", "zpl", "agent://line-3");
    let token =
        client.post("/api/tokens", &json!({ "name": "agent", "permissions": [102] })).body["token"].as_str().unwrap().to_owned();
    let agent = Agent::start(&paperline, &token, &printer);
    until_state(&client, id, "ready");
    let job = print(&client, id, &sns);
    eventually("some came out", || (printer.labels().len() >= 7).then_some(()));
    drop(agent);
    until_state(&client, id, "offline");
    let agent = Agent::start(&paperline, &token, &printer);
    eventually("it goes on", || (printer.labels().len() >= 20).then_some(()));
    // The box dies, and the agent finds it again where it was.
    let port = paperline.http.rsplit_once(':').unwrap().1.to_owned();
    let paperline = Paperline::start_in(paperline.kill(), &["--http", &format!("127.0.0.1:{port}")]);
    let client = paperline.operator();
    let fates = until_over(&client, job);
    drop(agent);
    let came = serials(&printer.labels());
    assert_eq!(came.iter().collect::<BTreeSet<_>>().len(), came.len(), "none came twice");
    assert_eq!(count(&fates, "printed") + count(&fates, "unknown"), 40);
    assert!((1..=2).contains(&count(&fates, "unknown")), "{fates:?}");
    assert!(sns.iter().all(|sn| fates[sn] != "printed" || came.contains(sn)));
}

#[test]
fn an_agent_needs_the_right_to_print_and_a_printer_that_is_set_up() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let join = |client: &Client, name: &str| client.try_socket(&format!("/api/printers/agent?name={name}"), &[]).err();
    assert_eq!(join(&client, "line-3"), Some(404));
    set_up(&client, "线 3", "zpl", "agent://line-3");
    let here = client.try_socket("/api/printers/agent?name=line-3&run=a", &[]).unwrap();
    assert_eq!(join(&client, "line-3&run=b"), Some(409), "two of one name would throw each other out for ever");
    assert_eq!(join(&client, "line-3&run=a"), None, "it has lost its connection, and is back before the box knows");
    drop(here);
    eventually("it is gone", || join(&client, "line-3&run=b").is_none().then_some(()));
    assert_eq!(join(&client, "a%20b"), Some(400));
    let admin = paperline.admin();
    admin.post("/api/users", &json!({ "user_name": "looks", "passwd": "only at them", "permissions": [101] }));
    let looks = paperline.client();
    looks.log_in("looks", "only at them");
    assert_eq!(join(&looks, "line-3"), Some(403));
}

#[test]
fn a_printer_may_print_by_itself_what_stations_register() {
    let (paperline, printer) = (Paperline::start(), Printer::start("zpl", &[]));
    let client = paperline.operator();
    let id = set_up(&client, "线 1", "zpl", &printer.address());
    register(&client, 2);
    assert_eq!(client.get("/api/print").body["jobs"], json!([]), "off by default");
    assert_eq!(client.patch(&format!("/api/printers/{id}"), &json!({ "auto_print": true })).body["auto_print"], true);
    let other = json!({ "name": "线 2", "language": "zpl", "address": "127.0.0.1:1", "auto_print": true });
    assert_eq!(client.post("/api/printers", &other).refusal(), (409, "conflict"), "two would print each label twice");
    let same = json!({ "name": "线 2", "language": "zpl", "address": printer.address() });
    assert_eq!(client.post("/api/printers", &same).refusal(), (409, "conflict"), "two would talk into each other's labels");
    for n in 3..=5 {
        let device = json!({ "DeviceSN": sn(n), "CPUID": format!("C{n}") });
        assert_eq!(client.post("/registerDevice", &device).body["reqStatus"], "sucess");
        assert_eq!(client.post("/registerDevice", &device).body["reqStatus"], "sucess", "known already");
    }
    eventually("they came out", || (printer.labels().len() == 3).then_some(()));
    client.send("POST", "/api/devices/import", &[("content-type", "text/csv")], b"DeviceSN,CPUID\n26480099,D9\n");
    eventually("they are printed", || {
        (client.get("/searchNoPrint").body["DeviceSNList"] == json!([sn(1), sn(2), sn(99)])).then_some(())
    });
    assert_eq!(serials(&printer.labels()), [sn(3), sn(4), sn(5)], "no import, and none twice");
}

#[test]
fn a_batch_says_what_is_registered_printed_confirmed_missing_and_extra() {
    let (paperline, printer) = (Paperline::start(), Printer::start("zpl", &[]));
    let client = paperline.operator();
    let id = set_up(&client, "线 1", "zpl", &printer.address());
    let batch = json!({ "name": "十一月", "expected": 5, "first": sn(1), "last": sn(5) });
    assert_eq!(client.post("/api/batches", &batch).status, 201);
    let overlapping = json!({ "name": "别批", "expected": 1, "first": sn(5), "last": sn(9) });
    assert_eq!(client.post("/api/batches", &overlapping).refusal(), (409, "conflict"));
    let sns = register(&client, 3);
    client.post("/registerDevice", &json!({ "DeviceSN": "26489999", "CPUID": "stray" }));
    until_over(&client, print(&client, id, &sns[..2]));
    let scanned = |sn: &str, cpuid: &str| client.post("/api/labels/verified", &json!({ "DeviceSN": sn, "CPUID": cpuid }));
    assert_eq!(scanned(&sns[0], &format!("39ffd605{:08x}", 7919)).body["reqStatus"], "sucess");
    assert_eq!(scanned(&sns[1], "another").refusal(), (409, "conflict"));
    assert_eq!(scanned("99999999", "x").refusal(), (404, "not_found"));
    let now = client.get("/api/batches/1").body;
    let numbers = ["expected", "registered", "printed", "confirmed", "missing", "extra"].map(|name| now[name].as_u64().unwrap());
    assert_eq!(numbers, [5, 3, 2, 1, 2, 1]);
    assert_eq!((&now["missing_named"], &now["extra_named"]), (&json!([sn(4), sn(5)]), &json!(["26489999"])));
    assert_eq!(now["unprinted"], json!([sn(3)]));
    // Its name stands on the label where the look asks for it.
    let text = json!([{ "kind": "qr", "x_mm": 0, "y_mm": 0, "w_mm": 30, "h_mm": 30, "value": "{SN} {batch}" }]);
    let look =
        client.post("/api/labels", &json!({ "name": "批", "width_mm": 30, "height_mm": 30, "elements": text })).body["label_id"]
            .clone();
    client.patch(&format!("/api/printers/{id}"), &json!({ "label_id": look }));
    until_over(&client, print(&client, id, &sns[2..]));
    assert_eq!(printer.labels().last().unwrap().text(), format!("{} 十一月", sns[2]));
    assert_eq!(client.patch("/api/batches/1", &json!({ "closed": true })).status, 200);
    assert_eq!(client.post("/api/batches", &overlapping).status, 201, "a closed one is in nobody's way");
    assert_eq!(client.delete("/api/batches/1").status, 200);
    assert_eq!(client.get("/api/batches/1").refusal(), (404, "not_found"));
}
