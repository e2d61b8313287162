//! Invoices are found by words as people write them, and listed in an order, page by page.

use crate::reader::{Office, ids};
use serde_json::Value;

fn query(name: &str, text: &str) -> String {
    format!("{name}={}", text.bytes().map(|b| format!("%{b:02X}")).collect::<String>())
}

#[test]
fn all_words_have_to_fit_and_dates_sums_and_numbers_are_found_however_they_are_written() {
    let mut office = Office::open();
    let toll = office.invoice(&[
        ("发票代码", "042001700112"),
        ("日期", "2018年03月23日"),
        ("销方名称", "湖北高速公路ＡＢＣ公司"),
        ("金额", "¥40270.00"),
    ]);
    let other = office.invoice(&[("发票代码", "042001700112"), ("日期", "2018-03-24"), ("金额", "¥113.00"), ("税额", "¥1,131.86")]);
    let red = office.invoice(&[("发票代码", "042001700113"), ("日期", "20180323"), ("金额", "-¥113.00"), ("备注", "Red #5")]);
    let found = |words: &str| ids(&office.admin.get(&format!("/api/invoices?{}", query("q", words))).body);
    assert_eq!(found("042001700112 高速"), [toll]);
    assert_eq!(found("高速\u{3000}０４２００１７００１１２"), [toll], "in any order and width");
    assert_eq!(found("abc公司"), [toll]);
    assert_eq!(found("ａｂｃ"), [toll]);
    assert_eq!(found("RED"), [red]);
    assert_eq!(found("042001700112 高速 red"), [0; 0], "all of them");
    for day in ["2018-03-23", "2018年3月23日", "2018/3/23", "20180323", "2018.03.23", "3月23日", "二〇一八年三月二十三日"]
    {
        assert_eq!(found(day), [red, toll], "{day}");
    }
    assert_eq!(found("2018-03-23 高速"), [toll]);
    for month in ["2018年3月", "2018-03", "2018/3", "2018年", "3月"] {
        assert_eq!(found(month), [red, other, toll], "{month}");
    }
    assert_eq!([found("2018年4月"), found("1月"), found("2019年")], [[0; 0]; 3]);
    for sum in ["40,270", "¥40270.00", "40,270.00", "￥４０，２７０", "40270", "四万零二百七十"] {
        assert_eq!(found(sum), [toll], "{sum}");
    }
    assert_eq!(found("-113"), [red]);
    assert_eq!(found("-113 2018-3-23"), [red]);
    assert_eq!(found("1131.86"), [other], "any sum on it");
    assert_eq!(found(&format!("#{other}")), [other]);
    assert_eq!(found(&format!("＃{red} red")), [red]);
    assert_eq!(found("#5"), [0; 0], "a number is that one's alone");
    assert_eq!(found("票1.PNG"), [toll], "by the name of its file");
    let faults = office.admin.get(&format!("/api/faults?{}", query("q", "042001700112 nothing"))).body;
    assert_eq!(faults["total"], 0);
    let many = vec!["1"; 21].join(" ");
    assert_eq!(office.admin.get(&format!("/api/invoices?{}", query("q", &many))).refusal(), (400, "malformed"));
    assert_eq!(found(&vec!["042001700112"; 20].join(" ")), [other, toll]);
}

/// Page by page, with what `between` does after the first.
fn paged(office: &mut Office, order: &str, mut between: impl FnMut(&mut Office)) -> Vec<u64> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = office.admin.get(&format!("/api/invoices?limit=2&order={order}{cursor}")).body;
        assert!(ids(&page).len() <= 2);
        all.extend(ids(&page));
        match &page["next_cursor"] {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => return all,
        }
        if all.len() == 2 {
            between(office);
        }
    }
}

#[test]
fn a_list_in_an_order_is_paged_without_a_gap_or_a_double_while_others_come() {
    let mut office = Office::open();
    let rows = [
        [("日期", "2026年1月9日"), ("金额", "¥20.00"), ("销方名称", "中山公司")],
        [("日期", "2026-01-02"), ("金额", "-¥30.00"), ("销方名称", "北京公司")],
        [("日期", "看不清"), ("金额", "看不清"), ("销方名称", "")],
        [("日期", "2026.1.12"), ("金额", "¥100.00"), ("销方名称", "北京公司一")],
        [("日期", "2026-01-09"), ("金额", "¥3.50"), ("销方名称", "安徽公司")],
    ];
    let made: Vec<u64> = rows.iter().map(|row| office.invoice(row)).collect();
    let [a, b, without, d, e] = made[..] else { unreachable!() };
    for (order, wanted) in [
        ("date", [b, e, a, d, without]),
        ("-date", [d, e, a, b, without]),
        ("amount", [b, e, a, d, without]),
        ("-amount", [d, a, e, b, without]),
        ("time", [a, b, without, d, e]),
        ("-time", [e, d, without, b, a]),
        ("seller", [e, b, d, a, without]),
        ("-seller", [a, d, b, e, without]),
    ] {
        assert_eq!(paged(&mut office, order, |_| {}), wanted, "{order}");
    }
    let whole = office.admin.get("/api/invoices?order=date&limit=2").body;
    assert_eq!((&whole["total"], &whole["sums"]), (&Value::from(5), &office.admin.get("/api/invoices").body["sums"]));

    // One that belongs on the first page, which was already seen, and one that belongs on the next.
    let mut new = Vec::new();
    let seen = paged(&mut office, "date", |office| {
        for day in ["2026-01-01", "2026-01-10"] {
            new.push(office.invoice(&[("日期", day), ("金额", "¥1.00")]));
        }
    });
    assert_eq!(seen, [b, e, a, new[1], d, without]);

    let some = office.admin.get("/api/invoices?order=-amount&min=3&limit=500").body;
    assert_eq!((ids(&some), &some["sums"]["confirmed"]["count"]), (vec![d, a, e], &Value::from(3)));
    let csv = String::from_utf8(office.admin.get("/api/invoices/export.csv?order=-amount&min=3&columns=id,counted").bytes).unwrap();
    let rows: Vec<&str> = csv.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(rows, [d, a, e].map(|id| id.to_string()), "a file has the order of the screen");

    for wrong in ["order=price", "order=--date", "order=date&cursor=%21", "order=date&cursor=5!", "cursor=AAAA"] {
        assert_eq!(office.admin.get(&format!("/api/invoices?{wrong}")).refusal(), (400, "malformed"), "{wrong}");
    }
    let long = "A".repeat(400);
    assert_eq!(office.admin.get(&format!("/api/invoices?order=date&cursor={long}")).refusal(), (400, "malformed"));
}
