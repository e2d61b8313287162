//! Documents in the dispatcher: known forms need no engine; for any other an engine gets a picture of the first page. Not here: reading
//! the file (papers/), what its text means (domain/forms/).

use crate::app::{App, pictures};
use crate::domain::forms::{self, Form};
use crate::domain::invoice::Picture;
use crate::engine::Trouble;
use crate::papers;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::{NamedTempFile, TempPath};

/// Of one file: each is some rows, and all are kept in one write. A fault says how many pages were read.
const INVOICES_MAX: usize = 100;

/// What an engine is to read: the file, or a page of it, which is removed with this.
pub(super) enum Readable {
    File(PathBuf),
    Page(TempPath),
}

impl Readable {
    pub fn path(&self) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Page(path) => path.to_path_buf(),
        }
    }
}

/// The document's invoices, and how many of its pages they are; none for pictures, and where no form is known.
pub(super) async fn known(app: &Arc<App>, picture: &Picture) -> Result<(Vec<Form>, u32), Trouble> {
    let Some(format) = pictures::document(picture.format).filter(|_| app.settings().known_forms) else {
        return Ok((Vec::new(), 0));
    };
    let path = app.blobs.path(&picture.hash);
    let pages = picture.pages;
    blocking(app, move |app| {
        let paper = app.papers.read(format, &path).map_err(trouble)?;
        let mut forms = forms::read(&paper);
        forms.truncate(INVOICES_MAX);
        // Data without pages is read whole.
        let read = if paper.pages.is_empty() { pages } else { forms::pages_read(&paper, &forms) };
        Ok((forms, read))
    })
    .await
}

pub(super) async fn readable(app: &Arc<App>, picture: &Picture) -> Result<Readable, Trouble> {
    let path = app.blobs.path(&picture.hash);
    let Some(format) = pictures::document(picture.format) else { return Ok(Readable::File(path)) };
    blocking(app, move |app| {
        let drawn = app.papers.draw(format, &path, 1).map_err(trouble)?;
        let written = || {
            let mut page = NamedTempFile::new_in(app.blobs.scratch())?;
            page.write_all(&drawn)?;
            Ok::<_, std::io::Error>(page.into_temp_path())
        };
        written().map(Readable::Page).map_err(|e| Trouble::Receive(format!("the page can't be written: {e}")))
    })
    .await
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
