//! A prediction as a table, as CSV and as a chart.

use crate::gaussian::Divergence;
use crate::predict::{Answer, Inputs};
use crate::report::{Chart, Series, Style};
use crate::text::{Page, Table, number};

/// One row for each prediction. An input that is equal in all rows stands above the table; an empty column is left
/// out.
pub(super) fn table(answers: &[Answer], page: Page) -> String {
    let first = &answers[0].inputs;
    let mut text = format!(
        "{}: {}, {}mean {}, {} network of {}, {} noise levels, {} sampler\n\n",
        first.source,
        first.dimensions,
        if answers
            .iter()
            .any(|a| a.inputs.row_weights_parameter.is_some())
        {
            format!("row weights {}, ", listed(answers, weights))
        } else {
            String::new()
        },
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
        // With several samplers, or laws of weights, the first columns name them.
        let words: [(&str, Word); 2] = [
            ("sampler", |i| i.sampler.to_owned()),
            ("row_weights", weights),
        ];
        let several = |word: Word| answers.iter().any(|a| word(&a.inputs) != word(first));
        let named = words.into_iter().filter(|(_, word)| several(*word));
        let named: Vec<_> = named.collect();
        let titles = shown.iter().map(|&c| title(c).to_owned());
        let mut table = Table::new(named.iter().map(|(t, _)| (*t).to_owned()).chain(titles));
        for (row, answer) in rows.iter().zip(answers) {
            let cells = shown.iter().map(|&c| cell(title(c), row[c].1));
            let words = named.iter().map(|(_, word)| word(&answer.inputs));
            table.row(words.chain(cells));
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
    let mut text = names.join(",") + ",sampler,row_weights,row_weights_parameter\n";
    for answer in answers {
        let cells = answer.columns().into_iter();
        let cells = cells.map(|(_, value)| value.map_or_else(String::new, |v| v.to_string()));
        let parameter = answer.inputs.row_weights_parameter;
        let cells = cells.chain([
            answer.inputs.sampler.to_owned(),
            answer.inputs.row_weights.to_owned(),
            parameter.map_or_else(String::new, |p| p.to_string()),
        ]);
        text += &(cells.collect::<Vec<_>>().join(",") + "\n");
    }
    text
}

/// The law of the rows' weights, with its parameter.
fn weights(inputs: &Inputs) -> String {
    match inputs.row_weights_parameter {
        Some(parameter) => format!("{} {parameter}", inputs.row_weights),
        None => inputs.row_weights.to_owned(),
    }
}

/// The values of an input over all answers.
fn listed(answers: &[Answer], input: impl Fn(&Inputs) -> String) -> String {
    distinct(answers, input).join(", ")
}

/// The values of an input over all answers, each once.
fn distinct(answers: &[Answer], input: impl Fn(&Inputs) -> String) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for answer in answers {
        let value = input(&answer.inputs);
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// Losses, or divergences if there are any, against the first input that varies. Bands show one standard deviation
/// over training sets where it is known. Several samplers, or laws of weights, have a line each.
pub(super) fn chart(answers: &[Answer]) -> Chart {
    let Some((x_label, x)) = varied_input(answers) else {
        return Chart::default();
    };
    let source = &answers[0].inputs.source;
    let sampler = |i: &Inputs| i.sampler.to_owned();
    let law = |i: &Inputs| match x_label {
        PARAMETER => i.row_weights.to_owned(),
        _ => weights(i),
    };
    if distinct(answers, sampler).len() > 1 {
        let kl = |a: &Answer| finite(a.kl.as_ref()?.true_sampled);
        Chart::log_log(
            format!("{source}: divergence of the samples, predicted"),
            x_label,
            "KL(true || sampled), nats per dimension",
            one_line_each(answers, x, sampler, kl),
        )
    } else if distinct(answers, law).len() > 1 {
        Chart::log_log(
            format!("{source}: test loss, predicted"),
            x_label,
            "loss per component",
            one_line_each(answers, x, law, |a| Some(a.loss.test_loss)),
        )
    } else {
        Chart::log_log(
            format!("{source}: predicted"),
            x_label,
            "loss per component; nats per dimension",
            losses_and_divergences(answers, x),
        )
    }
}

type Input = fn(&Inputs) -> f64;
type Word = fn(&Inputs) -> String;

const PARAMETER: &str = "parameter of the row weights";

/// The first input that varies, with its name.
fn varied_input(answers: &[Answer]) -> Option<(&'static str, Input)> {
    let inputs: [(&str, Input); 7] = [
        ("number of steps", |i| i.steps as f64),
        ("number of samples", |i| i.samples as f64),
        ("alpha_bar", |i| i.alpha_bar.unwrap_or(f64::NAN)),
        ("ridge", |i| i.ridge),
        ("covariance ridge", |i| i.covariance_ridge),
        ("tau", |i| i.tau.unwrap_or(f64::NAN)),
        (PARAMETER, |i| i.row_weights_parameter.unwrap_or(f64::NAN)),
    ];
    let varies = |input: Input| {
        let first = input(&answers[0].inputs);
        let differs = |answer: &Answer| input(&answer.inputs) != first;
        !first.is_nan() && answers.iter().any(differs)
    };
    inputs.into_iter().find(|(_, input)| varies(*input))
}

fn series(
    answers: &[Answer],
    x: Input,
    name: &str,
    (color, style): (usize, Style),
    y: impl Fn(&Answer) -> Option<f64>,
) -> Series {
    let points = answers.iter().filter_map(|a| Some((x(&a.inputs), y(a)?)));
    Series::new(name, points.collect(), color, style)
}

fn finite(divergence: Divergence) -> Option<f64> {
    Some(divergence.value()).filter(|value| value.is_finite())
}

/// A line for each value of a word among the inputs.
fn one_line_each(
    answers: &[Answer],
    x: Input,
    word: impl Fn(&Inputs) -> String,
    y: impl Fn(&Answer) -> Option<f64>,
) -> Vec<Series> {
    let names = distinct(answers, &word).into_iter().enumerate();
    let line = |(color, name): (usize, String)| {
        series(answers, x, &name, (color, Style::Line), |a| {
            y(a).filter(|_| word(&a.inputs) == name)
        })
    };
    names.map(line).collect()
}

/// Both with bands of one standard deviation over training sets where they are known.
fn losses_and_divergences(answers: &[Answer], x: Input) -> Vec<Series> {
    type Value<'a> = &'a dyn Fn(&Answer) -> Option<f64>;
    let test =
        |sign: f64| move |a: &Answer| Some(a.loss.test_loss + sign * a.loss.test_loss_deviation?);
    let kl = |sign: f64| {
        move |a: &Answer| {
            let kl = a.kl.as_ref()?;
            Some(kl.true_sampled.value() + sign * kl.true_sampled_deviation?)
        }
    };
    let all: [(&str, Style, usize, Value<'_>); 9] = [
        ("train loss", Style::Line, 0, &|a| Some(a.loss.train_loss)),
        ("test loss", Style::Line, 1, &|a| Some(a.loss.test_loss)),
        ("oracle loss", Style::Dotted, 6, &|a| {
            Some(a.loss.oracle_loss)
        }),
        ("test loss ± 1 sd", Style::Dashed, 1, &test(1.0)),
        ("", Style::Dashed, 1, &test(-1.0)),
        ("KL(true || sampled)", Style::Line, 2, &|a| {
            finite(a.kl.as_ref()?.true_sampled)
        }),
        ("KL ± 1 sd", Style::Dashed, 2, &kl(1.0)),
        ("", Style::Dashed, 2, &kl(-1.0)),
        ("KL(sampled || true)", Style::Line, 3, &|a| {
            finite(a.kl.as_ref()?.sampled_true)
        }),
    ];
    let drawn = all.map(|(name, style, color, y)| series(answers, x, name, (color, style), y));
    drawn.into()
}
