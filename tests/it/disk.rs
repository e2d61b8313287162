//! Full or failing disks: writes are refused, reads go on, nothing acknowledged is lost, the box recovers. Needs root and loop
//! devices. Not here: power cuts (power.rs).

use crate::support::disk::{Disk, run, text};
use crate::support::{Client, Paperline, blank_png, eventually, skipped, status_line};
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::sync::Arc;

fn register(client: &Client, cpuid: &str) -> crate::support::Answer {
    client.post("/registerDevice", &json!({ "CPUID": cpuid }))
}

fn log_in(client: &Client, disk: &Disk) {
    let password = fs::read_to_string(disk.data().join("initial-admin-password")).unwrap();
    assert_eq!(client.log_in("admin", password.trim()).body["reqStatus"], "sucess");
}

fn start(disk: &Disk) -> (Paperline, Client) {
    let paperline = Paperline::start_on(Arc::new(tempfile::tempdir().unwrap()), &disk.data(), &[]);
    let admin = paperline.client();
    log_in(&admin, disk);
    (paperline, admin)
}

fn are_there_once(client: &Client, acknowledged: impl IntoIterator<Item = String>) {
    let there = all_devices(client);
    let cpuids: Vec<&str> = there.as_object().unwrap().values().map(|cpuid| cpuid.as_str().unwrap()).collect();
    for cpuid in acknowledged {
        assert_eq!(cpuids.iter().filter(|c| **c == cpuid).count(), 1, "{cpuid} was acknowledged");
    }
}

fn all_devices(client: &Client) -> Value {
    client.get("/search?condition=Time&startTime=2000-01-01&endTime=2999-01-01").body
}

fn takes_nothing_in(admin: &Client) {
    assert_eq!(register(admin, "TOO-LATE").refusal(), (503, "unavailable"));
    assert_eq!(admin.upload("/invoice/recognizeImage", &[("p.png", &blank_png(9, 9))]).refusal(), (503, "unavailable"));
    assert_eq!((admin.get("/healthz").status, admin.get("/").status), (200, 200));
}

fn is_read(admin: &Client, known: &Value) {
    assert_eq!(&all_devices(admin), known);
    assert_eq!(admin.get("/api/devices").status, 200);
}

#[test]
fn a_full_disk_stops_the_intake_before_its_last_twentieth_and_only_until_there_is_room() {
    let disk = match Disk::new() {
        Ok(disk) => disk,
        Err(why) => return skipped(format!("no disk can be filled here: {why}")),
    };
    let (paperline, admin) = start(&disk);
    assert_eq!(register(&admin, "EARLY").status, 200);
    let filler = disk.at().join("filler");
    // Some 20 of 512 MiB are free: enough for a record or a picture.
    let free = run("df", &["--output=avail", "-B1", text(&disk.at())]).unwrap();
    let free: u64 = free.lines().last().unwrap().trim().parse().unwrap();
    run("fallocate", &["-l", &(free - (20 << 20)).to_string(), text(&filler)]).unwrap();
    let mut n = 0;
    let mut stops = || {
        eventually("the intake stops", || {
            n += 1;
            (register(&admin, &format!("BETWEEN-{n}")).status == 503).then_some(())
        });
    };
    stops();
    takes_nothing_in(&admin);
    is_read(&admin, &all_devices(&admin));
    // A spreadsheet is built on this disk; a CSV is streamed.
    assert_eq!(admin.get("/api/devices/export.xlsx").refusal(), (503, "unavailable"));
    assert_eq!(admin.get("/api/devices/export.csv").status, 200);
    fs::remove_file(&filler).unwrap();
    eventually("there is room again", || (register(&admin, "LATE").status == 200).then_some(()));
    let mut sending = admin.begin_upload("/invoice/recognizeImage", 20 << 20);
    sending.write_all(&[0; 2 << 20]).unwrap();
    run("fallocate", &["-l", &(free - (20 << 20)).to_string(), text(&filler)]).unwrap();
    stops();
    sending.write_all(&[0; 4 << 20]).unwrap();
    assert_eq!(status_line(sending), "HTTP/1.1 503 Service Unavailable");
    assert_eq!(fs::read_dir(disk.data().join("pictures/incoming")).unwrap().count(), 0);
    fs::remove_file(&filler).unwrap();
    eventually("there is room again", || (register(&admin, "AFTER").status == 200).then_some(()));
    assert_eq!(admin.upload("/invoice/recognizeImage", &[("p.png", &blank_png(9, 9))]).status, 200);
    drop(paperline);
}

