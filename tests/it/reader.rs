//! A box whose engine reads what the test says.

use crate::external::{QUICK, play};
use crate::support::{Client, Paperline, blank_png, eventually};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Arc, Mutex};

/// Name, text, probability.
type Page = Vec<(String, String, f64)>;

/// For an area's name.
const NOTHING_FITS: &str = "nothing fits";

/// GBK lacks `¥`: non-ASCII is escaped.
fn frame(id: i32, body: &Value) -> Vec<u8> {
    let escaped = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", c as u32) };
    let text: String = body.to_string().chars().map(escaped).collect();
    [&id.to_le_bytes()[..], &i32::try_from(text.len()).unwrap().to_le_bytes(), text.as_bytes()].concat()
}

pub struct Office {
    pub paperline: Paperline,
    pub admin: Client,
    pages: Arc<Mutex<VecDeque<Page>>>,
    uploaded: u32,
}

impl Office {
    /// With one template, so that every picture fits.
    pub fn open() -> Self {
        let pages: Arc<Mutex<VecDeque<Page>>> = Arc::default();
        let next = pages.clone();
        let (address, _asked) = play(move |id, _, stream| {
            let mut say = |id, body: Value| stream.write_all(&frame(id, &body)).unwrap();
            let page = if id == 1 { next.lock().unwrap().pop_front().unwrap_or_default() } else { Page::new() };
            if id == 1 && page.first().is_some_and(|(area, ..)| area == NOTHING_FITS) {
                say(1, json!({ "status": -1 }));
            } else if id == 1 {
                say(100, json!({ "status": 0, "id": 77 }));
                for (area, text, probability) in page {
                    let position = json!({ "x": 1, "y": 2, "w": 3, "h": 4 });
                    say(101, json!({ "status": 0, "pos_id": area, "position": position }));
                    say(102, json!({ "status": 0, "pos_id": area, "ocr_result": text, "probability": probability }));
                }
                say(1, json!({ "status": 0 }));
            } else {
                say(id, json!({ "status": 0, "id": 77 }));
            }
            true
        });
        let paperline = Paperline::start_with(&[&["--engine", &address], &QUICK[..]].concat());
        let admin = paperline.admin();
        crate::external::add_template(&admin);
        eventually("the template", || (admin.get("/invoice/getAllModel").body["total"] == 1).then_some(()));
        Self { paperline, admin, pages, uploaded: 0 }
    }

    /// `?` precedes probabilities below 1.
    pub fn will_read(&self, fields: &[(&str, &str)]) {
        let one = |(area, text): &(&str, &str)| match text.split_once('?') {
            Some((text, probability)) => ((*area).to_owned(), text.to_owned(), probability.parse().unwrap()),
            None => ((*area).to_owned(), (*text).to_owned(), 0.97),
        };
        self.pages.lock().unwrap().push_back(fields.iter().map(one).collect());
    }

    /// On the page after those that it will read.
    pub fn nothing_will_fit(&self) {
        self.will_read(&[(NOTHING_FITS, "")]);
    }

    /// Reads a unique picture; returns the invoice's id.
    pub fn invoice(&mut self, fields: &[(&str, &str)]) -> u64 {
        self.will_read(fields);
        self.uploaded += 1;
        let picture = blank_png(20 + self.uploaded, 30);
        let name = format!("票{}.png", self.uploaded);
        let sent = self.admin.upload("/invoice/recognizeImage", &[(name.as_str(), &picture)]);
        self.read(&sent.body["action_id_list"][0])
    }

    pub fn read(&self, action: &Value) -> u64 {
        eventually("it is read", || {
            let list = self.admin.get("/api/invoices?limit=500").body["invoices"].clone();
            list.as_array()?.iter().find(|i| i["action_id"] == *action).and_then(|i| i["invoice_id"].as_u64())
        })
    }

    pub fn get(&self, id: u64) -> Value {
        self.admin.get(&format!("/api/invoices/{id}")).body
    }

    pub fn version(&self, id: u64) -> Value {
        self.get(id)["version"].clone()
    }

    pub fn sums(&self) -> Value {
        self.admin.get("/api/invoices").body["sums"].clone()
    }

    pub fn colleague(&self, name: &str, permissions: &[u64]) -> Client {
        let user = json!({ "user_name": name, "passwd": "a long password", "permissions": permissions });
        assert_eq!(self.admin.post("/api/users", &user).status, 201);
        let client = self.paperline.client();
        assert_eq!(client.log_in(name, "a long password").body["reqStatus"], "sucess");
        client
    }

    pub fn stays_sound(self) {
        let data = self.paperline.data();
        let (_dir, _) = self.paperline.stop();
        let checked =
            std::process::Command::new(env!("CARGO_BIN_EXE_paperline")).args(["check", "--data-dir"]).arg(data).output().unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    }
}

pub fn ids(list: &Value) -> Vec<u64> {
    list["invoices"].as_array().unwrap().iter().map(|i| i["invoice_id"].as_u64().unwrap()).collect()
}
