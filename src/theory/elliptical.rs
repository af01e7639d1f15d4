//! What the weights of elliptical rows do to the equivalents.

use super::numeric::{excess_over_log, paired_sums, spectral_sums};
use super::root::increasing_root;
use super::{Ensemble, Mean, TheoryError};
use crate::gaussian::{RowWeights, Spectrum};

/// The equivalent of `N` elliptical rows at one ratio `e = a/s`:
///
/// ```text
/// r = 1/(1 + w e),   R = E r
/// known mean    s = E[w r]
/// fitted mean   s = E[w r] - E[w r^2]/(N R),     a = e s = df1/N
/// A = (da/de)/s^2,   B = -(ds/de)/s^2,   s A + a B = 1
/// ```
///
/// So both s and a are explicit in e. For w = 1 and a known mean `s = 1/(1 + e)` and `A = B = 1`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shares {
    /// e; infinite where s = 0
    pub ratio: f64,
    /// s, from 0 to E w
    pub survival: f64,
    /// `a = df1/N`
    pub filled: f64,
    /// `N_0/N - a`
    pub open: f64,
    /// A
    pub first: f64,
    /// B
    pub second: f64,
    /// `mu' G mu / tr Sigma G` of the error mu of a fitted mean
    pub mean_shift: f64,
    /// `mu' G^2 mu / tr Sigma G^2`
    pub mean_spread: f64,
    /// `1 - s`
    pub lost: f64,
}

/// The weights of the rows of an ensemble.
#[derive(Clone, Copy)]
pub(super) struct Weighted<'a> {
    law: &'a RowWeights,
    pub samples: f64,
    pub mean: Mean,
    /// The probability of the weight 0.
    pub empty: f64,
}

/// Averages over the weights above 0, with `r = 1/(1 + w e)`.
struct Averages {
    /// `E r`
    r: f64,
    /// `E r^2`
    r2: f64,
    /// `E w r`
    wr: f64,
    /// `E w r^2`
    wr2: f64,
    /// `E w r^3`
    wr3: f64,
    /// `E w^2 r`
    w2r: f64,
    /// `E (w r)^2`
    w2r2: f64,
    /// `E w^2 r^3`
    w2r3: f64,
}

impl<'a> Weighted<'a> {
    pub fn new(law: &'a RowWeights, samples: f64, mean: Mean) -> Self {
        let empty = match law.weights()[0] {
            0.0 => law.probabilities()[0],
            _ => 0.0,
        };
        Self {
            law,
            samples,
            mean,
            empty,
        }
    }

    /// The degrees of freedom of `Sigma_N`: rows of weight 0 bring none, and are as good as a known mean.
    pub fn degrees(&self) -> f64 {
        if self.empty > 0.0 {
            self.samples * (1.0 - self.empty)
        } else {
            self.samples - self.mean.degrees() as f64
        }
    }

    /// The weights above 0 with their probabilities.
    pub fn positive(&self) -> (&'a [f64], &'a [f64]) {
        let first = usize::from(self.empty > 0.0);
        (
            &self.law.weights()[first..],
            &self.law.probabilities()[first..],
        )
    }

    fn averages(&self, e: f64) -> Averages {
        let (weights, probabilities) = self.positive();
        let [r, r2, wr, wr2, wr3, w2r, w2r2, w2r3] = paired_sums(weights, probabilities, |w, p| {
            let r = 1.0 / (1.0 + w * e);
            let (pr, wr) = (p * r, w * r);
            let (pwr, r2) = (p * wr, r * r);
            let pw2r = pwr * w;
            [
                pr,
                pr * r,
                pwr,
                pwr * r,
                pwr * r2,
                pw2r,
                pw2r * r,
                pw2r * r2,
            ]
        });
        Averages {
            r,
            r2,
            wr,
            wr2,
            wr3,
            w2r,
            w2r2,
            w2r3,
        }
    }

    /// The shares at a ratio `e = a/s`.
    pub fn at(&self, e: f64) -> Shares {
        let m = self.averages(e);
        let (r, r2, n) = (m.r + self.empty, m.r2 + self.empty, self.samples);
        // What a fitted mean takes from each share, times N.
        let ratio = m.wr2 / r;
        let taken = match self.mean {
            Mean::Known => [0.0; 4],
            Mean::Fitted => [
                ratio,
                (2.0 * m.wr3 - ratio * r2) / r,
                2.0 * m.w2r3 / r - ratio * ratio,
                match self.empty {
                    0.0 => r2 / r,
                    _ => (m.r2 - m.r) / r,
                },
            ],
        };
        let [s, alpha, beta, open] = [
            m.wr - taken[0] / n,
            m.wr2 - taken[1] / n,
            m.w2r2 - taken[2] / n,
            m.r - taken[3] / n,
        ];
        let (first, second) = (alpha / (s * s), beta / (s * s));
        // 1/E[1/(s + w a)]
        let inverse = s / r;
        Shares {
            ratio: e,
            survival: s,
            filled: e * s,
            open,
            first,
            second,
            mean_shift: self.of_mean(inverse),
            mean_spread: self.of_mean(first * inverse * inverse),
            lost: 1.0 - self.law.mean() + e * m.w2r + taken[0] / n,
        }
    }

