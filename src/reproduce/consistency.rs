//! Do two models agree, and are their samples copies: `consistency`.

use faer::{Col, Mat};

use super::finding::{Comparisons, Finding, Verdict, chart};
use super::lab::{Lab, Run};
use super::losses::but;
use crate::data::Rows;
use crate::gaussian::{Divergence, Gaussian, kl};
use crate::report::Style;
use crate::run::RunError;
use crate::score::{DrawOptions, draw};
use crate::sweep::mean_and_error;

/// The covariance ridge of the divergence between models, which is infinite without one for N < d.
const RIDGE: f64 = 0.1;

/// Models of two training sets against N/d.
pub(super) fn consistency(lab: &Lab<'_>) -> Result<Finding, RunError> {
    const RATIOS: [f64; 6] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
    let dim = lab.dim();
    let draws = if lab.quick { 50 } else { 200 };
    let mut table = Comparisons::new(dim);
    let mut copies = Vec::new();
    for ratio in RATIOS {
        let samples = (dim as f64 * ratio).round() as usize;
        let study =
            lab.power_law(1.0, samples)
                .study(lab, 2 * lab.repeats(8), &[lab.epochs(8000)])?;
        let ensemble = study.ensemble()?;
        let pairs: Vec<(&Run, &Run)> = study.runs.chunks_exact(2).map(|p| (&p[0], &p[1])).collect();
        let of = |f: &dyn Fn(&Run, &Run) -> Result<f64, RunError>| {
            pairs
                .iter()
                .map(|(a, b)| f(a, b))
                .collect::<Result<Vec<f64>, RunError>>()
        };
        let overlaps = of(&overlap)?;
        table.push(
            "overlap".to_owned(),
            ratio,
            "closed form",
            &overlaps,
            Some(ensemble.overlap()?),
        );
        let between = of(&|a, b| Ok(kl(&ridged(a)?, &ridged(b)?).true_sampled.value()))?;
        let predicted = ensemble.kl_between_models(RIDGE)?.value();
        table.push(
            "KL between models".to_owned(),
            ratio,
            "closed form",
            &between,
            Some(predicted),
        );
        let truth = |run: &Run| run.setup.evaluator.truth().expect("there is one").clone();
        let to_truth = of(&|a, _| Ok(kl(&truth(a), &ridged(a)?).true_sampled.value()))?;
        let predicted = ensemble.divergences(RIDGE)?.true_sampled;
        table.push(
            "KL to the truth".to_owned(),
            ratio,
            "closed form",
            &to_truth,
            Some(Divergence::value(predicted)),
        );
        let sampled: Vec<(Rows, Rows)> = pairs
            .iter()
            .map(|(a, b)| (drawn(a, draws), drawn(b, draws)))
            .collect();
        let trace = ensemble.spectrum().trace();
        let apart: Vec<f64> = sampled
            .iter()
            .map(|(a, b)| distance(a, b) / (2.0 * trace))
            .collect();
        table.push(
            "same-seed distance".to_owned(),
            ratio,
            "descent",
            &apart,
            None,
        );
        let nearest: Vec<Nearest> = pairs
            .iter()
            .zip(&sampled)
            .map(|((a, _), s)| nearest(a, &s.0))
            .collect();
        let distances: Vec<f64> = nearest.iter().map(|n| n.distance / trace.sqrt()).collect();
        table.push(
            "distance to the nearest training row".to_owned(),
            ratio,
            "descent",
            &distances,
            None,
        );
        let shares: Vec<f64> = nearest.iter().map(|n| n.copied).collect();
        copies.push(mean_and_error(&shares).0.unwrap_or(f64::NAN));
        table.push(
            "share of copies".to_owned(),
            ratio,
            "descent",
            &shares,
            None,
        );
        (lab.tell)(&format!("consistency: N/d = {ratio}"));
    }
    let (passed, tests, outliers) = table.agreement();
    let overlaps: Vec<f64> = table
        .rows()
        .iter()
        .filter(|r| r.series == "overlap")
        .map(|r| r.mean)
        .collect();
    let grows = overlaps.windows(2).all(|pair| pair[0] < pair[1]);
    let most = copies.iter().copied().fold(0.0, f64::max);
    let mut agreement = table.draw("overlap", "overlap q", 0, Style::Line);
    agreement.extend(table.draw(
        "same-seed distance",
        "same-seed distance (squared, over 2 tr Sigma)",
        1,
        Style::Dashed,
    ));
    agreement.extend(table.draw(
        "distance to the nearest training row",
        "distance to the nearest training row",
        2,
        Style::Dotted,
    ));
    let mut divergences = table.draw("KL between models", "between two models", 0, Style::Line);
    divergences.extend(table.draw("KL to the truth", "to the truth", 1, Style::Line));
    Ok(Finding {
        name: "consistency",
        claim: "With enough samples models of disjoint training sets generate the same from the same noise; with few they \
                differ, without copying rows.",
        measured: format!(
            "The overlap grows from {:.3} at N = d/4 to {:.3} at N = 8d; at most {:.1} % of samples are nearer than a third of \
             the second nearest row to a training row; {passed} of {tests} values agree with theory{}.",
            overlaps[0],
            overlaps[overlaps.len() - 1],
            100.0 * most,
            but(&outliers)
        ),
        verdict: Verdict::of(
            usize::from(outliers.is_empty()) + usize::from(grows) + usize::from(most < 0.01),
            3,
        ),
        test: format!(
            "{}; the overlap grows with N; less than 1 % of samples are copies",
            table.rule()
        ),
        table,
        charts: vec![
            (
                "",
                chart(
                    "Agreement of two models, k = 1",
                    "N/d",
                    "overlap, distances",
                    (true, false),
                    agreement,
                ),
            ),
            (
                "-kl",
                chart(
                    "Divergences with covariance ridge 0.1",
                    "N/d",
                    "nats per dimension",
                    (true, true),
                    divergences,
                ),
            ),
        ],
        pictures: Vec::new(),
    })
}

