//! XML files of digital invoices, and the same XML inside other files: which family it is, and what the two families of the tax office say.
//! Not here: the tree (tree.rs), railway and air tickets (xbrl.rs), the sheet that is drawn of it (draw/sheet.rs).

use super::draw::sheet_size;
use super::stating::{Stating, plain, rate};
use super::tree::{Node, parse};
use super::{Shape, Trouble, xbrl};
use crate::domain::kind::Kind;
use crate::domain::money;
use crate::domain::paper::{Item, Paper, Source, Stated};

/// An XML has no pages; its picture is one sheet, whose size is draw/sheet.rs's matter.
pub fn inspect(bytes: &[u8]) -> Result<Shape, Trouble> {
    let stated = stated(bytes)?;
    let (width, height) = sheet_size(&stated);
    Ok(Shape { pages: 1, width, height })
}

pub fn read(bytes: &[u8]) -> Result<Paper, Trouble> {
    Ok(Paper { source: Source::Xml, pages: Vec::new(), stated: vec![(Source::Xml, stated(bytes)?)] })
}

const FAMILIES: [&str; 2] = ["EInvoice", "eInvoice"];

/// What an XML of a known family says, be it a file of its own or inside a PDF or OFD.
pub fn stated(bytes: &[u8]) -> Result<Stated, Trouble> {
    let root = parse(bytes)?;
    // Whose a value is could not be told.
    let mut all = Vec::new();
    FAMILIES.into_iter().for_each(|name| root.find_all(name, &mut all));
    if all.len() > usize::from(!FAMILIES.contains(&root.name.as_str())) {
        return Err(Trouble::Several);
    }
    let said = match root.name.as_str() {
        "EInvoice" => einvoice(&root),
        "eInvoice" => einvoice_of_2019(&root),
        "xbrl" => xbrl::ticket(&root),
        // Some portals wrap the document into one of their own.
        _ => match root.find("EInvoice").or_else(|| root.find("eInvoice")) {
            Some(inner) if inner.name == "EInvoice" => einvoice(inner),
            Some(inner) => einvoice_of_2019(inner),
            None => None,
        },
    };
    said.ok_or(Trouble::NoInvoice)
}

/// By code or by name: some files have only one of them.
fn kind_of_einvoice(root: &Node) -> Option<Kind> {
    let labels = root.find("InherentLabel")?;
    let label = |name: &str, part: &str| labels.find(name).and_then(|label| label.said(part)).map(plain).unwrap_or_default();
    let type_name = label("EInvoiceType", "LabelName");
    if type_name.contains("铁路") {
        return Some(Kind::DigitalRail);
    }
    if type_name.contains("航空") {
        return Some(Kind::DigitalAir);
    }
    let name = label("GeneralOrSpecialVAT", "LabelName");
    match label("GeneralOrSpecialVAT", "LabelCode").as_str() {
        "01" => Some(Kind::DigitalSpecial),
        "02" => Some(Kind::DigitalNormal),
        _ if name.contains("专用") => Some(Kind::DigitalSpecial),
        _ if name.contains("普通") => Some(Kind::DigitalNormal),
        _ => None,
    }
}

/// `2024-09-20 10:00:00`: the day.
fn day(text: &str) -> &str {
    let text = text.trim();
    text.split([' ', 'T']).next().unwrap_or(text)
}

/// A digital invoice since 2021.
fn einvoice(root: &Node) -> Option<Stated> {
    let mut says = Stating::of(kind_of_einvoice(root));
    let supervision = root.find("TaxSupervisionInfo");
    says.say_again("发票号码", root.find("Header").and_then(|header| header.said("EIid")));
    says.say_again("发票号码", supervision.and_then(|part| part.said("InvoiceNumber")));
    // RequestTime may be the day before.
    says.say("日期", supervision.and_then(|part| part.said("IssueTime")).map(day));
    for (pos_id, part, name) in [
        ("客户名称", "BuyerInformation", "BuyerName"),
        ("购方税号", "BuyerInformation", "BuyerIdNum"),
        ("销方名称", "SellerInformation", "SellerName"),
        ("销方税号", "SellerInformation", "SellerIdNum"),
        ("不含税金额", "BasicInformation", "TotalAmWithoutTax"),
        ("税额", "BasicInformation", "TotalTaxAm"),
        ("金额", "BasicInformation", "TotalTax-includedAmount"),
        ("中文金额", "BasicInformation", "TotalTax-includedAmountInChinese"),
        ("备注", "AdditionalInformation", "Remark"),
        ("开票人", "BasicInformation", "Drawer"),
    ] {
        let mut parts = Vec::new();
        root.find_all(part, &mut parts);
        parts.iter().for_each(|part| says.say_again(pos_id, part.said(name)));
    }
    say_sign(&mut says, root);
    says.say_original(root.find("RedEInvoice").and_then(|red| {
        let is_number = |text: &str| text.len() >= 8 && text.chars().all(|c| c.is_ascii_digit());
        let names_it = |node: &&Node| node.name.starts_with("Original") && is_number(node.text.trim());
        red.children.iter().find(names_it).map(|node| node.text.as_str())
    }));
    let mut lines = Vec::new();
    root.find_all("IssuItemInformation", &mut lines);
    let names = ["ItemName", "SpecMod", "MeaUnits", "Quantity", "UnPrice", "Amount", "TaxRate", "ComTaxAm"];
    lines.iter().for_each(|line| says.item(item(line, names)));
    says.done()
}

