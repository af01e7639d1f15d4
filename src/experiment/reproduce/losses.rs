//! Train and test loss: `losses-vs-n`, `losses-vs-noise`, `ridge`, `early-stopping`.

use super::finding::{Comparisons, Finding, Verdict, chart, line, lowest};
use super::lab::{Lab, Study};
use crate::diffusion::NoiseLevel;
use crate::experiment::{RunError, mean_and_error};
use crate::report::{Series, Style};
use crate::theory::Query;

const EXPONENTS: [f64; 3] = [0.5, 1.0, 2.0];

/// N, at least 2.
fn samples(dim: usize, ratio: f64) -> usize {
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
                table.add(name("train"), ratio, &of(|l| l.0), predicted.train);
                table.add(name("test"), ratio, &of(|l| l.1), predicted.test);
                let step = study.step_near(0.95);
                let at_step = study.each(|run| run.step_losses(0));
                let predicted = study.predicted_step(step, 0)?;
                let name = |what: &str| format!("{what} at 0.95, k = {exponent}, gamma = {ridge}");
                let train: Vec<f64> = at_step.iter().map(|l| l.0[step]).collect();
                let test: Vec<f64> = at_step.iter().map(|l| l.1[step]).collect();
                table.add(name("train"), ratio, &train, predicted.train);
                table.add(name("test"), ratio, &test, predicted.test);
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
                predicted.train,
            );
            table.add(format!("test, {label}"), alpha_bar, &test, predicted.test);
            let converged = study.optimum_step(step)?;
            optimum[0].push((alpha_bar, converged.train));
            optimum[1].push((alpha_bar, converged.test));
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

/// The kept steps' noise levels, for optima.
fn levels(study: &Study) -> Vec<NoiseLevel> {
    study.theory.levels()
}

/// Test loss and divergence against the ridge.
pub(super) fn ridge(lab: &Lab<'_>) -> Result<Finding, RunError> {
    const RIDGES: [f64; 9] = [0.003, 0.01, 0.03, 0.06, 0.1, 0.2, 0.4, 0.8, 1.6];
    let dim = lab.dim();
    let mut table = Comparisons::new(dim);
    let (mut losses, mut divergences) = (Vec::new(), Vec::new());
    let (mut told, mut near) = (Vec::new(), 0);
    for (color, (ratio, label)) in [(0.25, "N = d/4"), (0.5, "N = d/2"), (2.0, "N = 2d")]
        .into_iter()
        .enumerate()
    {
        let key = |what: &str| format!("{what}, {label}");
        let mut predicted_best = None;
        for ridge in RIDGES {
            let case = lab.power_law(1.0, samples(dim, ratio)).with_ridge(ridge);
            let study = case.study(lab, lab.repeats(8), &[lab.epochs(8000)])?;
            let predicted = study.theory.at(study.setup(), &study.state(0))?;
            table.add(
                key("test"),
                ridge,
                &study.each(|run| run.losses(0).1),
                predicted.test,
            );
            let kl = study.each(|run| run.kl(0).sampled_true.value());
            let predicted = predicted.kl_sampled_true.map(|kl| kl.value());
            table.push(key("KL(sampled||true)"), ridge, "descent", &kl, predicted);
            if predicted_best.is_none() {
                let levels = levels(&study);
                let query = Query {
                    levels: &levels,
                    ridge: 0.0,
                    covariance_ridge: 0.0,
                    time: None,
                    rules: None,
                };
                predicted_best = Some(study.ensemble()?.best_ridge(&query)?);
            }
        }
        let rows = table.rows().iter().filter(|r| r.series == key("test"));
        let points: Vec<(f64, f64)> = rows.map(|r| (r.x, r.mean)).collect();
        let (at, value) = lowest(&points).expect("points");
        let best = predicted_best.expect("a ridge was tried");
        // What is given away at the measured best, by the flat minimum of the prediction.
        near +=
            usize::from((value / best.value - 1.0).abs() < 0.02 && (at / best.at).ln().abs() < 0.7);
        told.push(format!(
            "{label}: best ridge {:.3} predicted, {at:.3} measured",
            best.at
        ));
        losses.extend(table.draw(&key("test"), label, color, Style::Line));
        losses.push(line(
            "",
            vec![(best.at, best.value), (at, value)],
            color,
            Style::Dotted,
        ));
        divergences.extend(table.draw(&key("KL(sampled||true)"), label, color, Style::Line));
        (lab.tell)(&format!("ridge: {label}"));
    }
    let (passed, tests, outliers) = table.agreement();
    Ok(Finding {
        name: "ridge",
        claim: "A ridge (weight decay) lowers the test loss of few samples; the best ridge follows from the spectrum.",
        measured: format!(
            "{}; {passed} of {tests} values agree with theory{}.",
            told.join("; "),
            but(&outliers)
        ),
        verdict: Verdict::of(usize::from(outliers.is_empty()) + usize::from(near == 3), 2),
        test: format!(
            "{}; each measured best ridge (a parabola through the lowest points) within a factor of 2 of the predicted one \
             and its loss within 2 %",
            table.rule()
        ),
        table,
        charts: vec![
            (
                "",
                chart(
                    "Test loss against the ridge, k = 1",
                    "ridge gamma",
                    "test loss per component",
                    (true, true),
                    losses,
                ),
            ),
            (
                "-kl",
                chart(
                    "Divergence against the ridge, k = 1",
                    "ridge gamma",
                    "KL(sampled||true), nats per dimension",
                    (true, true),
                    divergences,
                ),
            ),
        ],
        pictures: Vec::new(),
    })
}

