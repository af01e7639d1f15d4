//! What is asked: arrays, rows, and what the network predicts.

use super::arrays::check_finite;
use super::{Arrays, ProbeError};
use crate::config::Target;
use crate::data::Rows;

/// A network's predictions, and the rows to hold them against.
///
/// All rows are in the coordinates of the network: what `x_t` was made from.
#[derive(Debug, Clone)]
pub struct Question {
    pub(super) arrays: Arrays,
    pub(super) clean: Rows,
    pub(super) train: Option<Rows>,
    pub(super) samples: Option<Rows>,
    pub(super) target: Target,
    pub(super) image: Option<(usize, usize)>,
    pub(super) source: String,
}

impl Question {
    /// Takes the arrays, and the clean rows `[M, d]` that their draws were made from. The network predicts the noise,
    /// unless [`Question::target`] says otherwise.
    ///
    /// # Errors
    /// Fewer than two rows; rows of another dimension; numbers that are not finite.
    pub fn new(arrays: Arrays, clean: Rows) -> Result<Self, ProbeError> {
        check_rows("the rows of --clean", &clean, &arrays, 2)?;
        Ok(Self {
            arrays,
            clean,
            train: None,
            samples: None,
            target: Target::default(),
            image: None,
            source: "arrays".to_owned(),
        })
    }

    /// Gives the training rows `[N, d]`. Clean rows that are among them are no test rows: their draws say whether
    /// training has ended.
    ///
    /// # Errors
    /// Fewer than two rows; rows of another dimension; numbers that are not finite.
    pub fn train(mut self, rows: Rows) -> Result<Self, ProbeError> {
        check_rows("the rows of --train", &rows, &self.arrays, 2)?;
        self.train = Some(rows);
        Ok(self)
    }

    /// Gives samples `[m, d]` of the network, which are looked through for copies of training rows.
    ///
    /// # Errors
    /// Rows of another dimension; numbers that are not finite.
    pub fn samples(mut self, rows: Rows) -> Result<Self, ProbeError> {
        check_rows("the rows of --samples", &rows, &self.arrays, 1)?;
        self.samples = Some(rows);
        Ok(self)
    }

    /// Says what the network predicts.
    #[must_use]
    pub fn target(mut self, target: Target) -> Self {
        self.target = target;
        self
    }

    /// Says that a row is an image of this height and width. Without it a row of a square number of columns is taken
    /// for a square image.
    ///
    /// # Errors
    /// Another number of pixels than columns.
    pub fn image(mut self, height: usize, width: usize) -> Result<Self, ProbeError> {
        let dim = self.arrays.dim();
        if height.checked_mul(width) != Some(dim) {
            return Err(ProbeError::Image { width, height, dim });
        }
        self.image = Some((height, width));
        Ok(self)
    }

    /// Height and width of the images that rows are, or may be taken for.
    pub(super) fn shown(&self) -> Option<(usize, usize)> {
        let dim = self.arrays.dim();
        let side = dim.isqrt();
        self.image.or((side * side == dim).then_some((side, side)))
    }

    /// What was not certain.
    pub(super) fn notes(&self) -> Vec<String> {
        let guessed = self.image.is_none() && self.train.is_some();
        let note = |(height, width)| {
            format!(
                "rows are taken for images of {width} x {height} pixels: if they are none, the distance to the local filter \
                 means nothing"
            )
        };
        self.shown()
            .filter(|_| guessed)
            .map(note)
            .into_iter()
            .collect()
    }

    /// Names the arrays in the answer.
    #[must_use]
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }
}

fn check_rows(
    what: &'static str,
    rows: &Rows,
    arrays: &Arrays,
    least: usize,
) -> Result<(), ProbeError> {
    if rows.dim() != arrays.dim() {
        return Err(ProbeError::Columns {
            what,
            found: rows.dim(),
            expected: arrays.dim(),
        });
    }
    if rows.count() < least {
        let rows = rows.count();
        return Err(ProbeError::FewRows { what, rows });
    }
    check_finite(what, rows)
}
