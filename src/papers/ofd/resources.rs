//! What the objects of an OFD's pages name: fonts, pictures, colours, ways to draw. Not here: decoding fonts and pictures (draw/).

use super::document::{Document, numbers};
use super::package::{Package, folder_of, resolved};
use super::style::{Colour, Style};
use crate::papers::Trouble;
use crate::papers::tree::Node;
use std::collections::HashMap;

/// Of ways to draw that build on each other.
const RELATIVE_MAX: usize = 8;

#[derive(Debug, Default)]
pub struct Font {
    /// `None`: the file does not bring it.
    pub path: Option<String>,
    pub bold: bool,
}

/// By ID.
#[derive(Debug, Default)]
pub struct Resources {
    pub fonts: HashMap<String, Font>,
    /// Paths.
    pub media: HashMap<String, String>,
    pub composites: HashMap<String, Node>,
    styles: HashMap<String, (Style, Option<String>)>,
    /// Types: RGB, GRAY, CMYK.
    spaces: HashMap<String, String>,
}

impl Resources {
    /// The document's and those at `more`.
    pub fn of(package: &mut Package<'_>, document: &Document, more: &[String]) -> Result<Self, Trouble> {
        let mut all = Self::default();
        let paths = document.paths("PublicRes").into_iter().chain(document.paths("DocumentRes")).chain(more.iter().cloned());
        let mut roots = Vec::new();
        for path in paths {
            if let Some(root) = package.tree(&path)? {
                roots.push((folder_of(&path).to_owned(), root));
            }
        }
        roots.iter().for_each(|(_, root)| all.add_spaces(root));
        for (folder, root) in roots {
            all.add(&folder, root);
        }
        Ok(all)
    }

    fn add_spaces(&mut self, root: &Node) {
        let mut spaces = Vec::new();
        root.find_all("ColorSpace", &mut spaces);
        for space in spaces {
            if let (Some(id), Some(kind)) = (space.attribute("ID"), space.attribute("Type")) {
                self.spaces.insert(id.to_owned(), kind.to_ascii_uppercase());
            }
        }
    }

    fn add(&mut self, folder: &str, root: Node) {
        let folder = resolved(folder, root.attribute("BaseLoc").unwrap_or_default());
        for group in root.children {
            for node in group.children {
                let Some(id) = node.attribute("ID").map(str::to_owned) else { continue };
                match node.name.as_str() {
                    "Font" => {
                        let path = node.said("FontFile").map(|path| resolved(&folder, path));
                        let bold = node.attribute("Bold").is_some_and(|bold| bold.eq_ignore_ascii_case("true"));
                        self.fonts.insert(id, Font { path, bold });
                    }
                    "MultiMedia" => {
                        if let Some(path) = node.said("MediaFile") {
                            self.media.insert(id, resolved(&folder, path));
                        }
                    }
                    "DrawParam" => {
                        let style = Style {
                            fill: node.child("FillColor").and_then(|colour| self.colour(colour)),
                            stroke: node.child("StrokeColor").and_then(|colour| self.colour(colour)),
                            line_width: node.attribute("LineWidth").and_then(|width| width.trim().parse().ok()),
                        };
                        self.styles.insert(id, (style, node.attribute("Relative").map(str::to_owned)));
                    }
                    "CompositeGraphicUnit" => {
                        self.composites.insert(id, node);
                    }
                    _ => {}
                }
            }
        }
    }

    pub fn style(&self, id: Option<&str>) -> Style {
        let mut style = Style::default();
        let mut next = id;
        for _ in 0..RELATIVE_MAX {
            let Some((own, relative)) = next.and_then(|id| self.styles.get(id)) else { break };
            style = style.or(own);
            next = relative.as_deref();
        }
        style
    }

    /// A shading is taken for the first of its colours. A pattern is a watermark, which nobody misses: nothing.
    pub fn colour(&self, node: &Node) -> Option<Colour> {
        if node.child("Pattern").is_some() {
            return Some(Colour { rgb: [255; 3], alpha: 0 });
        }
        let holder = if node.attribute("Value").is_some() { node } else { node.find("Color").unwrap_or(node) };
        let values = numbers(holder.attribute("Value")?);
        let alpha = node.attribute("Alpha").and_then(|alpha| alpha.trim().parse::<f32>().ok()).unwrap_or(255.0);
        let space = holder.attribute("ColorSpace").and_then(|id| self.spaces.get(id)).map(String::as_str);
        let byte = |value: f32| value.round().clamp(0.0, 255.0) as u8;
        let rgb = match (space, values.as_slice()) {
            (_, [gray]) => [byte(*gray); 3],
            (Some("CMYK") | None, [c, m, y, k]) => [c, m, y].map(|part| byte(255.0 * (1.0 - part / 255.0) * (1.0 - k / 255.0))),
            (_, [r, g, b, ..]) => [r, g, b].map(|part| byte(*part)),
            _ => return None,
        };
        Some(Colour { rgb, alpha: byte(alpha) })
    }
}
