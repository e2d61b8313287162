//! What an OFD states as data: attached invoices, the custom data of its root, and tags, which name the texts that hold a value. Not here:
//! what attached XML says (xml.rs).

use super::content::{Object, What};
use super::document::Document;
use super::package::{Package, folder_of, resolved};
use crate::domain::money::{amount, plain as plain_sum};
use crate::domain::paper::{Item, Stated};
use crate::papers::Trouble;
use crate::papers::stating::{Stating, figure, plain, rate};
use crate::papers::tree::Node;
use crate::papers::xml::{self, COLUMNS_OF_2019, FIELDS_OF_2019, kind_of_code};
use std::collections::HashMap;

/// More are no invoice's.
const ATTACHED_MAX: usize = 32;
const TAG_FILES_MAX: usize = 32;

/// The invoice as XML first, then accounting data.
pub fn attached(package: &mut Package<'_>) -> Result<Vec<Stated>, Trouble> {
    let is_one = |path: &String| {
        let is_beside = folder_of(path).split('/').any(|folder| folder.starts_with("attach"));
        is_beside && path.ends_with(".xml") && !path.ends_with("/attachments.xml")
    };
    let mut paths: Vec<String> = package.paths().into_iter().filter(is_one).collect();
    paths.sort_by_key(|path| !path.contains("original_invoice"));
    let mut all = Vec::new();
    for path in paths.into_iter().take(ATTACHED_MAX) {
        if let Some(bytes) = package.bytes(&path)? {
            all.extend(xml::stated(&bytes).ok());
        }
    }
    Ok(all)
}

/// One for each document of OFD.xml that has some.
pub fn custom(root: &Node) -> Vec<Stated> {
    let mut bodies = Vec::new();
    root.find_all("DocBody", &mut bodies);
    bodies.into_iter().filter_map(custom_of).collect()
}

fn custom_of(body: &Node) -> Option<Stated> {
    let mut data = Vec::new();
    body.find_all("CustomData", &mut data);
    let said = |name: &str| data.iter().find(|one| one.attribute("Name") == Some(name)).map(|one| one.text.as_str());
    let mut says = Stating::of(kind_of_code(said("发票代码").unwrap_or_default(), ""));
    for (pos_id, name) in [
        ("发票代码", "发票代码"),
        ("发票号码", "发票号码"),
        ("日期", "开票日期"),
        ("校验码", "校验码"),
        ("客户名称", "购买方名称"),
        ("购方税号", "购买方纳税人识别号"),
        ("销方名称", "销售方名称"),
        ("销方税号", "销售方纳税人识别号"),
        ("不含税金额", "合计金额"),
        ("税额", "合计税额"),
        ("金额", "价税合计"),
        ("备注", "备注"),
        ("开票人", "开票人"),
    ] {
        says.say(pos_id, said(name));
    }
    // Most makers leave it out: to the fen it is the sum of the two.
    let sum = said("合计金额").and_then(amount).zip(said("合计税额").and_then(amount)).and_then(|(net, tax)| net.checked_add(tax));
    says.say_again("金额", sum.map(plain_sum).as_deref());
    says.done()
}

/// Texts by page and object, for tags.
#[derive(Default)]
pub struct Texts(HashMap<(String, String), String>);

impl Texts {
    /// The first object with an ID counts: templates, which come again on many pages, are to be added last.
    pub fn add(&mut self, page: &str, objects: &[Object]) {
        for object in objects {
            let What::Text { codes, .. } = &object.what else { continue };
            let text: String = codes.iter().flatten().map(|glyph| glyph.c).collect();
            self.0.entry((page.to_owned(), object.id.clone())).or_insert(text);
        }
    }

    /// What `tag` refers to, put together; nothing of what is inside other tags.
    fn of(&self, tag: &Node) -> String {
        let text = |node: &Node| {
            let page = node.attribute("PageRef").unwrap_or_default().trim().to_owned();
            self.0.get(&(page, node.text.trim().to_owned())).map(String::as_str)
        };
        tag.all("ObjectRef").filter_map(text).collect()
    }

    /// Of the first tag with that name that refers to something.
    fn first(&self, root: &Node, name: &str) -> Option<String> {
        let mut tags = Vec::new();
        root.find_all(name, &mut tags);
        tags.into_iter().map(|tag| self.of(tag)).find(|text| !plain(text).is_empty())
    }
}

