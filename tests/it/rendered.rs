//! What printers get, drawn by labelize, which knows nothing of ours: dot for dot what the preview shows, and legible. `scripts/test`
//! installs it into the build folder.

use crate::support::skipped;
use paperline::domain::label_look::LabelLook;
use paperline::labels::{self, Dots, Row, Values, tspl, zpl};
use std::path::{Path, PathBuf};
use std::process::Command;

/// In millimetres.
const SIZES: [(u32, u32); 8] = [(12, 6), (20, 10), (30, 10), (40, 30), (50, 30), (60, 40), (100, 70), (100, 150)];
const CPUIDS: [usize; 4] = [4, 8, 24, 64];

fn labelize() -> Option<PathBuf> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/labelize/bin/labelize");
    if program.exists() {
        return Some(program);
    }
    skipped("labelize is not there");
    None
}

/// On paper of this size, as labelize has it: in whole dots a millimetre.
fn drawn(program: &Path, folder: &Path, language: &str, label: &[u8], (width, height): (u32, u32), dpi: u32) -> image::GrayImage {
    let (from, to) = (folder.join(format!("label.{language}")), folder.join("label.png"));
    std::fs::write(&from, label).unwrap();
    let size = [width.to_string(), height.to_string(), if dpi == 203 { "8" } else { "12" }.to_owned()];
    let mut command = Command::new(program);
    command.arg("convert").arg(&from).arg("-o").arg(&to);
    command.args(["--width", &size[0], "--height", &size[1], "--dpmm", &size[2]]);
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    image::open(&to).unwrap().into_luma8()
}

/// Dots that are not as they should be; beside the label there are none. `left`: where the label lies on the paper.
fn differing(dots: &Dots, picture: &image::GrayImage, left: u32) -> usize {
    let is_ink = |x: u32, y| x >= left && x - left < dots.width && y < dots.height && dots.get(x - left, y);
    picture.enumerate_pixels().filter(|(x, y, dot)| (dot.0[0] < 128) != is_ink(*x, *y)).count()
}

fn text(picture: &image::GrayImage) -> String {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let grey = |x: usize, y: usize| picture.get_pixel(x as u32, y as u32).0[0];
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
    let codes = prepared.detect_grids();
    assert_eq!(codes.len(), 1, "one code on a label");
    codes[0].decode().expect("legible").1
}

#[test]
fn another_program_draws_what_the_preview_shows_and_reads_it() {
    let Some(program) = labelize() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (mut compared, mut too_small) = (0, Vec::new());
    for (n, (width, height)) in SIZES.into_iter().enumerate() {
        for dpi in [203, 300] {
            for (turn, rotate) in [0, 90, 180, 270].into_iter().enumerate() {
                let look = LabelLook { width: width * 1_000, height: height * 1_000, rotate, ..LabelLook::first() };
                let cpuid = "39FFD60543AC4E31".repeat(4)[..CPUIDS[(n + turn) % CPUIDS.len()]].to_owned();
                let values = Values { sn: "26480001".into(), cpuid, ..Values::sample() };
                let dots = match labels::draw(&look, &values, dpi) {
                    Ok(dots) => dots,
                    Err(refusal) => {
                        too_small.push(((width, height), dpi, values.cpuid.len(), refusal));
                        continue;
                    }
                };
                let paper = if rotate % 180 == 0 { (width, height) } else { (height, width) };
                let by_zpl = drawn(&program, folder.path(), "zpl", &zpl::label(&dots, (0, 0)), paper, dpi);
                // Its paper is of whole dots a millimetre, wider than 300 dpi have it; it lays a label of ZPL in the middle.
                let left = (by_zpl.width() - dots.width) / 2;
                assert_eq!(differing(&dots, &by_zpl, left), 0, "ZPL {width} × {height} at {dpi} dpi, turned by {rotate}");
                // It takes DIRECTION 0 for the way that comes out head first.
                let by_tspl = drawn(
                    &program,
                    folder.path(),
                    "tspl",
                    &tspl::label(&dots, &Row::of(&look, 1, 0), look.gap, (0, 0)),
                    paper,
                    dpi,
                );
                let by_tspl = image::imageops::rotate180(&by_tspl);
                assert_eq!(differing(&dots, &by_tspl, 0), 0, "TSPL {width} × {height} at {dpi} dpi, turned by {rotate}");
                if labels::preview(&look, &values, dpi).unwrap().codes.iter().all(|code| code.is_readable) {
                    let wanted = format!("{} {}", values.sn, values.cpuid);
                    assert_eq!([text(&by_zpl), text(&by_tspl)], [wanted.clone(), wanted], "{width} × {height} at {dpi} dpi");
                }
                compared += 1;
            }
        }
    }
    for ((width, height), dpi, length, refusal) in &too_small {
        assert!(*height <= 10, "a CPU id of {length} characters fits {width} × {height} at {dpi} dpi: {}", refusal.en);
        assert!(refusal.en.contains("elements[0]") && refusal.en.contains("mm"), "it says what size it needs: {}", refusal.en);
    }
    assert_eq!(compared + too_small.len(), 64);
}
