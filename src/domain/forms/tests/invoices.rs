//! VAT and digital invoices, as their makers set them and otherwise.

use super::super::super::kind::Kind;
use super::super::super::paper::{Paper, Source, Stated};
use super::super::super::reason::Reason;
use super::super::read;
use super::{Sketch, digital, foot, head, item, one, paper, vat};

const DIGITAL: [(&str, &str); 11] = [
    ("发票号码", "26000000000999000011"),
    ("日期", "2026年01月02日"),
    ("客户名称", "示例采购单位(测试)"),
    ("购方税号", "12100000400000624D"),
    ("销方名称", "示例科技有限公司"),
    ("销方税号", "91350100M000100Y43"),
    ("不含税金额", "100.00"),
    ("税额", "13.00"),
    ("金额", "113.00"),
    ("中文金额", "壹佰壹拾叁圆整"),
    ("开票人", "某某"),
];

const VAT: [(&str, &str); 14] = [
    ("发票代码", "012001800211"),
    ("发票号码", "23326471"),
    ("日期", "2018年09月21日"),
    ("校验码", "16707184549009707698"),
    ("客户名称", "示例采购单位(测试)"),
    ("购方税号", "12100000400000624D"),
    ("销方名称", "示例出行科技有限公司"),
    ("销方税号", "91350100M000100Y43"),
    ("不含税金额", "734.59"),
    ("税额", "22.04"),
    ("金额", "756.63"),
    ("中文金额", "柒佰伍拾陆元陆角叁分"),
    ("开票人", "张某"),
    ("备注", "订单号:106383362118"),
];

#[test]
fn a_digital_invoice() {
    let form = one(digital());
    assert_eq!((form.kind, form.pages), (Kind::DigitalNormal, (1, 1)));
    form.has(&DIGITAL);
    form.has(&[("备注", "合同号 HT-2026-01")]);
    assert_eq!(form.text("发票代码"), "");
    assert_eq!(form.items, [item(["*文具*打印纸", "A4", "箱", "2", "50", "100.00", "13%", "13.00"])]);
    assert!(form.fields.iter().all(|field| field.source == Source::Pdf && field.page == 1 && field.rect.is_some()));
    let special = one(digital().with("普通发票", "增值税专用发票"));
    assert_eq!(special.kind, Kind::DigitalSpecial);
    special.has(&DIGITAL);
}

#[test]
fn an_electronic_vat_invoice() {
    let form = one(vat());
    assert_eq!(form.kind, Kind::VatENormal);
    form.has(&VAT);
    assert_eq!(form.items, [item(["*运输服务*客运服务费", "无", "次", "1", "734.59", "734.59", "3%", "22.04"])]);
    for (title, kind) in [
        ("增值税电子专用发票", Kind::VatESpecial),
        ("上海增值税普通发票", Kind::VatNormal),
        ("国家税务总局北京增值税专用发票", Kind::VatSpecial),
        ("增值税普通发票（卷票）", Kind::VatRoll),
    ] {
        assert_eq!(one(vat().with("天津增值税电子普通发票", title)).kind, kind);
    }
}

#[test]
fn it_is_read_by_place_and_not_by_order() {
    let mut turned = digital();
    turned.runs.reverse();
    one(turned).has(&DIGITAL);
    let mut turned = vat();
    turned.runs.reverse();
    one(turned).has(&VAT);
    // All moved and smaller; the page beside it empty.
    let moved = Sketch::default().and(vat(), 140.0, 230.0);
    one(moved).has(&VAT);
}

#[test]
fn labels_without_colon_and_values_in_their_runs() {
    let bare = digital().with("：", "");
    one(bare).has(&DIGITAL);
    let half = digital().with("：", ":");
    one(half).has(&DIGITAL);
    let upright = digital().without_single("购买方信息").without_single("销售方");
    // Whose a name is, then is told by its place.
    one(upright.clone()).has(&DIGITAL);
    let elsewhere = upright.without("示例科技").at(318.0, 105.0, "名称：示例科技有限公司");
    let form = one(elsewhere);
    assert_eq!((form.text("客户名称"), form.text("销方名称")), ("示例采购单位(测试)", "示例科技有限公司"));
    assert!(form.probability("客户名称") < 0.9 && form.probability("销方名称") < 0.9);
    // Read into the row.
    let glued = digital()
        .without_single("购买方信息")
        .without_single("销售方")
        .with("名称：示例采", "购名称：示例采")
        .with("名称：示例科", "销名称：示例科");
    one(glued).has(&DIGITAL);
}

