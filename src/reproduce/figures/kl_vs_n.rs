//! `kl-vs-n`: both divergences against the number of samples.

use rayon::prelude::*;

use serde::{Deserialize, Serialize};

use crate::gaussian::{Divergence, KlPair};
use crate::report::{Axis, Chart, Dash, Hue, Quantity};
use crate::reproduce::case::Case;
use crate::reproduce::draw::{samples_between, theory_and_means};
use crate::reproduce::figure::Figure;
use crate::reproduce::finding::{Judgement, Test};
use crate::reproduce::group::Group;
use crate::reproduce::lab::Lab;
use crate::reproduce::points::{MeasuredPoints, Origin};
use crate::reproduce::study::{Study, ideal_kl};
use crate::run::RunError;
use crate::text::statistics::Interval;

const RATIOS: [f64; 7] = [1.5, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
/// Above this N/d the approach to the truth is fitted.
const FAR: f64 = 4.0;

pub(super) struct KlVsN;

/// A direction of the divergence.
struct Direction {
    name: &'static str,
    of: fn(&KlPair) -> Divergence,
}

const DIRECTIONS: [Direction; 2] = [
    Direction {
        name: "KL(true||sampled)",
        of: |kl| kl.true_sampled,
    },
    Direction {
        name: "KL(sampled||true)",
        of: |kl| kl.sampled_true,
    },
];

impl Direction {
    fn values(&self, pairs: &[KlPair]) -> Vec<f64> {
        pairs.iter().map(|pair| (self.of)(pair).value()).collect()
    }

    fn trained(&self) -> String {
        format!("{}, trained, T = 1000", self.name)
    }

    fn ideal(&self) -> String {
        format!("{}, ideal sampler", self.name)
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Found {
    /// KL(sampled||true) of the ideal sampler, by repeat.
    ideal: Vec<f64>,
    /// Its exact average.
    exact: f64,
}

impl Figure for KlVsN {
    const NAME: &'static str = "kl-vs-n";
    const CLAIM: &'static str = "For N > d the divergence of what is generated from the truth falls like d/(4N) per dimension.";
    /// N/d.
    type Part = f64;
    type Found = Found;

    fn plan(_: &Lab<'_>) -> Result<Vec<f64>, RunError> {
        Ok(RATIOS.into())
    }

    fn label(ratio: &f64) -> String {
        format!("N/d = {ratio}")
    }

    fn measure(
        lab: &Lab<'_>,
        &ratio: &f64,
        points: &mut MeasuredPoints,
    ) -> Result<Found, RunError> {
        let case = Case::power_law(lab.dim(), Self::NAME, 1.0, ratio).with_all_steps();
        let study = case.study(lab, lab.repeats(), &[lab.epochs(2000)])?;
        points.add_departure(study.departure);
        let regime = study.regime()?;
        let trained = study.each(|run| run.kl(0));
        let ideal = study.try_each(|run| ideal_kl(&run.setup))?;
        let predicted = study.predicted(0)?;
        let predicted = [predicted.kl_true_sampled, predicted.kl_sampled_true];
        let exact = study.ensemble()?.exact_wishart()?;
        for (direction, predicted) in DIRECTIONS.iter().zip(predicted) {
            let simple = 0.25 / ratio;
            let group = |series: &str| Group::new(series, regime, "d/(4N)");
            let against = predicted.map(|kl| group(&direction.trained()).at(kl.value(), simple));
            let values = direction.values(&trained);
            points.add(
                direction.trained(),
                ratio,
                Origin::Descent,
                &values,
                against,
            );
            let against = group(&direction.ideal()).at((direction.of)(&exact).value(), simple);
            let values = direction.values(&ideal);
            points.add(
                direction.ideal(),
                ratio,
                Origin::ClosedForm,
                &values,
                against,
            );
        }
        if ratio == RATIOS[0] {
            add_lines(&study, points)?;
        }
        let of = |kl: &KlPair| kl.sampled_true.value();
        Ok(Found {
            ideal: ideal.iter().map(of).collect(),
            exact: of(&exact),
        })
    }

    fn judge(parts: &[(f64, Found)], _: &MeasuredPoints) -> Judgement {
        let measured = approaches(parts);
        let exact = approach(parts, |found| found.exact);
        let of_exact = (leading_coefficient(&exact), exponent(&exact));
        let interval = |fit: fn(&[(f64, f64)]) -> f64| {
            let fits: Vec<f64> = measured.iter().map(|logs| fit(logs)).collect();
            Interval::of_mean(&fits, 0.05)
        };
        let (coefficient, power) = (interval(leading_coefficient), interval(exponent));
        let near = |found: &Interval, exact: f64, margin: f64| {
            found.is_between(exact - margin, exact + margin)
        };
        let text =
            |found: &Interval| format!("{:.4} [{:.4}, {:.4}]", found.mean, found.low, found.high);
        Judgement {
            measured: format!(
                "KL(sampled||true) of the ideal sampler for N > 4d, fitted over the same N: coefficient of d/N {} measured, \
                 {:.4} exact; exponent {} measured, {:.4} exact (95 %; 1/4 and -1 in the limit of large N and d). Near N = d \
                 the two directions part: KL(true||sampled) diverges, KL(sampled||true) does not. With finitely many steps \
                 the sampler's own error is a floor.",
                text(&coefficient),
                of_exact.0,
                text(&power),
                of_exact.1,
            ),
            tests: vec![
                Test::new(
                    "the interval of the coefficient c of KL = c d/N + c' (d/N)^2 within 5 % of that of the exact values",
                    near(&coefficient, of_exact.0, 0.05 * of_exact.0),
                ),
                Test::new(
                    "the interval of the exponent within 0.02 of that of the exact values",
                    near(&power, of_exact.1, 0.02),
                ),
                Test::new(
                    "the exact coefficient within 10 % of 1/4, the exact exponent within 0.05 of -1",
                    (of_exact.0 / 0.25 - 1.0).abs() < 0.1 && (of_exact.1 + 1.0).abs() < 0.05,
                ),
            ],
        }
    }

    fn draw(parts: &[(f64, Found)], points: &MeasuredPoints) -> Vec<Chart> {
        let asymptote = parts.iter().map(|(ratio, _)| (*ratio, 0.25 / ratio));
        let mut chart = theory_and_means(
            "Divergence against samples, k = 1",
            Axis::log("N/d"),
            Axis::log("nats per dimension"),
        )
        .with(Quantity::new("d/(4N)", Hue::Ink).line_as(Dash::Dotted, asymptote));
        for (index, direction) in DIRECTIONS.iter().enumerate() {
            let name = direction.name;
            let hue = Hue::nth(index);
            let ideal = points.draw(&direction.ideal(), name, hue, Dash::Solid);
            let (trained, name) = (direction.trained(), format!("{name}, trained"));
            let trained = points.draw(&trained, &name, Hue::nth(index + 2), Dash::Dashed);
            chart = chart.with(ideal).with(trained);
        }
        vec![chart]
    }
}

/// Adds theory between the measured numbers of samples: of the ideal sampler, and of trained networks.
fn add_lines(study: &Study, points: &mut MeasuredPoints) -> Result<(), RunError> {
    let dim = study.ensemble()?.dim();
    let ratio = |samples: usize| samples as f64 / dim as f64;
    for samples in samples_between(dim, &RATIOS, 12) {
        let theory = study.theory.with_samples(samples);
        let exact = theory.ensemble()?.exact_wishart()?;
        for direction in &DIRECTIONS {
            let y = (direction.of)(&exact).value();
            points.add_theory(direction.ideal(), ratio(samples), y);
        }
    }
    let trained = samples_between(dim, &RATIOS, 2).into_par_iter();
    let trained = trained.map(|samples| Ok((samples, study.predicted_with(samples)?)));
    for (samples, found) in trained.collect::<Result<Vec<_>, RunError>>()? {
        let found = [found.kl_true_sampled, found.kl_sampled_true];
        for (direction, kl) in DIRECTIONS.iter().zip(found) {
            if let Some(kl) = kl {
                points.add_theory(direction.trained(), ratio(samples), kl.value());
            }
        }
    }
    Ok(())
}

/// `(log(N/d), log KL(sampled||true))` at large N.
fn approach(parts: &[(f64, Found)], kl: impl Fn(&Found) -> f64) -> Vec<(f64, f64)> {
    let far = parts.iter().filter(|(ratio, _)| *ratio > FAR);
    far.map(|(ratio, found)| (ratio.ln(), kl(found).ln()))
        .collect()
}

/// [`approach`] of the ideal sampler, by repeat.
fn approaches(parts: &[(f64, Found)]) -> Vec<Vec<(f64, f64)>> {
    let repeats = 0..parts[0].1.ideal.len();
    let of = |repeat: usize| approach(parts, |found| found.ideal[repeat]);
    repeats.map(of).collect()
}

/// The exponent p of `KL = c (N/d)^p`, from the logarithms of both.
fn exponent(logs: &[(f64, f64)]) -> f64 {
    slope_and_intercept(logs).0
}

/// The coefficient c of `KL = c d/N + c' (d/N)^2`, from the logarithms of both.
fn leading_coefficient(logs: &[(f64, f64)]) -> f64 {
    // KL N/d = c + c' d/N
    let scaled = logs.iter().map(|(x, y)| ((-x).exp(), (x + y).exp()));
    slope_and_intercept(&scaled.collect::<Vec<_>>()).1
}

/// The straight line through points by least squares.
fn slope_and_intercept(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len() as f64;
    let x = points.iter().map(|p| p.0).sum::<f64>() / n;
    let y = points.iter().map(|p| p.1).sum::<f64>() / n;
    let along: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let slope = along / points.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>();
    (slope, y - slope * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponent_and_the_leading_coefficient_of_a_known_law_are_found() {
        let ratios = [8.0f64, 16.0, 32.0];
        let law = |kl: fn(f64) -> f64| ratios.map(|x| (x.ln(), kl(x).ln()));
        assert!((exponent(&law(|x| 0.3 * x.powf(-1.2))) + 1.2).abs() < 1e-12);
        let coefficient = leading_coefficient(&law(|x| 0.25 / x + 0.7 / (x * x)));
        assert!((coefficient - 0.25).abs() < 1e-12);
    }
}
