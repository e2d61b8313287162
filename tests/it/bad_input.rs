//! Wrong input gets a status, a code and words; broken connections leave nothing.

use crate::support::{Paperline, blank_png, eventually};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;

#[test]
fn bodies_that_are_none() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let post = |kind: &str, body: &[u8]| client.send("POST", "/search", &[("content-type", kind)], body);
    for (kind, body) in [
        ("application/json", &b"{\"condition\":"[..]),
        ("application/json", b"[]"),
        ("application/json", br#"{"condition":"\ud800"}"#),
        ("text/plain", b"condition=Time"),
        ("multipart/form-data; boundary=x", b"--y\r\n"),
        ("application/json", b""),
    ] {
        assert_eq!(post(kind, body).refusal(), (400, "malformed"), "{kind} {}", String::from_utf8_lossy(body));
    }
    let packed = client.send("POST", "/search", &[("content-encoding", "gzip")], b"{}");
    assert_eq!(packed.refusal(), (415, "unsupported"));
    // Old stations send no type, and blanks before the brace.
    let untyped = client.send("POST", "/search", &[], b" \r\n{\"condition\":\"DeviceSN\",\"DeviceSN\":1}");
    assert_eq!(untyped.refusal(), (404, "not_found"));
}

#[test]
fn methods_and_addresses_that_are_none() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let put = client.send("PUT", "/search", &[], b"");
    assert_eq!(put.refusal(), (405, "malformed"));
    assert!(put.header("allow").contains("GET") && put.header("allow").contains("POST"));
    assert_eq!(client.get("/logout").status, 405);
    assert_eq!(client.get("/me").status, 200, "GET /logout logs nobody out");
    assert_eq!(client.post("/nothing", &json!({})).refusal(), (404, "not_found"));
    assert_eq!(client.get("/invoice/nothing").refusal(), (404, "not_found"));
    assert_eq!(client.get("/api/nothing").refusal(), (404, "not_found"));
}

#[test]
fn refusals_speak_both_languages() {
    let paperline = Paperline::start();
    let err = |language: &str| {
        let answer = paperline.client().with_header("accept-language", language).get("/me");
        assert_eq!(answer.refusal(), (401, "unauthenticated"));
        answer.body["err"].as_str().unwrap().to_owned()
    };
    assert_eq!(err("zh-CN,zh;q=0.9,en;q=0.8"), "请先登录");
    assert_eq!(err("en-US,en;q=0.9"), "please log in first");
}

#[test]
fn pictures_that_are_none() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let png = blank_png(300, 200);
    for (files, status, code) in [
        (vec![], 400, "malformed"),
        (vec![("a.txt", &b"hello"[..])], 415, "unsupported"),
        (vec![("a.png", &png[..png.len() / 2])], 415, "unsupported"),
        (vec![("a.png", &b""[..])], 415, "unsupported"),
    ] {
        let answer = client.upload("/invoice/recognizeImage", &files);
        assert_eq!(answer.refusal(), (status, code), "{files:?}");
        assert_eq!(answer.body["err"], "上传文件失败");
    }
    let mixed = client.upload("/invoice/recognizeImage.action", &[(r"C:\scans\bad.png", b"no"), ("good.png", &png)]);
    assert_eq!(mixed.status, 200);
    assert_eq!(mixed.body["action_id_list"].as_array().unwrap().len(), 1);
    assert_eq!(mixed.body["failed"][0]["file"], "bad.png");
    let large = vec![0; (20 << 20) + 1];
    assert_eq!(client.upload("/invoice/uploadModelOrigin", &[("large.png", &large)]).refusal(), (413, "too_large"));
}

/// Includes the chunk type.
fn crc(bytes: &[u8]) -> [u8; 4] {
    let mut crc = 0xFFFF_FFFF_u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    (!crc).to_be_bytes()
}

/// zlib (RFC 1950, 1951): one literal, then repeats of 258.
fn packed_zeros(runs: u32) -> Vec<u8> {
    let mut bits: Vec<bool> = vec![true, true, false];
    let mut put = |code: u32, len: u32| bits.extend((0..len).rev().map(|at| code >> at & 1 == 1));
    put(0b0011_0000, 8);
    for _ in 0..runs {
        put(0b1100_0101, 8);
        put(0, 5);
    }
    put(0, 7);
    let mut bytes = vec![0x78, 0x01];
    bytes.extend(bits.chunks(8).map(|some| some.iter().enumerate().fold(0, |byte, (at, bit)| byte | u8::from(*bit) << at)));
    let long = (1 + 258 * u64::from(runs)) % 65_521;
    bytes.extend((u32::try_from(long).unwrap() << 16 | 1).to_be_bytes());
    bytes
}

/// In a chunk that nobody reads.
#[test]
fn a_colour_profile_that_swells_costs_little_memory() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let png = blank_png(60, 40);
    let profile = [&b"iCCPx\0\0"[..], &packed_zeros(1_200_000)].concat();
    let length = u32::try_from(profile.len() - 4).unwrap().to_be_bytes();
    let after_header = 33;
    let bomb = [&png[..after_header], &length, &profile, &crc(&profile), &png[after_header..]].concat();
    assert_eq!(admin.upload("/invoice/recognizeImage", &[("p.png", &png)]).status, 200);
    eventually("the first is read", || (admin.get("/api/invoices").body["total"] == 1).then_some(()));
    let before = paperline.peak_mib();
    let answer = admin.upload("/invoice/recognizeImage", &[("bomb.png", &bomb)]);
    assert!([200, 415].contains(&answer.status), "{answer:?}");
    let origin = admin.upload("/invoice/uploadModelOrigin", &[("bomb.png", &bomb)]);
    if let Some(url) = origin.body["file_name"].as_str() {
        admin.get(&format!("{url}?width=160"));
    }
    eventually("nothing waits", || {
        let queue = admin.get("/api/queue").body;
        (queue["running"].is_null() && queue["recognize_size"] == 0).then_some(())
    });
    let grown = paperline.peak_mib() - before;
    assert!(grown < 150, "{grown} MiB for {} KiB", bomb.len() >> 10);
}

