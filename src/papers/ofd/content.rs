//! What is on a page: texts with the place of each character, paths and pictures, in the order in which they are drawn. Not here: drawing
//! (draw/ofd.rs), resources that objects name (resources.rs).

use super::document::numbers;
use super::resources::Resources;
use super::style::{BLACK, Colour, Style};
use crate::papers::Trouble;
use crate::papers::tree::Node;
use hayro::kurbo::{Affine, Point};

/// Of a page and its templates.
const OBJECTS_MAX: usize = 200_000;
/// Of composite objects in each other.
const NESTED_MAX: usize = 4;
/// Millimetres; the standard's.
const LINE_WIDTH: f32 = 0.353;

#[derive(Clone, Debug)]
pub struct Object {
    pub id: String,
    /// From the object's space to the page's, millimetres.
    pub place: Affine,
    pub fill: Option<Colour>,
    pub stroke: Option<Colour>,
    pub line_width: f32,
    /// As the file names it: Darken, Multiply.
    pub blend: Option<String>,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    Text {
        font: String,
        size: f32,
        stretch: f32,
        codes: Vec<Vec<Glyph>>,
    },
    /// In the notation of the standard.
    Path {
        data: String,
        even_odd: bool,
    },
    Picture {
        resource: String,
    },
}

/// A character at the begin of its base line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glyph {
    pub c: char,
    pub at: Point,
    /// To the next character, where the file says so.
    pub advance: Option<f32>,
}

/// Objects of a page, template or appearance, in order.
pub struct Content<'a> {
    pub resources: &'a Resources,
    pub objects: Vec<Object>,
}

impl<'a> Content<'a> {
    pub fn new(resources: &'a Resources) -> Self {
        Self { resources, objects: Vec::new() }
    }

    /// Layers of a page or template.
    pub fn add_layers(&mut self, page: &Node) -> Result<(), Trouble> {
        let mut layers: Vec<&Node> = page.child("Content").into_iter().flat_map(|content| content.all("Layer")).collect();
        layers.sort_by_key(|layer| match layer.attribute("Type") {
            Some("Background") => 0,
            Some("Foreground") => 2,
            _ => 1,
        });
        for layer in layers {
            let style = self.resources.style(layer.attribute("DrawParam"));
            self.add_all(layer, Affine::IDENTITY, &style, 0)?;
        }
        Ok(())
    }

