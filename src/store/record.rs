//! How a record lies on disk: a version byte, then bincode. The only file that names bincode. A struct that changes leaves its old
//! shape here, with the way from it to the new one. Not here: keys and tables.

use crate::domain::device::{Conflict, ConflictKind, Device, Label, Listed, Print, Settlement};
use crate::domain::ids::{Millis, UserId};
use bincode::Options;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Something that is kept. `VERSION` goes up when the shape changes; `migrate` reads the older ones.
pub trait Record: Serialize + DeserializeOwned {
    const VERSION: u8 = 1;

    /// Reads the body of a record of an older version; `None` where there never was such a version.
    fn migrate(_version: u8, _body: &[u8]) -> Option<Self> {
        None
    }
}

fn codec() -> impl Options {
    bincode::DefaultOptions::new().with_limit(RECORD_BYTES_MAX as u64)
}

/// sled keeps larger values in files that it never syncs (over 128 KiB), and is slow long before.
pub const RECORD_BYTES_MAX: usize = 100 * 1024;

/// `None` when the record is larger than `RECORD_BYTES_MAX`.
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

    /// The first was the serial alone.
    fn migrate(version: u8, body: &[u8]) -> Option<Self> {
        let sn = (version == 1).then(|| codec().deserialize(body).ok())??;
        Some(Self { sn, cpuid: None })
    }
}

/// A body of the one older version there was.
fn older<R: DeserializeOwned>(version: u8, body: &[u8]) -> Option<R> {
    (version == 1).then(|| codec().deserialize(body).ok())?
}

#[derive(Serialize, Deserialize)]
struct DeviceV1 {
    sn: String,
    cpuid: String,
    registered: Millis,
    sequence: u64,
    label: Label,
    print_count: u32,
    prints: u32,
}

impl Record for Device {
    const VERSION: u8 = 2;

    fn migrate(version: u8, body: &[u8]) -> Option<Self> {
        let DeviceV1 { sn, cpuid, registered, sequence, label, print_count, prints } = older(version, body)?;
        let current_labels = print_count;
        Some(Self {
            sn,
            cpuid,
            registered,
            sequence,
            label,
            print_count,
            prints,
            current_labels,
            registered_by: None,
            import: None,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct PrintV1 {
    at: Millis,
    user: UserId,
    user_name: String,
    ip: String,
    reason: String,
    outcome: Label,
}

impl Record for Print {
    const VERSION: u8 = 2;

    fn migrate(version: u8, body: &[u8]) -> Option<Self> {
        let PrintV1 { at, user, user_name, ip, reason, outcome } = older(version, body)?;
        Some(Self { at, user, user_name, ip, reason, outcome, told: None })
    }
}

#[derive(Serialize, Deserialize)]
struct SettlementV1 {
    at: Millis,
    user_name: String,
    reason: String,
}

#[derive(Serialize, Deserialize)]
struct ConflictV1 {
    id: u64,
    sn: String,
    cpuid: String,
    by_sn: Option<(String, String)>,
    by_cpuid: Option<(String, String)>,
    first: Millis,
    last: Millis,
    times: u32,
    user_name: String,
    ip: String,
    settled: Option<SettlementV1>,
}

impl Record for Conflict {
    const VERSION: u8 = 2;

    /// All the first ones came of registrations, and settling one changed nothing.
    fn migrate(version: u8, body: &[u8]) -> Option<Self> {
        let ConflictV1 { id, sn, cpuid, by_sn, by_cpuid, first, last, times, user_name, ip, settled } = older(version, body)?;
        let settled = settled.map(|SettlementV1 { at, user_name, reason }| Settlement { at, user_name, reason, replaced: false });
        let kind = ConflictKind::Registration;
        Some(Self { id, sn, cpuid, by_sn, by_cpuid, first, last, times, user_name, ip, settled, kind })
    }
}

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
    crate::domain::account::User,
    crate::domain::account::Session,
    crate::domain::account::Token,
    crate::domain::action::Action,
    crate::domain::action::LogRow,
    crate::domain::action::Pause,
    crate::domain::action::UploadAnswer,
    crate::domain::device::Import,
    crate::domain::device::Step,
    crate::domain::ids::ActionId,
    crate::domain::ids::InvoiceId,
    crate::domain::ids::PictureId,
    crate::domain::ids::UserId,
    crate::domain::invoice::Correction,
    crate::domain::invoice::Invoice,
    crate::domain::invoice::Picture,
    crate::domain::label_look::LabelLook,
    crate::domain::template::Template,
    Vec<crate::domain::invoice::Contender>,
);

#[cfg(test)]
mod tests {
    use super::*;

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

    fn as_it_was(old: impl Serialize) -> Vec<u8> {
        [vec![1], codec().serialize(&old).unwrap()].concat()
    }

    #[test]
    fn devices_prints_and_conflicts_of_older_formats_are_read() {
        let (sn, cpuid) = ("18440001".to_owned(), "C1".to_owned());
        let label = Label::Printed;
        let old = DeviceV1 { sn: sn.clone(), cpuid: cpuid.clone(), registered: 7, sequence: 3, label, print_count: 2, prints: 4 };
        let device: Device = decode(&as_it_was(old)).unwrap();
        assert_eq!((device.sn.as_str(), device.sequence, device.prints, device.current_labels), ("18440001", 3, 4, 2));
        assert_eq!((&device.registered_by, device.import), (&None, None));
        assert_eq!(decode(&encode(&device).unwrap()), Some(device));
        let old = PrintV1 {
            at: 9,
            user: UserId(2),
            user_name: "甲".into(),
            ip: "10.0.0.1".into(),
            reason: "破损".into(),
            outcome: Label::Failed,
        };
        let print: Print = decode(&as_it_was(old)).unwrap();
        assert_eq!((print.at, print.user_name.as_str(), print.outcome, print.told), (9, "甲", Label::Failed, None));
        let settled = Some(SettlementV1 { at: 8, user_name: "乙".into(), reason: "接错线".into() });
        let (by_sn, user_name, ip) = (Some((sn.clone(), "C2".into())), "甲".into(), "10.0.0.1".into());
        let old = ConflictV1 { id: 5, sn, cpuid, by_sn, by_cpuid: None, first: 1, last: 2, times: 3, user_name, ip, settled };
        let conflict: Conflict = decode(&as_it_was(old)).unwrap();
        assert_eq!((conflict.id, conflict.times, conflict.kind), (5, 3, ConflictKind::Registration));
        assert_eq!(conflict.settled.map(|s| (s.reason, s.replaced)), Some(("接错线".into(), false)));
        assert_eq!(decode::<Device>(&[2, 0]), None);
    }

    #[test]
    fn a_record_too_large_is_not_made() {
        assert_eq!(encode(&"x".repeat(RECORD_BYTES_MAX + 1)), None);
    }
}
