//! Starting: killed, or on a store that is damaged, in use, foreign or unwritable. It starts next time with everything, or says
//! what is wrong and what to do. Not here: kills and power cuts under load (crash.rs, power.rs).

use crate::random::Random;
use crate::support::disk::{Disk, run, text};
use crate::support::{Client, Paperline, skipped};
use serde_json::json;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paperline"));
    command.args(["serve", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--data-dir"]).arg(data);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

pub fn start_and_kill(data: &Path, after: Duration) {
    let mut starting = command(data).spawn().unwrap();
    thread::sleep(after);
    starting.kill().unwrap();
    starting.wait().unwrap();
}

fn register(client: &Client, cpuid: &str) {
    let answer = client.post("/registerDevice", &json!({ "CPUID": cpuid }));
    assert_eq!(answer.body["reqStatus"], "sucess", "{answer:?}");
}

fn registered(client: &Client) -> usize {
    let answer = client.get("/search?condition=Time&startTime=2000-01-01&endTime=2999-01-01");
    answer.body.as_object().unwrap().len()
}

#[test]
fn killed_again_and_again_while_it_starts_it_starts_with_all_that_was_acknowledged() {
    let mut random = Random::new(3);
    let mut paperline = Paperline::start();
    let mut there = 0;
    for round in 0..6 {
        let operator = paperline.operator();
        assert_eq!(registered(&operator), there, "round {round}");
        for _ in 0..20 {
            register(&operator, &format!("CPU-{there}"));
            there += 1;
        }
        let dir = paperline.kill();
        for _ in 0..5 {
            start_and_kill(&dir.path().join("data"), Duration::from_millis(random.below(400) as u64));
        }
        paperline = Paperline::start_in(dir, &[]);
    }
    assert_eq!(registered(&paperline.operator()), there);
}

#[test]
fn a_snapshot_that_was_never_finished_is_no_damage() {
    let mut dir = Arc::new(tempfile::tempdir().unwrap());
    let mut there = 0;
    for (name, bytes) in [
        ("snap.7FFFFFFFFFFFFFFF.generating", &b""[..]),
        ("snap.0000000000000001.generating", b"half"),
        ("snap.generating", &[7; 400]),
    ] {
        let paperline = Paperline::start_in(dir, &[]);
        register(&paperline.operator(), name);
        there += 1;
        dir = paperline.kill();
        let half = dir.path().join("data/db").join(name);
        fs::write(&half, bytes).unwrap();
        let paperline = Paperline::start_in(dir, &[]);
        assert_eq!(registered(&paperline.operator()), there, "{name}");
        assert!(!half.exists());
        dir = paperline.kill();
    }
}

#[test]
fn the_power_fails_while_it_starts_and_it_starts_with_all_that_was_acknowledged() {
    let mut disk = match Disk::new() {
        Ok(disk) => disk,
        Err(why) => return skipped(format!("no power can be cut here: {why}")),
    };
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let mut random = Random::new(5);
    let mut there = 0;
    for round in 0..4 {
        let paperline = Paperline::start_on(dir.clone(), &disk.data(), &[]);
        let operator = paperline.operator();
        assert_eq!(registered(&operator), there, "round {round}");
        register(&operator, &format!("CPU-{round}"));
        there += 1;
        paperline.kill();
        for _ in 0..3 {
            let mut starting = command(&disk.data()).spawn().unwrap();
            thread::sleep(Duration::from_millis(random.below(400) as u64));
            disk.cut();
            starting.kill().unwrap();
            starting.wait().unwrap();
            disk.take_out();
            disk.mount().unwrap();
        }
    }
    let paperline = Paperline::start_on(dir, &disk.data(), &[]);
    assert_eq!(registered(&paperline.operator()), there);
}

fn fails(command: &mut Command) -> String {
    let Output { status, stderr, .. } = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    assert!(!status.success());
    String::from_utf8(stderr).unwrap()
}

fn paperline(arguments: &[&str], data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_paperline"));
    command.args(arguments).arg("--data-dir").arg(data);
    command
}

fn newest_snapshot(data: &Path) -> PathBuf {
    let names = fs::read_dir(data.join("db")).unwrap().map(|entry| entry.unwrap().path());
    names.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("snap.")).max().unwrap()
}

#[test]
fn a_damaged_store_is_called_so_with_the_way_back() {
    let paperline_box = Paperline::start();
    register(&paperline_box.operator(), "KEPT");
    let data = paperline_box.data();
    let backup = paperline_box.dir.path().join("monday.backup");
    let made = paperline(&["backup", "--out", text(&backup)], &data).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let (dir, _) = paperline_box.stop();
    let (_, _) = Paperline::start_in(dir.clone(), &[]).stop();
    let snapshot = newest_snapshot(&data);
    let mut bytes = fs::read(&snapshot).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    fs::write(&snapshot, bytes).unwrap();
    for mut command in [command(&data), paperline(&["check"], &data)] {
        let said = fails(&mut command);
        for word in [text(&data), "damaged", "still on the disk", "paperline restore", text(&backup), "已损坏", "复制"] {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert!(!said.contains("running") && !said.contains("another paperline"), "{said}");
    }
    let back = dir.path().join("back");
    let restored = Command::new(env!("CARGO_BIN_EXE_paperline"))
        .args(["restore", "--from", text(&backup), "--data-dir", text(&back)])
        .output();
    assert!(restored.unwrap().status.success());
    let paperline_box = Paperline::start_on(dir.clone(), &back, &[]);
    assert_eq!(registered(&paperline_box.operator()), 1);
}

#[test]
fn a_data_dir_in_use_is_called_so() {
    let paperline_box = Paperline::start();
    for mut command in [command(&paperline_box.data()), paperline(&["check"], &paperline_box.data())] {
        let said = fails(&mut command);
        assert!(said.contains("another paperline is using") && said.contains("正在使用"), "{said}");
    }
    paperline_box.operator();
}

/// Root may do everything.
fn as_nobody(dir: &Path, arguments: &[&str], data: &Path) -> Command {
    let binary = dir.join("paperline");
    if !binary.exists() {
        fs::copy(env!("CARGO_BIN_EXE_paperline"), &binary).unwrap();
        run("chmod", &["755", text(dir), text(&binary)]).unwrap();
    }
    let mut command = Command::new(binary);
    command.args(arguments).arg("--data-dir").arg(data).uid(65534).gid(65534);
    command
}

#[test]
fn somebody_elses_data_dir_is_called_so_with_its_path_and_owner() {
    if run("id", &["-u"]).as_deref() != Ok("0") {
        return skipped("only root can be somebody else");
    }
    let (dir, _) = Paperline::start().stop();
    let serve = ["serve", "--http", "127.0.0.1:0", "--https", "off"];
    let owned = dir.path().join("data");
    let unwritable = dir.path().join("srv");
    fs::create_dir(&unwritable).unwrap();
    run("chmod", &["755", text(&unwritable)]).unwrap();
    let inside = unwritable.join("new");
    let out = dir.path().join("b");
    let backup = ["backup", "--out", text(&out)];
    for (arguments, data, cure) in [
        (&serve[..], &owned, format!("chown -R nobody {}", owned.display())),
        (&["check"], &owned, "请以 root 运行".into()),
        (&backup, &owned, "Run paperline as root".into()),
        // It may belong to the system: never suggest giving it away.
        (&serve, &inside, format!("install -d -o nobody -m 700 {}", inside.display())),
    ] {
        let said = fails(&mut as_nobody(dir.path(), arguments, data));
        for word in [text(data), "root", "nobody", "--data-dir", &cure] {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert!(!said.contains(&format!("nobody {}\n", unwritable.display())), "{said}");
        assert!(!said.contains("no data dir") && !said.contains("another paperline"), "{said}");
    }
    run("chown", &["-R", "65534:65534", text(&owned)]).unwrap();
    run("chmod", &["-R", "a-w", text(&owned)]).unwrap();
    let said = fails(&mut as_nobody(dir.path(), &serve, &owned));
    assert!(said.contains(&format!("chmod -R u+rwX {}", owned.display())) && !said.contains("chown"), "{said}");
    run("chmod", &["-R", "u+w", text(&owned)]).unwrap();
    run("chown", &["root", text(&owned.join("db/db"))]).unwrap();
    run("chmod", &["600", text(&owned.join("db/db"))]).unwrap();
    let said = fails(&mut as_nobody(dir.path(), &serve, &owned));
    assert!(said.contains(text(&owned.join("db/db"))) && said.contains("chown"), "{said}");
}

#[test]
fn a_disk_that_can_only_be_read_is_called_so() {
    let mut disk = match Disk::new() {
        Ok(disk) => disk,
        Err(why) => return skipped(format!("no disk can be mounted here: {why}")),
    };
    let dir = Arc::new(tempfile::tempdir().unwrap());
    Paperline::start_on(dir, &disk.data(), &[]).stop();
    disk.take_out();
    disk.mount().unwrap();
    run("mount", &["-o", "remount,ro", text(&disk.at())]).unwrap();
    for mut command in [command(&disk.data()), paperline(&["check"], &disk.data()), command(&disk.at().join("new"))] {
        let said = fails(&mut command);
        assert!(said.contains("can only be read") && said.contains("只能读取") && said.contains(text(&disk.at())), "{said}");
    }
}

#[test]
fn a_stopped_box_is_copied_by_any_tool() {
    let paperline = Paperline::start();
    register(&paperline.operator(), "COPIED");
    let (dir, _) = paperline.stop();
    let data = dir.path().join("data");
    assert!(!data.join("control.sock").exists());
    // Without sockets, pipes and links, like some tools.
    fn copy(from: &Path, to: &Path) {
        fs::create_dir(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let (path, kind) = {
                let entry = entry.unwrap();
                (entry.path(), entry.file_type().unwrap())
            };
            let to = to.join(path.file_name().unwrap());
            assert!(kind.is_dir() || kind.is_file(), "{} is neither a file nor a folder", path.display());
            if kind.is_dir() {
                copy(&path, &to);
            } else {
                fs::copy(&path, &to).unwrap();
            }
        }
    }
    copy(&data, &dir.path().join("copy"));
    let paperline = Paperline::start_on(dir.clone(), &dir.path().join("copy"), &[]);
    assert_eq!(registered(&paperline.operator()), 1);
}
