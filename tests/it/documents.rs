//! Documents through the door: PDF, OFD, XML and ZIP, over the wire. The files are made in support/documents.rs.

use crate::support::documents::{Digital, Sheet, digital, pdf, pdf_of, stored_zip, zip};
use crate::support::kinds::{self, Made};
use crate::support::{Client, Paperline, eventually};
use image::GrayImage;
use serde_json::{Value, json};
use std::path::Path;

/// What came of these files, in their order, one list for each action.
fn read(client: &Client, files: &[(&str, &[u8])]) -> Vec<Vec<Value>> {
    let answer = client.upload("/invoice/recognizeImage", files);
    assert_eq!(answer.status, 200, "{answer:?}");
    let actions = answer.body["action_id_list"].as_array().unwrap().clone();
    actions.iter().map(|action| of_action(client, action)).collect()
}

fn of_action(client: &Client, action: &Value) -> Vec<Value> {
    let list = || client.get(&format!("/api/invoices?action_id={action}")).body["invoices"].as_array().unwrap().clone();
    let mut found = eventually("it is read", || Some(list()).filter(|found| !found.is_empty()));
    // Newest first.
    found.reverse();
    found
}

fn text<'a>(invoice: &'a Value, area: &str) -> &'a str {
    invoice["region_list"][area]["ocr_result"].as_str().unwrap_or_default()
}

fn id(invoice: &Value) -> u64 {
    invoice["invoice_id"].as_u64().unwrap()
}

/// Every value that the file says, and that nobody is needed.
fn holds(invoice: &Value, made: &Digital, date: &str) {
    let wanted = [
        ("发票号码", made.number),
        ("日期", date),
        ("客户名称", made.buyer.0),
        ("购方税号", made.buyer.1),
        ("销方名称", made.seller.0),
        ("销方税号", made.seller.1),
        ("不含税金额", made.net),
        ("税额", made.tax),
        ("金额", made.total),
    ];
    for (area, value) in wanted {
        assert_eq!(text(invoice, area), value, "{area}: {invoice:#}");
    }
    assert_eq!((invoice["state"].as_str(), invoice["reason"].as_str()), (Some("passed"), Some("")), "{invoice:#}");
    let kind = if made.is_special { "digital_special" } else { "digital_normal" };
    assert_eq!((invoice["kind"].as_str(), &invoice["model_id"]), (Some(kind), &Value::Null));
}

fn has_items(invoice: &Value, made: &Digital) {
    let items: Vec<Value> = made
        .lines
        .iter()
        .map(|line| {
            json!({ "name": line.name, "spec": line.spec, "unit": line.unit, "quantity": line.quantity, "price": line.price,
                "amount": line.amount, "tax_rate": format!("{}%", line.rate), "tax": line.tax })
        })
        .collect();
    assert_eq!(invoice["items"], Value::Array(items), "{invoice:#}");
}

#[test]
fn an_invoice_as_xml_ofd_and_pdf_is_read_whole_and_kept_as_it_came() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let made = digital();
    let (xml, ofd, pdf) = (made.xml(), made.ofd(), pdf(&[&made]));
    let read = read(&client, &[("a.xml", &xml), ("a.ofd", &ofd), ("a.pdf", &pdf)]);
    let printed = made.printed_date();
    for ((invoices, bytes), (source, date)) in
        read.iter().zip([&xml, &ofd, &pdf]).zip([("xml", made.date), ("ofd", &printed), ("pdf", &printed)])
    {
        let [invoice] = &invoices[..] else { panic!("{source}: {invoices:#?}") };
        assert_eq!(invoice["source"], source);
        holds(invoice, &made, date);
        has_items(invoice, &made);
        assert_eq!(invoice["region_list"]["发票号码"]["source"], source, "{invoice:#}");
        let original = client.send("GET", &format!("/api/invoices/{}/original", id(invoice)), &[], &[]);
        assert_eq!((original.status, &original.bytes), (200, bytes), "{source}");
        for path in [format!("/api/invoices/{}/page/1", id(invoice)), invoice["invoice_url"].as_str().unwrap().to_owned()] {
            let page = client.get(&path);
            assert_eq!((page.status, page.header("content-type")), (200, "image/jpeg"), "{source} {path}");
            let picture = image::load_from_memory(&page.bytes).unwrap().into_luma8();
            let dark = picture.pixels().filter(|pixel| pixel.0[0] < 128).count();
            assert!(dark > 500, "{source}: the page shows nothing ({dark} dark pixels)");
        }
        assert_eq!(client.get(&format!("/api/invoices/{}/page/2", id(invoice))).status, 404);
    }
    // The same invoice three times counts once.
    let sums = client.get("/api/invoices").body["sums"].clone();
    assert_eq!((&sums["confirmed"]["count"], &sums["duplicate"]["count"]), (&json!(1), &json!(2)), "{sums}");
}

