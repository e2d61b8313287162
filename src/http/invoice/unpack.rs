//! Archives of papers in an upload: each of their files is taken as if it had come by itself. Not here: the archive's form
//! (papers/archive.rs).

use crate::app::{App, pictures};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::words::Words;
use crate::http::edge::body::FILES_MAX;
use crate::http::edge::fields::Upload;
use crate::papers::archive::{self, Refused, Trouble};
use crate::papers::detect::{self, Found};
use crate::store::StoreError;
use crate::store::blobs::Incoming;
use std::fs::File;
use std::io;
use std::sync::Arc;

fn refusal(code: Code, Words { zh, en }: Words) -> Refusal {
    Refusal::new(code, zh, en)
}

/// The files, with an archive's own in its place and order, named by it.
pub async fn unpacked(app: &Arc<App>, files: Vec<Upload>) -> Vec<Upload> {
    let mut all = Vec::new();
    for Upload { name, file } in files {
        let Ok(file) = file else {
            all.push(Upload { name, file });
            continue;
        };
        let (unpacking, named) = (app.clone(), name.clone());
        let unpacked = tokio::task::spawn_blocking(move || unpack(&unpacking, named, file)).await;
        all.extend(unpacked.unwrap_or_else(|_| vec![Upload { name, file: Err(Refusal::internal()) }]));
    }
    for beyond in all.iter_mut().skip(FILES_MAX) {
        beyond.file = Err(Refusal::new(Code::TooLarge, "一次最多上传 200 个文件", "at most 200 files at a time"));
    }
    all
}

/// An archive's files, or the file itself.
fn unpack(app: &App, name: String, file: Incoming) -> Vec<Upload> {
    let archive = File::open(file.path()).and_then(|mut archive| Ok((detect::format_of(&mut archive)?, archive)));
    let archive = match archive {
        Ok((Some(Found::Archive), archive)) => archive,
        Ok(_) => return vec![Upload { name, file: Ok(file) }],
        Err(e) => return vec![Upload { name, file: Err(StoreError::Io(e).into()) }],
    };
    let mut files = Vec::new();
    let keep = |inner: String, file: Result<Incoming, Refused>| {
        let file = file.map_err(|refused| match refused {
            Refused::TooLarge => pictures::too_many_bytes(),
            refused => refusal(Code::Unsupported, refused.words()),
        });
        files.push(Upload { name: format!("{name}/{inner}"), file });
        Ok(())
    };
    let done = archive::unpack(archive, pictures::BYTES_MAX, || app.blobs.create().map_err(io::Error::other), keep);
    match done {
        Ok(()) => files,
        // Nothing of an archive that is not whole: nobody would know what is missing.
        Err(trouble) => {
            let code = match trouble {
                Trouble::TooManyFiles | Trouble::TooMuch => Code::TooLarge,
                Trouble::Io(_) => Code::Unavailable,
                Trouble::Damaged | Trouble::Empty => Code::Unsupported,
            };
            vec![Upload { name, file: Err(refusal(code, trouble.words())) }]
        }
    }
}
