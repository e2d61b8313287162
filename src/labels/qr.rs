//! The modules of QR codes, error correction M. Not here: putting them on a label (code.rs).

use qrcode::canvas::{Canvas, MaskPattern};
use qrcode::{Color, EcLevel, QrCode, QrResult, bits, ec};

/// Light modules around a code (ISO/IEC 18004).
pub const QUIET: usize = 4;

/// The modules and the row length. We choose the mask if a row with margins fits 64 bits: the library's choice, with a
/// heap-allocated closure per module, was 90% of a label's cost.
pub fn modules(text: &str) -> QrResult<(Vec<Color>, usize)> {
    const WIDTH_MAX: usize = 56;
    const MASKS: [MaskPattern; 8] = [
        MaskPattern::Checkerboard,
        MaskPattern::HorizontalLines,
        MaskPattern::VerticalLines,
        MaskPattern::DiagonalLines,
        MaskPattern::LargeCheckerboard,
        MaskPattern::Fields,
        MaskPattern::Diamonds,
        MaskPattern::Meadow,
    ];
    let bits = bits::encode_auto(text.as_bytes(), EcLevel::M)?;
    let version = bits.version();
    let width = usize::from(version.width().unsigned_abs());
    if width > WIDTH_MAX {
        return Ok((QrCode::with_bits(bits, EcLevel::M)?.into_colors(), width));
    }
    let (data, correction) = ec::construct_codewords(&bits.into_bytes(), version, EcLevel::M)?;
    let mut canvas = Canvas::new(version, EcLevel::M);
    canvas.draw_all_functional_patterns();
    canvas.draw_data(&data, &correction);
    let masked = MASKS.map(|mask| {
        let mut canvas = canvas.clone();
        canvas.apply_mask(mask);
        canvas.into_colors()
    });
    Ok((masked.into_iter().min_by_key(|colors| penalty(colors, width)).unwrap_or_default(), width))
}

/// As an outline in SVG, one unit a module, without a margin; and how many modules a side has.
pub fn outline(text: &str) -> QrResult<(String, usize)> {
    let (modules, side) = modules(text)?;
    let mut outline = String::new();
    for (y, row) in modules.chunks(side).enumerate() {
        for run in row.chunk_by(PartialEq::eq).scan(0, |x, run| Some((std::mem::replace(x, *x + run.len()), run))) {
            let (x, dark) = run;
            if dark[0] == Color::Dark {
                outline += &format!("M{x} {y}h{0}v1h-{0}z", dark.len());
            }
        }
    }
    Ok((outline, side))
}

/// The penalty of ISO/IEC 18004:2015, 7.8.3.1, without terms equal for all masks. A line is one integer, weighed at once.
fn penalty(colors: &[Color], width: usize) -> usize {
    let (mut rows, mut columns) = (vec![0u64; width], vec![0u64; width]);
    let dark = colors.iter().enumerate().filter(|(_, color)| **color == Color::Dark);
    for (at, _) in dark {
        rows[at / width] |= 1 << (at % width);
        columns[at % width] |= 1 << (at / width);
    }
    let neighbours = (1u64 << (width - 1)) - 1;
    let lines: u32 = rows.iter().chain(&columns).map(|line| line_penalty(*line, neighbours)).sum();
    let squares = rows.windows(2).map(|pair| {
        let (alike, above, below) = (!(pair[0] ^ pair[1]), pair[0], pair[1]);
        (alike & (alike >> 1) & !(above ^ (above >> 1)) & !(below ^ (below >> 1)) & neighbours).count_ones()
    });
    let squares: u32 = squares.sum();
    let dark: u32 = rows.iter().map(|row| row.count_ones()).sum();
    // In half per cents off one half.
    let balance = (dark as usize * 200 / colors.len()).abs_diff(100);
    (lines + 3 * squares) as usize + balance
}

/// Runs of five or more, and finder-like patterns; margins are light.
fn line_penalty(line: u64, neighbours: u64) -> u32 {
    let alike = !(line ^ (line >> 1)) & neighbours;
    let fives = alike & (alike >> 1) & (alike >> 2) & (alike >> 3);
    // A run of n scores n - 2 and starts n - 4 fives.
    let runs = fives.count_ones() + 2 * (fives & !(fives << 1)).count_ones();
    let dark = line << QUIET;
    let light = !dark;
    let finders = dark & (light >> 1) & (dark >> 2) & (dark >> 3) & (dark >> 4) & (light >> 5) & (dark >> 6);
    let light_before = (light << 1) & (light << 2) & (light << 3) & (light << 4);
    let light_after = (light >> 7) & (light >> 8) & (light >> 9) & (light >> 10);
    runs + 40 * (finders & (light_before | light_after)).count_ones()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_library_s_at_every_length() {
        for length in 1..=220 {
            let text: String = ('0'..='9').chain('a'..='z').chain('A'..='Z').cycle().skip(length * 7).take(length).collect();
            let theirs = QrCode::with_error_correction_level(&text, EcLevel::M).unwrap();
            assert_eq!(modules(&text).unwrap(), (theirs.to_colors(), theirs.width()), "{text}");
        }
        for number in 0..200 {
            let text = format!("{number:08} CPU{:08X}", number * 7919);
            let theirs = QrCode::with_error_correction_level(&text, EcLevel::M).unwrap();
            assert_eq!(modules(&text).unwrap(), (theirs.to_colors(), theirs.width()), "{text}");
        }
    }
}