#[test]
fn two_numbers_in_one_file_are_a_fault_that_names_both() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let made = digital();
    let xml = String::from_utf8(made.xml()).unwrap();
    let own = format!("<InvoiceNumber>{}<", made.number);
    let xml = xml.replace(&own, "<InvoiceNumber>26322000004478296999<");
    // And an OFD whose data and page say two things.
    let ofd = Digital { number: "26322000004478296999", ..digital() }.print();
    let ofd = crate::support::documents::ofd_of(&ofd, "<ofd:CustomData Name=\"发票号码\">26322000004478296111</ofd:CustomData>");
    for (name, bytes, source) in [("a.xml", xml.into_bytes(), "XML 数据"), ("a.ofd", ofd, "OFD")] {
        let found = read(&client, &[(name, &bytes)]);
        let reason = found[0][0]["reason"].as_str().unwrap();
        let words = format!("发票号码：{source}中既有“{}”，又有“26322000004478296999”，互相矛盾", made.number);
        assert_eq!((reason, found[0][0]["state"].as_str()), (words.as_str(), Some("waiting")));
    }
}

#[test]
fn what_a_document_lacks_or_contradicts_is_told_until_a_person_has_entered_it() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let xml = String::from_utf8(digital().xml()).unwrap();
    let without_sum = xml.replace("<TotalTax-includedAmount>360.20</TotalTax-includedAmount>", "");
    let other_net = xml.replace("<TotalAmWithoutTax>320.00<", "<TotalAmWithoutTax>310.00<").replace("26322", "26323");
    let found = read(&client, &[("a.xml", without_sum.as_bytes()), ("b.xml", other_net.as_bytes())]);
    let enter = |invoice: &Value, fields: Value| {
        let answer = client.patch(&format!("/api/invoices/{}", invoice["invoice_id"]), &json!({ "fields": fields }));
        assert_eq!(answer.status, 200, "{answer:?}");
        (answer.body["reason"].as_str().unwrap().to_owned(), answer.body["state"].as_str().unwrap().to_owned())
    };
    let [missing, differs] = [&found[0][0], &found[1][0]];
    assert_eq!(missing["reason"], "没有找到金额");
    assert_eq!(enter(missing, json!({ "备注": "补" })).0, "没有找到金额");
    assert_eq!(enter(missing, json!({ "金额": "360.20" })), (String::new(), "waiting".into()));

    let said = differs["reason"].as_str().unwrap();
    assert!(said.contains("之和不等于金额“360.20”") && said.contains("各行不含税金额之和“320.00”"), "{said}");
    assert_eq!(enter(differs, json!({ "备注": "补" })).0, said);
    assert_eq!(enter(differs, json!({ "不含税金额": "320.00" })), (String::new(), "waiting".into()));
}

#[test]
fn a_day_to_come_and_a_line_that_is_taxed_otherwise_are_faults_in_words() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let mut wrong = digital();
    (wrong.number, wrong.lines[1].rate) = ("26322000004478296112", "9");
    let late = Digital { number: "26322000004478296113", date: "2199-01-01", ..digital() };
    let found = read(&client, &[("a.xml", &wrong.xml()), ("b.xml", &late.xml())]);
    let said = |invoice: &Value| (invoice["reason"].as_str().unwrap().to_owned(), invoice["state"].as_str() == Some("waiting"));
    assert_eq!(said(&found[0][0]), ("明细第 2 行：税额“1.20”不等于金额“20.00”乘以税率 9%".into(), true));
    assert_eq!(said(&found[1][0]), ("日期“2199-01-01”晚于识别当天".into(), true));
    // What a person types is held against it too.
    let typed = |invoice: &Value, date: &str| {
        client.patch(&format!("/api/invoices/{}", id(invoice)), &json!({ "fields": { "日期": date } }))
    };
    let refused = typed(&found[0][0], "2199-01-02");
    assert_eq!(refused.refusal(), (400, "malformed"));
    assert_eq!(refused.body["checks"][0], json!({ "pos_id": "日期", "err": "开票日期“2199-01-02”晚于识别当天" }));
    assert_eq!(typed(&found[1][0], "2026-06-04").status, 200);
    let review = client.post(&format!("/api/faults/{}/resolve", id(&found[1][0])), &json!({}));
    assert_eq!(review.status, 200, "{}", review.body);
}

