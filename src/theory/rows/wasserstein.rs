//! The 2-Wasserstein distance between the law that a model samples and that of its rows, without a truth.

use std::f64::consts::PI;

use faer::c64;

use super::blocks::Summand;
use super::energies::{Energy, mean_of};
use super::interpolated::Interpolated;
use super::leave_one_out::LeaveOneOut;
use super::shown::{RowWeights, Shown};

/// The distance of the points in `log z`.
const STEP: f64 = 0.7;
/// The steps from the real axis to the imaginary one.
const TURNS: usize = 4;
/// The most of Newton's steps at each of them.
const CORRECTIONS: usize = 20;
/// Below the edge: the number of points, and their distance in `log y`.
const POINTS: usize = 32;
const WIDTH: f64 = 0.25;

/// The squared spectrum at one ridge `y^2`, with the weights of the rows at `kappa = y`.
struct Squared {
    log_y: f64,
    /// `sum lambda^2/(lambda^2 + y^2)`
    first: f64,
    /// `sum lambda^4/(lambda^2 + y^2)^2`
    second: f64,
    /// `w_i`, with the mean 1, without the noise of x.
    weights: Vec<Energy>,
}

/// `log F`, its derivative to `log z`, D and its derivative to `log z`, for `F = z mean x/D = kappa`.
#[derive(Debug, Clone, Copy)]
struct Complex {
    log_kappa: c64,
    log_kappa_slope: c64,
    degrees: c64,
    degrees_slope: c64,
}

impl LeaveOneOut {
    /// `sqrt(W2^2/d)` between the law of the rows and that which the ideal sampler makes of the optimum on M rows
    /// without a ridge, for each M. For elliptical rows:
    ///
    /// ```text
    /// W2^2 = 2 tr Sigma - (4/pi) (1 - 1/M)^(1/2) int_0^inf (df1 + l/4) du,   l = log(1 - B df2/(M - 1))
    /// df1 = sum lambda^2/(lambda^2 + y^2) = Re D(z) at the complex z with z mean x/D = i y,   u = y s^(1/2)
    /// E[w/(s + w a)] = 1,   a = df1/(M - 1),   B = E[w^2/(s + w a)^2]
    /// ```
    ///
    /// with the weights at `kappa = y`. `None` for more rows than these if these do not span all dimensions: there it
    /// is a small difference of large terms. Past the paper ([`equations`](crate::equations) section 9).
    pub fn wasserstein(&self, samples: &[f64]) -> Vec<Option<f64>> {
        if self.samples() < 3 || self.rank() == 0 {
            return vec![None; samples.len()];
        }
        let spanned = self.rank() == self.dim() && self.samples() > self.dim() + 1;
        let shown = self.over_spectrum(spanned);
        let turned = self.along_imaginary(&shown);
        let mut squared = match spanned {
            true => Vec::new(),
            false => self.below_edge(&shown[0], turned[0].0),
        };
        squared.extend(
            shown
                .iter()
                .zip(&turned)
                .map(|(shown, (_, at))| at.squared(shown.kappa().ln(), shown.true_weights())),
        );
        let trace = self.growth() * self.eigenvalues().iter().sum::<f64>();
        let of = |&samples: &f64| {
            let said = samples >= 2.0 && (spanned || samples <= self.samples() as f64);
            said.then(|| {
                let root = 2.0 / PI * integral(&squared, samples - 1.0);
                let square = 2.0 * (trace - (1.0 - 1.0 / samples).sqrt() * root);
                (square.max(0.0) / self.dim() as f64).sqrt()
            })
        };
        samples.iter().map(of).collect()
    }

    /// The rows at real ridges from far below to far above their eigenvalues.
    fn over_spectrum(&self, spanned: bool) -> Vec<Shown> {
        let eigenvalues = self.eigenvalues();
        let variance = eigenvalues.iter().sum::<f64>() / self.dim() as f64;
        let least = match spanned {
            true => (1e-3 * eigenvalues[eigenvalues.len() - 1]).max(1e-7 * variance),
            false => 1e-7 * variance,
        };
        let count = ((100.0 * eigenvalues[0] / least).ln() / STEP).ceil() as usize;
        let points: Vec<f64> = (0..=count)
            .map(|k| least * (k as f64 * STEP).exp())
            .collect();
        self.shown(&points, RowWeights::Own)
    }

