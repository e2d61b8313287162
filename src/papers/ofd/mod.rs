//! OFD files: pages with their text, and what they state as data. Not here: the ZIP (package.rs), objects (content.rs), data (data.rs),
//! pictures of pages (draw/ofd.rs).

use super::{Shape, Trouble};
use crate::domain::paper::{Page, Paper, Run, Source};
use crate::domain::template::Rect;
use content::{Content, Glyph, Object, What, usual_width};
use data::{Texts, attached, custom, tagged};
use document::{Area, PageParts, documents};
use hayro::kurbo::{Point, Rect as Bounds};
use package::Package;
use resources::Resources;

pub mod content;
mod data;
pub mod document;
pub mod package;
pub mod resources;
pub mod style;

pub fn inspect(bytes: &[u8]) -> Result<Shape, Trouble> {
    let mut package = Package::open(bytes)?;
    let (_, documents) = documents(&mut package)?;
    let pages = documents.iter().map(|document| document.pages.len()).sum::<usize>();
    let first = documents.iter().find_map(|document| Some((document, document.pages.first()?)));
    let (document, (id, path)) = first.ok_or(Trouble::Damaged)?;
    let (width, height) = document.page(&mut package, id, path)?.area.size();
    Ok(Shape { pages: pages.try_into().unwrap_or(u32::MAX), width, height })
}

pub fn read(bytes: &[u8]) -> Result<Paper, Trouble> {
    let mut package = Package::open(bytes)?;
    let (root, documents) = documents(&mut package)?;
    let mut stated = attached(&mut package)?;
    stated.extend(custom(&root));
    let mut pages = Vec::new();
    for document in &documents {
        let resources = Resources::of(&mut package, document, &[])?;
        let mut texts = Texts::default();
        for (id, path) in &document.pages {
            let parts = document.page(&mut package, id, path)?;
            let mut own = Content::new(&resources);
            own.add_layers(&parts.page)?;
            let all = content(&mut package, &parts, &resources)?;
            texts.add(id, &own.objects);
            texts.add(id, &all.objects);
            let (width, height) = parts.area.size();
            let runs = all.objects.iter().flat_map(|object| runs(object, &parts.area)).collect();
            let pictures: Vec<Rect> = all.objects.iter().filter_map(|object| drawn(object, &parts.area)).collect();
            pages.push(Page::new(width, height, runs, &pictures));
        }
        stated.extend(tagged(&mut package, document, &texts)?);
    }
    Ok(Paper { source: Source::Ofd, pages, stated: stated.into_iter().map(|stated| (Source::Ofd, stated)).collect() })
}

/// All objects of a page with those of its templates, as they lie on each other.
pub fn content<'a>(package: &mut Package<'_>, parts: &PageParts, resources: &'a Resources) -> Result<Content<'a>, Trouble> {
    let mut content = Content::new(resources);
    for path in &parts.beneath {
        content.add_layers(&package.tree(path)?.unwrap_or_default())?;
    }
    content.add_layers(&parts.page)?;
    for path in &parts.above {
        content.add_layers(&package.tree(path)?.unwrap_or_default())?;
    }
    Ok(content)
}

/// Where a picture lies: the unit square of its object.
fn drawn(object: &Object, area: &Area) -> Option<Rect> {
    let What::Picture { .. } = &object.what else { return None };
    Some(in_pixels(object.place.transform_rect_bbox(Bounds::new(0.0, 0.0, 1.0, 1.0)), area))
}

fn in_pixels(place: Bounds, area: &Area) -> Rect {
    let scale = f64::from(area.scale());
    let (x, y) = ((place.x0 - f64::from(area.x)) * scale, (place.y0 - f64::from(area.y)) * scale);
    Rect { x: x as f32, y: y as f32, width: (place.width() * scale) as f32, height: (place.height() * scale) as f32 }
}

/// A run for each code of a text, or for each of its lines where it goes back to the left.
fn runs(object: &Object, area: &Area) -> Vec<Run> {
    let What::Text { size, stretch, codes, .. } = &object.what else { return Vec::new() };
    let mut runs = Vec::new();
    for code in codes {
        let mut line: Vec<Glyph> = Vec::new();
        for glyph in code {
            if line.last().is_some_and(|last| is_new_line(last.at, glyph.at, f64::from(*size))) {
                runs.extend(run(&std::mem::take(&mut line), object, *size, *stretch, area));
            }
            line.push(*glyph);
        }
        runs.extend(run(&line, object, *size, *stretch, area));
    }
    runs
}

fn is_new_line(last: Point, next: Point, size: f64) -> bool {
    next.y - last.y > 0.3 * size && next.x - last.x < -0.3 * size
}

