//! Train and test loss: `losses-vs-n`, `losses-vs-noise`.

use super::finding::{Comparisons, Finding, Verdict, chart, line};
use super::lab::Lab;
use crate::report::{Series, Style};
use crate::run::RunError;
use crate::sweep::mean_and_error;

const EXPONENTS: [f64; 3] = [0.5, 1.0, 2.0];

/// N, at least 2.
pub(super) fn samples(dim: usize, ratio: f64) -> usize {
    ((dim as f64 * ratio).round() as usize).max(2)
}

/// Train and test loss against N/d.
pub(super) fn losses_vs_n(lab: &Lab<'_>) -> Result<Finding, RunError> {
    const RATIOS: [f64; 8] = [0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];
    let dim = lab.dim();
    let mut table = Comparisons::new(dim);
    // The gap at N = d/2, without and with the ridge, by exponent.
    let mut gaps = [[0.0; 2]; 3];
    for (e, exponent) in EXPONENTS.into_iter().enumerate() {
        for (g, ridge) in [0.0, 0.1].into_iter().enumerate() {
            for ratio in RATIOS {
                let case = lab
                    .power_law(exponent, samples(dim, ratio))
                    .with_ridge(ridge);
                let study = case.study(lab, lab.repeats(8), &[lab.epochs(8000)])?;
                let losses = study.each(|run| run.losses(0));
                let predicted = study.predicted(0)?;
                let name = |what: &str| format!("{what}, k = {exponent}, gamma = {ridge}");
                let of = |f: fn(&(f64, f64)) -> f64| losses.iter().map(f).collect::<Vec<_>>();
                table.add(name("train"), ratio, &of(|l| l.0), predicted.train_loss);
                table.add(name("test"), ratio, &of(|l| l.1), predicted.test_loss);
                let step = study.step_near(0.95);
                let at_step = study.each(|run| run.step_losses(0));
                let predicted = study.predicted_step(step, 0)?;
                let name = |what: &str| format!("{what} at 0.95, k = {exponent}, gamma = {ridge}");
                let train: Vec<f64> = at_step.iter().map(|l| l.0[step]).collect();
                let test: Vec<f64> = at_step.iter().map(|l| l.1[step]).collect();
                table.add(name("train"), ratio, &train, predicted.train_loss);
                table.add(name("test"), ratio, &test, predicted.test_loss);
                if ratio == 0.5 {
                    let gap: Vec<f64> = losses.iter().map(|l| l.1 - l.0).collect();
                    gaps[e][g] = mean_and_error(&gap).0.unwrap_or(f64::NAN);
                }
            }
            (lab.tell)(&format!("losses-vs-n: k = {exponent}, gamma = {ridge}"));
        }
    }
    let charts = [
        ("", 0.0, ""),
        ("-ridge", 0.1, ""),
        ("-noise-095", 0.0, " at 0.95"),
    ];
    let charts = charts.map(|(ending, ridge, at)| {
        let mut series = Vec::new();
        for (color, exponent) in EXPONENTS.into_iter().enumerate() {
            for (what, style) in [("train", Style::Dashed), ("test", Style::Line)] {
                let key = format!("{what}{at}, k = {exponent}, gamma = {ridge}");
                series.extend(table.draw(&key, &format!("{what}, k = {exponent}"), color, style));
            }
        }
        let title = format!("Losses against samples, ridge {ridge}");
        (
            ending,
            chart(&title, "N/d", "loss per component", (true, true), series),
        )
    });
    let (passed, tests, outliers) = table.agreement();
    let closes = gaps[2][0] < gaps[0][0] && gaps.iter().all(|gap| gap[1] < gap[0]);
    Ok(Finding {
        name: "losses-vs-n",
        claim: "For N < d the test loss lies above the train loss; hierarchy in the data (a steeper power law) and a ridge \
                close the gap, and random-matrix theory gives both losses from the spectrum alone.",
        measured: format!(
            "{passed} of {tests} losses agree with theory at the same training time{}; the gap at N = d/2 is {:.4}, {:.4}, \
             {:.4} for k = 0.5, 1, 2, and {:.4}, {:.4}, {:.4} with the ridge 0.1.",
            but(&outliers),
            gaps[0][0],
            gaps[1][0],
            gaps[2][0],
            gaps[0][1],
            gaps[1][1],
            gaps[2][1]
        ),
        verdict: Verdict::of(usize::from(outliers.is_empty()) + usize::from(closes), 2),
        test: format!("{}; gaps compared as they stand", table.rule()),
        table,
        charts: charts.into(),
        pictures: Vec::new(),
    })
}

