//! Pages of PDF files as pictures. Not here: their text (papers/pdf.rs).

use super::canvas::rgb;
use crate::font::BUNDLED;
use crate::papers::Trouble;
use crate::papers::pdf::{open, scaled};
use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_interpret::font::{FallbackFontQuery, FontData, FontQuery};
use hayro::hayro_interpret::hayro_cmap::CidFamily;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use image::RgbImage;
use std::sync::Arc;

pub fn page(bytes: &[u8], index: usize) -> Result<RgbImage, Trouble> {
    let pdf = open(bytes)?;
    let page = pdf.pages().get(index).ok_or(Trouble::Damaged)?;
    let (_, width, height) = scaled(page);
    let (points_wide, points_high) = page.render_dimensions();
    // The renderer cuts what is left of a pixel off; a quarter more than whole is cut too.
    let exact = |pixels: u32, points: f32| (pixels as f32 + 0.25) / points.max(0.01);
    let pixels = render(
        page,
        &RenderCache::new(),
        &InterpreterSettings { font_resolver: Arc::new(resolve), ..InterpreterSettings::default() },
        &RenderSettings::default(),
        &PixmapSettings { x_scale: exact(width, points_wide), y_scale: exact(height, points_high), bg_color: WHITE },
    );
    // A page without an extent has no picture.
    Some(rgb(&pixels)).filter(|picture| picture.dimensions() == (width, height)).ok_or(Trouble::Damaged)
}

/// A font that the file does not bring.
fn resolve(query: &FontQuery) -> Option<(FontData, u32)> {
    match query {
        FontQuery::Fallback(asked) if is_chinese(asked) => Some((Arc::new(BUNDLED), 0)),
        FontQuery::Fallback(asked) => Some(asked.pick_standard_font().get_font_data()),
        FontQuery::Standard(font) => Some(font.get_font_data()),
    }
}

fn is_chinese(asked: &FallbackFontQuery) -> bool {
    const FAMILIES: [&str; 22] = [
        "song", "simsun", "hei", "kai", "fang", "ming", "gothic", "cjk", "yahei", "msyh", "hanyi", "noto", "wenquan", "wqy",
        "pingfang", "dengxian", "youyuan", "lisu", "gbk", "gb2312", "gb18030", "hw",
    ];
    let chinese = |name: &Option<String>| {
        name.as_ref().is_some_and(|name| {
            let name = name.to_lowercase();
            !name.is_ascii() || FAMILIES.iter().any(|family| name.contains(family))
        })
    };
    let families = [CidFamily::AdobeGB1, CidFamily::AdobeCNS1, CidFamily::AdobeJapan1, CidFamily::AdobeKorea1];
    let has_family = asked.character_collection.as_ref().is_some_and(|collection| families.contains(&collection.family));
    has_family || [&asked.post_script_name, &asked.font_name, &asked.font_family].into_iter().any(chinese)
}