/// A red invoice's total is negative, a blue one's is not: with a sign that its mark contradicts, the other sign is stated too.
fn say_sign(says: &mut Stating, root: &Node) {
    let mark = root.find("InIssuType").and_then(|label| label.said("LabelCode")).map(plain).unwrap_or_default();
    let is_red = match mark.as_str() {
        "N" => true,
        "Y" => false,
        _ => return,
    };
    let total = root.find("BasicInformation").and_then(|part| part.said("TotalTax-includedAmount")).and_then(money::amount);
    if let Some(total) = total.filter(|total| *total != 0 && (*total < 0) != is_red) {
        says.say_again("金额", total.checked_neg().map(money::plain).as_deref());
    }
}

/// Columns in the order of `Item`.
pub fn item(line: &Node, names: [&str; 8]) -> Item {
    let [name, spec, unit, quantity, price, amount, tax_rate, tax] =
        names.map(|name| line.said(name).map(plain).unwrap_or_default());
    Item { name, spec, unit, quantity, price, amount, tax_rate: rate(&tax_rate), tax }
}

/// By the type of the QR code's text (`01,10,…`), else by the last two digits of the invoice's code.
pub fn kind_of_code(code: &str, qr: &str) -> Option<Kind> {
    let code = plain(code);
    let by_code = match code.get(10..12).filter(|_| code.len() == 12 && code.starts_with('0'))? {
        "11" => Kind::VatENormal,
        "12" => Kind::VatToll,
        "13" => Kind::VatESpecial,
        "06" | "07" => Kind::VatRoll,
        "04" | "05" => Kind::VatNormal,
        _ => match qr.split(',').nth(1).map(str::trim)? {
            "10" => Kind::VatENormal,
            "08" => Kind::VatESpecial,
            _ => return None,
        },
    };
    Some(by_code)
}

/// Elements of 2019, and the tags of OFDs.
pub const FIELDS_OF_2019: [(&str, &str); 13] = [
    ("发票代码", "InvoiceCode"),
    ("发票号码", "InvoiceNo"),
    ("日期", "IssueDate"),
    ("校验码", "InvoiceCheckCode"),
    ("客户名称", "BuyerName"),
    ("购方税号", "BuyerTaxID"),
    ("销方名称", "SellerName"),
    ("销方税号", "SellerTaxID"),
    ("不含税金额", "TaxExclusiveTotalAmount"),
    ("税额", "TaxTotalAmount"),
    ("金额", "TaxInclusiveTotalAmount"),
    ("备注", "Note"),
    ("开票人", "InvoiceClerk"),
];
/// Of a line, in the order of `Item`.
pub const COLUMNS_OF_2019: [&str; 8] =
    ["Item", "Specification", "MeasurementDimension", "Quantity", "Price", "Amount", "TaxScheme", "TaxAmount"];

