//! `early-stopping`: losses and divergence against training time.

use rayon::prelude::*;

use serde::{Deserialize, Serialize};

use crate::report::{Axis, Chart, Dash, Hue};
use crate::reproduce::case::Case;
use crate::reproduce::draw::{between, lowest, theory_and_means};
use crate::reproduce::figure::Figure;
use crate::reproduce::finding::{Judgement, Test};
use crate::reproduce::group::Group;
use crate::reproduce::lab::Lab;
use crate::reproduce::points::{LossesAgainst, MeasuredPoints, Origin};
use crate::reproduce::study::Study;
use crate::run::RunError;

/// The N/d of the parts in the charts.
const DRAWN: f64 = 0.25;
/// The number of looks at each network, evenly in the logarithm of the epoch: about six a decade.
const LOOKS: usize = 22;

/// What is wrong with the control.
const TO_THE_END: &str = "training to the end";

pub(super) struct EarlyStopping;

pub(super) struct Part {
    ratio: f64,
    exponent: f64,
}

impl Part {
    fn series(&self, what: &str) -> String {
        format!("{what}, {}", EarlyStopping::label(self))
    }
}

/// The best training time.
#[derive(Serialize, Deserialize)]
pub(super) struct Found {
    predicted: f64,
    measured: f64,
}

impl Figure for EarlyStopping {
    const NAME: &'static str = "early-stopping";
    const CLAIM: &'static str = "With N < d the test loss first falls and then rises: stopping early acts as a ridge, and the \
                                 best time follows from the spectrum.";
    const CHARTS: &'static [&'static str] = &["", "-kl"];
    type Part = Part;
    type Found = Found;

    fn plan(_: &Lab<'_>) -> Result<Vec<Part>, RunError> {
        let parts = [
            (DRAWN, 0.5),
            (DRAWN, 1.0),
            (DRAWN, 2.0),
            (0.125, 1.0),
            (0.5, 1.0),
        ];
        Ok(parts
            .map(|(ratio, exponent)| Part { ratio, exponent })
            .into())
    }

    fn label(part: &Part) -> String {
        format!("N/d = {}, k = {}", part.ratio, part.exponent)
    }

    fn measure(lab: &Lab<'_>, part: &Part, points: &mut MeasuredPoints) -> Result<Found, RunError> {
        let epochs = looks(lab.epochs(8000));
        let case = Case::power_law(lab.dim(), Self::NAME, part.exponent, part.ratio);
        let study = case.study(lab, lab.repeats(), &epochs)?;
        points.add_departure(study.departure);
        let regime = study.regime()?;
        let mut predicted_tests = Vec::new();
        let control = study.predicted(epochs.len() - 1)?;
        for look in 0..epochs.len() {
            let tau = study.tau(look);
            let predicted = study.predicted(look)?;
            let against = LossesAgainst {
                regime,
                predicted: predicted.losses().expect("descent is followed"),
                control: control.losses().expect("descent is followed"),
                control_is: TO_THE_END,
            };
            let measured = study.each(|run| run.losses(look));
            points.add_losses(|what| part.series(what), tau, &measured, &against);
            let kl = study.each(|run| run.kl(look).sampled_true.value());
            let group = Group::new("KL(sampled||true)", regime, TO_THE_END);
            let against = group.between(predicted.kl_sampled_true, control.kl_sampled_true);
            let series = part.series("KL(sampled||true)");
            // Late in training some variances of the samples are below rounding: their divergence is not known.
            if kl.iter().all(|kl| kl.is_finite()) {
                points.add(series, tau, Origin::Descent, &kl, against);
            }
            predicted_tests.push((tau, predicted.test_loss));
        }
        if part.ratio == DRAWN {
            add_lines(&study, part, points)?;
        }
        let best = |tests: &[(f64, f64)]| lowest(tests).expect("epochs to look at").0;
        Ok(Found {
            predicted: best(&predicted_tests),
            measured: best(&points.means(&part.series("test"))),
        })
    }

    fn judge(parts: &[(Part, Found)], _: &MeasuredPoints) -> Judgement {
        let texts = parts.iter().map(|(part, found)| {
            let (predicted, measured) = (found.predicted, found.measured);
            let label = Self::label(part);
            format!("{label}: best time {predicted:.2} predicted, {measured:.2} measured")
        });
        let is_near = |found: &Found| (found.measured / found.predicted).ln().abs() < 0.25;
        Judgement {
            measured: format!("{}.", texts.collect::<Vec<_>>().join("; ")),
            tests: vec![Test::new(
                "each measured best time within 28 % (e^0.25) of the predicted one, both by parabolas through the lowest \
                 points",
                parts.iter().all(|(_, found)| is_near(found)),
            )],
        }
    }

    fn draw(parts: &[(Part, Found)], points: &MeasuredPoints) -> Vec<Chart> {
        let against_time = |title, y_label| {
            theory_and_means(title, Axis::log("training time tau"), Axis::log(y_label))
        };
        let mut losses = against_time(
            "Losses against training time, N = d/4",
            "loss per component",
        );
        let mut divergences = against_time(
            "Divergence against training time, N = d/4",
            "KL(sampled||true), nats per dimension",
        );
        let drawn = parts.iter().filter(|(part, _)| part.ratio == DRAWN);
        for (index, (part, _)) in drawn.enumerate() {
            let (label, hue) = (format!("k = {}", part.exponent), Hue::nth(index));
            for (what, dash) in [("train", Dash::Dashed), ("test", Dash::Solid)] {
                let name = format!("{what}, {label}");
                losses = losses.with(points.draw(&part.series(what), &name, hue, dash));
            }
            let kl = part.series("KL(sampled||true)");
            divergences = divergences.with(points.draw(&kl, &label, hue, Dash::Solid));
        }
        vec![losses, divergences]
    }
}

/// Adds theory between the looks.
fn add_lines(study: &Study, part: &Part, points: &mut MeasuredPoints) -> Result<(), RunError> {
    let pairs = study.epochs.windows(2);
    let fine = pairs.flat_map(|pair| between(pair[0] as f64, pair[1] as f64, 2));
    let mut epochs: Vec<usize> = fine.map(|epochs| epochs.round() as usize).collect();
    epochs.retain(|epoch| !study.epochs.contains(epoch));
    epochs.dedup();
    let predicted = epochs.into_par_iter().map(|epochs| {
        let tau = study.rate * epochs as f64;
        Ok((tau, study.predicted_after(epochs)?))
    });
    for (tau, predicted) in predicted.collect::<Result<Vec<_>, RunError>>()? {
        let losses = predicted.losses().expect("descent is followed");
        points.add_theory_of_losses(|what| part.series(what), tau, &losses);
        if let Some(kl) = predicted.kl_sampled_true {
            points.add_theory(part.series("KL(sampled||true)"), tau, kl.value());
        }
    }
    Ok(())
}

/// The epochs of the looks, from 1 to `longest`.
fn looks(longest: usize) -> Vec<usize> {
    let share = |i: usize| i as f64 / (LOOKS - 1) as f64;
    let epoch = |i: usize| (longest as f64).powf(share(i)).round() as usize;
    let mut epochs: Vec<usize> = (0..LOOKS).map(epoch).collect();
    epochs.dedup();
    epochs
}
