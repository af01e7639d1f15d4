//! `directions`: what does a network learn along each eigenvector of the truth?

use crate::denoiser::{AffineDenoiser, Denoiser, mean};
use crate::diffusion::Step;
use crate::report::{Axis, Chart, Dash, Hue, KeyOf};
use crate::reproduce::case::Case;
use crate::reproduce::draw::theory_and_means;
use crate::reproduce::figure::Figure;
use crate::reproduce::finding::{Judgement, Test};
use crate::reproduce::group::Group;
use crate::reproduce::lab::{Lab, samples};
use crate::reproduce::points::{MeasuredPoints, Origin};
use crate::reproduce::study::{DescentRun, training_law};
use crate::run::RunError;
use crate::theory::Ensemble;

/// The dimension, also of the quick set: along single directions theory is off by 1/N, which fewer would show.
const DIM: usize = 200;
/// The number of epochs, also of the quick set: descent reaches the optimum, which theory describes by direction.
const EPOCHS: usize = 8000;
/// The number of eigenvectors that are examined, evenly in the logarithm of the rank.
const RANKS: usize = 24;
/// The number of training sets: what a single direction shows varies much.
const REPEATS: usize = 160;
/// The noise level at which networks are examined.
const ALPHA_BAR: f64 = 0.95;
const FEW_SAMPLES: &str = "N = d/4";
/// What is wrong with the control: with half as many the shrinkage at N = 4d differs by too little.
const QUARTER: &str = "a quarter as many samples";
const HALF: &str = "half as many samples";

pub(super) struct Directions;

pub(super) struct Part {
    ratio: f64,
    label: &'static str,
}

impl Part {
    fn series(&self, what: &str) -> String {
        format!("{what}, {}", self.label)
    }
}

