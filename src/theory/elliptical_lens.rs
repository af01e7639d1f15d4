//! The contour around the spectrum of elliptical rows.

use std::array;

use faer::c64;

use super::elliptical::Weighted;
use super::lens::{Lens, Node, contour_points};
use super::{Ensemble, Mean, TheoryError};
use crate::gaussian::RowWeights;

/// How many steps lead to the first node.
const STEPS: usize = 24;

/// What [`Contour`](super::lens) is for Gaussian rows: the transforms of [`Lens`] at complex z = -s, where `e = a/s` and
/// kappa solve the equations of [`EffectiveRidge`](super::EffectiveRidge).
///
/// Heavy weights that one of 100,000 training sets has are put together, so that the right end of the spectrum stays
/// within reach. With a fitted mean the terms of order 1/N have poles of their own at weights that less than one row has:
/// there drawn weights are those of a typical training set.
pub(super) struct WeightedContour<'a> {
    weighted: Weighted<'a>,
    eigenvalues: &'a [f64],
    samples: f64,
    dim: f64,
    spare: f64,
    /// The left end of the contour.
    pub low: f64,
    /// The right edge of the spectrum.
    pub edge: f64,
    /// kappa(0)
    base: f64,
    pub reach: f64,
    /// `mu' G mu / tr Sigma G` at z = 0
    mean_shift: f64,
}

/// The equivalents at one z.
struct At {
    /// log e
    x: c64,
    kappa: c64,
    survival: c64,
    filled: c64,
    /// A and B
    first: c64,
    second: c64,
    /// `E[b^2 rho]/E b^2`, with `rho = 1/(s + w a)` and `b = w rho`
    tilt: c64,
    mean_shift: c64,
}

impl<'a> WeightedContour<'a> {
    /// A law for which [`Self::new`] finds a contour.
    pub fn law(ensemble: &Ensemble<'_>, law: &RowWeights) -> RowWeights {
        /// More weights of a typical training set change nothing that counts.
        const TYPICAL: f64 = 400.0;
        let samples = ensemble.samples();
        if ensemble.mean() == Mean::Known || !law.is_drawn() {
            return law.with_light_tail(1e-5 / samples);
        }
        law.of_typical(samples.min(TYPICAL) as usize)
    }

    /// `law` is that of [`Self::law`].
    pub fn new(ensemble: &Ensemble<'a>, law: &'a RowWeights) -> Result<Self, TheoryError> {
        let weighted = Weighted::new(law, ensemble.samples(), ensemble.mean());
        let eigenvalues = ensemble.spectrum().positive();
        let rank = eigenvalues.len() as f64;
        let spare = weighted.degrees() - rank;
        let bare = ensemble.effective_ridge(0.0)?;
        let mut contour = Self {
            weighted,
            eigenvalues,
            samples: ensemble.samples(),
            dim: ensemble.dim() as f64,
            spare,
            low: 0.0,
            edge: 0.0,
            base: bare.kappa,
            reach: if (spare / rank).abs() < 0.2 {
                72.0
            } else {
                36.0
            },
            mean_shift: bare.mean_shift,
        };
        if spare > 0.0 {
            contour.low = 0.5 * contour.left_edge();
        }
        contour.edge = contour.right_edge();
        Ok(contour)
    }

    /// `sum lambda/(lambda + kappa)` and its square's, at a real kappa.
    fn degrees_at(&self, kappa: f64) -> [f64; 2] {
        super::numeric::sums(self.eigenvalues, |lambda| {
            let shrinkage = lambda / (lambda + kappa);
            [shrinkage, shrinkage * shrinkage]
        })
    }

    /// Where z stops rising with kappa, for kappa from 0 down to minus the least eigenvalue: `B df2 = N`.
    fn left_edge(&self) -> f64 {
        let smallest = self.eigenvalues[self.eigenvalues.len() - 1];
        let ridge = |share: f64| {
            let kappa = -share * smallest;
            let [df1, df2] = self.degrees_at(kappa);
            let open = (self.spare + self.eigenvalues.len() as f64 - df1) / self.samples;
            if open <= 0.0 {
                return None;
            }
            let shares = self.weighted.filled(df1 / self.samples, open)?;
            (shares.second * df2 < self.samples).then_some(-kappa * shares.survival)
        };
        let (mut low, mut high) = (1e-12f64, 1.0);
        for _ in 0..60 {
            let middle = (low * high).sqrt();
            if ridge(middle).is_some() {
                low = middle
            } else {
                high = middle
            }
        }
        ridge(low).unwrap_or(0.0)
    }

