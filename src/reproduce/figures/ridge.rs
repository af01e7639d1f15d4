//! `ridge`: test loss and divergence against the ridge.

use rayon::prelude::*;

use serde::{Deserialize, Serialize};

use crate::report::{Axis, Chart, Dash, Hue, KeyOf, Quantity};
use crate::reproduce::case::Case;
use crate::reproduce::draw::{between, lowest, theory_and_means};
use crate::reproduce::figure::Figure;
use crate::reproduce::finding::{Judgement, Test};
use crate::reproduce::group::Group;
use crate::reproduce::lab::Lab;
use crate::reproduce::points::{MeasuredPoints, Origin};
use crate::run::RunError;
use crate::theory::Minimum;

const RIDGES: [f64; 9] = [0.003, 0.01, 0.03, 0.06, 0.1, 0.2, 0.4, 0.8, 1.6];

/// The number of epochs of the full set.
const EPOCHS: usize = 8000;

pub(super) struct Ridge;

pub(super) struct Part {
    ratio: f64,
    label: &'static str,
}

impl Part {
    fn test_loss(&self) -> String {
        format!("test, {}", self.label)
    }

    fn kl(&self) -> String {
        format!("KL(sampled||true), {}", self.label)
    }
}

/// The best ridge and its test loss.
#[derive(Serialize, Deserialize)]
pub(super) struct Found {
    predicted: Minimum,
    measured: (f64, f64),
}

impl Found {
    /// The minimum is flat: compare its depth (2 %) and its place (a factor of 2).
    fn agrees(&self) -> bool {
        let (at, value) = self.measured;
        let depth = (value / self.predicted.value - 1.0).abs();
        depth < 0.02 && (at / self.predicted.at).ln().abs() < 0.7
    }
}

impl Figure for Ridge {
    const NAME: &'static str = "ridge";
    const CLAIM: &'static str = "A ridge (weight decay) lowers the test loss of few samples; the best ridge follows from the \
                                 spectrum.";
    const CHARTS: &'static [&'static str] = &["", "-kl"];
    type Part = Part;
    type Found = Found;

    fn plan(_: &Lab<'_>) -> Result<Vec<Part>, RunError> {
        let parts = [(0.25, "N = d/4"), (0.5, "N = d/2"), (2.0, "N = 2d")];
        Ok(parts.map(|(ratio, label)| Part { ratio, label }).into())
    }

    fn label(part: &Part) -> String {
        part.label.to_owned()
    }

    fn measure(lab: &Lab<'_>, part: &Part, points: &mut MeasuredPoints) -> Result<Found, RunError> {
        let mut best = None;
        for ridge in RIDGES {
            let case = Case::power_law(lab.dim(), Self::NAME, 1.0, part.ratio).with_ridge(ridge);
            let study = case.study(lab, lab.repeats(), &[lab.epochs(EPOCHS)])?;
            points.add_departure(study.departure);
            let regime = study.regime()?;
            let predicted = study.predicted(0)?;
            let control = study.predicted_by(&study.theory.without_ridge(), 0)?;
            let test = study.each(|run| run.losses(0).test_loss);
            let group = Group::new("test loss", regime, "no ridge");
            let against = group.at(predicted.test_loss, control.test_loss);
            points.add(part.test_loss(), ridge, Origin::Descent, &test, against);
            let kl = study.each(|run| run.kl(0).sampled_true.value());
            let group = Group::new("KL(sampled||true)", regime, "no ridge");
            let against = group.between(predicted.kl_sampled_true, control.kl_sampled_true);
            points.add(part.kl(), ridge, Origin::Descent, &kl, against);
            if best.is_none() {
                best = Some(study.theory.best_ridge()?.0);
            }
        }
        add_lines(lab, part, points)?;
        Ok(Found {
            predicted: best.expect("a ridge was tried"),
            measured: lowest(&points.means(&part.test_loss())).expect("a ridge was tried"),
        })
    }

    fn judge(parts: &[(Part, Found)], _: &MeasuredPoints) -> Judgement {
        let texts = parts.iter().map(|(part, found)| {
            let (predicted, measured) = (found.predicted.at, found.measured.0);
            let label = part.label;
            format!("{label}: best ridge {predicted:.3} predicted, {measured:.3} measured")
        });
        Judgement {
            measured: format!("{}.", texts.collect::<Vec<_>>().join("; ")),
            tests: vec![Test::new(
                "each measured best ridge (a parabola through the lowest points) within a factor of 2 of the predicted one \
                 and its loss within 2 %",
                parts.iter().all(|(_, found)| found.agrees()),
            )],
        }
    }

    fn draw(parts: &[(Part, Found)], points: &MeasuredPoints) -> Vec<Chart> {
        let against_ridge =
            |title, y_label| theory_and_means(title, Axis::log("ridge gamma"), Axis::log(y_label));
        let mut losses = against_ridge(
            "Test loss against the ridge, k = 1",
            "test loss per component",
        )
        .key(KeyOf::Hollow, "predicted best ridge");
        let mut divergences = against_ridge(
            "Divergence against the ridge, k = 1",
            "KL(sampled||true), nats per dimension",
        );
        for (index, (part, found)) in parts.iter().enumerate() {
            let hue = Hue::nth(index);
            let Minimum { at, value, .. } = found.predicted;
            losses = losses
                .with(points.draw(&part.test_loss(), part.label, hue, Dash::Solid))
                .with(Quantity::new("", hue).points([(at, value)]).hollow());
            divergences = divergences.with(points.draw(&part.kl(), part.label, hue, Dash::Solid));
        }
        vec![losses, divergences]
    }
}

/// Adds theory between the measured ridges.
fn add_lines(lab: &Lab<'_>, part: &Part, points: &mut MeasuredPoints) -> Result<(), RunError> {
    let ridges: Vec<f64> = between(RIDGES[0], RIDGES[RIDGES.len() - 1], 60).collect();
    let (dim, epochs) = (lab.dim(), lab.epochs(EPOCHS));
    let predicted = ridges.par_iter().map(|&ridge| {
        let case = Case::power_law(dim, Ridge::NAME, 1.0, part.ratio).with_ridge(ridge);
        Ok((ridge, case.predicted(epochs)?))
    });
    for (ridge, predicted) in predicted.collect::<Result<Vec<_>, RunError>>()? {
        points.add_theory(part.test_loss(), ridge, predicted.test_loss);
        if let Some(kl) = predicted.kl_sampled_true {
            points.add_theory(part.kl(), ridge, kl.value());
        }
    }
    Ok(())
}
