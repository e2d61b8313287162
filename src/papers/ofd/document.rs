//! The documents of an OFD: their pages with size and templates, and where resources, tags and data stand. Not here: what is on a page
//! (content.rs).

use super::package::{Package, folder_of, resolved};
use crate::papers::tree::Node;
use crate::papers::{DPI, PAGES_MAX, SIDE_MAX, Trouble};
use std::collections::HashMap;

const MM_PER_INCH: f32 = 25.4;
/// A page without a size: A4.
const USUAL: Area = Area { x: 0.0, y: 0.0, width: 210.0, height: 297.0 };

/// Millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

impl Area {
    /// Pixels a millimetre; large pages are drawn smaller.
    pub fn scale(&self) -> f32 {
        (DPI / MM_PER_INCH).min(SIDE_MAX as f32 / self.width.max(self.height))
    }

    /// Pixels.
    pub fn size(&self) -> (u32, u32) {
        let side = |length: f32| ((length * self.scale()).round() as u32).clamp(1, SIDE_MAX);
        (side(self.width), side(self.height))
    }
}

pub fn numbers(text: &str) -> Vec<f32> {
    text.split_whitespace().filter_map(|word| word.parse::<f32>().ok()).filter(|number| number.is_finite()).collect()
}

fn area(node: Option<&Node>) -> Option<Area> {
    let [x, y, width, height] = *numbers(node?.said("PhysicalBox")?).as_slice() else { return None };
    let is_one = [width, height].iter().all(|side| (1.0..=100_000.0).contains(side));
    is_one.then_some(Area { x, y, width, height })
}

/// A page, read.
pub struct PageParts {
    pub id: String,
    pub area: Area,
    pub page: Node,
    /// Paths of templates beneath and above it.
    pub beneath: Vec<String>,
    pub above: Vec<String>,
    /// Paths of resources of its own.
    pub resources: Vec<String>,
}

pub struct Document {
    pub folder: String,
    root: Node,
    /// ID and path.
    pub pages: Vec<(String, String)>,
    templates: HashMap<String, (String, bool)>,
}

/// OFD.xml and all documents that it names.
pub fn documents(package: &mut Package<'_>) -> Result<(Node, Vec<Document>), Trouble> {
    let root = package.tree("OFD.xml")?.ok_or(Trouble::Damaged)?;
    let mut paths = Vec::new();
    let mut named = Vec::new();
    root.find_all("DocRoot", &mut named);
    paths.extend(named.iter().map(|node| resolved("", &node.text)));
    if !paths.iter().any(|path| package.has(path)) {
        paths = package.paths().into_iter().filter(|path| path.ends_with("/document.xml")).collect();
    }
    let mut documents = Vec::new();
    for path in paths {
        if let Some(root) = package.tree(&path)? {
            documents.push(Document::of(folder_of(&path).to_owned(), root));
        }
    }
    match documents.iter().map(|document| document.pages.len()).sum::<usize>() {
        0 => Err(Trouble::Damaged),
        1..=PAGES_MAX => Ok((root, documents)),
        _ => Err(Trouble::TooManyPages),
    }
}

impl Document {
    fn of(folder: String, root: Node) -> Self {
        let place = |node: &Node| Some((node.attribute("ID")?.to_owned(), resolved(&folder, node.attribute("BaseLoc")?)));
        let pages = root.child("Pages").map(|pages| pages.all("Page").filter_map(place).collect()).unwrap_or_default();
        let templates = root.child("CommonData").into_iter().flat_map(|common| common.all("TemplatePage"));
        let is_above = |node: &Node| node.attribute("ZOrder").is_some_and(|order| order.eq_ignore_ascii_case("Foreground"));
        let templates = templates.filter_map(|node| place(node).map(|(id, path)| (id, (path, is_above(node))))).collect();
        Self { folder, root, pages, templates }
    }

    /// Paths that its common data or root names.
    pub fn paths(&self, name: &str) -> Vec<String> {
        let mut named = Vec::new();
        self.root.find_all(name, &mut named);
        named.iter().map(|node| resolved(&self.folder, &node.text)).filter(|path| !path.is_empty()).collect()
    }

    /// A page that is missing or not well-formed is an empty one: the others may hold the invoice.
    pub fn page(&self, package: &mut Package<'_>, id: &str, path: &str) -> Result<PageParts, Trouble> {
        let page = package.tree(path)?.unwrap_or_default();
        let (mut beneath, mut above) = (Vec::new(), Vec::new());
        for used in page.all("Template") {
            let Some((path, is_above)) = used.attribute("TemplateID").and_then(|id| self.templates.get(id)) else { continue };
            let is_above = used.attribute("ZOrder").map_or(*is_above, |order| order.eq_ignore_ascii_case("Foreground"));
            if is_above { above.push(path.clone()) } else { beneath.push(path.clone()) }
        }
        let common = self.root.child("CommonData").and_then(|common| common.child("PageArea"));
        let mut found = area(page.child("Area")).or_else(|| area(common));
        if found.is_none() {
            // Nothing but the form itself may say how large it is.
            for path in &beneath {
                found = found.or(area(package.tree(path)?.as_ref().and_then(|template| template.child("Area"))));
            }
        }
        let resources = page.all("PageRes").map(|node| resolved(&self.folder, &node.text)).collect();
        Ok(PageParts { id: id.to_owned(), area: found.unwrap_or(USUAL), page, beneath, above, resources })
    }
}