#[test]
fn each_page_with_an_invoice_of_its_own_is_an_invoice_and_the_message_names_all() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let mut socket = client.socket("/invoice/webSocketServer");
    socket.say(&json!({ "code": "001", "console_status": 2 }));
    let second = Digital { number: "26322000004478296112", ..digital() };
    let answer = client.upload("/invoice/recognizeImage", &[("two.pdf", &pdf(&[&digital(), &second]))]);
    let action = answer.body["action_id_list"][0].clone();
    let (message, before) = socket.until(1);
    assert_eq!(message["action_id"], action);
    let found = of_action(&client, &action);
    let ids: Vec<u64> = found.iter().map(id).collect();
    assert_eq!((&message["invoice_id"], &message["invoice_ids"]), (&json!(ids[0]), &json!(ids)));
    assert_eq!(found.iter().map(|i| text(i, "发票号码")).collect::<Vec<_>>(), [digital().number, second.number]);
    assert_eq!(found.iter().map(|i| i["first_page"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(client.get("/api/invoices").body["sums"]["confirmed"]["count"], 2, "two pages of a file are no duplicates");
    // As of any reading: it began, what it is, what was read.
    let told: Vec<i64> = before.iter().filter(|m| m["action_id"] == action).map(|m| m["msg_id"].as_i64().unwrap()).collect();
    assert_eq!((told.first(), told.get(1)), (Some(&203), Some(&100)), "{told:?}");
    assert!(told.contains(&101) && told.contains(&102), "{told:?}");
    let matched = before.iter().find(|m| m["msg_id"] == 100).unwrap();
    assert_eq!((&matched["id"], &matched["kind"]), (&Value::Null, &json!("digital_normal")));
    assert_eq!(client.get(matched["url"].as_str().unwrap()).status, 200);
    // One of them needs a person: the file is not done, whatever the first is.
    let wrong = Digital { number: "26322000004478296113", tax: "41.20", ..digital() };
    let third = Digital { number: "26322000004478296114", ..digital() };
    client.upload("/invoice/recognizeImage", &[("two.pdf", &pdf(&[&third, &wrong]))]);
    let (message, _) = socket.until(1);
    assert_eq!((&message["is_fault"], message["invoice_ids"].as_array().unwrap().len()), (&json!(1), 2), "{message}");
}

#[test]
fn the_files_of_a_zip_are_taken_each_by_itself_and_what_is_none_is_named() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let other = Digital { number: "26322000004478296113", ..digital() };
    let archive = zip(&[
        ("发票/一.xml", &digital().xml()),
        ("__MACOSX/发票/._一.xml", b"x"),
        ("发票/二.ofd", &other.ofd()),
        ("说明.txt", "请查收".as_bytes()),
    ]);
    let answer = client.upload("/invoice/recognizeImage", &[("全部.xml", &archive)]);
    assert_eq!(answer.body["action_id_list"].as_array().unwrap().len(), 2, "{answer:?}");
    assert_eq!(answer.body["failed"].as_array().unwrap().len(), 1, "{answer:?}");
    assert_eq!(answer.body["failed"][0]["file"], "全部.xml/说明.txt");
    let found: Vec<Value> =
        answer.body["action_id_list"].as_array().unwrap().iter().flat_map(|action| of_action(&client, action)).collect();
    assert_eq!(found.iter().map(|i| text(i, "发票号码")).collect::<Vec<_>>(), [digital().number, other.number]);
    assert_eq!(found[0]["file_name"], "全部.xml/发票/一.xml");
}

#[test]
fn what_can_not_be_read_is_refused_with_what_to_do_and_keeps_nothing_back() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let whole = pdf(&[&digital()]);
    let cut = &whole[..whole.len() / 3];
    for (name, bytes, says) in [
        ("a.pdf", &b"<!DOCTYPE html><html><body>expired</body></html>"[..], "网页"),
        ("a.pdf", cut, "不完整或已损坏"),
        ("a.xml", b"<?xml version=\"1.0\"?><note>hello</note>", "没有发票"),
        ("a.xml", b"<?xml version=\"1.0\"?><EInvoice><Header>", "不完整或已损坏"),
        ("a.zip", b"PK\x03\x04cut off", "压缩包"),
        ("a.ofd", &zip(&[("OFD.xml", b"<OFD/>")]), ""),
    ] {
        let answer = client.upload("/invoice/recognizeImage", &[(name, bytes)]);
        assert!([400, 415].contains(&answer.status), "{name}: {answer:?}");
        let why = answer.body["failed"][0]["err"].as_str().unwrap_or_default();
        assert!(why.contains(says) && !why.is_empty(), "{name}: {answer:?}");
    }
    // A document is no template's picture.
    assert_eq!(client.upload("/invoice/uploadModelOrigin", &[("a.pdf", &whole)]).status, 415);
    assert_eq!(read(&client, &[("a.pdf", &whole)])[0].len(), 1, "the next good one is read");
}

