//! The draws of each noise level: of test rows and of training rows, checked and turned into predicted clean rows.

use faer::Mat;

use super::known::known;
use super::levels::{LevelDraws, levels};
use super::units::check;
use super::{ProbeError, Question, target};
use crate::data::Rows;
use crate::memory;

/// What is known before anything is measured.
pub(super) struct Prepared<'a> {
    question: &'a Question,
    /// The clean rows that are not training rows.
    pub test: Rows,
    /// The noise levels with the draws of test rows and of training rows, the least noise first.
    pub levels: Vec<LevelDraws>,
    train_levels: Vec<LevelDraws>,
    /// The clean row of each draw, among the test rows or among the training rows.
    place: Vec<usize>,
}

/// Draws of one level in the scale `x = x_0 + sqrt(z) eps`.
pub(super) struct Denoised {
    /// x, `[n, d]`
    pub x: Mat<f64>,
    /// The predicted `x_0`, `[n, d]`.
    pub denoised: Mat<f64>,
    /// The clean row of each draw.
    pub row: Vec<usize>,
}

impl<'a> Prepared<'a> {
    pub fn new(question: &'a Question) -> Result<Self, ProbeError> {
        let (arrays, clean) = (&question.arrays, &question.clean);
        let row = arrays.rows_of(clean.count())?;
        let levels = levels(arrays);
        check_counts(&levels, arrays.dim(), false)?;
        for level in &levels {
            check(level, &arrays.x_t, &arrays.prediction, clean, &row).map_err(|problem| {
                let alpha_bar = level.level.alpha_bar();
                ProbeError::Mismatch { alpha_bar, problem }
            })?;
        }
        target::check(question, &levels, &row)?;
        let known = match &question.train {
            Some(train) => known(clean, train),
            None => vec![None; clean.count()],
        };
        let tested: Vec<usize> = (0..clean.count()).filter(|&i| known[i].is_none()).collect();
        let mut place_of = vec![0; clean.count()];
        for (place, &row) in tested.iter().enumerate() {
            place_of[row] = place;
        }
        let part = |new: bool| -> Vec<LevelDraws> {
            let of = |level: &LevelDraws| LevelDraws {
                level: level.level,
                draws: level
                    .draws
                    .iter()
                    .copied()
                    .filter(|&draw| known[row[draw]].is_none() == new)
                    .collect(),
            };
            levels.iter().map(of).collect()
        };
        let (test_levels, train_levels) = (part(true), part(false));
        if test_levels.iter().all(|level| level.draws.is_empty()) {
            return Err(ProbeError::OnlyTrainingRows);
        }
        check_counts(&test_levels, arrays.dim(), question.train.is_some())?;
        let place = row.iter().map(|&row| known[row].unwrap_or(place_of[row]));
        Ok(Self {
            question,
            test: clean.select(&tested),
            levels: test_levels,
            train_levels,
            place: place.collect(),
        })
    }

    /// The draws of test rows at a level.
    pub fn tested(&self, index: usize) -> Result<Denoised, ProbeError> {
        self.denoised(&self.levels[index])
    }

    /// The draws of training rows at a level, if they are enough for an affine part.
    pub fn trained(&self, index: usize) -> Result<Option<Denoised>, ProbeError> {
        let level = &self.train_levels[index];
        let enough = level.draws.len() >= needed(self.question.arrays.dim());
        enough.then(|| self.denoised(level)).transpose()
    }

    fn denoised(&self, level: &LevelDraws) -> Result<Denoised, ProbeError> {
        let arrays = &self.question.arrays;
        let (count, dim) = (level.draws.len(), arrays.dim());
        // The two matrices, those of other denoisers, and what is made of them.
        const MATRICES: usize = 6;
        let bytes = memory::bytes([size_of::<f64>(), MATRICES, count, dim]);
        memory::check(bytes, "a noise level", || "give fewer draws".to_owned())?;
        Ok(Denoised {
            x: scaled(&arrays.x_t, level),
            denoised: predicted_clean(self.question, level),
            row: level.draws.iter().map(|&draw| self.place[draw]).collect(),
        })
    }
}

/// `x_t/sqrt(ab)`
fn scaled(x_t: &Rows, level: &LevelDraws) -> Mat<f64> {
    let scale = 1.0 / level.level.signal_scale();
    Mat::from_fn(level.draws.len(), x_t.dim(), |i, j| {
        scale * x_t.row(level.draws[i])[j]
    })
}

/// The clean rows that the predictions imply.
fn predicted_clean(question: &Question, level: &LevelDraws) -> Mat<f64> {
    let arrays = &question.arrays;
    let to_clean = question.target.to_clean(&level.level);
    Mat::from_fn(level.draws.len(), arrays.dim(), |i, j| {
        let draw = level.draws[i];
        to_clean.output * arrays.prediction.row(draw)[j] + to_clean.input * arrays.x_t.row(draw)[j]
    })
}

/// The fewest draws for an affine part.
fn needed(dim: usize) -> usize {
    2 * dim + 2
}

fn check_counts(levels: &[LevelDraws], dim: usize, of_new_rows: bool) -> Result<(), ProbeError> {
    let few = levels.iter().find(|level| level.draws.len() < needed(dim));
    match few {
        None => Ok(()),
        Some(level) => Err(ProbeError::FewDraws {
            alpha_bar: level.level.alpha_bar(),
            draws: level.draws.len(),
            of_new_rows,
            dim,
            needed: needed(dim),
            levels: levels.len(),
        }),
    }
}
