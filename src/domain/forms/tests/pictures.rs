//! What pictures add to a form: seals, brush faces, boxes a little off, characters in doubt.

use super::super::super::kind::Kind;
use super::super::super::paper::{Paper, Source, Stated};
use super::super::read;
use super::{Sketch, digital, one, vat};

const SELLER: &str = "91350100M000100Y43";

fn read_at(probability: f64) -> Sketch {
    let mut read = vat();
    read.runs.iter_mut().for_each(|run| run.probability = probability);
    read
}

#[test]
fn the_end_of_a_row_above_is_no_part_of_a_name() {
    // Boxes are higher than their print: the machine's number and 价税合计(大写) reach into the rows of the names.
    let close = read_at(0.97).without("机器编号").without("499099801283").at(60.0, 77.0, "机器编号：499099801283");
    let form = one(close.without("价税合计").at(80.0, 286.0, "价税合计（大写）"));
    form.has(&[("客户名称", "示例采购单位(测试)"), ("销方名称", "示例出行科技有限公司")]);
}

#[test]
fn half_a_bracket_or_the_end_of_a_number_is_doubtful() {
    for name in ["大写)示例采购单位", "01283示例采购单位", "示例采购单位称:"] {
        one(vat().with("示例采购单位（测试）", name)).doubts(&["客户名称"]);
    }
    one(vat().with("示例采购单位（测试）", "58同城（北京）有限公司")).has(&[("客户名称", "58同城(北京)有限公司")]);
}

#[test]
fn a_seal_in_the_box_is_no_remark() {
    let sealed = read_at(0.97)
        .and(Sketch::read_at(0.8).at(440.0, 330.0, SELLER).at(470.0, 316.0, "行科").at(460.0, 342.0, "发票专用章"), 0.0, 0.0)
        .and(Sketch::read_at(0.97).at(430.0, 318.0, "津"), 0.0, 0.0);
    one(sealed).has(&[("备注", "订单号:106383362118")]);
    // Text of a file is what its maker wrote.
    let written = one(vat().at(440.0, 330.0, SELLER));
    assert!(written.text("备注").contains(SELLER), "{}", written.text("备注"));
    // Another number is a remark.
    let other = one(read_at(0.97).at(440.0, 330.0, "PO202600012345678"));
    assert!(other.text("备注").contains("PO202600012345678"), "{}", other.text("备注"));
}

#[test]
fn titles_in_traditional_characters_with_code_and_number_beside_them() {
    for (title, kind) in [("廣東增值税專用發票", Kind::VatSpecial), ("3402101690廣東增值税普通發票No87324284", Kind::VatNormal)]
    {
        assert_eq!(one(vat().with("天津增值税电子普通发票", title)).kind, kind, "{title}");
    }
}

#[test]
fn a_hidden_title_is_told_by_the_code() {
    let hidden = |number: &str| {
        let page = vat().without("天津增值税电子普通发票").without("发票代码:");
        let fields = vec![("发票号码".to_owned(), number.to_owned())];
        let data = Stated { kind: Some(Kind::VatENormal), fields, ..Stated::default() };
        read(&Paper { source: Source::Ocr, pages: vec![page.page()], stated: vec![(Source::Qr, data)] })
    };
    let forms = hidden("23326471");
    assert_eq!((forms.len(), forms[0].kind), (1, Kind::VatENormal));
    forms[0].has(&[("客户名称", "示例采购单位(测试)"), ("金额", "756.63")]);
    // A code of something else that lies on the picture does not say what this is.
    assert!(hidden("99999999").iter().all(|form| form.text("金额").is_empty()));
}

#[test]
fn sums_that_agree_confirm_each_other() {
    let form = one(read_at(0.7));
    form.has(&[("金额", "756.63"), ("中文金额", "柒佰伍拾陆元陆角叁分"), ("不含税金额", "734.59"), ("税额", "22.04")]);
    // And those that don't, don't.
    one(read_at(0.97).with("￥22.04", "￥22.06")).doubts(&["不含税金额", "税额"]);
}

#[test]
fn a_right_check_digit_speaks_for_a_number() {
    assert!(one(read_at(0.7)).probability("购方税号") > 0.9);
    one(read_at(0.97).with("12100000400000624D", "12100000400000624E")).doubts(&["购方税号"]);
}

#[test]
fn stars_that_were_not_read_well_are_no_tax() {
    let free = |mark: &str| {
        one(vat().with("￥22.04", mark).with("￥756.63", "￥734.59").with("柒佰伍拾陆元陆角叁分", "柒佰叁拾肆元伍角玖分"))
    };
    for mark in ["***", "**8", "*…"] {
        free(mark).has(&[("税额", "***"), ("金额", "734.59")]);
    }
    assert_eq!(free("…").text("税额"), "");
}

#[test]
fn who_did_not_sign_is_not_the_seller() {
    let unsigned = vat().without("张某").without("销 售 方").at(362.0, 353.0, "销售方（章）");
    assert_eq!(one(unsigned).text("开票人"), "");
}

#[test]
fn labels_that_lost_a_sign_still_have_their_values() {
    // 名 and 合 were not seen; of 计 something else was read.
    let lost = read_at(0.97).with("名　　　　称:", "　　　　　称:").without_single("合").with("计", "汁");
    one(lost).has(&[
        ("客户名称", "示例采购单位(测试)"),
        ("销方名称", "示例出行科技有限公司"),
        ("不含税金额", "734.59"),
        ("税额", "22.04"),
    ]);
}

#[test]
fn what_stands_on_other_print_is_doubtful() {
    let noise = read_at(0.97).and(Sketch::read_at(0.93).at(98.0, 87.0, "你"), 0.0, 0.0);
    assert!(one(noise).probability("客户名称") <= 0.5);
}

#[test]
fn a_neighbours_print_is_no_sure_remark() {
    for print in ["名 称: 纳税人识别号: 开户行及账号:", "91440106556656312W"] {
        let beside = Sketch::read_at(0.97).at(367.0, 297.0, print);
        one(read_at(0.97).without("订单号").and(beside, 0.0, 0.0)).doubts(&["备注"]);
    }
}

#[test]
fn what_a_file_says_in_its_remarks_is_sure() {
    let remark = "收款账户名称:示例公司 开户行:某行";
    one(vat().without("订单号").at(367.0, 297.0, remark)).has(&[("备注", remark)]);
}

#[test]
fn an_amount_and_a_rate_that_stick_together_are_two() {
    let stuck = digital().without("13%").with("100.00", "100.0013%");
    let item = &one(stuck).items[0];
    assert_eq!((item.amount.as_str(), item.tax_rate.as_str(), item.tax.as_str()), ("100.00", "13%", "13.00"));
}