#[test]
fn without_known_forms_a_document_is_read_by_templates_only() {
    let paperline = Paperline::start_with(&["--set", "known_forms=false"]);
    let client = paperline.admin();
    let found = read(&client, &[("a.pdf", &pdf(&[&digital()]))]);
    assert_eq!((&found[0][0]["kind"], found[0][0]["state"].as_str()), (&json!("unknown"), Some("waiting")));
    assert_eq!(found[0][0]["source"], "pdf");
}

/// A page without text may be a scan of another invoice.
#[test]
fn a_page_of_a_document_that_is_no_invoice_is_said() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let found = read(&client, &[("a.pdf", &pdf_of(&[Sheet::Words(digital().print()), Sheet::Words(Vec::new())]))]);
    let [invoice] = &found[0][..] else { panic!("{found:#?}") };
    assert_eq!((text(invoice, "金额"), invoice["state"].as_str()), (digital().total, Some("waiting")));
    assert!(invoice["reason"].as_str().unwrap().contains("文件有 2 页，只识别了 1 页"), "{invoice:#}");
}

/// All of a file's invoices are kept in one write, which has its limit: what is beyond is said.
#[test]
fn of_a_hundred_and_one_invoices_in_a_file_a_hundred_are_read_and_the_rest_is_said() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let numbers: Vec<String> = (0..101).map(|n| format!("26322000004478297{n:03}")).collect();
    let made: Vec<Digital> =
        numbers.iter().map(|number| Digital { number: Box::leak(number.clone().into_boxed_str()), ..digital() }).collect();
    let answer = client.upload("/invoice/recognizeImage", &[("all.pdf", &pdf(&made.iter().collect::<Vec<_>>()))]);
    let action = answer.body["action_id_list"][0].clone();
    eventually("it is read", || (client.get(&format!("/api/invoices?action_id={action}")).body["total"] == 100).then_some(()));
    let last = client.get(&format!("/api/invoices?number={}", numbers[99])).body["invoices"][0].clone();
    assert!(last["reason"].as_str().unwrap().contains("文件有 101 页，只识别了 100 页"), "{last:#}");
    assert_eq!(client.get(&format!("/api/invoices?number={}", numbers[100])).body["total"], 0);
}

fn picture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(name)).unwrap()
}

/// What a scanner makes of these invoices, one a page.
fn scans<const N: usize>(made: [&Digital; N]) -> [GrayImage; N] {
    let drawing = Paperline::start();
    let client = drawing.admin();
    let file = &read(&client, &[("a.pdf", &pdf(&made))])[0];
    std::array::from_fn(|n| {
        let page = client.get(&format!("/api/invoices/{}/page/1", id(&file[n])));
        image::load_from_memory(&page.bytes).unwrap().into_luma8()
    })
}

