//! A label printer as strict as real ones: `tests/printer.py`, whose first lines say how it behaves.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};

/// Ends when dropped.
pub struct Printer {
    pub port: u64,
    child: Child,
    orders: ChildStdin,
    events: Arc<Mutex<Vec<Value>>>,
}

/// That arrived whole.
pub struct Label {
    pub width: u32,
    pub height: u32,
    /// Row by row, padded to bytes; 1 is ink.
    pub bits: Vec<u8>,
}

impl Printer {
    pub fn start(language: &str, arguments: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/printer.py");
        let mut command = Command::new("python3");
        command.arg("-B").arg(script).args(["--language", language]).args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3");
        let (orders, mut lines) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()).lines());
        let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let events = Arc::new(Mutex::new(Vec::new()));
        let heard = events.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                heard.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Self { port: first["port"].as_u64().unwrap(), child, orders, events }
    }

    pub fn address(&self) -> String {
        format!("tcp://127.0.0.1:{}", self.port)
    }

    pub fn say(&mut self, order: &Value) {
        writeln!(self.orders, "{order}").unwrap();
    }

    /// And waits until it is so.
    pub fn be(&mut self, mode: &str) {
        self.say(&json!({ "mode": mode }));
        super::eventually(mode, || self.events("mode").last().is_some_and(|event| event["mode"] == mode).then_some(()));
    }

    pub fn events(&self, kind: &str) -> Vec<Value> {
        self.events.lock().unwrap().iter().filter(|event| event["event"] == kind).cloned().collect()
    }

    /// What a real one would have refused without a word.
    pub fn refused(&self) -> Vec<Value> {
        [self.events("fault"), self.events("second_connection")].concat()
    }

    pub fn labels(&self) -> Vec<Label> {
        let number = |event: &Value, name: &str| u32::try_from(event[name].as_u64().unwrap()).unwrap();
        let label = |event: &Value| Label {
            width: number(event, "width"),
            height: number(event, "height"),
            bits: STANDARD.decode(event["bits"].as_str().unwrap()).unwrap(),
        };
        self.events("label").iter().map(label).collect()
    }
}

impl Drop for Printer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Label {
    pub fn has_ink(&self, x: u32, y: u32) -> bool {
        let row = self.width.div_ceil(8);
        self.bits[(y * row + x / 8) as usize] & (0x80 >> (x % 8)) != 0
    }

    /// Its QR code, by a decoder that is not the box's.
    pub fn text(&self) -> String {
        let (width, height) = (self.width as usize, self.height as usize);
        let grey = |x: usize, y: usize| if self.has_ink(x as u32, y as u32) { 0 } else { 255 };
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
        let codes = prepared.detect_grids();
        assert_eq!(codes.len(), 1, "one code on a label");
        codes[0].decode().expect("legible").1
    }
}
