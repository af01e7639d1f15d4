//! The training set itself. Most objectives need only its moments.

use std::ops::Range;

use super::{Draws, Frame, ReadRows, Rows, Values};
use crate::gaussian::Moments;
use crate::memory::bytes;

/// The training rows, or where to get them. Rows that were read stay as they are until they are asked for.
#[derive(Debug, Clone)]
pub enum TrainingRows {
    /// Not available: a run directory stores moments only.
    None,
    /// Rows in the coordinates of the training.
    Made(Rows),
    /// Draws from a law.
    Drawn(Draws),
    /// The rows at `chosen`, in that order, of rows that were read.
    Read {
        /// All rows that were read.
        rows: ReadRows,
        /// The indices of the training rows.
        chosen: Vec<usize>,
        /// The indices of the test rows, in a random order.
        others: Vec<usize>,
        /// Height and width of a row as a picture, if the data have them.
        image: Option<[usize; 2]>,
        /// The way to the coordinates of the training.
        frame: Frame,
    },
}

impl TrainingRows {
    /// The rows, not centred, in the coordinates of the training.
    pub fn rows(&self) -> Option<Rows> {
        match self {
            Self::None => None,
            Self::Made(rows) => Some(rows.clone()),
            Self::Drawn(draws) => Some(draws.rows()),
            Self::Read {
                rows,
                chosen,
                frame,
                ..
            } => Some(frame.trained_rows(rows, chosen)),
        }
    }

    /// At most `most` rows of the law of the training rows that are not among them: test rows, or draws after the last;
    /// `None` if there are none.
    pub fn fresh(&self, most: usize) -> Option<Rows> {
        match self {
            Self::None | Self::Made(_) => None,
            Self::Drawn(draws) => {
                let (samples, _) = draws.shape();
                Some(draws.part(samples..samples + most))
            }
            Self::Read {
                rows,
                others,
                frame,
                ..
            } => {
                let fresh = &others[..most.min(others.len())];
                (!fresh.is_empty()).then(|| frame.trained_rows(rows, fresh))
            }
        }
    }

    /// Some of the training rows, with the others among the test rows; `None` unless rows were read.
    pub(super) fn part(&self, part: Range<usize>) -> Option<Self> {
        let Self::Read {
            rows,
            chosen,
            others,
            image,
            frame,
        } = self
        else {
            return None;
        };
        let outside = [&chosen[..part.start], &chosen[part.end..], others];
        Some(Self::Read {
            rows: rows.clone(),
            chosen: chosen[part].to_vec(),
            others: outside.concat(),
            image: *image,
            frame: frame.clone(),
        })
    }

    /// The moments of the training rows and of the test rows, if there are any; `None` unless rows were read.
    pub(super) fn moments(&self) -> Option<(Moments, Option<Moments>)> {
        let Self::Read {
            rows,
            chosen,
            others,
            frame,
            ..
        } = self
        else {
            return None;
        };
        let of = |chosen: &[usize]| frame.moments_of(rows, chosen);
        Some((of(chosen), (!others.is_empty()).then(|| of(others))))
    }

    /// The place of a training row among all rows that were read, or its number among the draws.
    pub fn place(&self, row: usize) -> usize {
        match self {
            Self::Read { chosen, .. } => chosen[row],
            _ => row,
        }
    }

    /// Whether they were read, not drawn.
    pub fn is_read(&self) -> bool {
        matches!(self, Self::Read { .. })
    }

    /// Height and width of a row as a picture, if the data have them.
    pub fn image(&self) -> Option<[usize; 2]> {
        match self {
            Self::Read { image, .. } => *image,
            _ => None,
        }
    }

    /// The bytes that they take now, and the bytes that they would take as doubles.
    pub fn bytes(&self) -> (usize, usize) {
        match self {
            Self::None => (0, 0),
            Self::Made(rows) => {
                let bytes = rows.values().len() * 8;
                (bytes, bytes)
            }
            Self::Drawn(draws) => {
                let (samples, dim) = draws.shape();
                (0, bytes([8, samples, dim]))
            }
            Self::Read {
                rows,
                chosen,
                frame,
                ..
            } => {
                let size = match rows.values() {
                    Values::Bytes(_) => 1,
                    Values::Doubles(_) => 8,
                };
                let made = bytes([8, chosen.len(), frame.basis.ncols()]);
                (rows.values().len() * size, made)
            }
        }
    }
}
