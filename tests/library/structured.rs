//! Local and circulant denoisers of digits (docs/theory.md, section 10).

use lindiff::data::{Pixels, pixels};
use lindiff::denoiser::{CommutingDenoiser, Denoiser, Structure, Structured, mean};
use lindiff::diffusion::Schedule;

use crate::tables::{digits, rows_of};

const IMAGE: [usize; 2] = [8, 8];
/// The number of training sets.
const SETS: u64 = 8;

/// Test losses of `x_0` per component.
#[derive(Debug, Default)]
struct Losses {
    full: f64,
    local_3: f64,
    local_5: f64,
    circulant: f64,
    wiener: f64,
}

impl Losses {
    /// Means over training sets of digits, tested on the other ones.
    fn of(samples: usize, sigma: f64) -> Self {
        let schedule = Schedule::from_alpha_bar(&[1.0 / (1.0 + sigma * sigma)]).unwrap();
        let mut means = Self::default();
        for seed in 1..=SETS {
            let Pixels { laws, .. } = pixels(&rows_of(digits(), samples), 1, seed).unwrap();
            let (law, test) = (laws.train.law().unwrap(), laws.test.unwrap());
            let loss = |denoiser: &dyn Denoiser| {
                let losses = denoiser.losses(&schedule, &[(&test.mean, test.covariance.as_ref())]);
                mean(&losses[0]) * sigma * sigma / SETS as f64
            };
            let structured = |structure| {
                loss(&Structured::optimum(structure, &law, &schedule, |_| 0.0).unwrap())
            };
            let local = |patch| {
                structured(Structure::Local {
                    patch,
                    image: IMAGE,
                })
            };
            means.full += loss(&CommutingDenoiser::optimum(&law, &schedule, |_| 0.0));
            means.local_3 += local(3);
            means.local_5 += local(5);
            means.circulant += structured(Structure::Circulant { image: IMAGE });
            let wiener = test.law().unwrap();
            means.wiener += loss(&CommutingDenoiser::optimum(&wiener, &schedule, |_| 0.0));
        }
        means
    }
}

/// Means over four training sets were measured by another program. The tolerances are about three deviations of such a
/// mean: much for the full matrix of fewer rows than pixels, little for the others.
#[test]
fn test_losses_of_digits_are_those_measured_elsewhere() {
    for (samples, sigma, expected) in [
        (50, 0.2, [0.0665, 0.0307, 0.0332, 0.0368, 0.0272]),
        (50, 1.0, [0.357, 0.336, 0.338, 0.420, 0.280]),
        (200, 0.2, [0.0291, 0.0288, 0.0286, 0.0367, 0.0272]),
        (200, 1.0, [0.295, 0.320, 0.309, 0.414, 0.280]),
    ] {
        let found = Losses::of(samples, sigma);
        let values = [
            found.full,
            found.local_3,
            found.local_5,
            found.circulant,
            found.wiener,
        ];
        for (k, (got, expected)) in values.iter().zip(expected).enumerate() {
            let tolerance = if (k, samples) == (0, 50) { 0.1 } else { 0.025 };
            let off = (got / expected - 1.0).abs();
            assert!(off < tolerance, "{samples} {sigma}: {found:?}");
        }
    }
}
