//! The losses of networks with one filter for all pixels, averaged over training sets.

use super::ensemble::{enough, non_negative};
use super::{Mean, PredictedLosses, TheoryError};
use crate::denoiser::{Fourier, Structure, StructureError};
use crate::diffusion::NoiseLevel;
use crate::gaussian::{Gaussian, symmetric_eigen};

/// The distance of two points of the quadrature, in the logarithm of the variable.
const STEP: f64 = 1.0 / 16.0;
/// Where the quadrature begins.
const FIRST: f64 = -4.5;
/// Terms below this share of the sum end it.
const NEGLIGIBLE: f64 = 1e-18;

/// [`Structure::Circulant`] denoisers of N Gaussian rows: d scalar problems, one for each direction of the Fourier basis.
///
/// A mode with m directions (1 or 2) has the covariance Q `[m, m]` of the truth, with the eigenvalues `q_j`. The variance
/// that the network sees of it is a mean over rows and directions. With delta = 1 for a fitted mean, else 0, it is
///
/// ```text
/// s = 1/(m N) sum_j q_j chi^2_(N - delta)
/// ```
///
/// In `z = (1 - ab + gamma)/ab` and `a = (1 - ab)/ab` the losses need two means over this law,
///
/// ```text
/// h_p = E (s + z)^-p = 1/Gamma(p) int_0^inf t^(p-1) exp(-z t) prod_j (1 + 2 q_j t/(m N))^(-(N - delta)/2) dt
/// train = 1 - a h_1 - (gamma/ab) a h_2
/// test  = 1 - 2 a h_1 + a ((1 + delta/N) tr Q/m + a) h_2
/// ```
///
/// and the loss of the network is their mean over directions. For Gaussian rows this is exact at any N and d: nothing is
/// taken to a limit. Past the paper ([`equations`](crate::equations) section 10).
#[derive(Debug, Clone)]
pub struct Circulant {
    /// The eigenvalues `q_j` of each mode.
    modes: Vec<Vec<f64>>,
}

impl Circulant {
    /// The theory of a truth of images with a height and a width.
    ///
    /// # Errors
    /// An image with another number of pixels; a truth that is not finite.
    pub fn new(truth: &Gaussian, image: [usize; 2]) -> Result<Self, TheoryError> {
        Structure::Circulant { image }.check(truth.dim())?;
        if !truth.is_finite() {
            return Err(StructureError::NotFinite.into());
        }
        let fourier = Fourier::new(image)?;
        let turned = fourier.basis().transpose() * truth.covariance() * fourier.basis();
        let mode = |range: &std::ops::Range<usize>| {
            let block = turned.submatrix(range.start, range.start, range.len(), range.len());
            let (variances, _) = symmetric_eigen(block)?;
            Ok(variances.iter().map(|q| q.max(0.0)).collect())
        };
        let modes: Result<Vec<Vec<f64>>, TheoryError> = fourier.modes().iter().map(mode).collect();
        Ok(Self { modes: modes? })
    }

    /// The train and test loss per component of the optimum on N rows with the ridge gamma. N need not be whole; between
    /// whole numbers it interpolates.
    ///
    /// # Errors
    /// A ridge below 0; fewer rows than 1 (2 with a fitted mean).
    pub fn losses(
        &self,
        samples: f64,
        mean: Mean,
        level: &NoiseLevel,
        gamma: f64,
    ) -> Result<PredictedLosses, TheoryError> {
        let ridge = non_negative("gamma", gamma)? / level.alpha_bar();
        enough(samples, mean)?;
        let noise = level.noise_to_signal();
        let degrees = samples - mean.degrees() as f64;
        let moved = 1.0 + mean.degrees() as f64 / samples;
        let [mut train, mut test] = [0.0; 2];
        for mode in &self.modes {
            let directions = mode.len() as f64;
            let spread = Spread {
                scales: mode
                    .iter()
                    .map(|q| 2.0 * q / (directions * samples))
                    .collect(),
                power: degrees / 2.0,
            };
            let [first, second] = spread.inverse_moments(noise + ridge);
            let variance = mode.iter().sum::<f64>() / directions;
            train += directions * (1.0 - noise * first - ridge * noise * second);
            test += directions
                * (1.0 - 2.0 * noise * first + noise * (moved * variance + noise) * second);
        }
        let dim = self.dim() as f64;
        Ok(PredictedLosses {
            train_loss: train / dim,
            test_loss: test / dim,
        })
    }

