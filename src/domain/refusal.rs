//! Why a verb was refused. Not here: HTTP statuses (http/edge/reply.rs).

use std::borrow::Cow;

/// `code` in error responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Malformed,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    TooLarge,
    Unsupported,
    Throttled,
    Unavailable,
    Internal,
}

/// Sentences of the interface document are Chinese in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: Code,
    pub zh: Cow<'static, str>,
    pub en: Cow<'static, str>,
    /// The fields that it is about, for a page that can say it there.
    pub fields: Vec<Wrong>,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// On the wire.
    pub name: Cow<'static, str>,
    pub zh: Cow<'static, str>,
    pub en: Cow<'static, str>,
}

/// Sentences of the interface document; they never change.
pub mod sentence {
    pub const UPLOAD_FAILED: &str = "上传文件失败";
    pub const NO_PERMISSION: &str = "权限不足";
    pub const CHANGE_FAILED: &str = "修改失败";
    pub const TIMES_MISSING: &str = "请输入开始时间和结束时间";
    pub const ENGINE_RECEIVE: &str = "接收算法服务器数据异常";
    pub const ENGINE_SEND: &str = "向服务器发送消息异常";
}

impl Refusal {
    pub fn new(code: Code, zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self { code, zh: zh.into(), en: en.into(), fields: Vec::new() }
    }

    /// The same, and what it is about.
    #[must_use]
    pub fn about(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.fields = vec![Wrong { name: field.into(), zh: self.zh.clone(), en: self.en.clone() }];
        self
    }

    /// A field that is wrong, named before what is wrong.
    pub fn field(name: &str, zh: &str, en: &str) -> Self {
        let wrong = Wrong { name: name.to_owned().into(), zh: zh.to_owned().into(), en: en.to_owned().into() };
        Self { fields: vec![wrong], ..Self::malformed(format!("{name}：{zh}"), format!("{name}: {en}")) }
    }

    /// Both at once.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.zh = format!("{}；{}", self.zh, other.zh).into();
        self.en = format!("{}; {}", self.en, other.en).into();
        self.fields.extend(other.fields);
        self
    }

    pub fn sentence(code: Code, text: &'static str) -> Self {
        Self::new(code, text, text)
    }

    pub fn malformed(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Malformed, zh, en)
    }

    pub fn not_found(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::NotFound, zh, en)
    }

    pub fn conflict(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Conflict, zh, en)
    }

    pub fn no_permission() -> Self {
        Self::sentence(Code::Forbidden, sentence::NO_PERMISSION)
    }

    pub fn unauthenticated() -> Self {
        Self::new(Code::Unauthenticated, "请先登录", "please log in first")
    }

    /// The cause is logged where it arose; the client only learns that it is not at fault.
    pub fn internal() -> Self {
        Self::new(Code::Internal, "服务器内部错误，请联系管理员", "internal error, please tell the administrator")
    }

    pub fn unavailable() -> Self {
        Self::new(Code::Unavailable, "暂时无法写入，请稍后再试", "cannot write just now, please try again later")
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.en)
    }
}

impl std::error::Error for Refusal {}
