//! The truth: a spectrum by its rule, or by its values.

use lindiff::data::{DataError, eigenvalues_of_bytes};
use lindiff::gaussian::{Spectrum, SpectrumError};
use serde::{Deserialize, Serialize};

/// Where the eigenvalues come from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Truth {
    /// They fall as `nu^-exponent`, with the trace d.
    PowerLaw { dim: usize, exponent: f64 },
    /// Some are large, the others 1.
    Spiked { dim: usize, spikes: Vec<f64> },
    /// They are given.
    Values { values: Vec<f64> },
}

impl Truth {
    pub fn spectrum(&self) -> Result<Spectrum, SpectrumError> {
        match self {
            Truth::PowerLaw { dim, exponent } => Spectrum::power_law(*dim, *exponent),
            Truth::Spiked { dim, spikes } => Spectrum::spiked(*dim, spikes),
            Truth::Values { values } => Spectrum::from_eigenvalues(values.clone()),
        }
    }
}

/// Eigenvalues that were read.
#[derive(Serialize)]
pub struct Read {
    values: Vec<f64>,
    notes: Vec<String>,
}

pub fn eigenvalues(name: &str, bytes: Vec<u8>) -> Result<Read, DataError> {
    let (spectrum, notes) = eigenvalues_of_bytes(name, bytes)?;
    let values = spectrum.eigenvalues().to_vec();
    Ok(Read { values, notes })
}
