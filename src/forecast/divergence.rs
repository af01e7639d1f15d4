//! How far would the samples be from the law of the rows?

use super::Settings;
use super::question::{Answer, Answers, Question};
use super::result::{Estimate, OfSteps, Quantity};
use crate::config::SamplerKind;
use crate::diffusion::Schedule;
use crate::gaussian::Infinite;
use crate::sampling::{rules, variance_along};
use crate::theory::{LeaveOneOut, MovedDivergences};

/// `KL(true || sampled)` and `KL(sampled || true)` that the oracle's samples have because the sampler takes finitely
/// many steps, in nats per dimension, for Gaussian rows with the variances of these:
///
/// ```text
/// KL(true || sampled) = (1/2d) sum_k [ lambda_k/h_k - 1 - log(lambda_k/h_k) ]; exchanged for the other one
/// ```
///
/// `h_k` is the variance that the oracle's weights `r/(ab lambda_k + 1 - ab)` generate.
fn of_steps(rows: &LeaveOneOut, schedule: &Schedule, sampler: SamplerKind) -> OfSteps {
    let rules = rules(sampler, schedule);
    let (mut forward, mut backward) = (0.0, 0.0);
    for &lambda in rows.eigenvalues() {
        let weight = |index: usize| {
            let step = schedule.step(index);
            let noise = 1.0 - step.alpha_bar;
            noise.sqrt() / (step.alpha_bar * lambda + noise)
        };
        let ratio: f64 = lambda / variance_along(&rules, weight);
        let both = |ratio: f64| ratio - 1.0 - ratio.ln();
        forward += both(ratio);
        backward += both(1.0 / ratio);
    }
    let per_dim = 2.0 * rows.dim() as f64;
    OfSteps {
        kl_true_sampled: forward / per_dim,
        kl_sampled_true: backward / per_dim,
    }
}

/// What decides whether the rows tell a divergence.
pub(super) struct Divergences {
    /// The number of rows that forecast, and of dimensions.
    rows: usize,
    dim: usize,
    ridged: bool,
    /// The divergences of the sampler's steps.
    pub steps: OfSteps,
    /// `sqrt(W2^2/d)` of the ideal sampler, with each of the numbers of rows but those of a picture. It has no interval:
    /// without a part of the rows it costs too much, and fewer rows than dimensions do not give it.
    w2: Vec<Option<f64>>,
}

impl Divergences {
    pub fn new(rows: &LeaveOneOut, question: &Question, settings: &Settings) -> Self {
        let samples = std::iter::once(&question.now).chain(&question.others);
        let samples: Vec<f64> = samples.map(|&samples| samples as f64).collect();
        Self {
            rows: rows.samples(),
            dim: rows.dim(),
            ridged: question.is_ridged(),
            steps: of_steps(rows, &settings.schedule, settings.sampler),
            w2: match question.is_ridged() {
                true => vec![None; samples.len()],
                false => rows.wasserstein(&samples),
            },
        }
    }

    /// `sqrt(W2^2/d)` with the k-th number of rows.
    pub fn wasserstein(&self, k: usize) -> Estimate {
        match self.w2[k] {
            Some(value) => Estimate::Known { value },
            None if self.ridged => Estimate::Unknown { reason: RIDGED },
            None => Estimate::Unknown { reason: UNSEEN },
        }
    }

    /// Both divergences after training to the end with the k-th number of rows. That of the rows is of the ideal
    /// sampler; that of the steps is added.
    pub fn both(&self, answers: &Answers, k: usize, samples: usize) -> (Quantity, Quantity) {
        let all = |quantity: Quantity| (quantity.clone(), quantity);
        if self.ridged {
            return all(Quantity::unknown(RIDGED));
        }
        if samples <= self.dim {
            let directions = self.dim + 1 - samples;
            return all(Quantity::infinite(Infinite::SampledLacks { directions }));
        }
        if self.rows <= self.dim + 1 {
            return all(Quantity::unknown(
                "your rows are too few to tell it: it takes more rows than dimensions",
            ));
        }
        let one = |rows: fn(&MovedDivergences) -> f64, steps: f64| {
            let of = |answer: &Answer| Some(rows(answer.with_samples[k].kl.as_ref()?) + steps);
            answers
                .quantity(of)
                .map_or_else(|| Quantity::unknown(FEW_LEFT), Quantity::Known)
        };
        (
            one(|kl| kl.kl_true_sampled, self.steps.kl_true_sampled),
            one(|kl| kl.kl_sampled_true, self.steps.kl_sampled_true),
        )
    }
}

const UNSEEN: &str = "it rests on directions that your rows do not show";
const RIDGED: &str = "with a ridge the rows do not tell it";
const FEW_LEFT: &str =
    "some directions vary in so few of your rows that nine tenths of them do not tell it";
