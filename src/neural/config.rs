//! The kind and the size of a network that is not linear.

use serde::{Deserialize, Serialize};

use crate::config::Target;

/// The kind of network, with its sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum NetworkKind {
    /// A multilayer perceptron: [`Mlp`](super::Mlp).
    Mlp {
        /// The number of units of a hidden layer.
        width: usize,
        /// The number of hidden layers.
        layers: usize,
    },
    /// A U-Net: [`UNet`](super::UNet).
    UNet {
        /// The number of channels at the resolution of the image; each halving of the resolution doubles it.
        channels: usize,
        /// The height and the width of the image, in pixels.
        image: [usize; 2],
    },
}

/// What a network is.
///
/// | | default | range |
/// |---|---|---|
/// | `Mlp` width, layers | 256, 3 | from 1 to 65,536, from 1 to 64 |
/// | `UNet` channels | 16 | 8, 16, ... 512 |
/// | `UNet` image | | even sides from 4 to 256 |
/// | target | v | any [`Target`] |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkConfig {
    /// The kind and the sizes.
    pub kind: NetworkKind,
    /// What the network predicts.
    pub target: Target,
}

/// What is wrong with the sizes of a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum NetworkConfigError {
    #[error("width = {width}: must be from 1 to {}", NetworkConfig::LARGEST_WIDTH)]
    Width { width: usize },
    #[error("layers = {layers}: must be from 1 to {}", NetworkConfig::MOST_LAYERS)]
    Layers { layers: usize },
    #[error(
        "channels = {channels}: must be a multiple of {} from {0} to {}",
        NetworkConfig::CHANNEL_GROUPS,
        NetworkConfig::MOST_CHANNELS
    )]
    Channels { channels: usize },
    #[error(
        "an image of {height} x {width} pixels: each side must be an even number from 4 to 256"
    )]
    Image { height: usize, width: usize },
    #[error("an image of {height} x {width} pixels has {}, and a row has {dim} numbers", height * width)]
    Pixels {
        height: usize,
        width: usize,
        dim: usize,
    },
}

impl NetworkConfig {
    const LARGEST_WIDTH: usize = 1 << 16;
    const MOST_LAYERS: usize = 64;
    /// The groups of channels that a U-Net normalises together.
    pub(super) const CHANNEL_GROUPS: usize = 8;
    const MOST_CHANNELS: usize = 512;
    /// From this side on an image is halved twice.
    const TWICE_HALVED: usize = 16;

    /// A multilayer perceptron of 3 hidden layers with 256 units each.
    pub fn mlp() -> Self {
        Self::new(NetworkKind::Mlp {
            width: 256,
            layers: 3,
        })
    }

    /// A U-Net with 16 channels for an image.
    pub fn unet(image: [usize; 2]) -> Self {
        Self::new(NetworkKind::UNet {
            channels: 16,
            image,
        })
    }

    /// A network of that kind that predicts v.
    pub fn new(kind: NetworkKind) -> Self {
        Self {
            kind,
            target: Target::V,
        }
    }

    /// This network with another target.
    pub fn target(mut self, target: Target) -> Self {
        self.target = target;
        self
    }

    /// Checks the sizes, for rows of `dim` numbers.
    ///
    /// # Errors
    /// A size out of its range, or an image with another number of pixels than `dim`.
    pub fn check(&self, dim: usize) -> Result<(), NetworkConfigError> {
        match self.kind {
            NetworkKind::Mlp { width, layers } => {
                if !(1..=Self::LARGEST_WIDTH).contains(&width) {
                    return Err(NetworkConfigError::Width { width });
                }
                if !(1..=Self::MOST_LAYERS).contains(&layers) {
                    return Err(NetworkConfigError::Layers { layers });
                }
            }
            NetworkKind::UNet {
                channels,
                image: [height, width],
            } => {
                let most = Self::MOST_CHANNELS;
                if channels == 0
                    || channels > most
                    || !channels.is_multiple_of(Self::CHANNEL_GROUPS)
                {
                    return Err(NetworkConfigError::Channels { channels });
                }
                let fits = |side: usize| side.is_multiple_of(2) && (4..=256).contains(&side);
                if !(fits(height) && fits(width)) {
                    return Err(NetworkConfigError::Image { height, width });
                }
                if height * width != dim {
                    return Err(NetworkConfigError::Pixels { height, width, dim });
                }
            }
        }
        Ok(())
    }

    /// The number of resolutions of a U-Net: three for an image whose sides are multiples of 4 and at least 16, else
    /// two.
    pub(super) fn resolutions([height, width]: [usize; 2]) -> usize {
        let twice = |side: usize| side.is_multiple_of(4) && side >= Self::TWICE_HALVED;
        if twice(height) && twice(width) { 3 } else { 2 }
    }
}
