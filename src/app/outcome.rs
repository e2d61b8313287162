//! What a recognition comes to, one invoice each. Not here: keeping it (recognitions.rs).

use crate::domain::corners::Corners;
use crate::domain::ids::TemplateId;
use crate::domain::invoice::Candidate;
use crate::domain::kind::Kind;
use crate::domain::news::Broken;
use crate::domain::paper::Item;
use crate::domain::reason::Reason;
use crate::domain::region::Region;

/// One invoice as read.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// With its label at that time.
    pub template: Option<(TemplateId, String)>,
    pub kind: Option<Kind>,
    /// Its place among the file's invoices, from 1.
    pub part: u32,
    /// First and last page, from 1.
    pub pages: (u32, u32),
    /// How many of the file's pages were read; of a picture it is one.
    pub pages_read: u32,
    pub regions: Vec<Region>,
    pub items: Vec<Item>,
    /// Empty: no person is needed.
    pub reasons: Vec<Reason>,
    /// Texts of VAT codes on the picture.
    pub codes: Vec<String>,
    /// Likeliest first, if the engine told.
    pub candidates: Vec<Candidate>,
    /// Where it lies on its page, if that is not all of it.
    pub corners: Option<Corners>,
}

impl Default for Outcome {
    fn default() -> Self {
        Self {
            template: None,
            kind: None,
            part: 1,
            pages: (1, 1),
            pages_read: 1,
            regions: Vec::new(),
            items: Vec::new(),
            reasons: Vec::new(),
            codes: Vec::new(),
            candidates: Vec::new(),
            corners: None,
        }
    }
}

impl Outcome {
    pub fn nothing_read(reason: Reason) -> Self {
        Self { reasons: vec![reason], ..Self::default() }
    }

    /// As read from a picture of this page.
    pub fn on(mut self, page: u32) -> Self {
        self.pages = (page, page);
        self.regions.iter_mut().for_each(|region| region.page = page);
        self
    }

    /// No proper answer in all tries.
    pub fn gave_up(broken: Broken) -> Self {
        Self::nothing_read(match broken {
            Broken::Sending => Reason::EngineNotAsked,
            Broken::Receiving => Reason::EngineNoAnswer,
        })
    }
}
