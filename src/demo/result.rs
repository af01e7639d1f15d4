//! The numbers of a demonstration.

use serde::Serialize;

use crate::run::Typical;

/// The name of the demonstration, on the command line and of its files.
pub(super) const MEMORISE: &str = "memorise-or-generalise";

/// The result of `memorise-or-generalise`.
#[derive(Debug, Clone, Serialize)]
pub struct Memorise {
    /// The number of dimensions of the training.
    pub dim: usize,
    /// The least possible loss.
    pub oracle_loss: f64,
    /// The pairs of networks, by their numbers of rows.
    pub sizes: Vec<Size>,
    /// Losses for these and further numbers of rows.
    pub losses: Vec<SizeLosses>,
    /// What is to be said of all of them.
    pub sentences: Vec<String>,
    /// The seconds that it took.
    pub seconds: f64,
}

/// Two networks, each trained on N rows of its own.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Size {
    /// The losses of the first network.
    #[serde(flatten)]
    pub losses: SizeLosses,
    /// The distance from samples of the first network to their nearest training row.
    pub distance: Typical,
    /// The share of its samples that are copies of a training row.
    pub copies: f64,
    /// The distance between samples that both make of one noise.
    pub twin_distance: Typical,
    /// The correlation of these samples.
    pub overlap: f64,
    /// The distance from samples of the copying denoiser, which remembers the rows of the first network, to the nearest
    /// of them.
    pub remembering_distance: Typical,
    /// The share of its samples that are copies.
    pub remembering_copies: f64,
    /// What was measured, in a sentence.
    pub sentence: String,
}

/// The losses of a network of N rows, measured and predicted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SizeLosses {
    /// The number N of rows.
    pub rows: usize,
    /// The loss on the training rows.
    pub train_loss: f64,
    /// The loss on all other rows.
    pub test_loss: f64,
    /// The train loss that theory predicts, from the spectrum of the digits alone.
    pub predicted_train_loss: f64,
    /// The test loss that theory predicts.
    pub predicted_test_loss: f64,
}
