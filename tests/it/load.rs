//! Load on a box that goes down: clients remember what was acknowledged, repeat the rest, then check everything. Not here: the ways
//! to go down (crash.rs, power.rs).

use crate::random::Random;
use crate::support::{Answer, Client, Paperline, eventually};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const STATIONS: usize = 4;
const UPLOADERS: usize = 2;

/// A box going down may refuse, but never blame the client.
fn acknowledged(answer: Result<Answer, ureq::Error>) -> Option<Value> {
    let answer = answer.ok()?;
    assert!(answer.status == 200 || answer.status >= 500, "{answer:?}");
    (answer.status == 200).then_some(answer.body)
}

struct Device {
    cpuid: String,
    /// `None`: unanswered.
    printed: Option<bool>,
}

struct Station {
    number: usize,
    random: Random,
    made: usize,
    devices: BTreeMap<String, Device>,
    /// Unacknowledged, to be repeated.
    pending: Vec<Value>,
}

impl Station {
    fn register(&mut self, client: &Client) -> Option<()> {
        if self.pending.is_empty() {
            for _ in 0..=self.random.below(3) {
                self.made += 1;
                let number = self.number * 1_000_000 + self.made;
                let mut row = json!({ "CPUID": format!("C{number}") });
                // Without a serial the box allots one, of this year.
                if self.random.percent(70) {
                    row["DeviceSN"] = json!(format!("{number:08}"));
                }
                self.pending.push(row);
            }
        }
        let body = json!({ "devices": self.pending }).to_string();
        let answer = acknowledged(client.try_send("POST", "/registerDevice", &[], body.as_bytes()))?;
        assert_eq!(answer["reqStatus"], "sucess", "{answer}");
        for (row, asked) in answer["devices"].as_array().unwrap().iter().zip(self.pending.drain(..)) {
            assert_eq!(row["CPUID"], asked["CPUID"]);
            let device = Device { cpuid: row["CPUID"].as_str().unwrap().into(), printed: Some(false) };
            let before = self.devices.insert(row["DeviceSN"].as_str().unwrap().into(), device);
            assert!(before.is_none(), "{row} was given to two");
        }
        Some(())
    }

    fn print(&mut self, client: &Client) -> Option<()> {
        let nth = self.random.below(self.devices.len().max(1));
        let Some((sn, device)) = self.devices.iter_mut().nth(nth) else { return Some(()) };
        let printed = self.random.percent(70);
        device.printed = None;
        let body = json!({ "DeviceSNList": [sn], "status": u8::from(printed) }).to_string();
        let answer = acknowledged(client.try_send("POST", "/switchPrintStatus", &[], body.as_bytes()))?;
        assert_eq!(answer["reqStatus"], "sucess", "{answer}");
        device.printed = Some(printed);
        Some(())
    }

    fn work(&mut self, client: &Client) -> Option<()> {
        if self.pending.is_empty() && self.random.percent(40) { self.print(client) } else { self.register(client) }
    }
}

pub struct Uploader {
    number: usize,
    random: Random,
    made: usize,
    pub actions: BTreeMap<u64, Vec<u8>>,
    /// Unacknowledged, to be repeated.
    pending: Option<(String, Vec<Vec<u8>>)>,
}

fn png(random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    let noise = image::GrayImage::from_raw(20, 20, random.bytes(400)).unwrap();
    noise.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    bytes
}

impl Uploader {
    pub fn new(number: usize) -> Self {
        Self { number, random: Random::new(100 + number as u64 + 1), made: 0, actions: BTreeMap::new(), pending: None }
    }

    /// `None`: not acknowledged.
    pub fn work(&mut self, client: &Client) -> Option<()> {
        if self.pending.is_none() {
            self.made += 1;
            let pictures = (0..=self.random.below(2)).map(|_| png(&mut self.random)).collect();
            self.pending = Some((format!("{}-{}", self.number, self.made), pictures));
        }
        let (key, pictures) = self.pending.as_ref()?;
        let files: Vec<_> = pictures.iter().map(|picture| ("p.png", &picture[..])).collect();
        let answer = acknowledged(client.try_upload("/invoice/recognizeImage", &[("idempotency-key", key)], &files))?;
        let (_, pictures) = self.pending.take()?;
        let ids: Vec<u64> = answer["action_id_list"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect();
        assert_eq!(ids.len(), pictures.len(), "{answer}");
        for (id, picture) in ids.into_iter().zip(pictures) {
            assert!(self.actions.insert(id, picture).is_none(), "action {id} was given twice");
        }
        Some(())
    }
}

pub struct Load {
    stations: Vec<Station>,
    uploaders: Vec<Uploader>,
    /// Later starts must not change the file.
    admin_password: String,
}

impl Load {
    pub fn new(admin_password: String) -> Self {
        let random = |number: usize| Random::new(number as u64 + 1);
        let station = |number| Station { number, random: random(number), made: 0, devices: BTreeMap::new(), pending: Vec::new() };
        Self {
            stations: (0..STATIONS).map(station).collect(),
            uploaders: (0..UPLOADERS).map(Uploader::new).collect(),
            admin_password,
        }
    }

    fn admin(&self, paperline: &Paperline) -> Client {
        let client = paperline.client();
        assert_eq!(client.log_in("admin", &self.admin_password).body["reqStatus"], "sucess");
        client
    }

