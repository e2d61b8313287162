//! XML as a small tree, read leniently and within limits. Names are local ones: the same document comes with many namespaces. Not here:
//! what it says (xml.rs, ofd/).

use super::Trouble;
use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;
use std::borrow::Cow;

const DEPTH_MAX: usize = 64;
const ELEMENTS_MAX: usize = 200_000;
const ATTRIBUTES_MAX: usize = 64;

#[derive(Debug, Default)]
pub struct Node {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// Its own, without that of its children.
    pub text: String,
    pub children: Vec<Node>,
}

impl Node {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first one below it, however deep, in the document's order.
    pub fn find(&self, name: &str) -> Option<&Node> {
        self.children.iter().find_map(|child| if child.name == name { Some(child) } else { child.find(name) })
    }

    /// All below it; what is inside one that is found is not looked at.
    pub fn find_all<'a>(&'a self, name: &str, found: &mut Vec<&'a Node>) {
        for child in &self.children {
            if child.name == name { found.push(child) } else { child.find_all(name, found) }
        }
    }

    /// The text of the first one with that name.
    pub fn said(&self, name: &str) -> Option<&str> {
        self.find(name).map(|node| node.text.as_str())
    }
}

/// By byte order mark, by zero bytes, by declaration; what is no UTF-8 though it says so is GB18030, which Chinese programs write.
pub fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, Trouble> {
    let plain = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => return decoded_as(UTF_8, rest).or_else(|_| decoded_as(GB18030, rest)),
        [0xFF, 0xFE, rest @ ..] => return decoded_as(UTF_16LE, rest),
        [0xFE, 0xFF, rest @ ..] => return decoded_as(UTF_16BE, rest),
        [b'<', 0, ..] => return decoded_as(UTF_16LE, bytes),
        [0, b'<', ..] => return decoded_as(UTF_16BE, bytes),
        plain => plain,
    };
    // Whoever declares UTF-16 in single bytes has turned the file into something else since.
    let declared = declared(plain).filter(|encoding| ![UTF_16LE, UTF_16BE].contains(encoding)).unwrap_or(UTF_8);
    decoded_as(declared, plain).or_else(|trouble| if declared == UTF_8 { decoded_as(GB18030, plain) } else { Err(trouble) })
}

fn decoded_as<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Result<Cow<'a, str>, Trouble> {
    let wider = if encoding == encoding_rs::GBK { GB18030 } else { encoding };
    wider.decode_without_bom_handling_and_without_replacement(bytes).ok_or(Trouble::Damaged)
}

fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(200))?);
    let declaration = head.trim_start().strip_prefix("<?xml")?.split("?>").next()?.to_owned();
    let after = declaration.split("encoding").nth(1)?.trim_start().strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|c| ['"', '\''].contains(c))?;
    Encoding::for_label(after.get(1..)?.split(quote).next()?.trim().as_bytes())
}

