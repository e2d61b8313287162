//! The two embedded nets (PP-OCRv6 small), loaded once, and how they are run.
//! Not here: what goes in and what its numbers mean (detect.rs, read.rs).

use super::text::{ALIKE, narrow};
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
    /// What each output class of the reading net stands for; class 0 is CTC's blank, an empty string here.
    pub alphabet: Vec<String>,
    /// For each class all those that print alike, the plainest first.
    twins: Vec<Vec<usize>>,
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

/// The nets, loaded at the first call (about a second) and kept.
///
/// # Errors
/// `Receive` when they can't be loaded; then every call says so.
pub fn nets() -> Result<&'static Nets, Trouble> {
    static NETS: OnceLock<Result<Nets, String>> = OnceLock::new();
    NETS.get_or_init(Nets::load).as_ref().map_err(|e| Trouble::Receive(e.clone()))
}

impl Nets {
    fn load() -> Result<Self, String> {
        // rten counts physical cores, of which a small virtual machine may show one where two run.
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let options = RunOptions::default().with_thread_pool(Some(Arc::new(ThreadPool::with_num_threads(threads))));
        let load = |bytes| {
            let model = ModelOptions::with_all_ops().prepack_weights(true).load_static_slice(bytes);
            model.map(|model| Net { model, options: options.clone() }).map_err(|e| format!("an OCR net does not load: {e}"))
        };
        let (detect, read) = (load(DETECT)?, load(READ)?);
        let charset = read.model.metadata().get("character").ok_or("the reading net names no characters")?;
        // The training tools put the blank before the listed characters and a space after them.
        let alphabet: Vec<String> =
            std::iter::once("").chain(charset.lines()).chain(std::iter::once(" ")).map(str::to_owned).collect();
        let twins = twins(&alphabet);
        Ok(Self { detect, read, alphabet, twins })
    }

    /// All classes that print like this one, itself among them; the plainest, by which it is read, first.
    pub fn twins(&self, class: usize) -> &[usize] {
        self.twins.get(class).map_or(&[0], Vec::as_slice)
    }

    /// `input`: 1 × 3 × height × width. Gives height × width probabilities that a pixel is text.
    ///
    /// # Errors
    /// `Receive` when the net fails.
    pub fn detect(&self, input: NdTensor<f32, 4>) -> Result<NdTensor<f32, 2>, Trouble> {
        let output: NdTensor<f32, 4> = self.detect.run(input)?.try_into().map_err(|e| broken(&e))?;
        Ok(output.slice((0, 0)).to_tensor())
    }

    /// `input`: lines × 3 × 48 × width. Gives lines × steps × classes probabilities; a step is 8 pixels.
    ///
    /// # Errors
    /// `Receive` when the net fails.
    pub fn read(&self, input: NdTensor<f32, 4>) -> Result<NdTensor<f32, 3>, Trouble> {
        self.read.run(input)?.try_into().map_err(|e| broken(&e))
    }
}

/// Full-width forms and their ASCII twins.
fn twins(alphabet: &[String]) -> Vec<Vec<usize>> {
    let plain = |text: &str| match text {
        "￥" => "¥".to_owned(),
        _ => text
            .chars()
            .map(|c| ALIKE.iter().find(|(_, other)| *other == c).map_or_else(|| narrow(c), |(plain, _)| *plain))
            .collect(),
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
