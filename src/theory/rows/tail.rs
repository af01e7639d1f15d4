//! An assumed spectrum of the truth where the rows do not show it.

use super::RowsSpectrum;
use crate::gaussian::Spectrum;
use crate::theory::TheoryError;

/// A spectrum that fits the rows, with a power law where the rows show nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct AssumedSpectrum {
    /// The spectrum.
    pub spectrum: Spectrum,
    /// The exponent k of the power law `nu^-k` at which the fit started.
    pub exponent: f64,
}

/// The power law is fitted at the kappa for which the truth's df1 is this part of the largest df1 that the rows can
/// show.
const FITTED_AT: f64 = 0.8;
/// Number of eigenvalues of the grid, and number of effective ridges, for the fit of the spectrum.
const GRID: usize = 120;
const RIDGES: usize = 60;
const ITERATIONS: usize = 2000;

impl RowsSpectrum {
    /// Fits the truth's spectrum in two steps. First comes the power law `C nu^-k`, `nu = 1 ... d`, that has the
    /// rows' df1 and df2 at one kappa. Then the multiplicative steps of maximum likelihood find weights on a grid of
    /// eigenvalues, so that
    ///
    /// ```text
    /// df1(kappa) = sum_g weight_g lambda_g/(lambda_g + kappa),    sum_g weight_g = d
    /// ```
    ///
    /// at every kappa that the rows show. Below those kappa the weights stay those of the power law, up to their sum.
    pub fn assumed_spectrum(&self) -> Result<AssumedSpectrum, TheoryError> {
        let degrees = self.samples() - self.mean().degrees() as f64;
        let shown = degrees.min(self.dim() as f64);
        let largest = self.eigenvalues()[0];
        let z = self.ridge_of(FITTED_AT * shown);
        let (kappa, df1, df2) = self.degrees_of_freedom(z);
        let (scale, exponent) = power_law_through(self.dim(), kappa, df1, df2);
        let start: Vec<f64> = (1..=self.dim())
            .map(|nu| scale * (nu as f64).powf(-exponent))
            .collect();
        let low = start[start.len() - 1].min(kappa * 1e-2);
        let grid = logarithmic(low, start[0].max(4.0 * largest), GRID);
        let mut weights = vec![0.0; GRID];
        let spacing = (grid[1] / grid[0]).ln();
        for lambda in &start {
            let index = ((lambda / grid[0]).ln() / spacing).round();
            weights[(index.max(0.0) as usize).min(GRID - 1)] += 1.0;
        }
        // Small prior weight on every grid point.
        weights.iter_mut().for_each(|w| *w += 1e-3);
        let least = self.ridge_of(0.98 * shown);
        let ridges = logarithmic(least, 10.0 * largest, RIDGES);
        let targets: Vec<(f64, f64)> = ridges
            .iter()
            .map(|&z| {
                let (kappa, df1, _) = self.degrees_of_freedom(z);
                (kappa, df1)
            })
            .collect();
        fit(&grid, &mut weights, &targets, self.dim() as f64);
        let spectrum = quantiles(&grid, &weights, self.dim());
        // The trace is known without bias.
        let trace = self.trace() / spectrum.iter().sum::<f64>();
        let spectrum = spectrum.into_iter().map(|l| l * trace).collect();
        Ok(AssumedSpectrum {
            spectrum: Spectrum::from_eigenvalues(spectrum)?,
            exponent,
        })
    }

    /// The ridge on these rows at which the truth's df1 has the given value.
    fn ridge_of(&self, df1: f64) -> f64 {
        let largest = self.eigenvalues()[0];
        let (mut low, mut high) = (largest * 1e-14, largest * 1e6);
        for _ in 0..100 {
            let middle = (low * high).sqrt();
            if self.degrees_of_freedom(middle).1 > df1 {
                low = middle
            } else {
                high = middle
            }
        }
        high
    }
}