#[test]
fn upright_labels_say_whose_a_name_is() {
    // The seller on the left.
    let crossed = digital().with("购", "甲").with("销", "购").with("甲", "销").with("买", "乙").with("售", "买").with("乙", "售");
    let form = one(crossed.with("示例采销单位", "示例采购单位"));
    form.has(&[("销方税号", "12100000400000624D"), ("客户名称", "示例科技有限公司"), ("购方税号", "91350100M000100Y43")]);
}

#[test]
fn a_name_of_two_rows_is_whole() {
    let long = digital().without("示例科技有限公司").at(318.0, 95.0, "名称：").at(348.0, 90.0, "示例交通能源有限责任公司").at(
        348.0,
        100.0,
        "第三加油加气站",
    );
    one(long).has(&[("销方名称", "示例交通能源有限责任公司第三加油加气站"), ("客户名称", "示例采购单位(测试)")]);
}

#[test]
fn sums_that_contradict_each_other_are_never_sure() {
    let form = one(digital().with("¥113.00", "¥118.00"));
    form.doubts(&["金额", "中文金额"]);
    let form = one(digital().with("¥13.00", "¥18.00"));
    form.doubts(&["税额", "不含税金额"]);
    form.has(&[("金额", "113.00"), ("中文金额", "壹佰壹拾叁圆整")]);
    let form = one(digital().with("壹佰壹拾叁", "壹佰壹拾捌"));
    form.doubts(&["中文金额"]);
    form.has(&[("金额", "113.00")]);
}

#[test]
fn values_that_can_not_be_are_never_sure() {
    one(digital().with("12100000400000624D", "12100000400000624E")).doubts(&["购方税号"]);
    one(digital().with("91350100M000100Y43", "91350100M000100Y4")).doubts(&["销方税号"]);
    one(digital().with("26000000000999000011", "2600000000099900001")).doubts(&["发票号码"]);
    one(digital().with("2026年01月02日", "2026年13月02日")).doubts(&["日期"]);
    let twice = digital().at(440.0, 66.0, "发票号码：26000000000999000012");
    one(twice).doubts(&["发票号码"]);
    one(vat().with("23326471", "2332647l")).doubts(&["发票号码"]);
    // A glyph that says nothing.
    one(digital().with("示例科技", "示例\u{FFFD}科技")).doubts(&["销方名称"]);
}

#[test]
fn red_ones_are_negative_and_free_ones_have_stars() {
    let red =
        digital().with("¥100.00", "¥-100.00").with("¥13.00", "-¥13.00").with("¥113.00", "¥-113.00").with("⊗ 壹", "（负数）壹");
    let form = one(red);
    form.has(&[("金额", "-113.00"), ("不含税金额", "-100.00"), ("税额", "-13.00"), ("中文金额", "(负数)壹佰壹拾叁圆整")]);
    let free = digital()
        .with("¥13.00", "***")
        .with("¥113.00", "¥100.00")
        .with("壹佰壹拾叁圆整", "壹佰圆整")
        .with("13%", "免税")
        .without("13.00")
        .to(580.0, 160.0, "***");
    let form = one(free);
    form.has(&[("金额", "100.00"), ("不含税金额", "100.00"), ("税额", "***")]);
    assert_eq!(form.items, [item(["*文具*打印纸", "A4", "箱", "2", "50", "100.00", "免税", "***"])]);
}

#[test]
fn a_sign_and_its_figure_may_be_two_objects() {
    let apart = digital().with("¥100.00", "100.00").with("¥13.00", "13.00").at(395.0, 260.0, "¥").at(545.0, 260.0, "¥");
    one(apart).has(&DIGITAL);
    let only = digital().without("¥13.00");
    let form = one(only);
    assert_eq!((form.text("不含税金额"), form.text("税额")), ("100.00", ""));
}

