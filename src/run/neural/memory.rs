//! How much memory does a run of networks that are not linear need?

use super::NeuralSetup;
use crate::config::NeuralKind;
use crate::memory::bytes;
use crate::run::memory::BASE_BYTES;
use crate::run::{Estimate, RunError};

/// Copies of the parameters: those that are trained, their average, their gradient, two moments, and in a checkpoint
/// all of them once more but the gradient.
const COPIES: usize = 9;
/// The tensors of the size of a hidden layer that a layer of an `mlp` keeps for its gradient, and works with.
const MLP_TENSORS: usize = 8;
/// The tensors with the channels of the full resolution that a U-Net keeps, with the nine shifts of its convolutions.
const UNET_TENSORS: usize = 160;
/// The noised rows that are evaluated at a noise level, each kept a few times as doubles.
const EVALUATED: usize = 1 << 12;
/// The noised rows that a thread takes through a network at once.
const AT_ONCE: usize = 256;

/// The size of a run.
pub fn estimate(setup: &NeuralSetup) -> Result<Estimate, RunError> {
    let pixels = setup.pixels();
    let (dim, members) = (pixels.dim(), pixels.members());
    let experiment = setup.experiment();
    let number = experiment.backend.precision.bytes();
    let trainer = setup.trainer()?;
    let parameters = trainer.networks().parameter_count();
    drop(trainer);
    let state_bytes = bytes([parameters, members, number, 4]);
    let batch = experiment.batch_rows(pixels.samples());
    let kept = match experiment.kind() {
        NeuralKind::Mlp { width, layers } => bytes([MLP_TENSORS, width, layers + 1]),
        NeuralKind::Unet { channels, .. } => bytes([UNET_TENSORS, channels, dim]),
    };
    let parts = [
        BASE_BYTES,
        bytes([parameters, members, number, COPIES]),
        bytes([kept, batch, members, number]),
        bytes([kept, AT_ONCE, rayon::current_num_threads(), number]),
        bytes([8, 2, members, pixels.samples(), dim]),
        bytes([8, 6, EVALUATED, dim]),
        bytes([8, 6, dim, dim]),
        bytes([8, 3, setup.schedule().len(), dim, members + 1]),
        bytes([8, 3, experiment.sampling.draws, dim, members]),
    ];
    Ok(Estimate {
        dim,
        samples: pixels.samples(),
        steps: setup.schedule().len(),
        parameters,
        state_bytes,
        peak_bytes: parts.into_iter().fold(0, usize::saturating_add),
    })
}