/// ` but for ...`, if anything.
pub(super) fn but(outliers: &[String]) -> String {
    const MOST: usize = 3;
    match outliers {
        [] => String::new(),
        some if some.len() <= MOST => format!(" (but for {})", some.join("; ")),
        many => format!(
            " (but for {}; and {} more)",
            many[..MOST].join("; "),
            many.len() - MOST
        ),
    }
}

/// Losses against alpha_bar.
pub(super) fn losses_vs_noise(lab: &Lab<'_>) -> Result<Finding, RunError> {
    let dim = lab.dim();
    let mut table = Comparisons::new(dim);
    let mut series: Vec<Series> = Vec::new();
    let mut widest = (0.0, 0.0);
    for (color, (ratio, label)) in [(0.5, "N = d/2"), (1.0, "N = d"), (2.0, "N = 2d")]
        .into_iter()
        .enumerate()
    {
        let case = lab.power_law(1.0, samples(dim, ratio));
        let study = case.study(lab, lab.repeats(10), &[lab.epochs(20_000)])?;
        let at_step = study.each(|run| run.step_losses(0));
        let schedule = study.setup().schedule.clone();
        let mut optimum = [Vec::new(), Vec::new()];
        for (step, of_schedule) in schedule.iter().enumerate() {
            let alpha_bar = of_schedule.alpha_bar;
            let predicted = study.predicted_step(step, 0)?;
            let train: Vec<f64> = at_step.iter().map(|l| l.0[step]).collect();
            let test: Vec<f64> = at_step.iter().map(|l| l.1[step]).collect();
            let gap =
                mean_and_error(&test).0.unwrap_or(0.0) - mean_and_error(&train).0.unwrap_or(0.0);
            if ratio == 0.5 && gap > widest.1 {
                widest = (alpha_bar, gap);
            }
            table.add(
                format!("train, {label}"),
                alpha_bar,
                &train,
                predicted.train_loss,
            );
            table.add(
                format!("test, {label}"),
                alpha_bar,
                &test,
                predicted.test_loss,
            );
            let converged = study.optimum_step(step)?;
            optimum[0].push((alpha_bar, converged.train_loss));
            optimum[1].push((alpha_bar, converged.test_loss));
        }
        for ((what, style), optimum) in [("train", Style::Dashed), ("test", Style::Line)]
            .into_iter()
            .zip(optimum)
        {
            series.extend(table.draw(
                &format!("{what}, {label}"),
                &format!("{what}, {label}"),
                color,
                style,
            ));
            series.push(line("", optimum, color, Style::Dotted));
        }
        (lab.tell)(&format!("losses-vs-noise: {label}"));
    }
    let (passed, tests, outliers) = table.agreement();
    Ok(Finding {
        name: "losses-vs-noise",
        claim: "The gap between train and test loss is a matter of small noise: it opens as alpha_bar goes to 1.",
        measured: format!(
            "{passed} of {tests} losses agree with theory at the same training time{}; at N = d/2 the gap is widest, {:.3}, at \
             alpha_bar = {:.3}. Where noise is small descent has not reached the optimum (dotted): points are of descent, \
             lines of theory at its time.",
            but(&outliers),
            widest.1,
            widest.0
        ),
        verdict: Verdict::of(
            usize::from(outliers.is_empty()) + usize::from(widest.0 > 0.8),
            2,
        ),
        test: format!("{}; the widest gap at an alpha_bar above 0.8", table.rule()),
        table,
        charts: vec![(
            "",
            chart(
                "Losses against noise, k = 1",
                "alpha_bar",
                "loss per component",
                (false, true),
                series,
            ),
        )],
        pictures: Vec::new(),
    })
}
