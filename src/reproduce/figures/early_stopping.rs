//! `early-stopping`: losses and divergence against training time.

use crate::report::{Chart, Style};
use crate::reproduce::case::Case;
use crate::reproduce::draw::lowest;
use crate::reproduce::figure::Figure;
use crate::reproduce::finding::{Judgement, Test};
use crate::reproduce::group::Group;
use crate::reproduce::lab::Lab;
use crate::reproduce::points::{LossesAgainst, MeasuredPoints, Origin};
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
        let (mut losses, mut divergences) = (Vec::new(), Vec::new());
        for (color, (part, _)) in parts.iter().enumerate() {
            if part.ratio != DRAWN {
                continue;
            }
            let label = format!("k = {}", part.exponent);
            for (what, style) in [("train", Style::Dashed), ("test", Style::Line)] {
                let name = format!("{what}, {label}");
                losses.extend(points.draw(&part.series(what), &name, color, style));
            }
            let kl = part.series("KL(sampled||true)");
            divergences.extend(points.draw(&kl, &label, color, Style::Line));
        }
        let against_time =
            |title, y_label, series| Chart::log_log(title, "training time", y_label, series);
        vec![
            against_time(
                "Losses against training time, N = d/4",
                "loss per component",
                losses,
            ),
            against_time(
                "Divergence against training time, N = d/4",
                "KL(sampled||true), nats per dimension",
                divergences,
            ),
        ]
    }
}

/// The epochs of the looks, from 1 to `longest`.
fn looks(longest: usize) -> Vec<usize> {
    let share = |i: usize| i as f64 / (LOOKS - 1) as f64;
    let epoch = |i: usize| (longest as f64).powf(share(i)).round() as usize;
    let mut epochs: Vec<usize> = (0..LOOKS).map(epoch).collect();
    epochs.dedup();
    epochs
}
