//! Pages of OFD files as pictures, with what lies on them: annotations and seals. Not here: what is on a page (ofd/content.rs).

use super::canvas::Canvas;
use crate::font::{BUNDLED, Face};
use crate::papers::ofd::content::{Content, Glyph, Object, What, place};
use crate::papers::ofd::document::{Area, Document, PageParts, documents, numbers};
use crate::papers::ofd::package::{Package, folder_of, resolved};
use crate::papers::ofd::resources::Resources;
use crate::papers::ofd::style::Style;
use crate::papers::tree::Node;
use crate::papers::{Trouble, ofd};
use hayro::kurbo::{Affine, BezPath};
use image::{GrayImage, ImageReader, Limits, RgbImage, RgbaImage};
use std::collections::HashMap;
use std::io::Cursor;

/// Of a picture in a file, each side, and bytes of it decoded.
const PICTURE_SIDE_MAX: u32 = 20_000;
const PICTURE_BYTES_MAX: u64 = 64 << 20;
const SEALS_MAX: usize = 16;

pub fn page(bytes: &[u8], index: usize) -> Result<RgbImage, Trouble> {
    let mut package = Package::open(bytes)?;
    let (root, documents) = documents(&mut package)?;
    let mut before = 0;
    for document in &documents {
        if let Some((id, path)) = document.pages.get(index - before) {
            let parts = document.page(&mut package, id, path)?;
            let (width, height) = parts.area.size();
            let mut canvas = Canvas::new(width, height);
            let to_pixels = to_pixels(&parts.area);
            draw_page(&mut package, document, &parts, &mut canvas, to_pixels)?;
            for (seal, place) in seals(&mut package, &root, id)? {
                // A seal that can't be drawn is one that is not seen; the invoice is.
                let _ = draw_seal(&seal, &mut canvas, to_pixels * place);
            }
            return canvas.done();
        }
        before += document.pages.len();
    }
    Err(Trouble::Damaged)
}

fn to_pixels(area: &Area) -> Affine {
    Affine::scale(f64::from(area.scale())) * Affine::translate((-f64::from(area.x), -f64::from(area.y)))
}

/// A page with its templates and annotations.
fn draw_page(
    package: &mut Package<'_>,
    document: &Document,
    parts: &PageParts,
    canvas: &mut Canvas,
    to_pixels: Affine,
) -> Result<(), Trouble> {
    let resources = Resources::of(package, document, &parts.resources)?;
    let mut content = ofd::content(package, parts, &resources)?;
    for annotation in annotations(package, document, &parts.id)? {
        let Some(appearance) = annotation.child("Appearance") else { continue };
        content.add_all(appearance, place(appearance), &Style::default(), 0)?;
    }
    let files = Files::of(package, &content)?;
    let mut faces = Faces::of(&files, &resources);
    for object in &content.objects {
        if canvas.is_overdrawn() {
            return Err(Trouble::TooMuch);
        }
        canvas.blend(object.blend.as_deref());
        let place = to_pixels * object.place;
        match &object.what {
            What::Text { font, size, stretch, codes } => {
                for glyph in codes.iter().flatten() {
                    faces.draw(canvas, font, *glyph, (*size, *stretch), object, place);
                }
            }
            What::Path { data, even_odd } => {
                let Some(path) = outline(data) else { continue };
                if let Some(fill) = object.fill {
                    canvas.fill(&path, place, fill, *even_odd);
                }
                if let Some(stroke) = object.stroke {
                    canvas.stroke(&path, place, stroke, object.line_width);
                }
            }
            What::Picture { resource } => {
                if let Some(picture) = files.pictures.get(resource).and_then(|bytes| picture(bytes)) {
                    canvas.picture(picture, place, object.fill.map_or(255, |fill| fill.alpha));
                }
            }
        }
    }
    canvas.blend(None);
    Ok(())
}

/// Those of a page that are to be seen.
fn annotations(package: &mut Package<'_>, document: &Document, page: &str) -> Result<Vec<Node>, Trouble> {
    let mut all = Vec::new();
    for path in document.paths("Annotations") {
        let Some(list) = package.tree(&path)? else { continue };
        for place in list.all("Page").filter(|one| one.attribute("PageID") == Some(page)) {
            let Some(file) = place.said("FileLoc").map(|file| resolved(folder_of(&path), file)) else { continue };
            if let Some(root) = package.tree(&file)? {
                let is_seen = |node: &Node| !node.attribute("Visible").is_some_and(|seen| seen.eq_ignore_ascii_case("false"));
                all.extend(root.children.into_iter().filter(|node| node.name == "Annot" && is_seen(node)));
            }
        }
    }
    Ok(all)
}