/// Losses and divergence against training time.
pub(super) fn early_stopping(lab: &Lab<'_>) -> Result<Finding, RunError> {
    let dim = lab.dim();
    let longest = lab.epochs(8000);
    // About a dozen looks a decade is more than the eye needs.
    let mut epochs: Vec<usize> = (0..22)
        .map(|i| (longest as f64).powf(i as f64 / 21.0).round() as usize)
        .collect();
    epochs.dedup();
    let mut table = Comparisons::new(dim);
    let (mut losses, mut divergences) = (Vec::new(), Vec::new());
    let (mut told, mut near, mut cases) = (Vec::new(), 0, 0);
    let plan = [
        (0.25, 0.5),
        (0.25, 1.0),
        (0.25, 2.0),
        (0.125, 1.0),
        (0.5, 1.0),
    ];
    for (color, (ratio, exponent)) in plan.into_iter().enumerate() {
        let label = format!("N/d = {ratio}, k = {exponent}");
        let key = |what: &str| format!("{what}, {label}");
        let case = lab.power_law(exponent, samples(dim, ratio));
        let study = case.study(lab, lab.repeats(10), &epochs)?;
        let mut predicted_points = Vec::new();
        for look in 0..epochs.len() {
            let time = study.rate * epochs[look] as f64;
            let values = study.each(|run| run.losses(look));
            let predicted = study.theory.at(study.setup(), &study.state(look))?;
            let of = |f: fn(&(f64, f64)) -> f64| values.iter().map(f).collect::<Vec<_>>();
            let train = predicted.train.expect("descent is followed");
            table.add(key("train"), time, &of(|l| l.0), train);
            table.add(key("test"), time, &of(|l| l.1), predicted.test);
            let kl = study.each(|run| run.kl(look).sampled_true.value());
            let kl_predicted = predicted.kl_sampled_true.map(|kl| kl.value());
            table.push(key("KL(sampled||true)"), time, "descent", &kl, kl_predicted);
            predicted_points.push((time, predicted.test));
        }
        let rows = table.rows().iter().filter(|r| r.series == key("test"));
        let points: Vec<(f64, f64)> = rows.map(|r| (r.x, r.mean)).collect();
        let (measured, predicted) = (lowest(&points), lowest(&predicted_points));
        let ((at, _), (expected, _)) = (measured.expect("points"), predicted.expect("points"));
        near += usize::from((at / expected).ln().abs() < 0.25);
        cases += 1;
        told.push(format!(
            "{label}: best time {expected:.2} predicted, {at:.2} measured"
        ));
        if ratio == 0.25 {
            losses.extend(table.draw(
                &key("train"),
                &format!("train, k = {exponent}"),
                color,
                Style::Dashed,
            ));
            losses.extend(table.draw(
                &key("test"),
                &format!("test, k = {exponent}"),
                color,
                Style::Line,
            ));
            let name = format!("k = {exponent}");
            divergences.extend(table.draw(&key("KL(sampled||true)"), &name, color, Style::Line));
        }
        (lab.tell)(&format!("early-stopping: {label}"));
    }
    let (passed, tests, outliers) = table.agreement();
    Ok(Finding {
        name: "early-stopping",
        claim: "With N < d the test loss first falls and then rises: stopping early acts as a ridge, and the best time \
                follows from the spectrum.",
        measured: format!(
            "{}; {passed} of {tests} values agree with theory{}.",
            told.join("; "),
            but(&outliers)
        ),
        verdict: Verdict::of(
            usize::from(outliers.is_empty()) + usize::from(near == cases),
            2,
        ),
        test: format!(
            "{}; each measured best time within 28 % (e^0.25) of the predicted one, both by parabolas through the lowest points",
            table.rule()
        ),
        table,
        charts: vec![
            (
                "",
                chart(
                    "Losses against training time, N = d/4",
                    "training time",
                    "loss per component",
                    (true, true),
                    losses,
                ),
            ),
            (
                "-kl",
                chart(
                    "Divergence against training time, N = d/4",
                    "training time",
                    "KL(sampled||true), nats per dimension",
                    (true, true),
                    divergences,
                ),
            ),
        ],
        pictures: Vec::new(),
    })
}
