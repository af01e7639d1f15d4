//! Three sentences in plain language: has the network learned more than the covariance, does it copy, how many rows is
//! its linear part worth? Each of them can say no, and that it cannot be known.

use super::result::{LevelProbe, Probe, SamplesProbe};
use crate::text::number;
use crate::text::statistics::student;
use crate::theory::Bounded;

/// How rarely a sentence is wrong by chance, over all noise levels.
const PROBABILITY: f64 = 0.05;
/// A non-linear term that is certainly smaller than this share of the best linear map's loss counts as none.
const NOTHING: f64 = 0.02;
/// A smaller share may be rounding. In f32 that is about 1e-9, and its average may differ from 0 by more than its error.
const ROUNDING: f64 = 1e-6;
/// A share of copies that is certainly smaller counts as none.
const NO_COPIES: f64 = 0.02;

pub(super) fn verdict(found: &Probe) -> Vec<String> {
    vec![
        beyond_covariance(&found.levels, found.test_rows),
        copying(found.train_rows.is_some(), found.samples.as_ref()),
        worth(&found.levels, found.train_rows),
    ]
}

/// What speaks against the numbers. `variance` is the mean variance of the test rows.
pub(super) fn warnings(found: &Probe, variance: f64) -> Vec<String> {
    let mut warnings = Vec::new();
    let worse = |level: &&LevelProbe| level.test_loss > variance;
    if let Some(level) = found.levels.iter().find(worse) {
        warnings.push(format!(
            "at sigma = {:.3} the test loss {} is above the variance of the rows {}: the network is worse there than \
             their mean. Are --target and the units right?",
            level.sigma,
            number(level.test_loss),
            number(variance)
        ));
    }
    if found.test_rows < 2 * found.dim {
        warnings.push(format!(
            "{} test rows in {} dimensions are few: Wiener's filter and all else is that of these rows",
            found.test_rows, found.dim
        ));
    }
    warnings
}

/// The non-linear term beside its error, over all levels together.
struct Term<'a> {
    level: &'a LevelProbe,
    /// Half the interval of the term.
    half: f64,
}

impl Term<'_> {
    /// The largest size that the term may have, as a share of the best linear map's loss.
    fn most(&self) -> f64 {
        (self.level.nonlinear.abs() + self.half) / self.level.wiener
    }

    fn differs(&self) -> bool {
        self.level.nonlinear.abs() > self.half && self.share() > ROUNDING
    }

    fn share(&self) -> f64 {
        self.level.nonlinear.abs() / self.level.wiener
    }

    fn said(&self) -> String {
        let LevelProbe {
            sigma, nonlinear, ..
        } = self.level;
        format!(
            "by {} ± {} at sigma = {sigma:.3} ({:.1} % of the best linear map's loss)",
            number(nonlinear.abs()),
            number(self.half),
            100.0 * self.share()
        )
    }
}

fn beyond_covariance(levels: &[LevelProbe], rows: usize) -> String {
    let quantile = student(PROBABILITY / levels.len() as f64, rows);
    let terms = levels.iter().map(|level| Term {
        half: quantile * level.standard_errors.nonlinear,
        level,
    });
    let terms: Vec<Term<'_>> = terms.collect();
    let largest = |some: &mut dyn Iterator<Item = &'_ Term<'_>>| -> Option<String> {
        let largest = some.max_by(|a, b| a.share().total_cmp(&b.share()));
        largest.map(Term::said)
    };
    let helps = |term: &&Term<'_>| term.differs() && term.level.nonlinear < 0.0;
    let harms = |term: &&Term<'_>| term.differs() && term.level.nonlinear > 0.0;
    let helped = largest(&mut terms.iter().filter(helps));
    let harmed = largest(&mut terms.iter().filter(harms));
    match (helped, harmed) {
        (Some(helped), harmed) => {
            let count = terms.iter().filter(helps).count();
            let harmed =
                harmed.map_or_else(String::new, |harmed| format!("; it raises it {harmed}"));
            format!(
                "It has learned more than the covariance: at {count} of {} noise levels what is not linear in it lowers \
                 the test loss, most {helped}{harmed}.",
                levels.len()
            )
        }
        (None, Some(harmed)) => format!(
            "It has not learned more than the covariance: what is not linear in it nowhere lowers the test loss by \
             more than its error, and raises it {harmed}."
        ),
        (None, None) => {
            let most = terms.iter().map(Term::most).fold(0.0, f64::max);
            if most < NOTHING {
                format!(
                    "It has not learned more than the covariance: what is not linear in it changes the test loss by less \
                     than {:.1} % of the best linear map's loss.",
                    100.0 * most
                )
            } else {
                format!(
                    "Whether it has learned more than the covariance cannot be known, because at no noise level the \
                     non-linear term differs from 0 by more than its error, which is up to {:.0} % of the best linear map's \
                     loss: draw more rows.",
                    100.0 * most
                )
            }
        }
    }
}

