//! The result of a figure: whether the claim holds, its measured points, and its charts.

use crate::report::{Chart, Sheet};

use super::agreement::Agreement;
use super::points::MeasuredPoints;
use super::verdict::Verdict;

/// The largest difference between the weights of a trained network and the exact law of descent: rounding in f32.
const ROUNDING: f64 = 1e-4;

/// A part of a claim, with the test of it.
#[derive(Debug, Clone)]
pub(super) struct Test {
    /// What must be, such as `the gap is smaller with the ridge`.
    pub text: String,
    pub passed: bool,
    /// Whether the claim does not hold without it, not even in part.
    pub essential: bool,
}

impl Test {
    pub fn new(text: impl Into<String>, passed: bool) -> Self {
        Self {
            text: text.into(),
            passed,
            essential: false,
        }
    }

    /// A test without which the claim does not hold, not even in part.
    pub fn essential(self) -> Self {
        Self {
            essential: true,
            ..self
        }
    }
}

/// What was found beyond the agreement with theory.
#[derive(Debug, Clone)]
pub(super) struct Judgement {
    /// What was measured, with numbers, in whole sentences.
    pub measured: String,
    pub tests: Vec<Test>,
}

/// A figure that was made.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub name: &'static str,
    /// The claim of the paper, in a sentence.
    pub claim: &'static str,
    /// The time that its measurements took.
    pub seconds: f64,
    pub judgement: Judgement,
    pub points: MeasuredPoints,
    /// How the points agree with theory; `None` if none has a prediction.
    pub agreement: Option<Agreement>,
    /// The charts, each with the name of its files without the ending.
    pub charts: Vec<(String, Chart)>,
    /// The sheets of pictures, each with the name of its files.
    pub sheets: Vec<(String, Sheet)>,
}

impl Finding {
    /// The tests of the judgement, and the one of the trained networks.
    pub fn tests(&self) -> Vec<Test> {
        let mut tests = self.judgement.tests.clone();
        if let Some(departure) = self.points.departure() {
            let text = format!(
                "trained networks have the weights of the exact law of descent (they differ by at most {departure:.1e})"
            );
            tests.push(Test::new(text, departure < ROUNDING));
        }
        tests
    }

    /// A figure whose predictions do not hold, or cannot be told to, has that verdict whatever its other tests say. A figure
    /// that fails an essential test does not hold.
    pub fn verdict(&self) -> Verdict {
        let tests = self.tests();
        if tests.iter().any(|test| test.essential && !test.passed) {
            return Verdict::DoesNotHold;
        }
        let tests = tests.into_iter().map(|test| test.passed);
        match self.agreement.as_ref().map(Agreement::verdict) {
            None => Verdict::of(tests),
            Some(Verdict::Holds) => Verdict::of(tests.chain([true])),
            Some(other) => other,
        }
    }

    /// What was measured, with the agreement.
    pub fn measured(&self) -> String {
        let agreement = self.agreement.as_ref().map(Agreement::text);
        let agreement = agreement.map(|text| format!(" Against theory: {text}."));
        self.judgement.measured.clone() + &agreement.unwrap_or_default()
    }
}
