//! Everything about a checkpoint: exact losses and divergences, the ladder of causes, and the check by drawn samples.

use serde::Serialize;

use super::exact::{Exact, Losses};
use super::ladder::{Cause, Rung, ladder};
use super::memory::check_draws;
use super::prediction::{Predicted, RunTheory};
use super::{RunDirectory, RunError, Setup, WhichCheckpoint};
use crate::config::SamplerKind;
use crate::denoiser::{CommutingDenoiser, Denoiser};
use crate::gaussian::{
    EigenError, EstimateError, Gaussian, KlPair, MonteCarlo, estimate, kl, wasserstein,
};
use crate::score::{DrawOptions, NetworkDenoiser, draw};
use crate::training::Checkpoint;

/// The output of `evaluate --json`: losses per component, divergences in nats per dimension.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// The epoch of the checkpoint.
    pub epoch: usize,
    /// The dimension d.
    pub dim: usize,
    /// The number N of training samples.
    pub samples: usize,
    /// The number of steps.
    pub steps: usize,
    /// The exact losses.
    #[serde(flatten)]
    pub loss: Losses,
    /// The divergences between the truth and the samples; absent without a truth.
    #[serde(flatten)]
    pub kl: Option<KlPair>,
    /// The divergences between the training law and the samples, if all rows of a file are the training set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kl_train: Option<KlPair>,
    /// `sqrt(W2^2/d)`; also absent if the samples are not finite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub w2: Option<f64>,
    /// The ladder of causes; empty without a truth.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ladder: Vec<Rung>,
    /// The check by drawn samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monte_carlo: Option<MonteCarlo>,
    /// The prediction; absent if theory has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicted: Option<Predicted>,
    /// Warnings.
    pub warnings: Vec<String>,
}

/// What to evaluate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EvaluateOptions {
    /// The checkpoint.
    pub checkpoint: WhichCheckpoint,
    /// The draws of the Monte-Carlo check; `None` means the experiment's number.
    pub draws: Option<usize>,
    /// The number of steps of the full schedule, instead of the trained ones, for networks that are functions of
    /// time.
    pub keep: Option<usize>,
}

/// Evaluates a checkpoint of a run directory.
pub fn evaluate(
    directory: &RunDirectory,
    options: EvaluateOptions,
    progress: impl FnMut(usize, usize),
) -> Result<Summary, RunError> {
    let setup = Setup::open_with_steps(directory, options.keep)?;
    let checkpoint = directory.checkpoint(options.checkpoint)?;
    let draws = options.draws.unwrap_or(setup.experiment().sampling.draws);
    check_draws(draws, setup.laws().dim())?;
    // Theory is about the trained steps.
    let theory = match options.keep {
        None => RunTheory::of(&setup, directory.has_init())?,
        Some(_) => None,
    };
    summarise(&setup, &checkpoint, draws, theory.as_ref(), progress)
}

/// Evaluates a checkpoint of a run whose parts are in memory, and adds what `theory` predicts.
pub fn summarise(
    setup: &Setup,
    checkpoint: &Checkpoint,
    draws: usize,
    theory: Option<&RunTheory>,
    progress: impl FnMut(usize, usize),
) -> Result<Summary, RunError> {
    let snapshot = &checkpoint.snapshot;
    setup.check_fits(snapshot)?;
    let network = snapshot.denoiser(setup.schedule())?;
    let exact = Exact::of(setup, &network)?;
    let mut warnings = setup.dataset().warnings.clone();
    warnings.extend(schedule_warnings(setup)?);

    let truth = setup.evaluator().truth();
    let mut rungs = Vec::new();
    let mut monte_carlo = None;
    if let (Some(truth), Some(kl), Some(test_loss)) = (truth, &exact.kl, exact.losses.test_loss) {
        rungs = ladder(setup, exact.optimum.as_ref(), test_loss, kl)?;
        warnings.extend(infinity_warnings(&rungs));
        warnings.extend(artefact_warning(setup, &rungs));
        if draws > 0 && kl.true_sampled.reason().is_some() {
            warnings.push("not measured from draws: the divergence is infinite".to_owned());
        } else if draws > 0 {
            match monte_carlo_check(setup, &network, truth, draws, progress) {
                Ok(check) => monte_carlo = Some(check),
                Err(error) => warnings.push(error.to_string()),
            }
        }
    }
    let predicted = match theory.map(|theory| theory.at(setup, &checkpoint.state)) {
        None => None,
        Some(Ok(predicted)) => Some(predicted),
        Some(Err(error)) => {
            warnings.push(format!("no prediction: {error}"));
            None
        }
    };
    let kl_train = match truth {
        Some(_) => None,
        None => Some(kl(&setup.laws().train.law()?, &exact.sampled)),
    };
    let w2 = truth
        .filter(|_| exact.sampled.is_finite())
        .map(|truth| wasserstein(truth, &exact.sampled))
        .transpose()?;
    Ok(Summary {
        epoch: checkpoint.state.epoch,
        dim: setup.laws().dim(),
        samples: setup.laws().train.count,
        steps: setup.schedule().len(),
        loss: exact.losses,
        kl: exact.kl,
        kl_train,
        w2,
        ladder: rungs,
        monte_carlo,
        predicted,
        warnings,
    })
}