/// Its number and sum, and that it was found on this page, whose picture is shown with it.
fn stands_on(client: &Client, invoice: &Value, made: &Digital, page: u32, scan: &GrayImage) {
    assert_eq!((text(invoice, "发票号码"), text(invoice, "金额")), (made.number, made.total), "{invoice:#}");
    assert_eq!((&invoice["first_page"], &invoice["region_list"]["金额"]["page"]), (&json!(page), &json!(page)), "{invoice:#}");
    for path in [format!("/api/invoices/{}/page/1", id(invoice)), invoice["invoice_url"].as_str().unwrap().to_owned()] {
        let shown = client.get(&path);
        let shown = image::load_from_memory(&shown.bytes).unwrap().into_luma8();
        let small = |picture: &GrayImage| image::imageops::thumbnail(picture, 64, 64);
        let far = small(&shown).iter().zip(small(scan).iter()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / 4096.0;
        assert!(far < 3.0, "{path} shows another page: {far}");
    }
}

/// What a scanner makes of a stack of papers: a file.
#[test]
fn each_page_of_a_scan_is_read_and_shown_with_its_invoice() {
    let (one, other) = (digital(), Digital { number: "26322000004478296122", ..digital() });
    let [first, second] = scans([&one, &other]);
    // A page of another size, upside down.
    let turned = image::imageops::rotate180(&first);
    let blank = GrayImage::from_pixel(900, 500, image::Luma([255]));
    let paperline = Paperline::start();
    let client = paperline.admin();
    let found = read(&client, &[("scan.tiff", &tiff(&[&turned, &blank, &second]))]);
    let [a, b] = &found[0][..] else { panic!("{found:#?}") };
    stands_on(&client, a, &one, 1, &turned);
    stands_on(&client, b, &other, 3, &second);
    for invoice in [a, b] {
        assert!(invoice["reason"].as_str().unwrap().contains("文件有 3 页，只识别了 2 页"), "{invoice:#}");
    }
}

#[test]
fn pages_of_a_document_without_text_are_read_as_pictures() {
    let (one, other) = (digital(), Digital { number: "26322000004478296122", ..digital() });
    let third = Digital { number: "26322000004478296133", ..digital() };
    let [scan_of_one, second, third_scan] = scans([&one, &other, &third]);
    let paperline = Paperline::start();
    let client = paperline.admin();
    // Text first, then a copy of it and a scan of another; nothing but scans.
    let mixed = pdf_of(&[Sheet::Words(one.print()), Sheet::Scan(&scan_of_one), Sheet::Scan(&second)]);
    let found = read(&client, &[("mixed.pdf", &mixed), ("scans.pdf", &pdf_of(&[Sheet::Scan(&third_scan), Sheet::Scan(&second)]))]);
    let [a, b] = &found[0][..] else { panic!("{found:#?}") };
    assert_eq!(
        (text(a, "发票号码"), &a["region_list"]["金额"]["source"], &a["pages"]),
        (one.number, &json!("pdf"), &json!(2)),
        "{a:#}"
    );
    stands_on(&client, b, &other, 3, &second);
    let [c, d] = &found[1][..] else { panic!("{found:#?}") };
    stands_on(&client, c, &third, 1, &third_scan);
    stands_on(&client, d, &other, 2, &second);
    for invoice in [a, b, c, d] {
        assert!(!invoice["reason"].as_str().unwrap().contains("只识别了"), "every page was read: {invoice:#}");
    }
}

/// `digital.heic` is `digital.png` as a phone has it: lying on its side in tiles of 512 pixels (pillow-heif, quality 45, each tile a file of its
/// own, put together by hand), with `irot` 3 and, in its EXIF, the orientation that says the same.
#[test]
fn a_photo_in_heic_is_read_shown_upright_and_kept_as_it_came() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let (photo, plain) = (picture("digital.heic"), picture("digital.png"));
    let found = read(&client, &[("IMG_1.HEIC", &photo), ("plain.png", &plain)]);
    let ([of_photo], [of_plain]) = (&found[0][..], &found[1][..]) else { panic!("{found:#?}") };
    for area in ["发票号码", "日期", "金额", "客户名称"] {
        assert_eq!(text(of_photo, area), text(of_plain, area), "{area}");
        assert!(!text(of_photo, area).is_empty(), "{area}: {of_photo:#}");
    }
    assert_eq!((&of_photo["kind"], of_photo["source"].as_str()), (&of_plain["kind"], Some("picture")));
    let original = client.send("GET", &format!("/api/invoices/{}/original", id(of_photo)), &[], &[]);
    assert_eq!((original.bytes == photo, original.header("content-type")), (true, "image/heic"));
    let url = of_photo["invoice_url"].as_str().unwrap();
    let small = client.get(&format!("{url}?width=160"));
    assert_eq!((small.status, image::load_from_memory(&small.bytes).unwrap().width()), (200, 160));
    let shown = client.get(url);
    assert_eq!((shown.status, shown.header("content-type")), (200, "image/jpeg"));
    let (shown, plain) =
        (image::load_from_memory(&shown.bytes).unwrap().into_luma8(), image::load_from_memory(&plain).unwrap().into_luma8());
    assert_eq!(shown.dimensions(), plain.dimensions());
    let far = shown.iter().zip(plain.iter()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>()
        / f64::from(plain.width() * plain.height());
    assert!(far < 5.0, "not as it was: {far}");
}

#[test]
fn a_photo_that_can_not_be_decoded_is_refused_with_what_to_do_and_costs_no_memory() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let photo = picture("digital.heic");
    let bent = |at: &[u8], by: usize, to: &[u8]| {
        let mut bytes = photo.clone();
        let at = bytes.windows(at.len()).position(|window| window == at).unwrap() + by;
        bytes[at..at + to.len()].copy_from_slice(to);
        bytes
    };
    let before = paperline.peak_mib();
    // Cut off; of 65,535 × 65,535 pixels; its pixels are other than it says.
    let huge = bent(b"\x02\x01\x02\x9A\x04\x14", 2, &[0xFF; 4]);
    let noise = bent(b"mdat", 900, &[0x5A; 3_000]);
    for bytes in [&photo[..photo.len() / 2], &photo[..600], &photo[..24], &huge, &noise] {
        let answer = client.upload("/invoice/recognizeImage", &[("IMG_2.HEIC", bytes)]);
        assert_eq!(answer.status, 415, "{answer:?}");
        let why = answer.body["failed"][0]["err"].as_str().unwrap_or_default();
        assert!(why.contains("HEIC") && why.contains("兼容性最佳") && why.contains("JPEG"), "{answer:?}");
    }
    // It is no template's picture: engines of templates open files themselves.
    let origin = client.upload("/invoice/uploadModelOrigin", &[("a.heic", &photo)]);
    assert!(origin.body["failed"][0]["err"].as_str().unwrap().contains("JPEG"), "{origin:?}");
    let grown = paperline.peak_mib() - before;
    assert!(grown < 100, "{grown} MiB");
    assert_eq!(read(&client, &[("a.heic", &photo)])[0].len(), 1, "the next good one is read");
}

