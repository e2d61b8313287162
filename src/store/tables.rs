//! Every table: number, key and record. They share one ordered key space, with the number as first byte, so that a batch over
//! several is atomic. Numbers are never reused.

use super::key::Key;
use super::record::Record;
use crate::domain::account::{Company, Group, Session, Token, User};
use crate::domain::action::{Action, LogRow, Pause, UploadAnswer};
use crate::domain::batch::Batch;
use crate::domain::corners::{Corners, Marked};
use crate::domain::device::{Conflict, Device, Import, Listed, Print, Step, Verified};
use crate::domain::hand_out::Runs;
use crate::domain::ids::{ActionId, CompanyId, GroupId, InvoiceId, Millis, PictureId, TemplateId, TokenId, UserId};
use crate::domain::invoice::{Candidate, Correction, Invoice, Picture};
use crate::domain::label_look::LabelLook;
use crate::domain::lease::{Claim, Running};
use crate::domain::logo::Logo;
use crate::domain::news::News;
use crate::domain::paper::Item;
use crate::domain::portal::{PortalLine, PortalList};
use crate::domain::print_job::{Mishap, PrintJob, Progress};
use crate::domain::printer::Printer;
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

    /// The first bytes of every key that starts with `fields`.
    pub fn prefix(&self, fields: &impl Key) -> Vec<u8> {
        let mut bytes = vec![self.number];
        fields.encode(&mut bytes);
        bytes
    }
}

/// Time, then a rising number within the millisecond.
pub type Arrival = (Millis, u64);

/// (company, identity, rank, invoice)
pub type Twin = (CompanyId, String, u8, InvoiceId);

/// Last numbers allotted and running totals, by name.
pub const COUNTERS: Table<String, u64> = Table::new(1, "counters");
/// Exists until the restore has been logged.
pub const RESTORED_COUNTER: &str = "restored";
/// Values as on the command line.
pub const SETTINGS: Table<String, String> = Table::new(2, "settings");

/// Absent in a new store.
pub const FORMAT: Table<(), u64> = Table::new(3, "format");
/// Raised when older releases can't go on with the data. 2: running totals of invoices. 3: CPU ids in devices by time. 4: CPU ids
/// without case and `0x`; signed totals by class. 5: numbered news; owner and end of running actions; known forms. 6: pictures in HEIC;
/// lists of the tax portal. 7: several papers on a picture; of invoices that are one, the surest file comes first. 8: what
/// was exported and printed. 9: what lowered a value's certainty. 10: printers, and what they print; a logo.
pub const FORMAT_NUMBER: u64 = 10;

const ACCOUNTS: std::ops::Range<u8> = 10..20;

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
/// By SHA-256 of the token.
pub const TOKENS_BY_HASH: Table<[u8; 32], u64> = Table::new(16, "tokens by hash");

pub const DEVICES: Table<String, Device> = Table::new(20, "devices");
/// By `canonical_cpuid`.
pub const DEVICES_BY_CPUID: Table<String, String> = Table::new(21, "devices by CPUID");
pub const DEVICES_BY_TIME: Table<Arrival, Listed> = Table::new(22, "devices by time");
pub const DEVICES_UNPRINTED: Table<Arrival, String> = Table::new(23, "unprinted devices");

/// (serial, number)
pub const PRINTS: Table<(String, u64), Print> = Table::new(24, "prints");
pub const CONFLICTS: Table<u64, Conflict> = Table::new(25, "conflicts");
/// By the requested (serial, canonical CPU id).
pub const CONFLICTS_BY_PAIR: Table<(String, String), u64> = Table::new(26, "conflicts by pair");

/// (canonical CPU id, serial): from an older store, where `DEVICES_BY_CPUID` has another device.
pub const TWINS: Table<(String, String), ()> = Table::new(27, "twins");
/// Their serials are never reused.
pub const RETIRED: Table<String, Device> = Table::new(28, "retired devices");
/// (serial, number)
pub const STEPS: Table<(String, u64), Step> = Table::new(29, "steps");

pub const ACTIONS: Table<ActionId, Action> = Table::new(30, "actions");
/// (queue, position)
pub const QUEUES: Table<(u8, i64), ActionId> = Table::new(31, "queues");
pub const RUNNING: Table<ActionId, Running> = Table::new(32, "running actions");
pub const PAUSE: Table<(), Pause> = Table::new(33, "pause");
/// Boot of the machine at the last start.
pub const BOOT: Table<(), String> = Table::new(36, "boot");
/// (user, Idempotency-Key)
pub const UPLOAD_KEYS: Table<(UserId, String), UploadAnswer> = Table::new(34, "upload keys");
pub const UPLOAD_KEYS_BY_TIME: Table<(Millis, UserId, String), ()> = Table::new(35, "upload keys by time");

