//! A prediction as a table, as CSV and as a chart.

use crate::gaussian::Divergence;
use crate::predict::{Answer, Inputs};
use crate::report::{Chart, Series, Style};
use crate::text::{Page, Table, number};

/// A row a prediction; columns that are empty or the same in all rows of inputs are named above the table.
pub(super) fn table(answers: &[Answer], page: Page) -> String {
    let first = &answers[0].inputs;
    let mut text = format!(
        "{}: {}, mean {}, {} network of {}, {} noise levels, {} sampler\n\n",
        first.source,
        first.dimensions,
        first.mean,
        first.model,
        first.target,
        listed(answers, |i| i.steps.to_string()),
        listed(answers, |i| i.sampler.to_owned())
    );
    let rows: Vec<_> = answers.iter().map(Answer::columns).collect();
    let shown: Vec<usize> = (0..rows[0].len())
        .filter(|&c| rows.iter().any(|row| row[c].1.is_some()))
        .filter(|&c| rows[0][c].0 != "steps" || rows.iter().any(|row| row[c] != rows[0][c]))
        .collect();
    let title = |c: usize| rows[0][c].0;
    if let [row] = &rows[..] {
        let mut table = Table::new(["", "predicted"]);
        for &c in &shown {
            table.row([title(c).to_owned(), cell(title(c), row[c].1)]);
        }
        text += &table.on(page);
    } else {
        // Where there are several samplers the first column says which.
        let several = answers.iter().any(|a| a.inputs.sampler != first.sampler);
        let name = |text: &str| several.then(|| text.to_owned());
        let titles = shown.iter().map(|&c| title(c).to_owned());
        let mut table = Table::new(name("sampler").into_iter().chain(titles));
        for (row, answer) in rows.iter().zip(answers) {
            let cells = shown.iter().map(|&c| cell(title(c), row[c].1));
            table.row(name(answer.inputs.sampler).into_iter().chain(cells));
        }
        text += &table.on(page);
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
        Some(value) if title.contains("samples") || title == "steps" => format!("{value}"),
        value => number(value),
    }
}

pub(super) fn csv(answers: &[Answer]) -> String {
    let names: Vec<&str> = answers[0].columns().into_iter().map(|c| c.0).collect();
    let mut text = names.join(",") + ",sampler\n";
    for answer in answers {
        let cells = answer.columns().into_iter();
        let cells = cells.map(|(_, value)| value.map_or_else(String::new, |v| v.to_string()));
        let cells = cells.chain([answer.inputs.sampler.to_owned()]);
        text += &(cells.collect::<Vec<_>>().join(",") + "\n");
    }
    text
}

/// What an input is in all answers.
fn listed(answers: &[Answer], input: impl Fn(&Inputs) -> String) -> String {
    let mut values: Vec<String> = answers.iter().map(|a| input(&a.inputs)).collect();
    values.dedup();
    let mut seen = Vec::new();
    values.retain(|value| {
        !seen.contains(value) && {
            seen.push(value.clone());
            true
        }
    });
    values.join(", ")
}

/// Losses, or divergences where there are any, against the first input that varies; with bands of one standard
/// deviation over training sets where they are known.
pub(super) fn chart(answers: &[Answer]) -> Chart {
    type Input = (&'static str, fn(&Inputs) -> f64);
    let inputs: [Input; 6] = [
        ("number of steps", |i| i.steps as f64),
        ("number of samples", |i| i.samples as f64),
        ("alpha_bar", |i| i.alpha_bar.unwrap_or(f64::NAN)),
        ("ridge", |i| i.ridge),
        ("covariance ridge", |i| i.covariance_ridge),
        ("tau", |i| i.tau.unwrap_or(f64::NAN)),
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
    let finite = |d: Divergence| Some(d.value()).filter(|v| v.is_finite());
    let mut samplers: Vec<&'static str> = answers.iter().map(|a| a.inputs.sampler).collect();
    samplers.dedup();
    if samplers.len() > 1 {
        let of = |(color, name): (usize, &&'static str)| {
            series(name, Style::Line, color, &|a| {
                let kl = a.kl.as_ref().filter(|_| a.inputs.sampler == *name)?;
                finite(kl.true_sampled)
            })
        };
        return Chart {
            title: format!(
                "{}: divergence of the samples, predicted",
                answers[0].inputs.source
            ),
            x_label: x_label.to_owned(),
            y_label: "KL(true || sampled), nats per dimension".to_owned(),
            log_x: true,
            log_y: true,
            series: samplers.iter().enumerate().map(of).collect(),
            mark: None,
        };
    }
    let mut all = vec![
        series("train loss", Style::Line, 0, &|a| Some(a.loss.train_loss)),
        series("test loss", Style::Line, 1, &|a| Some(a.loss.test_loss)),
        series("oracle loss", Style::Dotted, 6, &|a| {
            Some(a.loss.oracle_loss)
        }),
    ];
    let band = |a: &Answer, sign: f64| Some(a.loss.test_loss + sign * a.loss.test_loss_deviation?);
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