/// Uncompressed grey pages, little endian (TIFF 6.0).
pub fn tiff(pages: &[&GrayImage]) -> Vec<u8> {
    let mut file = b"II*\0\0\0\0\0".to_vec();
    let mut link = 4;
    for page in pages {
        let pixels = u32::try_from(file.len()).unwrap();
        file.extend_from_slice(page.as_raw());
        file.resize(file.len().next_multiple_of(2), 0);
        let directory = u32::try_from(file.len()).unwrap();
        file[link..link + 4].copy_from_slice(&directory.to_le_bytes());
        let entries = [
            (256u16, page.width()),
            (257, page.height()),
            (258, 8),
            (259, 1),
            (262, 1),
            (273, pixels),
            (277, 1),
            (278, page.height()),
            (279, u32::try_from(page.as_raw().len()).unwrap()),
        ];
        file.extend(u16::try_from(entries.len()).unwrap().to_le_bytes());
        for (tag, value) in entries {
            file.extend(tag.to_le_bytes());
            file.extend(4u16.to_le_bytes());
            file.extend(1u32.to_le_bytes());
            file.extend(value.to_le_bytes());
        }
        link = file.len();
        file.extend([0; 4]);
    }
    file
}

#[test]
fn documents_are_read_while_the_engine_is_away() {
    let paperline = Paperline::start_with(&["--engine", "tcp://127.0.0.1:1"]);
    let client = paperline.admin();
    let made = digital();
    let (xml, ofd, pdf) = (made.xml(), made.ofd(), pdf(&[&made]));
    let read = read(&client, &[("a.xml", &xml), ("a.ofd", &ofd), ("a.pdf", &pdf)]);
    for (invoices, date) in read.iter().zip([made.date, &made.printed_date(), &made.printed_date()]) {
        let [invoice] = &invoices[..] else { panic!("{invoices:#?}") };
        holds(invoice, &made, date);
    }
}