    /// Where kappa is imaginary, of the size that it has at real ridges: turned there from the real axis.
    fn along_imaginary(&self, shown: &[Shown]) -> Vec<(c64, Complex)> {
        let mut z: Vec<c64> = shown.iter().map(|s| c64::new(s.ridge.ln(), 0.0)).collect();
        let mut at = self.at_logarithms(&z);
        for turn in 1..=TURNS {
            let angle = PI / 2.0 * turn as f64 / TURNS as f64;
            let wanted = |k: usize| c64::new(shown[k].kappa().ln(), angle);
            let near = if turn == TURNS { 1e-8 } else { 1e-2 };
            for _ in 0..CORRECTIONS {
                let is_open = |k: &usize| (at[*k].log_kappa - wanted(*k)).norm() > near;
                let open: Vec<usize> = (0..z.len()).filter(is_open).collect();
                if open.is_empty() {
                    break;
                }
                open.iter()
                    .for_each(|&k| z[k] = at[k].step(z[k], wanted(k)));
                let again = self.at_logarithms(&open.iter().map(|&k| z[k]).collect::<Vec<_>>());
                open.iter().zip(again).for_each(|(&k, again)| at[k] = again);
            }
        }
        z.into_iter().zip(at).collect()
    }

    /// Below the edge: y falls from `kappa`, the weights stay.
    fn below_edge(&self, edge: &Shown, from: c64) -> Vec<Squared> {
        let mut z = from;
        let mut found: Vec<Squared> = Vec::new();
        for k in 1..=POINTS {
            let log_y = edge.kappa().ln() - k as f64 * WIDTH;
            let wanted = c64::new(log_y, PI / 2.0);
            let mut at = self.at_logarithms(&[z])[0];
            let mut left = f64::INFINITY;
            for _ in 0..20 {
                z = at.step(z, wanted);
                at = self.at_logarithms(&[z])[0];
                left = (at.log_kappa - wanted).norm();
                if left < 1e-9 {
                    break;
                }
            }
            let reached = left < 1e-6 && at.degrees.re < self.samples() as f64 - 1.0;
            if !reached {
                break;
            }
            found.push(at.squared(log_y, edge.true_weights()));
        }
        found.reverse();
        found
    }

    fn at_logarithms(&self, logarithms: &[c64]) -> Vec<Complex> {
        let z: Vec<c64> = logarithms.iter().map(|w| w.exp()).collect();
        let count = self.samples() as f64;
        let growth = self.growth();
        let square = growth * growth;
        let summands = [Summand::T, Summand::SD, Summand::SD2, Summand::SD3];
        let chunks = self.by_blocks(&z, summands, |block| {
            let of_point = |point: usize| {
                let mut sums = [c64::new(0.0, 0.0); 3];
                for row in 0..block.rows.len() {
                    let [t, h, g, l] = block.sums(row, point);
                    let inverse = block.inverse_den(row, t);
                    let shift = g * inverse * square;
                    sums[0] += h * inverse;
                    sums[1] += shift;
                    sums[2] += l * inverse * (2.0 * square) + shift * shift;
                }
                // dx/dz needs the mean of shift/den.
                let slopes = (0..block.rows.len()).map(|row| {
                    let [t, _, g, _] = block.sums(row, point);
                    let inverse = block.inverse_den(row, t);
                    g * inverse * inverse
                });
                let slope = slopes.fold(c64::new(0.0, 0.0), |sum, term| sum + term);
                [sums[0], sums[1], sums[2], slope]
            };
            (0..block.points.len()).map(of_point).collect::<Vec<_>>()
        });
        let mut means = Vec::with_capacity(z.len());
        for blocks in chunks {
            for point in 0..blocks[0].len() {
                let mut sums = [c64::new(0.0, 0.0); 4];
                for block in &blocks {
                    sums.iter_mut()
                        .zip(block[point])
                        .for_each(|(all, part)| *all += part);
                }
                means.push(sums.map(|sum| sum / count));
            }
        }
        let complex = |(&z, [h, shift, bend, slope]): (&c64, [c64; 4])| {
            let (mut degrees, mut fall) = (c64::new(0.0, 0.0), c64::new(0.0, 0.0));
            for &s in self.eigenvalues().iter().rev() {
                let inverse = self.resolvent(s, z);
                degrees += inverse * (growth * s);
                fall += inverse * inverse * (growth * s);
            }
            let degrees = degrees - z * shift;
            let degrees_slope = (z * bend - fall - shift) * z;
            let mean = h * (growth * count);
            let mean_slope = -slope * (growth * count) * z;
            Complex {
                log_kappa: (z * mean / degrees).ln(),
                log_kappa_slope: mean_slope / mean - degrees_slope / degrees + 1.0,
                degrees,
                degrees_slope,
            }
        };
        z.iter().zip(means).map(complex).collect()
    }
}