#[test]
fn tolls_are_told_by_their_columns() {
    let toll = vat()
        .without("货物或")
        .without("数 量")
        .without("单 价")
        .without("无")
        .without("次")
        .at(68.0, 148.0, "项目名称")
        .at(181.0, 148.0, "车牌号")
        .at(250.0, 148.0, "类型")
        .at(282.0, 148.0, "通行日期起")
        .at(338.0, 148.0, "通行日期止");
    let form = one(toll);
    assert_eq!(form.kind, Kind::VatToll);
    form.has(&VAT[..13]);
    assert_eq!(form.items.len(), 1);
}

#[test]
fn lines_of_discount_and_names_of_two_rows() {
    let lines = digital()
        .at(13.0, 170.0, "（70克白色）")
        .at(118.0, 171.0, "500张")
        .at(13.0, 182.0, "*文具*打印纸")
        .to(434.0, 182.0, "-10.00")
        .at(462.0, 182.0, "13%")
        .to(580.0, 182.0, "-1.30");
    assert_eq!(
        one(lines).items,
        [
            item(["*文具*打印纸(70克白色)", "A4500张", "箱", "2", "50", "100.00", "13%", "13.00"]),
            item(["*文具*打印纸", "", "", "", "", "-10.00", "13%", "-1.30"])
        ]
    );
}

#[test]
fn a_second_table_is_no_line_of_the_first() {
    let travel = digital()
        .at(20.0, 190.0, "出行人")
        .at(100.0, 190.0, "有效身份证件号")
        .at(220.0, 190.0, "出行日期")
        .at(300.0, 190.0, "出发地")
        .at(380.0, 190.0, "到达地")
        .at(20.0, 203.0, "某某")
        .at(100.0, 203.0, "1101011990****001X")
        .at(220.0, 203.0, "2026-01-01")
        .at(300.0, 203.0, "甲市");
    let form = one(travel);
    form.has(&DIGITAL);
    assert_eq!(form.items, [item(["*文具*打印纸", "A4", "箱", "2", "50", "100.00", "13%", "13.00"])]);
}

#[test]
fn what_an_engine_reads_is_read_with_its_faults() {
    // A picture: one wrong character in long labels, boxes a little off.
    let mut read = Sketch::read_at(0.97).and(digital(), 0.0, 0.0);
    for (n, run) in read.runs.iter_mut().enumerate() {
        run.probability = 0.97;
        run.rect.y += if n % 2 == 0 { 1.5 } else { -1.5 };
        run.rect.x += if n % 3 == 0 { 3.0 } else { -2.0 };
    }
    let read = read.with("开票日期", "开票曰期").with("统一社会信用代码", "统一社会信用代玛");
    let form = one(read);
    form.has(&DIGITAL);
    // But for what confirms itself: sums that agree, numbers with a check digit.
    let proved = ["金额", "不含税金额", "税额", "中文金额", "购方税号", "销方税号"];
    assert!(form.fields.iter().all(|field| (field.probability > 0.97) == proved.contains(&field.pos_id)));
}

#[test]
fn paper_ones_have_their_numbers_without_a_label() {
    let page = vat()
        .with("天津增值税电子普通发票", "北京增值税专用发票")
        .without("发票代码")
        .without("发票号码")
        .without("012001800211")
        .without("23326471")
        .at(60.0, 24.0, "1100094140")
        .at(440.0, 24.0, "No 87654321")
        .at(540.0, 14.0, "1100094140")
        .at(540.0, 38.0, "87654321");
    let form = one(page.clone());
    assert_eq!(form.kind, Kind::VatSpecial);
    form.has(&[("发票代码", "1100094140"), ("发票号码", "87654321"), ("日期", "2018年09月21日")]);
    let sealed = one(page.clone().without("专用发票"));
    assert_eq!((sealed.kind, sealed.text("发票号码")), (Kind::VatSpecial, "87654321"));
    one(page.with("No 87654321", "No 87654327").at(440.0, 40.0, "No 87654321")).doubts(&["发票号码"]);
}

