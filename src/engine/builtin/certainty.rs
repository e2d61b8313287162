//! The one place where a field's certainty is made: of what the net says of its characters, and of doubts. Not here: what raises a
//! doubt (fields.rs).
//!
//! The log odds that a text is right are `offset + slope × (log odds of its characters) − Σ (weight of a doubt × its strength)`:
//! logistic regression (Platt, *Probabilistic Outputs for Support Vector Machines*, 1999). `scripts/bench engine` fits the constants,
//! and draws the reliability diagram.

use crate::domain::certainty::{Doubt, Lowered};

/// Offset and slope. Without the context of a language, as in figures, the net is overconfident.
const FIGURES: (f32, f32) = (-1.60, 1.00);
const WORDS: (f32, f32) = (0.00, 1.00);

/// In log odds.
fn weight(doubt: Doubt) -> f32 {
    match doubt {
        Doubt::ReadApart => 6.00,
        Doubt::LeftOut => 6.00,
        Doubt::UnderSeal => 6.00,
        Doubt::Cut => 6.00,
        Doubt::Overrun => 2.00,
        Doubt::Beside => 6.00,
        Doubt::Adjoined => 6.00,
        Doubt::Corrected => 6.00,
        Doubt::UnlikeSpecimen => 8.00,
        Doubt::BeyondPicture => 6.00,
        Doubt::LoosePlace => 6.00,
        Doubt::Rival => 6.00,
        Doubt::Unread => 6.00,
        Doubt::OtherLabel => 6.00,
        Doubt::Struck => 6.00,
    }
}

/// Log odds of a reading are no surer than this, 0.9997: nothing is known of errors as rare.
const MOST: f32 = 8.0;
/// What is trusted to this share has a strength of 1.
const USUAL: f32 = 0.75;

/// A text and how sure it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Value {
    pub text: String,
    /// The probability of all its characters, as the net has it, 0 to 1.
    read: f32,
    /// With their strengths.
    doubts: Vec<(Doubt, f32)>,
}

impl Value {
    pub fn new(text: impl Into<String>, read: f32) -> Self {
        Self { text: text.into(), read, doubts: Vec::new() }
    }

    #[must_use]
    pub fn doubted(self, doubt: Doubt) -> Self {
        self.trusted(doubt, USUAL)
    }

    /// A doubt counts once. `trust`: 0 to 1; with 1 there is none.
    #[must_use]
    pub fn trusted(mut self, doubt: Doubt, trust: f32) -> Self {
        let strength = trust.clamp(1e-3, 1.0).ln() / USUAL.ln();
        match self.doubts.iter_mut().find(|(known, _)| *known == doubt) {
            Some((_, most)) => *most = most.max(strength),
            None if strength > 0.0 => self.doubts.push((doubt, strength)),
            None => {}
        }
        self
    }

    #[must_use]
    pub fn with_text(self, text: impl Into<String>) -> Self {
        Self { text: text.into(), ..self }
    }

    /// To choose between readings of one place, 0 to 1: how likely the net finds it, less what is doubtful. It is no certainty.
    pub fn likelihood(&self) -> f32 {
        self.doubts.iter().map(|(_, strength)| USUAL.powf(*strength)).product::<f32>() * self.read
    }

    /// With what each doubt took, in the order in which they were raised.
    pub fn certainty(&self) -> (f64, Vec<Lowered>) {
        let mut odds = self.as_read();
        let mut left = share(odds);
        let mut lowered = Vec::new();
        for (doubt, strength) in &self.doubts {
            odds -= weight(*doubt) * strength;
            let next = share(odds);
            lowered.push(Lowered { doubt: *doubt, by: left - next });
            left = next;
        }
        (left, lowered)
    }

    fn as_read(&self) -> f32 {
        let (offset, slope) = if self.text.chars().any(is_ideograph) { WORDS } else { FIGURES };
        let read = self.read.clamp(1e-6, 1.0 - 1e-6);
        offset + slope * (read / (1.0 - read)).ln().clamp(-MOST, MOST)
    }
}

pub fn is_ideograph(c: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&c)
}

fn share(odds: f32) -> f64 {
    1.0 / (1.0 + f64::from(-odds).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubt_counts_once_and_what_it_took_is_told() {
        let sure = Value::new("甲", 0.98);
        let probability_of = |value: &Value| value.certainty().0;
        let value = sure.clone().doubted(Doubt::Cut).doubted(Doubt::UnlikeSpecimen).doubted(Doubt::Cut).trusted(Doubt::Rival, 1.0);
        let (probability, lowered) = value.certainty();
        assert_eq!(lowered.iter().map(|one| one.doubt).collect::<Vec<_>>(), [Doubt::Cut, Doubt::UnlikeSpecimen]);
        let taken: f64 = lowered.iter().map(|one| one.by).sum();
        assert!((probability_of(&sure) - taken - probability).abs() < 1e-6 && lowered.iter().all(|one| one.by > 0.0));
        let [much, little] = [0.97, 0.8].map(|trust| probability_of(&sure.clone().trusted(Doubt::LoosePlace, trust)));
        assert!(much > little, "{much} {little}");
    }

    #[test]
    fn figures_are_less_sure_than_words_and_nothing_is_certain() {
        let of = |text, read| Value::new(text, read).certainty().0;
        for read in [0.9, 0.99, 0.999] {
            assert!(of("38200140", read) < of("某某公司", read), "{read}");
        }
        assert!(of("某某公司", 1.0) < 1.0 && of("", 0.0) < 0.01);
    }
}