impl Figure for Directions {
    const NAME: &'static str = "directions";
    const CLAIM: &'static str = "Directions of large variance are learned first, from few samples; those of small variance are shrunk.";
    const CHARTS: &'static [&'static str] = &["", "-loss", "-variance", "-kl"];
    type Part = Part;
    type Found = ();

    fn plan(_: &Lab<'_>) -> Result<Vec<Part>, RunError> {
        let parts = [(0.25, FEW_SAMPLES), (1.0, "N = d"), (4.0, "N = 4d")];
        Ok(parts.map(|(ratio, label)| Part { ratio, label }).into())
    }

    fn label(part: &Part) -> String {
        part.label.to_owned()
    }

    fn measure(lab: &Lab<'_>, part: &Part, points: &mut MeasuredPoints) -> Result<(), RunError> {
        let case = Case::power_law(DIM, Self::NAME, 1.0, part.ratio);
        let study = case.study(lab, REPEATS, &[EPOCHS])?;
        points.add_departure(study.departure);
        let regime = study.regime()?;
        let index = study.step_near(ALPHA_BAR);
        let step = study.setup().schedule().step(index);
        let measured = study.try_each(|run| Measured::of(run, index, &step))?;
        let predicted = Predicted::of(&study.ensemble()?, &step)?;
        let fewer = |share: f64| -> Result<Predicted, RunError> {
            let fewer = study.theory.with_samples(samples(DIM, part.ratio * share));
            Predicted::of(&fewer.ensemble()?, &step)
        };
        let (half, quarter) = (fewer(0.5)?, fewer(0.25)?);
        let group =
            |what: &str, control| Group::new(&format!("{what} by direction"), regime, control);
        for (k, rank) in (1..=DIM).enumerate() {
            let mut line = |what: &str, values: &[f64]| {
                points.add_theory(part.series(what), rank as f64, values[k]);
            };
            line("shrinkage", &predicted.shrinkage);
            line("excess loss", &predicted.excess);
            if part.ratio > 1.0 {
                line("divergence", &predicted.divergence);
            }
        }
        for rank in ranks(DIM) {
            let (k, x) = (rank - 1, rank as f64);
            let mut add = |what: &str, origin, of: fn(&Measured) -> &[f64], against| {
                let values: Vec<f64> = measured.iter().map(|run| of(run)[k]).collect();
                points.add(part.series(what), x, origin, &values, against);
            };
            let against =
                group("shrinkage", QUARTER).at(predicted.shrinkage[k], quarter.shrinkage[k]);
            add(
                "shrinkage",
                Origin::Descent,
                |run| &run.shrinkage,
                Some(against),
            );
            let against = group("excess loss", QUARTER).at(predicted.excess[k], quarter.excess[k]);
            add(
                "excess loss",
                Origin::Descent,
                |run| &run.excess,
                Some(against),
            );
            add("variance ratio", Origin::Descent, |run| &run.ratio, None);
            if part.ratio > 1.0 {
                let against =
                    group("divergence", HALF).at(predicted.divergence[k], half.divergence[k]);
                add(
                    "divergence",
                    Origin::ClosedForm,
                    |run| &run.divergence,
                    Some(against),
                );
            }
        }
        Ok(())
    }

    fn judge(_: &[(Part, ())], points: &MeasuredPoints) -> Judgement {
        let few = points.means(&format!("shrinkage, {FEW_SAMPLES}"));
        let (strongest, weakest) = (few[0].1, few[few.len() - 1].1);
        Judgement {
            measured: format!(
                "At N = d/4 and alpha_bar = 0.95 the strongest direction keeps {strongest:.3} of its share and the weakest \
                 {weakest:.3}."
            ),
            tests: vec![Test::new(
                "at N = d/4 the strongest direction keeps more of its share than the weakest",
                strongest > weakest,
            )],
        }
    }

    fn draw(parts: &[(Part, ())], points: &MeasuredPoints) -> Vec<Chart> {
        let by_rank = |what, title, y: Axis| {
            let x = Axis::log("rank of the eigenvector of the truth");
            let drawn = parts.iter().enumerate().map(|(index, (part, ()))| {
                points.draw(&part.series(what), part.label, Hue::nth(index), Dash::Solid)
            });
            theory_and_means(title, x, y).with_all(drawn)
        };
        let mut variance = by_rank(
            "variance ratio",
            "Generated over true variance",
            Axis::linear("variance generated / true"),
        );
        variance.key = vec![(
            KeyOf::Bars,
            "mean over training sets, ± 1 standard error".to_owned(),
        )];
        vec![
            by_rank(
                "shrinkage",
                "Shrinkage by direction, k = 1",
                Axis::linear("shrinkage lambda/(lambda + kappa)"),
            ),
            by_rank(
                "excess loss",
                "Excess test loss by direction",
                Axis::log("loss over the oracle's"),
            ),
            variance,
            by_rank(
                "divergence",
                "Divergence by direction, N = 4d",
                Axis::linear("KL(true||sampled), nats"),
            ),
        ]
    }
}

/// The ranks that are examined.
fn ranks(dim: usize) -> Vec<usize> {
    let share = |i: usize| i as f64 / (RANKS - 1) as f64;
    let rank = |i: usize| (dim as f64).powf(share(i)).round() as usize;
    let mut ranks: Vec<usize> = (0..RANKS).map(rank).collect();
    ranks.dedup();
    ranks
}

/// The predictions for each eigenvector of the truth.
struct Predicted {
    shrinkage: Vec<f64>,
    excess: Vec<f64>,
    /// The divergences, in nats; infinite for fewer samples than dimensions.
    divergence: Vec<f64>,
}

