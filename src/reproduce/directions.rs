//! What is learned along each eigenvector of the truth: `directions`.

use faer::Mat;

use super::finding::{Comparisons, Finding, Verdict, chart};
use super::lab::{Lab, Run};
use super::losses::but;
use crate::denoiser::Denoiser;
use crate::diffusion::{NoiseLevel, Step};
use crate::gaussian::Gaussian;
use crate::report::Style;
use crate::run::{RunError, sampled_by};

/// Shrinkage, excess loss, variance and divergence along the truth's eigenvectors.
pub(super) fn directions(lab: &Lab<'_>) -> Result<Finding, RunError> {
    let dim = lab.dim();
    // About a dozen, evenly in the logarithm of the rank.
    let mut ranks: Vec<usize> = (0..12)
        .map(|i| (dim as f64).powf(i as f64 / 11.0).round() as usize)
        .collect();
    ranks.dedup();
    let mut table = Comparisons::new(dim);
    let mut drawn = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for (color, (ratio, label)) in [(0.25, "N = d/4"), (1.0, "N = d"), (4.0, "N = 4d")]
        .into_iter()
        .enumerate()
    {
        let samples = (dim as f64 * ratio).round() as usize;
        let study = lab
            .power_law(1.0, samples)
            .study(lab, lab.repeats(12), &[lab.epochs(8000)])?;
        let index = study.step_near(0.95);
        let step = study.setup().schedule.step(index);
        let level = NoiseLevel::from(&step);
        let ensemble = study.ensemble()?;
        let at = ensemble.effective_ridge(level.noise_to_signal())?;
        let losses = ensemble.losses_by_direction(&level, 0.0)?;
        let divergences = (ratio > 1.0)
            .then(|| ensemble.divergences_by_direction(0.0))
            .transpose()?;
        let runs = study.each(|run| along(run, index, &step));
        for &rank in &ranks {
            let (k, x) = (rank - 1, rank as f64);
            let lambda = ensemble.eigenvalues()[k];
            let of =
                |f: fn(&Along, usize) -> f64| runs.iter().map(|run| f(run, k)).collect::<Vec<_>>();
            let key = |what: &str| format!("{what}, {label}");
            table.add(
                key("shrinkage"),
                x,
                &of(|run, k| run.shrinkage[k]),
                lambda / (lambda + at.kappa),
            );
            let oracle =
                1.0 - step.noise_variance / (step.alpha_bar * lambda + step.noise_variance);
            let excess = of(|run, k| run.excess[k]);
            table.add(key("excess loss"), x, &excess, losses[k] - oracle);
            table.push(
                key("variance ratio"),
                x,
                "descent",
                &of(|run, k| run.ratio[k]),
                None,
            );
            if let Some(divergences) = &divergences {
                let predicted = divergences[k].true_sampled.value();
                let values: Result<Vec<f64>, RunError> = study
                    .runs
                    .iter()
                    .map(|run| divergence_along(run, k))
                    .collect();
                table.push(
                    key("divergence"),
                    x,
                    "closed form",
                    &values?,
                    Some(predicted),
                );
            }
        }
        let names = ["shrinkage", "excess loss", "variance ratio", "divergence"];
        for (drawn, what) in drawn.iter_mut().zip(names) {
            drawn.extend(table.draw(&format!("{what}, {label}"), label, color, Style::Line));
        }
        (lab.tell)(&format!("directions: {label}"));
    }
    let (passed, tests, outliers) = table.agreement();
    let strong = |label: &str| {
        let rows = table
            .rows()
            .iter()
            .filter(|r| r.series == format!("shrinkage, {label}"));
        let values: Vec<f64> = rows.map(|r| r.mean).collect();
        (values[0], values[values.len() - 1])
    };
    let few = strong("N = d/4");
    let [shrinkage, excess, ratio, divergence] = drawn;
    let x = "rank of the eigenvector of the truth";
    Ok(Finding {
        name: "directions",
        claim: "Directions of large variance are learned first, from few samples; those of small variance are shrunk.",
        measured: format!(
            "At N = d/4 and alpha_bar = 0.95 the strongest direction keeps {:.3} of its share and the weakest {:.3}; {passed} \
             of {tests} values agree with theory{}.",
            few.0,
            few.1,
            but(&outliers)
        ),
        verdict: Verdict::of(
            usize::from(outliers.is_empty()) + usize::from(few.0 > few.1),
            2,
        ),
        test: table.rule(),
        table,
        charts: vec![
            (
                "",
                chart(
                    "Shrinkage by direction, k = 1",
                    x,
                    "shrinkage lambda/(lambda + kappa)",
                    (true, true),
                    shrinkage,
                ),
            ),
            (
                "-loss",
                chart(
                    "Excess test loss by direction",
                    x,
                    "loss over the oracle's",
                    (true, true),
                    excess,
                ),
            ),
            (
                "-variance",
                chart(
                    "Generated over true variance",
                    x,
                    "variance generated / true",
                    (true, true),
                    ratio,
                ),
            ),
            (
                "-kl",
                chart(
                    "Divergence by direction, N = 4d",
                    x,
                    "KL(true||sampled), nats",
                    (true, true),
                    divergence,
                ),
            ),
        ],
        pictures: Vec::new(),
    })
}