/// The Gaussian of a training set.
fn law(run: &Run, ridge: f64) -> Result<Gaussian, RunError> {
    let train = &run.setup.laws().train;
    let dim = train.covariance.nrows();
    let covariance = &train.covariance + faer::Scale(ridge) * Mat::<f64>::identity(dim, dim);
    Ok(Gaussian::from_covariance(
        train.mean.clone(),
        covariance.as_ref(),
    )?)
}

fn ridged(run: &Run) -> Result<Gaussian, RunError> {
    law(run, RIDGE)
}

/// `tr Sigma_A^(1/2) Sigma_B^(1/2) / tr Sigma`: what the ideal samplers make of the same noise has in common.
fn overlap(a: &Run, b: &Run) -> Result<f64, RunError> {
    let root = |run: &Run| -> Result<Mat<f64>, RunError> {
        let law = law(run, 0.0)?;
        let (basis, dim) = (law.basis(), law.dim());
        let scaled = Mat::from_fn(dim, dim, |i, k| {
            basis[(i, k)] * law.variance(k).max(0.0).sqrt()
        });
        Ok(scaled * basis.transpose())
    };
    let (first, second) = (root(a)?, root(b)?);
    let both: f64 = (0..first.ncols())
        .map(|j| first.col(j).transpose() * second.col(j))
        .sum();
    Ok(both / a.setup.evaluator.truth().expect("there is one").trace())
}

/// What the trained network makes of one seed's noise.
fn drawn(run: &Run, draws: usize) -> Rows {
    let options = DrawOptions { draws, seed: 1 };
    let device = run.setup.device.inner();
    draw(
        run.setup.evaluator.rules(),
        &run.denoisers[0],
        options,
        &device,
        |_, _| {},
    )
}

/// The mean squared distance of rows with the same number.
fn distance(a: &Rows, b: &Rows) -> f64 {
    let squares = a
        .values()
        .iter()
        .zip(b.values())
        .map(|(x, y)| (x - y).powi(2));
    squares.sum::<f64>() / a.count() as f64
}

struct Nearest {
    /// The mean distance of a sample to its nearest training row.
    distance: f64,
    /// The share of samples whose nearest is closer than a third of the second nearest.
    copied: f64,
}

fn nearest(run: &Run, samples: &Rows) -> Nearest {
    let rows = run.setup.dataset.train_rows.rows().expect("drawn rows");
    let (mut total, mut copied) = (0.0, 0);
    for i in 0..samples.count() {
        let sample = Col::from_fn(samples.dim(), |j| samples.row(i)[j]);
        let (mut first, mut second) = (f64::INFINITY, f64::INFINITY);
        for n in 0..rows.count() {
            let squares = rows
                .row(n)
                .iter()
                .enumerate()
                .map(|(j, x)| (x - sample[j]).powi(2));
            let distance = squares.sum::<f64>().sqrt();
            if distance < first {
                (first, second) = (distance, first);
            } else if distance < second {
                second = distance;
            }
        }
        total += first;
        copied += usize::from(first < second / 3.0);
    }
    let count = samples.count() as f64;
    Nearest {
        distance: total / count,
        copied: copied as f64 / count,
    }
}
