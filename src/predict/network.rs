//! The trained network, as theory describes it.

use crate::config::{ModelConfig, ModelKind, TrainingConfig};
use crate::diffusion::{Schedule, TimeBasis};
use crate::theory::Network;

/// The network of a model as theory describes it; `None` for two layers narrower than the data.
pub fn theory_network(
    model: &ModelConfig,
    training: &TrainingConfig,
    schedule: &Schedule,
    dim: usize,
) -> Option<Network> {
    let (init, decay) = (model.init, training.penalties().decay);
    match model.kind {
        ModelKind::PerStep => Some(Network::PerStep { init }),
        ModelKind::TwoLayer { width } => {
            (width >= dim).then_some(Network::TwoLayer { init, decay })
        }
        ModelKind::TimeBasis { basis } => Some(Network::TimeBasis {
            phi: TimeBasis::new(basis, schedule.log_snr_range()).at(schedule),
            decay,
        }),
    }
}