pub fn tagged(package: &mut Package<'_>, document: &Document, texts: &Texts) -> Result<Vec<Stated>, Trouble> {
    let mut files = Vec::new();
    for path in document.paths("CustomTags") {
        let Some(list) = package.tree(&path)? else { continue };
        let mut named = Vec::new();
        list.find_all("FileLoc", &mut named);
        files.extend(named.iter().map(|node| resolved(folder_of(&path), &node.text)));
    }
    let mut all = Vec::new();
    for path in files.into_iter().take(TAG_FILES_MAX) {
        if let Some(tags) = package.tree(&path)? {
            all.extend(stated(&tags, texts));
        }
    }
    Ok(all)
}

fn stated(tags: &Node, texts: &Texts) -> Option<Stated> {
    let code = texts.first(tags, "InvoiceCode");
    let mut says = Stating::of(kind_of_code(code.as_deref().unwrap_or_default(), ""));
    for (pos_id, name) in FIELDS_OF_2019 {
        says.say(pos_id, texts.first(tags, name).as_deref());
    }
    items(tags, texts).into_iter().for_each(|item| says.item(item));
    says.done()
}

fn items(tags: &Node, texts: &Texts) -> Vec<Item> {
    let mut lines = Vec::new();
    tags.find_all("GoodsInfo", &mut lines);
    if !lines.is_empty() {
        return lines.iter().map(|line| item(COLUMNS_OF_2019.map(|name| texts.first(line, name).unwrap_or_default()))).collect();
    }
    // Digital invoices have the columns beside each other. A column that some lines leave out can't be told to lines: only full ones.
    let columns = COLUMNS_OF_2019.map(|name| tags.all(name).map(|tag| texts.of(tag)).collect::<Vec<_>>());
    let [names, ..] = &columns;
    let count = names.len();
    if columns.iter().any(|column| !column.is_empty() && column.len() != count) {
        return Vec::new();
    }
    (0..count).map(|n| item(columns.each_ref().map(|column| column.get(n).cloned().unwrap_or_default()))).collect()
}

fn item(columns: [String; 8]) -> Item {
    let [name, spec, unit, quantity, price, amount, tax_rate, tax] = columns.map(|text| plain(&text));
    Item { name, spec, unit, quantity, price, amount: figure(&amount), tax_rate: rate(&tax_rate), tax: figure(&tax) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::papers::tree::parse;

    fn field<'a>(stated: &'a Stated, pos_id: &str) -> Option<&'a str> {
        stated.fields.iter().find(|(known, _)| known == pos_id).map(|(_, text)| text.as_str())
    }

    fn root(data: &[(&str, &str)]) -> Node {
        let data: String = data.iter().map(|(name, text)| format!("<CustomData Name='{name}'>{text}</CustomData>")).collect();
        parse(format!("<OFD><DocBody><DocInfo><CustomDatas>{data}</CustomDatas></DocInfo></DocBody></OFD>").as_bytes()).unwrap()
    }

    #[test]
    fn a_missing_total_is_added_up_to_the_fen() {
        for (data, want) in [
            (&[("发票号码", "1"), ("合计金额", "4197.17"), ("合计税额", "251.83")][..], Some("4449.00")),
            (&[("发票号码", "1"), ("合计金额", "-0.10"), ("合计税额", "-0.20")], Some("-0.30")),
            (&[("发票号码", "1"), ("合计金额", "1.00"), ("合计税额", "0.10"), ("价税合计", "1.20")], Some("1.20")),
            (&[("发票号码", "1"), ("合计金额", "1.00"), ("合计税额", "***")], None),
        ] {
            assert_eq!(field(&custom(&root(data))[0], "金额"), want, "{data:?}");
        }
        assert_eq!(custom(&root(&[("native-producer", "x")])), []);
    }

    #[test]
    fn tags_name_texts_of_their_page() {
        let texts = Texts(
            [("1", "8", "¥"), ("1", "9", "12.00"), ("2", "9", "99.00"), ("1", "5", "2411"), ("1", "6", "*信息*"), ("1", "7", "费")]
                .map(|(page, id, text)| ((page.to_owned(), id.to_owned()), text.to_owned()))
                .into(),
        );
        let tags = parse(
            b"<:eInvoice xmlns:=''><InvoiceNo><o:ObjectRef PageRef='1'>5</o:ObjectRef></InvoiceNo><Note></Note>
            <TaxInclusiveTotalAmount><ObjectRef PageRef='1'>8</ObjectRef><ObjectRef PageRef='1'>9</ObjectRef></TaxInclusiveTotalAmount>
            <Item><ObjectRef PageRef='1'>6</ObjectRef><ObjectRef PageRef='1'>7</ObjectRef></Item></:eInvoice>",
        )
        .unwrap();
        let said = stated(&tags, &texts).unwrap();
        assert_eq!((field(&said, "金额"), field(&said, "发票号码"), field(&said, "备注")), (Some("12.00"), Some("2411"), None));
        assert_eq!(said.items[0].name, "*信息*费");
    }
}