pub const PICTURES: Table<PictureId, Picture> = Table::new(40, "pictures");
pub const TEMPLATES: Table<TemplateId, Template> = Table::new(41, "templates");
pub const TEMPLATES_BY_COMPANY: Table<(CompanyId, TemplateId), ()> = Table::new(42, "templates by company");
pub const INVOICES: Table<InvoiceId, Invoice> = Table::new(43, "invoices");
pub const INVOICES_BY_COMPANY: Table<(CompanyId, InvoiceId), ()> = Table::new(44, "invoices by company");
pub const FAULTS: Table<InvoiceId, ()> = Table::new(45, "faults");
pub const FAULTS_BY_COMPANY: Table<(CompanyId, InvoiceId), ()> = Table::new(46, "faults by company");

/// (invoice, number)
pub const CORRECTIONS: Table<(InvoiceId, u64), Correction> = Table::new(47, "corrections");
/// Until format 6, in the order in which they came: (company, identity, invoice).
pub const INVOICES_AS_THEY_CAME: Table<(CompanyId, String, InvoiceId), ()> = Table::new(48, "invoices by identity");
/// (company, identity, rank, invoice): of those that are one, the first is the original.
pub const INVOICES_BY_IDENTITY: Table<Twin, ()> = Table::new(58, "invoices by identity and rank");
/// Of the same rows those with decisions, so that a long list of copies need not be read for them.
pub const INVOICES_DECIDED: Table<Twin, ()> = Table::new(59, "decided invoices by identity and rank");
/// Ranks other than the file's own: decisions of older stores go on to hold in the order in which they were made.
pub const INVOICE_RANKS: Table<InvoiceId, u64> = Table::new(54, "ranks of invoices");

/// Best first; apart from the invoice, so that lists need not read them.
pub const CANDIDATES: Table<InvoiceId, Vec<Candidate>> = Table::new(49, "candidates");

/// (invoice, number): its lines in their order, some in a row.
pub const ITEMS: Table<(InvoiceId, u64), Vec<Item>> = Table::new(57, "items");

/// Where it lies on its page, if that is not all of it.
pub const CORNERS: Table<InvoiceId, Corners> = Table::new(67, "corners");
/// Of recognitions that a person asked for so.
pub const MARKED: Table<ActionId, Marked> = Table::new(68, "marked papers");

/// (block of invoices, row of the log): those that left the box then.
pub const HANDED_OUT: Table<(u64, Millis, u64), Runs> = Table::new(69, "handed out invoices");

/// By company; 0 is all of them.
pub const TOTALS: Table<CompanyId, Totals> = Table::new(55, "totals");
/// (company, identity of the cancelled invoice, red invoice)
pub const REDS: Table<(CompanyId, String, InvoiceId), ()> = Table::new(56, "red invoices");

pub const LOG: Table<Arrival, LogRow> = Table::new(50, "log");
/// (field, company, value): how many rows have it. Also lists all values.
pub const LOG_KEYS: Table<(u8, CompanyId, String), u64> = Table::new(51, "log keys");
/// The same and a number from 1, which rises with time: a time is found by binary search, and counting is subtraction.
pub const LOG_INDEX: Table<(u8, CompanyId, String, u64), Arrival> = Table::new(52, "log index");

pub const IMPORTS: Table<u64, Import> = Table::new(60, "imports");
/// (import, serial)
pub const IMPORTED: Table<(u64, String), ()> = Table::new(61, "imported devices");
pub const LABEL_LOOKS: Table<u64, LabelLook> = Table::new(62, "label looks");

/// (company, `yyyy-MM`, key): invoices as the tax portal lists them.
pub const PORTAL_LINES: Table<(CompanyId, String, String), PortalLine> = Table::new(64, "portal lines");
/// (company, identity, key): the month.
pub const PORTAL_BY_IDENTITY: Table<(CompanyId, String, String), String> = Table::new(65, "portal lines by identity");
/// (company, number)
pub const PORTAL_LISTS: Table<(CompanyId, u64), PortalList> = Table::new(66, "portal lists");

pub const CLAIMS: Table<String, Claim> = Table::new(63, "claims");

pub const PRINTERS: Table<u64, Printer> = Table::new(71, "printers");
pub const PRINT_JOBS: Table<u64, PrintJob> = Table::new(72, "print jobs");
pub const PRINT_PROGRESS: Table<u64, Progress> = Table::new(73, "progress of print jobs");
/// (job, label from 0): of the others, how far the job is says what became of them.
pub const PRINT_MISHAPS: Table<(u64, u64), Mishap> = Table::new(74, "labels that did not simply come out");
/// (printer, job): jobs that are not over, in order.
pub const PRINT_QUEUE: Table<(u64, u64), ()> = Table::new(75, "print queue");
pub const BATCHES: Table<u64, Batch> = Table::new(76, "batches");
pub const VERIFIED: Table<String, Verified> = Table::new(77, "verified labels");
pub const LOGO: Table<(), Logo> = Table::new(78, "logo");

/// From 1 without gaps; old ones are deleted.
pub const NEWS: Table<u64, News> = Table::new(70, "news");
