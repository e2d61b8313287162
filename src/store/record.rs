//! Records: a version byte, then bincode. The only file that names bincode. Not here: keys and tables, older shapes (older.rs).

use super::older::{
    Action1, Candidate1, Conflict1, Device1, Invoice1, Invoice2, Invoice3, LogRow1, Picture1, Print1, Template1, Template2, User1,
};
use crate::domain::device::Listed;
use crate::domain::invoice::{Candidate, Invoice};
use crate::domain::lease::Running;
use crate::domain::paper::Item;
use crate::domain::template::Template;
use bincode::Options;
use serde::{Serialize, de::DeserializeOwned};

/// `VERSION` rises when the shape changes.
pub trait Record: Serialize + DeserializeOwned {
    const VERSION: u8 = 1;

    /// `None` for an unknown version.
    fn migrate(_version: u8, _body: &[u8]) -> Option<Self> {
        None
    }
}

fn codec() -> impl Options {
    bincode::DefaultOptions::new().with_limit(RECORD_BYTES_MAX as u64)
}

/// sled puts larger values (over 128 KiB) into files that it never syncs, and is slow long before.
pub const RECORD_BYTES_MAX: usize = 100 * 1024;

/// `None` if it is too large.
pub fn encode<R: Record>(record: &R) -> Option<Vec<u8>> {
    let mut bytes = vec![R::VERSION];
    codec().serialize_into(&mut bytes, record).ok()?;
    Some(bytes)
}

pub fn decode<R: Record>(bytes: &[u8]) -> Option<R> {
    let (&version, body) = bytes.split_first()?;
    if version == R::VERSION { codec().deserialize(body).ok() } else { R::migrate(version, body) }
}

impl Record for Listed {
    const VERSION: u8 = 2;

    /// Version 1 was the serial alone.
    fn migrate(version: u8, body: &[u8]) -> Option<Self> {
        let sn = (version == 1).then(|| codec().deserialize(body).ok())??;
        Some(Self { sn, cpuid: None })
    }
}

impl Record for Running {
    const VERSION: u8 = 2;

    /// Version 1 was empty: every start was a new run.
    fn migrate(version: u8, body: &[u8]) -> Option<Self> {
        (version == 1 && body.is_empty()).then(Self::default)
    }
}

impl Record for Vec<Candidate> {
    const VERSION: u8 = 2;

    fn migrate(version: u8, body: &[u8]) -> Option<Self> {
        let first = (version == 1).then(|| codec().deserialize::<Vec<Candidate1>>(body).ok())??;
        Some(first.into_iter().map(Candidate::from).collect())
    }
}

impl Record for Template {
    const VERSION: u8 = 3;

    fn migrate(version: u8, body: &[u8]) -> Option<Self> {
        let second: Template2 = match version {
            1 => codec().deserialize::<Template1>(body).ok()?.into(),
            2 => codec().deserialize(body).ok()?,
            _ => return None,
        };
        Some(second.into())
    }
}

impl Record for Invoice {
    const VERSION: u8 = 4;

    fn migrate(version: u8, body: &[u8]) -> Option<Self> {
        match version {
            1 => codec().deserialize::<Invoice1>(body).ok().map(Self::from),
            2 => codec().deserialize::<Invoice2>(body).ok().map(Self::from),
            3 => codec().deserialize::<Invoice3>(body).ok().map(Self::from),
            _ => None,
        }
    }
}

macro_rules! records_of_version_2 {
    ($($name:ty = $first:ty),* $(,)?) => {$(
        impl Record for $name {
            const VERSION: u8 = 2;

            fn migrate(version: u8, body: &[u8]) -> Option<Self> {
                (version == 1).then(|| codec().deserialize::<$first>(body).ok())?.map(Self::from)
            }
        }
    )*};
}

records_of_version_2!(
    crate::domain::account::User = User1,
    crate::domain::action::Action = Action1,
    crate::domain::action::LogRow = LogRow1,
    crate::domain::device::Conflict = Conflict1,
    crate::domain::device::Device = Device1,
    crate::domain::device::Print = Print1,
    crate::domain::invoice::Picture = Picture1,
);

macro_rules! records {
    ($($name:ty),* $(,)?) => {$(impl Record for $name {})*};
}

