//! Command-line work on a data dir: backup, restore, check, new password. A running server is asked to do it.

use crate::app::{App, check, data_dir, room};
use crate::control::{self, Answer, Request};
use crate::store::backup_file::Contents;
use crate::store::restore;
use std::error::Error;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

type Done = Result<(), Box<dyn Error>>;

fn must_be_data_dir(dir: &Path) -> Done {
    match dir.join("db").metadata() {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(data_dir::io_in_words(dir, &e).into()),
        Ok(about) if about.is_dir() => Ok(()),
        _ => Err(format!("{} is no data dir of paperline", dir.display()).into()),
    }
}

fn open(dir: &Path) -> Result<Arc<App>, Box<dyn Error>> {
    must_be_data_dir(dir)?;
    Ok(Arc::new(App::open(dir, &[])?))
}

/// Asks the running server, or else opens the store.
async fn ask(dir: &Path, request: Request) -> Result<Answer, Box<dyn Error>> {
    match control::ask(dir, &request) {
        Ok(Some(answer)) => return Ok(answer),
        Ok(None) => {}
        Err(e) => return Err(data_dir::io_in_words(dir, &e).into()),
    }
    let dir = dir.to_owned();
    let app = tokio::task::spawn_blocking(move || open(&dir).map_err(|e| e.to_string())).await??;
    Ok(control::carry_out(&app, None, request).await)
}

pub async fn reset_user(dir: &Path, name: String) -> Done {
    match ask(dir, Request::ResetUser { name: name.clone() }).await? {
        Answer::Reset { password } => println!("user {name}, new password {password}"),
        answer => return Err(refused(answer)),
    }
    Ok(())
}

fn refused(answer: Answer) -> Box<dyn Error> {
    match answer {
        Answer::Refused { why } => why.into(),
        other => format!("an answer out of place: {other:?}").into(),
    }
}

fn say(what: &str, contents: &Contents) {
    println!("{what}");
    for hash in &contents.damaged {
        eprintln!("paperline: the picture {hash} is damaged, and was damaged before");
    }
}

pub async fn backup(dir: &Path, out: &Path) -> Done {
    let out = std::path::absolute(out)?;
    match ask(dir, Request::Backup { out: out.clone() }).await? {
        Answer::BackedUp(contents) => {
            let (rows, pictures) = (contents.rows, contents.pictures);
            say(&format!("{}, written and read through: {rows} rows, {pictures} pictures", out.display()), &contents);
        }
        answer => return Err(refused(answer)),
    }
    Ok(())
}

/// The check says how much there is now: sessions are not restored, and a file may hold a row in more than one state.
pub fn restore(dir: &Path, from: &Path) -> Done {
    say(&format!("{}, restored; everybody has to log in again", dir.display()), &restore::restore(from, dir, room(dir))?);
    check(dir)
}

/// Fails if anything is wrong.
pub fn check(dir: &Path) -> Done {
    let app = open(dir)?;
    let found = app.store.read(|view| check::check(view, &app.blobs))?;
    for problem in &found.problems {
        println!("{problem}");
    }
    println!("{} rows and {} pictures read, {} things wrong", found.rows, found.pictures, found.wrong);
    if found.wrong == 0 { Ok(()) } else { Err(format!("{} is damaged", dir.display()).into()) }
}
