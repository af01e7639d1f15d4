//! The source of the truth: a spectrum, or rows.

use std::path::PathBuf;

use super::names::{named, setters};
use super::{Columns, Reading};

/// The source of the truth.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A power law: `lambda_nu = d nu^-k / sum nu^-k`, with mean zero.
    PowerLaw {
        /// The dimension d.
        dim: usize,
        /// The exponent k.
        exponent: f64,
    },
    /// The spikes, and ones in the other dimensions.
    Spiked {
        /// The dimension d.
        dim: usize,
        /// The largest eigenvalues.
        spikes: Vec<f64>,
    },
    /// A file of eigenvalues, one for each line.
    Spectrum {
        /// The path.
        path: PathBuf,
    },
    /// Rows that are read.
    Real(RealData),
}

impl Source {
    /// The words of all sources.
    pub const NAMES: [&'static str; 5] = ["power-law", "spiked", "spectrum", "digits", "file"];

    /// Eigenvalues that fall as `nu^-exponent`, with trace `dim`.
    pub fn power_law(dim: usize, exponent: f64) -> Self {
        Source::PowerLaw { dim, exponent }
    }

    /// These eigenvalues, then ones.
    pub fn spiked(dim: usize, spikes: impl Into<Vec<f64>>) -> Self {
        let spikes = spikes.into();
        Source::Spiked { dim, spikes }
    }

    /// A file of eigenvalues, one for each line.
    pub fn spectrum(path: impl Into<PathBuf>) -> Self {
        Source::Spectrum { path: path.into() }
    }

    /// The built-in 8 x 8 digits.
    pub fn digits() -> Self {
        RealData::digits().into()
    }

    /// The rows of a file or of a folder of images.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        RealData::file(path).into()
    }

    /// The word in `data.source`.
    pub fn name(&self) -> &'static str {
        match self {
            Source::PowerLaw { .. } => "power-law",
            Source::Spiked { .. } => "spiked",
            Source::Spectrum { .. } => "spectrum",
            Source::Real(real) => match real.origin {
                RowsOrigin::Digits => "digits",
                RowsOrigin::File { .. } => "file",
            },
        }
    }

    /// The source with that word and the defaults of its settings. A path is empty.
    #[cfg(feature = "files")]
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "power-law" => Some(Source::power_law(200, 1.0)),
            "spiked" => Some(Source::spiked(200, [5.0, 3.0])),
            "spectrum" => Some(Source::spectrum(PathBuf::new())),
            "digits" => Some(Source::digits()),
            "file" => Some(Source::file(PathBuf::new())),
            _ => None,
        }
    }

    /// The rows, if the source has rows.
    pub fn real(&self) -> Option<&RealData> {
        match self {
            Source::Real(real) => Some(real),
            _ => None,
        }
    }

    pub(super) fn is_file(&self) -> bool {
        self.real()
            .is_some_and(|real| real.origin != RowsOrigin::Digits)
    }
}

impl From<RealData> for Source {
    fn from(real: RealData) -> Self {
        Source::Real(real)
    }
}

/// Rows, and how they are prepared.
#[derive(Debug, Clone, PartialEq)]
pub struct RealData {
    /// Where they are read from.
    pub origin: RowsOrigin,
    /// The columns that are coordinates; `None`: all.
    pub columns: Option<Columns>,
    /// The column whose equal values stay on one side of the split. It is not a coordinate.
    pub group: Option<usize>,
    /// How the file is read.
    pub reading: Reading,
    /// The side of the square over which images are averaged; 1: no averaging.
    pub pool: usize,
    /// The scale of the rows.
    pub scale: Scale,
    /// Directions of the truth with less than this times the mean variance are dropped.
    pub min_variance: f64,
}

impl RealData {
    /// The built-in 8 x 8 digits.
    pub fn digits() -> Self {
        Self::of(RowsOrigin::Digits)
    }

    /// The rows of a file or of a folder of images.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::of(RowsOrigin::File {
            path: path.into(),
            array: None,
        })
    }

    fn of(origin: RowsOrigin) -> Self {
        Self {
            origin,
            columns: None,
            group: None,
            reading: Reading::default(),
            pool: 1,
            scale: Scale::default(),
            min_variance: 1e-12,
        }
    }

    /// The columns that are coordinates.
    #[must_use]
    pub fn columns(mut self, columns: Columns) -> Self {
        self.columns = Some(columns);
        self
    }

    /// The column whose equal values stay on one side of the split.
    #[must_use]
    pub fn group(mut self, column: usize) -> Self {
        self.group = Some(column);
        self
    }

    setters! {
        /// How the file is read, if it does not say so itself.
        reading: Reading,
        /// Side of the square over which images are mean-pooled.
        pool: usize,
        /// The scale of the rows.
        scale: Scale,
        /// Directions of the truth with less than this times the mean variance are dropped.
        min_variance: f64,
    }
}

/// The origin of rows.
#[derive(Debug, Clone, PartialEq)]
pub enum RowsOrigin {
    /// The built-in 8 x 8 digits.
    Digits,
    /// A file or a folder of images; `array` names the array of an `.npz`.
    File {
        /// The path.
        path: PathBuf,
        /// The array of an `.npz`; `None`: the only one.
        array: Option<String>,
    },
}

/// How rows are scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The trace of the truth becomes its number of directions.
    Trace,
    /// Each column is scaled to the mean 0 and the variance 1, whatever its unit.
    Columns,
    /// Rows are not scaled.
    None,
}

named!(Scale { "trace": Scale::Trace, "columns": Scale::Columns, "none": Scale::None });
