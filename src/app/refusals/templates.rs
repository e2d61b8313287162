//! Refusals about templates, pictures and the actions that wait for an engine.

use crate::domain::invoice::{PIXELS_MAX, SIDE_MAX};
use crate::domain::refusal::{Code, Refusal, sentence};
use crate::domain::words::Words;
use crate::papers::Trouble;

pub fn unknown_model_id() -> Refusal {
    Refusal::not_found("model_id：没有这个模板", "model_id: no such template")
}

pub fn template_has_changed() -> Refusal {
    Refusal::conflict(
        "version：模板已被他人修改，请重新打开后再改",
        "version: the template has been changed by somebody else: please open it again",
    )
}

/// `area`: its name in reports.
pub fn area_is_outside(area: &str) -> Refusal {
    Refusal::malformed(
        format!("json_model：区域“{area}”超出图片或没有大小"),
        format!("json_model: the area \"{area}\" is outside the picture or without extent"),
    )
}

pub fn no_such_origin() -> Refusal {
    Refusal::sentence(Code::NotFound, sentence::UPLOAD_FAILED)
}

pub fn no_such_action() -> Refusal {
    Refusal::not_found("没有这个操作", "no such action")
}

pub fn not_ones_own_upload() -> Refusal {
    Refusal::new(
        Code::Forbidden,
        "只能取消自己上传的发票，取消其他任务需要“管理队列”权限",
        "only pictures of your own can be cancelled: for other tasks the right to manage the queue is needed",
    )
}

pub fn action_no_longer_waits() -> Refusal {
    Refusal::conflict("该操作正在执行或已结束", "the action is running or has ended")
}

pub fn picture_is_unsupported(why: Words) -> Refusal {
    Refusal::new(Code::Unsupported, why.zh, why.en)
}

/// Why a document can't be read.
pub fn paper_is_not_read(trouble: &Trouble) -> Refusal {
    let code = if *trouble == Trouble::Busy { Code::Unavailable } else { Code::Unsupported };
    let Words { zh, en } = trouble.words();
    Refusal::new(code, zh, en)
}

pub fn picture_has_too_many_bytes() -> Refusal {
    Refusal::new(Code::TooLarge, "图片超过 20 MB", "the picture is larger than 20 MB")
}

/// Too large to be decoded, for one of three reasons.
pub fn picture_is_too_large(width: u32, height: u32) -> Refusal {
    let (zh, en) = if width.max(height) > SIDE_MAX {
        ("图片的一边超过 65535 像素", "a side of the picture has more than 65,535 pixels")
    } else if u64::from(width) * u64::from(height) > PIXELS_MAX {
        ("图片超过 6400 万像素", "the picture has more than 64 megapixels")
    } else {
        (
            "图片的颜色位数太多，请另存为每色 8 位的图片",
            "the picture has too many bits a colour for its size: please save it with 8",
        )
    };
    Refusal::new(Code::TooLarge, zh, en)
}
