//! QR codes on a picture. Not here: what an invoice's code says of its fields (domain/checks.rs).

use image::DynamicImage;
use image::imageops::FilterType;
use rxing::common::HybridBinarizer;
use rxing::multi::MultipleBarcodeReader;
use rxing::multi::qrcode::QRCodeMultiReader;
use rxing::{BinaryBitmap, DecodeHints, Luma8LuminanceSource};

/// Large pictures are shrunk to this before codes are looked for; a code on an invoice is a tenth of its width and more.
const SIDE_MAX: u32 = 1600;

/// The texts of all QR codes that can be read, each once. A picture without any, or with none that can be read, gives none.
pub fn read_codes(picture: &DynamicImage) -> Vec<String> {
    let longest = picture.width().max(picture.height());
    let mut texts = Vec::new();
    let sides = [longest.min(SIDE_MAX), longest.min(SIDE_MAX * 2)];
    for (i, side) in sides.into_iter().enumerate() {
        if i > 0 && (!texts.is_empty() || side == sides[0]) {
            break;
        }
        let grey = if side < longest { picture.resize(side, side, FilterType::Triangle).into_luma8() } else { picture.to_luma8() };
        let (width, height) = grey.dimensions();
        let Ok(source) = Luma8LuminanceSource::new(grey.into_raw(), width, height) else { continue };
        let hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
        let found =
            QRCodeMultiReader::new().decode_multiple_with_hints(&mut BinaryBitmap::new(HybridBinarizer::new(source)), &hints);
        for result in found.unwrap_or_default() {
            if !texts.iter().any(|t| t == result.getText()) {
                texts.push(result.getText().to_owned());
            }
        }
    }
    texts
}
