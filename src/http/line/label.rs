//! QR codes as PNG, for whoever lays out labels himself: quiet zone 4 modules, 8 pixels a module, 1 bit a pixel.

use crate::domain::refusal::Refusal;
use crate::labels::dots::Dots;
use crate::labels::qr;
use qrcode::Color;

/// One byte per row, so modules pack directly.
const MODULE_PIXELS: usize = 8;

pub fn png(text: &str) -> Result<Vec<u8>, Refusal> {
    let too_long = |_| Refusal::malformed("内容太长，无法生成二维码", "too long for a QR code");
    let (colors, modules) = qr::modules(text).map_err(too_long)?;
    let row_bytes = modules + 2 * qr::QUIET;
    let quiet = vec![0; qr::QUIET * MODULE_PIXELS * row_bytes];
    let mut rows = quiet.clone();
    for colors in colors.chunks(modules) {
        let mut row = vec![0; row_bytes];
        for (byte, color) in row[qr::QUIET..].iter_mut().zip(colors) {
            *byte = if *color == Color::Dark { 0xFF } else { 0 };
        }
        rows.extend(row.repeat(MODULE_PIXELS));
    }
    rows.extend(quiet);
    let side = u32::try_from(row_bytes * MODULE_PIXELS).unwrap_or(u32::MAX);
    Dots { width: side, height: side, rows }.png()
}
