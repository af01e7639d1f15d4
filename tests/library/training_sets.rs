//! Drawn training sets, and what networks trained on them come to.

use faer::{Mat, Side};
use lindiff::diffusion::NoiseLevel;
use lindiff::gaussian::Spectrum;
use lindiff::theory::Mean;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// A training set, seen along the eigenvectors of its covariance. The truth is diagonal, and its mean is 0.
pub struct TrainingSet {
    /// The eigenvalues s of the covariance (1/N).
    pub eigenvalues: Vec<f64>,
    /// `u' Sigma u`
    truth: Vec<f64>,
    /// `u' Sigma^-1 u`
    precision: Vec<f64>,
    /// The squares of the mean that is taken for the truth's.
    offset: Vec<f64>,
    /// `m' Sigma^-1 m` of that mean
    shift: f64,
    /// `log det Sigma`
    volume: f64,
}

impl TrainingSet {
    /// Draws N rows. With a known mean the mean is 0.
    pub fn draw(spectrum: &Spectrum, samples: usize, mean: Mean, random: &mut ChaCha8Rng) -> Self {
        let lambda = spectrum.eigenvalues();
        let (dim, count) = (lambda.len(), samples as f64);
        let rows = Mat::from_fn(samples, dim, |_, j| {
            let normal: f64 = StandardNormal.sample(random);
            normal * lambda[j].sqrt()
        });
        let centre: Vec<f64> = match mean {
            Mean::Known => vec![0.0; dim],
            Mean::Fitted => (0..dim).map(|j| rows.col(j).sum() / count).collect(),
        };
        let centred = Mat::from_fn(samples, dim, |i, j| {
            (rows[(i, j)] - centre[j]) / count.sqrt()
        });
        let covariance = centred.transpose() * &centred;
        let eigen = covariance.self_adjoint_eigen(Side::Lower).unwrap();
        let vectors = eigen.U();
        let along = |f: &dyn Fn(usize) -> f64| -> Vec<f64> {
            (0..dim)
                .map(|k| (0..dim).map(|j| f(j) * vectors[(j, k)].powi(2)).sum())
                .collect()
        };
        let projected = |k: usize| (0..dim).map(|j| vectors[(j, k)] * centre[j]).sum::<f64>();
        let eigenvalues = eigen.S().column_vector().iter();
        Self {
            eigenvalues: eigenvalues.map(|s| s.max(0.0)).collect(),
            truth: along(&|j| lambda[j]),
            precision: along(&|j| 1.0 / lambda[j]),
            offset: (0..dim).map(|k| projected(k).powi(2)).collect(),
            shift: (0..dim).map(|j| centre[j].powi(2) / lambda[j]).sum(),
            volume: lambda.iter().map(|l| l.ln()).sum(),
        }
    }

    fn average(&self, f: impl Fn(usize) -> f64) -> f64 {
        let dim = self.eigenvalues.len();
        (0..dim).map(f).sum::<f64>() / dim as f64
    }

    /// The train and test loss, per component, of the denoiser with the weight `w(s)` along each eigenvector.
    pub fn losses(&self, level: &NoiseLevel, w: impl Fn(f64) -> f64) -> [f64; 2] {
        let (signal, noise) = (level.alpha_bar(), level.noise_variance());
        let loss = |variance: &dyn Fn(usize) -> f64| {
            self.average(|k| {
                let w = w(self.eigenvalues[k]);
                1.0 - 2.0 * noise.sqrt() * w + w * w * (signal * variance(k) + noise)
            })
        };
        [
            loss(&|k| self.eigenvalues[k]),
            loss(&|k| self.truth[k] + self.offset[k]),
        ]
    }

    /// KL(true || sampled) and KL(sampled || true), nats per dimension, of samples with the mean of this set and the
    /// variance `h(s)` along each eigenvector.
    pub fn divergences(&self, h: impl Fn(f64) -> f64) -> [f64; 2] {
        let dim = self.eigenvalues.len() as f64;
        let h: Vec<f64> = self.eigenvalues.iter().map(|s| h(*s)).collect();
        let volume = self.average(|k| h[k].ln()) - self.volume / dim;
        let forward = self.average(|k| (self.truth[k] + self.offset[k]) / h[k]);
        let backward = self.average(|k| self.precision[k] * h[k]) + self.shift / dim;
        [forward - 1.0 + volume, backward - 1.0 - volume].map(|twice| twice / 2.0)
    }
}
