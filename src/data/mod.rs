//! What is the truth, and what does the training set say about it? Spectra, Gaussian sources, files and the built-in
//! digits all become moments and, where needed, rows.
//!
//! [`load`] takes the checked `[data]` table of an experiment and gives a [`Dataset`]: a truth, the moments of a
//! training set and of a test set, and the rows, all in the coordinates of the training. A [`Frame`] leads back to
//! the coordinates that were read.

#[cfg(feature = "files")]
mod covariance;
mod draw;
#[cfg(feature = "files")]
mod eigenvalues;
mod error;
#[cfg(feature = "files")]
pub mod formats;
mod frame;
mod load;
mod parts;
mod pixels;
mod population;
#[cfg(feature = "files")]
mod prepare;
mod principal;
mod rows;
mod split;
mod sums;
mod table;
mod training_rows;
mod truth;
mod units;
mod values;
mod varying;
#[cfg(not(feature = "files"))]
mod without_files;

#[cfg(feature = "files")]
pub use covariance::read_covariance;
pub use draw::{Draws, row_weights};
#[cfg(feature = "files")]
pub use eigenvalues::eigenvalues_of_bytes;
#[cfg(feature = "files")]
use eigenvalues::read_eigenvalues;
pub use error::DataError;
#[cfg(feature = "files")]
pub use formats::{FormatError, write_npy, write_npy_f32};
pub use frame::Frame;
pub use load::load;
pub(crate) use parts::{Parts, PartsError};
pub use pixels::{Pixels, pixels};
pub use population::{Population, population};
#[cfg(feature = "files")]
pub use prepare::{read_rows, rows_of_bytes};
pub use principal::Principal;
pub(crate) use principal::mean;
pub use rows::Rows;
pub use table::Table;
pub use training_rows::TrainingRows;
pub use truth::{Truth, truth};
pub use units::Units;
pub(crate) use units::{different_units, far_apart, in_units};
pub use values::{ReadRows, Values};
pub use varying::{Dimensions, Varying};
#[cfg(not(feature = "files"))]
use without_files::read_eigenvalues;
#[cfg(not(feature = "files"))]
pub use without_files::read_rows;

use std::ops::Range;

use crate::gaussian::{Gaussian, Moments};

/// The laws of an experiment, in the coordinates of the training.
#[derive(Debug, Clone)]
pub struct Laws {
    /// The law that stands for the population; `None` if all rows of a file are the training set.
    pub truth: Option<Gaussian>,
    /// The moments of the training set: its mean (or the truth's, if that is known) and the 1/N-covariance about it.
    pub train: Moments,
    /// The moments of the other rows, if there are rows.
    pub test: Option<Moments>,
    /// The way back to the coordinates that were read.
    pub frame: Frame,
}

/// The laws, together with the training set itself.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// The laws.
    pub laws: Laws,
    /// The training rows, or where to get them.
    pub train_rows: TrainingRows,
    /// The number of directions of the truth that were dropped because their variance is small.
    pub dropped: usize,
    /// The number of columns that were left out because they are constant.
    pub constant: usize,
    /// How the rows were read, where that was not certain.
    pub notes: Vec<String>,
    /// Warnings about these data.
    pub warnings: Vec<String>,
}

impl Dataset {
    /// The dataset whose training rows are a part of this one's, with a fitted mean. The other training rows are test
    /// rows. `None` unless rows were read.
    ///
    /// # Panics
    /// If the part is empty, or there are not so many training rows.
    pub fn part(&self, part: Range<usize>) -> Option<Self> {
        let train_rows = self.train_rows.part(part)?;
        let (train, test) = train_rows.moments()?;
        Some(Self {
            laws: Laws {
                train,
                test,
                ..self.laws.clone()
            },
            train_rows,
            ..self.clone()
        })
    }

    /// The number of dimensions of the training, and what was left out.
    pub fn dimensions(&self) -> Dimensions {
        Dimensions {
            dim: self.laws.dim(),
            dropped: self.dropped,
            constant: self.constant,
        }
    }
}

impl Laws {
    /// The dimension d of the training.
    pub fn dim(&self) -> usize {
        self.train.covariance.nrows()
    }
}
