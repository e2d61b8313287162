//! Backup, restore, check and store format from a terminal. Not here: crashes (crash.rs, power.rs).

use crate::load::Load;
use crate::support::{Client, Paperline, blank_png, eventually, status_line};
use paperline::store::local::Local;
use paperline::store::memory::Memory;
use paperline::store::tables::{DEVICES_BY_CPUID, FORMAT, FORMAT_NUMBER, INVOICES};
use paperline::store::{KeyValue, Store, backup as made};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

fn run(arguments: &[&str], paths: &[(&str, &Path)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paperline"));
    command.args(arguments);
    for (flag, path) in paths {
        command.arg(flag).arg(path);
    }
    command.output().unwrap()
}

fn backup(data: &Path, out: &Path) -> Output {
    run(&["backup"], &[("--data-dir", data), ("--out", out)])
}

fn restore(data: &Path, from: &Path) -> Output {
    run(&["restore"], &[("--data-dir", data), ("--from", from)])
}

fn check(data: &Path) -> Output {
    run(&["check"], &[("--data-dir", data)])
}

#[track_caller]
fn done(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn fill(admin: &Client) -> Vec<(String, Vec<u8>)> {
    let devices: Vec<Value> = (1..=50).map(|n| json!({ "DeviceSN": format!("99{n:06}"), "CPUID": format!("KNOWN-{n}") })).collect();
    assert_eq!(admin.post("/registerDevice", &json!({ "devices": devices })).body["reqStatus"], "sucess");
    admin.post("/switchPrintStatus", &json!({ "DeviceSNList": ["99000001", "99000002"] }));
    assert_eq!(admin.post("/api/users", &json!({ "user_name": "丙", "passwd": "a long one", "permissions": [5] })).status, 201);
    let pictures: Vec<Vec<u8>> = (1..=4).map(|n| blank_png(40 + n, 30)).collect();
    let files: Vec<_> = pictures.iter().map(|picture| ("p.png", &picture[..])).collect();
    assert_eq!(admin.upload("/invoice/recognizeImage", &files).status, 200);
    let list = eventually("all four are read", || {
        let body = admin.get("/api/invoices").body;
        (body["total"] == 4).then(|| body["invoices"].as_array().unwrap().clone())
    });
    list.iter().rev().map(|invoice| invoice["invoice_url"].as_str().unwrap().to_owned()).zip(pictures).collect()
}

fn holds_what_was_filled(admin: &Client, pictures: &[(String, Vec<u8>)]) {
    for n in 1..=50 {
        let found = admin.post("/search", &json!({ "condition": "DeviceSN", "DeviceSN": format!("99{n:06}") }));
        assert_eq!(found.body["CPUID"], format!("KNOWN-{n}"));
    }
    for (url, bytes) in pictures {
        assert_eq!(&admin.get(url).bytes, bytes, "{url}");
    }
    assert_eq!(admin.get("/api/users").body["users"].as_array().unwrap().iter().filter(|u| u["user_name"] == "丙").count(), 1);
}

fn log_in(paperline: &Paperline, password: &str) -> Client {
    let client = paperline.client();
    assert_eq!(client.log_in("admin", password).body["reqStatus"], "sucess");
    client
}

#[test]
fn a_backup_made_under_load_is_whole_and_becomes_a_box_again() {
    let paperline = Paperline::start();
    let (password, data, dir) = (paperline.admin_password(), paperline.data(), paperline.dir.clone());
    let pictures = fill(&paperline.admin());
    let certificate = fs::read(data.join("tls/own.pem")).unwrap();
    let files: Vec<PathBuf> = (0..3).map(|n| dir.path().join(format!("{n}.backup"))).collect();
    let mut load = Load::new(password.clone());
    load.until(&paperline, 200, || {
        for file in &files {
            let said = done(&backup(&data, file));
            assert!(said.contains("written and read through"), "{said}");
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(refused(&backup(&data, &files[0])).contains("is there already"), "a backup is never written over");
        Command::new("kill").args(["-9", &paperline.pid().to_string()]).status().unwrap();
    });
    drop(paperline);
    assert!(done(&check(&data)).contains(", 0 things wrong"), "what was killed is whole");
    for file in &files {
        let restored = dir.path().join(file.file_stem().unwrap());
        let said = done(&restore(&restored, file));
        assert!(said.contains(", 0 things wrong"), "{said}");
        assert!(refused(&restore(&restored, file)).contains("is not empty"));
        assert_eq!(fs::read(restored.join("tls/own.pem")).unwrap(), certificate);
        let again = Paperline::start_on(dir.clone(), &restored, &[]);
        let admin = log_in(&again, &password);
        holds_what_was_filled(&admin, &pictures);
        assert_eq!(admin.post("/registerDevice", &json!({ "CPUID": "AFTER" })).body["devices"][0]["status"], "created");
    }
}

#[test]
fn the_same_comes_over_http_for_administrators_only() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let pictures = fill(&admin);
    assert_eq!(paperline.operator().post("/api/backup", &json!({})).refusal(), (403, "forbidden"));
    let answer = admin.post("/api/backup", &json!({}));
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-disposition").starts_with("attachment; filename=\"paperline-2"), "{answer:?}");
    let (expected, came) = (answer.header("x-expected-length").parse::<u64>().unwrap(), answer.bytes.len() as u64);
    assert!(came.abs_diff(expected) < came / 10, "{expected} bytes were to come, and {came} came");
    let file = paperline.dir.path().join("downloaded");
    fs::write(&file, &answer.bytes).unwrap();
    let restored = paperline.dir.path().join("restored");
    done(&restore(&restored, &file));
    let again = Paperline::start_on(paperline.dir.clone(), &restored, &[]);
    holds_what_was_filled(&log_in(&again, &paperline.admin_password()), &pictures);
    let log = admin.get("/api/log").body;
    assert!(log["action_list"].as_array().unwrap().iter().any(|row| row["action_description"] == "下载备份"), "{log}");
}