/// The root. Not well-formed: `Damaged`; too deep or too long: `TooMuch`. DTDs are not read.
pub fn parse(bytes: &[u8]) -> Result<Node, Trouble> {
    let text = decoded(bytes)?;
    let mut reader = Reader::from_str(text.trim_start_matches(['\u{FEFF}', ' ', '\r', '\n', '\t']));
    reader.config_mut().allow_dangling_amp = true;
    let mut grown = Grown { above: Vec::new(), root: None, elements: 0 };
    loop {
        match reader.read_event().map_err(|_| Trouble::Damaged)? {
            Event::Start(start) => grown.open(element(&start))?,
            Event::Empty(start) => {
                grown.open(element(&start))?;
                grown.close();
            }
            Event::End(_) => grown.close(),
            Event::Text(text) => grown.say(&text.xml10_content()),
            Event::CData(text) => grown.say(&text.xml10_content()),
            Event::GeneralRef(reference) => grown.say(&resolved(&reference)),
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    grown.root.filter(|_| grown.above.is_empty()).ok_or(Trouble::Damaged)
}

struct Grown {
    above: Vec<Node>,
    root: Option<Node>,
    elements: usize,
}

impl Grown {
    fn open(&mut self, node: Node) -> Result<(), Trouble> {
        self.elements += 1;
        if self.elements > ELEMENTS_MAX || self.above.len() >= DEPTH_MAX {
            return Err(Trouble::TooMuch);
        }
        self.above.push(node);
        Ok(())
    }

    fn close(&mut self) {
        let Some(node) = self.above.pop() else { return };
        match self.above.last_mut() {
            Some(parent) => parent.children.push(node),
            // What follows the first root is not read.
            None => self.root = self.root.take().or(Some(node)),
        }
    }

    fn say(&mut self, text: &str) {
        if let Some(node) = self.above.last_mut() {
            node.text.push_str(text);
        }
    }
}

fn element(start: &BytesStart<'_>) -> Node {
    let mut attributes = Vec::new();
    // A wrong attribute is no reason to lose an invoice.
    for attribute in start.attributes().with_checks(false).flatten().take(ATTRIBUTES_MAX) {
        let value = quick_xml::escape::unescape(&attribute.value).unwrap_or(Cow::Borrowed(&attribute.value)).into_owned();
        attributes.push((attribute.key.local_name().into_inner().to_owned(), value));
    }
    Node { name: start.local_name().into_inner().to_owned(), attributes, ..Node::default() }
}

/// The five built-in ones and numbers; any other stays as it is written, and nothing is looked up.
fn resolved(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return c.to_string();
    }
    let name = reference.xml10_content();
    quick_xml::escape::resolve_predefined_entity(&name).map_or_else(|| format!("&{name};"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_says_the_same() {
        let text = "<?xml version=\"1.0\" encoding=\"GBK\"?><a b='税&amp;费'>发票&#x53F7;&lt;码</a>";
        let utf16 = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let utf8 = text.replace("GBK", "UTF-8");
        for bytes in [
            utf8.clone().into_bytes(),
            format!("\u{FEFF}{utf8}").into_bytes(),
            format!("\n {utf8}").into_bytes(),
            GB18030.encode(text).0.into_owned(),
            GB18030.encode(&utf8).0.into_owned(),
            utf16(u16::to_le_bytes),
            [&[0xFF, 0xFE][..], &utf16(u16::to_le_bytes)].concat(),
            [&[0xFE, 0xFF][..], &utf16(u16::to_be_bytes)].concat(),
        ] {
            let root = parse(&bytes).unwrap();
            assert_eq!((root.text.as_str(), root.attribute("b")), ("发票号<码", Some("税&费")));
        }
    }

    #[test]
    fn namespaces_and_the_root_that_is_not_well_formed_are_no_matter() {
        let root =
            parse(b"<:eInvoice xmlns:=\"\"><fp:No><o:ObjectRef PageRef=\"1\">64</o:ObjectRef></fp:No><b/></:eInvoice>").unwrap();
        assert_eq!((root.name.as_str(), root.said("ObjectRef")), ("eInvoice", Some("64")));
        assert_eq!(root.find("ObjectRef").unwrap().attribute("PageRef"), Some("1"));
    }

    #[test]
    fn entities_are_not_expanded() {
        let bomb = b"<!DOCTYPE a [<!ENTITY x \"xxxxxxxxxx\"><!ENTITY y \"&x;&x;&x;&x;\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]><a>&y;&f;A&B</a>";
        assert_eq!(parse(bomb).unwrap().text, "&y;&f;A&B");
    }

    #[test]
    fn what_is_too_deep_too_long_or_cut_off_is_refused() {
        let deep = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
        assert!(parse(deep(64).as_bytes()).is_ok());
        assert_eq!(parse(deep(65).as_bytes()).unwrap_err(), Trouble::TooMuch);
        assert_eq!(parse(deep(1_000_000).as_bytes()).unwrap_err(), Trouble::TooMuch);
        assert_eq!(parse(format!("<a>{}</a>", "<b/>".repeat(ELEMENTS_MAX)).as_bytes()).unwrap_err(), Trouble::TooMuch);
        for bytes in ["", "<a>", "<a></b>", "<a><b></a>", "no markup", "<a"] {
            assert_eq!(parse(bytes.as_bytes()).unwrap_err(), Trouble::Damaged, "{bytes}");
        }
    }
}
