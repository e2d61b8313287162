//! A row of every stored struct in every version, as on disk (`fixtures/records.txt`): readable for ever. Asserted by field name,
//! so that a new version changes no old check. Not here: whole data dirs (format.rs), enum numbers (src/store/enums.rs).

use paperline::domain::account::{Company, Credential, Group, Permission, Session, Token, User};
use paperline::domain::action::{Action, Job, LogRow, Pause, State, UploadAnswer};
use paperline::domain::batch::Batch;
use paperline::domain::certainty::{Doubt, Lowered};
use paperline::domain::corners::{Corners, Marked};
use paperline::domain::device::{
    Conflict, ConflictKind, Device, Import, ImportState, Label, Listed, Print, Step, StepKind, Verified,
};
use paperline::domain::fact::Fact;
use paperline::domain::hand_out::Runs;
use paperline::domain::ids::{ActionId, CompanyId, InvoiceId, PictureId, TemplateId, TokenId, UserId};
use paperline::domain::invoice::{Candidate, Correction, Invoice, Picture, PictureFormat, Purpose, Standing};
use paperline::domain::kind::Kind;
use paperline::domain::label_look::LabelLook;
use paperline::domain::lease::{Claim, Moment, Running};
use paperline::domain::logo::Logo;
use paperline::domain::news::{Broken, News};
use paperline::domain::paper::{Item, Source};
use paperline::domain::portal::{PortalLine, PortalList};
use paperline::domain::print_job::{Mishap, NotSent, PrintJob, Progress};
use paperline::domain::printer::{Address, Language, Printer};
use paperline::domain::template::Template;
use paperline::domain::totals::Totals;
use paperline::store::record::{self, Record};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const UPPER_HALF: Corners = Corners([(0.0, 0.0), (1044.0, 0.0), (1044.0, 333.0), (0.0, 333.0)]);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// By struct and version.
fn rows() -> BTreeMap<(String, u8), Vec<u8>> {
    let text = std::fs::read_to_string(root().join("tests/it/fixtures/records.txt")).unwrap();
    let row = |line: &str| {
        let [name, version, hex] = line.split(' ').collect::<Vec<_>>().try_into().expect("a struct, a version, its bytes");
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        ((name.to_owned(), version.parse().unwrap()), (0..hex.len()).step_by(2).map(byte).collect())
    };
    let found: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).map(row).collect();
    let rows: BTreeMap<_, _> = found.iter().cloned().collect();
    assert_eq!(rows.len(), found.len(), "one of each");
    rows
}

fn read<R: Record>(rows: &BTreeMap<(String, u8), Vec<u8>>, name: &str, version: u8, check: impl Fn(R)) {
    let row = rows.get(&(name.to_owned(), version)).unwrap_or_else(|| panic!("there is no row of {name} {version}"));
    assert_eq!(row[0], version, "{name}");
    let decode = || record::decode::<R>(row).unwrap_or_else(|| panic!("{name} {version} can't be read any more"));
    check(decode());
    let again = record::encode(&decode()).unwrap();
    if version == R::VERSION {
        assert_eq!(&again, row, "{name} is written otherwise now: that is another version");
    } else {
        assert_eq!((again[0], record::decode::<R>(&again).is_some()), (R::VERSION, true), "{name} {version} in its present shape");
    }
}

/// Its current version and the tested ones.
struct Looked {
    name: String,
    version: u8,
    at: Vec<u8>,
}

macro_rules! records {
    ($rows:ident: $($name:ty { $($version:literal => $check:expr),+ $(,)? })+) => {
        vec![$({
            let name = stringify!($name).replace(' ', "");
            $(read::<$name>(&$rows, &name, $version, $check);)+
            Looked { name, version: <$name as Record>::VERSION, at: vec![$($version),+] }
        }),+]
    };
}

fn kept() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("src/store/record.rs")).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap();
    let by_hand = code.split("\nimpl Record for ").skip(1).map(|rest| rest.split(" {").next().unwrap().to_owned());
    let listed = ["\nrecords_of_version_2!(", "\nrecords!("].into_iter().flat_map(|list| {
        let rows = code.split(list).nth(1).unwrap().split("\n);").next().unwrap().lines();
        rows.map(|row| row.trim().trim_end_matches(',').split(" = ").next().unwrap()).filter(|row| !row.is_empty())
    });
    let listed = listed.map(|name| if name.contains("::") { name.rsplit("::").next().unwrap() } else { name });
    by_hand.chain(listed.map(str::to_owned)).map(|name| name.replace(' ', "")).collect()
}

