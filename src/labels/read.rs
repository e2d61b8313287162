//! Reads a code back from a label's dots, by another library than the one that made it. Not here: QR codes on pictures (engine).

use super::code::Placed;
use super::dots::Dots;
use crate::domain::label_look::ElementKind;
use rxing::common::GlobalHistogramBinarizer;
use rxing::datamatrix::DataMatrixReader;
use rxing::oned::Code128Reader;
use rxing::qrcode::QRCodeReader;
use rxing::{BinaryBitmap, DecodeHints, Luma8LuminanceSource, RXingResult, Reader};

/// Pixels a module, as a camera sees it, however many dots it has; and the light margin around.
const MODULE: u32 = 6;
const MARGIN: u32 = 12;
/// Rows that are looked at of bars, which are all alike.
const BARS_HEIGHT_MAX: u32 = 120;
const LIGHT: u8 = 0xFF;

pub fn reads(dots: &Dots, Placed { area, dots_per_module, .. }: &Placed, kind: ElementKind, content: &str) -> bool {
    let pixels_of = |dots: u32| dots * MODULE / dots_per_module;
    let (inner_width, inner_height) = (pixels_of(area.width), pixels_of(area.height));
    let inner_height = if kind == ElementKind::Code128 { inner_height.min(BARS_HEIGHT_MAX) } else { inner_height };
    let (width, height) = (inner_width + 2 * MARGIN, inner_height + 2 * MARGIN);
    let from =
        |pixel: u32, pixels: u32, dots: u32| pixel.checked_sub(MARGIN).filter(|at| *at < pixels).map(|at| at * dots / pixels);
    let mut pixels = Vec::with_capacity(width as usize * height as usize);
    for y in (0..height).map(|y| from(y, inner_height, area.height)) {
        for x in (0..width).map(|x| from(x, inner_width, area.width)) {
            let is_ink = matches!((x, y), (Some(x), Some(y)) if dots.get(area.left + x, area.top + y));
            pixels.push(if is_ink { 0 } else { LIGHT });
        }
    }
    let read = |hints: &DecodeHints| -> Option<RXingResult> {
        let source = Luma8LuminanceSource::new(pixels.clone(), width, height).ok()?;
        let mut picture = BinaryBitmap::new(GlobalHistogramBinarizer::new(source));
        match kind {
            ElementKind::Qr => QRCodeReader::new().decode_with_hints(&mut picture, hints),
            ElementKind::DataMatrix => DataMatrixReader.decode_with_hints(&mut picture, hints),
            ElementKind::Code128 => Code128Reader.decode_with_hints(&mut picture, hints),
            ElementKind::Text | ElementKind::Logo => return None,
        }
        .ok()
    };
    let harder = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
    let straight = DecodeHints { PureBarcode: Some(true), ..DecodeHints::default() };
    [harder, straight].iter().any(|hints| read(hints).is_some_and(|found| found.getText() == content))
}
