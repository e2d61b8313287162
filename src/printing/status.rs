//! What printers are asked about themselves, and how they answer. Sources: Zebra, *ZPL II Programming Guide*, `~HQES` and `~HS`; TSC,
//! *TSPL/TSPL2 Programming Manual*, `<ESC>!?`. Each is asked only what its language knows: others print the question.

use crate::domain::printer::{Language, PrinterState};

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    pub state: PrinterState,
    /// Everything that it was sent has come out; `None` where the answer does not say.
    pub is_done: Option<bool>,
}

/// One question of a language, with how to tell that the answer is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Answered in any state.
    ZebraErrors,
    /// Not answered while labels are out or the head is open.
    ZebraHost,
    TscStatus,
}

impl Question {
    /// In the order in which they are asked.
    pub fn of(language: Language) -> &'static [Self] {
        match language {
            Language::Zpl => &[Self::ZebraErrors, Self::ZebraHost],
            Language::Tspl => &[Self::TscStatus],
        }
    }

    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::ZebraErrors => b"~HQES\r\n",
            Self::ZebraHost => b"~HS\r\n",
            Self::TscStatus => b"\x1B!?",
        }
    }

    /// `None` while more has to come.
    pub fn answer(self, bytes: &[u8]) -> Option<Report> {
        match self {
            Self::ZebraErrors => zebra_errors(bytes),
            Self::ZebraHost => zebra_host(bytes),
            Self::TscStatus => bytes.last().map(|status| tsc(*status)),
        }
    }
}

/// `ERRORS: 1 00000000 00000005`: a flag, then 64 bits in two groups; only the second has known ones. `WARNINGS:`, alike, ends it;
/// what stands around them differs from make to make.
fn zebra_errors(bytes: &[u8]) -> Option<Report> {
    let text = String::from_utf8_lossy(bytes);
    // The last answer, if an earlier one came late.
    let (_, errors) = text.rsplit_once("ERRORS:")?;
    let (errors, warnings) = errors.split_once("WARNINGS:")?;
    let (flag, high, low) = flags(errors)?;
    flags(warnings)?;
    // Media out, ribbon out, head open; printer paused.
    const MEDIA: u32 = 0x1;
    const OPEN: u32 = 0x4;
    const PAUSED: u32 = 0x1_0000;
    let state = match () {
        () if (flag, high, low) == (0, 0, 0) => PrinterState::Ready,
        () if low & OPEN != 0 => PrinterState::Open,
        () if low & MEDIA != 0 => PrinterState::OutOfLabels,
        () if (high, low) == (0, PAUSED) => PrinterState::Paused,
        () => PrinterState::Jammed,
    };
    Some(Report { state, is_done: None })
}

fn flags(text: &str) -> Option<(u32, u32, u32)> {
    let mut words = text.split(|c: char| !c.is_ascii_hexdigit()).filter(|word| !word.is_empty());
    let mut bits =
        |digits: usize| words.next().filter(|word| word.len() == digits).and_then(|word| u32::from_str_radix(word, 16).ok());
    Some((bits(1)?, bits(8)?, bits(8)?))
}

/// Three strings between STX and ETX, values parted by commas.
fn zebra_host(bytes: &[u8]) -> Option<Report> {
    let text = String::from_utf8_lossy(bytes);
    let strings: Vec<Vec<&str>> = text
        .split('\u{2}')
        .skip(1)
        .filter_map(|part| part.split_once('\u{3}').map(|(inside, _)| inside.split(',').map(str::trim).collect()))
        .collect();
    // By their shape, so that a late answer to another question is none; the last three, if an earlier answer came late.
    let is_number = |value: &&str| !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    let are_numbers = |three: &[Vec<&str>]| three[..2].iter().flatten().all(is_number);
    let is_answer = |three: &&[Vec<&str>]| {
        three[0].len() >= 12 && (9..12).contains(&three[1].len()) && three[2].len() <= 2 && are_numbers(three)
    };
    let [first, second, _] = strings.windows(3).rfind(is_answer)? else { return None };
    let is_set = |string: &[&str], at: usize| string.get(at).is_some_and(|value| !value.trim_start_matches('0').is_empty());
    let (no_paper, paused, formats, partial) = (is_set(first, 1), is_set(first, 2), is_set(first, 4), is_set(first, 7));
    let (no_memory, cold, hot) = (is_set(first, 9), is_set(first, 10), is_set(first, 11));
    let (open, no_ribbon, waits_to_be_taken, in_batch) =
        (is_set(second, 2), is_set(second, 3), is_set(second, 7), is_set(second, 8));
    let is_done = !(formats || partial || waits_to_be_taken || in_batch);
    let state = match () {
        () if open => PrinterState::Open,
        () if no_paper => PrinterState::OutOfLabels,
        () if no_ribbon || no_memory || cold || hot => PrinterState::Jammed,
        () if paused => PrinterState::Paused,
        () if is_done => PrinterState::Ready,
        () => PrinterState::Printing,
    };
    Some(Report { state, is_done: Some(is_done) })
}

