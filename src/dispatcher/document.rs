//! Files in the dispatcher: known forms in a document's text need no engine; for what is a picture an engine gets that page. Not here:
//! reading the file (papers/), what its text means (domain/forms/).

use crate::app::{App, pictures};
use crate::domain::corners::Corners;
use crate::domain::forms::{self, Form};
use crate::domain::invoice::Picture;
use crate::engine::Trouble;
use crate::papers::{self, PAGES_MAX};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::{NamedTempFile, TempPath};

/// Of one file: each is some rows, and all are kept in one write. A fault says how many pages were read.
pub(super) const INVOICES_MAX: usize = 100;

/// What the file's text and data say.
pub(super) struct Known {
    pub forms: Vec<Form>,
    /// How many pages they are.
    pub pages_read: u32,
    /// Those to be read as pictures, from 1.
    pub scans: Vec<u32>,
}

/// Nothing for pictures, and where no form is known.
pub(super) async fn known(app: &Arc<App>, picture: &Picture) -> Result<Known, Trouble> {
    let pages = picture.pages;
    let Some(format) = pictures::document(picture.format) else {
        let scans = (1..=pages).take(PAGES_MAX).collect();
        return Ok(Known { forms: Vec::new(), pages_read: 0, scans });
    };
    if !app.settings().known_forms {
        return Ok(Known { forms: Vec::new(), pages_read: 0, scans: Vec::new() });
    }
    let path = app.blobs.path(&picture.hash);
    blocking(app, move |app| {
        let paper = app.papers.read(format, &path).map_err(trouble)?;
        let mut forms = forms::read(&paper);
        forms.truncate(INVOICES_MAX);
        let (pages_read, scans) = match forms::pages_read(&paper, &forms) {
            // Data without pages is read whole.
            _ if paper.pages.is_empty() => (pages, Vec::new()),
            found => found,
        };
        Ok(Known { forms, pages_read, scans })
    })
    .await
}

/// A picture that an engine is to read: a file's, or of one of its pages, removed with this.
pub(super) enum Readable {
    Kept(PathBuf),
    Drawn(TempPath),
}

impl Readable {
    pub fn path(&self) -> PathBuf {
        let path: &Path = match self {
            Self::Kept(path) => path,
            Self::Drawn(path) => path,
        };
        path.to_owned()
    }
}

/// `page`: from 1.
pub(super) async fn readable(app: &Arc<App>, picture: &Picture, page: u32) -> Result<Readable, Trouble> {
    let path = app.blobs.path(&picture.hash);
    let document = pictures::document(picture.format);
    if document.is_none() && page == 1 {
        return Ok(Readable::Kept(path));
    }
    blocking(app, move |app| {
        let drawn = match document {
            Some(format) => app.papers.draw(format, &path, page).map_err(trouble)?,
            None => pictures::page(&path, page).map_err(|e| Trouble::Refused(format!("the page can't be opened: {e}")))?,
        };
        kept_for_a_while(app, &drawn)
    })
    .await
}

/// A paper cut out of a page, as a page of its own.
pub(super) async fn cut(app: &Arc<App>, page: &Readable, corners: Corners) -> Result<(Readable, (u32, u32)), Trouble> {
    let path = page.path();
    blocking(app, move |app| {
        let cut = pictures::cut(&path, &corners);
        let (png, size) = cut.map_err(|e| Trouble::Refused(format!("the paper can't be cut out: {e}")))?;
        Ok((kept_for_a_while(app, &png)?, size))
    })
    .await
}

fn kept_for_a_while(app: &App, picture: &[u8]) -> Result<Readable, Trouble> {
    let written = || {
        let mut file = NamedTempFile::new_in(app.blobs.scratch())?;
        file.write_all(picture)?;
        Ok::<_, std::io::Error>(file.into_temp_path())
    };
    let path = written().map_err(|e| Trouble::Receive(format!("the page can't be written: {e}")))?;
    Ok(Readable::Drawn(path))
}

async fn blocking<T: Send + 'static>(
    app: &Arc<App>,
    work: impl FnOnce(&App) -> Result<T, Trouble> + Send + 'static,
) -> Result<T, Trouble> {
    let app = app.clone();
    let done = tokio::task::spawn_blocking(move || work(&app)).await;
    done.unwrap_or_else(|_| Err(Trouble::Receive("reading the document panicked".into())))
}

/// What was wrong with the file was said when it came; what is wrong now may pass.
fn trouble(trouble: papers::Trouble) -> Trouble {
    match trouble {
        papers::Trouble::Busy => Trouble::Receive(trouble.words().en),
        _ => Trouble::Refused(trouble.words().en),
    }
}
