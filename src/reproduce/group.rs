//! What is pooled, and what its points are compared with.

use serde::{Deserialize, Serialize};

use crate::gaussian::Divergence;

/// The margin where theory describes a limit of many dimensions.
const MARGIN: f64 = 0.02;

/// The number N of samples beside the dimension d.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Regime {
    /// `N <= 2d/3`
    #[serde(rename = "N < d")]
    Few,
    /// `2d/3 < N < 3d/2`
    #[serde(rename = "N near d")]
    Near,
    /// `N >= 3d/2`
    #[serde(rename = "N > d")]
    Many,
}

impl Regime {
    /// The regime of N = `ratio` d.
    pub fn of(ratio: f64) -> Self {
        if ratio <= 2.0 / 3.0 {
            Self::Few
        } else if ratio < 1.5 {
            Self::Near
        } else {
            Self::Many
        }
    }

    /// The name in tables.
    pub fn text(self) -> &'static str {
        match self {
            Self::Few => "N < d",
            Self::Near => "N near d",
            Self::Many => "N > d",
        }
    }
}

/// What is pooled: points of one quantity in one regime, with the margin and the control of their test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The quantity, such as `test loss`.
    pub quantity: String,
    /// The regime.
    pub regime: Regime,
    /// The largest relative difference that counts as none.
    pub margin: f64,
    /// What is wrong with the control.
    pub control: String,
}

impl Group {
    /// A group with a margin of 2 %.
    pub(super) fn new(quantity: &str, regime: Regime, control: &str) -> Self {
        Self {
            quantity: quantity.to_owned(),
            regime,
            margin: MARGIN,
            control: control.to_owned(),
        }
    }

    /// This group with another margin.
    pub(super) fn with_margin(self, margin: f64) -> Self {
        Self { margin, ..self }
    }

    /// [`Group::at`] for divergences; `None` without a prediction.
    pub(super) fn between(
        &self,
        predicted: Option<Divergence>,
        control: Option<Divergence>,
    ) -> Option<Against> {
        let control = control.map_or(f64::NAN, Divergence::value);
        Some(self.at(predicted?.value(), control))
    }

    /// A prediction for a point of this group, and the control.
    pub(super) fn at(&self, predicted: f64, control: f64) -> Against {
        Against {
            group: self.clone(),
            predicted,
            control,
        }
    }
}

/// What a point is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Against {
    pub group: Group,
    pub predicted: f64,
    pub control: f64,
}