/// One byte of flags.
fn tsc(status: u8) -> Report {
    const OPEN: u8 = 0x01;
    const JAM: u8 = 0x02;
    const NO_PAPER: u8 = 0x04;
    const PAUSED: u8 = 0x10;
    const PRINTING: u8 = 0x20;
    const UNKNOWN: u8 = 0x40;
    let state = match status {
        0 => PrinterState::Ready,
        // No printer says this.
        _ if status & UNKNOWN != 0 => PrinterState::Jammed,
        _ if status & OPEN != 0 => PrinterState::Open,
        _ if status & JAM != 0 => PrinterState::Jammed,
        _ if status & NO_PAPER != 0 => PrinterState::OutOfLabels,
        PAUSED | 0x30 => PrinterState::Paused,
        PRINTING => PrinterState::Printing,
        // No ribbon, another error.
        _ => PrinterState::Jammed,
    };
    Report { state, is_done: Some(status & PRINTING == 0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PrinterState::{Jammed, Open, OutOfLabels, Paused, Printing, Ready};

    fn errors(flags: &str) -> Option<Report> {
        let text = format!(
            "\u{2}\r\n  PRINTER STATUS\r\n   ERRORS:         {flags}\r\n   WARNINGS:       0 00000000 00000000\r\n\u{3}\r\n"
        );
        Question::ZebraErrors.answer(text.as_bytes())
    }

    #[test]
    fn what_zebras_say_of_their_errors() {
        for (flags, state) in [
            ("0 00000000 00000000", Ready),
            ("1 00000000 00000001", OutOfLabels),
            ("1 00000000 00000005", Open),
            ("1 00000000 00010000", Paused),
            ("1 00000000 00010001", OutOfLabels),
            ("1 00000000 00000002", Jammed),
            ("1 00000001 00000000", Jammed),
            ("1 00000000 00000000", Jammed),
        ] {
            assert_eq!(errors(flags), Some(Report { state, is_done: None }), "{flags}");
        }
        let bare = b"PRINTER STATUS\nERRORS: 1 00000000 00000001\nWARNINGS: 0 00000000 00000000";
        assert_eq!(Question::ZebraErrors.answer(bare).map(|report| report.state), Some(OutOfLabels), "without STX and ETX");
        for length in 0..bare.len() {
            assert_eq!(Question::ZebraErrors.answer(&bare[..length]), None, "{length} bytes of an answer");
        }
    }

    #[test]
    fn what_zebras_say_of_their_buffer() {
        let said = |paper: u8, pause: u8, formats: u8, head: u8, batch: u32| {
            let text = format!(
                "\u{2}030,{paper},{pause},0800,{formats:03},0,0,0,000,0,0,0\u{3}\r\n\u{2}000,0,{head},0,0,2,4,0,{batch:08},1,000\u{3}\r\n\u{2}1234,0\u{3}\r\n"
            );
            let half = &text.as_bytes()[..text.len() - 10];
            assert_eq!(Question::ZebraHost.answer(half), None);
            Question::ZebraHost.answer(text.as_bytes()).map(|report| (report.state, report.is_done.unwrap()))
        };
        assert_eq!(said(0, 0, 0, 0, 0), Some((Ready, true)));
        assert_eq!(said(0, 0, 1, 0, 0), Some((Printing, false)));
        assert_eq!(said(0, 0, 0, 0, 3), Some((Printing, false)));
        assert_eq!(said(1, 1, 1, 0, 0), Some((OutOfLabels, false)));
        assert_eq!(said(0, 1, 0, 0, 0), Some((Paused, true)));
        assert_eq!(said(1, 0, 0, 1, 0), Some((Open, true)));
        let errors = "\u{2}\r\n  PRINTER STATUS\r\n   ERRORS: 0 00000000 00000000\r\n   WARNINGS: 0 00000000 00000000\r\n\u{3}";
        let late = format!(
            "{errors}\u{2}030,0,0,0800,001,0,0,0,000,0,0,0\u{3}\r\n\u{2}000,0,0,0,0,2,4,0,00000000,1,000\u{3}\r\n\u{2}1234,0\u{3}\r\n"
        );
        assert_eq!(
            Question::ZebraHost.answer(late.as_bytes()).map(|report| report.is_done),
            Some(Some(false)),
            "behind a late answer"
        );
        let empty = late.replace(|c: char| c.is_ascii_digit(), "");
        assert_eq!(Question::ZebraHost.answer(empty.as_bytes()), None, "commas alone say nothing");
        assert_eq!(Question::ZebraHost.answer(format!("{errors}{errors}{errors}").as_bytes()), None, "another question's answers");
    }

    #[test]
    fn what_a_tsc_says_in_a_byte() {
        for (status, state, is_done) in [
            (0x00, Ready, true),
            (0x01, Open, true),
            (0x02, Jammed, true),
            (0x04, OutOfLabels, true),
            (0x05, Open, true),
            (0x08, Jammed, true),
            (0x10, Paused, true),
            (0x20, Printing, false),
            (0x24, OutOfLabels, false),
            (0x80, Jammed, true),
            (b'A', Jammed, true),
        ] {
            assert_eq!(Question::TscStatus.answer(&[status]), Some(Report { state, is_done: Some(is_done) }), "{status:02x}");
        }
        assert_eq!(Question::TscStatus.answer(&[]), None);
    }
}
