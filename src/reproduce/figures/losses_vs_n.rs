//! `losses-vs-n`: train and test loss against the number of samples.

use rayon::prelude::*;

use crate::report::{Axis, Chart, Dash, Hue};
use crate::reproduce::case::Case;
use crate::reproduce::draw::{samples_between, theory_and_means};
use crate::reproduce::figure::Figure;
use crate::reproduce::finding::{Judgement, Test};
use crate::reproduce::lab::Lab;
use crate::reproduce::loss_pair::LossPair;
use crate::reproduce::points::MeasuredPoints;
use crate::reproduce::study::Study;
use crate::run::RunError;
use crate::text::statistics::mean_and_error;
use crate::theory::PredictedLosses;

const EXPONENTS: [f64; 3] = [0.5, 1.0, 2.0];
const RIDGES: [f64; 2] = [0.0, 0.1];
const RATIOS: [f64; 8] = [0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];
/// N/d where the gap of test and train loss is compared.
const GAP_AT: f64 = 0.5;

pub(super) struct LossesVsN;

pub(super) struct Part {
    exponent: f64,
    ridge: f64,
}

impl Figure for LossesVsN {
    const NAME: &'static str = "losses-vs-n";
    const CLAIM: &'static str = "For N < d the test loss lies above the train loss; hierarchy in the data (a steeper power law) \
                                 and a ridge close the gap, and random-matrix theory gives both losses from the spectrum alone.";
    const CHARTS: &'static [&'static str] = &["", "-ridge", "-noise-095"];
    type Part = Part;
    /// The gap of test and train loss at N = d/2.
    type Found = f64;

    fn plan(_: &Lab<'_>) -> Result<Vec<Part>, RunError> {
        let of_exponent = |exponent| RIDGES.map(|ridge| Part { exponent, ridge });
        Ok(EXPONENTS.into_iter().flat_map(of_exponent).collect())
    }

    fn label(part: &Part) -> String {
        format!("k = {}, gamma = {}", part.exponent, part.ridge)
    }

    fn measure(lab: &Lab<'_>, part: &Part, points: &mut MeasuredPoints) -> Result<f64, RunError> {
        let label = Self::label(part);
        let mut gap = f64::NAN;
        for ratio in RATIOS {
            let case = Case::power_law(lab.dim(), Self::NAME, part.exponent, ratio);
            let case = case.with_ridge(part.ridge);
            let study = case.study(lab, lab.repeats(), &[lab.epochs(8000)])?;
            points.add_departure(study.departure);
            let losses = study.each(|run| run.losses(0));
            let series = |what: &str| format!("{what}, {label}");
            let against = study.losses_against(&study.theory, 0)?;
            points.add_losses(series, ratio, &losses, &against);
            let step = study.step_near(0.95);
            let at_step = study.each(|run| run.step_losses(0)[step]);
            let series = |what: &str| format!("{what} at 0.95, {label}");
            let against = study.losses_against(&study.theory.of_step(step), 0)?;
            points.add_losses(series, ratio, &at_step, &against);
            if ratio == GAP_AT {
                gap = mean_gap(&losses);
            }
            if ratio == RATIOS[0] {
                add_lines(lab.dim(), &study, step, &label, points)?;
            }
        }
        Ok(gap)
    }

    fn judge(parts: &[(Part, f64)], _: &MeasuredPoints) -> Judgement {
        let gaps = |ridge: f64| -> Vec<f64> {
            let parts = parts.iter().filter(|(part, _)| part.ridge == ridge);
            parts.map(|(_, gap)| *gap).collect()
        };
        let [plain, ridged] = RIDGES.map(gaps);
        let ridge_closes = plain
            .iter()
            .zip(&ridged)
            .all(|(plain, ridged)| ridged < plain);
        Judgement {
            measured: format!(
                "The gap of test and train loss at N = d/2 is {:.4}, {:.4}, {:.4} for k = 0.5, 1, 2, and {:.4}, {:.4}, {:.4} \
                 with the ridge 0.1.",
                plain[0], plain[1], plain[2], ridged[0], ridged[1], ridged[2]
            ),
            tests: vec![
                Test::new(
                    "the gap is smaller for k = 2 than for k = 0.5",
                    plain[2] < plain[0],
                ),
                Test::new("for each k the gap is smaller with the ridge", ridge_closes),
            ],
        }
    }

    fn draw(_: &[(Part, f64)], points: &MeasuredPoints) -> Vec<Chart> {
        let charts = [
            (0.0, "", ""),
            (0.1, "", ""),
            (0.0, " at 0.95", " at alpha_bar = 0.95"),
        ];
        let chart = |(ridge, at, told): (f64, &str, &str)| {
            let mut chart = theory_and_means(
                format!("Losses against samples{told}, ridge {ridge}"),
                Axis::log("N/d"),
                Axis::log("loss per component"),
            );
            for (index, exponent) in EXPONENTS.into_iter().enumerate() {
                for (what, dash) in [("train", Dash::Dashed), ("test", Dash::Solid)] {
                    let of = format!("{what}{at}, k = {exponent}, gamma = {ridge}");
                    let name = format!("{what}, k = {exponent}");
                    chart = chart.with(points.draw(&of, &name, Hue::nth(index), dash));
                }
            }
            chart
        };
        charts.map(chart).into()
    }
}

/// Adds theory between the measured numbers of samples: averaged over the steps, and of one of them.
fn add_lines(
    dim: usize,
    study: &Study,
    step: usize,
    label: &str,
    points: &mut MeasuredPoints,
) -> Result<(), RunError> {
    let one = study.theory.of_step(step);
    for (theory, at) in [(&study.theory, ""), (&one, " at 0.95")] {
        let lines = samples_between(dim, &RATIOS, 10).into_par_iter();
        let lines = lines.map(|samples| Ok((samples, study.losses_with(theory, samples)?)));
        let lines: Vec<(usize, PredictedLosses)> = lines.collect::<Result<_, RunError>>()?;
        for (samples, losses) in lines {
            let series = |what: &str| format!("{what}{at}, {label}");
            points.add_theory_of_losses(series, samples as f64 / dim as f64, &losses);
        }
    }
    Ok(())
}

/// The gap of test and train loss, a mean over runs.
fn mean_gap(losses: &[LossPair]) -> f64 {
    let gaps: Vec<f64> = losses
        .iter()
        .map(|losses| losses.test_loss - losses.train_loss)
        .collect();
    mean_and_error(&gaps).0.unwrap_or(f64::NAN)
}
