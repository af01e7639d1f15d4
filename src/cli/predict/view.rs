//! A prediction as a table, as CSV and as a chart.

use super::answer::{Answer, Inputs};
use crate::gaussian::Divergence;
use crate::report::{Chart, Series, Style, Table, number};

/// A row a prediction; columns that are empty or the same in all rows of inputs are named above the table.
pub(super) fn table(answers: &[Answer]) -> String {
    let first = &answers[0].inputs;
    let mean = if first.center { "fitted" } else { "known" };
    let mut text = format!(
        "{}: {} dimensions, mean {mean}, {} noise levels, {} sampler\n\n",
        first.source, first.dim, first.steps, first.sampler
    );
    let rows: Vec<_> = answers.iter().map(Answer::columns).collect();
    let shown: Vec<usize> = (0..rows[0].len())
        .filter(|&c| rows.iter().any(|row| row[c].1.is_some()))
        .collect();
    let title = |c: usize| rows[0][c].0;
    if let [row] = &rows[..] {
        let mut table = Table::new(["", "predicted"]);
        for &c in &shown {
            table.row([title(c).to_owned(), cell(title(c), row[c].1)]);
        }
        text += &table.to_string();
    } else {
        let mut table = Table::new(shown.iter().map(|&c| title(c)));
        for row in &rows {
            table.row(shown.iter().map(|&c| cell(title(c), row[c].1)));
        }
        text += &table.to_string();
    }
    let mut warnings: Vec<&String> = answers.iter().flat_map(|a| &a.warnings).collect();
    warnings.dedup();
    for warning in warnings {
        text += &format!("warning: {warning}\n");
    }
    text
}

fn cell(title: &str, value: Option<f64>) -> String {
    match value {
        Some(value) if title.contains("samples") => format!("{value}"),
        value => number(value),
    }
}

pub(super) fn csv(answers: &[Answer]) -> String {
    let names: Vec<&str> = answers[0].columns().into_iter().map(|c| c.0).collect();
    let mut text = names.join(",") + "\n";
    for answer in answers {
        let cells = answer.columns().into_iter();
        let cells = cells.map(|(_, value)| value.map_or_else(String::new, |v| v.to_string()));
        text += &(cells.collect::<Vec<_>>().join(",") + "\n");
    }
    text
}

/// Losses, or divergences where there are any, against the first input that varies; with bands of one standard
/// deviation over training sets where they are known.
pub(super) fn chart(answers: &[Answer]) -> Chart {
    type Input = (&'static str, fn(&Inputs) -> f64);
    let inputs: [Input; 5] = [
        ("number of samples", |i| i.samples as f64),
        ("alpha_bar", |i| i.alpha_bar.unwrap_or(f64::NAN)),
        ("ridge", |i| i.ridge),
        ("covariance ridge", |i| i.covariance_ridge),
        ("time", |i| i.time.unwrap_or(f64::NAN)),
    ];
    let varies = |f: fn(&Inputs) -> f64| {
        let first = f(&answers[0].inputs);
        answers
            .iter()
            .any(|a| f(&a.inputs) != first && !first.is_nan())
    };
    let found = inputs.iter().find(|(_, f)| varies(*f));
    let Some(&(x_label, x)) = found else {
        return Chart::default();
    };
    let series = |name: &str, style, color, y: &dyn Fn(&Answer) -> Option<f64>| Series {
        name: name.to_owned(),
        points: answers
            .iter()
            .filter_map(|a| Some((x(&a.inputs), y(a)?)))
            .collect(),
        style,
        color,
    };
    let mut all = vec![
        series("train loss", Style::Line, 0, &|a| Some(a.loss.train)),
        series("test loss", Style::Line, 1, &|a| Some(a.loss.test)),
        series("oracle loss", Style::Dotted, 6, &|a| Some(a.loss.oracle)),
    ];
    let band = |a: &Answer, sign: f64| Some(a.loss.test + sign * a.loss.test_deviation?);
    let finite = |d: Divergence| Some(d.value()).filter(|v| v.is_finite());
    let kl_band = |a: &Answer, sign: f64| {
        let kl = a.kl.as_ref()?;
        Some(kl.true_sampled.value() + sign * kl.true_sampled_deviation?)
    };
    all.extend([
        series("test loss ± 1 sd", Style::Dashed, 1, &|a| band(a, 1.0)),
        series("", Style::Dashed, 1, &|a| band(a, -1.0)),
        series("KL(true || sampled)", Style::Line, 2, &|a| {
            finite(a.kl.as_ref()?.true_sampled)
        }),
        series("KL ± 1 sd", Style::Dashed, 2, &|a| kl_band(a, 1.0)),
        series("", Style::Dashed, 2, &|a| kl_band(a, -1.0)),
        series("KL(sampled || true)", Style::Line, 3, &|a| {
            finite(a.kl.as_ref()?.sampled_true)
        }),
    ]);
    Chart {
        title: format!("{}: predicted", answers[0].inputs.source),
        x_label: x_label.to_owned(),
        y_label: "loss per component; nats per dimension".to_owned(),
        log_x: true,
        log_y: true,
        series: all,
        mark: None,
    }
}