struct Along {
    shrinkage: Vec<f64>,
    excess: Vec<f64>,
    ratio: Vec<f64>,
}

/// Of a network at one step, along the truth's eigenvectors, which are the coordinates: with `W = (r/ab) G`,
///
/// ```text
/// u' Sigma_N G u = 1 - z u' G u,    loss_k = 1 - 2 r W_kk + (W S W')_kk,   S = ab Sigma + (1 - ab) I
/// ```
fn along(run: &Run, index: usize, step: &Step) -> Along {
    let truth = run.setup.evaluator.truth().expect("there is one");
    let weight = run.denoisers[0].at(index).weight;
    let dim = weight.nrows();
    let noised = |j: usize| step.alpha_bar * truth.variance(j) + step.noise_variance;
    let scale = step.noise_variance / step.noise_scale();
    let loss = |k: usize| {
        let square: f64 = (0..dim).map(|j| weight[(k, j)].powi(2) * noised(j)).sum();
        1.0 - 2.0 * step.noise_scale() * weight[(k, k)] + square
    };
    let sampled = sampled_by(&run.denoisers[0], &run.setup).covariance();
    Along {
        shrinkage: (0..dim).map(|k| 1.0 - scale * weight[(k, k)]).collect(),
        excess: (0..dim)
            .map(|k| loss(k) - (1.0 - step.noise_variance / noised(k)))
            .collect(),
        ratio: (0..dim)
            .map(|k| sampled[(k, k)] / truth.variance(k))
            .collect(),
    }
}

/// `1/2 [ lambda (S^-1)_kk - 1 + (log S)_kk - log lambda ]` and the mean's part, of the Gaussian of the training set.
fn divergence_along(run: &Run, k: usize) -> Result<f64, RunError> {
    let truth = run.setup.evaluator.truth().expect("there is one");
    let train = &run.setup.laws().train;
    let law = Gaussian::from_covariance(train.mean.clone(), train.covariance.as_ref())?;
    let basis: Mat<f64> = law.basis().to_owned();
    let sum = |f: fn(f64) -> f64| -> f64 {
        (0..law.dim())
            .map(|j| basis[(k, j)].powi(2) * f(law.variance(j)))
            .sum()
    };
    let lambda = truth.variance(k);
    let apart = &train.mean - truth.mean();
    let turned = basis.transpose() * &apart;
    // What the mean adds, (S^-1 apart)_k apart_k.
    let solved: f64 = (0..law.dim())
        .map(|j| basis[(k, j)] * turned[j] / law.variance(j))
        .sum();
    let of_mean = solved * apart[k];
    Ok(0.5 * (lambda * sum(|v| 1.0 / v) - 1.0 + sum(f64::ln) - lambda.ln() + of_mean))
}
