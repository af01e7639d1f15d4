//! `rows`: losses and divergences of rows that are not Gaussian, drawn and real. Past the paper
//! ([`equations`](crate::equations) section 9).

mod drawn;
mod optimum;
mod real;

use drawn::{RATIOS, measure_drawn};
use optimum::{Found, scaled};
use real::measure_real;

use crate::config::{RealData, RowWeights};
use crate::report::{Axis, Chart, Dash, Hue, KeyOf, Quantity};
use crate::reproduce::draw::theory_and_means;
use crate::reproduce::figure::Figure;
use crate::reproduce::finding::{Judgement, Test};
use crate::reproduce::lab::Lab;
use crate::reproduce::points::MeasuredPoints;
use crate::reproduce::sources::sources;
use crate::run::RunError;

/// The laws of the weights of drawn rows.
const LAWS: [(&str, RowWeights); 3] = [
    ("two-point", RowWeights::TwoPoint { higher: 2.0 }),
    ("log-normal", RowWeights::LogNormal { deviation: 0.6 }),
    ("student", RowWeights::Student { degrees: 10.0 }),
];
/// Directions of real rows with less than this times the mean variance are dropped.
const LEAST: f64 = 0.01;
pub(super) struct NotGaussian;

/// Rows of one kind.
pub(super) enum Part {
    Drawn { name: &'static str, law: RowWeights },
    Real { name: String, rows: RealData },
}

impl Figure for NotGaussian {
    const NAME: &'static str = "rows";
    const CLAIM: &'static str = "Past the paper: rows that are not Gaussian follow the theory of elliptical rows where the Gaussian \
                                 one fails; d/(4N) becomes E w^2 d/(4N), so that the approach to the truth does depend on the \
                                 tails of the data.";
    const CHARTS: &'static [&'static str] = &["", "-kl"];
    type Part = Part;
    type Found = Found;

    fn plan(lab: &Lab<'_>) -> Result<Vec<Part>, RunError> {
        let drawn = LAWS.map(|(name, law)| Part::Drawn { name, law });
        let real = sources(lab.data).into_iter().map(|(name, rows)| {
            let rows = rows.min_variance(LEAST);
            Part::Real { name, rows }
        });
        Ok(drawn.into_iter().chain(real).collect())
    }

    fn label(part: &Part) -> String {
        match part {
            Part::Drawn { name, .. } => format!("{name} weights"),
            Part::Real { name, .. } => format!("{name}, real rows"),
        }
    }

    fn measure(lab: &Lab<'_>, part: &Part, points: &mut MeasuredPoints) -> Result<Found, RunError> {
        match part {
            Part::Drawn { law, .. } => measure_drawn(lab, &Self::label(part), *law, points),
            Part::Real { rows, .. } => measure_real(lab, &Self::label(part), rows, points),
        }
    }

    fn judge(parts: &[(Part, Found)], _: &MeasuredPoints) -> Judgement {
        let texts = parts.iter().map(|(part, found)| {
            let Found {
                coefficient,
                mean_square,
            } = found;
            let label = Self::label(part);
            format!("{label}: {coefficient:.3}, E w^2 = {mean_square:.3}")
        });
        // Half of the way from Gaussian rows to the limit, and more.
        let is_at_limit = |(part, found): &(Part, Found)| match part {
            Part::Drawn { .. } => found.coefficient > (1.0 + found.mean_square) / 2.0,
            Part::Real { .. } => true,
        };
        Judgement {
            measured: format!(
                "At N = 8d, 4N/d KL(sampled||true) of the ideal sampler, whose limit for many samples is E w^2, and 1 for \
                 Gaussian rows: {}. Of P real rows N were drawn without replacement, which lowers it by about N/P.",
                texts.collect::<Vec<_>>().join("; "),
            ),
            tests: vec![Test::new(
                "of drawn rows the coefficient is nearer to E w^2 than to 1",
                parts.iter().all(is_at_limit),
            )],
        }
    }

    fn draw(parts: &[(Part, Found)], points: &MeasuredPoints) -> Vec<Chart> {
        let mut losses = theory_and_means(
            "Losses of rows with weights, k = 1",
            Axis::log("N/d"),
            Axis::log("loss per component"),
        );
        let many = |ratio: &f64| *ratio > 1.0;
        let limit = |value: f64| {
            let ratios = RATIOS.into_iter().filter(many);
            ratios.map(move |ratio| (ratio, value))
        };
        let mut divergences = theory_and_means(
            "4N/d KL(sampled||true) of rows that are not Gaussian",
            Axis::log("N/d"),
            Axis::log("4N/d KL(sampled||true)"),
        )
        .key(
            KeyOf::Line(Dash::Dotted),
            "E w^2, the limit of many samples",
        )
        .with(Quantity::new("Gaussian rows", Hue::Ink).line_as(Dash::Dotted, limit(1.0)));
        for (index, (part, found)) in parts.iter().enumerate() {
            let (label, hue) = (Self::label(part), Hue::nth(index));
            if let Part::Drawn { .. } = part {
                for (what, dash) in [("train", Dash::Dashed), ("test", Dash::Solid)] {
                    let name = format!("{what}, {label}");
                    losses = losses.with(points.draw(&name, &name, hue, dash));
                }
            }
            let drawn = points.draw(&scaled(&label), &label, hue, Dash::Solid);
            let drawn = drawn.line_as(Dash::Dotted, limit(found.mean_square));
            divergences = divergences.with(drawn);
        }
        vec![losses, divergences]
    }
}
