//! What a template of a page of no known form could have.

use super::super::{Field, propose, read};
use super::{Sketch, digital, paper, vat};
use crate::domain::forms::Proposal;

fn proposed(sketch: Sketch) -> Proposal {
    let proposal = propose(&sketch.clone().page());
    let fields = &proposal.fields;
    for (n, field) in fields.iter().enumerate() {
        let rect = field.rect.unwrap();
        assert!(rect.is_within(1200, 800), "{field:?}");
        assert!(fields[..n].iter().all(|other| other.pos_id != field.pos_id), "{field:?} twice");
        // The value alone: the middle of nothing else is in its area.
        let narrow = |text: &str| text.replace('（', "(").replace('）', ")");
        let others = sketch.runs.iter().filter(|run| !narrow(&run.text).contains(&field.text));
        for run in others.filter(|run| run.text.chars().count() > 2) {
            let (x, y) = (run.rect.x + run.rect.width / 2.0, run.rect.y + run.rect.height / 2.0);
            let is_in = x > rect.x && x < rect.right() && y > rect.y && y < rect.bottom();
            let is_part =
                run.text.chars().all(|c| c.is_ascii_digit() || "¥￥,. ".contains(c)) || field.text.contains(run.text.trim());
            assert!(!is_in || is_part, "{} in the area of {field:?}", run.text);
        }
    }
    proposal
}

fn of<'a>(proposal: &'a Proposal, pos_id: &str) -> &'a Field {
    let found = proposal.fields.iter().find(|field| field.pos_id == pos_id);
    found.unwrap_or_else(|| panic!("no {pos_id} in {proposal:#?}"))
}

/// From top to bottom, then from left to right.
fn labels(proposal: &Proposal) -> Vec<&str> {
    let mut labels: Vec<_> = proposal.labels.iter().collect();
    labels.sort_by_key(|label| (label.rect.y as u32 / 20, label.rect.x as u32));
    labels.into_iter().map(|label| label.pos_id).collect()
}

fn has(proposal: &Proposal, fields: &[(&str, &str)]) {
    for (pos_id, text) in fields {
        assert_eq!(of(proposal, pos_id).text, *text, "{pos_id}");
    }
}

/// A delivery note that a company prints itself.
fn note() -> Sketch {
    Sketch::default()
        .sized(210.0, 20.0, 20.0, "示例商贸销售单")
        .at(40.0, 70.0, "销售单号：XS-2026-0017")
        .at(400.0, 70.0, "日期：2026年03月05日")
        .at(40.0, 95.0, "客户名称：示例采购单位")
        .at(40.0, 130.0, "品名")
        .at(300.0, 130.0, "数量")
        .at(40.0, 150.0, "打印纸")
        .at(300.0, 150.0, "2")
        .at(40.0, 200.0, "合计金额（大写）：壹佰壹拾叁元整")
        .at(380.0, 200.0, "（小写）：¥113.00")
        .at(40.0, 230.0, "备注：货到付款")
        .at(400.0, 260.0, "开票人：某某")
}

#[test]
fn of_a_form_that_nobody_knows_the_labelled_values_are_proposed() {
    assert!(read(&paper(vec![note()])).is_empty(), "no known form");
    let proposal = proposed(note());
    assert_eq!(proposal.label, "示例商贸销售单");
    has(
        &proposal,
        &[
            ("发票号码", "XS-2026-0017"),
            ("日期", "2026年03月05日"),
            ("客户名称", "示例采购单位"),
            ("金额", "113.00"),
            ("中文金额", "壹佰壹拾叁元整"),
            ("备注", "货到付款"),
            ("开票人", "某某"),
        ],
    );
    // Each has room to its right, and none over its label.
    let head = of(&proposal, "客户名称").rect.unwrap();
    assert!(head.x >= 40.0 * 2.0 + 5.0 * 18.0 - 5.0 && head.width > 8.0 * 18.0, "{head:?}");
}

#[test]
fn a_known_form_under_another_title_has_its_fields() {
    let proposal = proposed(vat().with("天津增值税电子普通发票", "示例公司结算凭证"));
    assert_eq!(proposal.label, "示例公司结算凭证");
    has(
        &proposal,
        &[
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
        ],
    );
    let proposal = proposed(digital().without("电子发票"));
    has(&proposal, &[("发票号码", "26000000000999000011"), ("金额", "113.00"), ("税额", "13.00")]);
}

#[test]
fn labels_without_values_and_a_telephone_are_nothing() {
    let empty = Sketch::default()
        .at(40.0, 70.0, "单号：")
        .at(400.0, 70.0, "日期：")
        .at(40.0, 110.0, "客户名称：")
        .at(40.0, 130.0, "电话号码：01012345678")
        .at(40.0, 200.0, "合计：");
    let proposal = proposed(empty);
    assert_eq!((proposal.label.as_str(), proposal.fields.len()), ("", 0), "{proposal:?}");
    // Whoever draws an area beside one is told what it says.
    assert_eq!(labels(&proposal), ["发票号码", "日期", "客户名称", "金额"]);
    assert_eq!(propose(&Sketch::default().page()), Proposal::default());
}

#[test]
fn a_receipt_has_its_number_after_a_mark_and_a_date_without_a_label() {
    let receipt = Sketch::default()
        .sized(230.0, 20.0, 18.0, "收款收据")
        .at(480.0, 24.0, "No.0306832")
        .at(230.0, 60.0, "2017年05月03日")
        .at(40.0, 90.0, "今收到：某某公司")
        .at(40.0, 150.0, "人民币（大写）：叁拾壹元肆角伍分");
    let proposal = proposed(receipt);
    assert_eq!(proposal.label, "收款收据");
    has(&proposal, &[("发票号码", "0306832"), ("日期", "2017年05月03日"), ("中文金额", "叁拾壹元肆角伍分")]);
}

#[test]
fn labels_say_whose_they_are_and_the_longer_of_two_counts() {
    let of_vat = propose(&vat().page());
    assert_eq!(
        labels(&of_vat),
        [
            "发票代码",
            "发票号码",
            "日期",
            "校验码",
            "客户名称",
            "购方税号",
            // Neither the heads of the table nor 合计 under it: what stands there is one of two sums.
            "中文金额",
            "金额",
            "销方名称",
            // The order's number, in the remarks.
            "发票号码",
            "销方税号",
            "开票人",
        ]
    );
    assert_eq!(of_vat.print.len(), vat().page().runs.len());
    let person = propose(&Sketch::default().at(40.0, 70.0, "身份证号码：").at(40.0, 110.0, "销售单号：").page());
    assert_eq!(labels(&person), ["身份证号码", "发票号码"]);
}
