//! Invoices as files, made here with values that are known: XML and OFD as the tax office's platforms write them, PDF with text in a font that
//! the file does not bring. Not here: what a box makes of them.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A word with the place of its lower left corner, and its size, in points; the origin is the page's lower left corner.
pub type Print = (f32, f32, f32, String);

#[derive(Clone)]
pub struct Line {
    pub name: &'static str,
    pub spec: &'static str,
    pub unit: &'static str,
    pub quantity: &'static str,
    pub price: &'static str,
    pub amount: &'static str,
    /// Percent.
    pub rate: &'static str,
    pub tax: &'static str,
}

/// A digital invoice.
#[derive(Clone)]
pub struct Digital {
    pub is_special: bool,
    pub number: &'static str,
    /// `yyyy-MM-dd`.
    pub date: &'static str,
    pub buyer: (&'static str, &'static str),
    pub seller: (&'static str, &'static str),
    pub lines: Vec<Line>,
    pub net: &'static str,
    pub tax: &'static str,
    pub total: &'static str,
    pub words: &'static str,
    pub remark: &'static str,
    pub drawer: &'static str,
}

pub fn digital() -> Digital {
    Digital {
        is_special: false,
        number: "26322000004478296111",
        date: "2026-06-04",
        buyer: ("示例采购单位", "12100000400000624D"),
        seller: ("示例科技有限公司", "91350100M000100Y43"),
        lines: vec![
            Line {
                name: "*纸制品*复印纸",
                spec: "A4 70g",
                unit: "箱",
                quantity: "2",
                price: "150",
                amount: "300.00",
                rate: "13",
                tax: "39.00",
            },
            Line {
                name: "*物流辅助服务*收派服务费",
                spec: "",
                unit: "次",
                quantity: "1",
                price: "20",
                amount: "20.00",
                rate: "6",
                tax: "1.20",
            },
        ],
        net: "320.00",
        tax: "40.20",
        total: "360.20",
        words: "叁佰陆拾圆贰角整",
        remark: "合同号 HT-2026-06",
        drawer: "某某",
    }
}

