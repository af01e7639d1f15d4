//! A forecast as text and as a chart.

use crate::forecast::{
    Basis, Covariances, Estimate, Forecast, Forecasted, OfCovariance, Quantity, WithSamples,
};
use crate::report::Quantity as Shown;
use crate::report::{Axis, Chart, Dash, Hue, KeyOf, Measured};
use crate::text::{Page, Table, number};

pub(super) fn text(found: &Forecast, page: Page) -> String {
    let mut text = format!(
        "{}: {} rows in {}, {} noise levels, ridge {}\n\n",
        found.source,
        found.rows,
        found.dimensions,
        found.steps,
        number(found.ridge)
    );
    let mut table = Table::new([
        "rows",
        "test loss",
        "excess over the oracle",
        "KL(true||sampled)",
        "KL(sampled||true)",
        "2-Wasserstein",
        "",
    ]);
    for (index, with) in std::iter::once(&found.now)
        .chain(&found.with_samples)
        .enumerate()
    {
        let WithSamples {
            samples,
            test_loss,
            excess_loss,
            kl_true_sampled,
            kl_sampled_true,
            w2,
        } = with;
        let basis = match (index, test_loss.basis, excess_loss.known()) {
            (_, Basis::Extrapolated, _) => "extrapolated",
            (0, _, Some(excess)) if excess.basis == Basis::Extrapolated => {
                "measured; * extrapolated"
            }
            (0, _, _) => "measured",
            (_, _, Some(excess)) if excess.basis == Basis::Extrapolated => {
                "identified; * extrapolated"
            }
            _ => "identified",
        };
        table.row([
            samples.to_string(),
            ranged(test_loss),
            excess(excess_loss, test_loss.basis),
            plain(kl_true_sampled),
            plain(kl_sampled_true),
            number(estimated(w2).ok()),
            basis.to_owned(),
        ]);
    }
    text += &table.on(page);
    text += &reasons(found);
    text += "\n";
    if let Some(covariances) = &found.covariances {
        text += &compared(covariances, page);
        text += "\n";
    }
    for sentence in &found.verdict {
        text += &format!("{sentence}\n");
    }
    for warning in &found.warnings {
        text += &format!("warning: {warning}\n");
    }
    text
}

/// The covariances, from the lowest test loss to the highest.
fn compared(covariances: &Covariances, page: Page) -> String {
    let folds = covariances.folds;
    let mut table = Table::new([
        "covariance".to_owned(),
        format!("test loss, {folds}-fold"),
        "above the best ridge".to_owned(),
        "shrinkage".to_owned(),
    ]);
    let mut sorted: Vec<&OfCovariance> = covariances.compared.iter().collect();
    sorted.sort_by(|a, b| a.test_loss.total_cmp(&b.test_loss));
    for one in sorted {
        let ranged =
            |value, low, high| format!("{} [{}, {}]", number(value), number(low), number(high));
        table.row([
            match (one.ridge, one.covariance_ridge) {
                (Some(ridge), _) => format!("empirical, ridge {}", number(ridge)),
                (_, Some(c)) => format!("empirical, covariance ridge {}", number(c)),
                _ => one.name.clone(),
            },
            ranged(one.test_loss, one.low, one.high),
            match one.ridge {
                Some(_) => "-".to_owned(),
                None => ranged(one.difference, one.difference_low, one.difference_high),
            },
            number(one.shrinkage),
        ]);
    }
    table.on(page)
}

fn ranged(value: &Forecasted) -> String {
    let Forecasted {
        value, low, high, ..
    } = *value;
    format!("{} [{}, {}]", number(value), number(low), number(high))
}

/// An excess with a mark if it is extrapolated and the test loss is not.
fn excess(quantity: &Quantity, test: Basis) -> String {
    match quantity.known() {
        Some(value) if value.basis != test => format!("{}*", ranged(value)),
        Some(value) => ranged(value),
        None => number(None),
    }
}

fn plain(quantity: &Quantity) -> String {
    match quantity {
        Quantity::Known(value) => number(value.value),
        Quantity::Infinite { .. } => number(f64::INFINITY),
        Quantity::Unknown { .. } => number(None),
    }
}

/// The value, or why there is none.
fn estimated(estimate: &Estimate) -> Result<f64, &str> {
    match estimate {
        Estimate::Known { value } => Ok(*value),
        Estimate::Unknown { reason } => Err(reason),
    }
}

/// Why some cells are empty, each reason once.
fn reasons(found: &Forecast) -> String {
    let unknown = |quantity: &Quantity| match quantity {
        Quantity::Unknown { reason } => Some(reason.clone()),
        Quantity::Known(_) | Quantity::Infinite { .. } => None,
    };
    let mut lines: Vec<String> = Vec::new();
    for with in std::iter::once(&found.now).chain(&found.with_samples) {
        for (name, reason) in [
            ("excess", unknown(&with.excess_loss)),
            ("KL", unknown(&with.kl_true_sampled)),
            (
                "2-Wasserstein",
                estimated(&with.w2).err().map(str::to_owned),
            ),
        ] {
            let line = reason.map(|reason| format!("- of {name}: {reason}\n"));
            lines.extend(line.filter(|line| !lines.contains(line)));
        }
    }
    lines.concat()
}

/// The test loss against the number of rows, with its interval; the numbers of rows of the table; Gaussian rows.
pub(super) fn chart(found: &Forecast) -> Chart {
    let curve = || found.curve.iter().map(|p| (p.samples as f64, p));
    let ends = [found.curve.first(), found.curve.last()];
    let ends = ends.into_iter().flatten();
    let oracle = ends.map(|p| (p.samples as f64, found.oracle_loss.value));
    let told = |basis: Basis| -> Vec<Measured> {
        let all = std::iter::once(&found.now).chain(&found.with_samples);
        all.filter(|with| with.test_loss.basis == basis)
            .map(|with| Measured {
                x: with.samples as f64,
                y: with.test_loss.value,
                low: with.test_loss.low,
                high: with.test_loss.high,
            })
            .collect()
    };
    let extrapolated = told(Basis::Extrapolated);
    let has_extrapolated = !extrapolated.is_empty();
    let chart = Chart::new(
        format!("{}: forecast", found.source),
        Axis::log("number of rows"),
        Axis::log("test loss per component"),
    )
    .with(Shown::new("oracle", Hue::Ink).line_as(Dash::Dotted, oracle))
    .with(
        Shown::new("Gaussian rows", Hue::Blue)
            .line_as(Dash::Dashed, curve().map(|(x, p)| (x, p.gaussian))),
    )
    .with(
        Shown::new("your rows", Hue::TEST)
            .band(curve().map(|(x, p)| (x, p.test_loss.low, p.test_loss.high)))
            .line(curve().map(|(x, p)| (x, p.test_loss.value)))
            .measured(told(Basis::Identified)),
    )
    .with(Shown::new("", Hue::TEST).measured(extrapolated).hollow())
    .key(KeyOf::Band, "95 %")
    .key(KeyOf::Bars, "measured, or identified by the rows");
    match has_extrapolated {
        true => chart.key(KeyOf::Hollow, "extrapolated"),
        false => chart,
    }
}
