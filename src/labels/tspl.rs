//! A label in TSPL, as one picture. Not here: ZPL.

use super::dots::Dots;
use super::row::Row;
use crate::domain::label_look::Micrometres;

/// `offset`: dots right and down; what comes to lie beyond the label is cropped.
pub fn label(dots: &Dots, size: &Row, gap: Micrometres, offset: (i32, i32)) -> Vec<u8> {
    let dots = dots.moved(offset);
    let mm = |length: Micrometres| f64::from(length) / 1_000.0;
    let (width, height, gap, bytes, rows) = (mm(size.width), mm(size.height), mm(gap), dots.row_bytes(), dots.height);
    let mut label =
        format!("SIZE {width} mm,{height} mm\r\nGAP {gap} mm,0 mm\r\nDIRECTION 0,0\r\nCLS\r\nBITMAP 0,0,{bytes},{rows},0,")
            .into_bytes();
    // 0 burns; the bits that pad a row are 0 in ours, and so stay light.
    label.extend(dots.rows.iter().map(|byte| !byte));
    label.extend_from_slice(b"\r\nPRINT 1,1\r\n");
    label
}
