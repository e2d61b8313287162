//! Every table: its number, its key, its record. All of them lie in one ordered key space, the number being a key's first byte, so
//! that one write over several of them is atomic. A number is never used again for something else.

use super::key::Key;
use super::record::Record;
use crate::domain::account::{Company, Group, Session, Token, User};
use crate::domain::action::{Action, LogRow, Pause, UploadAnswer};
use crate::domain::device::{Conflict, Device, Import, Listed, Print, Step};
use crate::domain::ids::{ActionId, CompanyId, GroupId, InvoiceId, Millis, PictureId, TemplateId, TokenId, UserId};
use crate::domain::invoice::{Contender, Correction, Invoice, Picture};
use crate::domain::label_look::LabelLook;
use crate::domain::lease::{Claim, Running};
use crate::domain::news::News;
use crate::domain::template::Template;
use crate::domain::totals::Totals;
use std::marker::PhantomData;

#[derive(Debug)]
pub struct Table<K, V> {
    pub number: u8,
    pub name: &'static str,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: Key, V: Record> Table<K, V> {
    const fn new(number: u8, name: &'static str) -> Self {
        Self { number, name, types: PhantomData }
    }

    /// The bytes that every key beginning with `fields` begins with.
    pub fn prefix(&self, fields: &impl Key) -> Vec<u8> {
        let mut bytes = vec![self.number];
        fields.encode(&mut bytes);
        bytes
    }
}

/// The order things came in: time first, then a number that goes up, for those of one millisecond.
pub type Arrival = (Millis, u64);

/// What next number is allotted, by the name of what is numbered; also running totals.
pub const COUNTERS: Table<String, u64> = Table::new(1, "counters");
/// The counter that is there while nobody has been told that the store was restored.
pub const RESTORED_COUNTER: &str = "restored";
/// Stored settings: name to value, both as on the command line.
pub const SETTINGS: Table<String, String> = Table::new(2, "settings");

/// Which format the whole is in: absent in a store just made.
pub const FORMAT: Table<(), u64> = Table::new(3, "format");
/// Goes up when an older release could not go on with what this one writes. 2: invoices have running
/// totals. 3: devices by time have their CPU ids. 4: CPU ids are compared without case and `0x`; totals of invoices are signed, and
/// say what they count. 5: news are numbered, and what is running has an owner and an end.
pub const FORMAT_NUMBER: u64 = 5;

/// The numbers of the tables that say who somebody is and what he may do: from this one up to that, not included.
const ACCOUNTS: std::ops::Range<u8> = 10..20;

/// Whether a key is of those tables.
pub(super) fn is_of_accounts(key: &[u8]) -> bool {
    key.first().is_some_and(|number| ACCOUNTS.contains(number))
}

pub const COMPANIES: Table<CompanyId, Company> = Table::new(10, "companies");
pub const GROUPS: Table<GroupId, Group> = Table::new(11, "groups");
pub const USERS: Table<UserId, User> = Table::new(12, "users");
pub const USERS_BY_NAME: Table<String, UserId> = Table::new(13, "users by name");
/// By SHA-256 of the cookie.
pub const SESSIONS: Table<[u8; 32], Session> = Table::new(14, "sessions");
pub const TOKENS: Table<TokenId, Token> = Table::new(15, "tokens");
/// By SHA-256 of the token: its number.
pub const TOKENS_BY_HASH: Table<[u8; 32], u64> = Table::new(16, "tokens by hash");

pub const DEVICES: Table<String, Device> = Table::new(20, "devices");
/// By what CPU ids are compared by (`canonical_cpuid`).
pub const DEVICES_BY_CPUID: Table<String, String> = Table::new(21, "devices by CPUID");
pub const DEVICES_BY_TIME: Table<Arrival, Listed> = Table::new(22, "devices by time");
pub const DEVICES_UNPRINTED: Table<Arrival, String> = Table::new(23, "unprinted devices");

/// (serial, number): every label of a device.
pub const PRINTS: Table<(String, u64), Print> = Table::new(24, "prints");
pub const CONFLICTS: Table<u64, Conflict> = Table::new(25, "conflicts");
/// The pair that was asked for, its CPU id as they are compared: its conflict.
pub const CONFLICTS_BY_PAIR: Table<(String, String), u64> = Table::new(26, "conflicts by pair");

