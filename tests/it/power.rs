//! Power cuts: the file system is cut off under load with its journal unflushed, then remounted. After a mere kill the kernel still
//! writes. Needs root, loop devices, ext4 and python3 (for the ioctl: no unsafe code here).

use crate::load::Load;
use crate::support::disk::{Disk, run, text};
use crate::support::{Paperline, skipped};
use std::sync::Arc;

#[test]
fn what_was_acknowledged_survives_power_cuts() {
    let mut disk = match Disk::new() {
        Ok(disk) => disk,
        Err(why) => return skipped(format!("no power can be cut here: {why}")),
    };
    // Only the harness's files.
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let mut paperline = Paperline::start_on(dir.clone(), &disk.data(), &[]);
    let password = std::fs::read_to_string(disk.data().join("initial-admin-password")).unwrap();
    let mut load = Load::new(password.trim().to_owned());
    // More: `PAPERLINE_POWER_CUTS=25`.
    let cuts = std::env::var("PAPERLINE_POWER_CUTS").map_or(3, |cuts| cuts.parse().unwrap());
    for acknowledgements in [3, 200, 80].into_iter().cycle().take(cuts) {
        load.until(&paperline, acknowledgements, || disk.cut());
        paperline.kill();
        disk.take_out();
        disk.mount().unwrap();
        println!("acknowledged (devices, actions): {:?}", load.acknowledged());
        paperline = Paperline::start_on(dir.clone(), &disk.data(), &[]);
        assert_eq!(std::fs::read_to_string(disk.data().join("initial-admin-password")).unwrap(), password);
        load.check_devices(&paperline);
    }
    load.settle(&paperline);
    // A running box keeps the disk busy.
    drop(paperline);
    disk.take_out();
    run("e2fsck", &["-fn", text(&disk.image())]).unwrap();
}
