//! The result of a figure: whether the claim holds, its measured points, and its charts.

use crate::data::Rows;
use crate::report::Chart;

use super::points::MeasuredPoints;

/// Whether a claim holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Holds,
    HoldsInPart,
    DoesNotHold,
}

impl Verdict {
    pub fn text(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::HoldsInPart => "holds in part",
            Verdict::DoesNotHold => "does not hold",
        }
    }

    /// The verdict on a claim with several tests.
    pub fn of<const TESTS: usize>(passed: [bool; TESTS]) -> Self {
        match passed.into_iter().filter(|passed| *passed).count() {
            0 => Verdict::DoesNotHold,
            all if all == TESTS => Verdict::Holds,
            _ => Verdict::HoldsInPart,
        }
    }
}

/// Whether a claim holds, with the numbers and the test behind it.
#[derive(Debug, Clone)]
pub(super) struct Judgement {
    /// What was measured, with numbers.
    pub measured: String,
    pub verdict: Verdict,
    /// The test behind the verdict.
    pub test: String,
}

/// Rows that are images of `side` x `side` pixels, shown side by side.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    pub file: String,
    pub images: Rows,
    pub side: usize,
}

/// A figure that was made.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub name: &'static str,
    /// The claim of the paper, in a sentence.
    pub claim: &'static str,
    pub judgement: Judgement,
    pub points: MeasuredPoints,
    /// The charts, each with the name of its files without the ending.
    pub charts: Vec<(String, Chart)>,
    pub sheets: Vec<Sheet>,
}
