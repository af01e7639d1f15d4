//! The spectrum of the truth, and those that training sets show.

use lindiff::data::Draws;
use lindiff::faer::{Col, Mat, Side};
use lindiff::gaussian::{Gaussian, RowWeights, Spectrum};
use lindiff::theory::{Ensemble, Mean};
use serde::Serialize;

use crate::live::{Setting, Wrong};

/// The most multiplications for a training set that is drawn while someone moves a slider.
const MOST: usize = 100_000_000;

#[derive(Serialize)]
pub struct Shown {
    /// The truth's eigenvalues at the ranks; ranks beyond d are left out.
    truth: Vec<f64>,
    /// Those of a typical training set, above 0; empty for rows with weights.
    typical: Vec<f64>,
    /// All eigenvalues above 0 of one training set, largest first; empty if it is too large to be drawn at once.
    drawn: Vec<f64>,
}

pub fn shown(setting: &Setting, ranks: &[f64], seed: u64) -> Result<Shown, Wrong> {
    let spectrum = setting.truth.spectrum()?;
    let weights = setting.weights()?;
    let ensemble = Ensemble::new(&spectrum, setting.samples, Mean::Known)?;
    let eigenvalues = spectrum.eigenvalues();
    let within = |most: usize| ranks.partition_point(|&rank| rank <= most as f64);
    let at = |&rank: &f64| eigenvalues[rank as usize - 1];
    let typical = match weights {
        None => {
            let most = setting.samples.min(spectrum.rank());
            ensemble.typical_eigenvalues_at(&ranks[..within(most)])?
        }
        Some(_) => Vec::new(),
    };
    Ok(Shown {
        truth: ranks[..within(spectrum.rank())].iter().map(at).collect(),
        typical,
        drawn: drawn(&spectrum, weights, setting.samples, seed)?,
    })
}

/// The eigenvalues of the covariance (1/N, about the known mean 0) of one training set. Those of the N by N Gram matrix
/// are the same.
fn drawn(
    spectrum: &Spectrum,
    weights: Option<RowWeights>,
    samples: usize,
    seed: u64,
) -> Result<Vec<f64>, Wrong> {
    let dim = spectrum.dim();
    let side = samples.min(dim);
    let work = samples.saturating_mul(dim).saturating_mul(side);
    if work > MOST || side > 400 {
        return Ok(Vec::new());
    }
    let eigenvalues = spectrum.eigenvalues().to_vec();
    let law = Gaussian::from_spectral(Col::zeros(dim), Mat::identity(dim, dim), eigenvalues);
    let rows = Draws::new(law, weights, samples, seed)?.rows();
    let rows = rows.as_matrix();
    let product = if samples < dim {
        rows * rows.transpose()
    } else {
        rows.transpose() * rows
    };
    let Ok(found) = product.self_adjoint_eigenvalues(Side::Lower) else {
        return Ok(Vec::new());
    };
    let scaled = found.into_iter().rev().map(|value| value / samples as f64);
    let least = 1e-12 * spectrum.trace();
    Ok(scaled.filter(|value| *value > least).collect())
}
