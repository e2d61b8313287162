//! What a file is that is not a picture, by its first bytes. Not here: pictures (app/pictures.rs).

use super::words::Words;

pub const HEAD_BYTES: usize = 512;

fn has(head: &[u8], at: usize, mark: &[u8]) -> bool {
    head.get(at..at + mark.len()) == Some(mark)
}

/// Lower case, without byte order mark and leading space.
fn normalised(head: &[u8]) -> Vec<u8> {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    text.trim_ascii_start().to_ascii_lowercase()
}

fn to_jpeg(zh: &str, en: &str) -> Words {
    Words::new(
        format!("这是{zh}，不能识别：请转成 JPEG 或 PNG 再上传"),
        format!("this is {en}, which can't be read: please turn it into JPEG or PNG"),
    )
}

fn text(head: &[u8]) -> Option<Words> {
    let text = normalised(head);
    let starts = |words: &[&[u8]]| words.iter().any(|word| text.starts_with(word));
    if text.get(..text.len().min(64)).is_some_and(|t| t.windows(5).any(|w| w == b"%pdf-")) {
        return Some(Words::new(
            "这是 PDF，不是图片：请把每一页存成 JPEG 或 PNG 再上传",
            "this is a PDF, not a picture: please save each page as JPEG or PNG",
        ));
    }
    if starts(&[b"<!doctype html", b"<html", b"<head", b"<body", b"<script"]) {
        return Some(Words::new(
            "这是网页（下载链接可能已过期），不是发票：请重新下载发票",
            "this is a web page (the download link may have expired), not an invoice: please download it again",
        ));
    }
    if starts(&[b"<svg"]) {
        return Some(to_jpeg("矢量图（SVG）", "an SVG drawing"));
    }
    starts(&[b"<"]).then(|| {
        Words::new(
            "这个 XML 文件在这里不能使用：请上传数电票的 XML，或发票的图片",
            "this XML file can't be used here: please upload the XML of a digital invoice, or a picture of the invoice",
        )
    })
}

/// By the `ftyp` brand.
fn camera_file(head: &[u8]) -> Option<Words> {
    let brand = head.get(8..12).filter(|_| has(head, 4, b"ftyp"))?;
    Some(match brand {
        b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1" => unread_heic(),
        b"avif" | b"avis" => to_jpeg(" AVIF 图片", "an AVIF picture"),
        _ => Words::new(
            "这是视频，不是图片：请上传发票的照片",
            "this is a video, not a picture: please upload a photo of the invoice",
        ),
    })
}

fn marked(head: &[u8]) -> Option<Words> {
    let starts = |marks: &[&[u8]]| marks.iter().any(|mark| head.starts_with(mark));
    if starts(&[b"GIF8"]) {
        return Some(to_jpeg(" GIF 图片", "a GIF picture"));
    }
    if starts(&[b"8BPS"]) {
        return Some(to_jpeg(" Photoshop 文件", "a Photoshop file"));
    }
    if starts(&[b"\xFF\x0A"]) || has(head, 4, b"JXL ") || has(head, 4, b"jP  ") {
        return Some(to_jpeg(" JPEG XL 或 JPEG 2000 图片", "a JPEG XL or JPEG 2000 picture"));
    }
    if starts(&[b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xBC\xAF", b"\x1F\x8B"]) {
        return Some(Words::new(
            "这是压缩包、OFD 或 Office 文件，不是图片：请解压或另存为 JPEG、PNG 再上传",
            "this is an archive, OFD or Office file, not a picture: please unpack it or save it as JPEG or PNG",
        ));
    }
    starts(&[b"\xD0\xCF\x11\xE0"]).then(|| {
        Words::new(
            "这是 Office 文件，不是图片：请另存为 JPEG 或 PNG 再上传",
            "this is an Office file, not a picture: please save it as JPEG or PNG",
        )
    })
}

/// `head`: the first `HEAD_BYTES` of the file, or all of it.
pub fn taken_for(head: &[u8]) -> Words {
    if head.is_empty() {
        return Words::new(
            "文件是空的（0 字节）：请检查原文件，重新上传",
            "the file is empty (0 bytes): please look at the original and upload it again",
        );
    }
    text(head).or_else(|| camera_file(head)).or_else(|| marked(head)).unwrap_or_else(|| {
        Words::new(
            "不是可识别的图片，请上传 JPEG、PNG、BMP、TIFF 或 WebP",
            "not a picture that can be read: please upload JPEG, PNG, BMP, TIFF or WebP",
        )
    })
}

/// Photos of phones are taken for invoices only, and their decoder has limits of its own.
pub fn unread_heic() -> Words {
    Words::new(
        "这张 HEIC 照片不能使用（没有传完、太大、格式少见，或用作模板）：请在手机“设置→相机→格式”中选“兼容性最佳”重拍，或转成 JPEG 再上传",
        "this HEIC photo can't be used (it was cut off, is too large or of a rare kind, or is for a template): please choose Settings, Camera, Formats, Most Compatible on the phone and take it again, or turn it into JPEG",
    )
}

pub fn cut_off() -> Words {
    Words::new(
        "图片不完整或已损坏（可能没有传完）：请重新拍照，或从原处重新下载再上传",
        "the picture is incomplete or damaged (it may have been cut off on its way): please take or download it again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_file_is_recognised() {
        for (head, word) in [
            (&b""[..], "0 字节"),
            (b"%PDF-1.7\n", "PDF"),
            (b"\n\n%PDF-1.4", "PDF"),
            (b"<!DOCTYPE html><html>", "网页"),
            (b"\xEF\xBB\xBF  <HTML>", "网页"),
            (b"<?xml version=\"1.0\"?><EInvoice/>", "XML"),
            (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0", "HEIC"),
            (b"\0\0\0\x18ftypavif\0\0\0\0", "AVIF"),
            (b"\0\0\0\x18ftypisom\0\0\0\0", "视频"),
            (b"PK\x03\x04....OFD.xml", "OFD"),
            (b"GIF89a", "GIF"),
            (b"\xD0\xCF\x11\xE0\xA1\xB1", "Office"),
            (b"hello", "不是可识别的图片"),
        ] {
            assert!(taken_for(head).zh.contains(word), "{word}: {}", taken_for(head).zh);
        }
    }
}
