//! Refusals about settings, backups and the store.

use crate::domain::refusal::{Code, Refusal};

pub fn settings_have_changed() -> Refusal {
    Refusal::conflict(
        "设置已被他人修改，请查看最新的设置后再改",
        "somebody else has changed the settings meanwhile: look at them as they are now, then change them again",
    )
}

pub fn setting_is_fixed(name: &str) -> Refusal {
    Refusal::conflict(
        format!("{name}：已由启动参数 --set 固定，要修改请更改启动参数"),
        format!("{name}: is set on the command line with --set; change it there"),
    )
}

pub fn box_was_used() -> Refusal {
    Refusal::conflict("只能恢复到刚安装、尚未使用的系统", "a backup can be restored only on a box on which nothing was done yet")
}

pub fn not_a_whole_backup() -> Refusal {
    Refusal::malformed("这不是完整的 paperline 备份", "this is no whole backup of paperline")
}

pub fn backup_can_not_be_opened() -> Refusal {
    Refusal::malformed("备份无法打开，已放弃恢复", "the backup can't be opened: nothing was restored")
}

pub fn disk_has_failed() -> Refusal {
    Refusal::new(
        Code::Unavailable,
        "磁盘或存储出错，请联系管理员检查磁盘；已确认的数据都在，恢复后会自动继续",
        "the disk or the store has failed, please have the disk checked; what was confirmed is there, and the box goes on by itself once it is well",
    )
}

pub fn more_than_can_be_kept() -> Refusal {
    Refusal::new(Code::TooLarge, "内容太多，无法保存", "this is more than can be kept")
}
