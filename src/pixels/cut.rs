//! Cuts a page out of a file, or a paper out of a picture of several, levelled. Not here: where papers lie (engine, people).

use super::decode;
use crate::domain::corners::Corners;
use image::metadata::Orientation;
use image::{DynamicImage, ImageError, ImageFormat, ImageResult, RgbImage};
use imageproc::geometric_transformations::{Border, Interpolation, Projection, warp_into};
use std::io::{self, Cursor};
use std::path::Path;

/// The longer side, pixels: as an engine shrinks pictures of one paper.
const SIDE_MAX: f32 = 3200.0;

/// A PNG of the paper at `corners` of the upright picture, and its size in pixels. Blocks.
pub fn cut(path: &Path, corners: &Corners) -> ImageResult<(Vec<u8>, (u32, u32))> {
    let paper = decode(path, 1, |image, orientation| paper(image, orientation, corners))?;
    let paper = paper.ok_or_else(|| ImageError::IoError(io::Error::other("no paper has these corners")))?;
    let paper = DynamicImage::from(paper);
    Ok((png(&paper)?, (paper.width(), paper.height())))
}

/// A PNG of a page of a TIFF, from 1, upright. Blocks.
pub fn page(path: &Path, page: u32) -> ImageResult<Vec<u8>> {
    decode(path, page, |mut image, orientation| {
        image.apply_orientation(orientation);
        png(&image)
    })?
}

fn png(picture: &DynamicImage) -> ImageResult<Vec<u8>> {
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}

fn paper(mut image: DynamicImage, orientation: Orientation, corners: &Corners) -> Option<RgbImage> {
    image.apply_orientation(orientation);
    let picture = if image.color().has_alpha() { super::on_white(&image) } else { image.into_rgb8() };
    let (across, down) = corners.size();
    let scale = (SIDE_MAX / across.max(down)).min(1.0);
    let (width, height) = ((across * scale).round().max(1.0), (down * scale).round().max(1.0));
    // Pixel centres are half a pixel inside the edges.
    let from = corners.0.map(|(x, y)| (x - 0.5, y - 0.5));
    let to = [(-0.5, -0.5), (width - 0.5, -0.5), (width - 0.5, height - 0.5), (-0.5, height - 0.5)];
    let projection = Projection::from_control_points(from, to)?;
    let mut paper = RgbImage::new(width as u32, height as u32);
    warp_into(&picture, projection, Interpolation::Bilinear, Border::Replicate, &mut paper);
    Some(paper)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn a_paper_that_lies_askew_is_cut_out_level() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("two.png");
        // A red square that stands on its corner, its lower right half blue.
        let picture = RgbImage::from_fn(400, 400, |x, y| {
            let (across, down) = (x.abs_diff(200), y.abs_diff(200));
            match (across + down < 150, x + y > 400) {
                (false, _) => Rgb([20, 20, 20]),
                (true, false) => Rgb([250, 0, 0]),
                (true, true) => Rgb([0, 0, 250]),
            }
        });
        picture.save(&path).unwrap();
        let corners = Corners([(200.0, 50.0), (350.0, 200.0), (200.0, 350.0), (50.0, 200.0)]);
        let (png, (width, height)) = cut(&path, &corners).unwrap();
        let cut = image::load_from_memory(&png).unwrap().into_rgb8();
        assert_eq!((cut.dimensions(), width, height), ((212, 212), 212, 212));
        // Clockwise from the top corner: the left half of it is what lay upper left.
        for y in [10, 106, 200] {
            assert_eq!((cut.get_pixel(20, y).0, cut.get_pixel(190, y).0), ([250, 0, 0], [0, 0, 250]));
        }
    }
}