    /// Where z stops rising with kappa below minus the largest eigenvalue: `B df2 = N`.
    fn right_edge(&self) -> f64 {
        let largest = self.eigenvalues[0];
        let ridge = |distance: f64| {
            let kappa = -largest * (1.0 + distance);
            let [df1, df2] = self.degrees_at(kappa);
            let shares = self.weighted.negative(df1 / self.samples);
            let outside = shares.second * df2 < self.samples;
            outside.then_some(-kappa * shares.survival)
        };
        let (mut low, mut high) = (1e-12f64, 1e12);
        for _ in 0..100 {
            let middle = (low * high).sqrt();
            if ridge(middle).is_some() {
                high = middle
            } else {
                low = middle
            }
        }
        ridge(high).unwrap_or(f64::INFINITY)
    }

    /// The root at z, from that at a z near by.
    fn at(&self, z: c64, near: c64) -> Result<At, TheoryError> {
        let (rank, n) = (self.eigenvalues.len() as f64, self.samples);
        let (mut x, mut before) = (near, f64::INFINITY);
        for _ in 0..100 {
            let shares = self.weighted.at_complex(x.exp());
            let kappa = z / shares.survival;
            let (mut df1, mut open, mut both) = ([c64::new(0.0, 0.0); 3]).into();
            for &lambda in self.eigenvalues {
                let inverse = 1.0 / (lambda + kappa);
                let (shrinkage, rest) = (inverse * lambda, inverse * kappa);
                df1 += shrinkage;
                open += rest;
                both += shrinkage * rest;
            }
            let left = shares.filled * shares.survival * shares.first * n;
            let right = both * shares.filled * shares.second;
            let near_rank = self.spare.abs() < 0.5 * rank && open.norm() < df1.norm();
            let (ratio, slope) = if near_rank {
                let upper = open + self.spare.max(0.0);
                let lower = shares.open * n - self.spare.min(0.0);
                (upper / lower, right / upper + left / lower)
            } else {
                let filled = shares.filled * n;
                (filled / df1, left / filled + right / df1)
            };
            let step = ratio.ln() / slope;
            x -= step;
            let size = step.norm();
            if size <= 1e-14 || (size <= 1e-8 && size >= 0.5 * before) {
                let shares = self.weighted.at_complex(x.exp());
                return Ok(At {
                    x,
                    kappa: z / shares.survival,
                    survival: shares.survival,
                    filled: shares.filled,
                    first: shares.first,
                    second: shares.second,
                    tilt: shares.tilt,
                    mean_shift: shares.mean_shift,
                });
            }
            before = size;
        }
        Err(TheoryError::Contour { count: f64::NAN })
    }

    /// log e at the first node, from a real root: around 0, or across it where no eigenvalue is near.
    fn first(&self, ensemble: &Ensemble<'_>, s: c64) -> Result<c64, TheoryError> {
        let start = if self.low > 0.0 { self.low } else { s.norm() };
        let real = self.weighted.root(ensemble.spectrum(), start);
        let real = real.ok_or(TheoryError::Contour { count: f64::NAN })?;
        let mut x = c64::new(real.ratio.ln(), 0.0);
        for step in 1..=STEPS {
            let share = step as f64 / STEPS as f64;
            let z = if self.low > 0.0 {
                -s * share + start * (1.0 - share)
            } else {
                let angle = share * (-s).arg();
                c64::new(angle.cos(), angle.sin()) * start
            };
            x = self.at(z, x)?.x;
        }
        Ok(x)
    }

    /// The lens.
    pub fn lens(
        &self,
        ensemble: &Ensemble<'_>,
        high: f64,
        count: usize,
        angle: f64,
    ) -> Result<Lens, TheoryError> {
        let (equivalent, correction) = (self.atoms(), self.corrected_atoms());
        let mut nodes = Vec::with_capacity(count);
        let mut near = None;
        let mut before = None;
        for (s, scale) in contour_points(self.low, high, [self.reach; 2], angle, count) {
            let start = match (near, before) {
                (None, _) => self.first(ensemble, s)?,
                (Some(near), None) => near,
                (Some(near), Some(before)) => 2.0 * near - before,
            };
            let at = self
                .at(-s, start)
                .or_else(|_| self.at(-s, near.unwrap_or(start)))?;
            (before, near) = (near, Some(at.x));
            let transforms = self.transforms(at.kappa, at.mean_shift);
            let corrections = self.corrections(&at);
            let weight = |transform: c64, atom: f64| (transform + atom / s) * scale;
            nodes.push(Node {
                s,
                equivalent: array::from_fn(|k| weight(transforms[k] / at.survival, equivalent[k])),
                correction: array::from_fn(|k| weight(corrections[k] / at.survival, correction[k])),
            });
        }
        Ok(Lens::from_nodes(
            nodes,
            equivalent,
            correction,
            1.0 - self.eigenvalues.len() as f64 / self.dim,
            self.low,
        ))
    }