impl Complex {
    /// Newton's step for `log z`, at most 1.
    fn step(&self, log_ridge: c64, wanted: c64) -> c64 {
        let step = (wanted - self.log_kappa) / self.log_kappa_slope;
        log_ridge + step / step.norm().max(1.0)
    }

    fn squared(&self, log_y: f64, weights: Vec<Energy>) -> Squared {
        let slope = (self.degrees_slope / self.log_kappa_slope).re;
        let first = self.degrees.re;
        Squared {
            log_y,
            first,
            second: (first + slope / 2.0).clamp(0.0, first.max(0.0)),
            weights,
        }
    }
}

impl Squared {
    /// `log u` and `df1 + l/4` for M rows with a known mean; `None` where u is 0.
    fn at(&self, samples: f64) -> Option<[f64; 2]> {
        let a = self.first / samples;
        let s = survival(&self.weights, a)?;
        let [b] = mean_of(&self.weights, |w, _| [(w / (s + w * a)).powi(2)]);
        let room = (1.0 - b * self.second / samples).max(1e-3);
        let value = self.first + room.ln() / 4.0;
        (value > 0.0).then(|| [self.log_y + s.ln() / 2.0, value])
    }
}

/// s of `E[w/(s + w a)] = 1`: Newton's steps for `1/E[w/(s + w a)]`, from above, then from below.
fn survival(weights: &[Energy], a: f64) -> Option<f64> {
    let mut s = 1.0 - a;
    for _ in 0..200 {
        if s <= 0.0 {
            return None;
        }
        let [first, second] = mean_of(weights, |w, _| {
            let inverse = 1.0 / (s + w * a);
            [w * inverse, w * inverse * inverse]
        });
        let next = s - first * (1.0 - first) / second;
        if (next - s).abs() <= 1e-14 * s {
            return Some(next);
        }
        s = next;
    }
    Some(s)
}

/// `int (df1 + l/4) du`, with points at increasing y: between them `log(df1 + l/4)` is interpolated along `log u`;
/// below the first the integrand is constant, above the last it falls like `u^-2`.
fn integral(points: &[Squared], samples: f64) -> f64 {
    const PARTS: usize = 16;
    let at: Vec<Option<[f64; 2]>> = points.iter().map(|point| point.at(samples)).collect();
    let start = at.iter().rposition(Option::is_none).map_or(0, |k| k + 1);
    let (mut x, mut values): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    for [log_u, value] in at[start..].iter().flatten() {
        if x.last().is_none_or(|before| log_u - before > 0.05) {
            x.push(*log_u);
            values.push(value.ln());
        }
    }
    let Some(last) = x.len().checked_sub(1) else {
        return 0.0;
    };
    let slopes: Vec<f64> = (0..x.len()).map(|k| slope(&x, &values, k)).collect();
    let ends = (x[0] + values[0]).exp() + (x[last] + values[last]).exp();
    let curve = Interpolated::new(x.clone(), values, slopes, 2);
    let mut total = 0.0;
    for pair in x.windows(2) {
        let step = (pair[1] - pair[0]) / PARTS as f64;
        for part in 0..PARTS {
            let middle = pair[0] + (part as f64 + 0.5) * step;
            // Gauss's rule with two points
            for x in [middle - step / 12f64.sqrt(), middle + step / 12f64.sqrt()] {
                total += step / 2.0 * (x + curve.at(x)[0]).exp();
            }
        }
    }
    total + ends
}

