//! A logo in whole dots. No dithering: printers that burn labels make lone dots larger or leave them out. Not here: what is kept of a
//! picture (app/logos.rs).

use super::Problem;
use super::dots::{Area, Dots};
use crate::domain::logo::{INK_BELOW, Logo, SIDE_MAX};
use std::io::Cursor;

/// 0 is black; a byte a pixel, row by row.
struct Grey {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

fn read(png: &[u8]) -> Option<Grey> {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info().ok()?;
    let (info, sides) = (reader.info(), 1..=SIDE_MAX);
    let (width, height) = (info.width, info.height);
    let is_grey = (info.color_type, info.bit_depth) == (png::ColorType::Grayscale, png::BitDepth::Eight);
    if !is_grey || !sides.contains(&width) || !sides.contains(&height) {
        return None;
    }
    let mut pixels = vec![0; width as usize * height as usize];
    reader.next_frame(&mut pixels).ok()?;
    Some(Grey { width, height, pixels })
}

/// Whether it can be drawn.
pub fn is_whole_logo(logo: &Logo) -> bool {
    read(&logo.png).is_some()
}

/// `from` values in a row, as `to` of them: each the sum of what it covers, in `to`ths of a value; so all are `from` times too large.
fn resized(values: &[u64], to: u32) -> Vec<u64> {
    let (from, to) = (values.len() as u64, u64::from(to));
    let one = |at: u64| {
        let (begin, end) = (at * from, (at + 1) * from);
        let covered = begin / to..end.div_ceil(to);
        covered.map(|n| values[n as usize] * (end.min((n + 1) * to) - begin.max(n * to))).sum()
    };
    (0..to).map(one).collect()
}

impl Grey {
    /// What is dark of it at this size, row by row.
    fn ink(&self, width: u32, height: u32) -> Vec<bool> {
        let rows = self.pixels.chunks(self.width as usize);
        let rows: Vec<Vec<u64>> =
            rows.map(|row| resized(&row.iter().map(|pixel| u64::from(*pixel)).collect::<Vec<_>>(), width)).collect();
        let mut ink = vec![false; width as usize * height as usize];
        let light = u64::from(INK_BELOW) * u64::from(self.width) * u64::from(self.height);
        for x in 0..width as usize {
            let column: Vec<u64> = rows.iter().map(|row| row[x]).collect();
            for (y, sum) in resized(&column, height).into_iter().enumerate() {
                ink[y * width as usize + x] = sum < light;
            }
        }
        ink
    }
}

/// As large as fits, in the middle.
pub fn draw(face: &mut Dots, area: Area, logo: Option<&Logo>) -> Result<(), Problem> {
    let missing = || Problem::new("还没有图片，请在标签编辑页选择", "has no picture yet: choose one where labels are drawn");
    let grey = read(&logo.ok_or_else(missing)?.png).ok_or_else(|| Problem::new("的图片已损坏", "has a broken picture"))?;
    let fit = |along: u32, side: u32, other: u32| {
        u32::try_from(u64::from(along) * u64::from(side) / u64::from(other)).unwrap_or(u32::MAX)
    };
    let (width, height) = if u64::from(area.width) * u64::from(grey.height) <= u64::from(area.height) * u64::from(grey.width) {
        (area.width, fit(area.width, grey.height, grey.width))
    } else {
        (fit(area.height, grey.width, grey.height), area.height)
    };
    let ink = grey.ink(width, height);
    if !ink.contains(&true) {
        return Err(Problem::new("太小，印出来是空白：请放大", "is too small, nothing of it comes out: make it larger"));
    }
    let (left, top) = (area.left + (area.width - width) / 2, area.top + (area.height - height) / 2);
    for (at, _) in (0u32..).zip(&ink).filter(|(_, is_ink)| **is_ink) {
        face.burn(left + at % width, top + at / width);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `#` black, `+` grey that is just dark enough, `-` grey that is not, others white.
    fn logo(rows: &[&str]) -> Logo {
        let grey = |c| match c {
            '#' => 0,
            '+' => INK_BELOW - 1,
            '-' => INK_BELOW,
            _ => 255,
        };
        let pixels: Vec<u8> = rows.iter().flat_map(|row| row.chars().map(grey)).collect();
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, rows[0].len() as u32, rows.len() as u32);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
        Logo { file: "logo.png".into(), png }
    }

    fn drawn(logo: &Logo, face: (u32, u32), area: Area) -> Vec<String> {
        let mut dots = Dots::new(face.0, face.1);
        draw(&mut dots, area, Some(logo)).unwrap();
        (0..face.1).map(|y| (0..face.0).map(|x| if dots.get(x, y) { '#' } else { '.' }).collect()).collect()
    }

    #[test]
    fn it_is_as_large_as_fits_in_ratio_and_in_the_middle() {
        let wide = logo(&["#..#", ".##."]);
        let all = Area { left: 0, top: 0, width: 8, height: 8 };
        let twice = ["........", "........", "##....##", "##....##", "..####..", "..####..", "........", "........"];
        assert_eq!(drawn(&wide, (8, 8), all), twice);
        let within = Area { left: 2, top: 1, width: 5, height: 2 };
        assert_eq!(drawn(&wide, (8, 4), within), ["........", "..#..#..", "...##...", "........"]);
        let high = logo(&["#", ".", "#"]);
        assert_eq!(drawn(&high, (5, 3), Area { left: 0, top: 0, width: 5, height: 3 }), ["..#..", ".....", "..#.."]);
    }

    #[test]
    fn a_dot_is_ink_where_half_of_it_is_dark() {
        assert_eq!(drawn(&logo(&["#+-."]), (4, 1), Area { left: 0, top: 0, width: 4, height: 1 }), ["##.."]);
        // Of 3 × 3 pixels 2 × 2 dots: each has one whole, halves of two, and a quarter of the middle one.
        let halved = |rows: &[&str]| drawn(&logo(rows), (2, 2), Area { left: 0, top: 0, width: 2, height: 2 });
        assert_eq!(halved(&["##.", "#..", "..."]), ["#.", ".."]);
        assert_eq!(halved(&[".#.", "###", ".#."]), ["##", "##"], "five ninths");
        assert_eq!(halved(&["#..", "...", ".##"]), ["..", ".#"], "four ninths, and six");
    }

    #[test]
    fn what_can_not_be_drawn_is_said() {
        let (mut face, area) = (Dots::new(9, 9), Area { left: 0, top: 0, width: 9, height: 9 });
        assert!(draw(&mut face, area, None).unwrap_err().en.starts_with("has no picture yet"));
        let broken = Logo { file: "a".into(), png: b"\x89PNG\r\n\x1a\n".to_vec() };
        assert!(!is_whole_logo(&broken) && draw(&mut face, area, Some(&broken)).is_err());
        let thin = logo(&[".........#", "..........", ".........."]);
        assert!(draw(&mut face, Area { width: 2, ..area }, Some(&thin)).unwrap_err().en.starts_with("is too small"));
        assert_eq!(face, Dots::new(9, 9), "nothing of it");
    }
}
