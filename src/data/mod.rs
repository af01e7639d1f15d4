//! What is the truth, and what does the training set say of it? Spectra, Gaussian sources, file formats and the
//! built-in digits: everything ends as moments and, where needed, rows.
//!
//! [`load`] takes the checked `[data]` table of an experiment and gives a [`Dataset`]: a truth, the moments of a
//! training set and of a test set, and the rows, all in the coordinates that are trained in; a [`Frame`] leads
//! back to those that were read.

mod draw;
mod eigenvalues;
mod error;
pub mod formats;
mod frame;
mod load;
mod population;
mod prepare;
mod principal;
mod rows;
mod split;
mod sums;
mod training_rows;
mod truth;
mod units;
mod values;
mod varying;

pub use error::DataError;
pub use formats::{FormatError, write_npy, write_npy_f32};
pub use frame::Frame;
pub use load::load;
pub use population::{Population, population};
pub use prepare::{Table, read_rows};
pub use principal::Principal;
pub(crate) use principal::{gram, mean};
pub use rows::Rows;
pub use sums::MomentSums;
pub use training_rows::TrainingRows;
pub use truth::{Truth, truth};
pub use units::Units;
pub(crate) use units::{different_units, far_apart, in_units};
pub use values::{ReadRows, Values};
pub use varying::{Dimensions, Varying};

use crate::gaussian::{Gaussian, Moments};

/// The laws of an experiment, in the coordinates that are trained in.
#[derive(Debug, Clone)]
pub struct Laws {
    /// The law that stands for the population; `None` with all rows of a file.
    pub truth: Option<Gaussian>,
    /// What was fitted to the training set: its mean (the truth's, where that is known) and the 1/N-covariance
    /// about it.
    pub train: Moments,
    /// Of the rows left over, with rows.
    pub test: Option<Moments>,
    /// How to return to the coordinates that were read.
    pub frame: Frame,
}

/// The laws, and the training set itself.
#[derive(Debug, Clone)]
pub struct Dataset {
    pub laws: Laws,
    /// The training rows, or where to get them.
    pub train_rows: TrainingRows,
    /// Directions of the truth that were dropped for their small variance.
    pub dropped: usize,
    /// Columns of the rows that are the same in all of them, and left out.
    pub constant: usize,
    /// How the rows were read, where that was not certain.
    pub notes: Vec<String>,
    /// What the user should know of these data.
    pub warnings: Vec<String>,
}

impl Dataset {
    /// How many dimensions are trained in, and what was left out.
    pub fn dimensions(&self) -> Dimensions {
        Dimensions {
            dim: self.laws.dim(),
            dropped: self.dropped,
            constant: self.constant,
        }
    }
}

impl Laws {
    /// The dimension d that is trained in.
    pub fn dim(&self) -> usize {
        self.train.covariance.nrows()
    }
}
