//! `nonlinear`: what do networks that are not linear learn beyond the linear theory, and what do they lose?
//!
//! The loss of each model is split along the directions of its test rows into Wiener's loss, the excess of the affine
//! part and the non-linear term ([`Decomposition`](crate::denoiser::Decomposition)). The sizes of the networks and of
//! the training are in `plan`, the rules of the verdict in `verdict`.

mod charts;
mod measure;
mod noised;
mod plan;
mod results;
mod sets;
mod theory;
mod training;
mod verdict;
mod worth;

use serde::{Deserialize, Serialize};

use crate::report::Chart;
use crate::reproduce::figure::Figure;
use crate::reproduce::finding::Judgement;
use crate::reproduce::lab::Lab;
use crate::reproduce::points::MeasuredPoints;
use crate::run::RunError;

use plan::Part;
use results::Results;

pub(super) struct NonLinear;

/// A part of the plan.
pub(super) struct Piece(Part);

/// What was found in a part.
#[derive(Serialize, Deserialize)]
pub(super) struct Found {
    results: Results,
    quick: bool,
}

impl Figure for NonLinear {
    const NAME: &'static str = "nonlinear";
    const CLAIM: &'static str = "Networks that are not linear behave like linear ones, with notable differences in the \
                                 leading directions.";
    const CHARTS: &'static [&'static str] = &charts::NAMES;
    type Part = Piece;
    type Found = Found;

    fn plan(lab: &Lab<'_>) -> Result<Vec<Piece>, RunError> {
        Ok(plan::parts(lab).into_iter().map(Piece).collect())
    }

    fn label(Piece(part): &Piece) -> String {
        match part {
            Part::Networks(networks) => {
                format!("{} on {}", networks.model.name(), networks.data.name())
            }
            Part::Worth => "the rows that linear networks are worth".to_owned(),
        }
    }

    fn measure(
        lab: &Lab<'_>,
        piece: &Piece,
        points: &mut MeasuredPoints,
    ) -> Result<Found, RunError> {
        let mut results = Results::default();
        match &piece.0 {
            Part::Networks(networks) => {
                for number in 0..networks.splits {
                    results.append(measure::split(lab, networks, number)?);
                    let (done, of) = (number + 1, networks.splits);
                    (lab.tell)(&format!("{}: split {done} of {of}", Self::label(piece)));
                }
                if networks.beside {
                    theory::add(networks, points)?;
                }
            }
            Part::Worth => results.worth = worth::worth(lab)?,
        }
        charts::add(&results, points);
        Ok(Found {
            results,
            quick: lab.quick,
        })
    }

    fn judge(parts: &[(Piece, Found)], points: &MeasuredPoints) -> Judgement {
        let mut all = Results::default();
        for (_, found) in parts {
            all.append(found.results.clone());
        }
        let quick = parts.iter().all(|(_, found)| found.quick);
        Judgement {
            measured: charts::sentences(&all, points),
            tests: verdict::tests(&all, quick),
        }
    }

    fn draw(_: &[(Piece, Found)], points: &MeasuredPoints) -> Vec<Chart> {
        charts::charts(points)
    }
}