#[test]
fn every_record_of_every_version_is_read_for_ever() {
    let rows = rows();
    let mut looked = accounts(&rows);
    looked.extend(devices(&rows));
    looked.extend(printing(&rows));
    looked.extend(queues(&rows));
    looked.extend(invoices(&rows));
    looked.extend(the_rest(&rows));
    let known: BTreeSet<String> = looked.iter().map(|looked| looked.name.clone()).collect();
    let missing: Vec<_> = kept().difference(&known).cloned().collect();
    assert!(missing.is_empty(), "no row is kept of {missing:?}: add one (record::encode, in hex) and what has to be in it");
    assert_eq!(known.difference(&kept()).collect::<Vec<_>>(), [""; 0], "no records any more, and data dirs may hold them");
    for Looked { name, version, at } in &looked {
        assert_eq!(*at, (1..=*version).collect::<Vec<_>>(), "{name}: every version has its row, and the present one is {version}");
    }
    let looked_at: usize = looked.iter().map(|looked| looked.at.len()).sum();
    assert_eq!(looked_at, rows.len(), "a row is looked at by nobody");
}

type Rows = BTreeMap<(String, u8), Vec<u8>>;

fn accounts(rows: &Rows) -> Vec<Looked> {
    let is_the_manager = |user: &User| {
        assert_eq!((user.id, user.name.as_str(), user.company, user.locked), (UserId(3), "manager", CompanyId(1), false));
        assert_eq!((user.group.map(|id| id.0), user.default_password), (Some(1), false));
        assert!(user.password_hash.starts_with("$argon2id$v=19$"));
    };
    records! { rows:
        Company { 1 => |company: Company| assert_eq!((company.id, company.name.as_str()), (CompanyId(1), "公司")) }
        Group { 1 => |group: Group| {
            assert_eq!((group.id.0, group.name.as_str(), group.company), (1, "组", CompanyId(1)));
            assert!(group.permissions.lists(Permission::ModelR) && group.permissions.lists(Permission::InvoiceR));
        } }
        User {
            1 => |user: User| {
                assert!(!user.must_change_password);
                is_the_manager(&user);
            },
            2 => |user: User| {
                assert!(user.must_change_password);
                is_the_manager(&user);
            },
        }
        Session { 1 => |session: Session| {
            assert_eq!((session.user, session.began, session.seen), (UserId(1), 1_795_374_786_132, 1_795_374_786_132));
        } }
        Token { 1 => |token: Token| {
            assert_eq!((token.id, token.user, token.name.as_str(), token.hash[0]), (TokenId(1), UserId(1), "3 号工位", 6));
            assert!(token.permissions.lists(Permission::DeviceRw));
        } }
        UserId { 1 => |id| assert_eq!(id, UserId(1)) }
    }
}

