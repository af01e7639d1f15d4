//! An answer of `probe` as text and as a chart.

use crate::probe::{DirectionProbe, LevelProbe, Probe};
use crate::report::{Axis, Chart, Dash, Hue, KeyOf, Measured, Quantity};
use crate::text::{Page, Table, number};
use crate::theory::Bounded;

/// The number of leading directions in the table.
const LEADING: usize = 4;
/// The number of noise levels in the table of directions.
const LEVELS: usize = 3;

pub(super) fn text(found: &Probe, page: Page) -> String {
    let train = found
        .train_rows
        .map_or_else(String::new, |rows| format!(", {rows} training rows"));
    let mut text = format!(
        "{}: target {}, {} dimensions, {} draws of {} test rows{train}\n\n",
        found.source, found.target, found.dim, found.draws, found.test_rows
    );
    text += "Test loss of x0 per component, its parts, and the affine share of the output\n";
    text += &losses(found).on(page);
    text += "\nThe affine part as a linear network's: rows and ridge, 95 % intervals\n";
    text += &worth(found).on(page);
    text += &reasons(found);
    let some = if found.levels.len() > LEVELS {
        format!(", {LEVELS} of {} levels", found.levels.len())
    } else {
        String::new()
    };
    text += &format!("\nGains of the affine part in the leading directions{some}\n");
    text += &directions(found).on(page);
    if found.training.is_some() {
        text += "\nBeside what can be made from the training rows: E|D - D'|^2/Var D\n";
        text += &training(found).on(page);
    }
    text += "\n";
    for sentence in &found.verdict {
        text += &format!("{sentence}\n");
    }
    if let Some(training) = &found.training {
        text += &format!("{}\n", training.sentence);
        text += &format!(
            "A network that fits its training rows copies them below sigma = {} (alpha_bar above {}).\n",
            number(training.copying_sigma),
            number(training.copying_alpha_bar)
        );
    }
    for warning in &found.warnings {
        text += &format!("warning: {warning}\n");
    }
    text
}

/// A value and its standard error, short enough for a table of 80 columns.
fn measured(value: f64, error: f64) -> String {
    let is_plain = |v: f64| v == 0.0 || (1e-3..1e3).contains(&v.abs());
    if is_plain(value) && is_plain(error) {
        format!("{value:.4} ± {error:.4}")
    } else {
        format!("{value:.2e} ± {error:.1e}")
    }
}

fn bounded(value: &Bounded, digits: usize) -> String {
    let Bounded { value, low, high } = value;
    format!("{value:.digits$} [{low:.digits$}, {high:.digits$}]")
}

fn sigma(level: &LevelProbe) -> String {
    number(level.sigma)
}

fn losses(found: &Probe) -> Table {
    let mut table = Table::new([
        "sigma",
        "test loss",
        "= Wiener",
        "+ affine excess",
        "+ non-linear",
        "affine",
    ]);
    for level in &found.levels {
        let error = &level.standard_errors;
        table.row([
            sigma(level),
            number(level.test_loss),
            number(level.wiener),
            measured(level.affine_excess, error.affine_excess),
            measured(level.nonlinear, error.nonlinear),
            format!("{:.3}", level.affine_share),
        ]);
    }
    table
}

fn worth(found: &Probe) -> Table {
    let linear = found.training.as_ref().map(|_| "linear network");
    let mut table = Table::new(
        ["sigma", "effective rows", "ridge"]
            .into_iter()
            .chain(linear),
    );
    for level in &found.levels {
        let cell = |value: &Option<Bounded>, digits| match value {
            Some(value) => bounded(value, digits),
            None => number(None),
        };
        let mut row = vec![
            sigma(level),
            cell(&level.effective_samples, 0),
            cell(&level.ridge, 3),
        ];
        row.extend(
            level
                .training
                .as_ref()
                .map(|found| cell(&found.linear_effective_samples, 0)),
        );
        table.row(row);
    }
    table
}

/// Why some levels have no effective rows.
fn reasons(found: &Probe) -> String {
    let unknown = found.levels.iter();
    let unknown = unknown.filter_map(|level| Some((level, level.not_identified.as_ref()?)));
    unknown
        .map(|(level, reason)| format!("- at sigma = {}: {reason}\n", sigma(level)))
        .collect()
}