    /// All objects inside `parent`.
    pub fn add_all(&mut self, parent: &Node, above: Affine, inherited: &Style, nested: usize) -> Result<(), Trouble> {
        for node in &parent.children {
            if node.attribute("Visible").is_some_and(|visible| visible.eq_ignore_ascii_case("false")) {
                continue;
            }
            match node.name.as_str() {
                "PageBlock" => self.add_all(node, above, inherited, nested)?,
                "CompositeObject" => self.add_composite(node, above, inherited, nested)?,
                "TextObject" | "PathObject" | "ImageObject" => self.add(node, above, inherited)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn add_composite(&mut self, node: &Node, above: Affine, inherited: &Style, nested: usize) -> Result<(), Trouble> {
        let resources = self.resources;
        let unit = node.attribute("ResourceID").and_then(|id| resources.composites.get(id));
        match unit.and_then(|unit| unit.child("Content")).filter(|_| nested < NESTED_MAX) {
            Some(content) => self.add_all(content, above * place(node), inherited, nested + 1),
            None => Ok(()),
        }
    }

    fn add(&mut self, node: &Node, above: Affine, inherited: &Style) -> Result<(), Trouble> {
        if self.objects.len() >= OBJECTS_MAX {
            return Err(Trouble::TooMuch);
        }
        let own = Style {
            fill: node.child("FillColor").and_then(|colour| self.resources.colour(colour)),
            stroke: node.child("StrokeColor").and_then(|colour| self.resources.colour(colour)),
            line_width: number(node, "LineWidth"),
        };
        let style = own.or(&self.resources.style(node.attribute("DrawParam"))).or(inherited);
        let (is_text, is_picture) = (node.name == "TextObject", node.name == "ImageObject");
        let says = |name: &str, usual: bool| node.attribute(name).map_or(usual, |said| said.eq_ignore_ascii_case("true"));
        let alpha = number(node, "Alpha").unwrap_or(255.0).clamp(0.0, 255.0);
        let seen = |colour: Colour| {
            let alpha = (f32::from(colour.alpha) * alpha / 255.0).round() as u8;
            (alpha > 0).then_some(Colour { alpha, ..colour })
        };
        // Of a picture it is the alpha that counts.
        let (fill, stroke) = match is_picture {
            true => (seen(BLACK), None),
            false => {
                // Paths that name no colour to be filled with are not.
                let fill = style.fill.or(is_text.then_some(BLACK)).filter(|_| says("Fill", is_text));
                let stroke = style.stroke.or(Some(BLACK)).filter(|_| says("Stroke", !is_text));
                (fill.and_then(seen), stroke.and_then(seen))
            }
        };
        if fill.is_none() && stroke.is_none() {
            return Ok(());
        }
        let what = match node.name.as_str() {
            "TextObject" => text(node),
            "PathObject" => node.said("AbbreviatedData").map(|data| What::Path {
                data: data.to_owned(),
                even_odd: node.attribute("Rule").is_some_and(|rule| rule.starts_with("Even")),
            }),
            _ => node.attribute("ResourceID").map(|id| What::Picture { resource: id.to_owned() }),
        };
        let Some(what) = what else { return Ok(()) };
        let line_width = style.line_width.unwrap_or(LINE_WIDTH);
        let id = node.attribute("ID").unwrap_or_default().to_owned();
        let blend = node.attribute("BlendMode").map(str::to_owned);
        self.objects.push(Object { id, place: above * place(node), fill, stroke, line_width, blend, what });
        Ok(())
    }
}

fn number(node: &Node, name: &str) -> Option<f32> {
    node.attribute(name)?.trim().parse::<f32>().ok().filter(|number| number.is_finite())
}

/// Its boundary's corner and its own matrix.
pub fn place(node: &Node) -> Affine {
    let corner = numbers(node.attribute("Boundary").unwrap_or_default());
    let at = |n: usize| f64::from(corner.get(n).copied().unwrap_or_default());
    let matrix = match *numbers(node.attribute("CTM").unwrap_or_default()).as_slice() {
        [a, b, c, d, e, f] => Affine::new([a, b, c, d, e, f].map(f64::from)),
        _ => Affine::IDENTITY,
    };
    Affine::translate((at(0), at(1))) * matrix
}

fn text(node: &Node) -> Option<What> {
    let size = number(node, "Size").filter(|size| (0.01..=1_000.0).contains(size))?;
    let stretch = number(node, "HScale").filter(|scale| (0.05..=20.0).contains(scale)).unwrap_or(1.0);
    let mut from = Point::ZERO;
    let mut codes = Vec::new();
    for code in node.all("TextCode") {
        // What it does not say is as in the one before.
        from.x = number(code, "X").map_or(from.x, f64::from);
        from.y = number(code, "Y").map_or(from.y, f64::from);
        let glyphs = glyphs(code, from, size * stretch);
        if !glyphs.is_empty() {
            codes.push(glyphs);
        }
    }
    Some(What::Text { font: node.attribute("Font").unwrap_or_default().to_owned(), size, stretch, codes })
}

/// Without a step of its own a full-width character is as wide as it is high, others half of it.
pub fn usual_width(c: char, size: f32) -> f32 {
    if c.is_ascii() || ['¥', '·', '×'].contains(&c) { size / 2.0 } else { size }
}

fn glyphs(code: &Node, from: Point, size: f32) -> Vec<Glyph> {
    // Line ends of a pretty-printed file are no characters, blanks are.
    let chars: Vec<char> = code.text.trim_matches(['\r', '\n', '\t']).chars().filter(|c| !['\r', '\n'].contains(c)).collect();
    let across = deltas(code.attribute("DeltaX").unwrap_or_default(), chars.len());
    let down = deltas(code.attribute("DeltaY").unwrap_or_default(), chars.len());
    let mut at = from;
    let mut glyphs = Vec::with_capacity(chars.len());
    for (n, c) in chars.into_iter().enumerate() {
        let (x, y) = (across.get(n).copied(), down.get(n).copied());
        glyphs.push(Glyph { c, at, advance: x });
        at.x += f64::from(x.unwrap_or_else(|| if y.is_some_and(|y| y != 0.0) { 0.0 } else { usual_width(c, size) }));
        at.y += f64::from(y.unwrap_or_default());
    }
    glyphs
}

/// `3.175 g 4 1.5875`: a number, then one four times. At most `most`.
fn deltas(text: &str, most: usize) -> Vec<f32> {
    let mut deltas = Vec::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next().filter(|_| deltas.len() < most) {
        let (times, value) = if word.eq_ignore_ascii_case("g") {
            (words.next().and_then(|times| times.parse::<usize>().ok()).unwrap_or_default(), words.next())
        } else {
            (1, Some(word))
        };
        let value = value.and_then(|value| value.parse::<f32>().ok()).filter(|value| value.is_finite()).unwrap_or_default();
        deltas.extend(std::iter::repeat_n(value, times.min(most - deltas.len())));
    }
    deltas
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::papers::tree::parse;

    fn objects(layer: &str) -> Vec<Object> {
        let page = parse(format!("<Page><Content><Layer>{layer}</Layer></Content></Page>").as_bytes()).unwrap();
        let resources = Resources::default();
        let mut content = Content::new(&resources);
        content.add_layers(&page).unwrap();
        content.objects
    }

    #[test]
    fn steps_may_be_repeated_and_are_never_more_than_characters() {
        assert_eq!(deltas("1.5 g 3 2 4", 9), [1.5, 2.0, 2.0, 2.0, 4.0]);
        assert_eq!(deltas("g 4000000000 1", 3), [1.0, 1.0, 1.0]);
        assert_eq!(deltas("g 2 NaN x", 9), [0.0, 0.0, 0.0]);
        assert!(deltas("g", 9).is_empty());
    }

    #[test]
    fn characters_stand_where_the_file_puts_them() {
        let [object]: [Object; 1] = objects(
            "<TextObject ID='7' Boundary='10 20 50 5' CTM='2 0 0 2 1 1' Font='3' Size='3'>
            <TextCode X='1' Y='2' DeltaX='g 2 1.5'>ab票</TextCode><TextCode Y='9'>c</TextCode></TextObject>",
        )
        .try_into()
        .unwrap();
        let What::Text { codes, size, .. } = &object.what else { panic!("no text") };
        let places: Vec<(char, f64, f64)> = codes.iter().flatten().map(|g| (g.c, g.at.x, g.at.y)).collect();
        assert_eq!((*size, places), (3.0, vec![('a', 1.0, 2.0), ('b', 2.5, 2.0), ('票', 4.0, 2.0), ('c', 1.0, 9.0)]));
        assert_eq!(object.place * Point::new(1.0, 2.0), Point::new(13.0, 25.0));
    }

    #[test]
    fn what_is_not_seen_is_left_out() {
        for hidden in ["Visible='false'", "Fill='false'", "Alpha='0'"] {
            assert!(objects(&format!("<TextObject {hidden} Size='3'><TextCode>a</TextCode></TextObject>")).is_empty(), "{hidden}");
        }
        assert!(
            objects("<PageBlock Visible='false'><TextObject Size='3'><TextCode>a</TextCode></TextObject></PageBlock>").is_empty()
        );
        assert_eq!(objects("<PageBlock><TextObject Size='3'><TextCode>a</TextCode></TextObject></PageBlock>").len(), 1);
    }
}