/// The bytes of fonts and pictures that a page's objects name, by ID.
struct Files {
    fonts: HashMap<String, Vec<u8>>,
    pictures: HashMap<String, Vec<u8>>,
}

impl Files {
    fn of(package: &mut Package<'_>, content: &Content<'_>) -> Result<Self, Trouble> {
        let mut all = Self { fonts: HashMap::new(), pictures: HashMap::new() };
        for object in &content.objects {
            let (id, path, into) = match &object.what {
                What::Text { font, .. } => {
                    (font, content.resources.fonts.get(font).and_then(|font| font.path.as_ref()), &mut all.fonts)
                }
                What::Picture { resource } => (resource, content.resources.media.get(resource), &mut all.pictures),
                What::Path { .. } => continue,
            };
            let Some(path) = path.filter(|_| !into.contains_key(id)) else { continue };
            into.insert(id.clone(), package.bytes(path)?.unwrap_or_default());
        }
        Ok(all)
    }
}

struct Faces<'a> {
    own: HashMap<&'a str, Face<'a>>,
    bundled: Option<Face<'static>>,
    resources: &'a Resources,
}

impl<'a> Faces<'a> {
    fn of(files: &'a Files, resources: &'a Resources) -> Self {
        let own = files.fonts.iter().filter_map(|(id, bytes)| Some((id.as_str(), Face::of(bytes)?))).collect();
        Self { own, bundled: Face::of(BUNDLED), resources }
    }

    fn draw(&mut self, canvas: &mut Canvas, font: &str, glyph: Glyph, (size, stretch): (f32, f32), object: &Object, place: Affine) {
        let own = self.own.get_mut(font).and_then(|face| face.outline(glyph.c));
        let is_own = own.is_some();
        let Some(outline) = own.or_else(|| self.bundled.as_mut()?.outline(glyph.c)) else { return };
        let width = outline.advance * size * stretch;
        // Another font's character has to stay in the place that is left to it.
        let squeezed = match glyph.advance {
            Some(advance) if !is_own && advance > 0.0 && advance < width => (advance / width).max(0.5),
            _ => 1.0,
        };
        let (across, down) = (f64::from(size * stretch * squeezed), f64::from(size));
        let place = place * Affine::translate(glyph.at.to_vec2()) * Affine::scale_non_uniform(across, down);
        if let Some(fill) = object.fill {
            canvas.fill(&outline.path, place, fill, false);
        }
        let is_bold = !is_own && self.resources.fonts.get(font).is_some_and(|font| font.bold);
        if let Some(stroke) = object.stroke.or(object.fill.filter(|_| is_bold)) {
            canvas.stroke(&outline.path, place, stroke, if is_bold { 0.03 } else { object.line_width / size });
        }
    }
}

/// The standard's notation is SVG's with other letters.
fn outline(data: &str) -> Option<BezPath> {
    let svg: String = data
        .chars()
        .map(|c| match c {
            'S' => 'M',
            'B' => 'C',
            'C' => 'Z',
            c => c,
        })
        .collect();
    BezPath::from_svg(svg.trim()).ok()
}

fn picture(bytes: &[u8]) -> Option<RgbaImage> {
    if bytes.starts_with(b"\x97JB2") {
        return jbig2(bytes);
    }
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(PICTURE_SIDE_MAX), Some(PICTURE_SIDE_MAX));
    limits.max_alloc = Some(PICTURE_BYTES_MAX);
    reader.limits(limits);
    Some(reader.decode().ok()?.into_rgba8())
}

/// QR codes of some makers.
fn jbig2(bytes: &[u8]) -> Option<RgbaImage> {
    struct Bits(Vec<u8>);
    impl hayro_jbig2::Decoder for Bits {
        fn push_pixel(&mut self, black: bool) {
            self.0.push(if black { 0 } else { 255 });
        }
        fn push_pixel_chunk(&mut self, black: bool, chunk_count: u32) {
            self.0.extend(std::iter::repeat_n(if black { 0 } else { 255 }, 8 * chunk_count as usize));
        }
        fn next_line(&mut self) {}
    }
    let file = hayro_jbig2::File::new(bytes, &hayro_jbig2::DecodeSettings::default()).ok()?;
    let page = file.page(0)?;
    let (width, height) = (page.width(), page.height());
    if width.max(height) > PICTURE_SIDE_MAX || u64::from(width) * u64::from(height) > PICTURE_BYTES_MAX / 4 {
        return None;
    }
    let mut bits = Bits(Vec::new());
    page.decode(&mut bits).ok()?;
    Some(image::DynamicImage::from(GrayImage::from_raw(width, height, bits.0)?).into_rgba8())
}