impl Predicted {
    /// The theory of single directions at finite d and N. The equivalents of the divergences are multiplied by the factor
    /// that makes their mean exact.
    fn of(ensemble: &Ensemble<'_>, step: &Step) -> Result<Self, RunError> {
        let level = step.level();
        let kappa = ensemble.effective_ridge(level.noise_to_signal())?.kappa;
        let eigenvalues = ensemble.eigenvalues();
        let oracle = |lambda: f64| {
            1.0 - step.noise_variance / (step.alpha_bar * lambda + step.noise_variance)
        };
        let losses = ensemble.expected_losses_by_direction(&level, 0.0)?;
        let excess = losses.iter().zip(eigenvalues);
        let excess = excess.map(|(loss, lambda)| loss - oracle(*lambda));
        let divergence = ensemble.divergences_by_direction(0.0)?.into_iter();
        let divergence: Vec<f64> = divergence.map(|pair| pair.true_sampled.value()).collect();
        let factor = ensemble.exact_wishart()?.true_sampled.value() / mean(&divergence);
        let shrinkage = eigenvalues.iter().map(|lambda| lambda / (lambda + kappa));
        Ok(Self {
            shrinkage: shrinkage.collect(),
            excess: excess.collect(),
            divergence: divergence.into_iter().map(|kl| factor * kl).collect(),
        })
    }
}

/// The measurements of a network along each eigenvector of the truth.
struct Measured {
    /// `1 - z u' G u`
    shrinkage: Vec<f64>,
    /// The test loss above the oracle's.
    excess: Vec<f64>,
    /// The generated variance over the true one.
    ratio: Vec<f64>,
    /// `KL(true || training set)`, in nats.
    divergence: Vec<f64>,
}

impl Measured {
    /// Measures with the weight `W = (r/ab) G` of step `index`, in the coordinates of the truth's eigenvectors:
    ///
    /// ```text
    /// u' Sigma_N G u = 1 - z u' G u,    loss_k = 1 - 2 r W_kk + (W S W')_kk,   S = ab Sigma + (1 - ab) I
    /// ```
    fn of(run: &DescentRun, index: usize, step: &Step) -> Result<Self, RunError> {
        let truth = run.truth();
        let AffineDenoiser { weight, bias } = run.denoisers[0].at(index);
        let offset = step.signal_scale() * (&weight * truth.mean()) + bias;
        let dim = weight.nrows();
        let noised = |j: usize| step.alpha_bar * truth.variance(j) + step.noise_variance;
        let scale = step.noise_variance / step.noise_scale();
        let loss = |k: usize| {
            let square: f64 = (0..dim).map(|j| weight[(k, j)].powi(2) * noised(j)).sum();
            1.0 - 2.0 * step.noise_scale() * weight[(k, k)] + square + offset[k].powi(2)
        };
        let oracle = |k: usize| 1.0 - step.noise_variance / noised(k);
        let generated = run.generated(0).covariance();
        let by_rank = |of: &dyn Fn(usize) -> f64| (0..dim).map(of).collect();
        Ok(Self {
            shrinkage: by_rank(&|k| 1.0 - scale * weight[(k, k)]),
            excess: by_rank(&|k| loss(k) - oracle(k)),
            ratio: by_rank(&|k| generated[(k, k)] / truth.variance(k)),
            divergence: divergences(run)?,
        })
    }
}

/// The divergence between the truth and the Gaussian `N(m, S)` of the training set, along each eigenvector of the
/// truth. There lambda is the truth's variance, and a is the difference between its mean and m:
///
/// ```text
/// 1/2 [ lambda (S^-1)_kk - 1 + (log S)_kk - log lambda + (S^-1 a)_k a_k ]
/// ```
fn divergences(run: &DescentRun) -> Result<Vec<f64>, RunError> {
    let truth = run.truth();
    let law = training_law(&run.setup)?;
    let (basis, dim) = (law.basis(), law.dim());
    let apart = &run.setup.laws().train.mean - truth.mean();
    let turned = basis.transpose() * &apart;
    let along = |k: usize| {
        let diagonal = |f: fn(f64) -> f64| -> f64 {
            (0..dim)
                .map(|j| basis[(k, j)].powi(2) * f(law.variance(j)))
                .sum()
        };
        let solved: f64 = (0..dim)
            .map(|j| basis[(k, j)] * turned[j] / law.variance(j))
            .sum();
        let of_mean = solved * apart[k];
        let lambda = truth.variance(k);
        0.5 * (lambda * diagonal(|v| 1.0 / v) - 1.0 + diagonal(f64::ln) - lambda.ln() + of_mean)
    };
    Ok((0..truth.dim()).map(along).collect())
}
