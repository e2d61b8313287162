//! Stops early, with words, when something the binary embeds has not been made yet.

use std::path::Path;

fn main() {
    for (path, how) in [
        ("models/det.onnx", "scripts/fetch-models"),
        ("models/rec.onnx", "scripts/fetch-models"),
        ("web/dist/index.html", "scripts/build-web"),
    ] {
        println!("cargo::rerun-if-changed={path}");
        if !Path::new(path).exists() {
            println!("cargo::error={path} is missing: run {how} first (scripts/run and scripts/test do it for you)");
        }
    }
}