/// The levels of the table of directions: the least noise, the most, and that between them.
fn shown(found: &Probe) -> Vec<usize> {
    let last = found.levels.len() - 1;
    let mut levels: Vec<usize> = (0..LEVELS).map(|i| i * last / (LEVELS - 1)).collect();
    levels.dedup();
    levels
}

fn directions(found: &Probe) -> Table {
    let predicted = found.train_rows.map(|rows| format!("linear, N = {rows}"));
    let titles = ["sigma", "direction", "gain", "Wiener"].map(str::to_owned);
    let mut table = Table::new(titles.into_iter().chain(predicted));
    for level in shown(found) {
        let leading =
            |direction: &&DirectionProbe| direction.level == level && direction.rank <= LEADING;
        for direction in found.directions.iter().filter(leading) {
            let mut row = vec![
                sigma(&found.levels[level]),
                direction.rank.to_string(),
                format!("{:.3} ± {:.3}", direction.gain, direction.standard_error),
                format!("{:.3}", direction.wiener),
            ];
            if found.train_rows.is_some() {
                row.push(
                    direction
                        .predicted
                        .map_or_else(|| number(None), |gain| format!("{gain:.3}")),
                );
            }
            table.row(row);
        }
    }
    table
}

fn training(found: &Probe) -> Table {
    let levels = || {
        found
            .levels
            .iter()
            .filter_map(|level| Some((level, level.training.as_ref()?)))
    };
    let local = levels().any(|(_, training)| training.from_local_filter.is_some());
    let titles = ["sigma", "linear optimum"];
    let local_title = local.then_some("local 5 x 5");
    let titles = titles.into_iter().chain(local_title);
    let mut table = Table::new(titles.chain(["copier", "train loss", "gain gap"]));
    for (level, training) in levels() {
        let mut row = vec![sigma(level), number(training.from_linear_optimum)];
        row.extend(training.from_local_filter.map(number));
        row.extend([
            number(training.from_copying),
            number(training.train_loss.map(|loss| loss.value)),
            training.gain_gap.map_or_else(
                || number(None),
                |gap| format!("{:.3} ± {:.3}", gap.value, gap.standard_error),
            ),
        ]);
        table.row(row);
    }
    table
}

/// The losses by noise level over Wiener's, from the ground up: with the affine excess, and with all of it.
pub(super) fn chart(found: &Probe) -> Chart {
    let points = |of: &dyn Fn(&LevelProbe) -> Option<(f64, f64)>| -> Vec<Measured> {
        let levels = found.levels.iter();
        let point = |level: &LevelProbe| {
            let (value, error) = of(level)?;
            let bar = Some(1.96 * error / level.wiener);
            Some(Measured::new(level.sigma, value / level.wiener, bar))
        };
        levels.filter_map(point).collect()
    };
    let errors = |level: &LevelProbe| level.standard_errors;
    let test = points(&|level| Some((level.test_loss, errors(level).test_loss)));
    let affine = points(&|level| {
        let error = errors(level).affine_excess;
        Some((level.wiener + level.affine_excess, error))
    });
    let train = points(&|level| {
        let loss = level.training.as_ref()?.train_loss?;
        Some((loss.value, loss.standard_error))
    });
    let wiener = found.levels.iter().map(|level| (level.sigma, 1.0));
    Chart::new(
        format!("{}: what the network has learned", found.source),
        Axis::log("sigma, the noise in x0 + sigma eps"),
        Axis::linear("loss of x0 over that of Wiener's filter"),
    )
    .key(KeyOf::Bars, "measured, with 95 %")
    .with(Quantity::new("Wiener: best linear map", Hue::Ink).line_as(Dash::Dashed, wiener))
    .with(
        Quantity::new("+ affine excess", Hue::Gold)
            .measured(affine)
            .joined(),
    )
    .with(
        Quantity::new("+ non-linear = test loss", Hue::TEST)
            .measured(test)
            .joined(),
    )
    .with(
        Quantity::new("train loss", Hue::TRAIN)
            .measured(train)
            .joined(),
    )
}
