//! Where do random numbers come from? From one ChaCha stream for each purpose, so that a draw depends only on the
//! seed and its purpose.
//!
//! The 256-bit key consists of the seed, the name of the purpose, and an index (an epoch, for example). The stream
//! within the key is the item (a row or a draw). ChaCha is a pseudo-random function of key and stream, so all streams
//! are independent. No draw depends on the batch size, the number of threads, the backend, or on whether a run was
//! stopped.

mod normal;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub use normal::fill_normal;

/// The purpose of random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Rows of the training set drawn from the truth; the item is the row.
    Data,
    /// Weights of drawn rows; the item is the row.
    RowWeights,
    /// The order in which real rows, or groups of them, are taken.
    Split,
    /// The order of the rows in the minibatches of an epoch.
    Shuffle {
        /// The epoch.
        epoch: u64,
    },
    /// Fresh noise of an epoch; the item is the row.
    Noise {
        /// The epoch.
        epoch: u64,
    },
    /// Noise drawn once for all epochs; the item is the row.
    FrozenNoise,
    /// Noise of test rows on which a denoiser is measured; the item is the draw.
    TestNoise,
    /// Noise that losses are measured with; the item is the step and the noised row.
    LossNoise {
        /// Which rows: 0 for training rows, 1 for test rows.
        set: u64,
    },
    /// Draws of the reverse process; the item is the draw.
    Sampling,
    /// Random projection directions (for the kurtosis, and to tell rows apart).
    Projections,
    /// Random orders of rows; the item is the order.
    RowOrder,
    /// Random groups of rows.
    Groups,
    /// The start of a network that is not linear; the item is the parameter.
    NetworkWeights,
    /// Noise level and noise of a step of training; the item is the place in the batch.
    StepNoise {
        /// The step.
        step: u64,
    },
}

impl Purpose {
    fn name_and_index(self) -> (&'static [u8], u64) {
        match self {
            Purpose::Data => (b"data", 0),
            Purpose::RowWeights => (b"row weights", 0),
            Purpose::Split => (b"split", 0),
            Purpose::Shuffle { epoch } => (b"shuffle", epoch),
            Purpose::Noise { epoch } => (b"noise", epoch),
            Purpose::FrozenNoise => (b"frozen noise", 0),
            Purpose::TestNoise => (b"test noise", 0),
            Purpose::LossNoise { set } => (b"loss noise", set),
            Purpose::Sampling => (b"sampling", 0),
            Purpose::Projections => (b"projections", 0),
            Purpose::RowOrder => (b"row order", 0),
            Purpose::Groups => (b"groups", 0),
            Purpose::NetworkWeights => (b"network weights", 0),
            Purpose::StepNoise { step } => (b"step noise", step),
        }
    }
}

/// The generator of one item of one purpose.
pub fn stream(seed: u64, purpose: Purpose, item: u64) -> ChaCha8Rng {
    let (name, index) = purpose.name_and_index();
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..8 + name.len()].copy_from_slice(name);
    key[24..].copy_from_slice(&index.to_le_bytes());
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(item);
    rng
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn streams_differ_by_seed_purpose_index_and_item_and_repeat_otherwise() {
        let first = |seed, purpose, item| stream(seed, purpose, item).next_u64();
        let noise = |epoch| Purpose::Noise { epoch };
        let values = [
            first(1, Purpose::Data, 0),
            first(2, Purpose::Data, 0),
            first(1, Purpose::Data, 1),
            first(1, Purpose::RowWeights, 0),
            first(1, Purpose::Split, 0),
            first(1, noise(0), 0),
            first(1, noise(1), 0),
            first(1, Purpose::Shuffle { epoch: 1 }, 0),
            first(1, Purpose::FrozenNoise, 0),
            first(1, Purpose::TestNoise, 0),
            first(1, Purpose::LossNoise { set: 0 }, 0),
            first(1, Purpose::LossNoise { set: 1 }, 0),
            first(1, Purpose::Sampling, 0),
            first(1, Purpose::Projections, 0),
            first(1, Purpose::RowOrder, 0),
            first(1, Purpose::Groups, 0),
            first(1, Purpose::NetworkWeights, 0),
            first(1, Purpose::StepNoise { step: 0 }, 0),
            first(1, Purpose::StepNoise { step: 1 }, 0),
        ];
        for (i, a) in values.iter().enumerate() {
            assert!(!values[..i].contains(a));
        }
        assert_eq!(first(1, noise(1), 7), first(1, noise(1), 7));
    }
}
