//! The measurements of a split.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use crate::config::SamplerKind;
use crate::data::Rows;
use crate::denoiser::{CommutingDenoiser, Copying, PointDenoiser, TestRows, relative_distance};
use crate::diffusion::Schedule;
use crate::gaussian::Gaussian;
use crate::reproduce::lab::Lab;
use crate::run::RunError;
use crate::sampling::{DrawOptions, draw_points, overlap, rules};

use super::noised::{cell, draw};
use super::plan::{ENDS, Networks, SIGMAS};
use super::results::{Agreeing, Ended, LEADING, Model, Moment, Place, Results};
use super::sets::{Set, Split};
use super::training::{Kept, at_sigmas, sampling_schedule, train};

/// The number of steps of Heun's sampler.
const SAMPLER_STEPS: usize = 24;
/// The draws by which training is followed: the distance varies much more between networks.
const FOLLOWED_DRAWS: usize = 2000;
/// The largest sigma at which training is followed, and ends within the steps.
const LARGEST_ENDED: f64 = 1.0;

/// A model as a denoiser.
type Named = (Model, Box<dyn PointDenoiser>);

/// Trains the networks of a split and measures them, and the models beside them.
pub(super) fn split(lab: &Lab<'_>, plan: &Networks, number: usize) -> Result<Results, RunError> {
    let split = Split::new(plan.data, &plan.samples, plan.halves, number)?;
    let rows: Vec<Rows> = split.sets.iter().map(|set| set.train.clone()).collect();
    let kept = train(lab, &plan.training, &rows, split.seed)?;
    let measuring = Measuring {
        lab,
        plan,
        number,
        schedule: at_sigmas(&SIGMAS)?,
        split: &split,
        ended: kept.last().expect("networks at the end"),
    };
    let mut results = Results::default();
    for (index, set) in split.sets.iter().enumerate() {
        lab.check()?;
        measuring.cells(index, set, &mut results)?;
        if ENDS.contains(&set.samples) && plan.model == Model::Mlp {
            measuring.moments(index, set, &kept, &mut results)?;
        }
    }
    if plan.sampled > 0 && plan.halves == 2 {
        for first in (0..split.sets.len()).step_by(2) {
            measuring.overlaps(first, &mut results)?;
        }
    }
    Ok(results)
}

struct Measuring<'a> {
    lab: &'a Lab<'a>,
    plan: &'a Networks,
    number: usize,
    schedule: Schedule,
    split: &'a Split,
    ended: &'a Kept,
}

