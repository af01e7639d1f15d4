//! The data: the source of the truth, and the training set taken from it.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::names::{Named, named, setters};
use super::{RowWeights, RowsOrigin, Source};

/// The source of the truth, and how the training set is taken from it.
///
#[doc = include_str!("tables/data.md")]
#[derive(Debug, Clone, PartialEq)]
pub struct DataConfig {
    /// The source of the truth.
    pub source: Source,
    /// The number of training samples.
    pub samples: Samples,
    /// How they are taken.
    pub draw: Draw,
    /// The weights of drawn rows.
    pub row_weights: RowWeights,
    /// Whether their mean is fitted.
    pub mean: Mean,
}

impl DataConfig {
    /// A number of samples of a source, with a fitted mean. The samples are rows if the source is a file, or if the
    /// number is "half" or "all". Otherwise they are drawn from the Gaussian truth.
    pub fn new(source: Source, samples: impl Into<Samples>) -> Self {
        let samples = samples.into();
        Self {
            draw: Draw::of(&source, Some(samples)),
            source,
            samples,
            row_weights: RowWeights::None,
            mean: Mean::default(),
        }
    }

    setters! {
        /// How the training set is taken from the source.
        draw: Draw,
        /// The weights of drawn rows.
        row_weights: RowWeights,
        /// Whether the mean of the training set is fitted.
        mean: Mean,
    }

    /// The file or folder of the data.
    pub fn path(&self) -> Option<&Path> {
        match &self.source {
            Source::Spectrum { path } => Some(path),
            Source::Real(real) => match &real.origin {
                RowsOrigin::File { path, .. } => Some(path),
                RowsOrigin::Digits => None,
            },
            Source::PowerLaw { .. } | Source::Spiked { .. } => None,
        }
    }

    #[cfg(feature = "files")]
    pub(super) fn path_mut(&mut self) -> Option<&mut std::path::PathBuf> {
        match &mut self.source {
            Source::Spectrum { path } => Some(path),
            Source::Real(real) => match &mut real.origin {
                RowsOrigin::File { path, .. } => Some(path),
                RowsOrigin::Digits => None,
            },
            Source::PowerLaw { .. } | Source::Spiked { .. } => None,
        }
    }
}

/// The number of training samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Samples {
    /// This number.
    Count(usize),
    /// Half of the rows of a file, at most 400. The other rows are the test set.
    Half,
    /// All rows of a file. Then there is no truth and no test set.
    All,
}

impl Samples {
    /// The number of training samples out of `rows` rows; `None` if all rows are taken.
    pub fn of_rows(self, rows: usize) -> Option<usize> {
        const MOST: usize = 400;
        match self {
            Samples::Count(count) => Some(count),
            Samples::Half => Some((rows / 2).clamp(1, MOST)),
            Samples::All => None,
        }
    }
}

impl Default for Samples {
    fn default() -> Self {
        Samples::Count(400)
    }
}

impl From<usize> for Samples {
    fn from(count: usize) -> Self {
        Samples::Count(count)
    }
}

/// How the training set is taken from the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw {
    /// N vectors drawn from the Gaussian truth.
    Gaussian,
    /// N of the rows that were read. The other rows are the test set.
    Rows,
}

named!(Draw { "gaussian": Draw::Gaussian, "rows": Draw::Rows });

impl Draw {
    /// The default. A file stands for its rows, and all or half of the rows can only be rows.
    pub(super) fn of(source: &Source, samples: Option<Samples>) -> Self {
        match samples {
            Some(Samples::All | Samples::Half) => Draw::Rows,
            _ if source.is_file() => Draw::Rows,
            _ => Draw::Gaussian,
        }
    }
}

/// Whether the mean of the training set is fitted, or the truth's mean is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mean {
    /// The truth's mean is known and subtracted.
    Known,
    /// The mean of the training set is subtracted. A network then has an offset to train.
    Fitted,
}

named!(Mean { "fitted": Mean::Fitted, "known": Mean::Known });

impl Mean {
    /// The number of degrees of freedom that the mean uses: 0 or 1.
    pub fn degrees(self) -> usize {
        match self {
            Mean::Known => 0,
            Mean::Fitted => 1,
        }
    }

    /// Whether the mean is fitted.
    pub fn is_fitted(self) -> bool {
        self == Mean::Fitted
    }
}

impl fmt::Display for Mean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