impl Digital {
    fn title(&self) -> &'static str {
        if self.is_special { "电子发票（增值税专用发票）" } else { "电子发票（普通发票）" }
    }

    pub fn xml(&self) -> Vec<u8> {
        let mut items = String::new();
        for Line { name, spec, unit, quantity, price, amount, rate, tax } in &self.lines {
            let rate = format!("0.{rate:0>2}");
            let _ = write!(
                items,
                "<IssuItemInformation><ItemName>{name}</ItemName><SpecMod>{spec}</SpecMod><MeaUnits>{unit}</MeaUnits>\
                 <Quantity>{quantity}</Quantity><UnPrice>{price}</UnPrice><Amount>{amount}</Amount><TaxRate>{rate}</TaxRate>\
                 <ComTaxAm>{tax}</ComTaxAm></IssuItemInformation>"
            );
        }
        let (code, name) = if self.is_special { ("01", "增值税专用发票") } else { ("02", "普通发票") };
        let (Self { number, date, net, tax, total, words, drawer, remark, .. }, (buyer, buyer_id), (seller, seller_id)) =
            (self, self.buyer, self.seller);
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<EInvoice><Header><EIid>{number}</EIid><InherentLabel>\
             <InIssuType><LabelCode>Y</LabelCode></InIssuType><GeneralOrSpecialVAT><LabelCode>{code}</LabelCode>\
             <LabelName>{name}</LabelName></GeneralOrSpecialVAT></InherentLabel></Header><EInvoiceData><SellerInformation>\
             <SellerIdNum>{seller_id}</SellerIdNum><SellerName>{seller}</SellerName></SellerInformation><BuyerInformation>\
             <BuyerIdNum>{buyer_id}</BuyerIdNum><BuyerName>{buyer}</BuyerName></BuyerInformation><BasicInformation>\
             <TotalAmWithoutTax>{net}</TotalAmWithoutTax><TotalTaxAm>{tax}</TotalTaxAm>\
             <TotalTax-includedAmount>{total}</TotalTax-includedAmount>\
             <TotalTax-includedAmountInChinese>{words}</TotalTax-includedAmountInChinese><Drawer>{drawer}</Drawer>\
             <RequestTime>2026-06-03 09:00:00</RequestTime></BasicInformation>{items}<AdditionalInformation>\
             <Remark>{remark}</Remark></AdditionalInformation></EInvoiceData><TaxSupervisionInfo>\
             <InvoiceNumber>{number}</InvoiceNumber><IssueTime>{date}</IssueTime></TaxSupervisionInfo></EInvoice>\n"
        )
        .into_bytes()
    }

    /// As printed: `2026年06月04日`.
    pub fn printed_date(&self) -> String {
        let parts: Vec<&str> = self.date.split('-').collect();
        format!("{}年{}月{}日", parts[0], parts[1], parts[2])
    }

    pub fn print(&self) -> Vec<Print> {
        let mut words = vec![
            (220.0, 365.0, 15.0, self.title().to_owned()),
            (440.0, 368.0, 9.0, format!("发票号码：{}", self.number)),
            (440.0, 352.0, 9.0, format!("开票日期：{}", self.printed_date())),
        ];
        for (side, left, label, (name, number)) in [(0, 18.0, "购买方信息", self.buyer), (1, 312.0, "销售方信息", self.seller)]
        {
            let _ = side;
            words.extend((0u8..).zip(label.chars()).map(|(n, c)| (left, 330.0 - f32::from(n) * 11.0, 9.0, c.to_string())));
            words.push((left + 22.0, 322.0, 9.0, format!("名称：{name}")));
            words.push((left + 22.0, 294.0, 9.0, format!("统一社会信用代码/纳税人识别号：{number}")));
        }
        let columns = [30.0, 150.0, 225.0, 270.0, 325.0, 395.0, 455.0, 535.0];
        let header = ["项目名称", "规格型号", "单位", "数量", "单价", "金额", "税率/征收率", "税额"];
        words.extend(columns.iter().zip(header).map(|(x, text)| (*x, 268.0, 9.0, text.to_owned())));
        for (n, line) in (0u8..).zip(&self.lines) {
            let y = 252.0 - f32::from(n) * 14.0;
            let rate = format!("{}%", line.rate);
            let cells = [line.name, line.spec, line.unit, line.quantity, line.price, line.amount, rate.as_str(), line.tax];
            let cells = columns.iter().zip(cells).filter(|(_, text)| !text.is_empty());
            words.extend(cells.map(|(x, text)| (*x - 4.0, y, 8.0, text.to_owned())));
        }
        words.extend([
            (60.0, 128.0, 9.0, "合".to_owned()),
            (110.0, 128.0, 9.0, "计".to_owned()),
            (388.0, 128.0, 9.0, format!("¥{}", self.net)),
            (528.0, 128.0, 9.0, format!("¥{}", self.tax)),
            (40.0, 106.0, 9.0, "价税合计（大写）".to_owned()),
            (170.0, 106.0, 9.0, self.words.to_owned()),
            (410.0, 106.0, 9.0, "（小写）".to_owned()),
            (455.0, 106.0, 9.0, format!("¥{}", self.total)),
            (18.0, 84.0, 9.0, "备".to_owned()),
            (18.0, 66.0, 9.0, "注".to_owned()),
            (40.0, 76.0, 9.0, self.remark.to_owned()),
            (40.0, 22.0, 9.0, format!("开票人：{}", self.drawer)),
        ]);
        words
    }

    /// Its data in OFD.xml alone, as older platforms write it, and its text on the page.
    pub fn ofd(&self) -> Vec<u8> {
        let data = [
            ("发票号码", self.number),
            ("开票日期", &self.printed_date()),
            ("合计金额", self.net),
            ("合计税额", self.tax),
            ("购买方纳税人识别号", self.buyer.1),
            ("销售方纳税人识别号", self.seller.1),
        ];
        let data: String = data.map(|(name, value)| format!("<ofd:CustomData Name=\"{name}\">{value}</ofd:CustomData>")).concat();
        ofd_of(&self.print(), &data)
    }
}

