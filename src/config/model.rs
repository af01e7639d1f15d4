//! The score network.

use super::Target;
use super::names::{named, setters};

/// The score network.
///
#[doc = include_str!("tables/model.md")]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModelConfig {
    /// The kind of network.
    pub kind: ModelKind,
    /// The factor init of the start: `W_0 = init I` for the network's own output. For two layers it has the sign of
    /// the target's optimum.
    pub init: f64,
    /// What the network predicts.
    pub target: Target,
}

/// How the weights depend on the noise level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelKind {
    /// One affine map for each step.
    PerStep,
    /// `W(t) = sum_k phi_k(log SNR_t) A_k` with `basis` Chebyshev polynomials, for all steps.
    TimeBasis {
        /// The number of functions of time.
        basis: usize,
    },
    /// `W_t = B_t A_t`, with `width` hidden units for each step.
    TwoLayer {
        /// The number of hidden units.
        width: usize,
    },
}

named!(ModelKind {
    "per-step": ModelKind::PerStep,
    "time-basis": ModelKind::TimeBasis { basis: 8 },
    "two-layer": ModelKind::TwoLayer { width: 64 },
});

named!(Target {
    "eps": Target::Eps,
    "x0": Target::X0,
    "v": Target::V,
    "score": Target::Score,
});

impl ModelKind {
    /// The number of functions of time; `None` for a network with maps of its own at each step.
    pub fn functions(self) -> Option<usize> {
        match self {
            ModelKind::TimeBasis { basis } => Some(basis),
            ModelKind::PerStep | ModelKind::TwoLayer { .. } => None,
        }
    }

    /// The number of hidden units; `None` for a network without any.
    pub fn width(self) -> Option<usize> {
        match self {
            ModelKind::TwoLayer { width } => Some(width),
            ModelKind::PerStep | ModelKind::TimeBasis { .. } => None,
        }
    }

    /// Whether the parameters are the matrices `W_t` themselves, so that weight decay on them is a ridge.
    pub fn is_direct(self) -> bool {
        self == ModelKind::PerStep
    }

    /// Whether the network cannot be every affine map at every step, in `dim` dimensions.
    pub fn is_restricted(self, dim: usize) -> bool {
        match self {
            ModelKind::PerStep => false,
            ModelKind::TimeBasis { .. } => true,
            ModelKind::TwoLayer { width } => width < dim,
        }
    }

    /// The `init` if none is given: two layers do not move from 0.
    pub(super) fn init(self) -> f64 {
        match self {
            ModelKind::TwoLayer { .. } => 1e-3,
            ModelKind::PerStep | ModelKind::TimeBasis { .. } => 0.0,
        }
    }
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self::new(ModelKind::default())
    }
}

impl ModelConfig {
    /// A network of that kind that predicts the noise.
    pub fn new(kind: ModelKind) -> Self {
        Self {
            kind,
            init: kind.init(),
            target: Target::default(),
        }
    }

    /// One affine map for all steps, expanded in `basis` functions of time.
    pub fn time_basis(basis: usize) -> Self {
        Self::new(ModelKind::TimeBasis { basis })
    }

    /// Two layers for each step, with `width` hidden units.
    pub fn two_layer(width: usize) -> Self {
        Self::new(ModelKind::TwoLayer { width })
    }

    setters! {
        /// The scale of the weights at the start.
        init: f64,
        /// What the network predicts.
        target: Target,
    }
}