#[test]
fn a_damaged_backup_is_refused_and_leaves_no_box_behind() {
    let paperline = Paperline::start();
    fill(&paperline.admin());
    let (dir, data) = (paperline.dir.path().to_owned(), paperline.data());
    let good = dir.join("good");
    done(&backup(&data, &good));
    let bytes = fs::read(&good).unwrap();
    let mut flipped = bytes.clone();
    // Inside a record, and in the list of sums.
    flipped[3000] ^= 1;
    let newer = String::from_utf8_lossy(&bytes[..1024]).contains(&format!("format {FORMAT_NUMBER}\n"));
    assert!(newer, "the head is the first member");
    let at = bytes.windows(7).position(|w| w == b"format ").unwrap() + 7;
    // One digit more of the format, one less of the time behind it: the member keeps its length.
    let mut of_the_future = bytes.clone();
    of_the_future.insert(at, b'9');
    let made = bytes.windows(5).position(|w| w == b"made ").unwrap();
    of_the_future.remove(made + 6);
    let cases = [
        ("halved", bytes[..bytes.len() / 2].to_vec(), "damaged"),
        ("cut", bytes[..bytes.len() - 6000].to_vec(), "is cut off"),
        ("headless", bytes[1024..].to_vec(), "no backup of paperline"),
        ("flipped", flipped, "damaged"),
        ("future", of_the_future, "newer paperline"),
        ("picture", blank_png(9, 9), "no backup"),
        ("empty", Vec::new(), "cut off"),
        ("longer", [&bytes[..], b"and something else"].concat(), "does not list"),
        ("twice", [&bytes[..], &bytes[..]].concat(), "does not list"),
    ];
    for (name, bytes, why) in cases {
        let (file, target) = (dir.join(name), dir.join(format!("from-{name}")));
        fs::write(&file, bytes).unwrap();
        let said = refused(&restore(&target, &file));
        assert!(said.contains(why), "{name}: {said}");
        assert!(!target.exists(), "{name}: nothing is left of it");
        fs::create_dir(&target).unwrap();
        refused(&restore(&target, &file));
        assert_eq!(fs::read_dir(&target).unwrap().count(), 0, "{name}");
    }
    assert!(refused(&restore(&dir.join("x"), &dir.join("nowhere"))).contains("No such file"));
}

