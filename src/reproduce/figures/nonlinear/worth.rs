//! How many rows are linear networks worth, by their affine parts?

use crate::denoiser::{CommutingDenoiser, TestRows};
use crate::reproduce::lab::Lab;
use crate::run::RunError;
use crate::theory::effective_samples;

use super::noised::Noised;
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
                // z = (1 - ab + gamma)/ab
                let linear =
                    CommutingDenoiser::optimum(law.law(), &schedule, |step| ridge * step.alpha_bar);
                let noised = Noised::new(&test, &schedule, 0, DRAWS, split.seed);
                let denoised = noised.denoised(&linear);
                let part = effective_samples(&noised.draws(&denoised)?, split.seed);
                let part = part.map_err(|error| RunError::Invalid(error.to_string()))?;
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