/// A value is what the form says, or it is in doubt or missing and the invoice waits for a person.
fn is_honest(invoice: &Value, made: &Made) -> usize {
    let is_passed = invoice["is_fault"] == json!(0);
    let exact = made.fields.iter().filter(|(area, value)| {
        let region = &invoice["region_list"][*area];
        let said = region["ocr_result"].as_str().unwrap_or_default();
        let is_sure = region["probability"].as_f64().unwrap_or(0.0) >= 0.9;
        assert!(
            said == *value || !(is_passed || is_sure) || said.is_empty(),
            "{}: {area}: {said} for {value}: {invoice:#}",
            made.kind
        );
        said == *value
    });
    exact.count()
}

#[test]
fn every_kind_is_read_whole_from_text() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    // A ticket on paper has no text of its own.
    let made: Vec<Made> = kinds::every().into_iter().filter(|made| made.kind != "train").collect();
    let (pdfs, ofds): (Vec<Vec<u8>>, Vec<Vec<u8>>) = made.iter().map(|made| (made.pdf(), made.ofd())).unzip();
    for (files, source) in [(&pdfs, "pdf"), (&ofds, "ofd")] {
        let named: Vec<(String, &[u8])> =
            made.iter().zip(files).map(|(made, file)| (format!("{}.{source}", made.kind), &file[..])).collect();
        let named: Vec<(&str, &[u8])> = named.iter().map(|(name, file)| (name.as_str(), *file)).collect();
        for (made, invoices) in made.iter().zip(read(&client, &named)) {
            let [invoice] = &invoices[..] else { panic!("{} {source}: {invoices:#?}", made.kind) };
            assert_eq!((invoice["kind"].as_str(), invoice["source"].as_str()), (Some(made.kind), Some(source)), "{invoice:#}");
            for (area, value) in &made.fields {
                assert_eq!(text(invoice, area), *value, "{} {source}: {area}: {invoice:#}", made.kind);
            }
            let is_double = source == "ofd";
            assert!(is_double || invoice["reason"] == "", "{invoice:#}");
        }
    }
}

#[test]
fn every_kind_is_known_on_a_picture() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let (mut exact, mut all) = (0, 0);
    let made = kinds::every();
    let pictures: Vec<Vec<u8>> = made.iter().map(|made| drawn(&client, &made.pdf())).collect();
    let named: Vec<(&str, &[u8])> = made.iter().zip(&pictures).map(|(made, picture)| (made.kind, &picture[..])).collect();
    for (made, invoices) in made.iter().zip(read(&client, &named)) {
        let [invoice] = &invoices[..] else { panic!("{}: {invoices:#?}", made.kind) };
        assert_eq!((invoice["kind"].as_str(), invoice["source"].as_str()), (Some(made.kind), Some("picture")), "{invoice:#}");
        exact += is_honest(invoice, made);
        all += made.fields.len();
    }
    assert!(exact * 100 >= all * 95, "{exact} of {all}");
}

/// A page as the box shows it.
fn drawn(client: &Client, pdf: &[u8]) -> Vec<u8> {
    let found = read(client, &[("a.pdf", pdf)]);
    client.get(&format!("/api/invoices/{}/page/1", id(&found[0][0]))).bytes
}

/// The most memory that a child of this process has held, MiB.
fn peak_of_children(pid: u32) -> u64 {
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let statuses = processes.filter_map(|process| std::fs::read_to_string(process.path().join("status")).ok());
    let of = |status: &str, name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    let children = statuses.filter(|status| of(status, "PPid:") == Some(u64::from(pid)));
    children.filter_map(|status| of(&status, "VmHWM:")).max().unwrap_or(0) >> 10
}