#[test]
fn check_says_what_is_wrong_and_ends_in_failure() {
    let paperline = Paperline::start();
    let pictures = fill(&paperline.admin());
    let data = paperline.data();
    assert!(refused(&check(&data)).contains("another paperline is using"), "beside a running box it says so");
    let (dir, _) = paperline.stop();
    assert!(done(&check(&data)).contains(", 0 things wrong"));

    let find = Command::new("find").arg(data.join("pictures")).args(["-type", "f"]).output().unwrap();
    let files = String::from_utf8(find.stdout).unwrap();
    let one = files.lines().find(|file| fs::read(file).unwrap() == pictures[0].1).unwrap();
    fs::write(one, b"something else").unwrap();
    let output = check(&data);
    assert!(refused(&output).contains("is damaged"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("pictures: the file of 1") && said.contains("1 things wrong"), "{said}");
    fs::write(one, &pictures[0].1).unwrap();

    {
        let engine = Local::open(&data.join("db")).unwrap();
        let mut keys = engine.scan(&DEVICES_BY_CPUID.prefix(&()), std::ops::Bound::Unbounded, false);
        let (key, _) = keys.next().unwrap().unwrap();
        drop(keys);
        engine.apply(&[(key.to_vec(), None)].into()).unwrap();
        engine.sync().unwrap();
    }
    let said = String::from_utf8_lossy(&check(&data).stdout).into_owned();
    assert!(said.contains("devices by CPUID: \"KNOWN-") && said.contains("by CPUID 49"), "{said}");
    assert!(refused(&check(&dir.path().join("nothing"))).contains("is no data dir"));
}

#[test]
fn check_counts_each_row_and_file_once_and_a_restore_says_what_is_there() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let pictures = fill(&admin);
    // One file, of which there are two uploads.
    assert_eq!(admin.upload("/invoice/recognizeImage", &[("again.png", &pictures[0].1[..])]).status, 200);
    eventually("it is read", || (admin.get("/api/invoices").body["total"] == 5).then_some(()));
    let data = paperline.data();
    let (dir, _) = paperline.stop();
    let file = dir.path().join("one.backup");
    let numbers = |said: &str| -> Vec<u64> {
        let line = said.lines().last().unwrap().rsplit(": ").next().unwrap().to_owned();
        line.split(' ').filter_map(|word| word.parse().ok()).take(2).collect()
    };
    let written = numbers(&done(&backup(&data, &file)));
    let there = numbers(&done(&check(&data)));
    assert!(there[0] <= written[0] && written[0] - there[0] < 5, "{there:?} of {written:?}");
    assert_eq!((there[1], written[1]), (4, 4));
    let restored = dir.path().join("restored");
    let said = done(&restore(&restored, &file));
    assert_eq!(said.matches(" rows").count(), 1, "{said}");
    assert_eq!(numbers(&said), numbers(&done(&check(&restored))), "{said}");
}

fn set_format(data: &Path, number: u64) {
    let store = Store::new(Arc::new(Local::open(&data.join("db")).unwrap()), paperline::store::endless()).unwrap();
    store.write_blocking(move |txn| Ok(txn.put(&FORMAT, &(), &number)?)).unwrap();
}

#[test]
fn a_newer_format_is_left_alone_and_an_older_one_is_kept_first() {
    let paperline = Paperline::start();
    let (password, data) = (paperline.admin_password(), paperline.data());
    let pictures = fill(&paperline.admin());
    let (dir, _) = paperline.stop();
    set_format(&data, FORMAT_NUMBER + 1);
    let started = run(&["serve", "--http", "127.0.0.1:0", "--https", "off"], &[("--data-dir", &data)]);
    assert!(refused(&started).contains("written by a newer paperline"));

    set_format(&data, FORMAT_NUMBER - 1);
    let paperline = Paperline::start_in(dir, &[]);
    let snapshot = data.join(format!("before-format-{FORMAT_NUMBER}.backup"));
    assert!(snapshot.exists());
    holds_what_was_filled(&log_in(&paperline, &password), &pictures);
    let (dir, _) = paperline.stop();
    let restored = dir.path().join("restored");
    done(&restore(&restored, &snapshot));
}

