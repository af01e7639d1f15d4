//! `losses-vs-noise`: train and test loss against alpha_bar.

use rayon::prelude::*;

use serde::{Deserialize, Serialize};

use crate::report::{Axis, Chart, Dash, Hue, KeyOf};
use crate::reproduce::case::Case;
use crate::reproduce::draw::theory_and_means;
use crate::reproduce::figure::Figure;
use crate::reproduce::finding::{Judgement, Test};
use crate::reproduce::lab::Lab;
use crate::reproduce::loss_pair::LossPair;
use crate::reproduce::points::MeasuredPoints;
use crate::reproduce::study::Study;
use crate::run::{RunError, RunTheory};
use crate::text::statistics::mean_and_error;
use crate::theory::PredictedLosses;

/// N/d of the part whose gap is judged.
const GAP_AT: f64 = 0.5;

/// The distance of places of theory, in alpha_bar.
const LEAST_STEP: f64 = 0.008;

pub(super) struct LossesVsNoise;

pub(super) struct Part {
    ratio: f64,
    label: &'static str,
}

/// The results at every step, by its alpha_bar.
#[derive(Serialize, Deserialize)]
pub(super) struct Found {
    /// The predicted losses of the optimum. Descent has not reached them where there is little noise.
    optimum: Vec<(f64, PredictedLosses)>,
    /// The measured gap of test and train loss.
    gaps: Vec<(f64, f64)>,
}

impl Figure for LossesVsNoise {
    const NAME: &'static str = "losses-vs-noise";
    const CLAIM: &'static str = "The gap between train and test loss is a matter of small noise: it opens as alpha_bar goes to 1.";
    type Part = Part;
    type Found = Found;

    fn plan(_: &Lab<'_>) -> Result<Vec<Part>, RunError> {
        let parts = [(GAP_AT, "N = d/2"), (1.0, "N = d"), (2.0, "N = 2d")];
        Ok(parts.map(|(ratio, label)| Part { ratio, label }).into())
    }

    fn label(part: &Part) -> String {
        part.label.to_owned()
    }

    fn measure(
        lab: &Lab<'_>,
        &Part { ratio, label }: &Part,
        points: &mut MeasuredPoints,
    ) -> Result<Found, RunError> {
        let case = Case::power_law(lab.dim(), Self::NAME, 1.0, ratio);
        let study = case.study(lab, lab.repeats(), &[lab.epochs(20_000)])?;
        points.add_departure(study.departure);
        let by_step = study.each(|run| run.step_losses(0));
        let mut found = Found {
            optimum: Vec::new(),
            gaps: Vec::new(),
        };
        for (step, of_schedule) in study.setup().schedule().iter().enumerate() {
            let alpha_bar = of_schedule.alpha_bar;
            let losses: Vec<LossPair> = by_step.iter().map(|losses| losses[step]).collect();
            let against = study.losses_against(&study.theory.of_step(step), 0)?;
            let series = |what: &str| format!("{what}, {label}");
            points.add_losses(series, alpha_bar, &losses, &against);
            found.optimum.push((alpha_bar, study.optimum_step(step)?));
            found.gaps.push((alpha_bar, gap_of_means(&losses)));
        }
        for (alpha_bar, [losses, optimum]) in lines(&case, &study)? {
            let series = |what: &str| format!("{what}, {label}");
            points.add_theory_of_losses(series, alpha_bar, &losses);
            found.optimum.push((alpha_bar, optimum));
        }
        found.optimum.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ok(found)
    }

    fn judge(parts: &[(Part, Found)], _: &MeasuredPoints) -> Judgement {
        let judged = parts.iter().filter(|(part, _)| part.ratio == GAP_AT);
        let gaps = judged.flat_map(|(_, found)| &found.gaps);
        let (at, widest) = gaps.fold(
            (0.0, 0.0),
            |widest, gap| {
                if gap.1 > widest.1 { *gap } else { widest }
            },
        );
        Judgement {
            measured: format!(
                "At N = d/2 the gap is widest, {widest:.3}, at alpha_bar = {at:.3}. Where noise is small descent has not \
                 reached the optimum (dotted): points are of descent, lines of theory at its time.",
            ),
            tests: vec![Test::new(
                "the gap is widest at an alpha_bar above 0.8",
                at > 0.8,
            )],
        }
    }

    fn draw(parts: &[(Part, Found)], points: &MeasuredPoints) -> Vec<Chart> {
        type OfLosses = fn(&PredictedLosses) -> f64;
        let kinds: [(&str, Dash, OfLosses); 2] = [
            ("train", Dash::Dashed, |losses| losses.train_loss),
            ("test", Dash::Solid, |losses| losses.test_loss),
        ];
        let mut chart = theory_and_means(
            "Losses against noise, k = 1",
            Axis::linear("alpha_bar"),
            Axis::log("loss per component"),
        )
        .key(KeyOf::Line(Dash::Dotted), "the optimum");
        for (index, (part, found)) in parts.iter().enumerate() {
            for (what, dash, of) in kinds {
                let name = format!("{what}, {}", part.label);
                let optimum = found.optimum.iter().map(|(at, losses)| (*at, of(losses)));
                let drawn = points.draw(&name, &name, Hue::nth(index), dash);
                chart = chart.with(drawn.line_as(Dash::Dotted, optimum));
            }
        }
        vec![chart]
    }
}

/// Theory at steps of the whole schedule, evenly in alpha_bar: of the trained networks, and of the optimum.
fn lines(case: &Case, study: &Study) -> Result<Vec<(f64, [PredictedLosses; 2])>, RunError> {
    let setup = case.clone().with_all_steps().untrained(0)?;
    let theory = RunTheory::of(&setup, false)?.expect("descent from a known truth");
    let kept = study.setup().schedule().iter().map(|step| step.alpha_bar);
    let (low, high) = kept.fold((1.0, 0.0), |(low, high): (f64, f64), alpha_bar| {
        (low.min(alpha_bar), high.max(alpha_bar))
    });
    let mut chosen = Vec::new();
    let mut last = f64::INFINITY;
    for (index, step) in setup.schedule().iter().enumerate() {
        let alpha_bar = step.alpha_bar;
        if (low..=high).contains(&alpha_bar) && last - alpha_bar > LEAST_STEP {
            last = alpha_bar;
            chosen.push((index, alpha_bar));
        }
    }
    let at = chosen
        .into_par_iter()
        .map(|(index, alpha_bar)| Ok((alpha_bar, study.losses_by(&theory.of_step(index))?)));
    at.collect()
}

/// The mean test loss minus the mean train loss.
fn gap_of_means(losses: &[LossPair]) -> f64 {
    let mean = |of: fn(&LossPair) -> f64| {
        let values: Vec<f64> = losses.iter().map(of).collect();
        mean_and_error(&values).0.unwrap_or(0.0)
    };
    mean(|losses| losses.test_loss) - mean(|losses| losses.train_loss)
}
