//! Pages made by hand: text at its place. Not here: files (papers/).

use super::super::paper::{Item, Page, Paper, Run, Source};
use super::super::template::Rect;
use super::{Form, read};

mod invoices;
mod others;
mod pictures;
mod proposals;
mod several;

/// Of a page, in units of 1/600 of its width; text is 9 high, and wide characters are 9 wide.
#[derive(Clone, Default)]
pub(super) struct Sketch {
    pub runs: Vec<Run>,
    probability: Option<f64>,
}

const SCALE: f32 = 2.0;

impl Sketch {
    pub fn read_at(probability: f64) -> Self {
        Self { runs: Vec::new(), probability: Some(probability) }
    }

    pub fn sized(mut self, x: f32, y: f32, size: f32, text: &str) -> Self {
        let weight: f32 = text.chars().map(|c| if c.is_ascii() || c == '¥' { 0.5 } else { 1.0 }).sum();
        let rect = Rect { x: x * SCALE, y: y * SCALE, width: weight * size * SCALE, height: size * SCALE };
        self.runs.push(Run { text: text.to_owned(), rect, probability: self.probability.unwrap_or(1.0) });
        self
    }

    pub fn at(self, x: f32, y: f32, text: &str) -> Self {
        self.sized(x, y, 9.0, text)
    }

    /// Ends at `x`.
    pub fn to(self, x: f32, y: f32, text: &str) -> Self {
        let weight: f32 = text.chars().map(|c| if c.is_ascii() || c == '¥' { 0.5 } else { 1.0 }).sum();
        self.at(x - weight * 9.0, y, text)
    }

    /// One character below the other.
    pub fn upright(mut self, x: f32, y: f32, step: f32, text: &str) -> Self {
        for (n, c) in text.chars().enumerate() {
            self = self.at(x, y + step * n as f32, &c.to_string());
        }
        self
    }

    pub fn and(mut self, other: Self, dx: f32, dy: f32) -> Self {
        self.runs.extend(
            other
                .runs
                .into_iter()
                .map(|run| Run { rect: Rect { x: run.rect.x + dx * SCALE, y: run.rect.y + dy * SCALE, ..run.rect }, ..run }),
        );
        self
    }

    /// Every run that holds a word, with another one in its place.
    pub fn with(mut self, word: &str, other: &str) -> Self {
        for run in &mut self.runs {
            if run.text.contains(word) {
                let size = run.rect.height / SCALE;
                let text = run.text.replace(word, other);
                let made = Self::default().sized(run.rect.x / SCALE, run.rect.y / SCALE, size, &text);
                *run = Run { probability: run.probability, ..made.runs[0].clone() };
            }
        }
        self
    }

    pub fn without(mut self, word: &str) -> Self {
        self.runs.retain(|run| !run.text.contains(word));
        self
    }

    /// Runs of one character, if it is one of these.
    pub fn without_single(mut self, chars: &str) -> Self {
        self.runs.retain(|run| run.text.chars().count() > 1 || !chars.contains(&run.text));
        self
    }

    pub fn page(self) -> Page {
        Page::new(1200, 800, self.runs, &[])
    }
}

pub(super) fn paper(sketches: Vec<Sketch>) -> Paper {
    Paper { source: Source::Pdf, pages: sketches.into_iter().map(Sketch::page).collect(), stated: Vec::new() }
}

pub(super) fn one(sketch: Sketch) -> Form {
    let mut forms = read(&paper(vec![sketch]));
    assert_eq!(forms.len(), 1, "{forms:#?}");
    forms.remove(0)
}

impl Form {
    pub(super) fn text(&self, pos_id: &str) -> &str {
        self.fields.iter().find(|field| field.pos_id == pos_id).map_or("", |field| &field.text)
    }

    pub(super) fn probability(&self, pos_id: &str) -> f64 {
        self.fields.iter().find(|field| field.pos_id == pos_id).map_or(-1.0, |field| field.probability)
    }

    /// All of them there and sure.
    pub(super) fn has(&self, fields: &[(&str, &str)]) {
        for (pos_id, text) in fields {
            assert_eq!(self.text(pos_id), *text, "{pos_id} of {self:#?}");
            assert!(self.probability(pos_id) >= 0.9, "{pos_id} of {self:#?}");
        }
    }

    pub(super) fn doubts(&self, pos_ids: &[&str]) {
        for pos_id in pos_ids {
            assert!(self.probability(pos_id) <= 0.5, "{pos_id} of {self:#?}");
        }
    }
}

pub(super) fn item(cells: [&str; 8]) -> Item {
    let [name, spec, unit, quantity, price, amount, tax_rate, tax] = cells.map(str::to_owned);
    Item { name, spec, unit, quantity, price, amount, tax_rate, tax }
}

/// A digital invoice as the tax office draws it.
pub(super) fn digital() -> Sketch {
    Sketch::default()
        .sized(205.0, 20.0, 18.0, "电子发票（普通发票）")
        .at(440.0, 32.0, "发票号码：26000000000999000011")
        .at(440.0, 49.0, "开票日期：2026年01月02日")
        .upright(17.0, 89.0, 11.0, "购买方信息")
        .upright(302.0, 89.0, 11.0, "销售方信息")
        .at(33.0, 95.0, "名称：示例采购单位（测试）")
        .at(318.0, 95.0, "名称：示例科技有限公司")
        .at(33.0, 123.0, "统一社会信用代码/纳税人识别号：12100000400000624D")
        .at(318.0, 123.0, "统一社会信用代码/纳税人识别号：91350100M000100Y43")
        .and(head(), 0.0, 0.0)
        .at(13.0, 160.0, "*文具*打印纸")
        .at(118.0, 161.0, "A4")
        .at(195.0, 160.0, "箱")
        .to(290.0, 160.0, "2")
        .to(360.0, 160.0, "50")
        .to(434.0, 160.0, "100.00")
        .at(462.0, 160.0, "13%")
        .to(580.0, 160.0, "13.00")
        .and(foot(), 0.0, 0.0)
}

