//! Power cuts: the box on a file system of its own that is cut off under load, its log unflushed, and mounted again as after the power
//! came back. A killed process shows nothing of this: what the kernel holds for it is still written. Needs root, loop devices, ext4 and
//! python3 (which sends the ioctl: nothing here is unsafe).

use crate::load::Load;
use crate::support::Paperline;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// An ext4 in a file, on a loop device, mounted; taken apart again however the test ends.
struct Disk {
    dir: tempfile::TempDir,
    device: Option<String>,
    is_mounted: bool,
}

fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output().map_err(|e| format!("{program}: {e}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(format!("{program} {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

impl Disk {
    /// An error says what the machine lacks.
    fn new() -> Result<Self, String> {
        if run("id", &["-u"])? != "0" {
            return Err("not root".into());
        }
        for (program, arguments) in [("mkfs.ext4", "-V"), ("e2fsck", "-V"), ("python3", "-V"), ("losetup", "-V"), ("mount", "-V")] {
            run(program, &[arguments])?;
        }
        let mut disk = Self { dir: tempfile::tempdir().unwrap(), device: None, is_mounted: false };
        std::fs::create_dir(disk.at()).unwrap();
        std::fs::File::create(disk.image()).unwrap().set_len(512 << 20).unwrap();
        run("mkfs.ext4", &["-q", "-F", text(&disk.image())])?;
        disk.mount()?;
        Ok(disk)
    }

    fn image(&self) -> PathBuf {
        self.dir.path().join("disk.img")
    }

    fn at(&self) -> PathBuf {
        self.dir.path().join("mounted")
    }

    fn data(&self) -> PathBuf {
        self.at().join("data")
    }

    /// Plays the file system's log, as after a power cut.
    fn mount(&mut self) -> Result<(), String> {
        let device = run("losetup", &["--find", "--show", text(&self.image())])?;
        self.device = Some(device.clone());
        run("mount", &["-t", "ext4", &device, text(&self.at())])?;
        self.is_mounted = true;
        Ok(())
    }

    /// From now on nothing reaches the disk: `EXT4_IOC_SHUTDOWN`, with the flag not to flush the log.
    fn cut(&self) {
        let script = "import fcntl, os, struct, sys; \
                      fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack('I', 2))";
        run("python3", &["-c", script, text(&self.at())]).unwrap();
    }

    /// What is not on the disk by now is gone.
    fn take_out(&mut self) {
        if let Some(device) = self.device.clone() {
            // A file system stays busy for a moment after the process on it has died.
            let mut tries = 0;
            while let Err(e) = run("umount", &[text(&self.at())]) {
                tries += 1;
                assert!(tries < 100, "{e}");
                thread::sleep(Duration::from_millis(50));
            }
            self.is_mounted = false;
            run("losetup", &["--detach", &device]).unwrap();
            self.device = None;
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.is_mounted {
            let _ = run("umount", &["--lazy", text(&self.at())]);
        }
        if let Some(device) = &self.device {
            let _ = run("losetup", &["--detach", device]);
        }
    }
}

#[test]
fn what_was_acknowledged_survives_power_cuts() {
    let mut disk = match Disk::new() {
        Ok(disk) => disk,
        Err(why) => return eprintln!("skipped: no power can be cut here: {why}"),
    };
    // Of its own for what the harness keeps: the data dir lies on the disk.
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let mut paperline = Paperline::start_on(dir.clone(), &disk.data(), &[]);
    let password = std::fs::read_to_string(disk.data().join("initial-admin-password")).unwrap();
    let mut load = Load::new(password.trim().to_owned());
    for acknowledgements in [3, 200, 80] {
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
    // In this order: the disk is busy while the box runs.
    drop(paperline);
    disk.take_out();
    run("e2fsck", &["-fn", text(&disk.image())]).unwrap();
}