/// The seals on a page: an OFD each, inside a signature that is not checked, and the place of its unit square.
fn seals(package: &mut Package<'_>, root: &Node, page: &str) -> Result<Vec<(Vec<u8>, Affine)>, Trouble> {
    let mut lists = Vec::new();
    root.find_all("Signatures", &mut lists);
    let mut seals = Vec::new();
    for path in lists.iter().map(|list| resolved("", &list.text)) {
        let Some(list) = package.tree(&path)? else { continue };
        for one in list.all("Signature").take(SEALS_MAX) {
            let Some(file) = one.attribute("BaseLoc").map(|file| resolved(folder_of(&path), file)) else { continue };
            let Some(signature) = package.tree(&file)? else { continue };
            let mut stamps = Vec::new();
            signature.find_all("StampAnnot", &mut stamps);
            let Some(stamp) = stamps.into_iter().find(|stamp| stamp.attribute("PageRef") == Some(page)) else { continue };
            let [x, y, width, height] = *numbers(stamp.attribute("Boundary").unwrap_or_default()).as_slice() else { continue };
            let Some(value) = signature.said("SignedValue").map(|value| resolved(folder_of(&file), value)) else { continue };
            let bytes = package.bytes(&value)?.unwrap_or_default();
            let Some(begin) = bytes.windows(4).position(|word| word == b"PK\x03\x04") else { continue };
            let place =
                Affine::translate((f64::from(x), f64::from(y))) * Affine::scale_non_uniform(f64::from(width), f64::from(height));
            seals.push((bytes.get(begin..).unwrap_or_default().to_vec(), place));
        }
    }
    Ok(seals)
}