/// `(C, k)` of the power law with the given df1 and df2 at kappa: the nearest k from 0 to 8.
fn power_law_through(dim: usize, kappa: f64, df1: f64, df2: f64) -> (f64, f64) {
    let ranks = ranks(dim);
    // Sums of the shrinkages and of their squares, for a power law with the scale 1.
    let sums = |scale: f64, powers: &[(f64, f64)]| {
        let (mut first, mut second) = (0.0, 0.0);
        for (power, count) in powers {
            let lambda = scale * power;
            let shrinkage = lambda / (lambda + kappa);
            first += count * shrinkage;
            second += count * shrinkage * shrinkage;
        }
        (first, second)
    };
    let powers = |exponent: f64| -> Vec<(f64, f64)> {
        let power = |&(nu, count): &(f64, f64)| (nu.powf(-exponent), count);
        ranks.iter().map(power).collect()
    };
    let scale_of = |powers: &[(f64, f64)]| {
        let (mut low, mut high) = (kappa * 1e-9, kappa * 1e30);
        for _ in 0..100 {
            let middle = (low * high).sqrt();
            if sums(middle, powers).0 < df1 {
                low = middle
            } else {
                high = middle
            }
        }
        high
    };
    // df2 at the same df1 rises with the exponent.
    let (mut low, mut high) = (0.0, 8.0);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        let powers = powers(middle);
        if sums(scale_of(&powers), &powers).1 < df2 {
            low = middle
        } else {
            high = middle
        }
    }
    let exponent = 0.5 * (low + high);
    (scale_of(&powers(exponent)), exponent)
}

/// Eigenvalues of a higher rank than this are grouped with their neighbours.
const RANKS: usize = 2048;

/// The ranks 1 ... d, each with the number 1; above [`RANKS`] groups of ranks with their number, each group less than
/// a thousandth of its rank wide.
fn ranks(dim: usize) -> Vec<(f64, f64)> {
    let mut ranks: Vec<(f64, f64)> = (1..=dim.min(RANKS)).map(|nu| (nu as f64, 1.0)).collect();
    let mut first = RANKS + 1;
    while first <= dim {
        let last = (first + first / 1000).min(dim);
        ranks.push(((first + last) as f64 / 2.0, (last - first + 1) as f64));
        first = last + 1;
    }
    ranks
}

/// Multiplicative steps towards weights >= 0 with `sum_g weight_g A_jg = target_j`, and their sum.
fn fit(grid: &[f64], weights: &mut [f64], targets: &[(f64, f64)], dim: f64) {
    let row = |kappa: f64| {
        grid.iter()
            .map(move |l| l / (l + kappa))
            .collect::<Vec<f64>>()
    };
    let mut rows: Vec<(Vec<f64>, f64)> = targets
        .iter()
        .map(|&(kappa, df1)| (row(kappa), df1))
        .collect();
    // The number of directions weighs as much as all the other targets together.
    let heavy = targets.len() as f64;
    rows.push((vec![heavy; grid.len()], heavy * dim));
    let columns: Vec<f64> = (0..grid.len())
        .map(|g| rows.iter().map(|(row, _)| row[g]).sum())
        .collect();
    for _ in 0..ITERATIONS {
        let mut factors = vec![0.0; grid.len()];
        for (row, target) in &rows {
            let predicted: f64 = row.iter().zip(weights.iter()).map(|(a, w)| a * w).sum();
            let ratio = target / predicted;
            for (factor, a) in factors.iter_mut().zip(row) {
                *factor += a * ratio;
            }
        }
        for ((weight, factor), column) in weights.iter_mut().zip(&factors).zip(&columns) {
            *weight *= factor / column;
        }
    }
}

/// `dim` eigenvalues with the distribution of the weights, interpolated between grid points in the logarithm. If
/// there are very many, neighbours are equal: at most [`RANKS`] values differ.
fn quantiles(grid: &[f64], weights: &[f64], dim: usize) -> Vec<f64> {
    let total: f64 = weights.iter().sum();
    let half = (grid[1] / grid[0]).ln() / 2.0;
    let different = if dim <= 8 * RANKS { dim } else { RANKS };
    let mut values = Vec::with_capacity(dim);
    let (mut index, mut below) = (0, 0.0);
    for k in 0..different {
        let (start, end) = (k * dim / different, (k + 1) * dim / different);
        let wanted = total * (start + end) as f64 / (2 * dim) as f64;
        while index + 1 < grid.len() && below + weights[index] < wanted {
            below += weights[index];
            index += 1;
        }
        let part = ((wanted - below) / weights[index]).clamp(0.0, 1.0);
        let value = (grid[index].ln() + (2.0 * part - 1.0) * half).exp();
        values.resize(end, value);
    }
    values
}

fn logarithmic(low: f64, high: f64, count: usize) -> Vec<f64> {
    let step = (high / low).ln() / (count - 1) as f64;
    (0..count).map(|i| low * (i as f64 * step).exp()).collect()
}
