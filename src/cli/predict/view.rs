//! A prediction as a table, as CSV and as a chart.

use crate::predict::{Answer, Inputs};
use crate::report::{Axis, Chart, Dash, Hue, KeyOf, Quantity, Scale};
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
        let words: [(&str, Word); 2] = [("sampler", SAMPLER), ("row_weights", weights)];
        let named = words
            .into_iter()
            .filter(|(_, word)| several(answers, *word));
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

/// What is drawn: answers to the question, and answers between them for smooth lines.
pub(super) struct Drawn<'a> {
    pub asked: &'a [Answer],
    pub between: &'a [Answer],
}

/// Losses, and divergences below them if there are any, against the first input that varies. Bands show one standard
/// deviation over training sets where it is known. If more varies, each combination of the rest has a line.
pub(super) fn chart(drawn: &Drawn<'_>) -> Option<Chart> {
    let answers = drawn.asked;
    let (x_label, x) = varied(answers).next()?;
    let source = &answers[0].inputs.source;
    let axes = |title: &str, y_label: &str| {
        let x_axis = match x_label {
            ALPHA_BAR => Axis::linear(x_label),
            _ => Axis::log(x_label),
        };
        Chart::new(format!("{source}: {title}"), x_axis, Axis::log(y_label))
            .key(KeyOf::Line(Dash::Solid), "theory")
            .key(KeyOf::Points, "the values asked for")
    };
    let kl = |a: &Answer| Some(a.kl.as_ref()?.true_sampled.value());
    let line = |inputs: &Inputs| line_name(answers, x_label, inputs);
    Some(if several(answers, SAMPLER) {
        let chart = axes(
            "divergence of the samples",
            "KL(true||sampled), nats per dimension",
        );
        chart.with_all(one_line_each(drawn, x, line, kl))
    } else if distinct(answers, line).len() > 1 {
        let chart = axes("test loss", "loss per component");
        chart.with_all(one_line_each(drawn, x, line, |a| Some(a.loss.test_loss)))
    } else {
        let losses = losses(axes("losses", "loss per component"), drawn, x);
        let divergences = divergences(
            axes("divergence of the samples", "nats per dimension"),
            drawn,
            x,
        );
        match divergences.quantities.is_empty() {
            true => losses,
            false => losses.above(divergences),
        }
    })
}

/// The name of an answer's line: its sampler and its law of weights, if there are several, and its other inputs that
/// vary, but for the one on the horizontal axis.
fn line_name(answers: &[Answer], x_label: &str, inputs: &Inputs) -> String {
    let law: Word = match x_label {
        PARAMETER => |i| i.row_weights.to_owned(),
        _ => weights,
    };
    let mut parts = Vec::new();
    if several(answers, SAMPLER) {
        parts.push(inputs.sampler.to_owned());
    }
    if several(answers, law) {
        parts.push(format!("weights {}", law(inputs)));
    }
    // The law of weights says its parameter.
    let others = varied(answers).filter(|(name, _)| *name != x_label && *name != PARAMETER);
    parts.extend(others.map(|(name, value)| format!("{name} = {}", value(inputs))));
    parts.join(", ")
}

type Input = fn(&Inputs) -> f64;
type Word = fn(&Inputs) -> String;

const SAMPLER: Word = |i| i.sampler.to_owned();

/// Whether the answers differ in this.
fn several(answers: &[Answer], word: Word) -> bool {
    distinct(answers, word).len() > 1
}

const PARAMETER: &str = "parameter of the row weights";
const ALPHA_BAR: &str = "alpha_bar";

/// The inputs that vary, with their names.
fn varied(answers: &[Answer]) -> impl Iterator<Item = (&'static str, Input)> {
    let inputs: [(&str, Input); 7] = [
        ("number of steps", |i| i.steps as f64),
        ("number of samples", |i| i.samples as f64),
        (ALPHA_BAR, |i| i.alpha_bar.unwrap_or(f64::NAN)),
        ("ridge", |i| i.ridge),
        ("covariance ridge", |i| i.covariance_ridge),
        ("tau", |i| i.tau.unwrap_or(f64::NAN)),
        (PARAMETER, |i| i.row_weights_parameter.unwrap_or(f64::NAN)),
    ];
    let varies = |(_, input): &(&str, Input)| {
        let first = input(&answers[0].inputs);
        let differs = |answer: &Answer| input(&answer.inputs) != first;
        !first.is_nan() && answers.iter().any(differs)
    };
    inputs.into_iter().filter(varies)
}