/// Without the seals that it may have itself.
fn draw_seal(bytes: &[u8], canvas: &mut Canvas, square: Affine) -> Result<(), Trouble> {
    let mut package = Package::open(bytes)?;
    let (_, documents) = documents(&mut package)?;
    let Some((document, (id, path))) = documents.iter().find_map(|document| Some((document, document.pages.first()?))) else {
        return Ok(());
    };
    let parts = document.page(&mut package, id, path)?;
    let (width, height) = (f64::from(parts.area.width), f64::from(parts.area.height));
    let from_page = Affine::scale_non_uniform(1.0 / width, 1.0 / height)
        * Affine::translate((-f64::from(parts.area.x), -f64::from(parts.area.y)));
    draw_page(&mut package, document, &parts, canvas, square * from_page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::papers::ofd::tests::{DOCUMENT, PAGE, ROOT, TEMPLATE, small, zipped};
    use image::{ImageFormat, Rgba};

    fn dark(picture: &RgbImage, x: std::ops::Range<f32>, y: std::ops::Range<f32>) -> usize {
        let pixels = |mm: f32| (mm * 150.0 / 25.4) as u32;
        let rows = pixels(y.start)..pixels(y.end);
        rows.flat_map(|y| (pixels(x.start)..pixels(x.end)).map(move |x| (x, y)))
            .filter(|(x, y)| picture.get_pixel(*x, *y).0[0] < 128)
            .count()
    }

    #[test]
    fn text_and_lines_are_drawn_where_they_stand_without_a_font_in_the_file() {
        let picture = page(&small(), 0).unwrap();
        assert_eq!(picture.dimensions(), (1240, 827));
        // Title, number in two lines, line; nothing elsewhere.
        assert!(dark(&picture, 70.0..94.0, 10.0..18.0) > 500);
        assert!(dark(&picture, 170.0..176.0, 11.0..14.5) > 50 && dark(&picture, 170.0..172.0, 15.0..18.5) > 10);
        assert!(dark(&picture, 10.0..110.0, 19.0..21.0) > 400);
        assert_eq!(dark(&picture, 0.0..210.0, 25.0..139.0), 0);
        assert_eq!(page(&small(), 1).unwrap_err(), Trouble::Damaged);
    }

    #[test]
    fn pictures_and_annotations_are_drawn() {
        let mut png = Cursor::new(Vec::new());
        RgbaImage::from_pixel(500, 500, Rgba([200, 0, 0, 255])).write_to(&mut png, ImageFormat::Png).unwrap();
        let mut files = vec![("OFD.xml", ROOT.as_bytes()), ("Doc_0/T.xml", TEMPLATE.as_bytes()), ("Doc_0/P.xml", PAGE.as_bytes())];
        let document = DOCUMENT.replace("</o:Document>", "<o:Annotations>A.xml</o:Annotations></o:Document>");
        let annotation =
            "<PageAnnot><Annot><Appearance Boundary='100 50 30 20'><ImageObject Boundary='0 0 30 20' CTM='30 0 0 20 0 0'
            ResourceID='7'/></Appearance></Annot></PageAnnot>";
        files.push(("Doc_0/Document.xml", document.as_bytes()));
        files.push(("Doc_0/A.xml", b"<Annotations><Page PageID='5'><FileLoc>A1.xml</FileLoc></Page></Annotations>"));
        files.push(("Doc_0/A1.xml", annotation.as_bytes()));
        files.push((
            "Doc_0/R.xml",
            b"<Res BaseLoc='Res'><MultiMedias><MultiMedia ID='7'><MediaFile>a.png</MediaFile></MultiMedia></MultiMedias></Res>",
        ));
        files.push(("Doc_0/Res/a.png", png.get_ref()));
        let picture = page(&zipped_bytes(&files), 0).unwrap();
        let at = |x: f32, y: f32| picture.get_pixel((x * 150.0 / 25.4) as u32, (y * 150.0 / 25.4) as u32).0;
        assert_eq!((at(115.0, 60.0), at(99.0, 60.0)), ([200, 0, 0], [255; 3]));
    }

    fn zipped_bytes(files: &[(&str, &[u8])]) -> Vec<u8> {
        use std::io::Write;
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_page_that_costs_too_much_is_refused_before_it_is_drawn() {
        let page_of = |object: &str, times: usize| {
            let page_text = format!("<Page><Content><Layer>{}</Layer></Content></Page>", object.repeat(times));
            let document = "<Document><Pages><Page ID='1' BaseLoc='P.xml'/></Pages></Document>";
            page(&zipped(&[("OFD.xml", ROOT), ("Doc_0/Document.xml", document), ("Doc_0/P.xml", &page_text)]), 0).map(|_| ())
        };
        let text =
            format!("<TextObject Size='4'><TextCode X='0' Y='9' DeltaX='g 90 2'>{}</TextCode></TextObject>", "发票税额".repeat(20));
        assert_eq!(page_of(&text, 60), Ok(()));
        assert_eq!(page_of(&text.replace("Size='4'", "Size='90'"), 20_000), Err(Trouble::TooMuch));
        let hatched: String = (0..100_000).map(|n| format!("L {} {} ", n % 2 * 200, n % 290)).collect();
        let path = format!("<PathObject><AbbreviatedData>M 0 0 {hatched}</AbbreviatedData></PathObject>");
        assert_eq!(page_of(&path, 1), Err(Trouble::TooMuch));
    }

    #[test]
    fn senseless_places_and_paths_are_passed_over() {
        let page_of = |object: &str| {
            let page_text = format!("<Page><Content><Layer>{object}</Layer></Content></Page>");
            let document = "<Document><Pages><Page ID='1' BaseLoc='P.xml'/></Pages></Document>";
            page(&zipped(&[("OFD.xml", ROOT), ("Doc_0/Document.xml", document), ("Doc_0/P.xml", &page_text)]), 0).unwrap()
        };
        for object in [
            "<PathObject Boundary='0 0 1 1' CTM='1e30 0 0 1e30 0 0'><AbbreviatedData>M 0 0 L 1e30 1e30</AbbreviatedData></PathObject>",
            "<PathObject Fill='true'><AbbreviatedData>L 1 1 X</AbbreviatedData></PathObject>",
            "<PathObject CTM='0 0 0 0 0 0'><AbbreviatedData>M 0 0 L 5 5</AbbreviatedData></PathObject>",
            "<TextObject Size='900' CTM='1e20 0 0 1e20 0 0'><TextCode>发票</TextCode></TextObject>",
            "<ImageObject ResourceID='1'/>",
            // A pattern over the whole page is a watermark.
            "<PathObject Fill='true' Stroke='false'><FillColor Value='0 0 0'><Pattern/></FillColor><AbbreviatedData>M 0 0 L 90 0 L 90 90 C</AbbreviatedData></PathObject>",
            // Filled, but with no colour.
            "<PathObject Fill='true' Stroke='false'><AbbreviatedData>M 0 0 L 90 0 L 90 90 C</AbbreviatedData></PathObject>",
        ] {
            assert!(page_of(object).pixels().all(|pixel| pixel.0 == [255; 3]), "{object}");
        }
        assert_eq!(outline("S 0 0 B 1 1 2 2 3 3 Q 1 1 2 2 A 5 5 0 0 1 9 9 C").map(|path| path.elements().len() >= 4), Some(true));
    }
}
