//! Several invoices on a page, one over several pages.

use super::super::super::kind::Kind;
use super::super::read;
use super::{Sketch, digital, foot, head, item, paper, vat};

#[test]
fn each_page_with_its_number_is_an_invoice() {
    let pages = vec![digital(), digital().with("26000000000999000011", "26000000000999000012"), vat()];
    let forms = read(&paper(pages));
    let found: Vec<_> = forms.iter().map(|form| (form.text("发票号码"), form.pages)).collect();
    assert_eq!(found, [("26000000000999000011", (1, 1)), ("26000000000999000012", (2, 2)), ("23326471", (3, 3))]);
}

#[test]
fn two_on_a_page_are_read_each_in_its_half() {
    let mut both =
        Sketch::default().and(vat(), 0.0, 0.0).and(vat().with("23326471", "51142414").with("756.63", "765.63"), 0.0, 400.0);
    both.runs.reverse();
    let forms = read(&paper(vec![both]));
    assert_eq!(forms.len(), 2);
    assert_eq!((forms[0].text("发票号码"), forms[1].text("发票号码")), ("23326471", "51142414"));
    assert_eq!((forms[0].text("发票代码"), forms[1].text("发票代码")), ("012001800211", "012001800211"));
    assert_eq!((forms[0].text("金额"), forms[1].text("金额")), ("756.63", "765.63"));
    forms[0].has(&[("金额", "756.63"), ("客户名称", "示例采购单位(测试)"), ("开票人", "张某")]);
    forms[1].doubts(&["金额"]);
    assert_eq!((forms[0].items.len(), forms[1].items.len()), (1, 1));
}

#[test]
fn two_side_by_side_are_two() {
    let both = digital().and(digital().with("26000000000999000011", "26000000000999000012"), 620.0, 0.0);
    let forms = read(&paper(vec![both]));
    let numbers: Vec<_> = forms.iter().map(|form| (form.text("发票号码"), form.text("销方名称"))).collect();
    assert_eq!(numbers, [("26000000000999000011", "示例科技有限公司"), ("26000000000999000012", "示例科技有限公司")]);
}

#[test]
fn a_table_goes_on_over_pages() {
    let first = digital()
        .without("合        计")
        .without("¥")
        .without("壹佰")
        .without("价税合计")
        .at(58.0, 260.0, "小        计")
        .to(436.0, 260.0, "¥60.00")
        .to(580.0, 260.0, "¥7.80")
        .at(270.0, 390.0, "共2页 第1页");
    let last = digital().with("*文具*打印纸", "*文具*笔").at(270.0, 390.0, "共2页 第2页");
    let forms = read(&paper(vec![first, last]));
    assert_eq!(forms.len(), 1);
    assert_eq!(forms[0].pages, (1, 2));
    forms[0].has(&[("金额", "113.00"), ("税额", "13.00"), ("客户名称", "示例采购单位(测试)")]);
    let names: Vec<_> = forms[0].items.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["*文具*打印纸", "*文具*笔"]);
    // The same page twice is a copy.
    let forms = read(&paper(vec![digital(), digital()]));
    assert_eq!((forms.len(), forms[0].items.len(), forms[0].pages), (1, 1, (1, 2)));
}

fn list(number: &str, page: u32) -> Sketch {
    Sketch::default()
        .sized(120.0, 40.0, 18.0, "销售货物或者提供应税劳务、服务清单")
        .at(28.0, 80.0, "购买方名称：示例采购单位")
        .at(28.0, 94.0, "销售方名称：示例出行科技有限公司")
        .at(28.0, 108.0, "所属增值税电子普通发票代码：012001800211")
        .at(270.0, 108.0, "号码：")
        .at(300.0, 108.0, number)
        .at(470.0, 108.0, &format!("共 2 页 第 {page} 页"))
        .and(head(), 0.0, -20.0)
        .at(5.0, 129.0, "序号")
        .at(5.0, 140.0, "1")
        .at(30.0, 140.0, "*餐饮服务*餐费")
        .to(434.0, 140.0, "100.00")
        .at(462.0, 140.0, "6%")
        .to(580.0, 140.0, "6.00")
        .at(5.0, 154.0, "2")
        .at(30.0, 154.0, "*餐饮服务*酒水")
        .to(434.0, 154.0, "634.59")
        .at(462.0, 154.0, "6%")
        .to(580.0, 154.0, "16.04")
        .at(5.0, 300.0, "小计")
        .to(434.0, 300.0, "¥734.59")
        .to(580.0, 300.0, "¥22.04")
}