impl Measuring<'_> {
    fn place(&self, model: Model, set: &Set) -> Place {
        Place {
            data: self.plan.data,
            model,
            samples: set.samples,
            split: self.number,
        }
    }

    /// The models of a training set at the steps of a schedule.
    fn models(&self, index: usize, schedule: &Schedule) -> Result<Vec<Named>, RunError> {
        let set = &self.split.sets[index];
        let network = self.ended.denoiser(index, schedule);
        let mut models: Vec<Named> = vec![(self.plan.model, Box::new(network))];
        if self.plan.beside {
            let law = TestRows::new(set.train.as_matrix())?;
            models.push((Model::Linear, Box::new(optimum(law.law(), schedule))));
            let copying = Copying::new(set.train.as_matrix(), schedule);
            models.push((Model::Copying, Box::new(copying)));
        }
        Ok(models)
    }

    fn cells(&self, index: usize, set: &Set, results: &mut Results) -> Result<(), RunError> {
        let models = self.models(index, &self.schedule)?;
        let test = TestRows::new(set.test.as_matrix())?;
        let train = TestRows::new(set.train.as_matrix())?;
        let seed = self.split.seed + set.half as u64;
        for (step, &sigma) in SIGMAS.iter().enumerate() {
            let noised = draw(&test, &self.schedule, step, self.plan.draws, seed);
            for (model, denoiser) in &models {
                self.lab.check()?;
                let found = noised.decomposition(noised.denoised(&**denoiser).as_ref())?;
                results
                    .cells
                    .push(cell(self.place(*model, set), sigma, &found));
            }
            if sigma > LARGEST_ENDED {
                continue;
            }
            let noised = draw(&train, &self.schedule, step, self.plan.draws, seed);
            let (model, network) = &models[0];
            let found = noised.decomposition(noised.denoised(&**network).as_ref())?;
            let leading = |map: &dyn Fn(usize) -> f64| std::array::from_fn::<f64, LEADING, _>(map);
            let (truth, weight) = (&self.split.truth, &found.affine.weight);
            let z = sigma * sigma;
            results.ended.push(Ended {
                place: self.place(*model, set),
                sigma,
                gains: leading(&|k| {
                    let u = truth.basis().col(k);
                    u.transpose() * weight * u
                }),
                optimum: leading(&|k| gain_along(train.law(), z, truth, k)),
                wiener: leading(&|k| truth.variance(k) / (truth.variance(k) + z)),
            });
        }
        Ok(())
    }

    /// Follows the training of a network.
    fn moments(
        &self,
        index: usize,
        set: &Set,
        kept: &[Kept],
        results: &mut Results,
    ) -> Result<(), RunError> {
        let test = TestRows::new(set.test.as_matrix())?;
        let train = TestRows::new(set.train.as_matrix())?;
        let linear = optimum(train.law(), &self.schedule);
        for (step, &sigma) in SIGMAS.iter().enumerate() {
            if sigma > LARGEST_ENDED {
                continue;
            }
            let seed = self.split.seed + set.half as u64;
            let noised = draw(&test, &self.schedule, step, FOLLOWED_DRAWS, seed);
            let linear = noised.denoised(&linear);
            for kept in kept {
                self.lab.check()?;
                let denoised = noised.denoised(&kept.denoiser(index, &self.schedule));
                results.moments.push(Moment {
                    place: self.place(self.plan.model, set),
                    sigma,
                    step: kept.step,
                    distance: relative_distance(denoised.as_ref(), linear.as_ref()),
                    test_loss: noised.decomposition(denoised.as_ref())?.test_loss.value,
                });
            }
        }
        Ok(())
    }

    /// The overlaps of the models of two sets, the first of which has this number.
    fn overlaps(&self, first: usize, results: &mut Results) -> Result<(), RunError> {
        let schedule = sampling_schedule(SAMPLER_STEPS)?;
        let rules = rules(SamplerKind::Heun, &schedule);
        let options = DrawOptions {
            draws: self.plan.sampled,
            seed: self.split.seed,
        };
        let drawn = |denoiser: &dyn PointDenoiser| {
            draw_points(&rules, denoiser, options, |_, _| {
                if self.lab.interrupt.load(Ordering::Relaxed) {
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            })
            .ok_or(RunError::Stopped)
        };
        let pairs = self.models(first, &schedule)?;
        let others = self.models(first + 1, &schedule)?;
        for ((model, one), (_, other)) in pairs.iter().zip(&others) {
            let (one, other) = (drawn(&**one)?, drawn(&**other)?);
            results.overlaps.push(Agreeing {
                place: self.place(*model, &self.split.sets[first]),
                overlap: overlap(one.as_matrix(), other.as_matrix()),
            });
        }
        Ok(())
    }
}

/// The linear optimum on rows with this law, without a ridge.
fn optimum(law: &Gaussian, schedule: &Schedule) -> CommutingDenoiser {
    CommutingDenoiser::optimum(law, schedule, |_| 0.0)
}

/// `u' S (S + z)^-1 u`, with S of the law and u the direction k of another law.
fn gain_along(law: &Gaussian, z: f64, directions: &Gaussian, k: usize) -> f64 {
    let along = law.basis().transpose() * directions.basis().col(k);
    let gain = |(j, c): (usize, &f64)| {
        let variance = law.variance(j).max(0.0);
        c * c * variance / (variance + z)
    };
    along.iter().enumerate().map(gain).sum()
}
