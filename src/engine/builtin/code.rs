//! Finds QR codes on a picture. Not here: their meaning (domain/checks.rs).

use super::picture::Picture;
use image::RgbImage;
use image::imageops::{FilterType, grayscale, resize};
use rxing::common::HybridBinarizer;
use rxing::multi::MultipleBarcodeReader;
use rxing::multi::qrcode::QRCodeMultiReader;
use rxing::{BinaryBitmap, DecodeHints, Luma8LuminanceSource};

/// Pixels; a code takes at least a tenth of the width.
const SIDE_MAX: u32 = 1600;

/// The distinct texts of all readable codes of a picture, looked for once.
pub fn codes(picture: &Picture) -> &[String] {
    picture.codes.get_or_init(|| read_codes(&picture.pixels))
}

fn read_codes(picture: &RgbImage) -> Vec<String> {
    let (width, height) = picture.dimensions();
    let longest = width.max(height);
    let grey = grayscale(picture);
    let mut texts = Vec::new();
    let sides = [longest.min(SIDE_MAX), longest.min(SIDE_MAX * 2)];
    for (i, side) in sides.into_iter().enumerate() {
        if i > 0 && (!texts.is_empty() || side == sides[0]) {
            break;
        }
        let of = |pixels: u32| (u64::from(pixels) * u64::from(side) / u64::from(longest)).max(1) as u32;
        let grey = if side < longest { resize(&grey, of(width), of(height), FilterType::Triangle) } else { grey.clone() };
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

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Luma};

    /// `module`: pixels per module.
    fn draw(picture: &mut GrayImage, text: &str, (left, top): (u32, u32), module: u32) {
        let code = qrcode::QrCode::new(text).unwrap();
        let side = code.width() as u32;
        for (i, _) in code.to_colors().into_iter().enumerate().filter(|(_, c)| *c == qrcode::Color::Dark) {
            let (x, y) = (left + i as u32 % side * module, top + i as u32 / side * module);
            (0..module * module).for_each(|p| picture.put_pixel(x + p % module, y + p / module, Luma([20])));
        }
    }

    #[test]
    fn all_codes_are_read_once() {
        let read_codes = |grey: GrayImage| super::read_codes(&image::DynamicImage::from(grey).into_rgb8());
        let mut picture = GrayImage::from_pixel(900, 600, Luma([240]));
        let vat = "01,10,044001900111,12345678,100.00,20181004,12345678901234567890,ABCD,";
        draw(&mut picture, vat, (40, 50), 3);
        draw(&mut picture, "发票", (600, 300), 5);
        let mut codes = read_codes(picture.clone());
        codes.sort();
        assert_eq!(codes, [vat, "发票"]);
        let large = image::imageops::resize(&picture, 3600, 2400, FilterType::Triangle);
        assert_eq!(read_codes(image::imageops::rotate90(&large)).len(), 2);
        assert!(read_codes(GrayImage::new(1, 1)).is_empty());
        assert!(read_codes(GrayImage::new(20_000, 100)).is_empty());
    }
}
