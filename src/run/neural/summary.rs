//! What a checkpoint of networks that are not linear can do: losses beside those of linear networks, copies among its
//! samples, and how much networks that saw other rows agree.

use std::ops::ControlFlow;

use serde::Serialize;

use super::NeuralSetup;
use super::checkpoint::NeuralCheckpoint;
use super::losses::{LevelLosses, LossMeasure, NeuralLosses};
use crate::config::Named;
use crate::data::Rows;
use crate::run::{RunDirectory, RunError, WhichCheckpoint, check_draws};
use crate::sampling::{DrawOptions, draw_points, nearest_rows, overlap, rules, share_of_copies};

/// The noised rows of each kind on which losses are measured.
const VECTORS: usize = 1000;

/// The output of `evaluate --json` for networks that are not linear: losses per component, measured by drawn noise.
#[derive(Debug, Clone, Serialize)]
pub struct NeuralSummary {
    /// The kind of network.
    pub kind: &'static str,
    /// What the networks predict.
    pub target: &'static str,
    /// The epoch of the checkpoint.
    pub epoch: usize,
    /// The number of columns d.
    pub dim: usize,
    /// The number N of training rows of each network.
    pub samples: usize,
    /// The number of steps.
    pub steps: usize,
    /// The number of networks.
    pub networks: usize,
    /// The network that was evaluated, from 0; absent for all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<usize>,
    /// The means of the losses over members and steps.
    #[serde(flatten)]
    pub loss: NeuralLosses,
    /// The number of draws of each network that the next two are measured from.
    pub draws: usize,
    /// The share of samples that are copies of a training row: much nearer to it than to any other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies: Option<f64>,
    /// The correlation of samples that networks on different rows make of the same noise, the mean over pairs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap: Option<f64>,
    /// The losses at each measured step, means over members.
    pub levels: Vec<LevelLosses>,
    /// The losses of each member; empty if there is one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<MemberLosses>,
}

/// The means over steps of the losses of a member, and its share of copies.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct MemberLosses {
    /// The member, from 0.
    pub member: usize,
    /// The means over steps.
    #[serde(flatten)]
    pub loss: NeuralLosses,
    /// The share of samples that are copies of one of its training rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies: Option<f64>,
}

/// Evaluates a checkpoint of a run directory: all networks, or one `member`.
///
/// # Errors
/// No such member or checkpoint; rows that cannot be read again.
pub fn evaluate_neural(
    directory: &RunDirectory,
    checkpoint: WhichCheckpoint,
    member: Option<usize>,
    draws: Option<usize>,
    progress: Option<&mut dyn FnMut(usize, usize)>,
) -> Result<NeuralSummary, RunError> {
    let setup = NeuralSetup::of_run(directory)?;
    let read = |path: &std::path::Path| NeuralCheckpoint::read(path, setup.device());
    let found = directory.checkpoint_by(checkpoint, &read)?;
    let draws = draws.unwrap_or(setup.experiment().sampling.draws);
    summarise(&setup, &found, member, draws, progress)
}

