//! The contour around the spectrum of Gaussian rows.

use std::array;

use faer::c64;

use super::lens::{BEYOND, Lens, Node, contour_points};
use super::{Ensemble, TheoryError};

/// Gaussian rows. A fitted mean is treated as a known one: `N - 1` samples of a covariance that is smaller by `(N - 1)/N`.
pub(super) struct Contour {
    /// `(N_0/N) lambda > 0`
    pub eigenvalues: Vec<f64>,
    pub samples: f64,
    pub shrink: f64,
    pub dim: f64,
    pub low: f64,
    pub high: f64,
    /// `kappa(0)`
    pub base: f64,
    pub reach: f64,
    pub mean_error: f64,
}

impl Contour {
    pub fn new(ensemble: &Ensemble) -> Self {
        let shrink = ensemble.shrink();
        let positive = ensemble.spectrum().positive();
        let eigenvalues: Vec<f64> = positive.iter().map(|l| l * shrink).collect();
        let (rank, samples) = (eigenvalues.len() as f64, ensemble.degrees());
        let smallest = eigenvalues[eigenvalues.len() - 1];
        let low = if samples > rank {
            0.5 * smallest * (1.0 - (rank / samples).sqrt()).powi(2)
        } else {
            0.0
        };
        let base = ensemble.effective_ridge(0.0).map_or(0.0, |at| at.kappa);
        // Near N = d the density rises towards 0 as an inverse root: twice as many e-folds.
        let near = (rank / samples - 1.0).abs() < 0.2;
        Self {
            high: right_edge(&eigenvalues, samples) * BEYOND,
            eigenvalues,
            samples,
            shrink,
            dim: ensemble.dim() as f64,
            low,
            base: base * shrink,
            reach: if near { 72.0 } else { 36.0 },
            mean_error: ensemble.mean_error(),
        }
    }

    pub fn lens(&self, count: usize, angle: f64) -> Result<Lens, TheoryError> {
        let (positive, corrected) = (self.positive_atoms(), self.corrected_atoms());
        let mut offset_before = None;
        let mut nodes = Vec::with_capacity(count);
        for (s, scale) in contour_points(self.low, self.high, [self.reach; 2], angle, count) {
            let start = offset_before.unwrap_or_else(|| self.first(-s));
            let offset = self.root(-s, start)?;
            offset_before = Some(offset);
            let transforms = self.transforms(self.base + offset);
            let survival = self.survival(offset);
            let corrections = self.correction_residues(self.base + offset, survival);
            let weight = |transform: c64, atom: f64| (transform + atom / s) * scale;
            nodes.push(Node {
                s,
                equivalent: array::from_fn(|k| weight(transforms[k] / survival, positive[k])),
                correction: array::from_fn(|k| weight(corrections[k] / survival, corrected[k])),
            });
        }
        let empty = 1.0 - self.eigenvalues.len() as f64 / self.dim;
        Ok(Lens::from_nodes(
            nodes, positive, corrected, empty, self.low,
        ))
    }

    /// `z/kappa` times the transforms of the corrections at kappa, where `1 - df1/N` is `survival`.
    pub fn correction_residues(&self, kappa: c64, survival: c64) -> [c64; 4] {
        let zero = c64::new(0.0, 0.0);
        // sum lambda w p^2 and sum lambda^2 w p^3 for w = 1, lambda, 1/lambda
        let (mut squares, mut cubes) = ([zero; 3], [zero; 3]);
        for &lambda in &self.eigenvalues {
            let p = 1.0 / (lambda + kappa);
            let square = p * p;
            let shrinkage = p * lambda;
            let weighted = square * lambda;
            squares[0] += weighted;
            squares[1] += weighted * lambda;
            squares[2] += square;
            cubes[0] += weighted * shrinkage;
            cubes[1] += weighted * shrinkage * lambda;
            cubes[2] += square * shrinkage;
        }
        let derivative = 1.0 / (survival + kappa * squares[0] / self.samples);
        let scale = derivative / (self.samples * self.dim);
        let feedback = derivative * kappa * cubes[0] / self.samples;
        let units = [1.0, 1.0 / self.shrink, self.shrink];
        let [plain, sigma, inverse] =
            array::from_fn(|k| scale * (cubes[k] - feedback * squares[k]) * units[k]);
        [plain, sigma, inverse, sigma * self.mean_error]
    }

