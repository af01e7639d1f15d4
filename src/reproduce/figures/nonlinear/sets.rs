//! The training sets of the figure, each with its test rows.

use crate::config::{DataConfig, Draw, Source};
use crate::data::{Rows, pixels};
use crate::gaussian::Gaussian;
use crate::reproduce::seeds::seed;
use crate::run::RunError;

use super::results::Data;

/// The number of fresh test rows of a network on drawn rows.
const DRAWN_TESTS: usize = 4000;
/// The dimension of drawn rows, that of the digits.
const DIM: usize = 64;

/// A training set, and every row that is not in it.
pub(super) struct Set {
    pub samples: usize,
    pub half: usize,
    pub train: Rows,
    pub test: Rows,
}

/// Training sets of several sizes that are drawn together. Sets of one size are disjoint.
pub(super) struct Split {
    pub seed: u64,
    /// The law of all rows.
    pub truth: Gaussian,
    /// The sets, the smallest first.
    pub sets: Vec<Set>,
}

impl Split {
    /// The split of a number, from 0, with so many sets of each size.
    pub fn new(
        data: Data,
        samples: &[usize],
        halves: usize,
        number: usize,
    ) -> Result<Self, RunError> {
        let seed = seed(&format!("nonlinear: {}", data.name()), number);
        let mut sets = Vec::new();
        let mut truth = None;
        for &samples in samples {
            let (source, draw, most) = match data {
                Data::Digits => (Source::digits(), Draw::Rows, usize::MAX),
                Data::Gaussian => (Source::power_law(DIM, 1.0), Draw::Gaussian, DRAWN_TESTS),
            };
            // A seed of its own: sets of different sizes share rows only by chance.
            let config = DataConfig::new(source, samples).draw(draw);
            let rows = pixels(&config, halves, seed + samples as u64)?;
            sets.extend((0..halves).map(|half| Set {
                samples,
                half,
                train: rows.train(half),
                test: rows.test(half, most).expect("rows that are not trained on"),
            }));
            truth = rows.laws.truth;
        }
        Ok(Self {
            seed,
            truth: truth.expect("the law of all rows is known"),
            sets,
        })
    }
}