/// An electronic invoice with a code, 2019 to 2024.
fn einvoice_of_2019(root: &Node) -> Option<Stated> {
    let code = root.said("InvoiceCode").unwrap_or_default();
    let mut says = Stating::of(kind_of_code(code, root.said("GraphCode").unwrap_or_default()));
    for (pos_id, name) in FIELDS_OF_2019 {
        says.say(pos_id, root.said(name));
    }
    let mut lines = Vec::new();
    root.find_all("GoodsInfo", &mut lines);
    lines.iter().for_each(|line| says.item(item(line, COLUMNS_OF_2019)));
    says.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field<'a>(stated: &'a Stated, pos_id: &str) -> Option<&'a str> {
        stated.fields.iter().find(|(known, _)| known == pos_id).map(|(_, text)| text.as_str())
    }

    const DIGITAL: &str = "<EInvoice><Header><EIid>24112000000999000002</EIid><InherentLabel>
        <InIssuType><LabelCode>N</LabelCode></InIssuType><EInvoiceType><LabelCode>01</LabelCode><LabelName>电子发票</LabelName></EInvoiceType>
        <GeneralOrSpecialVAT><LabelCode>02</LabelCode></GeneralOrSpecialVAT></InherentLabel></Header><EInvoiceData>
        <SellerInformation><SellerIdNum>91350100M000100Y43</SellerIdNum><SellerName>示例科技（北京）有限公司</SellerName></SellerInformation>
        <BuyerInformation><BuyerIdNum></BuyerIdNum><BuyerName>示例采购单位</BuyerName></BuyerInformation><BasicInformation>
        <TotalAmWithoutTax>-495.05</TotalAmWithoutTax><TotalTaxAm>-4.95</TotalTaxAm>
        <TotalTax-includedAmount>-500.00</TotalTax-includedAmount><Drawer>某某</Drawer><RequestTime>2024-09-19 23:00:00</RequestTime>
        </BasicInformation><IssuItemInformation><ItemName>*信息技术服务*软件服务费</ItemName><SpecMod>A-1</SpecMod><MeaUnits>项</MeaUnits>
        <Quantity>-1</Quantity><UnPrice>495.05</UnPrice><Amount>-495.05</Amount><TaxRate>0.01</TaxRate><ComTaxAm>-4.95</ComTaxAm>
        </IssuItemInformation><IssuItemInformation><ItemName>*餐饮服务*餐费</ItemName><TaxRate>免税</TaxRate></IssuItemInformation>
        <SpecificInformation><RedEInvoice><OriginalInvoiceCode>24112000000999000001</OriginalInvoiceCode></RedEInvoice></SpecificInformation>
        </EInvoiceData><TaxSupervisionInfo><IssueTime>2024-09-20 10:00:00</IssueTime></TaxSupervisionInfo></EInvoice>";

    #[test]
    fn what_is_stated_twice_and_differs_stays_twice() {
        let all = |text: &str, pos_id: &str| {
            let said = stated(text.as_bytes()).unwrap().fields.into_iter();
            said.filter(|(known, _)| known == pos_id).map(|(_, text)| text).collect::<Vec<_>>()
        };
        assert_eq!(all(DIGITAL, "金额"), ["-500.00"]);
        // The mark says red or blue, and the sign the other.
        assert_eq!(all(&DIGITAL.replace("-500.00", "500.00"), "金额"), ["500.00", "-500.00"]);
        let blue = DIGITAL.replace("<InIssuType><LabelCode>N", "<InIssuType><LabelCode>Y");
        assert_eq!(all(&blue, "金额"), ["-500.00", "500.00"]);
        let other = DIGITAL.replace("<IssueTime>", "<InvoiceNumber>24112000000999000003</InvoiceNumber><IssueTime>");
        assert_eq!(all(&other, "发票号码"), ["24112000000999000002", "24112000000999000003"]);
        let buyer = "<BuyerInformation><BuyerName>另一单位</BuyerName></BuyerInformation><BasicInformation>";
        assert_eq!(all(&DIGITAL.replace("<BasicInformation>", buyer), "客户名称"), ["示例采购单位", "另一单位"]);
        let two = format!("<x>{DIGITAL}{DIGITAL}</x>");
        assert_eq!(stated(two.as_bytes()), Err(Trouble::Several));
        assert!(stated(format!("<x>{DIGITAL}</x>").as_bytes()).is_ok());
    }

    #[test]
    fn a_digital_invoice_is_read_whole() {
        let said = stated(DIGITAL.as_bytes()).unwrap();
        assert_eq!(said.kind, Some(Kind::DigitalNormal));
        for (pos_id, want) in [
            ("发票号码", Some("24112000000999000002")),
            ("日期", Some("2024-09-20")),
            ("客户名称", Some("示例采购单位")),
            ("购方税号", None),
            ("销方名称", Some("示例科技(北京)有限公司")),
            ("销方税号", Some("91350100M000100Y43")),
            ("不含税金额", Some("-495.05")),
            ("税额", Some("-4.95")),
            ("金额", Some("-500.00")),
            ("备注", Some("被红冲蓝字数电发票号码:24112000000999000001")),
            ("开票人", Some("某某")),
        ] {
            assert_eq!(field(&said, pos_id), want, "{pos_id}");
        }
        let line = &said.items[0];
        let columns = [&line.name, &line.spec, &line.unit, &line.quantity, &line.price, &line.amount, &line.tax_rate, &line.tax];
        assert_eq!(columns, ["*信息技术服务*软件服务费", "A-1", "项", "-1", "495.05", "-495.05", "1%", "-4.95"]);
        assert_eq!((said.items.len(), said.items[1].tax_rate.as_str()), (2, "免税"));
    }

    #[test]
    fn normal_or_special_is_told_by_code_or_by_name() {
        for (label, want) in [
            ("<LabelCode>01</LabelCode>", Some(Kind::DigitalSpecial)),
            ("<LabelName>增值税专用发票</LabelName>", Some(Kind::DigitalSpecial)),
            ("<LabelName>普通发票</LabelName>", Some(Kind::DigitalNormal)),
            ("", None),
        ] {
            assert_eq!(stated(DIGITAL.replace("<LabelCode>02</LabelCode>", label).as_bytes()).unwrap().kind, want, "{label}");
        }
    }

    #[test]
    fn an_electronic_invoice_of_2019_is_read_whole() {
        let text = "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><eInvoice xmlns:fp=\"x\"><fp:InvoiceCode>033002000211</fp:InvoiceCode>
            <fp:InvoiceNo>83089647</fp:InvoiceNo><fp:IssueDate>2020年07月23日</fp:IssueDate><fp:InvoiceCheckCode>16197 83356</fp:InvoiceCheckCode>
            <fp:Buyer><fp:BuyerName>甲</fp:BuyerName><fp:BuyerTaxID> </fp:BuyerTaxID></fp:Buyer>
            <fp:Seller><fp:SellerName>乙</fp:SellerName><fp:SellerTaxID>92330781MA2EDMFU50</fp:SellerTaxID></fp:Seller>
            <fp:TaxInclusiveTotalAmount>526.00</fp:TaxInclusiveTotalAmount><fp:TaxTotalAmount>15.32</fp:TaxTotalAmount>
            <fp:TaxExclusiveTotalAmount>510.68</fp:TaxExclusiveTotalAmount><fp:InvoiceClerk>管理员</fp:InvoiceClerk>
            <fp:GraphCode>01,10,033002000211,83089647,510.68,20200723,1,A</fp:GraphCode><fp:GoodsInfos><fp:GoodsInfo><fp:Item>餐费</fp:Item>
            <fp:Amount>510.68</fp:Amount><fp:TaxScheme>3%</fp:TaxScheme><fp:TaxAmount>15.32</fp:TaxAmount></fp:GoodsInfo></fp:GoodsInfos></eInvoice>";
        let said = stated(text.as_bytes()).unwrap();
        assert_eq!(said.kind, Some(Kind::VatENormal));
        for (pos_id, want) in [
            ("发票代码", Some("033002000211")),
            ("发票号码", Some("83089647")),
            ("日期", Some("2020年07月23日")),
            ("校验码", Some("1619783356")),
            ("客户名称", Some("甲")),
            ("购方税号", None),
            ("金额", Some("526.00")),
            ("税额", Some("15.32")),
            ("不含税金额", Some("510.68")),
            ("开票人", Some("管理员")),
        ] {
            assert_eq!(field(&said, pos_id), want, "{pos_id}");
        }
        assert_eq!((said.items[0].amount.as_str(), said.items[0].tax_rate.as_str()), ("510.68", "3%"));
        for (code, want) in [("042001700112", Some(Kind::VatToll)), ("011001900113", Some(Kind::VatESpecial)), ("3300214130", None)]
        {
            assert_eq!(kind_of_code(code, ""), want, "{code}");
        }
    }

    #[test]
    fn other_xml_is_no_invoice_and_broken_xml_is_damaged() {
        for text in ["<Order><No>1</No></Order>", "<xbrl><x:Assets>1</x:Assets></xbrl>", "<EInvoice/>", "<svg/>"] {
            assert_eq!(read(text.as_bytes()).unwrap_err(), Trouble::NoInvoice, "{text}");
        }
        assert_eq!(read(&DIGITAL.as_bytes()[..DIGITAL.len() - 40]).unwrap_err(), Trouble::Damaged);
    }
}
