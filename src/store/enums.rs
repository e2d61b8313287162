//! Pins stored enums: bincode stores a variant's index. Append new ones at the end, here too.

use crate::domain::account::Credential;
use crate::domain::action::{Job, Queue, State};
use crate::domain::area::AreaKind;
use crate::domain::certainty::Doubt;
use crate::domain::device::{ConflictKind, ImportState, Label, StepKind};
use crate::domain::fact::{Deed, Fact, Refused, Task};
use crate::domain::fit_reason::FitReason;
use crate::domain::invoice::{PictureFormat, Purpose, Standing, Why};
use crate::domain::kind::Kind;
use crate::domain::label_look::ElementKind;
use crate::domain::news::{Broken, News, TemplateChange};
use crate::domain::paper::Source;
use crate::domain::print_job::{Mishap, NotSent};
use crate::domain::printer::{Address, Language};
use crate::domain::reason::Reason;
use crate::store::older::Settled;
use serde::Deserializer;
use serde::de::{DeserializeOwned, Error as _, Visitor, value::Error};
use std::cell::Cell;
use std::path::Path;

/// A deserializer that remembers the variants it is asked for.
#[derive(Default)]
struct VariantProbe(Cell<&'static [&'static str]>);

impl<'de> Deserializer<'de> for &VariantProbe {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("no enum"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        self.0.set(variants);
        Err(Error::custom("asked"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

fn variants<T: DeserializeOwned>() -> String {
    let asked = VariantProbe::default();
    assert!(T::deserialize(&asked).is_err());
    asked.0.get().join(" ")
}

macro_rules! enums {
    ($($name:ty = $variants:expr;)*) => {[$((stringify!($name), variants::<$name>(), $variants)),*]};
}

#[test]
fn the_number_of_a_variant_never_changes() {
    let enums = enums! {
        AreaKind = "Money Head Date Time IdCard Detail MoneyCn InvoiceId InvoiceCode Own";
        Doubt = "ReadApart LeftOut UnderSeal Cut Overrun Beside Adjoined Corrected UnlikeSpecimen BeyondPicture LoosePlace Rival Unread \
            OtherLabel Struck";
        Broken = "Sending Receiving";
        ConflictKind = "Registration Twins";
        Credential = "Session Token";
        Deed = "LabelLookAdded LabelLookChanged LabelLookDeleted UserLocked UserUnlocked UserDeleted PasswordChanged PasswordReset \
            GroupDeleted GroupLeft CompanyAdded CompanyDeleted TokenEnded PrinterAdded PrinterDeleted BatchAdded BatchClosed BatchReopened BatchDeleted \
            LogoKept LogoDeleted";
        ElementKind = "Qr Text DataMatrix Code128 Logo";
        Fact = "Told Queued MovedAhead Cancelled QueuesPaused QueuesResumed InvoiceCorrected InvoiceReviewed InvoiceReopened \
            FaultResolved DuplicateDecided InvoiceVoided InvoiceRestored DevicesImported ImportUndone DeviceCorrected DeviceRetired \
            ConflictSettled LoggedIn LogInRefused GroupJoined CompanyRenamed SettingChanged BackupDownloaded BackupRestored UserAdded \
            GroupAdded TokenAdded UserRenamed UserWentOver UserCameOver RightsChanged GroupRenamed GroupRightsChanged Done PortalListTaken \
            InvoiceChanged SettingSet TemplateRedrawn InvoicesExported InvoicesPrinted InvoicePrinted TaskMovedAhead TaskCancelled LabelLookRedrawn \
            PrinterChanged BatchChanged LabelsQueued LabelsCancelled";
        FitReason = "Fits LessThanAnother NoWords NothingInCommon OtherTitle OtherQuota Few OffPicture Said";
        ImportState = "Untouched Touched Undoing Undone";
        Job = "Recognise AddTemplate ChangeTemplate DeleteTemplate";
        Address = "Tcp Agent";
        Language = "Zpl Tspl";
        Mishap = "InDoubt Failed";
        NotSent = "NoDevice NotDrawn PrintedMeanwhile";
        Label = "New Sent Printed Failed Unknown";
        News = "Logged Unprinted Claims Accounts User Ended Uploaded Started PutBack Recognised TemplateEnded Faults Printing";
        Kind = "DigitalNormal DigitalSpecial DigitalRail DigitalAir VatENormal VatESpecial VatNormal VatSpecial VatRoll VatToll \
            Vehicle Taxi Train Quota Machine Fiscal";
        PictureFormat = "Jpeg Png Bmp Tiff WebP Pdf Ofd Xml Heic";
        Purpose = "Invoice Template";
        Queue = "Manage Recognise Exception";
        Reason = "Unsure AmountsDiffer NoAmount CodeDiffers NotADate Digits CheckDigit SumDiffers Pages Several Reread ReadTwice \
            Emptied Unconfirmed NoTemplateFits EngineNotAsked EngineNoAnswer WentDown SourcesDiffer Missing ItemsDiffer RedWithoutMinus \
            PicturesBeside DayToCome LineTaxDiffers NothingRead";
        Refused = "TooManyTries UnknownUser WrongPassword UserLocked DefaultPasswordFromAfar";
        Settled = "Resolved Retried";
        Source = "Xml Ofd Pdf Qr Ocr Person";
        Standing = "Passed Waiting Reading Reviewed";
        State = "Waiting Running Done Failed Cancelled";
        StepKind = "Cpuid Retired Unprinted";
        Task = "Recognise AddTemplate ChangeTemplate DeleteTemplate";
        TemplateChange = "Added Deleted Changed";
        Why = "Found Said";
    };
    for (name, found, pinned) in &enums {
        assert_eq!(found, pinned, "{name}");
    }
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = std::fs::read_dir(src.join("domain"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.is_file())
        .chain([src.join("store/older.rs")]);
    let texts: Vec<String> = files.map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let kept =
        texts.iter().flat_map(|text| text.split("Deserialize)]\npub enum ").skip(1)).filter_map(|rest| rest.split(' ').next());
    let kept: Vec<&str> = kept.collect();
    assert_eq!(kept.len(), enums.len(), "{kept:?}");
    kept.iter().for_each(|name| assert!(enums.iter().any(|(known, ..)| known == name), "{name} is kept, and not pinned"));
}
