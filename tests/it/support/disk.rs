//! A disk for a test: ext4 on a loop device; can be cut off, filled and removed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

/// Undone however the test ends.
pub struct Disk {
    dir: tempfile::TempDir,
    device: Option<String>,
    is_mounted: bool,
}

pub fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output().map_err(|e| format!("{program}: {e}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(format!("{program} {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
    }
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

impl Disk {
    /// Errors say what the machine lacks.
    pub fn new() -> Result<Self, String> {
        Self::in_folder(tempfile::tempdir().unwrap(), &[])
    }

    /// `options` are mkfs's.
    pub fn in_folder(dir: tempfile::TempDir, options: &[&str]) -> Result<Self, String> {
        if run("id", &["-u"])? != "0" {
            return Err("not root".into());
        }
        for (program, arguments) in [("mkfs.ext4", "-V"), ("e2fsck", "-V"), ("python3", "-V"), ("losetup", "-V"), ("mount", "-V")] {
            run(program, &[arguments])?;
        }
        let mut disk = Self { dir, device: None, is_mounted: false };
        std::fs::create_dir(disk.at()).unwrap();
        std::fs::File::create(disk.image()).unwrap().set_len(512 << 20).unwrap();
        run("mkfs.ext4", &[&["-q", "-F"], options, &[text(&disk.image())]].concat())?;
        disk.mount()?;
        Ok(disk)
    }

    pub fn image(&self) -> PathBuf {
        self.dir.path().join("disk.img")
    }

    pub fn at(&self) -> PathBuf {
        self.dir.path().join("mounted")
    }

    pub fn data(&self) -> PathBuf {
        self.at().join("data")
    }

    pub fn device(&self) -> Option<&str> {
        self.device.as_deref().and_then(|path| path.strip_prefix("/dev/"))
    }

    /// Replays the journal.
    pub fn mount(&mut self) -> Result<(), String> {
        let device = run("losetup", &["--find", "--show", text(&self.image())])?;
        self.device = Some(device.clone());
        run("mount", &["-t", "ext4", &device, text(&self.at())])?;
        self.is_mounted = true;
        Ok(())
    }

    /// `EXT4_IOC_SHUTDOWN` without flushing the journal.
    pub fn cut(&self) {
        let script = "import fcntl, os, struct, sys; \
                      fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack('I', 2))";
        run("python3", &["-c", script, text(&self.at())]).unwrap();
    }

    pub fn take_out(&mut self) {
        if let Some(device) = self.device.clone() {
            // Briefly busy after its process has died.
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