#[test]
fn a_backup_is_made_every_night_and_old_ones_go() {
    let paperline = Paperline::start();
    let (admin, nights) = (paperline.admin(), paperline.dir.path().join("nights"));
    fs::create_dir(&nights).unwrap();
    for day in ["2020-01-01", "2020-01-02", "2020-01-03"] {
        fs::write(nights.join(format!("paperline-{day}.backup")), b"old").unwrap();
    }
    fs::write(nights.join("paperline-mine.backup"), b"somebody's").unwrap();
    for (wrong, value) in [("backup_dir", json!("not/absolute")), ("backup_time", json!("25:00")), ("backup_keep", json!(0))] {
        assert_eq!(admin.patch("/api/settings", &json!({ wrong: value })).refusal(), (400, "malformed"));
    }
    let set = admin.patch("/api/settings", &json!({ "backup_dir": nights, "backup_time": "00:00", "backup_keep": 2 }));
    assert_eq!(set.status, 200, "{set:?}");
    let kept = eventually("tonight's is made", || {
        let body = admin.get("/api/backups").body;
        assert_eq!(body["trouble"], Value::Null);
        let list = body["backups"].as_array().unwrap().clone();
        (list.len() == 2).then_some(list)
    });
    assert_eq!(kept[1]["name"], "paperline-2020-01-03.backup");
    let tonight = nights.join(kept[0]["name"].as_str().unwrap());
    done(&restore(&paperline.dir.path().join("restored"), &tonight));
    assert!(nights.join("paperline-mine.backup").exists(), "what it has not made it leaves alone");

    admin.patch("/api/settings", &json!({ "backup_dir": "/proc/nowhere" }));
    eventually("it says that it can't", || admin.get("/api/backups").body["trouble"].is_string().then_some(()));
}

#[test]
fn a_new_box_takes_a_backup_in_over_http_and_goes_on_as_the_old_one() {
    let old = Paperline::start();
    let pictures = fill(&old.admin());
    let backup = old.admin().post("/api/backup", &json!({})).bytes;
    let certificate = fs::read(old.data().join("tls/own.pem")).unwrap();

    let new = Paperline::start();
    let admin = new.admin();
    assert_eq!(admin.get("/api/backups").body["is_new"], true);
    assert_eq!(admin.upload("/api/restore", &[("b", &backup[..backup.len() / 2])]).refusal(), (400, "malformed"));
    assert_eq!(admin.upload("/api/restore", &[("b", &blank_png(9, 9))]).refusal(), (400, "malformed"));
    assert_eq!(new.operator().upload("/api/restore", &[("b", &backup)]).refusal(), (403, "forbidden"));
    assert_eq!(admin.upload("/api/restore", &[("b", &backup)]).status, 200);
    let listened = || {
        let output = new.output.lock().unwrap();
        let addresses: Vec<String> =
            output.lines().filter_map(|l| l.strip_prefix("listening on http://")).map(str::to_owned).collect();
        (addresses.len() == 2).then(|| addresses[1].clone())
    };
    let client = Client::new(&format!("http://{}", eventually("it begins anew", listened)));
    assert_eq!(client.log_in("admin", &new.admin_password()).body["reqStatus"], "sucess", "with the old box's first password");
    assert_eq!(new.admin_password(), old.admin_password());
    holds_what_was_filled(&client, &pictures);
    assert_eq!(fs::read(new.data().join("tls/own.pem")).unwrap(), certificate);
    assert!(!new.data().join("restored").exists());
    assert_eq!(client.get("/api/backups").body["is_new"], false);
    assert_eq!(client.upload("/api/restore", &[("b", &backup)]).refusal(), (409, "conflict"), "a box in use is never overwritten");
    let said = status_line(client.begin_upload("/api/restore", 1 << 40));
    assert_eq!(said, "HTTP/1.1 409 Conflict", "and says so before it was sent anything");
}

