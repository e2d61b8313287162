//! Railway and air tickets as accounting data (XBRL), in files of their own or inside PDF and OFD. Elements are told by their local names:
//! the namespace has the taxonomy's year in it. Not here: other XML (xml.rs).

use super::stating::{Stating, plain};
use super::tree::Node;
use crate::domain::kind::Kind;
use crate::domain::paper::Stated;

/// `None` if it is no ticket: accounts and bank statements are XBRL too.
pub fn ticket(root: &Node) -> Option<Stated> {
    if root.find("ElectronicInvoiceRailwayETicketNumber").is_some() {
        return railway(root);
    }
    if root.find("ElectronicInvoiceAirTransportReceiptNumber").is_some() {
        return air(root);
    }
    None
}

fn say_all(says: &mut Stating, root: &Node, names: &[(&str, &str)]) {
    for (pos_id, name) in names {
        says.say(pos_id, root.said(name));
    }
}

/// `06`, `06车` → `06车`.
fn with_word(text: Option<&str>, word: &str) -> String {
    let text = text.map(plain).unwrap_or_default();
    if text.is_empty() || text.ends_with(word) { text } else { format!("{text}{word}") }
}

fn railway(root: &Node) -> Option<Stated> {
    let mut says = Stating::of(Some(Kind::DigitalRail));
    say_all(
        &mut says,
        root,
        &[
            ("发票号码", "ElectronicInvoiceRailwayETicketNumber"),
            // The day it was issued: TravelDate is another one.
            ("日期", "DateOfIssue"),
            ("客户名称", "NameOfPurchaser"),
            ("购方税号", "UnifiedSocialCreditCodeOfPurchaser"),
            ("销方名称", "NameOfSeller"),
            ("销方税号", "UnifiedSocialCreditCodeOfSeller"),
            ("不含税金额", "TotalAmountExcludingTax"),
            ("税额", "TaxAmount"),
            // The fare includes tax. What is kept for a refund is a fee, printed and counted without a minus.
            ("金额", "Fare"),
            ("车次", "TrainNumber"),
            ("出发站", "DepartureStation"),
            ("到达站", "DestinationStation"),
            ("乘车日期", "TravelDate"),
            ("时间", "DepartureTime"),
            ("姓名", "Name"),
            ("身份证号码", "IdNumber"),
        ],
    );
    let seat = with_word(root.said("Carriage"), "车") + &with_word(root.said("Seat"), "号");
    says.say("座位", Some(&seat));
    let original = root.said("NumberOfOriginalInvoice").map(plain).unwrap_or_default();
    if !original.is_empty() {
        says.say("备注", Some(&format!("原发票号码:{original}")));
    }
    says.done()
}

fn air(root: &Node) -> Option<Stated> {
    let mut says = Stating::of(Some(Kind::DigitalAir));
    say_all(
        &mut says,
        root,
        &[
            ("发票号码", "ElectronicInvoiceAirTransportReceiptNumber"),
            ("日期", "IssueDate"),
            ("日期", "DateOfIssue"),
            ("客户名称", "NameOfPurchaser"),
            ("购方税号", "UnifiedSocialCreditCodeOfPurchaser"),
            ("销方名称", "NameOfSeller"),
            ("销方名称", "IssueParty"),
            ("销方税号", "UnifiedSocialCreditCodeOfSeller"),
            ("税额", "VatTaxAmount"),
            // With fuel, fund and taxes; Fare is the ticket alone.
            ("金额", "TotalAmount"),
            ("车次", "Flight"),
            ("出发站", "DepartureStation"),
            ("到达站", "DestinationStation"),
            ("乘车日期", "CarrierDate"),
            ("时间", "DepartureTime"),
            ("姓名", "PassengerName"),
            ("身份证号码", "ValidIdNumber"),
            ("备注", "Endorsement"),
        ],
    );
    says.done()
}

#[cfg(test)]
mod tests {
    use super::super::tree::parse;
    use super::*;

    fn said(text: &str) -> (Option<Kind>, Vec<(String, String)>) {
        let stated = ticket(&parse(text.as_bytes()).unwrap()).unwrap();
        (stated.kind, stated.fields)
    }

    fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields.iter().map(|(pos_id, text)| ((*pos_id).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_railway_ticket_of_any_year() {
        for year in ["2021-11-30", "2023-12-31"] {
            let text = format!(
                "<xbrl xmlns:rai=\"http://example.com/{year}/rai\"><rai:TypeOfVoucher>电子发票（铁路电子客票）</rai:TypeOfVoucher>
                <rai:ElectronicInvoiceRailwayETicketNumber>26419100000999000004</rai:ElectronicInvoiceRailwayETicketNumber>
                <rai:DateOfIssue>2026-07-11</rai:DateOfIssue><rai:TrainNumber>G1281</rai:TrainNumber><rai:Carriage>06</rai:Carriage>
                <rai:Seat>12A</rai:Seat><rai:TravelDate>2026-07-02</rai:TravelDate><rai:Fare unitRef=\"CNY\">272.50</rai:Fare>
                <rai:TotalAmountExcludingTax>250.00</rai:TotalAmountExcludingTax><rai:TaxRate>0.09</rai:TaxRate>
                <rai:TaxAmount>22.50</rai:TaxAmount><rai:NameOfPurchaser/><rai:TypeOfBusiness>退</rai:TypeOfBusiness></xbrl>"
            );
            let want = owned(&[
                ("发票号码", "26419100000999000004"),
                ("日期", "2026-07-11"),
                ("不含税金额", "250.00"),
                ("税额", "22.50"),
                ("金额", "272.50"),
                ("车次", "G1281"),
                ("乘车日期", "2026-07-02"),
                ("座位", "06车12A号"),
            ]);
            assert_eq!(said(&text), (Some(Kind::DigitalRail), want));
        }
    }

    #[test]
    fn the_total_of_an_air_ticket_is_not_its_fare() {
        let text = "<xbrl><a:ElectronicInvoiceAirTransportReceiptNumber>25117000000999000001</a:ElectronicInvoiceAirTransportReceiptNumber>
            <a:Fare>550.46</a:Fare><a:FuelSurcharge>9.17</a:FuelSurcharge><a:VatRate>0.09</a:VatRate><a:VatTaxAmount>49.54</a:VatTaxAmount>
            <a:TotalAmount>610.46</a:TotalAmount><a:IssueDate>2025-07-04</a:IssueDate><a:T><a:Flight>CA1234</a:Flight>
            <a:CarrierDate>2025-07-05</a:CarrierDate></a:T></xbrl>";
        let want = owned(&[
            ("发票号码", "25117000000999000001"),
            ("日期", "2025-07-04"),
            ("税额", "49.54"),
            ("金额", "610.46"),
            ("车次", "CA1234"),
            ("乘车日期", "2025-07-05"),
        ]);
        assert_eq!(said(text), (Some(Kind::DigitalAir), want));
    }
}
