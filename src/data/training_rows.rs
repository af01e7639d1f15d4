//! The training set itself, which few objectives need beside its moments.

use super::draw::gaussian_rows;
use super::{Frame, ReadRows, Rows, Values};
use crate::gaussian::Gaussian;
use crate::memory::bytes;

/// The training rows, or where to get them: rows that were read stay as they were read until they are asked for.
#[derive(Debug, Clone)]
pub enum TrainingRows {
    /// A run directory was read, which holds none.
    None,
    /// In the coordinates that are trained in.
    Made(Rows),
    /// Draws from a law.
    Drawn {
        law: Gaussian,
        samples: usize,
        seed: u64,
    },
    /// Those of `chosen`, in that order, of rows that were read.
    Read {
        rows: ReadRows,
        chosen: Vec<usize>,
        frame: Frame,
    },
}

impl TrainingRows {
    /// The rows, uncentred, in the coordinates that are trained in.
    pub fn rows(&self) -> Option<Rows> {
        match self {
            Self::None => None,
            Self::Made(rows) => Some(rows.clone()),
            Self::Drawn { law, samples, seed } => Some(gaussian_rows(law, 0..*samples, *seed)),
            Self::Read {
                rows,
                chosen,
                frame,
            } => Some(frame.trained_rows(rows, chosen)),
        }
    }

    /// Bytes that they take, and that they would take as doubles.
    pub fn bytes(&self) -> (usize, usize) {
        match self {
            Self::None => (0, 0),
            Self::Made(rows) => {
                let bytes = rows.values().len() * 8;
                (bytes, bytes)
            }
            Self::Drawn { law, samples, .. } => (0, bytes([8, *samples, law.dim()])),
            Self::Read {
                rows,
                chosen,
                frame,
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