/// A page of these words; `data`: `CustomData` of OFD.xml.
pub fn ofd_of(print: &[Print], data: &str) -> Vec<u8> {
    let ns = "xmlns:ofd=\"http://www.ofdspec.org/2016\"";
    let root = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ofd:OFD {ns} DocType=\"OFD\" Version=\"1.1\"><ofd:DocBody><ofd:DocInfo>\
             <ofd:DocID>1</ofd:DocID><ofd:CustomDatas>{data}</ofd:CustomDatas></ofd:DocInfo>\
             <ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>"
    );
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ofd:Document {ns}><ofd:CommonData><ofd:MaxUnitID>999</ofd:MaxUnitID>\
             <ofd:PageArea><ofd:PhysicalBox>0 0 210 140</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData><ofd:Pages>\
             <ofd:Page ID=\"1\" BaseLoc=\"Pages/Page_0/Content.xml\"/></ofd:Pages></ofd:Document>"
    );
    // Millimetres from the upper left corner; a point is 0.3528 of one.
    let mut objects = String::new();
    for (id, (x, y, size, text)) in (10u32..).zip(print) {
        let (x, y, size) = (x * 0.3528, 140.0 - y * 0.3528 - size * 0.3528, size * 0.3528);
        let advances: Vec<String> =
            text.chars().skip(1).map(|c| format!("{:.3}", if c.is_ascii() { size * 0.5 } else { size })).collect();
        let delta = if advances.is_empty() { String::new() } else { format!(" DeltaX=\"{}\"", advances.join(" ")) };
        let _ = write!(
            objects,
            "<ofd:TextObject ID=\"{id}\" Boundary=\"{x:.3} {y:.3} 100 {size:.3}\" Font=\"2\" Size=\"{size:.3}\">\
                 <ofd:TextCode X=\"0\" Y=\"{:.3}\"{delta}>{text}</ofd:TextCode></ofd:TextObject>",
            size * 0.85
        );
    }
    let page = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ofd:Page {ns}><ofd:Content><ofd:Layer ID=\"3\" Type=\"Body\">{objects}\
             </ofd:Layer></ofd:Content></ofd:Page>"
    );
    zip(&[
        ("OFD.xml", root.as_bytes()),
        ("Doc_0/Document.xml", document.as_bytes()),
        ("Doc_0/Pages/Page_0/Content.xml", page.as_bytes()),
    ])
}

/// One page for each.
pub fn pdf(invoices: &[&Digital]) -> Vec<u8> {
    let pages: Vec<_> = invoices.iter().map(|invoice| Sheet::Words(invoice.print())).collect();
    pdf_of(&pages)
}

pub enum Sheet<'a> {
    /// In a Chinese font that every reader has to know: GBK codes, no `ToUnicode`.
    Words(Vec<Print>),
    /// A picture that fills the page.
    Scan(&'a image::GrayImage),
    /// And a picture in its lower half.
    Pasted(Vec<Print>, &'a image::GrayImage),
}

impl Sheet<'_> {
    fn content(&self) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        match self {
            Self::Words(words) => {
                let word = |(x, y, size, text): &Print| {
                    // GBK has only the wide sign.
                    let text = text.replace('¥', "￥");
                    let (gbk, _, lost) = encoding_rs::GBK.encode(&text);
                    assert!(!lost, "{text}");
                    format!("BT /F1 {size} Tf {x} {y} Td <{}> Tj ET\n", hex(&gbk))
                };
                words.iter().map(word).collect()
            }
            Self::Pasted(words, picture) => {
                let below = Self::Scan(picture).content().replace("q 610 0 0 395 0 0 cm", "q 305 0 0 197 0 0 cm");
                Self::Words(words.iter().map(|(x, y, size, text)| (x / 2.0, 197.0 + y / 2.0, size / 2.0, text.clone())).collect())
                    .content()
                    + &below
            }
            Self::Scan(picture) => format!(
                "q 610 0 0 395 0 0 cm BI /W {} /H {} /CS /G /BPC 8 /F /AHx ID {}> EI Q\n",
                picture.width(),
                picture.height(),
                hex(picture.as_raw())
            ),
        }
    }
}

pub fn pdf_of(pages: &[Sheet<'_>]) -> Vec<u8> {
    let kids: String = (0..pages.len()).map(|n| format!("{} 0 R ", 6 + 2 * n)).collect();
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        format!("<</Type/Pages/Kids[{kids}]/Count {}>>", pages.len()),
        "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/GBK-EUC-H/DescendantFonts[4 0 R]>>".to_owned(),
        "<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>\
         /DW 1000/W[1 95 500 814 939 500]/FontDescriptor 5 0 R>>"
            .to_owned(),
        "<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120\
         /CapHeight 880/StemV 93>>"
            .to_owned(),
    ];
    for (n, sheet) in pages.iter().enumerate() {
        let content = sheet.content();
        let page =
            format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 610 395]/Resources<</Font<</F1 3 0 R>>>>/Contents {} 0 R>>", 7 + 2 * n);
        objects.extend([page, format!("<</Length {}>>\nstream\n{content}endstream", content.len())]);
    }
    let mut file = b"%PDF-1.5\n".to_vec();
    let mut places = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.extend(format!("{} 0 obj\n{object}\nendobj\n", n + 1).bytes());
    }
    let start = file.len();
    file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    places.iter().for_each(|place| file.extend(format!("{place:010} 00000 n \n").bytes()));
    file.extend(format!("trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1).bytes());
    file
}

pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    zip_with(files, SimpleFileOptions::default())
}

pub fn stored_zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    zip_with(files, SimpleFileOptions::default().compression_method(::zip::CompressionMethod::Stored))
}

fn zip_with(files: &[(&str, &[u8])], options: SimpleFileOptions) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(*name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}