fn run(glyphs: &[Glyph], object: &Object, size: f32, stretch: f32, area: &Area) -> Option<Run> {
    let ink = |glyph: &&Glyph| !glyph.c.is_whitespace();
    let boxes = glyphs.iter().filter(ink).map(|glyph| {
        let usual = usual_width(glyph.c, size * stretch);
        let width = glyph.advance.filter(|advance| *advance > 0.0).map_or(usual, |advance| advance.min(usual));
        let (size, at) = (f64::from(size), glyph.at);
        object.place.transform_rect_bbox(Bounds::new(at.x, at.y - 0.88 * size, at.x + f64::from(width), at.y + 0.12 * size))
    });
    let whole = boxes.reduce(|one, other| one.union(other))?;
    let rect = in_pixels(whole, area);
    let (width, height) = area.size();
    // Some makers keep what is not to be seen beside the page.
    let is_on_page = rect.x < width as f32 && rect.y < height as f32 && rect.right() > 0.0 && rect.bottom() > 0.0;
    let text: String = glyphs.iter().map(|glyph| glyph.c).collect();
    is_on_page.then(|| Run { text: text.trim().to_owned(), rect, probability: 1.0 })
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::domain::kind::Kind;
    use std::io::{Cursor, Write};
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    pub fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    pub const ROOT: &str =
        "<o:OFD><o:DocBody><o:DocInfo><o:CustomDatas><o:CustomData Name=\"发票号码\">24112000000000000001</o:CustomData>
        </o:CustomDatas></o:DocInfo><o:DocRoot>Doc_0/Document.xml</o:DocRoot></o:DocBody></o:OFD>";
    /// As the tax office's: no size for all pages, none of the numbers that the standard asks for.
    pub const DOCUMENT: &str =
        "\u{FEFF}<o:Document><o:CommonData><o:TemplatePage ID='1' BaseLoc='T.xml'/><o:PublicRes>R.xml</o:PublicRes>
        </o:CommonData><o:Pages><o:Page ID='5' BaseLoc='P.xml'/></o:Pages><o:CustomTags>Tags/List.xml</o:CustomTags></o:Document>";
    pub const TEMPLATE: &str = "<o:Page><o:Area><o:PhysicalBox>0 0 210 140</o:PhysicalBox></o:Area><o:Content><o:Layer>
        <o:TextObject ID='9' Boundary='70 10 70 10' Size='6'><o:TextCode X='0' Y='6' DeltaX='g 3 6'>电子发票</o:TextCode></o:TextObject>
        <o:PathObject Boundary='10 20 100 1'><o:AbbreviatedData>M 0 0 L 100 0</o:AbbreviatedData></o:PathObject></o:Layer></o:Content></o:Page>";
    pub const PAGE: &str = "<o:Page><o:Template TemplateID='1'/><o:Content><o:Layer>
        <o:TextObject ID='9' Boundary='170 10 38 5' Size='3'><o:TextCode X='0' Y='4' DeltaX='g 3 1.5 -4.5' DeltaY='g 3 0 4'>12345</o:TextCode>
        </o:TextObject><o:TextObject ID='10' Boundary='30 285 9 5' Size='3'><o:TextCode X='0' Y='4'>藏</o:TextCode></o:TextObject>
        </o:Layer></o:Content></o:Page>";
    const LIST: &str = "<o:CustomTags><o:CustomTag TypeID=''><o:FileLoc>Tag.xml</o:FileLoc></o:CustomTag></o:CustomTags>";
    const TAGS: &str = "<:eInvoice xmlns:=''><InvoiceNo><ObjectRef PageRef='5'>9</ObjectRef></InvoiceNo></:eInvoice>";

    pub fn small() -> Vec<u8> {
        zipped(&[
            ("OFD.xml", ROOT),
            ("Doc_0/Document.xml", DOCUMENT),
            ("Doc_0/T.xml", TEMPLATE),
            ("Doc_0/P.xml", PAGE),
            ("Doc_0/Tags/List.xml", LIST),
            ("Doc_0/Tags/Tag.xml", TAGS),
            ("Doc_0/Attachs/original_invoice.xml", "<eInvoice><fp:InvoiceNo>12345678</fp:InvoiceNo></eInvoice>"),
        ])
    }

    #[test]
    fn text_stands_where_it_is_drawn_and_data_comes_in_the_order_of_surety() {
        let bytes = small();
        let shape = inspect(&bytes).unwrap();
        // 210 × 140 mm at 150 dots an inch.
        assert_eq!((shape.pages, shape.width, shape.height), (1, 1240, 827));
        let paper = read(&bytes).unwrap();
        let [page] = paper.pages.as_slice() else { panic!("one page") };
        let texts: Vec<&str> = page.runs.iter().map(|run| run.text.as_str()).collect();
        assert_eq!((paper.source, texts), (Source::Ofd, vec!["电子发票", "1234", "5"]));
        let mm = |pixels: f32| (pixels * 25.4 / 150.0 * 10.0).round() / 10.0;
        let [title, number, below] = [0, 1, 2].map(|n: usize| page.runs[n].rect);
        assert_eq!([title.x, title.width, number.x, number.width, below.x].map(mm), [70.0, 24.0, 170.0, 6.0, 170.0]);
        assert_eq!([number.y, number.height, below.y].map(mm), [11.4, 3.0, 15.4]);
        let numbers: Vec<&str> = paper.stated.iter().map(|(_, stated)| stated.fields[0].1.as_str()).collect();
        assert_eq!(numbers, ["12345678", "24112000000000000001", "12345"]);
    }

    #[test]
    fn a_picture_pasted_beside_the_text_is_counted() {
        let pasted = PAGE.replace(
            "<o:TextObject ID='10'",
            "<o:ImageObject Boundary='20 100 120 90' CTM='120 0 0 90 0 0' ResourceID='1'/><o:TextObject ID='10'",
        );
        let paper = |page: &str| {
            let bytes =
                zipped(&[("OFD.xml", ROOT), ("Doc_0/Document.xml", DOCUMENT), ("Doc_0/T.xml", TEMPLATE), ("Doc_0/P.xml", page)]);
            read(&bytes).unwrap().pages[0].pictures
        };
        assert_eq!((paper(&pasted), paper(PAGE)), (1, 0));
    }

    #[test]
    fn a_railway_ticket_is_read_from_its_accounting_data() {
        let ticket =
            "<xbrl><rai:ElectronicInvoiceRailwayETicketNumber>26419100000999000004</rai:ElectronicInvoiceRailwayETicketNumber>
            <rai:Fare>272.50</rai:Fare></xbrl>";
        let parts = [
            ("OFD.xml", ROOT),
            ("Doc_0/Document.xml", DOCUMENT),
            ("Doc_0/P.xml", PAGE),
            ("Doc_0/Attachs/Attachments.xml", "<Attachments/>"),
            ("Doc_0/Attachs/notes.xml", "<notes>"),
            ("Doc_0/Attachs/rai_issuer_26419100000999000004.xml", ticket),
        ];
        let stated = read(&zipped(&parts)).unwrap().stated;
        let (source, first) = &stated[0];
        let fare = ("金额".to_owned(), "272.50".to_owned());
        assert_eq!((*source, first.kind, first.fields.contains(&fare)), (Source::Ofd, Some(Kind::DigitalRail), true));
        assert_eq!(stated.len(), 2);
    }

    #[test]
    fn hostile_files_are_refused_in_time() {
        let bytes = small();
        assert_eq!(read(&bytes[..bytes.len() - 40]).unwrap_err(), Trouble::Damaged);
        assert_eq!(read(&zipped(&[("OFD.xml", "<OFD/>")])).unwrap_err(), Trouble::Damaged);
        let pages: String = (0..201).map(|n| format!("<Page ID='{n}' BaseLoc='P.xml'/>")).collect();
        let document = format!("<Document><Pages>{pages}</Pages></Document>");
        let many = zipped(&[("OFD.xml", ROOT), ("Doc_0/Document.xml", &document)]);
        assert_eq!(read(&many).unwrap_err(), Trouble::TooManyPages);
        let bomb = " ".repeat(33 << 20);
        assert_eq!(read(&zipped(&[("OFD.xml", ROOT), ("Doc_0/Document.xml", &bomb)])).unwrap_err(), Trouble::TooMuch);
        // Each page unpacks the same 1 MB.
        let template = format!("<Page><!--{}--></Page>", "x".repeat(1 << 20));
        let pages: String = (0..200).map(|n| format!("<Page ID='{n}' BaseLoc='P.xml'/>")).collect();
        let document =
            format!("<Document><CommonData><TemplatePage ID='1' BaseLoc='T.xml'/></CommonData><Pages>{pages}</Pages></Document>");
        let again =
            zipped(&[("OFD.xml", ROOT), ("Doc_0/Document.xml", &document), ("Doc_0/P.xml", PAGE), ("Doc_0/T.xml", &template)]);
        assert_eq!(read(&again).unwrap_err(), Trouble::TooMuch);
    }

    #[test]
    fn a_page_without_a_size_or_with_a_senseless_one_is_a4() {
        for area in ["", "<Area><PhysicalBox>0 0 NaN 1e30</PhysicalBox></Area>", "<Area><PhysicalBox>0 0 -5 0</PhysicalBox></Area>"]
        {
            let document = "<Document><Pages><Page ID='1' BaseLoc='P.xml'/></Pages></Document>";
            let page = format!("<Page>{area}</Page>");
            let bytes = zipped(&[("OFD.xml", ROOT), ("Doc_0/Document.xml", document), ("Doc_0/P.xml", &page)]);
            let shape = inspect(&bytes).unwrap();
            assert_eq!((shape.width, shape.height), (1240, 1754), "{area}");
        }
        let large = "<Page><Area><PhysicalBox>0 0 100000 50000</PhysicalBox></Area></Page>";
        let document = "<Document><Pages><Page ID='1' BaseLoc='P.xml'/></Pages></Document>";
        let shape = inspect(&zipped(&[("OFD.xml", ROOT), ("Doc_0/Document.xml", document), ("Doc_0/P.xml", large)])).unwrap();
        assert_eq!((shape.width, shape.height), (4_000, 2_000));
    }
}