/// (CPU id as they are compared, serial): devices of an older store whose CPU id is another device's in `DEVICES_BY_CPUID`.
pub const TWINS: Table<(String, String), ()> = Table::new(27, "twins");
/// Devices that are on no list any more. Their serials are never given to others.
pub const RETIRED: Table<String, Device> = Table::new(28, "retired devices");
/// (serial, number): a device's history, beside its prints.
pub const STEPS: Table<(String, u64), Step> = Table::new(29, "steps");

pub const ACTIONS: Table<ActionId, Action> = Table::new(30, "actions");
/// (queue, position): what waits, in the order it is taken.
pub const QUEUES: Table<(u8, i64), ActionId> = Table::new(31, "queues");
/// What engines work on, for which run of the box.
pub const RUNNING: Table<ActionId, Running> = Table::new(32, "running actions");
pub const PAUSE: Table<(), Pause> = Table::new(33, "pause");
/// The run of the machine that the box was last started in.
pub const BOOT: Table<(), String> = Table::new(36, "boot");
/// (user, key): the actions that an upload with that Idempotency-Key made.
pub const UPLOAD_KEYS: Table<(UserId, String), UploadAnswer> = Table::new(34, "upload keys");
pub const UPLOAD_KEYS_BY_TIME: Table<(Millis, UserId, String), ()> = Table::new(35, "upload keys by time");

pub const PICTURES: Table<PictureId, Picture> = Table::new(40, "pictures");
pub const TEMPLATES: Table<TemplateId, Template> = Table::new(41, "templates");
pub const TEMPLATES_BY_COMPANY: Table<(CompanyId, TemplateId), ()> = Table::new(42, "templates by company");
pub const INVOICES: Table<InvoiceId, Invoice> = Table::new(43, "invoices");
pub const INVOICES_BY_COMPANY: Table<(CompanyId, InvoiceId), ()> = Table::new(44, "invoices by company");
/// What waits for a person; every company's, and each one's.
pub const FAULTS: Table<InvoiceId, ()> = Table::new(45, "faults");
pub const FAULTS_BY_COMPANY: Table<(CompanyId, InvoiceId), ()> = Table::new(46, "faults by company");

/// (invoice, number): what people put right.
pub const CORRECTIONS: Table<(InvoiceId, u64), Correction> = Table::new(47, "corrections");
/// (company, what makes two invoices one: picture or number, invoice).
pub const INVOICES_BY_IDENTITY: Table<(CompanyId, String, InvoiceId), ()> = Table::new(48, "invoices by identity");

/// How the likeliest templates fared on it, the likeliest first; beside the invoice, so that lists need not read them.
pub const CONTENDERS: Table<InvoiceId, Vec<Contender>> = Table::new(49, "contenders");

/// What a company's invoices come to; under 0, everybody's.
pub const TOTALS: Table<CompanyId, Totals> = Table::new(55, "totals");
/// (company, the identity of the blue invoice that it takes back, red invoice).
pub const REDS: Table<(CompanyId, String, InvoiceId), ()> = Table::new(56, "red invoices");

/// By time.
pub const LOG: Table<Arrival, LogRow> = Table::new(50, "log");
/// (what is looked for, company, its value): how many rows have it. Also the list of all values.
pub const LOG_KEYS: Table<(u8, CompanyId, String), u64> = Table::new(51, "log keys");
/// The same and a number from 1 upwards: that row. Numbers go with time, so a time is found by halving, and counting is subtraction.
pub const LOG_INDEX: Table<(u8, CompanyId, String, u64), Arrival> = Table::new(52, "log index");

pub const IMPORTS: Table<u64, Import> = Table::new(60, "imports");
/// (import, serial): what it brought.
pub const IMPORTED: Table<(u64, String), ()> = Table::new(61, "imported devices");
pub const LABEL_LOOKS: Table<u64, LabelLook> = Table::new(62, "label looks");

/// By serial: labels that somebody is about to print.
pub const CLAIMS: Table<String, Claim> = Table::new(63, "claims");

/// By their numbers, from 1 upwards without a gap; the older ones go.
pub const NEWS: Table<u64, News> = Table::new(70, "news");
