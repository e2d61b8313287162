//! How a record lies on disk: a version byte, then bincode. The only file that names bincode. A struct that changes leaves its old
//! shape here, with the way from it to the new one. Not here: keys and tables.

use super::older::{Action1, Invoice1, Picture1, Template1};
use crate::domain::device::Listed;
use bincode::Options;
use serde::{Serialize, de::DeserializeOwned};

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

/// Those whose first shape was another.
macro_rules! second_shapes {
    ($($name:ty = $first:ty),* $(,)?) => {$(
        impl Record for $name {
            const VERSION: u8 = 2;

            fn migrate(version: u8, body: &[u8]) -> Option<Self> {
                (version == 1).then(|| codec().deserialize::<$first>(body).ok())?.map(Self::from)
            }
        }
    )*};
}

second_shapes!(
    crate::domain::action::Action = Action1,
    crate::domain::invoice::Invoice = Invoice1,
    crate::domain::invoice::Picture = Picture1,
    crate::domain::template::Template = Template1,
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
    crate::domain::account::User,
    crate::domain::account::Session,
    crate::domain::account::Token,
    crate::domain::action::LogRow,
    crate::domain::action::Pause,
    crate::domain::action::UploadAnswer,
    crate::domain::device::Conflict,
    crate::domain::device::Device,
    crate::domain::device::Print,
    crate::domain::ids::ActionId,
    crate::domain::ids::InvoiceId,
    crate::domain::ids::PictureId,
    crate::domain::ids::UserId,
    crate::domain::invoice::Correction,
    crate::domain::totals::Totals,
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

    #[test]
    fn a_picture_of_the_first_shape_has_one_page() {
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
