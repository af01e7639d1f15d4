//! What closes the gap: `ridge`, `early-stopping`.

use super::finding::{Comparisons, Finding, Verdict, chart, line, lowest};
use super::lab::Lab;
use super::losses::{but, samples};
use crate::report::Style;
use crate::run::RunError;

/// The palette's black.
const BLACK: usize = 6;

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
                predicted.test_loss,
            );
            let kl = study.each(|run| run.kl(0).sampled_true.value());
            let predicted = predicted.kl_sampled_true.map(|kl| kl.value());
            table.push(key("KL(sampled||true)"), ridge, "descent", &kl, predicted);
            if predicted_best.is_none() {
                predicted_best = Some(study.theory.best_ridge()?.0);
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
        // A dotted line down to the axis marks the predicted best ridge, a black point the measured one.
        let (predicted, measured) = match color {
            0 => ("predicted best (dotted down)", "measured best"),
            _ => ("", ""),
        };
        let down = vec![(best.at, 0.2 * best.value), (best.at, best.value)];
        losses.push(line(predicted, down, color, Style::Dotted));
        losses.push(line(measured, vec![(at, value)], BLACK, Style::Points));
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
        for (look, epoch) in epochs.iter().enumerate() {
            let time = study.rate * *epoch as f64;
            let values = study.each(|run| run.losses(look));
            let predicted = study.theory.at(study.setup(), &study.state(look))?;
            let of = |f: fn(&(f64, f64)) -> f64| values.iter().map(f).collect::<Vec<_>>();
            let train = predicted.train_loss.expect("descent is followed");
            table.add(key("train"), time, &of(|l| l.0), train);
            table.add(key("test"), time, &of(|l| l.1), predicted.test_loss);
            let kl = study.each(|run| run.kl(look).sampled_true.value());
            let kl_predicted = predicted.kl_sampled_true.map(|kl| kl.value());
            table.push(key("KL(sampled||true)"), time, "descent", &kl, kl_predicted);
            predicted_points.push((time, predicted.test_loss));
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