fn devices(rows: &Rows) -> Vec<Looked> {
    records! { rows:
        Device {
            1 => |device: Device| {
                assert_eq!((device.sn.as_str(), device.cpuid.as_str(), device.sequence), ("18470001", "A1", 1));
                assert_eq!((device.label, device.print_count, device.prints, device.current_labels), (Label::Printed, 1, 1, 1));
                assert_eq!((device.registered_by, device.import), (None, None));
            },
            2 => |device: Device| {
                assert_eq!((device.sn.as_str(), device.cpuid.as_str(), device.sequence), ("18470004", "A8", 6));
                assert_eq!((device.label, device.registered), (Label::New, 1_795_891_187_490));
                assert_eq!((device.registered_by.as_deref(), device.import), (Some("admin"), Some(1)));
            },
        }
        Listed {
            1 => |listed: Listed| assert_eq!((listed.sn.as_str(), listed.cpuid), ("18470001", None)),
            2 => |listed: Listed| assert_eq!((listed.sn.as_str(), listed.cpuid.as_deref()), ("18470001", Some("A1"))),
        }
        Print {
            1 => |print: Print| {
                assert_eq!((print.at, print.user, print.user_name.as_str()), (1_795_374_786_218, UserId(1), "admin"));
                assert_eq!((print.ip.as_str(), print.reason.as_str(), print.outcome, print.told), ("127.0.0.1", "", Label::Printed, None));
            },
            2 => |print: Print| {
                assert_eq!((print.at, print.user, print.user_name.as_str()), (1_795_891_187_485, UserId(1), "admin"));
                assert_eq!((print.outcome, print.told), (Label::Printed, None));
            },
        }
        Conflict {
            1 => |conflict: Conflict| {
                assert_eq!((conflict.id, conflict.sn.as_str(), conflict.cpuid.as_str(), conflict.times), (1, "18470001", "B1", 1));
                assert_eq!((conflict.by_sn, conflict.by_cpuid), (Some(("18470001".into(), "A1".into())), None));
                assert_eq!((conflict.settled, conflict.kind), (None, ConflictKind::Registration));
            },
            2 => |conflict: Conflict| {
                assert_eq!((conflict.id, conflict.cpuid.as_str(), conflict.first), (1, "B1", 1_795_891_187_485));
                assert_eq!((conflict.user_name.as_str(), conflict.kind), ("admin", ConflictKind::Registration));
            },
        }
        Step { 1 => |step: Step| {
            assert_eq!((step.kind, step.from.as_str(), step.to.as_str(), step.reason.as_str()), (StepKind::Cpuid, "0xA5", "A7", "抄错"));
            assert_eq!((step.at, step.user_name.as_str()), (1_795_891_187_487, "admin"));
        } }
        Import { 1 => |import: Import| {
            assert_eq!((import.at, import.user_name.as_str(), import.created), (1_795_891_187_490, "admin", 1));
            assert_eq!(import.state, ImportState::Untouched);
        } }
        LabelLook { 1 => |look: LabelLook| {
            assert_eq!((look.name.as_str(), look.width, look.height, look.gap, look.rotate), ("40 × 30", 40_000, 30_000, 2_000, 0));
        } }
        Claim { 1 => |claim: Claim| {
            assert_eq!((claim.owner, claim.user, claim.user_name.as_str()), (Credential::Session([7; 32]), UserId(2), "丙"));
            assert_eq!(claim.until, Moment { run: 3, ms: 120_000 });
        } }
    }
}

fn printing(rows: &Rows) -> Vec<Looked> {
    records! { rows:
        Printer { 1 => |printer: Printer| {
            assert_eq!((printer.name.as_str(), printer.language, printer.dpi, printer.look), ("线 1", Language::Tspl, 300, 2));
            assert_eq!(printer.address, Address::Tcp { host: "10.0.0.7".into(), port: 9_100 });
            assert_eq!((printer.across, printer.across_gap), (3, 2_500));
            assert_eq!((printer.offset, printer.prints_by_itself, printer.has_answered), ((-3, 8), true, true));
        } }
        PrintJob { 1 => |job: PrintJob| {
            assert_eq!((job.printer, job.printer_name.as_str(), job.at), (1, "线 1", 1_796_000_000_000));
            assert_eq!((job.user, job.user_name.as_str(), job.ip.as_str(), job.reason.as_str()), (UserId(2), "丙", "10.0.0.9", "卡纸"));
            assert_eq!((job.copies, job.sns.as_slice()), (2, &["18470001".to_owned(), "18470002".to_owned()][..]));
        } }
        Progress { 1 => |progress: Progress| {
            assert_eq!((progress.next, progress.in_flight), (3, 2));
            assert_eq!(progress.cancelled, Some((1_796_000_000_001, "丙".to_owned())));
        } }
        Mishap { 1 => |mishap: Mishap| assert_eq!(mishap, Mishap::Failed(NotSent::NotDrawn)) }
        Batch { 1 => |batch: Batch| {
            assert_eq!((batch.name.as_str(), batch.expected, batch.first.as_str(), batch.last.as_str()), ("十一月", 9, "18470001", "18470009"));
            assert_eq!((batch.began, batch.closed), (1_796_000_000_000, Some(1_796_000_000_002)));
        } }
        Logo { 1 => |logo: Logo| assert_eq!((logo.file.as_str(), logo.png.as_slice()), ("标志.png", &[0x89][..])) }
        Verified { 1 => |verified: Verified| {
            assert_eq!((verified.at, verified.user_name.as_str(), verified.cpuid.as_str(), verified.prints), (1_796_000_000_003, "丙", "A1", 2));
        } }
    }
}