/// Valid sums don't prove that a box can open it: checked before the new box is replaced.
#[test]
fn a_whole_backup_that_no_box_can_be_opened_from_is_refused_and_the_new_box_goes_on() {
    let engine = Arc::new(Memory::default());
    let store = Store::new(engine.clone(), paperline::store::endless()).unwrap();
    store.write_blocking(|txn| Ok(txn.put(&FORMAT, &(), &3)?)).unwrap();
    let rubbish = [INVOICES.prefix(&()), 7_u64.to_be_bytes().to_vec()].concat();
    engine.apply(&[(rubbish, Some(vec![1, 0xFF, 0xFF]))].into()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("pictures")).unwrap();
    let mut bytes = Vec::new();
    made::write(&store, dir.path(), "now", &mut bytes).unwrap();

    let new = Paperline::start();
    let admin = new.admin();
    let refused = admin.upload("/api/restore", &[("b", &bytes)]);
    assert_eq!(refused.refusal(), (400, "malformed"));
    assert!(refused.body["err"].as_str().unwrap().contains("备份无法打开"), "{refused:?}");
    assert!(!new.data().join("restored").exists());
    assert_eq!(admin.post("/registerDevice", &json!({ "CPUID": "STILL-HERE" })).status, 200);
}

#[test]
fn what_is_acknowledged_while_a_backup_is_taken_in_is_not_wiped_away() {
    let old = Paperline::start();
    fill(&old.admin());
    let backup = old.admin().post("/api/backup", &json!({})).bytes;
    let (mut kept, mut replaced) = (0, 0);
    for _ in 0..6 {
        let new = Paperline::start();
        let (admin, station, laying_out) = (new.admin(), new.operator(), new.data().join("restored/db"));
        let (answer, registered) = std::thread::scope(|scope| {
            // After the first check that the box is unused.
            let registering = scope.spawn(|| {
                eventually("it is being laid out", || laying_out.exists().then_some(()));
                station.try_send("POST", "/registerDevice", &[], br#"{"CPUID":"MEANWHILE"}"#).is_ok_and(|a| a.status == 200)
            });
            (admin.upload("/api/restore", &[("b", &backup)]), registering.join().unwrap())
        });
        if registered {
            assert_eq!(answer.refusal(), (409, "conflict"));
            let there = admin.get("/search?condition=Time&startTime=2000-01-01&endTime=2999-01-01").body;
            assert!(there.as_object().unwrap().values().any(|cpuid| cpuid == "MEANWHILE"), "{there}");
            kept += 1;
        } else {
            assert_eq!(answer.status, 200);
            replaced += 1;
        }
    }
    println!("{kept} kept, {replaced} replaced");
}

#[test]
fn what_was_taken_in_is_not_undone_by_who_comes_after() {
    let old = Paperline::start();
    fill(&old.admin());
    let backup = old.admin().post("/api/backup", &json!({})).bytes;
    let new = Paperline::start();
    let (admin, second) = (new.admin(), new.admin());
    std::thread::scope(|scope| {
        let first = scope.spawn(|| {
            eventually("it is taken in", || {
                let status = admin.upload("/api/restore", &[("b", &backup)]).status;
                assert!([200, 503].contains(&status), "{status}");
                (status == 200).then_some(())
            })
        });
        // Garbage before, beside and after, until the box restarts.
        let others = scope.spawn(|| {
            while let Ok(answer) = second.try_upload("/api/restore", &[], &[("b", &backup[..backup.len() / 2])]) {
                assert_ne!(answer.status, 200);
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        });
        first.join().unwrap();
        others.join().unwrap();
    });
    let began = || new.output.lock().unwrap().lines().filter(|l| l.starts_with("listening on http://")).nth(1).map(str::to_owned);
    let address = eventually("it begins anew", began);
    let client = Client::new(address.trim_start_matches("listening on "));
    assert_eq!(client.log_in("admin", &old.admin_password()).body["reqStatus"], "sucess", "as the old box");
}