#[test]
fn a_header_that_promises_too_many_pixels_is_not_believed() {
    let paperline = Paperline::start();
    let mut bomb = blank_png(8, 8);
    // IHDR's width and height, with a correct checksum.
    bomb[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
    let sum = crc(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&sum);
    let admin = paperline.admin();
    let answer = admin.upload("/invoice/recognizeImage", &[("bomb.png", &bomb)]);
    assert_eq!(answer.refusal(), (413, "too_large"));
    // The most pixels at 16 bits: twice the memory.
    bomb[16..26].copy_from_slice(&[0, 0, 0x1F, 0x40, 0, 0, 0x1F, 0x40, 16, 6]);
    let sum = crc(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&sum);
    let answer = admin.upload("/invoice/recognizeImage", &[("deep.png", &bomb)]);
    assert_eq!(answer.refusal(), (413, "too_large"));
    assert_eq!(answer.body["failed"][0]["err"], "图片的颜色位数太多，请另存为每色 8 位的图片");
    // Shrinking would take memory by its length.
    for strip in [blank_png(1, 65_536), blank_png(65_536, 1)] {
        let answer = admin.upload("/invoice/recognizeImage", &[("strip.png", &strip)]);
        assert_eq!(answer.refusal(), (413, "too_large"));
    }
    for strip in [blank_png(1, 65_535), blank_png(65_535, 1)] {
        let origin = admin.upload("/invoice/uploadModelOrigin", &[("strip.png", &strip)]);
        let url = origin.body["file_name"].as_str().unwrap();
        assert_eq!(admin.get(&format!("{url}?width=160")).status, 200);
    }
}

/// White RGBA in one PackBits strip (TIFF 6.0 section 9).
fn packed_tiff(side: u32) -> Vec<u8> {
    // Two bytes for 128 equal ones.
    let strip = [0x81, 0xFF].repeat((side * side * 4 / 128) as usize);
    let (bits, data) = (8u32, 16u32);
    let mut tiff = [b"II*\0".as_slice(), &(data + strip.len() as u32).to_le_bytes(), &[8, 0, 8, 0, 8, 0, 8, 0], &strip].concat();
    let (short, long) = (3u16, 4u16);
    let entries = [
        (256u16, long, 1u32, side),
        (257, long, 1, side),
        (258, short, 4, bits),
        (259, short, 1, 32_773),
        (262, short, 1, 2),
        (273, long, 1, data),
        (277, short, 1, 4),
        (278, long, 1, side),
        (279, long, 1, strip.len() as u32),
        (338, short, 1, 2),
    ];
    tiff.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        tiff.extend([&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat());
    }
    tiff.extend([0; 4]);
    tiff
}

#[test]
fn a_picture_of_the_most_bytes_that_is_taken_is_shown() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let origin = admin.upload("/invoice/uploadModelOrigin", &[("whole.tiff", &packed_tiff(8_000))]);
    let url = origin.body["file_name"].as_str().unwrap_or_else(|| panic!("{origin:?}"));
    assert_eq!(admin.get(&format!("{url}?width=160")).status, 200);
}

#[test]
fn a_refusal_reaches_who_is_still_sending() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    let mut stream = TcpStream::connect(paperline.http.strip_prefix("http://").unwrap()).unwrap();
    let length = 40 << 20;
    let head =
        format!("POST /search HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\nContent-Length: {length}\r\n\r\n", client.cookie());
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = vec![b' '; 1 << 20];
    for _ in 0..40 {
        stream.write_all(&chunk).unwrap();
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[test]
fn an_idempotency_key_queues_once() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let png = blank_png(30, 20);
    let send = |key: &str| client.upload_with("/invoice/recognizeImage", &[("idempotency-key", key)], &[("a.png", &png)]);
    let first = send("k1");
    assert_eq!(send("k1").body, first.body);
    assert_ne!(send("k2").body["action_id_list"], first.body["action_id_list"]);
    assert_eq!(send(&"k".repeat(129)).refusal(), (400, "malformed"));
}

#[test]
fn a_key_that_stands_twice_in_one_object_is_named_and_nothing_is_done() {
    let paperline = Paperline::start();
    let client = paperline.operator();
    for (path, body, key) in [
        ("/registerDevice", r#"{"CPUID":"B1","CPUID":"B2"}"#, "CPUID"),
        ("/registerDevice", r#"{"devices":[{"CPUID":"B6"}],"devices":[{"CPUID":"B7"}]}"#, "devices"),
        ("/registerDevice", r#"{"devices":[{"CPUID":"B5","DeviceSN":"00000001","DeviceSN":"00000002"}]}"#, "DeviceSN"),
        ("/switchPrintStatus", r#"{"DeviceSNList":["1"],"status":0,"status":1}"#, "status"),
    ] {
        let answer = client.send("POST", path, &[], body.as_bytes());
        assert_eq!(answer.refusal(), (400, "malformed"), "{body}");
        assert!(answer.body["err"].as_str().unwrap().contains(key), "{answer:?}");
    }
    assert_eq!(client.get("/api/devices").body["total"], 0);
}
