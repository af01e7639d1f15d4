//! Why there is no forecast.

use crate::config::ConfigError;
use crate::data::{DataError, PartsError};
use crate::gaussian::{CovarianceError, EigenError};
use crate::memory::OutOfMemory;
use crate::theory::TheoryError;

/// The least number of rows for a forecast.
pub const LEAST_ROWS: usize = 12;

/// Why there is no forecast.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum ForecastError {
    #[error("{rows} rows: a forecast needs at least {LEAST_ROWS}")]
    FewRows { rows: usize },
    #[error("--samples: at least 3 rows, for their mean is fitted")]
    FewSamples { samples: usize },
    #[error("{groups} groups for {rows} rows: each row needs one")]
    Groups { groups: usize, rows: usize },
    #[error(
        "all rows are of one group: none can be left out; data.group should name a column with several values"
    )]
    OneGroup,
    #[error("a forecast is made from rows: of a synthetic spectrum `lindiff predict` knows more")]
    NoRows,
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
    #[error(transparent)]
    Covariance(#[from] CovarianceError),
    #[error(transparent)]
    Eigen(#[from] EigenError),
    #[error(transparent)]
    Theory(#[from] TheoryError),
}

impl ForecastError {
    /// Whether the cause is the input, not the computation.
    pub fn is_input(&self) -> bool {
        !matches!(self, Self::Eigen(_))
    }
}

impl From<PartsError> for ForecastError {
    fn from(error: PartsError) -> Self {
        match error {
            PartsError::Groups { groups, rows } => Self::Groups { groups, rows },
            PartsError::OneGroup => Self::OneGroup,
        }
    }
}