    /// The loss per component with infinitely many rows and no ridge: the least that a circulant filter can reach,
    /// `(1/d) sum q/(q + a)` over the mean variances q of the modes.
    pub fn limit(&self, level: &NoiseLevel) -> f64 {
        let noise = level.noise_to_signal();
        let loss = |mode: &Vec<f64>| {
            let variance = mode.iter().sum::<f64>() / mode.len() as f64;
            mode.len() as f64 * variance / (variance + noise)
        };
        self.modes.iter().map(loss).sum::<f64>() / self.dim() as f64
    }

    fn dim(&self) -> usize {
        self.modes.iter().map(Vec::len).sum()
    }
}

/// The law of a variance s that is a sum of scaled chi-squares: `E exp(-t s) = prod_j (1 + c_j t)^-power`.
struct Spread {
    /// `c_j`
    scales: Vec<f64>,
    power: f64,
}

impl Spread {
    /// `E exp(-t s)`
    fn laplace(&self, t: f64) -> f64 {
        let logs = self.scales.iter().map(|c| (c * t).ln_1p());
        (-self.power * logs.sum::<f64>()).exp()
    }

    /// `E (s + z)^-1` and `E (s + z)^-2`, by the trapezoidal rule in x of `t = T exp(x - exp(-x))`, which converges
    /// exponentially for integrands that are analytic around the positive axis.
    fn inverse_moments(&self, z: f64) -> [f64; 2] {
        let typical = 1.0 / (z + self.power * self.scales.iter().sum::<f64>());
        let mut totals = [0.0; 2];
        for k in 0.. {
            let x = FIRST + STEP * f64::from(k);
            let t = typical * (x - (-x).exp()).exp();
            let term = (-z * t).exp() * self.laplace(t) * t * (1.0 + (-x).exp());
            totals[0] += term;
            totals[1] += term * t;
            if x > 0.0 && term * t <= NEGLIGIBLE * totals[1] {
                break;
            }
        }
        totals.map(|total| STEP * total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denoiser::{Denoiser, Structured, mean as mean_of};
    use crate::diffusion::Schedule;
    use crate::gaussian::Moments;
    use crate::random::{Purpose, fill_normal, stream};
    use crate::text::statistics::{family_wise, mean_and_error};
    use faer::{Col, Mat};

    const IMAGE: [usize; 2] = [3, 4];
    const DIM: usize = 12;

    /// With m = 1 and z = 0, `E 1/s = N/(q (N - 2))` and `E 1/s^2 = N^2/(q^2 (N - 2)(N - 4))`.
    #[test]
    fn inverse_moments_are_those_of_chi_squares_and_of_a_sure_variance() {
        for (count, q) in [(6.0, 0.3), (50.0, 7.0), (3000.0, 1e-3)] {
            let spread = Spread {
                scales: vec![2.0 * q / count],
                power: count / 2.0,
            };
            let [first, second] = spread.inverse_moments(1e-13 * q);
            let expected = count / (q * (count - 2.0));
            assert!((first / expected - 1.0).abs() < 1e-10, "{first} {expected}");
            let expected = expected * count / (q * (count - 4.0));
            assert!(
                (second / expected - 1.0).abs() < 1e-10,
                "{second} {expected}"
            );
        }
        for z in [1e-4, 1.0, 1e4] {
            // Nothing varies, however few rows there are.
            let sure = Spread {
                scales: vec![0.0, 0.0],
                power: 0.5,
            };
            let [first, second] = sure.inverse_moments(z);
            assert!((first * z - 1.0).abs() < 1e-12 && (second * z * z - 1.0).abs() < 1e-12);
        }
    }

    /// `E 1/(s + z)` of `s = q chi^2_1` is `sqrt(pi/(2 q z)) exp(z/(2 q)) erfc(sqrt(z/(2 q)))`.
    #[test]
    fn one_row_has_the_inverse_moment_of_a_square_of_a_normal() {
        for (q, z) in [(1.0, 0.5), (3.0, 1e-3), (2.0, 1e-6), (0.2, 20.0)] {
            let spread = Spread {
                scales: vec![2.0 * q],
                power: 0.5,
            };
            let [first, _] = spread.inverse_moments(z);
            let u: f64 = z / (2.0 * q);
            let expected = (std::f64::consts::PI / (2.0 * q * z)).sqrt()
                * u.exp()
                * statrs::function::erf::erfc(u.sqrt());
            assert!((first / expected - 1.0).abs() < 1e-9, "{first} {expected}");
        }
    }

    /// A truth that is not circulant: directions of a mode have different, correlated variances.
    fn truth() -> Gaussian {
        let mut values = vec![0.0; DIM * DIM];
        fill_normal(&mut stream(5, Purpose::Data, 0), &mut values);
        let root = Mat::from_fn(DIM, DIM, |i, j| values[i * DIM + j] / (1.0 + j as f64));
        let mean = Col::from_fn(DIM, |i| 0.1 * i as f64);
        Gaussian::from_covariance(mean, (&root * root.transpose()).as_ref()).unwrap()
    }

    fn drawn(truth: &Gaussian, samples: usize, seed: u64) -> Moments {
        let mut values = vec![0.0; samples * DIM];
        fill_normal(&mut stream(seed, Purpose::Data, 1), &mut values);
        let basis = Mat::from_fn(DIM, DIM, |i, k| {
            truth.basis()[(i, k)] * truth.variance(k).max(0.0).sqrt()
        });
        let normals = Mat::from_fn(samples, DIM, |i, j| values[i * DIM + j]);
        let mut rows = normals * basis.transpose();
        for (column, mean) in rows.col_iter_mut().zip(truth.mean().iter()) {
            column.iter_mut().for_each(|x| *x += mean);
        }
        Moments::of(&crate::data::Rows::from(&rows))
    }

    /// Means over 2000 training sets: 2 levels, 2 numbers of rows, 2 means, 2 losses; family-wise 1e-3.
    #[test]
    fn predicted_losses_are_the_means_over_training_sets_also_of_few_rows() {
        const SETS: usize = 2000;
        let truth = truth();
        let theory = Circulant::new(&truth, IMAGE).unwrap();
        let schedule = Schedule::from_alpha_bar(&[0.95, 0.4]).unwrap();
        let covariance = truth.covariance();
        let most = family_wise(16, SETS);
        let gamma = 0.02;
        for samples in [3usize, 10] {
            for mean in [Mean::Known, Mean::Fitted] {
                let mut losses = vec![vec![]; 4];
                for seed in 0..SETS as u64 {
                    let moments = drawn(&truth, samples, seed);
                    let moments = match mean {
                        Mean::Known => moments.about(truth.mean().clone()),
                        Mean::Fitted => moments,
                    };
                    let law = moments.law().unwrap();
                    let structure = Structure::Circulant { image: IMAGE };
                    let denoiser =
                        Structured::optimum(structure, &law, &schedule, |_| gamma).unwrap();
                    let laws = [
                        (&moments.mean, moments.covariance.as_ref()),
                        (truth.mean(), covariance.as_ref()),
                    ];
                    for (k, losses_by_step) in denoiser.losses(&schedule, &laws).iter().enumerate()
                    {
                        losses[2 * k].push(losses_by_step[0]);
                        losses[2 * k + 1].push(losses_by_step[1]);
                    }
                }
                for index in 0..2 {
                    let level = schedule.step(index).level();
                    let predicted = theory.losses(samples as f64, mean, &level, gamma).unwrap();
                    for (k, predicted) in [predicted.train_loss, predicted.test_loss]
                        .iter()
                        .enumerate()
                    {
                        let (found, error) = mean_and_error(&losses[2 * k + index]);
                        let t = (found.unwrap() - predicted) / error.unwrap();
                        assert!(t.abs() < most, "{samples} {mean} {index} {k}: {t}");
                    }
                }
            }
        }
    }

    #[test]
    fn with_many_rows_both_losses_are_those_of_the_best_circulant_filter() {
        let truth = truth();
        let theory = Circulant::new(&truth, IMAGE).unwrap();
        let schedule = Schedule::from_alpha_bar(&[0.7]).unwrap();
        let structure = Structure::Circulant { image: IMAGE };
        let best = Structured::optimum(structure, &truth, &schedule, |_| 0.0).unwrap();
        let covariance = truth.covariance();
        let law = (truth.mean(), covariance.as_ref());
        let expected = mean_of(&best.losses(&schedule, &[law])[0]);
        let level = schedule.step(0).level();
        let many = theory.losses(1e8, Mean::Fitted, &level, 0.0).unwrap();
        for found in [theory.limit(&level), many.train_loss, many.test_loss] {
            assert!((found / expected - 1.0).abs() < 1e-7, "{found}, {expected}");
        }
    }

    #[test]
    fn too_few_rows_and_other_images_are_refused() {
        let theory = Circulant::new(&truth(), IMAGE).unwrap();
        let level = NoiseLevel::from_alpha_bar(0.5).unwrap();
        assert!(theory.losses(1.0, Mean::Fitted, &level, 0.0).is_err());
        assert!(theory.losses(1.0, Mean::Known, &level, -1.0).is_err());
        assert!(theory.losses(1.0, Mean::Known, &level, 0.0).is_ok());
        assert!(Circulant::new(&truth(), [3, 3]).is_err());
    }
}