    /// The atoms at 0 of the corrections. They are the limits of z times their transforms: at kappa(0) for fewer samples
    /// than directions, and `(1/(4 d)) (mean of w/lambda)/(mean of 1/lambda)` for as many.
    pub fn corrected_atoms(&self) -> [f64; 4] {
        let rank = self.eigenvalues.len() as f64;
        let sum = |f: &dyn Fn(f64) -> f64| self.eigenvalues.iter().map(|l| f(*l)).sum::<f64>();
        if self.base > 0.0 {
            let zero = c64::new(0.0, 0.0);
            let residues = self.correction_residues(c64::new(self.base, 0.0), zero);
            let [_, sigma, inverse, mean] = residues.map(|residue| self.base * residue.re);
            // That of the first trace is 0.
            return [0.0, sigma, inverse, mean];
        }
        if self.samples != rank {
            return [0.0; 4];
        }
        let inverse = sum(&|l| 1.0 / l);
        let units = [
            inverse,
            rank / self.shrink,
            sum(&|l| 1.0 / (l * l)) * self.shrink,
            rank / self.shrink * self.mean_error,
        ];
        units.map(|unit| unit / (4.0 * self.dim * inverse))
    }

    /// `(1/d) sum w(lambda)/(lambda + kappa)` of the traces; `lambda` in w is the truth's.
    pub fn transforms(&self, kappa: c64) -> [c64; 4] {
        let mut sums = [c64::new(0.0, 0.0); 3];
        for &lambda in &self.eigenvalues {
            let inverse = 1.0 / (lambda + kappa);
            sums[0] += inverse;
            sums[1] += inverse * lambda;
            sums[2] += inverse / lambda;
        }
        let sigma = sums[1] / (self.dim * self.shrink);
        [
            sums[0] / self.dim,
            sigma,
            sums[2] * self.shrink / self.dim,
            sigma * self.mean_error,
        ]
    }

    /// The atoms at 0 of the truth's support.
    pub fn positive_atoms(&self) -> [f64; 4] {
        if self.base == 0.0 {
            return [0.0; 4];
        }
        self.transforms(c64::new(self.base, 0.0))
            .map(|transform| self.base * transform.re)
    }

    /// `1 - df1/N` at `kappa = kappa(0) + offset`, without cancellation near kappa(0):
    /// `s(kappa(0)) + (offset/N) sum lambda/((lambda + kappa)(lambda + kappa(0)))`.
    pub fn survival(&self, offset: c64) -> c64 {
        let kappa = self.base + offset;
        let risen = |l: &f64| l / ((l + kappa) * (l + self.base));
        let sum: c64 = self.eigenvalues.iter().map(risen).sum();
        let missing = (1.0 - self.eigenvalues.len() as f64 / self.samples).max(0.0);
        offset * sum / self.samples + missing
    }

    /// A root near the beginning of the contour: near kappa(0) the equation is quadratic.
    pub fn first(&self, z: c64) -> c64 {
        let rank = self.eigenvalues.len() as f64;
        let squares = |l: &f64| l / ((l + self.base) * (l + self.base));
        let slope = self.eigenvalues.iter().map(squares).sum::<f64>() / self.samples;
        // (base + offset) (missing + offset slope) = z
        let linear = (1.0 - rank / self.samples).max(0.0) + self.base * slope;
        2.0 * z / (linear + (linear * linear + 4.0 * slope * z).sqrt())
    }

    /// Newton's iteration for `kappa (1 - df1/N) = z`. The result is `kappa - kappa(0)`.
    pub fn root(&self, z: c64, start: c64) -> Result<c64, TheoryError> {
        let (mut offset, mut before) = (start, f64::INFINITY);
        for _ in 0..100 {
            let kappa = self.base + offset;
            let survival = self.survival(offset);
            let squares = |l: &f64| {
                let inverse = 1.0 / (l + kappa);
                inverse * inverse * *l
            };
            let slope = self.eigenvalues.iter().map(squares).sum::<c64>() / self.samples;
            let step = (kappa * survival - z) / (survival + kappa * slope);
            offset -= step;
            // The step goes down to rounding, which is larger where dz/dkappa is near 0.
            let size = step.norm() / offset.norm();
            if size <= 1e-15 || (size <= 1e-9 && size >= 0.5 * before) {
                return Ok(offset);
            }
            before = size;
        }
        Err(TheoryError::Contour { count: f64::NAN })
    }
}

/// The right edge of the spectrum of `Sigma_N`: `-kappa (1 - df1/N)` at the root `kappa < -lambda_max` of `df2 = N`.
fn right_edge(eigenvalues: &[f64], samples: f64) -> f64 {
    let largest = eigenvalues[0];
    let squares = |x: f64| {
        let term = |l: &f64| (l / (largest - l + x)).powi(2);
        eigenvalues.iter().map(term).sum::<f64>()
    };
    // df2 falls in x = -kappa - lambda_max.
    let (mut low, mut high) = (largest * 1e-12, largest * 1e12);
    for _ in 0..200 {
        let middle = (low * high).sqrt();
        if squares(middle) > samples {
            low = middle
        } else {
            high = middle
        }
    }
    let x = high;
    let shrinkage = |l: &f64| l / (l - largest - x);
    let df1: f64 = eigenvalues.iter().map(shrinkage).sum();
    (largest + x) * (1.0 - df1 / samples)
}