    /// The shares where `df1/N = filled` is below 0: to the right of the spectrum.
    pub fn negative(&self, filled: f64) -> Shares {
        let heaviest = self.law.weights()[self.law.weights().len() - 1];
        // a falls from 0 without bound while `-w e` goes from 0 to 1.
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if self.at(-middle / heaviest).filled > filled {
                low = middle
            } else {
                high = middle
            }
        }
        self.at(-low / heaviest)
    }

    /// The shares where s = 0: no ridge, and no more degrees of freedom than dimensions.
    pub fn at_zero(&self) -> Shares {
        let (weights, probabilities) = self.positive();
        let [inverse, square] = paired_sums(weights, probabilities, |w, p| [p / w, p / (w * w)]);
        let (n, a) = (self.samples, self.degrees() / self.samples);
        let (mut first, mut second) = (inverse / (a * a), (1.0 - self.empty) / (a * a));
        let mut centre = 0.0;
        if self.mean == Mean::Fitted {
            if self.empty > 0.0 {
                first += first / (n * self.empty);
            } else {
                first -= square / (inverse * a * a * n);
                second -= 1.0 / (a * a * n);
                centre = a / inverse;
            }
        }
        Shares {
            ratio: f64::INFINITY,
            survival: 0.0,
            filled: a,
            open: 0.0,
            first,
            second,
            mean_shift: self.of_mean(centre),
            mean_spread: self.of_mean(first * centre * centre),
            lost: 1.0,
        }
    }

    /// The part of a fitted mean: nothing where the mean is known.
    fn of_mean(&self, value: f64) -> f64 {
        match self.mean {
            Mean::Known => 0.0,
            Mean::Fitted => value / (self.samples - 1.0),
        }
    }

    /// The shares where `df1/N = filled` and `N_0/N - df1/N = open`: both are given, so that each keeps its digits.
    pub fn filled(&self, filled: f64, open: f64) -> Option<Shares> {
        if open == 0.0 {
            return Some(self.at_zero());
        }
        let start = (filled / open / self.law.mean()).ln();
        increasing_root(start, |x| {
            let at = self.at(x.exp());
            // d log a/dx = s A, and d open/dx = -a s A
            let slope = at.survival * at.first;
            if filled < open {
                ((at.filled / filled).ln(), slope)
            } else {
                ((open / at.open).ln(), slope * at.filled / at.open)
            }
        })
        .map(|x| self.at(x.exp()))
    }

    /// The shares at a ridge z > 0: `df1(z/s) = N a` as an equation for `log e`.
    pub fn root(&self, spectrum: &Spectrum, z: f64) -> Option<Shares> {
        let groups = spectrum.groups();
        let rough = |kappa: f64| {
            let mut totals = [0.0; 3];
            for (lambda, count) in &groups {
                let terms = shrinkages(*lambda, kappa);
                (0..3).for_each(|k| totals[k] += count * terms[k]);
            }
            totals
        };
        let rank = spectrum.rank() as f64;
        let start = (spectrum.trace() / (self.samples * z)).ln();
        let near = self.root_of(start, z, rank, rough)?;
        self.root_near(spectrum, z, near)
    }

    /// As [`Weighted::root`], from `log e` at a ridge near by.
    pub fn root_near(&self, spectrum: &Spectrum, z: f64, near: f64) -> Option<Shares> {
        let root = self.root_of(near, z, spectrum.rank() as f64, |kappa| {
            spectral_sums(spectrum, |lambda| shrinkages(lambda, kappa))
        })?;
        Some(self.at(root.exp()))
    }

    fn root_of(
        &self,
        start: f64,
        z: f64,
        rank: f64,
        sums: impl Fn(f64) -> [f64; 3],
    ) -> Option<f64> {
        let n = self.samples;
        let spare = self.degrees() - rank;
        // Near N_0 = rank both sides may nearly reach the rank, and their distances from it are compared.
        let near = spare.abs() < 0.5 * rank;
        increasing_root(start, |x| {
            let at = self.at(x.exp());
            let kappa = z / at.survival;
            let [df1, open, both] = sums(kappa);
            // d log kappa/dx = a B and d log a/dx = s A
            let (left, right) = (
                n * at.filled * at.survival * at.first,
                both * at.filled * at.second,
            );
            if near && open < df1 {
                let upper = open + spare.max(0.0);
                let lower = n * at.open - spare.min(0.0);
                ((upper / lower).ln(), right / upper + left / lower)
            } else {
                let filled = n * at.filled;
                ((filled / df1).ln(), left / filled + right / df1)
            }
        })
    }

    /// dB/da along the shares: `-2 E[b^3] + 2 (B/A) E[b^3/w]`, `b = w/(s + w a)`; 0 for w = 1. The terms of order 1/N
    /// of a fitted mean are left out.
    pub fn second_slope(&self, shares: &Shares) -> f64 {
        let (weights, probabilities) = self.positive();
        let (e, s) = (shares.ratio, shares.survival);
        let [cube, other] = paired_sums(weights, probabilities, |w, p| {
            let b = if s > 0.0 {
                w / (s * (1.0 + w * e))
            } else {
                1.0 / shares.filled
            };
            [p * b * b * b, p * b * b * b / w]
        });
        2.0 * (shares.second / shares.first * other - cube)
    }

    /// What the rows take from `log det(Sigma_N + z) = sum log(s lambda + z) + volume`, 0 or more up to the part of a
    /// fitted mean:
    ///
    /// ```text
    /// volume = N E log(1 + w e) - df1 [+ log R] = N E[ log(1 + w e) - w e r ] [+ log R + E[w e r^2]/R]
    /// ```
    pub fn volume(&self, e: f64) -> f64 {
        let share = |w: f64| {
            let r = 1.0 / (1.0 + w * e);
            excess_over_log(-w * e * r, r)
        };
        let rows = self.samples * self.law.average(share);
        if self.mean == Mean::Known {
            return rows;
        }
        let r = |w: f64| 1.0 / (1.0 + w * e);
        let mean = self.law.average(r);
        let lost = self.law.average(|w| w * e * r(w));
        let variance = self.law.average(|w| (r(w) - mean).powi(2));
        rows - excess_over_log(-lost, mean) - variance / mean
    }

    /// `log det Sigma_N - log det Sigma` where z = 0 and `N_0` is the rank.
    pub fn log_volume_at_rank(&self) -> f64 {
        let (weights, probabilities) = self.positive();
        let a = self.degrees() / self.samples;
        let [logarithm, inverse] =
            paired_sums(weights, probabilities, |w, p| [p * (w * a).ln(), p / w]);
        let centre = match (self.mean, self.empty) {
            (Mean::Known, _) => 0.0,
            (Mean::Fitted, 0.0) => (inverse / a).ln(),
            (Mean::Fitted, empty) => empty.ln(),
        };
        self.samples * logarithm - self.degrees() + centre
    }
}