    /// `cut` is called after so many acknowledgements.
    pub fn until(&mut self, paperline: &Paperline, acknowledgements: usize, cut: impl FnOnce()) {
        let (operator, admin) = (paperline.operator(), self.admin(paperline));
        let counted = AtomicUsize::new(0);
        let count = || {
            counted.fetch_add(1, Ordering::Relaxed);
        };
        thread::scope(|scope| {
            for station in &mut self.stations {
                let (client, count) = (operator.clone(), &count);
                scope.spawn(move || {
                    while station.work(&client).is_some() {
                        count();
                    }
                });
            }
            for uploader in &mut self.uploaders {
                let (client, count) = (admin.clone(), &count);
                scope.spawn(move || {
                    while uploader.work(&client).is_some() {
                        count();
                    }
                });
            }
            eventually("so much is acknowledged", || (counted.load(Ordering::Relaxed) >= acknowledgements).then_some(()));
            cut();
        });
    }

    /// Each once, in its last acknowledged state, and no others.
    pub fn check_devices(&self, paperline: &Paperline) {
        let client = paperline.operator();
        let all = client.get("/search?condition=Time&startTime=2000-01-01&endTime=2999-01-01");
        assert_eq!(all.status, 200, "{all:?}");
        // A map would hide duplicates.
        let text = String::from_utf8(all.bytes).unwrap();
        let rows: Vec<(String, String)> = text
            .trim_matches(['{', '}'])
            .split(',')
            .map(|row| {
                let (sn, cpuid) = row.split_once(':').unwrap();
                (sn.trim_matches('"').to_owned(), cpuid.trim_matches('"').to_owned())
            })
            .collect();
        let there: BTreeMap<&str, &str> = rows.iter().map(|(sn, cpuid)| (sn.as_str(), cpuid.as_str())).collect();
        let cpuids: HashSet<&str> = there.values().copied().collect();
        assert_eq!((there.len(), cpuids.len()), (rows.len(), rows.len()), "a device is there twice");
        let unprinted = client.get("/searchNoPrint").body;
        let unprinted: Vec<&str> = unprinted["DeviceSNList"].as_array().unwrap().iter().map(|sn| sn.as_str().unwrap()).collect();
        let waiting: HashSet<&str> = unprinted.iter().copied().collect();
        assert_eq!(waiting.len(), unprinted.len(), "a device waits twice for its label");
        let mut asked: HashSet<&str> = HashSet::new();
        for station in &self.stations {
            for (sn, device) in &station.devices {
                assert_eq!(there.get(sn.as_str()), Some(&device.cpuid.as_str()), "{sn} was acknowledged");
                if let Some(printed) = device.printed {
                    assert_eq!(waiting.contains(sn.as_str()), !printed, "{sn} was acknowledged as printed: {printed}");
                }
                asked.insert(&device.cpuid);
            }
            asked.extend(station.pending.iter().map(|row| row["CPUID"].as_str().unwrap()));
        }
        assert!(cpuids.is_subset(&asked), "{:?} were never asked for", cpuids.difference(&asked));
    }

    /// Repeats what was not acknowledged; then everything exists and ended once.
    pub fn settle(&mut self, paperline: &Paperline) {
        let (operator, admin) = (paperline.operator(), self.admin(paperline));
        for station in &mut self.stations {
            station.register(&operator).unwrap();
            assert!(station.pending.is_empty());
        }
        for uploader in &mut self.uploaders {
            uploader.work(&admin).unwrap();
        }
        self.check_devices(paperline);
        let mut actions = BTreeMap::new();
        for uploader in &self.uploaders {
            actions.extend(uploader.actions.iter());
        }
        let faults = all_ended(&admin, actions.len());
        let ended: Vec<u64> = faults.iter().map(|fault| fault["action_id"].as_u64().unwrap()).collect();
        assert_eq!(ended, actions.keys().map(|id| **id).collect::<Vec<_>>(), "each ends once, the oldest first");
        for fault in &faults {
            let picture = admin.get(fault["invoice_url"].as_str().unwrap());
            assert!(picture.status == 200 && picture.bytes == *actions[&fault["action_id"].as_u64().unwrap()], "{fault}");
        }
    }

    /// Devices, actions.
    pub fn acknowledged(&self) -> (usize, usize) {
        let devices = self.stations.iter().map(|station| station.devices.len()).sum();
        (devices, self.uploaders.iter().map(|uploader| uploader.actions.len()).sum())
    }
}

/// Faults in order of their ends: pictures without text all end as faults.
pub fn all_ended(admin: &Client, at_least: usize) -> Vec<Value> {
    eventually("every action ends", || {
        let number = admin.get("/invoice/getFaultQueue?page=0").body["fault_num"].as_u64().unwrap();
        let waits = admin.get("/invoice/recognizeWait").body["recognize_wait"].as_array().unwrap().len();
        let runs = admin.get("/invoice/openConsole").body != json!({});
        if waits > 0 || runs || usize::try_from(number).unwrap() < at_least {
            thread::sleep(Duration::from_millis(50));
            return None;
        }
        Some(())
    });
    let mut faults = Vec::new();
    for page in 0.. {
        let answer = admin.get(&format!("/invoice/getFaultQueue?page={page}")).body;
        let list = answer["fault_list"].as_array().unwrap().clone();
        if list.is_empty() {
            assert_eq!(answer["fault_num"], faults.len());
            break;
        }
        faults.extend(list);
    }
    faults.reverse();
    faults
}
