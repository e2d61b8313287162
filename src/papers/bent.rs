//! Papers bent by chance: each is read or refused, and nothing panics. Not here: papers bent on purpose (beside what reads them).

use super::ofd::tests::{DOCUMENT, PAGE, ROOT, TEMPLATE, zipped};
use super::{Format, draw, inspect, read, xml};

/// The same at each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }

    /// A few places are cut out, doubled, or become something else.
    fn bend(&mut self, text: &str) -> String {
        const ODD: [&str; 14] = [
            "<",
            ">",
            "/",
            "'",
            "-",
            "9999999999",
            "g 999999999 1",
            "1e38",
            "NaN",
            "&#0;",
            "&x;",
            "<Layer>",
            "</Layer>",
            "\u{2F2F}",
        ];
        let mut chars: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(4) {
            let at = self.below(chars.len());
            let end = (at + self.below(12)).min(chars.len());
            let piece: Vec<char> = match self.below(3) {
                0 => Vec::new(),
                1 => chars[at..end].iter().chain(&chars[at..end]).copied().collect(),
                _ => ODD[self.below(ODD.len())].chars().collect(),
            };
            chars.splice(at..end, piece);
        }
        chars.into_iter().collect()
    }
}

#[test]
fn bent_ofds_are_read_or_refused() {
    let mut chance = Chance(20_261_129);
    let mut read_whole = 0;
    for round in 0..400 {
        let mut parts = [ROOT, DOCUMENT, TEMPLATE, PAGE].map(str::to_owned);
        let which = chance.below(4);
        parts[which] = chance.bend(&parts[which]);
        let [root, document, template, page] = &parts;
        let mut bytes =
            zipped(&[("OFD.xml", root), ("Doc_0/Document.xml", document), ("Doc_0/T.xml", template), ("Doc_0/P.xml", page)]);
        if round % 4 == 0 {
            let at = chance.below(bytes.len());
            bytes[at] ^= 1 << chance.below(8);
        }
        read_whole += usize::from(read(Format::Ofd, &bytes).is_ok());
        let _ = inspect(Format::Ofd, &bytes);
        if round % 10 == 0 {
            let _ = draw::page(Format::Ofd, &bytes, 1);
        }
    }
    // Most of them are still papers: the bending reaches what is behind the first check.
    assert!(read_whole > 100, "{read_whole}");
}

#[test]
fn bent_xml_is_read_or_refused() {
    const INVOICE: &str = "<EInvoice><Header><EIid>24112000000999000002</EIid></Header><EInvoiceData><BasicInformation>
        <TotalTax-includedAmount>-500.00</TotalTax-includedAmount></BasicInformation><IssuItemInformation><ItemName>*a*b</ItemName>
        <TaxRate>0.01</TaxRate></IssuItemInformation></EInvoiceData></EInvoice>";
    let mut chance = Chance(20_261_130);
    let read_whole = (0..2_000).filter(|_| xml::stated(chance.bend(INVOICE).as_bytes()).is_ok()).count();
    assert!(read_whole > 100, "{read_whole}");
}

#[test]
fn bent_photos_are_decoded_or_refused() {
    let photo = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pictures/digital.heic")).unwrap();
    let mut chance = Chance(20_261_131);
    let mut decoded = 0;
    for round in 0..60 {
        let mut bytes = photo.clone();
        for _ in 0..=chance.below(3) {
            // Every other time among the boxes before the pixels.
            let at = chance.below(if round % 2 == 0 { 680 } else { bytes.len() });
            bytes[at] ^= 1 << chance.below(8);
        }
        decoded += usize::from(inspect(Format::Heic, &bytes).is_ok());
    }
    assert!((1..60).contains(&decoded), "{decoded}");
}