fn queues(rows: &Rows) -> Vec<Looked> {
    let adds_a_template =
        |job: &Job| matches!(job, Job::AddTemplate(draft) if draft.layout.label == "票€" && draft.origin == PictureId(1));
    records! { rows:
        Action {
            1 => |action: Action| {
                assert_eq!((action.id, action.user, action.position, action.state), (ActionId(1), UserId(1), 1, State::Done));
                assert!(adds_a_template(&action.job) && action.file_name.is_empty());
            },
            2 => |action: Action| {
                assert_eq!((action.id, action.queued, action.company_name.as_str()), (ActionId(1), 1_795_891_187_494, "公司"));
                assert!(adds_a_template(&action.job));
            },
        }
        ActionId { 1 => |id| assert_eq!(id, ActionId(7)) }
        Running {
            // By an unknown run: expired.
            1 => |running: Running| assert_eq!((running.owner, running.until.ms), (0, 0)),
            2 => |running: Running| assert_eq!((running.owner, running.until), (7, Moment { run: 3, ms: 120_000 })),
        }
        Pause { 1 => |pause: Pause| {
            assert_eq!((pause.by.as_str(), pause.since, pause.reason.as_str()), ("admin", 1_795_374_786_450, "午休"));
        } }
        UploadAnswer { 1 => |answer: UploadAnswer| {
            assert_eq!((answer.actions, answer.sizes.manage, answer.sizes.recognise), (vec![ActionId(3)], 0, 1));
        } }
    }
}

fn invoices(rows: &Rows) -> Vec<Looked> {
    let unsure = "客户名称识别不可靠（置信度 0.97）";
    let is_the_third = move |invoice: &Invoice| {
        assert_eq!((invoice.id, invoice.action, invoice.template), (InvoiceId(3), ActionId(6), Some(TemplateId(1))));
        assert_eq!((invoice.template_label.as_str(), invoice.user_name.as_str()), ("票€", "admin"));
        assert_eq!((invoice.standing, invoice.picture.pages), (Standing::Waiting, 1));
        assert_eq!(invoice.reasons.iter().map(|why| why.zh()).collect::<Vec<_>>(), [unsure]);
        assert_eq!((invoice.text("客户名称"), invoice.regions[0].probability), (Some("中山大学"), 0.97));
    };
    let is_the_first = |template: &Template| {
        assert_eq!((template.id, template.layout.label.as_str(), template.successes), (TemplateId(1), "票€", 2));
        assert_eq!((template.layout.areas[0].pos_id.as_str(), template.layout.areas[0].rect.width), ("客户名称", 20.0));
        assert_eq!((template.learnt.numbers["reader"], template.version), (77, 1));
    };
    records! { rows:
        Picture {
            1 => |picture: Picture| {
                assert_eq!((picture.id, picture.format, picture.width, picture.height), (PictureId(1), PictureFormat::Png, 50, 40));
                assert_eq!((picture.purpose, picture.bytes, picture.pages), (Purpose::Template, 257, 1));
            },
            2 => |picture: Picture| {
                assert_eq!((picture.uploaded_by, picture.uploaded, picture.hash.0[0]), (UserId(1), 1_795_891_187_494, 112));
                assert_eq!(picture.pages, 1);
            },
        }
        PictureId { 1 => |id| assert_eq!(id, PictureId(7)) }
        Template {
            1 => |template: Template| is_the_first(&template),
            2 => |template: Template| is_the_first(&template),
            3 => |template: Template| {
                is_the_first(&template);
                assert_eq!((template.learnt.code.as_deref(), template.learnt.title.as_deref()), (Some("01,10"), Some("收款收据")));
            },
        }
        Invoice {
            1 => |invoice: Invoice| {
                is_the_third(&invoice);
                assert!(invoice.file_name.is_empty());
            },
            2 => |invoice: Invoice| {
                is_the_third(&invoice);
                assert_eq!((invoice.file_name.as_str(), invoice.version, invoice.void), ("i.png", 1, None));
                assert_eq!((invoice.kind, invoice.part, invoice.pages), (None, 1, (1, 1)));
            },
            3 => |invoice: Invoice| {
                is_the_third(&invoice);
                assert_eq!((invoice.kind, invoice.part, invoice.pages), (Some(Kind::DigitalSpecial), 2, (3, 4)));
                assert_eq!((invoice.regions[0].source, invoice.regions[0].page), (Source::Ocr, 1));
            },
            4 => |invoice: Invoice| {
                is_the_third(&invoice);
                assert_eq!((invoice.kind, invoice.regions[0].page), (Some(Kind::DigitalSpecial), 1));
                assert_eq!(invoice.regions[0].doubts, [Lowered { doubt: Doubt::UnderSeal, by: 0.15 }]);
            },
        }
        Vec<Item> { 1 => |items: Vec<Item>| {
            let Item { name, unit, quantity, price, amount, tax_rate, tax, .. } = &items[0];
            assert_eq!([name, unit, quantity, price, amount, tax_rate, tax], ["纸", "箱", "2", "1.5", "3.00", "13%", "0.39"]);
        } }
        InvoiceId { 1 => |id| assert_eq!(id, InvoiceId(7)) }
        PortalLine { 1 => |line: PortalLine| {
            assert_eq!((line.code.as_str(), line.number.as_str(), line.digital.as_str()), ("044001900111", "12345678", "26322000004478296111"));
            assert_eq!((line.date.as_str(), line.seller.number.as_str(), line.buyer.name.as_str()), ("2026-06-04", "91350100M000100Y43", "乙"));
            assert_eq!((line.net, line.tax, line.total, line.is_red), (Some(-10_000), None, Some(-11_300), true));
            assert_eq!([line.kind.as_str(), &line.status, &line.risk, &line.clerk, &line.remark], ["数电纸质发票", "正常", "正常", "丙", "注"]);
        } }
        PortalList { 1 => |list: PortalList| {
            assert_eq!((list.at, list.file.as_str(), list.user_name.as_str()), (1_795_900_000_000, "六月.xlsx", "admin"));
            assert_eq!((list.rows, list.wrong, list.invoices, list.written, list.is_whole), (9, 2, 6, 4, false));
            assert_eq!(list.months, ["2026-05", "2026-06"]);
        } }
        Corners { 1 => |corners: Corners| assert_eq!(corners, UPPER_HALF) }
        Marked { 1 => |marked: Marked| {
            assert_eq!(marked, Marked { page: 1, papers: vec![UPPER_HALF], instead_of: vec![(InvoiceId(5), Standing::Waiting)] });
        } }
        Runs { 1 => |runs: Runs| {
            let ids = (0..4096).map(InvoiceId).filter(|id| runs.has(*id)).map(|id| id.0);
            assert_eq!(ids.collect::<Vec<_>>(), [1, 2, 3, 7, 4094, 4095]);
        } }
        Correction { 1 => |correction: Correction| {
            assert_eq!((correction.pos_id.as_str(), correction.old.as_str(), correction.new.as_str()), ("客户名称", "中山大学", "北京大学"));
        } }
        Vec<Candidate> {
            1 => |candidates: Vec<Candidate>| {
                assert_eq!((candidates[0].template, candidates[0].label.as_str(), candidates[0].score), (TemplateId(3), "票", 0.9));
                assert_eq!(candidates[0].reason.en(), "fits: 9 of 10 fixed words found");
            },
            2 => |candidates: Vec<Candidate>| {
                assert_eq!((candidates[0].template, candidates[0].label.as_str(), candidates[0].score), (TemplateId(3), "票", 0.9));
                assert_eq!(candidates[0].reason.en(), "fits: 9 of 10 fixed words found, 3 of the title's 4 characters");
            },
        }
        Totals { 1 => |totals: Totals| {
            assert_eq!((totals.confirmed.count, totals.waiting.count, totals.duplicate.count, totals.void.count), (1, 0, 1, 1));
        } }
    }
}

