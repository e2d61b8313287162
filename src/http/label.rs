//! A QR label as a PNG: error correction M, a quiet zone of 4 modules (ISO/IEC 18004), 8 pixels a module, one bit a pixel.

use crate::domain::refusal::Refusal;
use qrcode::{Color, EcLevel, QrCode};

const QUIET_MODULES: usize = 4;
/// One byte of a row, at one bit a pixel: the picture is packed straight from the modules.
const MODULE_PIXELS: usize = 8;
const LIGHT: u8 = 0xFF;
const DARK: u8 = 0x00;

pub fn png(text: &str) -> Result<Vec<u8>, Refusal> {
    let too_long = |_| Refusal::malformed("内容太长，无法生成二维码", "too long for a QR code");
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(too_long)?;
    let (modules, row_bytes) = (code.width(), code.width() + 2 * QUIET_MODULES);
    let quiet = vec![LIGHT; QUIET_MODULES * MODULE_PIXELS * row_bytes];
    let mut rows = quiet.clone();
    for colors in code.to_colors().chunks(modules) {
        let mut row = vec![LIGHT; row_bytes];
        for (byte, color) in row[QUIET_MODULES..].iter_mut().zip(colors) {
            *byte = if *color == Color::Dark { DARK } else { LIGHT };
        }
        rows.extend(row.repeat(MODULE_PIXELS));
    }
    rows.extend(quiet);
    encode(&rows, row_bytes * MODULE_PIXELS).map_err(|e| {
        tracing::error!("a label could not be drawn: {e}");
        Refusal::internal()
    })
}

/// `side`: pixels of a row and rows of the picture.
fn encode(rows: &[u8], side: usize) -> Result<Vec<u8>, png::EncodingError> {
    let side = u32::try_from(side).unwrap_or(u32::MAX);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rows)?;
    writer.finish()?;
    Ok(bytes)
}
