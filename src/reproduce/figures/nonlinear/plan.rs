//! The parts of the figure, and their sizes.

use crate::neural::NetworkConfig;
use crate::reproduce::lab::Lab;

use super::results::{Data, Model};
use super::training::Training;

/// The noise levels of the measurements.
pub(super) const SIGMAS: [f64; 3] = [0.3, 1.0, 3.0];
/// The numbers of rows.
const SAMPLES: [usize; 5] = [50, 100, 200, 400, 800];
/// Those of the U-Net.
const FEWER: [usize; 3] = [50, 200, 800];
/// Those of the quick set, and those whose training is followed.
pub(super) const ENDS: [usize; 2] = [50, 800];

/// A part of the figure.
pub(super) enum Part {
    /// Networks of one kind on one kind of rows.
    Networks(Networks),
    /// The rows that linear networks are worth, from their affine parts.
    Worth,
}

/// Networks of one kind on one kind of rows, beside the other models.
pub(super) struct Networks {
    pub data: Data,
    /// The kind of network.
    pub model: Model,
    /// Whether the linear optimum and the copying denoiser are measured here.
    pub beside: bool,
    pub samples: Vec<usize>,
    pub splits: usize,
    /// The number of disjoint sets of each size in a split.
    pub halves: usize,
    pub training: Training,
    /// The least number of draws of a measurement.
    pub draws: usize,
    /// The number of samples whose overlap is measured; none: not measured.
    pub sampled: usize,
}

/// The parts.
pub(super) fn parts(lab: &Lab<'_>) -> Vec<Part> {
    let digits = Networks {
        data: Data::Digits,
        model: Model::Mlp,
        beside: true,
        samples: SAMPLES.into(),
        splits: 6,
        halves: 2,
        training: Training {
            network: NetworkConfig::mlp(),
            batch_size: 64,
            together: 5,
            steps: vec![100, 200, 400, 800, 1500, 3000, 6000],
        },
        draws: 5000,
        sampled: 400,
    };
    let control = Networks {
        data: Data::Gaussian,
        splits: 4,
        halves: 1,
        training: Training {
            network: NetworkConfig::mlp(),
            batch_size: 64,
            together: 3,
            steps: vec![4000],
        },
        sampled: 0,
        samples: SAMPLES.into(),
        ..digits
    };
    if lab.quick {
        let quick = |networks: Networks, steps: &[u64]| {
            Part::Networks(Networks {
                samples: ENDS.into(),
                splits: 1,
                halves: 1,
                sampled: 0,
                draws: 10_000,
                training: Training {
                    together: 1,
                    steps: steps.into(),
                    ..networks.training
                },
                ..networks
            })
        };
        return vec![
            quick(digits, &[100, 400, 1500, 6000]),
            quick(control, &[1500]),
        ];
    }
    let unet = Networks {
        data: Data::Digits,
        model: Model::UNet,
        beside: false,
        samples: FEWER.into(),
        splits: 2,
        halves: 2,
        training: Training {
            network: NetworkConfig::unet([8, 8]),
            batch_size: 32,
            together: 1,
            steps: vec![300, 1000, 2000],
        },
        draws: 2500,
        sampled: 200,
    };
    vec![
        Part::Networks(digits),
        Part::Networks(control),
        Part::Worth,
        Part::Networks(unet),
    ]
}
