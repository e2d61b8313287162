//! Stops early, with words, when something the binary embeds has not been made yet. Also dates the binary, which then knows a clock
//! that stands before itself for a wrong one.

use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

fn main() {
    for (path, how) in [
        ("models/det.onnx", "scripts/fetch-models"),
        ("models/rec.onnx", "scripts/fetch-models"),
        ("models/skim.onnx", "scripts/fetch-models"),
        ("models/skim.txt", "scripts/fetch-models"),
        ("models/cjk.ttf", "scripts/fetch-models"),
        ("web/dist/index.html", "scripts/build-web"),
    ] {
        println!("cargo::rerun-if-changed={path}");
        if !Path::new(path).exists() {
            println!("cargo::error={path} is missing: run {how} first (scripts/run and scripts/test do it for you)");
        }
    }
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!("cargo::rustc-env=PAPERLINE_BUILT={}", built());
}

/// Seconds since 1970: what the packager says, the commit's time, or now. A date that is too old only notices less.
fn built() -> u64 {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.trim().parse().ok());
    let commit = || {
        let shown = Command::new("git").args(["log", "-1", "--format=%ct"]).output().ok().filter(|shown| shown.status.success())?;
        String::from_utf8(shown.stdout).ok()?.trim().parse().ok()
    };
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    given.or_else(commit).unwrap_or_else(now)
}