/// The line of a value, through all answers, with points where it was asked for.
fn quantity(
    drawn: &Drawn<'_>,
    x: Input,
    (name, hue, dash): (&str, Hue, Dash),
    y: impl Fn(&Answer) -> Option<f64>,
) -> Quantity {
    let at = |a: &Answer| Some([x(&a.inputs), y(a)?]);
    let line = everywhere(drawn, at).into_iter().map(|[x, y]| (x, y));
    let asked = drawn.asked.iter().filter_map(at).map(|[x, y]| (x, y));
    Quantity::new(name, hue).line_as(dash, line).points(asked)
}

/// Values of all answers, in the order of x.
fn everywhere<const N: usize>(
    drawn: &Drawn<'_>,
    at: impl Fn(&Answer) -> Option<[f64; N]>,
) -> Vec<[f64; N]> {
    let all = drawn.asked.iter().chain(drawn.between);
    let mut values: Vec<[f64; N]> = all.filter_map(at).collect();
    values.sort_by(|a, b| a[0].total_cmp(&b[0]));
    values
}

/// A line for each value of a word among the inputs.
fn one_line_each(
    drawn: &Drawn<'_>,
    x: Input,
    word: impl Fn(&Inputs) -> String,
    y: impl Fn(&Answer) -> Option<f64>,
) -> Vec<Quantity> {
    let names = distinct(drawn.asked, &word).into_iter().enumerate();
    let line = |(index, name): (usize, String)| {
        // Lines of one hue differ by their dashes.
        let dash = [Dash::Solid, Dash::Dashed, Dash::Dotted][index / Hue::ALL.len() % 3];
        quantity(drawn, x, (&name, Hue::nth(index), dash), |a| {
            y(a).filter(|_| word(&a.inputs) == name)
        })
    };
    names.map(line).collect()
}

fn losses(chart: Chart, drawn: &Drawn<'_>, x: Input) -> Chart {
    let oracle = everywhere(drawn, |a| Some([x(&a.inputs), a.loss.oracle_loss]));
    let oracle = oracle.into_iter().map(|[x, y]| (x, y));
    let value = |name, hue, of: fn(&Answer) -> f64| {
        quantity(drawn, x, (name, hue, Dash::Solid), |a| Some(of(a)))
    };
    let band = everywhere(drawn, |a| {
        let (loss, deviation) = (a.loss.test_loss, a.loss.test_loss_deviation?);
        Some([x(&a.inputs), loss - deviation, loss + deviation])
    });
    with_band(chart, !band.is_empty())
        .with(Quantity::new("oracle", Hue::Ink).line_as(Dash::Dotted, oracle))
        .with(value("train loss", Hue::TRAIN, |a| a.loss.train_loss))
        .with(value("test loss", Hue::TEST, |a| a.loss.test_loss).band(of_three(band)))
}

/// Both divergences; none if there is no sampler, or if all lie at a zero that a logarithmic axis does not show.
fn divergences(chart: Chart, drawn: &Drawn<'_>, x: Input) -> Chart {
    let is_on = |value: f64| chart.x.scale != Scale::Logarithmic || value > 0.0;
    let is_shown = |answer: &Answer| answer.kl.is_some() && is_on(x(&answer.inputs));
    if !drawn.asked.iter().any(is_shown) {
        return chart;
    }
    let value = |name, hue, of: fn(&Answer) -> Option<f64>| {
        quantity(drawn, x, (name, hue, Dash::Solid), of)
    };
    let band = everywhere(drawn, |a| {
        let kl = a.kl.as_ref()?;
        let (value, deviation) = (kl.true_sampled.value(), kl.true_sampled_deviation?);
        Some([x(&a.inputs), value - deviation, value + deviation])
    });
    with_band(chart, !band.is_empty())
        .with(
            value("KL(true||sampled)", Hue::Blue, |a| {
                Some(a.kl.as_ref()?.true_sampled.value())
            })
            .band(of_three(band)),
        )
        .with(value("KL(sampled||true)", Hue::Red, |a| {
            Some(a.kl.as_ref()?.sampled_true.value())
        }))
}

fn of_three(band: Vec<[f64; 3]>) -> impl Iterator<Item = (f64, f64, f64)> {
    band.into_iter().map(|[x, low, high]| (x, low, high))
}

fn with_band(chart: Chart, is_known: bool) -> Chart {
    match is_known {
        true => chart.key(KeyOf::Band, "± 1 sd over training sets"),
        false => chart,
    }
}
