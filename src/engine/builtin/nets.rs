//! The two embedded nets (PP-OCRv6 small). Not here: inputs and outputs (detect.rs, read.rs).

use super::text::{half_width, twins};
use crate::engine::Trouble;
use rten::{Model, ModelOptions, RunOptions, ThreadPool};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

static DETECT: &[u8] = include_bytes!("../../../models/det.onnx");
static READ: &[u8] = include_bytes!("../../../models/rec.onnx");

#[derive(Debug)]
pub struct Nets {
    detect: Net,
    read: Net,
    /// The text of each output class; class 0 is CTC's blank.
    pub alphabet: Vec<String>,
    /// By class, each with itself, plainest first.
    look_alikes: Vec<Vec<usize>>,
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
        let (detect, read) = (load(DETECT)?, load(READ)?);
        let charset = read.model.metadata().get("character").ok_or("the reading net names no characters")?;
        // Training puts the blank first and a space last.
        let alphabet: Vec<String> =
            std::iter::once("").chain(charset.lines()).chain(std::iter::once(" ")).map(str::to_owned).collect();
        let look_alikes = look_alikes(&alphabet);
        Ok(Self { detect, read, alphabet, look_alikes })
    }

    /// Includes the class itself; the first gives the text.
    pub fn look_alikes(&self, class: usize) -> &[usize] {
        self.look_alikes.get(class).map_or(&[0], Vec::as_slice)
    }

    /// `input`: 1 × 3 × height × width. Returns the text probability per pixel, height × width.
    pub fn detect(&self, input: NdTensor<f32, 4>) -> Result<NdTensor<f32, 2>, Trouble> {
        let output: NdTensor<f32, 4> = self.detect.run(input)?.try_into().map_err(|e| broken(&e))?;
        Ok(output.slice((0, 0)).to_tensor())
    }

    /// `input`: lines × 3 × 48 × width. Returns probabilities, lines × steps × classes, a step per 8 pixels.
    pub fn read(&self, input: NdTensor<f32, 4>) -> Result<NdTensor<f32, 3>, Trouble> {
        self.read.run(input)?.try_into().map_err(|e| broken(&e))
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