/// The derivative at a point of the parabola through it and its neighbours.
fn slope(x: &[f64], values: &[f64], k: usize) -> f64 {
    let between = |k: usize| (values[k + 1] - values[k]) / (x[k + 1] - x[k]);
    match x.len() {
        1 => 0.0,
        _ if k == 0 => between(0),
        count if k == count - 1 => between(k - 1),
        _ => {
            let (before, after) = (x[k] - x[k - 1], x[k + 1] - x[k]);
            (between(k - 1) * after + between(k) * before) / (before + after)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gaussian::Spectrum;
    use crate::theory::{Ensemble, Mean, MovedDivergences};
    use approx::assert_relative_eq;
    use faer::Mat;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};

    #[test]
    fn gaussian_rows_forecast_the_distance_that_the_theory_of_their_spectrum_gives() {
        const SETS: u64 = 10;
        let spectrum = Spectrum::power_law(40, 1.0).unwrap();
        for (count, sizes) in [
            (80, [40.0, 80.0, 160.0, 640.0]),
            (30, [8.0, 15.0, 25.0, 30.0]),
        ] {
            let mut means = [0.0; 4];
            for seed in 0..SETS {
                let mut random = ChaCha8Rng::seed_from_u64(seed);
                let rows = Mat::from_fn(count, 40, |_, j| {
                    let zeta: f64 = StandardNormal.sample(&mut random);
                    zeta * spectrum.eigenvalues()[j].sqrt()
                });
                let rows = LeaveOneOut::new(rows.as_ref()).unwrap();
                let found = rows.wasserstein(&sizes);
                let add = |(mean, w2): (&mut f64, Option<f64>)| *mean += w2.unwrap() / SETS as f64;
                means.iter_mut().zip(found).for_each(add);
            }
            for (mean, samples) in means.into_iter().zip(sizes) {
                let ensemble = Ensemble::new(&spectrum, samples as usize, Mean::Fitted).unwrap();
                let wanted = ensemble.wasserstein().unwrap();
                // Fewer rows than dimensions leave the weights' noise in the directions that they show.
                let tolerance = if count > 40 { 0.01 } else { 0.04 };
                assert_relative_eq!(mean, wanted, max_relative = tolerance);
            }
        }
    }

    #[test]
    fn hard_rows_give_a_finite_distance_or_none() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut normal = |count: usize, dim: usize| -> Mat<f64> {
            Mat::from_fn(count, dim, |_, _| StandardNormal.sample(&mut random))
        };
        let mut long = normal(30, 8);
        long.row_mut(4).iter_mut().for_each(|x| *x *= 1000.0);
        let few = normal(9, 12);
        let copies = Mat::from_fn(14, 12, |i, j| few[(i % 9, j)]);
        let thin = normal(25, 3) * normal(3, 10);
        let shapes = [
            normal(3, 1),
            normal(3, 5),
            normal(13, 12),
            normal(14, 12),
            long,
            copies,
            thin,
        ];
        for (shape, rows) in shapes.iter().enumerate() {
            let rows = LeaveOneOut::new(rows.as_ref()).unwrap();
            let count = rows.samples() as f64;
            let sizes = [2.0, 3.0, count - 1.0, count, 2.0 * count, f64::INFINITY];
            for (samples, found) in sizes.into_iter().zip(rows.wasserstein(&sizes)) {
                assert!(
                    found.is_none_or(|w2| w2 >= 0.0 && w2.is_finite()),
                    "{shape} {samples}: {found:?}"
                );
                assert!(found.is_some() || samples > count, "{shape} {samples}");
                let kl = rows.divergences(samples);
                let finite = |kl: &MovedDivergences| {
                    kl.kl_true_sampled.is_finite() && kl.kl_sampled_true.is_finite()
                };
                assert!(kl.as_ref().is_none_or(finite), "{shape} {samples}: {kl:?}");
            }
        }
    }
}