    /// `(1/d) sum h(lambda)/(lambda + kappa)` of the four traces.
    fn transforms(&self, kappa: c64, mean_shift: c64) -> [c64; 4] {
        let mut sums = [c64::new(0.0, 0.0); 3];
        for &lambda in self.eigenvalues {
            let inverse = 1.0 / (lambda + kappa);
            sums[0] += inverse;
            sums[1] += inverse * lambda;
            sums[2] += inverse / lambda;
        }
        let [plain, sigma, inverse] = sums.map(|sum| sum / self.dim);
        [plain, sigma, inverse, sigma * mean_shift]
    }

    /// s times the transforms of the corrections: derivatives of `(1/(2 d)) log(1 - gA gB)` by z, by the coefficient of
    /// Sigma and by that of its inverse. Near s = 0 everything is small with s, and nothing cancels:
    ///
    /// ```text
    /// 1 - B df2/N = s A + B (df1 - df2)/N
    /// B df3 - df2 E b^3/E b^2 = df2 (s/a) (E[b^2 rho]/E b^2 - A) - B (df2 - df3),   b = w rho
    /// ```
    fn corrections(&self, at: &At) -> [c64; 4] {
        let zero = c64::new(0.0, 0.0);
        let (mut squares, mut cubes) = ([zero; 3], [zero; 3]);
        // df2, df1 - df2 and df2 - df3
        let (mut df2, mut rest1, mut rest2) = (zero, zero, zero);
        for &lambda in self.eigenvalues {
            let p = 1.0 / (lambda + at.kappa);
            let (shrinkage, rest) = (p * lambda, p * at.kappa);
            let (square, filled) = (p * p * lambda, shrinkage * shrinkage);
            df2 += filled;
            rest1 += shrinkage * rest;
            rest2 += filled * rest;
            for (k, h) in [1.0, lambda, 1.0 / lambda].into_iter().enumerate() {
                squares[k] += square * h;
                cubes[k] += filled * p * h;
            }
        }
        let n = self.samples;
        let open = at.survival * at.first + at.second * rest1 / n;
        let tilted = at.survival / at.filled * (at.tilt - at.first);
        let skew = at.second * (df2 * tilted - at.second * rest2);
        let [plain, sigma, inverse]: [c64; 3] = array::from_fn(|k| {
            let feedback = skew * squares[k] / (open * n);
            (at.second * cubes[k] + feedback) / (open * n * self.dim)
        });
        [plain, sigma, inverse, sigma * at.mean_shift]
    }

    /// The atoms at 0 on the truth's support, which do not depend on the weights.
    fn atoms(&self) -> [f64; 4] {
        if self.base == 0.0 {
            return [0.0; 4];
        }
        let shift = c64::new(self.mean_shift, 0.0);
        let transforms = self.transforms(c64::new(self.base, 0.0), shift);
        transforms.map(|transform| self.base * transform.re)
    }

    /// The atoms at 0 of the corrections.
    fn corrected_atoms(&self) -> [f64; 4] {
        let of = |value: f64| c64::new(value, 0.0);
        if self.base > 0.0 {
            let bare = self.weighted.at_zero();
            let at = At {
                x: of(f64::INFINITY),
                kappa: of(self.base),
                survival: of(0.0),
                filled: of(bare.filled),
                first: of(bare.first),
                second: of(bare.second),
                // It counts only times s, which is 0.
                tilt: of(bare.first),
                mean_shift: of(bare.mean_shift),
            };
            let [_, sigma, inverse, mean] = self.corrections(&at);
            // That of the first trace is 0.
            return [0.0, sigma.re, inverse.re, mean.re].map(|value| self.base * value);
        }
        if self.spare != 0.0 {
            return [0.0; 4];
        }
        let sum = |f: &dyn Fn(f64) -> f64| self.eigenvalues.iter().map(|l| f(*l)).sum::<f64>();
        let (rank, inverse) = (self.eigenvalues.len() as f64, sum(&|l| 1.0 / l));
        let units = [
            inverse,
            rank,
            sum(&|l| 1.0 / (l * l)),
            rank * self.mean_shift,
        ];
        units.map(|unit| unit / (4.0 * self.dim * inverse))
    }
}