records!(
    (),
    (i64, u64),
    u64,
    String,
    crate::domain::account::Company,
    crate::domain::account::Group,
    crate::domain::account::Session,
    crate::domain::account::Token,
    crate::domain::action::Pause,
    crate::domain::action::UploadAnswer,
    crate::domain::device::Import,
    crate::domain::device::Step,
    crate::domain::device::Verified,
    crate::domain::batch::Batch,
    crate::domain::corners::Corners,
    crate::domain::corners::Marked,
    crate::domain::hand_out::Runs,
    crate::domain::ids::ActionId,
    crate::domain::ids::InvoiceId,
    crate::domain::ids::PictureId,
    crate::domain::ids::UserId,
    crate::domain::invoice::Correction,
    crate::domain::label_look::LabelLook,
    crate::domain::lease::Claim,
    crate::domain::logo::Logo,
    crate::domain::news::News,
    Vec<Item>,
    crate::domain::portal::PortalLine,
    crate::domain::portal::PortalList,
    crate::domain::print_job::Mishap,
    crate::domain::print_job::PrintJob,
    crate::domain::print_job::Progress,
    crate::domain::printer::Printer,
    crate::domain::totals::Totals,
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::device::{Conflict, ConflictKind, Device, Label, Print};
    use crate::domain::ids::UserId;
    use crate::store::older::Settlement1;

    #[test]
    fn a_record_comes_back_and_garbage_does_not() {
        let bytes = encode(&"发票".to_owned()).unwrap();
        assert_eq!(bytes[0], 1);
        assert_eq!(decode::<String>(&bytes).as_deref(), Some("发票"));
        assert_eq!(decode::<String>(&bytes[..bytes.len() - 1]), None);
        assert_eq!(decode::<String>(&[bytes.clone(), vec![0]].concat()), None);
        assert_eq!(decode::<String>(&[9, 0]), None);
        assert_eq!(decode::<String>(&[]), None);
    }

    #[test]
    fn facts_are_stored_by_numbers_that_stay() {
        use crate::domain::fact::{Deed, Fact};
        let name = String::new;
        for (fact, number) in [
            (Fact::Told(name()), &[0, 0][..]),
            (Fact::QueuesResumed, &[5]),
            (Fact::DevicesImported { import: 1, file: name() }, &[13, 1, 0]),
            (Fact::LoggedIn, &[18]),
            (Fact::BackupRestored { tokens: 0 }, &[24, 0]),
            (Fact::UserWentOver { user: name() }, &[29, 0]),
            (Fact::Done(Deed::LabelLookAdded, name()), &[34, 0, 0]),
            (Fact::Done(Deed::UserUnlocked, name()), &[34, 4, 0]),
            (Fact::Done(Deed::TokenEnded, name()), &[34, 12, 0]),
        ] {
            assert_eq!(codec().serialize(&fact).unwrap(), number, "{fact:?}");
        }
    }

    fn version_1(old: impl Serialize) -> Vec<u8> {
        [vec![1], codec().serialize(&old).unwrap()].concat()
    }

    #[test]
    fn devices_prints_and_conflicts_of_older_formats_are_read() {
        let (sn, cpuid) = ("18440001".to_owned(), "C1".to_owned());
        let label = Label::Printed;
        let old = Device1 { sn: sn.clone(), cpuid: cpuid.clone(), registered: 7, sequence: 3, label, print_count: 2, prints: 4 };
        let device: Device = decode(&version_1(old)).unwrap();
        assert_eq!((device.sn.as_str(), device.sequence, device.prints, device.current_labels), ("18440001", 3, 4, 2));
        assert_eq!((&device.registered_by, device.import), (&None, None));
        assert_eq!(decode(&encode(&device).unwrap()), Some(device));
        let old = Print1 {
            at: 9,
            user: UserId(2),
            user_name: "甲".into(),
            ip: "10.0.0.1".into(),
            reason: "破损".into(),
            outcome: Label::Failed,
        };
        let print: Print = decode(&version_1(old)).unwrap();
        assert_eq!((print.at, print.user_name.as_str(), print.outcome, print.told), (9, "甲", Label::Failed, None));
        let settled = Some(Settlement1 { at: 8, user_name: "乙".into(), reason: "接错线".into() });
        let (by_sn, user_name, ip) = (Some((sn.clone(), "C2".into())), "甲".into(), "10.0.0.1".into());
        let old = Conflict1 { id: 5, sn, cpuid, by_sn, by_cpuid: None, first: 1, last: 2, times: 3, user_name, ip, settled };
        let conflict: Conflict = decode(&version_1(old)).unwrap();
        assert_eq!((conflict.id, conflict.times, conflict.kind), (5, 3, ConflictKind::Registration));
        assert_eq!(conflict.settled.map(|s| (s.reason, s.replaced)), Some(("接错线".into(), false)));
        assert_eq!(decode::<Device>(&[2, 0]), None);
    }

    #[test]
    fn what_was_learnt_from_an_older_template_is_kept() {
        use crate::domain::ids::{CompanyId, PictureId, TemplateId};
        use crate::domain::template::{EngineNumbers, Layout};
        use crate::store::older::Learnt1;
        let specimen = [("金额", "¥50.00"), ("\u{0}qr", "01,10,…"), ("座位", "12"), ("\u{0}title", "收款□据")];
        let specimen = specimen.map(|(area, text)| (area.to_owned(), text.to_owned())).into();
        let old = Template2 {
            id: TemplateId(1),
            company: CompanyId(1),
            layout: Layout { label: "票".into(), quota: None, areas: Vec::new() },
            json_model: "{}".into(),
            registered: 7,
            successes: 8,
            origin: PictureId(2),
            shown: PictureId(3),
            uuid: "u".into(),
            learnt: Learnt1 { words: Vec::new(), specimen, size: (3, 4), numbers: EngineNumbers::from([("reader".into(), 77)]) },
            version: 9,
        };
        let bytes = [vec![2], codec().serialize(&old).unwrap()].concat();
        let template: Template = decode(&bytes).unwrap();
        let learnt = &template.learnt;
        assert_eq!(learnt.areas, [("金额".to_owned(), "¥50.00".to_owned()), ("座位".to_owned(), "12".to_owned())]);
        assert_eq!((learnt.code.as_deref(), learnt.title.as_deref()), (Some("01,10,…"), Some("收款□据")));
        assert_eq!((learnt.size, learnt.numbers["reader"], template.successes, template.version), ((3, 4), 77, 8, 9));
        assert_eq!(decode(&encode(&template).unwrap()), Some(template));
    }

    #[test]
    fn candidates_of_version_1_keep_their_fit_reasons() {
        use crate::domain::fit_reason::FitReason;
        use crate::domain::ids::TemplateId;
        use crate::domain::words::Words;
        let reason = Words::new("匹配：10 处固定文字中找到 9 处", "fits: 9 of 10 fixed words found");
        let old = Candidate1 { template: TemplateId(3), label: "票".into(), score: 0.9, reason: reason.clone() };
        let read: Vec<Candidate> = decode(&version_1(vec![old])).unwrap();
        assert_eq!((read[0].reason.zh(), read[0].reason.en()), (reason.zh, reason.en));
        let found = FitReason::Fits { found: 9, of: 10, title: None, differs: None };
        assert_eq!((found.zh(), found.en()), (read[0].reason.zh(), read[0].reason.en()));
        assert_eq!(decode::<Vec<Candidate>>(&encode(&read).unwrap()), Some(read));
    }

    #[test]
    fn a_picture_of_version_1_has_one_page() {
        use crate::domain::ids::{CompanyId, PictureId, UserId};
        use crate::domain::invoice::{BlobHash, Picture, PictureFormat, Purpose};
        let (id, hash) = (PictureId(7), BlobHash([1; 32]));
        let first =
            (id, hash, PictureFormat::Tiff, 30u32, 20u32, 900u64, Purpose::Invoice, CompanyId(1), UserId(2), 1_700_000_000_000i64);
        let bytes = [vec![1], codec().serialize(&first).unwrap()].concat();
        let picture: Picture = decode(&bytes).unwrap();
        assert_eq!((picture.id, picture.width, picture.uploaded, picture.pages), (id, 30, 1_700_000_000_000, 1));
        let again = encode(&picture).unwrap();
        assert_eq!((again[0], decode::<Picture>(&again)), (2, Some(picture)));
        assert_eq!(decode::<Picture>(&[vec![3], codec().serialize(&first).unwrap()].concat()), None);
    }

    #[test]
    fn a_record_too_large_is_not_made() {
        assert_eq!(encode(&"x".repeat(RECORD_BYTES_MAX + 1)), None);
    }
}