fn monte_carlo_check(
    setup: &Setup,
    network: &NetworkDenoiser<'_>,
    truth: &Gaussian,
    draws: usize,
    progress: impl FnMut(usize, usize),
) -> Result<MonteCarlo, EstimateError> {
    let options = DrawOptions {
        draws,
        seed: setup.experiment().seed,
    };
    let rules = setup.evaluator().rules();
    let rows = draw(rules, network, options, &setup.device().inner(), progress);
    estimate(truth, rows.as_matrix())
}

/// The reasons why divergences of the ladder are infinite, each once.
fn infinity_warnings(rungs: &[Rung]) -> Vec<String> {
    let mut warnings: Vec<String> = Vec::new();
    for rung in rungs {
        if let Some(reason) = rung.kl_true_sampled.reason() {
            let cause = serde_json::to_value(rung.cause).expect("a name");
            let cause = cause.as_str().unwrap_or_default().to_owned();
            warnings.push(format!(
                "the divergence of rung '{cause}' is infinite: {reason}"
            ));
        }
    }
    warnings
}

/// Warns of samplers whose steps leave a small variance in directions in which the training set has none.
fn artefact_warning(setup: &Setup, rungs: &[Rung]) -> Option<String> {
    let steps_only = matches!(
        setup.experiment().sampling.kind,
        SamplerKind::Sde | SamplerKind::Ode | SamplerKind::Heun
    );
    let law = setup.laws().train.law().ok()?;
    let lacking = setup.laws().dim() - law.rank();
    let data = rungs.iter().find(|rung| rung.cause == Cause::Data);
    let finite = data?.kl_true_sampled.reason().is_none();
    (steps_only && lacking > 0 && finite).then(|| {
        format!(
            "the training set has no variance in {lacking} directions; that the divergence of rung 'data' is \
             finite is an artefact of the sampler's steps"
        )
    })
}

/// Warns if the oracle itself is sampled wrongly: if `alpha_bar_T` is not small, or eigenvalues are near `beta_1`.
fn schedule_warnings(setup: &Setup) -> Result<Vec<String>, EigenError> {
    const FAR: f64 = 0.05;
    /// A missed mean is reported from this divergence on, in nats per dimension.
    const MISSED_MEAN: f64 = 0.01;
    let Some(truth) = setup.evaluator().truth() else {
        return Ok(Vec::new());
    };
    let oracle = CommutingDenoiser::optimum(truth, setup.schedule(), |_| 0.0);
    let sampled = setup.evaluator().sampled(&oracle)?;
    let pairs: Vec<(f64, f64)> = oracle
        .law()
        .variances()
        .into_iter()
        .zip((0..oracle.dim()).map(|k| sampled.variance(k)))
        .filter(|(lambda, _)| *lambda > 0.0)
        .collect();
    let off = |(lambda, h): &(f64, f64)| (h / lambda - 1.0).abs() > FAR;
    let mut warnings = Vec::new();
    let alpha_bar = setup.schedule().terminal_alpha_bar();
    // Both laws have the oracle's eigenvectors: (1/2d) sum (difference of the means along each)^2 / h.
    let apart = sampled.basis().transpose() * (truth.mean() - sampled.mean());
    let terms = (0..oracle.dim()).filter(|&k| sampled.variance(k) > 0.0);
    let squares: f64 = terms.map(|k| apart[k].powi(2) / sampled.variance(k)).sum();
    let missed = squares / (2 * oracle.dim()) as f64;
    if missed > MISSED_MEAN {
        warnings.push(format!(
            "alpha_bar_T = {alpha_bar:.4} leaves some of the mean in the last step, and sampling starts from mean 0: even the \
             oracle's samples miss the mean, which costs {missed:.3} nats per dimension (data.scale = \"columns\" moves each \
             column's mean to 0; more steps or a larger beta_end make alpha_bar_T smaller)"
        ));
    }
    let largest = pairs.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((lambda, h)) = largest.filter(|pair| pair.0 >= 1.0 && off(pair)) {
        warnings.push(format!(
            "alpha_bar_T = {alpha_bar:.4} leaves some data in the last step: even the oracle samples the largest \
             eigenvalue {lambda:.4} as {h:.4} (more steps, or a larger beta_end, make it smaller)"
        ));
    }
    let beta = setup.schedule().step(0).beta;
    let smallest = pairs.iter().copied().min_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((lambda, h)) = smallest.filter(|pair| pair.0 < 100.0 * beta && off(pair)) {
        warnings.push(format!(
            "eigenvalues near beta_1 = {beta:.2e} are sampled wrongly whatever the number of steps: the smallest, \
             {lambda:.3e}, as {h:.3e} by the oracle (a smaller beta_start or a larger data.min_variance helps)"
        ));
    }
    Ok(warnings)
}