/// Small files that ask for much.
#[test]
fn hostile_documents_cost_at_most_their_limit() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let wide = vec![b' '; 300 << 20];
    let bomb = |name: &str| zip(&[("OFD.xml", b"<ofd:OFD/>"), (name, &wide)]);
    let entities: String = (1..12).map(|n| format!("<!ENTITY a{n} \"{}\">", format!("&a{};", n - 1).repeat(10))).collect();
    let laughs = format!("<?xml version=\"1.0\"?><!DOCTYPE EInvoice [<!ENTITY a0 \"ha\">{entities}]><EInvoice>&a11;</EInvoice>");
    let deep = format!("<EInvoice>{}", "<a>".repeat(200_000));
    let pdf = |objects: &str, trailer: &str| format!("%PDF-1.5\n{objects}\ntrailer\n<<{trailer}>>\nstartxref\n9\n%%EOF\n");
    let page = "1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n";
    let calls_itself = format!(
        "{page}3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 400]/Resources<</XObject<</F 4 0 R>>>>/Contents 5 0 R>>\nendobj\n\
         4 0 obj\n<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 4 0 R>>>>/Length 10>>\nstream\n/F Do /F Do\nendstream\nendobj\n\
         5 0 obj\n<</Length 5>>\nstream\n/F Do\nendstream\nendobj"
    );
    let holds_itself =
        "1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[2 0 R 2 0 R]/Count 99999999>>\nendobj";
    let nested = format!("{page}3 0 obj\n{}\nendobj", "[".repeat(500_000));
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("bomb.ofd", bomb("Doc_0/Document.xml")),
        ("bomb.zip", zip(&[("a.xml", &wide), ("b.xml", &wide)])),
        ("laughs.xml", laughs.into_bytes()),
        ("deep.xml", deep.into_bytes()),
        ("calls.pdf", pdf(&calls_itself, "/Root 1 0 R").into_bytes()),
        ("holds.pdf", pdf(holds_itself, "/Root 1 0 R").into_bytes()),
        ("nested.pdf", pdf(&nested, "/Root 1 0 R").into_bytes()),
        ("loop.pdf", pdf("xref\n0 1\n0000000000 65535 f ", "/Size 1/Prev 9/Root 1 0 R").into_bytes()),
    ];
    drop(wide);
    let done = std::sync::atomic::AtomicBool::new(false);
    let most = std::thread::scope(|scope| {
        let watched = scope.spawn(|| {
            let mut most = 0;
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                most = most.max(peak_of_children(paperline.pid()));
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            most
        });
        for (name, file) in &files {
            let answer = client.upload("/invoice/recognizeImage", &[(name, file)]);
            assert!(answer.status < 500, "{name}: {answer:?}");
            assert_eq!(client.get("/healthz").status, 200, "{name}");
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        watched.join().unwrap()
    });
    // A reader of papers ends at 512 MiB; a sample may come a little late.
    assert!(most > 0 && most < 600, "{most} MiB in a reader");
    assert!(paperline.peak_mib() < 500, "{} MiB in the box", paperline.peak_mib());
    // Whoever works beside that is served.
    let made = digital();
    holds(&read(&client, &[("a.xml", &made.xml())])[0][0], &made, made.date);
}

#[test]
fn a_picture_pasted_beside_the_text_is_said() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let made = digital();
    let picture = GrayImage::from_pixel(90, 58, image::Luma([200]));
    let pasted = pdf_of(&[Sheet::Pasted(made.print(), &picture)]);
    let found = read(&client, &[("pasted.pdf", &pasted)]);
    assert_eq!((found[0].len(), text(&found[0][0], "发票号码")), (1, made.number));
    let reason = found[0][0]["reason"].as_str().unwrap();
    assert!(reason.contains("旁边有 1 张图片"), "{reason}");
}

/// Archives may hold files as they are, and then begin with one of them.
#[test]
fn a_zip_that_begins_with_an_unpacked_pdf_is_a_zip() {
    let paperline = Paperline::start();
    let client = paperline.admin();
    let (one, other) = (digital(), Digital { number: "26322000004478296222", ..digital() });
    let stored = stored_zip(&[("a.pdf", &pdf(&[&one])), ("b.pdf", &pdf(&[&other]))]);
    let numbers: Vec<String> =
        read(&client, &[("two.zip", &stored)]).iter().flatten().map(|i| text(i, "发票号码").to_owned()).collect();
    assert_eq!(numbers, [one.number, other.number]);
}
