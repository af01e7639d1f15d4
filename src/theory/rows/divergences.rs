//! Divergences of the law that a model samples from that of its rows, without a truth.

use super::energies::mean_of;
use super::leave_one_out::LeaveOneOut;
use super::moved::Spread;
use super::shown::RowWeights;

/// Both divergences of the ideal sampler with M rows, in nats per dimension.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MovedDivergences {
    /// `KL(true || sampled)`
    pub kl_true_sampled: f64,
    /// `KL(sampled || true)`
    pub kl_sampled_true: f64,
}

impl LeaveOneOut {
    /// The divergences between the law of the rows and that which the ideal sampler makes of the optimum on M rows
    /// without a ridge. For elliptical rows; x and rho as in [`Transport`](super::Transport) at z = 0, `x' = rho x`,
    /// `e = mean x'`:
    ///
    /// ```text
    /// l = d log(d/e) + M mean log(1 + x'/M) - d + log(1 - d/M)                       (= log det C_M - log det Sigma)
    /// KL(true || sampled) = [ (1 + 1/M) e - d + l ]/(2d),   KL(sampled || true) = -l/(2d)
    /// ```
    ///
    /// For Gaussian rows both are up to 10 % too high, because x carries noise. `None` where the rows do not say it:
    /// every set of N - 1 rows must span all dimensions, and so must M rows. With a ridge the rows do not say it
    /// either: the divergence is a small difference of large terms then. Past the paper
    /// ([`equations`](crate::equations) section 9).
    pub fn divergences(&self, samples: f64) -> Option<MovedDivergences> {
        let dim = self.dim() as f64;
        let spanned = self.rank() == self.dim() && self.samples() > self.dim() + 1;
        if !spanned || samples.is_nan() || samples <= dim {
            return None;
        }
        let shown = self.shown(&[0.0], RowWeights::Own).pop()?;
        if !shown.mean.is_finite() {
            return None;
        }
        let ratio = shown.moved(samples, Spread::NONE)?.ratio;
        let energy = shown.mean / ratio;
        let share = 1.0 / samples;
        let logarithms = match samples.is_finite() {
            true => {
                let log = |x: f64| (x / ratio * share).ln_1p();
                let [mean] = mean_of(&shown.energies, |x, _| [log(x)]);
                samples * mean
            }
            false => energy,
        };
        let determinant = dim * (dim / energy).ln() + logarithms - dim + (-dim * share).ln_1p();
        Some(MovedDivergences {
            kl_true_sampled: ((1.0 + share) * energy - dim + determinant) / (2.0 * dim),
            kl_sampled_true: -determinant / (2.0 * dim),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gaussian::Spectrum;
    use crate::theory::{Ensemble, Mean};
    use approx::assert_relative_eq;
    use faer::Mat;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};

    #[test]
    fn divergences_are_those_of_the_table_in_section_9() {
        let rows = Mat::from_fn(40, 10, |i, j| {
            let (i, j) = (i as f64 + 1.0, j as f64 + 1.0);
            let weight = if i % 3.0 == 0.0 { 2.0 } else { 0.5 };
            (i * j * j + 0.3 * i * i + j).sin() * f64::sqrt(weight / j)
        });
        let rows = LeaveOneOut::new(rows.as_ref()).unwrap();
        for (samples, forward, backward) in
            [(39.0, 0.202064, 0.136283), (80.0, 0.0751180, 0.0653908)]
        {
            let found = rows.divergences(samples).unwrap();
            assert_relative_eq!(found.kl_true_sampled, forward, max_relative = 5e-6);
            assert_relative_eq!(found.kl_sampled_true, backward, max_relative = 5e-6);
        }
        let all = rows.divergences(f64::INFINITY).unwrap();
        assert!(all.kl_true_sampled.abs() < 1e-13 && all.kl_sampled_true.abs() < 1e-13);
        assert_eq!(rows.divergences(10.0), None);
    }

    #[test]
    fn gaussian_rows_forecast_the_divergences_of_their_spectrum() {
        const SETS: u64 = 12;
        let spectrum = Spectrum::power_law(40, 1.0).unwrap();
        for samples in [60, 80, 160, 640] {
            let (mut forward, mut backward) = (0.0, 0.0);
            for seed in 0..SETS {
                let mut random = ChaCha8Rng::seed_from_u64(seed);
                let rows = Mat::from_fn(80, 40, |_, j| {
                    let zeta: f64 = StandardNormal.sample(&mut random);
                    zeta * spectrum.eigenvalues()[j].sqrt()
                });
                let rows = LeaveOneOut::new(rows.as_ref()).unwrap();
                let found = rows.divergences(f64::from(samples)).unwrap();
                forward += found.kl_true_sampled / SETS as f64;
                backward += found.kl_sampled_true / SETS as f64;
            }
            let wanted = Ensemble::new(&spectrum, samples as usize, Mean::Fitted).unwrap();
            let wanted = wanted.exact_wishart().unwrap();
            // The noise of x leaves up to 9 %.
            assert_relative_eq!(forward, wanted.true_sampled.value(), max_relative = 0.1);
            assert_relative_eq!(backward, wanted.sampled_true.value(), max_relative = 0.1);
        }
    }

    #[test]
    fn rows_that_span_too_little_say_nothing() {
        let one_alone = Mat::from_fn(20, 4, |i, j| match j {
            3 => f64::from(i == 5),
            _ => ((i * i + 3 * j * i) % 7) as f64,
        });
        let few = Mat::from_fn(5, 4, |i, j| ((i * i + 3 * j) % 7) as f64);
        for rows in [one_alone, few] {
            let rows = LeaveOneOut::new(rows.as_ref()).unwrap();
            assert_eq!(rows.divergences(100.0), None);
        }
    }
}