fn the_rest(rows: &Rows) -> Vec<Looked> {
    records! { rows:
        () { 1 => |()| {} }
        (i64, u64) { 1 => |at| assert_eq!(at, (1_795_374_786_224_i64, 6_u64)) }
        u64 { 1 => |number| assert_eq!(number, 1_795_374_786_482_u64) }
        String { 1 => |text: String| assert_eq!(text, "Asia/Shanghai") }
        LogRow {
            1 => |row: LogRow| {
                assert_eq!((row.fact.zh().as_str(), row.user_name.as_str()), ("修改设置 confidence_threshold = 0.95", "admin"));
                assert_eq!((row.ip.as_str(), row.action, row.before), ("127.0.0.1", None, None));
            },
            2 => |row: LogRow| {
                assert!(matches!(&row.fact, Fact::DeviceCorrected { sn, to, .. } if sn == "18470002" && to == "A7"));
                assert_eq!((row.user, row.company_name.as_str(), row.before.map(|hash| hash[0])), (UserId(1), "公司", Some(211)));
            },
        }
        News { 1 => |news| {
            let broken = Some(Broken::Receiving);
            assert_eq!(news, News::Recognised { company: CompanyId(1), action: ActionId(9), invoices: vec![InvoiceId(4)], broken });
        } }
    }
}