#[test]
fn a_disk_that_turns_read_only_stops_the_intake_and_keeps_what_was_acknowledged() {
    let made = Disk::new().and_then(|disk| {
        // As disks do on finding their own data damaged.
        run("mount", &["-o", "remount,errors=remount-ro", text(&disk.at())])?;
        let device = disk.device().ok_or("no loop device")?;
        let trigger = format!("/sys/fs/ext4/{device}/trigger_fs_error");
        fs::metadata(&trigger).map_err(|e| format!("{trigger}: {e}"))?;
        Ok((disk, trigger))
    });
    let (mut disk, trigger) = match made {
        Ok(made) => made,
        Err(why) => return skipped(format!("no disk can turn read-only here: {why}")),
    };
    let (paperline, admin) = start(&disk);
    for n in 0..20 {
        assert_eq!(register(&admin, &format!("EARLY-{n}")).status, 200);
    }
    fs::write(&trigger, "1").unwrap();
    eventually("the intake stops", || (register(&admin, "TOO-LATE").status == 503).then_some(()));
    takes_nothing_in(&admin);
    is_read(&admin, &all_devices(&admin));
    drop(paperline);
    disk.take_out();
    // Repaired by hand; e2fsck returns 1 for "corrected".
    let _ = run("e2fsck", &["-y", "-f", text(&disk.image())]);
    disk.mount().unwrap();
    let (paperline, admin) = start(&disk);
    are_there_once(&admin, (0..20).map(|n| format!("EARLY-{n}")));
    assert_eq!(register(&admin, "AFTERWARDS").status, 200);
    drop(paperline);
    disk.take_out();
}

/// A tmpfs that holds a disk's image: when full, the disk fails.
struct Shelf(std::path::PathBuf);

impl Shelf {
    fn new(mib: u64) -> Result<Self, String> {
        let at = std::env::temp_dir().join(format!("paperline-shelf-{}", std::process::id()));
        fs::create_dir_all(&at).unwrap();
        run("mount", &["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs", text(&at)])?;
        Ok(Self(at))
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        let _ = run("umount", &["--lazy", text(&self.0)]);
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn a_disk_that_fails_stops_the_intake_and_the_box_restarts_when_it_is_well() {
    let made = Shelf::new(200).and_then(|shelf| {
        // A journal would abort for good at the first error.
        let disk = Disk::in_folder(tempfile::tempdir_in(&shelf.0).unwrap(), &["-O", "^has_journal"])?;
        Ok((disk, shelf))
    });
    let (mut disk, shelf) = match made {
        Ok(made) => made,
        Err(why) => return skipped(format!("no disk can fail here: {why}")),
    };
    let (paperline, admin) = start(&disk);
    let mut acknowledged = Vec::new();
    for n in 0..20 {
        assert_eq!(register(&admin, &format!("EARLY-{n}")).status, 200);
        acknowledged.push(format!("EARLY-{n}"));
    }
    let filler = shelf.0.join("filler");
    let _ = run("dd", &["if=/dev/zero", &format!("of={}", text(&filler)), "bs=1M"]);
    let mut n = 0;
    eventually("the disk fails", || {
        n += 1;
        let cpuid = format!("LATE-{n}");
        let answer = register(&admin, &cpuid);
        if answer.status == 200 {
            acknowledged.push(cpuid);
        }
        (answer.status == 503).then_some(())
    });
    takes_nothing_in(&admin);
    // The failed write may have left half a page.
    let read = |path: &str| Some(admin.get(path)).filter(|answer| answer.status == 200 || answer.refusal() != (503, "unavailable"));
    for answer in ["/api/devices", "/me", "/search?condition=Time&startTime=2000-01-01&endTime=2999-01-01"].map(read) {
        assert!(answer.as_ref().is_none_or(|answer| answer.status == 200), "{answer:?}");
    }
    let listened = || paperline.output.lock().unwrap().lines().filter(|l| l.starts_with("listening on http://")).count();
    assert_eq!(listened(), 1);
    fs::remove_file(&filler).unwrap();
    eventually("it begins anew", || (listened() == 2).then_some(()));
    let output = paperline.output.lock().unwrap().clone();
    let again = output.lines().filter_map(|l| l.strip_prefix("listening on http://")).next_back().unwrap();
    let admin = Client::new(&format!("http://{again}"));
    log_in(&admin, &disk);
    are_there_once(&admin, acknowledged);
    assert_eq!(register(&admin, "AFTERWARDS").status, 200);
    drop(paperline);
    disk.take_out();
}