#[test]
fn a_title_under_a_seal_is_told_by_the_code() {
    let sealed = |code: &str| vat().without("增值税").with("012001800211", code);
    for (code, kind) in [
        ("012001800211", Kind::VatENormal),
        ("012001800212", Kind::VatToll),
        ("012001800213", Kind::VatESpecial),
        ("012001800204", Kind::VatNormal),
        ("1100094150", Kind::VatSpecial),
    ] {
        let form = one(sealed(code));
        assert_eq!((form.kind, form.text("发票代码")), (kind, code));
        form.has(&VAT[4..]);
    }
    assert_eq!(read(&paper(vec![sealed("112001800299")])), []);
    assert_eq!(read(&paper(vec![sealed("012001800211").without("发票号码")])), []);
    let mut unsure = sealed("012001800211");
    unsure.runs.iter_mut().for_each(|run| run.probability = 0.6);
    assert_eq!(read(&paper(vec![unsure])), []);
}

#[test]
fn upright_labels_may_be_read_in_parts() {
    let parts = vat().without_single("买方售");
    let mut parts = parts;
    let tall = |y: f32, text: &str| crate::domain::paper::Run {
        text: text.to_owned(),
        rect: crate::domain::template::Rect { x: 57.4, y: y * 2.0, width: 18.0, height: 60.0 },
        probability: 1.0,
    };
    parts.runs.push(tall(105.0, "买方"));
    parts.runs.push(tall(316.0, "售方"));
    one(parts).has(&VAT);
}

#[test]
fn a_sign_of_a_label_that_was_not_read_makes_a_name_doubtful() {
    let unread = digital().without_single("购买方信息销售");
    one(unread.clone()).has(&[("客户名称", "示例采购单位(测试)"), ("销方名称", "示例科技有限公司")]);
    let before = one(unread.with("名称：示例采购单位", "名称：息示例采购单位"));
    before.doubts(&["客户名称"]);
    before.has(&[("销方名称", "示例科技有限公司")]);
}

#[test]
fn without_a_title_it_is_no_form() {
    assert_eq!(read(&paper(vec![digital().without("电子发票")])), []);
    assert_eq!(read(&paper(vec![Sketch::default().and(head(), 0.0, 0.0).and(foot(), 0.0, 0.0)])), []);
    let mention = Sketch::default().at(20.0, 20.0, "请妥善保管增值税专用发票，遗失不补").at(
        20.0,
        40.0,
        "所属增值税电子普通发票代码：050001700111",
    );
    assert_eq!(read(&paper(vec![mention])), []);
}

#[test]
fn data_comes_before_text_and_contradictions_stay() {
    let said = |number: &str, sum: &str| Stated {
        kind: Some(Kind::DigitalNormal),
        fields: [("发票号码", number), ("金额", sum), ("日期", "2026-01-02"), ("客户名称", "示例采购单位（测试）"), ("别的", "x")]
            .map(|(pos_id, text)| (pos_id.to_owned(), text.to_owned()))
            .into(),
        items: vec![item(["纸", "", "", "", "", "100.00", "13%", "13.00"])],
    };
    let mut pages = paper(vec![digital()]);
    pages.stated = vec![(Source::Xml, said("26000000000999000011", "118"))];
    let forms = read(&pages);
    assert_eq!(forms.len(), 1);
    let sums: Vec<_> = forms[0].fields.iter().filter(|field| field.pos_id == "金额").map(|f| (f.text.as_str(), f.source)).collect();
    assert_eq!(sums, [("118.00", Source::Xml), ("113.00", Source::Pdf)]);
    assert_eq!(forms[0].text("客户名称"), "示例采购单位(测试)");
    assert_eq!(forms[0].items[0].name, "纸");
    // Another number, beside the only invoice of the file: both are said.
    pages.stated = vec![(Source::Xml, said("26000000000999000099", "113.00"))];
    let numbers: Vec<_> =
        read(&pages)[0].fields.iter().filter(|field| field.pos_id == "发票号码").map(|f| f.text.clone()).collect();
    assert_eq!(numbers, ["26000000000999000099", "26000000000999000011"]);
    // Two statements of one source.
    pages.stated =
        vec![(Source::Ofd, said("26000000000999000011", "113.00")), (Source::Ofd, said("26000000000999000011", "114.00"))];
    let form = &read(&pages)[0];
    assert!(form.probability("金额") <= 0.5);
    let reasons = crate::domain::known::judge(form, 0.9).reasons;
    let is_named = |reason: &Reason| matches!(reason, Reason::SourcesDiffer { surer, other, .. } if (surer, other) == (&(Source::Ofd, "113.00".into()), &(Source::Ofd, "114.00".into())));
    assert!(reasons.iter().any(is_named) && !reasons.iter().any(|reason| matches!(reason, Reason::Unsure { .. })), "{reasons:?}");
    // Nothing but data.
    pages.pages.clear();
    pages.stated.truncate(1);
    assert_eq!((read(&pages).len(), read(&pages)[0].kind), (1, Kind::DigitalNormal));
}

