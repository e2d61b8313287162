//! Backups and data dir are private; a stalled download blocks neither nightly backups nor the command. Not here: contents
//! (backup.rs), invalid files (restore_limits.rs).

use crate::random::Random;
use crate::support::{Client, Paperline, eventually};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

fn backup(data: &Path, out: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_paperline")).args(["backup", "--data-dir"]).arg(data).arg("--out").arg(out).output().unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

fn today() -> String {
    jiff::Zoned::now().date().to_string()
}

#[test]
fn a_backup_has_a_name_of_its_own_and_is_its_owners_alone_whatever_lay_there() {
    let paperline = Paperline::start();
    let (data, dir) = (paperline.data(), paperline.dir.path().join("shared"));
    fs::create_dir(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).unwrap();
    let victim = paperline.dir.path().join("victim");
    fs::write(&victim, b"somebody's").unwrap();
    let night = format!("paperline-{}.backup", today());
    let traps: Vec<PathBuf> = ["mine.backup.partial", ".mine.backup.partial", "mine.partial"].map(|name| dir.join(name)).into();
    for trap in &traps {
        fs::write(trap, b"a trap").unwrap();
        fs::set_permissions(trap, fs::Permissions::from_mode(0o666)).unwrap();
    }
    let links: Vec<PathBuf> = ["link.backup.partial".to_owned(), format!("{night}.partial")].map(|name| dir.join(name)).into();
    for link in &links {
        symlink(&victim, link).unwrap();
    }
    let mine = dir.join("mine.backup");
    let untouched = || {
        assert!(traps.iter().all(|trap| fs::read(trap).unwrap() == b"a trap" && mode(trap) == 0o666));
        assert!(links.iter().all(|link| fs::read_link(link).unwrap() == victim));
        assert_eq!(fs::read(&victim).unwrap(), b"somebody's");
    };
    for file in [&mine, &dir.join("link.backup")] {
        let output = backup(&data, file);
        assert!(output.status.success(), "{output:?}");
        assert_eq!((mode(file), fs::symlink_metadata(file).unwrap().is_file()), (0o600, true));
    }
    // Symlinks are not followed.
    for (name, to) in [("to-victim", victim.clone()), ("to-nothing", dir.join("nothing"))] {
        symlink(&to, dir.join(name)).unwrap();
        assert!(!backup(&data, &dir.join(name)).status.success(), "{name}");
        assert_eq!(fs::read_link(dir.join(name)).unwrap(), to);
    }
    assert!(!dir.join("nothing").exists());
    untouched();
    let admin = paperline.admin();
    assert_eq!(admin.patch("/api/settings", &json!({ "backup_dir": dir, "backup_time": "00:00" })).status, 200);
    let made = eventually("tonight's is made", || {
        let body = admin.get("/api/backups").body;
        assert_eq!(body["trouble"], Value::Null);
        body["backups"].as_array().unwrap().first().map(|b| dir.join(b["name"].as_str().unwrap()))
    });
    assert_eq!((mode(&made), fs::symlink_metadata(&made).unwrap().is_file()), (0o600, true));
    untouched();
    let partials = fs::read_dir(&dir).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
        name.starts_with(".paperline-")
    });
    assert_eq!(partials.count(), 0, "nothing half-made is left");
}

fn paused(client: &Client) -> TcpStream {
    let mut stream = TcpStream::connect(client.base.trim_start_matches("http://")).unwrap();
    let head = format!("POST /api/backup HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nContent-Length: 0\r\n\r\n", client.cookie());
    stream.write_all(head.as_bytes()).unwrap();
    let mut start = [0; 15];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 200 OK");
    stream
}

/// Test machines are slow.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_paused_download_holds_up_no_other_backup_and_is_cut() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    // Far more than the buffers on the way.
    let mut random = Random::new(5);
    let noise: Vec<Vec<u8>> = (0..8)
        .map(|_| {
            let grey = image::GrayImage::from_raw(1_600, 1_600, random.bytes(1_600 * 1_600)).unwrap();
            let mut png = Vec::new();
            grey.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
            png
        })
        .collect();
    for png in &noise {
        assert_eq!(admin.upload("/invoice/uploadModelOrigin", &[("n.png", png)]).status, 200);
    }
    let unread = paused(&admin);
    std::thread::sleep(Duration::from_secs(1));
    let again = admin.post("/api/backup", &json!({}));
    assert_eq!(again.refusal(), (503, "unavailable"), "one at a time is sent");
    assert!(!again.header("retry-after").is_empty());
    let nights = paperline.dir.path().join("nights");
    fs::create_dir(&nights).unwrap();
    for n in 0..3 {
        let began = Instant::now();
        let output = backup(&paperline.data(), &paperline.dir.path().join(format!("{n}.backup")));
        assert!(output.status.success(), "{output:?}");
        assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
        assert_eq!(admin.post("/registerDevice", &json!({ "CPUID": format!("MEANWHILE{n}") })).status, 200);
    }
    assert_eq!(admin.patch("/api/settings", &json!({ "backup_dir": nights, "backup_time": "00:00" })).status, 200);
    eventually("tonight's is made", || {
        let body = admin.get("/api/backups").body;
        assert_eq!(body["trouble"], Value::Null);
        (body["backups"].as_array().unwrap().len() == 1).then_some(())
    });
    eventually("it is cut", || (admin.post("/api/backup", &json!({})).status == 200).then_some(()));
    drop(unread);
}

fn all_in(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { [vec![path.clone()], all_in(&path)].concat() } else { vec![path] }).collect()
}

#[test]
fn a_data_dir_that_was_open_to_others_is_open_no_more() {
    let dir = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let data = dir.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    let paperline = Paperline::start_in(dir, &[]);
    assert_eq!(mode(&data), 0o700);
    let admin = paperline.admin();
    admin.upload("/invoice/recognizeImage", &[("p.png", &crate::support::blank_png(40, 30))]);
    for path in all_in(&data) {
        assert_eq!(mode(&path) & 0o077, 0, "{} is {:o}", path.display(), mode(&path));
    }
    let (dir, _) = paperline.stop();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o777)).unwrap();
    let _paperline = Paperline::start_in(dir, &[]);
    assert_eq!(mode(&data), 0o700);
}