/// Evaluates a checkpoint of a run whose parts are in memory.
pub(super) fn summarise(
    setup: &NeuralSetup,
    checkpoint: &NeuralCheckpoint,
    member: Option<usize>,
    draws: usize,
    progress: Option<&mut dyn FnMut(usize, usize)>,
) -> Result<NeuralSummary, RunError> {
    let pixels = setup.pixels();
    setup.check_fits(&checkpoint.average)?;
    let chosen = chosen(member, pixels.members())?;
    check_draws(draws, pixels.dim() * chosen.len())?;
    let measure = LossMeasure::new(setup, VECTORS)?;
    let losses: Vec<Vec<LevelLosses>> = chosen
        .iter()
        .map(|&member| measure.losses(&checkpoint.average, member))
        .collect();
    let drawn = draw(setup, checkpoint, &chosen, draws, progress);
    let copies: Vec<Option<f64>> = chosen
        .iter()
        .zip(&drawn)
        .map(|(&member, drawn)| copies(drawn, &pixels.train(member)))
        .collect();
    let mean_of = |levels: &Vec<LevelLosses>| {
        NeuralLosses::mean_of(&levels.iter().map(|level| level.loss).collect::<Vec<_>>())
    };
    let by_member: Vec<NeuralLosses> = losses.iter().map(mean_of).collect();
    let members = chosen.iter().zip(&by_member).zip(&copies);
    let members = members.map(|((&member, &loss), &copies)| MemberLosses {
        member,
        loss,
        copies,
    });
    let network = setup.experiment().network();
    let all: Option<Vec<f64>> = copies.iter().copied().collect();
    Ok(NeuralSummary {
        kind: network.kind.name(),
        target: network.target.name(),
        epoch: checkpoint.state().epoch,
        dim: pixels.dim(),
        samples: pixels.samples(),
        steps: setup.schedule().len(),
        networks: pixels.members(),
        member: member.filter(|_| pixels.members() > 1),
        loss: NeuralLosses::mean_of(&by_member),
        draws,
        copies: all.map(|all| all.iter().sum::<f64>() / all.len() as f64),
        overlap: mean_overlap(&drawn),
        levels: by_level(&losses),
        members: if chosen.len() > 1 {
            members.collect()
        } else {
            Vec::new()
        },
    })
}

/// The members that are meant.
pub(super) fn chosen(member: Option<usize>, members: usize) -> Result<Vec<usize>, RunError> {
    match member {
        None => Ok((0..members).collect()),
        Some(member) if member < members => Ok(vec![member]),
        Some(member) => {
            let there = match members {
                1 => "the run has one network, 0".to_owned(),
                members => format!("the run has {members} networks, 0 to {}", members - 1),
            };
            Err(RunError::Invalid(format!("--member {member}: {there}")))
        }
    }
}

/// Draws of each chosen member, all from the same noise.
fn draw(
    setup: &NeuralSetup,
    checkpoint: &NeuralCheckpoint,
    chosen: &[usize],
    draws: usize,
    progress: Option<&mut dyn FnMut(usize, usize)>,
) -> Vec<Rows> {
    let mut silent = |_, _| {};
    let progress: &mut dyn FnMut(usize, usize) = match progress {
        Some(progress) => progress,
        None => &mut silent,
    };
    let (schedule, device) = (setup.schedule(), setup.device());
    let rules = rules(setup.experiment().sampling.kind, schedule);
    let seed = setup.experiment().seed;
    let of = |(place, &member): (usize, &usize)| {
        let denoiser = checkpoint.average.denoiser(member, schedule, device);
        let drawn = draw_points(
            &rules,
            &denoiser,
            DrawOptions { draws, seed },
            |done, all| {
                progress(place * all + done, chosen.len() * all);
                ControlFlow::Continue(())
            },
        );
        drawn.expect("nothing breaks it")
    };
    match draws {
        0 => Vec::new(),
        _ => chosen.iter().enumerate().map(of).collect(),
    }
}

/// The share of copies; `None` without draws, or if a draw is not finite.
fn copies(drawn: &Rows, train: &Rows) -> Option<f64> {
    let finite = drawn.values().iter().all(|x| x.is_finite());
    finite.then(|| share_of_copies(&nearest_rows(drawn.as_matrix(), train.as_matrix())))
}

fn mean_overlap(drawn: &[Rows]) -> Option<f64> {
    let mut overlaps = Vec::new();
    for (place, one) in drawn.iter().enumerate() {
        for other in &drawn[..place] {
            overlaps.push(overlap(one.as_matrix(), other.as_matrix()));
        }
    }
    let mean = overlaps.iter().sum::<f64>() / overlaps.len() as f64;
    mean.is_finite().then_some(mean)
}

/// The means over members at each step.
fn by_level(losses: &[Vec<LevelLosses>]) -> Vec<LevelLosses> {
    let levels = losses.first().map_or(0, Vec::len);
    let mean = |level: usize| {
        let here: Vec<NeuralLosses> = losses.iter().map(|member| member[level].loss).collect();
        LevelLosses {
            loss: NeuralLosses::mean_of(&here),
            ..losses[0][level]
        }
    };
    (0..levels).map(mean).collect()
}
