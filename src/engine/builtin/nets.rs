//! The embedded nets (PP-OCRv6): one that detects lines and one that reads them, small, and a tiny one that skims them: it takes a
//! fifth of the time, and is good enough to find out which form it is. Not here: inputs and outputs (detect.rs, read.rs).

use super::charset::Charset;
use super::text::{half_width, twins};
use crate::engine::Trouble;
use rten::{Model, ModelOptions, RunOptions, ThreadPool};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

static DETECT: &[u8] = include_bytes!("../../../models/det.onnx");
static READ: &[u8] = include_bytes!("../../../models/rec.onnx");
static SKIM: &[u8] = include_bytes!("../../../models/skim.onnx");
/// A character per line.
static SKIM_ALPHABET: &str = include_str!("../../../models/skim.txt");

#[derive(Debug)]
pub struct Nets {
    detect: Net,
    pub reader: Reader,
    pub skimmer: Reader,
}

/// A net that reads lines.
#[derive(Debug)]
pub struct Reader {
    net: Net,
    /// The text of each output class; class 0 is CTC's blank.
    pub alphabet: Vec<String>,
    /// By class, each with itself, plainest first.
    look_alikes: Vec<Vec<usize>>,
    /// The classes of each allowed character.
    classes: HashMap<Charset, Vec<(char, Vec<usize>)>>,
}

struct Net {
    model: Model,
    options: RunOptions,
}

impl std::fmt::Debug for Net {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Net")
    }
}

/// Loads the nets at the first call (about a second). A failure is permanent.
pub fn nets() -> Result<&'static Nets, Trouble> {
    static NETS: OnceLock<Result<Nets, String>> = OnceLock::new();
    NETS.get_or_init(Nets::load).as_ref().map_err(|e| Trouble::Receive(e.clone()))
}

impl Nets {
    fn load() -> Result<Self, String> {
        // rten counts physical cores; a small VM may report one for two.
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let options = RunOptions::default().with_thread_pool(Some(Arc::new(ThreadPool::with_num_threads(threads))));
        let load = |bytes| {
            let model = ModelOptions::with_all_ops().prepack_weights(true).load_static_slice(bytes);
            model.map(|model| Net { model, options: options.clone() }).map_err(|e| format!("an OCR net does not load: {e}"))
        };
        let (read, skim) = (load(READ)?, load(SKIM)?);
        let charset = read.model.metadata().get("character").ok_or("the reading net names no characters")?.to_owned();
        Ok(Self {
            detect: load(DETECT)?,
            reader: Reader::new(read, charset.lines()),
            skimmer: Reader::new(skim, SKIM_ALPHABET.lines()),
        })
    }

    /// `input`: 1 × 3 × height × width. Returns the text probability per pixel, height × width.
    pub fn detect(&self, input: NdTensor<f32, 4>) -> Result<NdTensor<f32, 2>, Trouble> {
        let output: NdTensor<f32, 4> = self.detect.run(input)?.try_into().map_err(|e| broken(&e))?;
        Ok(output.slice((0, 0)).to_tensor())
    }
}

impl Reader {
    fn new<'a>(net: Net, characters: impl Iterator<Item = &'a str>) -> Self {
        // Training puts the blank first and a space last.
        let alphabet: Vec<String> = std::iter::once("").chain(characters).chain(std::iter::once(" ")).map(str::to_owned).collect();
        let look_alikes = look_alikes(&alphabet);
        let classes = Charset::LIMITED.map(|charset| (charset, charset.classes(&alphabet))).into();
        Self { net, alphabet, look_alikes, classes }
    }

    /// Includes the class itself; the first gives the text.
    pub fn look_alikes(&self, class: usize) -> &[usize] {
        self.look_alikes.get(class).map_or(&[0], Vec::as_slice)
    }

    /// Of each character that the charset allows; none of `Any`.
    pub fn classes(&self, charset: Charset) -> &[(char, Vec<usize>)] {
        self.classes.get(&charset).map_or(&[], Vec::as_slice)
    }

    /// `input`: lines × 3 × 48 × width. Returns probabilities, lines × steps × classes, a step per 8 pixels.
    pub fn run(&self, input: NdTensor<f32, 4>) -> Result<NdTensor<f32, 3>, Trouble> {
        self.net.run(input)?.try_into().map_err(|e| broken(&e))
    }
}

/// Groups full-width forms and ASCII, and characters that look alike.
fn look_alikes(alphabet: &[String]) -> Vec<Vec<usize>> {
    let usual: HashMap<char, char> = twins().map(|(usual, other)| (other, usual)).collect();
    let plain = |text: &str| match text {
        "￥" => "¥".to_owned(),
        _ => text.chars().map(|c| usual.get(&c).copied().unwrap_or_else(|| half_width(c))).collect(),
    };
    let mut groups: HashMap<String, Vec<usize>> = HashMap::new();
    for (class, text) in alphabet.iter().enumerate() {
        groups.entry(plain(text)).or_default().push(class);
    }
    for (text, group) in &mut groups {
        group.sort_by_key(|c| alphabet[*c] != *text);
    }
    alphabet.iter().map(|text| groups.get(&plain(text)).cloned().unwrap_or_default()).collect()
}

impl Net {
    fn run(&self, input: NdTensor<f32, 4>) -> Result<Tensor<f32>, Trouble> {
        let value = self.model.run_one(input.into(), Some(self.options.clone())).map_err(|e| broken(&e))?;
        value.try_into().map_err(|e| broken(&e))
    }
}

fn broken(error: &dyn std::fmt::Display) -> Trouble {
    Trouble::Receive(format!("an OCR net failed: {error}"))
}
