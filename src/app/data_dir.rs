//! Messages for a data dir that can't be opened: what is wrong, that the data is still there, what to do next. Not here: opening it
//! (open.rs).

use super::App;
use crate::os;
use crate::store::StoreError;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The path of the newest backup, for when the store can't be read.
const LAST_BACKUP: &str = "last-backup";

impl App {
    /// Best effort: the backup itself exists.
    pub(super) fn remember_backup(&self, path: &Path) {
        let path = path.to_string_lossy();
        let written = tempfile::NamedTempFile::new_in(&self.dir).and_then(|mut file| {
            io::Write::write_all(&mut file, path.as_bytes())?;
            file.as_file().sync_all()?;
            os::put(file, &self.dir.join(LAST_BACKUP))
        });
        if let Err(e) = written {
            tracing::warn!("{LAST_BACKUP}: {e}");
        }
    }
}

/// Known backups that still exist, newest first.
fn backups(dir: &Path) -> Vec<PathBuf> {
    let last = fs::read_to_string(dir.join(LAST_BACKUP)).ok().map(|path| PathBuf::from(path.trim()));
    let entries = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let beside = entries.filter(|path| path.extension().is_some_and(|e| e == "backup"));
    let mut found: Vec<PathBuf> = last.into_iter().chain(beside).filter(|path| path.is_file()).collect();
    found.sort_by_key(|path| std::cmp::Reverse(path.metadata().and_then(|about| about.modified()).ok()));
    found.dedup();
    found
}

/// Chinese first, then English: the language of the terminal is unknown.
fn words(zh: &str, en: &str) -> String {
    format!("{zh}\n{en}")
}

fn not_permitted(path: &Path) -> String {
    let me = os::user();
    // A missing directory would be created in its parent, which may be a system directory: advise handing over only this one.
    let there = path.ancestors().find(|p| p.symlink_metadata().is_ok()).unwrap_or(path);
    let owner = os::owner(there).unwrap_or_else(|| "?".into());
    let (shown, in_there) = (path.display(), there.display());
    if there != path {
        let make = os::command_to_make(path, &me);
        return words(
            &format!(
                "无法建立 {shown}：{in_there} 属于用户 {owner}，当前用户是 {me}。请用管理员执行 {make}，或用 --data-dir 换一个目录"
            ),
            &format!(
                "{shown} can't be made: {in_there} belongs to {owner}, and this is {me}. As an administrator: {make}; or choose another --data-dir"
            ),
        );
    }
    if owner == me {
        let allow = os::command_to_allow(path, &me);
        return words(
            &format!("无法读写 {shown}：它属于当前用户 {me}，但没有读写权限。请执行 {allow}"),
            &format!("{shown} can't be read and written: it belongs to {me}, without the right to. {allow}"),
        );
    }
    let hand_over = os::command_to_hand_over(path, &me);
    words(
        &format!(
            "无法读写 {shown}：它属于用户 {owner}，当前用户是 {me}。请以 {owner} 运行 paperline，或用管理员执行 {hand_over}，或用 --data-dir 换一个目录"
        ),
        &format!(
            "{shown} can't be read and written: it belongs to {owner}, and this is {me}. Run paperline as {owner}, or as an administrator {hand_over}, or choose another --data-dir"
        ),
    )
}

fn read_only(path: &Path) -> String {
    let path = path.display();
    words(
        &format!("{path} 所在的磁盘只能读取：请以可写方式挂载，或把目录复制到可写的磁盘上，再用 --data-dir 指定它"),
        &format!(
            "{path} lies on a disk that can only be read: mount it writable, or copy the directory to one that is, and name the copy with --data-dir"
        ),
    )
}

pub fn io_in_words(path: &Path, e: &io::Error) -> String {
    let shown = path.display();
    match e.kind() {
        ErrorKind::PermissionDenied => not_permitted(path),
        ErrorKind::ReadOnlyFilesystem => read_only(path),
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => words(
            &format!("{shown} 不是目录：请用 --data-dir 指定一个目录"),
            &format!("{shown} is no directory: name one with --data-dir"),
        ),
        ErrorKind::StorageFull => words(
            &format!("{shown} 所在的磁盘已满：请先腾出空间。数据仍在磁盘上"),
            &format!("the disk of {shown} is full: make room first. The data is still on the disk"),
        ),
        _ => words(
            &format!(
                "无法读写 {shown}（{e}）。数据仍在磁盘上：请检查磁盘，必要时从备份恢复：paperline restore --data-dir 新目录 --from 备份文件"
            ),
            &format!(
                "{shown} can't be read or written ({e}). The data is still on the disk: look after the disk, or restore a backup: paperline restore --data-dir NEWDIR --from FILE"
            ),
        ),
    }
}

/// Checks all access first, so that nothing is opened by half.
pub(super) fn check_access(dir: &Path) -> Result<(), String> {
    for path in [dir.to_owned(), dir.join("db"), dir.join("db/db"), dir.join("pictures"), dir.join("tls")] {
        match os::check_access(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(io_in_words(&path, &e)),
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn store_in_words(dir: &Path, e: &StoreError) -> String {
    let shown = dir.display();
    match e {
        StoreError::Busy => words(
            &format!("另一个 paperline 正在使用 {shown}：请先停止它，或用 --data-dir 换一个目录"),
            &format!("another paperline is using {shown}: stop it first, or choose another --data-dir"),
        ),
        StoreError::Io(e) => io_in_words(&dir.join("db"), e),
        damaged => {
            let found = backups(dir);
            let newest = found.first().map_or_else(|| "FILE".into(), |path| path.display().to_string());
            let (zh, en) = if found.is_empty() {
                ("没有找到备份；请用您保存的备份文件", "No backup is known here; use one that you kept")
            } else {
                ("最新的备份见下", "The newest backup is named below")
            };
            words(
                &format!(
                    "{shown} 中的数据已损坏，无法打开（{damaged}）。数据仍在磁盘上，没有被改动：请先复制整个目录保存。{zh}：paperline restore --data-dir 新目录 --from {newest}，然后用新目录启动"
                ),
                &format!(
                    "the store in {shown} is damaged and can't be opened ({damaged}). The data is still on the disk, as it was: first keep a copy of the whole directory. {en}: paperline restore --data-dir NEWDIR --from {newest}, then start on NEWDIR"
                ),
            )
        }
    }
}
