//! How many rows are linear networks worth, by their affine parts?

use crate::denoiser::{CommutingDenoiser, TestRows};
use crate::diffusion::Schedule;
use crate::gaussian::Gaussian;
use crate::reproduce::lab::Lab;
use crate::run::RunError;
use crate::theory::effective_samples;

use super::noised::draw;
use super::results::{Data, Worth};
use super::sets::Split;
use super::training::at_sigmas;

/// The numbers of rows, the ridges, and the number of training sets of each.
const SAMPLES: [usize; 3] = [50, 200, 800];
const RIDGES: [f64; 2] = [0.0, 0.3];
const SETS: usize = 8;
/// The draws of a network, one of each test row.
const DRAWS: usize = 1;

/// The estimates for linear networks on Gaussian rows, at sigma = 1.
pub(super) fn worth(lab: &Lab<'_>) -> Result<Vec<Worth>, RunError> {
    let schedule = at_sigmas(&[1.0])?;
    let mut found: Vec<Worth> = Vec::new();
    for set in 0..SETS {
        let split = Split::new(Data::Gaussian, &SAMPLES, 1, set)?;
        for set in &split.sets {
            let law = TestRows::new(set.train.as_matrix())?;
            let test = TestRows::new(set.test.as_matrix())?;
            for ridge in RIDGES {
                lab.check()?;
                let linear = with_ridge(law.law(), &schedule, ridge);
                let noised = draw(&test, &schedule, 0, DRAWS, split.seed);
                let denoised = noised.denoised(&linear);
                let part = effective_samples(&noised.draws(denoised.as_ref())?, split.seed)?;
                let samples = part.effective.map_or(f64::NAN, |found| found.samples.value);
                let same =
                    |worth: &&mut Worth| (worth.samples, worth.ridge) == (set.samples, ridge);
                match found.iter_mut().find(same) {
                    Some(worth) => worth.estimates.push(samples),
                    None => found.push(Worth {
                        samples: set.samples,
                        ridge,
                        estimates: vec![samples],
                    }),
                }
            }
        }
    }
    Ok(found)
}

/// The linear optimum of the target `x_0` with a ridge c in the unit of the variances: `A = S (S + z + c)^-1`. (A ridge on
/// predicted noise is another network: it shrinks the noise, not the signal.)
fn with_ridge(law: &Gaussian, schedule: &Schedule, ridge: f64) -> CommutingDenoiser {
    CommutingDenoiser::new(law, schedule, |step, variance| {
        let kept = variance / (variance + step.level().noise_to_signal() + ridge);
        (1.0 - kept) / step.noise_scale()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reproduce::figures::nonlinear::results::Results;
    use crate::reproduce::figures::nonlinear::verdict;
    use std::sync::atomic::AtomicBool;

    #[test]
    #[ignore = "many fits: cargo test --release --lib nonlinear -- --include-ignored"]
    fn linear_networks_are_worth_their_rows_with_and_without_a_ridge() {
        let interrupt = AtomicBool::new(false);
        let lab = Lab {
            quick: false,
            data: &[],
            interrupt: &interrupt,
            tell: &|_| (),
        };
        let results = Results {
            worth: worth(&lab).unwrap(),
            ..Results::default()
        };
        let tests = verdict::tests(&results, false);
        println!("{tests:#?}");
        assert!(tests.len() == 1 && tests[0].passed, "{tests:#?}");
    }
}