pub(super) fn head() -> Sketch {
    Sketch::default()
        .at(45.0, 149.0, "项目名称")
        .at(118.0, 149.0, "规格型号")
        .at(188.0, 149.0, "单  位")
        .at(262.0, 149.0, "数  量")
        .at(333.0, 149.0, "单  价")
        .at(406.0, 149.0, "金  额")
        .at(444.0, 149.0, "税率/征收率")
        .at(549.0, 149.0, "税  额")
}

pub(super) fn foot() -> Sketch {
    Sketch::default()
        .at(58.0, 260.0, "合        计")
        .to(436.0, 260.0, "¥100.00")
        .to(580.0, 260.0, "¥13.00")
        .at(48.0, 280.0, "价税合计（大写）")
        .at(165.0, 280.0, "⊗ 壹佰壹拾叁圆整")
        .at(405.0, 279.0, "（小写）¥113.00")
        .upright(17.0, 310.0, 20.0, "备注")
        .at(33.0, 300.0, "合同号 HT-2026-01")
        .at(56.0, 366.0, "开票人：某某")
}

/// An electronic VAT invoice, labels and values apart.
pub(super) fn vat() -> Sketch {
    Sketch::default()
        .sized(195.0, 18.0, 20.0, "天津增值税电子普通发票")
        .at(432.0, 22.0, "发票代码:")
        .at(475.0, 23.0, "012001800211")
        .at(432.0, 37.0, "发票号码:")
        .at(475.0, 38.0, "23326471")
        .at(432.0, 51.0, "开票日期:")
        .at(477.0, 51.0, "2018  09  21")
        .at(500.0, 51.0, "年")
        .at(522.0, 51.0, "月")
        .at(541.0, 51.0, "日")
        .at(432.0, 66.0, "校 验 码:")
        .at(475.0, 66.0, "16707 18454 90097 07698")
        .at(24.0, 69.0, "机器编号:")
        .at(69.0, 70.0, "499099801283")
        .at(48.0, 86.0, "名　　　　称:")
        .at(110.0, 86.5, "示例采购单位（测试）")
        .at(48.0, 100.0, "纳税人识别号:")
        .at(110.0, 101.0, "12100000400000624D")
        .at(48.0, 115.0, "地 址、电 话:")
        .at(48.0, 130.0, "开户行及账号:")
        .upright(28.7, 92.0, 16.0, "购买方")
        .upright(350.0, 93.0, 16.0, "密码区")
        .at(369.0, 88.0, "03392/<9405<-48<-9/7-376018>")
        .at(369.0, 102.0, "<>/9+0313+-33/2<*8>-18-455-<")
        .at(369.0, 116.0, "/>1*168+59+267--57>00></0110")
        .at(369.0, 130.0, "323")
        .at(41.0, 148.0, "货物或应税劳务、服务名称      规格型号   单位")
        .at(292.0, 148.0, "数 量")
        .at(350.0, 148.0, "单 价")
        .at(415.0, 148.0, "金 额")
        .at(482.0, 148.0, "税率")
        .at(531.0, 148.0, "税 额")
        .and(vat_lines(), 0.0, 0.0)
        .at(30.0, 353.0, "收 款 人:")
        .at(197.0, 353.0, "复 核:")
        .at(318.0, 353.0, "开 票 人:")
        .at(362.0, 353.5, "张某")
        .at(442.0, 353.0, "销 售 方:（章）")
}

fn vat_lines() -> Sketch {
    Sketch::default()
        .at(24.0, 161.0, "*运输服务*客运服务费")
        .at(172.0, 161.0, "无")
        .at(255.0, 161.0, "次")
        .to(331.0, 161.0, "1")
        .to(388.0, 161.0, "734.59")
        .to(471.0, 161.0, "734.59")
        .at(490.0, 161.0, "3%")
        .to(589.0, 161.0, "22.04")
        .at(73.0, 258.0, "合")
        .at(109.0, 258.0, "计")
        .to(471.0, 258.5, "￥734.59")
        .to(590.0, 258.5, "￥22.04")
        .at(61.0, 276.0, "价税合计（大写）")
        .at(184.0, 276.0, "柒佰伍拾陆元陆角叁分")
        .at(465.0, 276.0, "（小写）")
        .at(500.0, 276.5, "￥756.63")
        .at(48.0, 296.0, "名　　　　称:")
        .at(108.0, 297.0, "示例出行科技有限公司")
        .at(48.0, 309.0, "纳税人识别号:")
        .at(108.0, 311.0, "91350100M000100Y43")
        .at(48.0, 322.0, "地 址、电 话:")
        .at(108.0, 322.0, "某市某路1号 010-12345678")
        .at(48.0, 336.0, "开户行及账号:")
        .upright(28.0, 302.0, 15.5, "销售方")
        .upright(350.0, 304.0, 26.0, "备注")
        .at(367.0, 297.0, "订单号:106383362118")
}