#[test]
fn lists_belong_to_their_invoice() {
    let invoice = vat().with("*运输服务*客运服务费", "（详见销货清单）").without("无").without("次");
    let forms = read(&paper(vec![invoice.clone(), list("23326471", 1), list("23326471", 2)]));
    assert_eq!(forms.len(), 1);
    assert_eq!((forms[0].pages, forms[0].items.len()), ((1, 3), 4));
    assert_eq!(forms[0].items[1], item(["*餐饮服务*酒水", "", "", "", "", "634.59", "6%", "16.04"]));
    // Another's list is not taken for its own.
    let forms = read(&paper(vec![invoice, list("99999999", 1)]));
    assert_eq!((forms.len(), forms[0].pages, forms[0].items.len()), (1, (1, 1), 0));
}

#[test]
fn a_page_that_is_too_full_is_no_invoice() {
    let mut full = digital();
    for n in 0..3_000 {
        full = full.at((n % 60) as f32 * 10.0, 400.0 + (n / 60) as f32, "购名称：电子发票（普通发票）合计");
    }
    assert_eq!(read(&paper(vec![full])), []);
    let mut titles = digital();
    for n in 0..40 {
        titles = titles.sized(205.0, 400.0 + n as f32 * 30.0, 18.0, "电子发票（普通发票）");
    }
    assert_eq!(read(&paper(vec![titles])), []);
}

#[test]
fn other_pages_are_no_invoices() {
    let letter = Sketch::default().at(40.0, 40.0, "尊敬的客户：").at(40.0, 60.0, "发票见附件");
    let forms = read(&paper(vec![letter.clone(), digital(), letter]));
    assert_eq!(forms.len(), 1);
    assert_eq!((forms[0].kind, forms[0].pages), (Kind::DigitalNormal, (2, 2)));
    let half = Sketch::default().and(foot(), 0.0, 0.0);
    assert_eq!(read(&paper(vec![digital(), half])).len(), 1);
}

/// Any text at any place is read without a panic, and soon.
#[test]
fn rubbish_is_read_too() {
    const PARTS: [&str; 40] = [
        "电子发票（普通发票）",
        "增值税电子普通发票",
        "电子发票（铁路电子客票）",
        "航空运输电子客票行程单",
        "发票代码：",
        "发票号码",
        "开票日期:",
        "名 称：",
        "纳税人识别号：",
        "购",
        "买",
        "方",
        "销售方",
        "备注",
        "备",
        "注",
        "密码区",
        "项目名称",
        "金 额",
        "税额",
        "税率",
        "单位",
        "合计",
        "合",
        "计",
        "（大写）",
        "（小写）",
        "¥",
        "¥1.00",
        "***",
        "13%",
        "2026年1月2日",
        "日1中开",
        "012001800211",
        "23326471",
        "甲站",
        "G1",
        "03车1号",
        "\u{FFFD}é中",
        "开票人：",
    ];
    let mut seed = 7u64;
    let mut next = |most: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % most
    };
    for _ in 0..300 {
        let mut page = Sketch::read_at(0.95);
        for _ in 0..120 {
            let text = format!("{}{}", PARTS[next(40)], if next(3) == 0 { PARTS[next(40)] } else { "" });
            page = page.sized(next(600) as f32, next(40) as f32 * 10.0, [0.0, 4.0, 9.0, 9.0, 20.0, f32::NAN][next(6)], &text);
            if next(4) == 0 {
                let last = page.runs.last_mut().unwrap();
                std::mem::swap(&mut last.rect.width, &mut last.rect.height);
            }
        }
        for form in read(&paper(vec![page.clone(), page])) {
            assert!(form.fields.iter().all(|field| (0.0..=1.0).contains(&field.probability)));
        }
    }
}