fn copying(has_train: bool, samples: Option<&SamplesProbe>) -> String {
    let Some(SamplesProbe {
        count,
        copies,
        test_rows_copies,
    }) = samples
    else {
        let missing = if has_train {
            "--samples"
        } else {
            "--train and --samples"
        };
        return format!(
            "Whether it copies its training rows cannot be known, because there are no samples to look through: give \
             {missing}."
        );
    };
    let share = format!(
        "{} of {count} samples are copies, of test rows {}",
        percent(copies),
        percent(test_rows_copies)
    );
    if copies.low > test_rows_copies.high {
        format!("It copies its training rows: {share}.")
    } else if copies.high < NO_COPIES {
        format!("It does not copy its training rows: {share}.")
    } else if copies.high < NO_COPIES.max(test_rows_copies.high) {
        format!("It copies no more than new rows look like copies: {share}.")
    } else {
        format!(
            "Whether it copies its training rows cannot be known, because the samples are too few to tell their copies \
             from chance: {share}."
        )
    }
}

fn percent(share: &Bounded) -> String {
    format!(
        "{:.1} % [{:.1}, {:.1}]",
        100.0 * share.value,
        100.0 * share.low,
        100.0 * share.high
    )
}

fn worth(levels: &[LevelProbe], train_rows: Option<usize>) -> String {
    let known = |level: &LevelProbe| Some((level.sigma, level.effective_samples?));
    let known: Vec<(f64, Bounded)> = levels.iter().filter_map(known).collect();
    let value = |(_, samples): &&(f64, Bounded)| samples.value;
    let by_value = |a: &&(f64, Bounded), b: &&(f64, Bounded)| value(a).total_cmp(&value(b));
    let (Some(least), Some(most)) = (known.iter().min_by(by_value), known.iter().max_by(by_value))
    else {
        let reason = levels.iter().find_map(|level| level.not_identified.clone());
        let reason = reason.unwrap_or_else(|| "no level identifies it".to_owned());
        return format!(
            "How many rows its linear part is worth cannot be known, because {reason}."
        );
    };
    let at = |(sigma, samples): &(f64, Bounded)| format!("{} at sigma = {sigma:.3}", rows(samples));
    let range = if known.len() == 1 {
        at(least)
    } else {
        format!("{}, and {}", at(least), at(most))
    };
    let unknown = match levels.len() - known.len() {
        0 => String::new(),
        count => format!(
            "; at {count} of {} noise levels it is not identified",
            levels.len()
        ),
    };
    format!(
        "Its linear part is worth as many rows as a linear network needs for it: {range}{}{unknown}.",
        beside_linear(levels, train_rows)
    )
}

/// The linear network of the same training rows, at the level where it is largest and at that where it is smallest.
fn beside_linear(levels: &[LevelProbe], train_rows: Option<usize>) -> String {
    let linear =
        |level: &LevelProbe| Some(level.training.as_ref()?.linear_effective_samples?.value);
    let known: Vec<f64> = levels.iter().filter_map(linear).collect();
    let (least, most) = (
        known.iter().copied().fold(f64::INFINITY, f64::min),
        known.iter().copied().fold(0.0, f64::max),
    );
    match train_rows {
        Some(rows) if !known.is_empty() => format!(
            " (a linear network of its {rows} training rows: {least:.0} to {most:.0} on the same draws)"
        ),
        Some(rows) => format!(" (it has {rows} training rows)"),
        None => String::new(),
    }
}

fn rows(samples: &Bounded) -> String {
    let Bounded { value, low, high } = samples;
    if high.is_finite() {
        format!("{value:.0} [{low:.0}, {high:.0}]")
    } else {
        format!("{value:.0} [at least {low:.0}]")
    }
}