#[test]
fn what_data_states_twice_and_differs_is_doubtful() {
    let stated = |total: [&str; 2]| Stated {
        kind: Some(Kind::DigitalNormal),
        fields: total.map(|total| ("金额".to_owned(), total.to_owned())).into(),
        ..Stated::default()
    };
    let of = |total: [&str; 2]| Paper { source: Source::Xml, pages: Vec::new(), stated: vec![(Source::Xml, stated(total))] };
    read(&of(["500.00", "-500.00"]))[0].doubts(&["金额"]);
    let reasons = crate::domain::known::judge(&read(&of(["500.00", "-500.00"]))[0], 0.9).reasons;
    let words = reasons.iter().find(|reason| matches!(reason, Reason::SourcesDiffer { .. })).unwrap();
    assert_eq!(words.zh(), "金额：XML 数据中既有“500.00”，又有“-500.00”，互相矛盾");
    read(&of(["500.00", "500"]))[0].has(&[("金额", "500.00")]);
}

#[test]
fn a_page_of_no_invoice_is_not_counted_as_read() {
    let other = Sketch::default().at(50.0, 50.0, "行程报销单").page();
    let scan = Sketch::default().page();
    let pages = |more: Vec<crate::domain::paper::Page>| {
        let mut paper = paper(vec![digital()]);
        paper.pages.extend(more);
        super::super::pages_read(&paper, &read(&paper))
    };
    assert_eq!((pages(vec![]), pages(vec![other]), pages(vec![scan])), ((1, vec![]), (1, vec![2]), (1, vec![2])));
}

/// What an OCR reads of a page by itself.
#[test]
fn pages_read_one_by_one_are_joined_by_their_number() {
    let of = |number: &'static str, source: Source, page: u32| {
        let field = |pos_id, text: &str| crate::domain::forms::Field {
            pos_id,
            text: text.to_owned(),
            probability: 1.0,
            source,
            page: 1,
            rect: None,
        };
        let fields = vec![field("发票号码", number), field("金额", "113.00")];
        crate::domain::forms::Form { kind: Kind::DigitalNormal, fields, items: Vec::new(), pages: (1, 1), beside: 0 }.on(page)
    };
    let (one, other) = ("26000000000999000011", "26000000000999000012");
    let mut forms = vec![of(one, Source::Pdf, 1), of(other, Source::Pdf, 4)];
    for (number, page) in [(one, 2), (other, 3), (one, 6)] {
        crate::domain::forms::add(&mut forms, vec![of(number, Source::Ocr, page)]);
    }
    // The last is too far away to be a page of the first.
    assert_eq!(forms.iter().map(|form| form.pages).collect::<Vec<_>>(), [(1, 2), (3, 4), (6, 6)]);
    let sources: Vec<(Source, u32)> = forms[1].fields.iter().map(|field| (field.source, field.page)).collect();
    assert_eq!(sources, [(Source::Pdf, 4), (Source::Pdf, 4), (Source::Ocr, 3), (Source::Ocr, 3)]);
}
