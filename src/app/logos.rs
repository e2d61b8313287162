//! The company's logo, one a box. Not here: what of it is ink (labels/logo.rs).

pub use super::refusals::no_logo;
use super::{App, By, label_looks, log, now, pictures, refusals};
use crate::domain::fact::{Deed, Fact};
use crate::domain::logo::{FILE_BYTES_MAX, INK_BELOW, Logo, PNG_BYTES_MAX, SIDE_MAX};
use crate::domain::refusal::Refusal;
use crate::pixels;
use crate::store::tables::LOGO;
use crate::store::{StoreError, View};
use image::imageops::{FilterType, resize};
use image::{GrayImage, ImageFormat, ImageResult};
use std::io::Cursor;
use std::path::Path;

pub fn logo(view: &View<'_>) -> Result<Option<Logo>, StoreError> {
    view.get(&LOGO, &())
}

/// Upright, on white.
fn grey(path: &Path) -> ImageResult<GrayImage> {
    pixels::decode(path, 1, |mut picture, orientation| {
        if picture.width().max(picture.height()) > SIDE_MAX {
            picture = picture.thumbnail(SIDE_MAX, SIDE_MAX);
        }
        picture.apply_orientation(orientation);
        image::DynamicImage::from(pixels::on_white(&picture)).into_luma8()
    })
}

/// Smaller, where there is so much in it that a row can't hold it.
fn packed(mut grey: GrayImage) -> ImageResult<Vec<u8>> {
    loop {
        let mut png = Cursor::new(Vec::new());
        grey.write_to(&mut png, ImageFormat::Png)?;
        if png.get_ref().len() <= PNG_BYTES_MAX {
            return Ok(png.into_inner());
        }
        let smaller = |side: u32| (side * 3 / 4).max(1);
        grey = resize(&grey, smaller(grey.width()), smaller(grey.height()), FilterType::Triangle);
    }
}

/// Blocks. `file`: its name.
pub fn read(path: &Path, file: String) -> Result<Logo, Refusal> {
    if std::fs::metadata(path).map_err(StoreError::Io)?.len() > FILE_BYTES_MAX {
        return Err(refusals::logo_has_too_many_bytes());
    }
    pictures::inspect(path)?;
    let grey = grey(path).map_err(|_| refusals::logo_is_broken())?;
    if grey.iter().all(|pixel| *pixel >= INK_BELOW) {
        return Err(refusals::logo_is_blank());
    }
    Ok(Logo { file, png: packed(grey).map_err(|_| refusals::logo_is_broken())? })
}

impl App {
    pub async fn keep_logo(&self, by: By, logo: Logo) -> Result<(), Refusal> {
        self.act(by, move |txn, by| {
            log(txn, now(), by, None, Fact::Done(Deed::LogoKept, logo.file.clone()))?;
            Ok(txn.put(&LOGO, &(), &logo)?)
        })
        .await
    }

    pub async fn delete_logo(&self, by: By) -> Result<(), Refusal> {
        self.act(by, move |txn, by| {
            let logo = txn.get(&LOGO, &())?.ok_or_else(no_logo)?;
            let looks = label_looks::looks(&txn.view())?;
            let with: Vec<String> =
                looks.into_iter().filter(|(_, look)| look.shows_the_logo()).map(|(_, look)| look.name).collect();
            if !with.is_empty() {
                return Err(refusals::logo_is_on_labels(&with));
            }
            txn.delete(&LOGO, &());
            Ok(log(txn, now(), by, None, Fact::Done(Deed::LogoDeleted, logo.file))?)
        })
        .await
    }
}