/// `lambda/(lambda + kappa)`, `kappa/(lambda + kappa)` and their product
fn shrinkages(lambda: f64, kappa: f64) -> [f64; 3] {
    let inverse = 1.0 / (lambda + kappa);
    let (shrinkage, rest) = (lambda * inverse, kappa * inverse);
    [shrinkage, rest, shrinkage * rest]
}

impl<'a> Ensemble<'a> {
    /// The weights of the rows; `None`: Gaussian rows.
    pub(super) fn weighted(&self) -> Option<Weighted<'a>> {
        let law = self.row_weights()?;
        Some(Weighted::new(law, self.samples(), self.mean()))
    }

    /// The weights of the rows and their probabilities: the weight 1 for Gaussian rows.
    pub(super) fn atoms(&self) -> (&'a [f64], &'a [f64]) {
        match self.row_weights() {
            None => (&[1.0], &[1.0]),
            Some(law) => (law.weights(), law.probabilities()),
        }
    }

    /// The shares at a ridge.
    pub(super) fn shares(&self, weighted: &Weighted<'a>, z: f64) -> Result<Shares, TheoryError> {
        let rank = self.spectrum().rank() as f64;
        let found = if z > 0.0 {
            weighted.root(self.spectrum(), z)
        } else {
            let spare = (weighted.degrees() - rank).max(0.0) / self.samples();
            weighted.filled(rank / self.samples(), spare)
        };
        found.ok_or(TheoryError::Root {
            ridge: z,
            kappa: f64::NAN,
            residual: f64::NAN,
        })
    }
}
