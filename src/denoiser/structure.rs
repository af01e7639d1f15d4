//! What a linear denoiser of images may look at.

/// Why a denoiser cannot have a structure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum StructureError {
    #[error("an image of {height} x {width} pixels")]
    Empty { height: usize, width: usize },
    #[error("an image of {height} x {width} pixels has {}, and a row has {dim} numbers", height * width)]
    Pixels {
        height: usize,
        width: usize,
        dim: usize,
    },
    #[error("patch = {patch}: a patch has an odd side, so that it has a pixel in its middle")]
    Patch { patch: usize },
    #[error("the covariance has a number that is not finite")]
    NotFinite,
}

/// What a linear denoiser of images may look at. Images are rows of `height x width` pixels, row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Structure {
    /// Every pixel has a filter of its own on the patch of `patch x patch` pixels around it; the patch ends at the edge
    /// of the image. It is the linear part of a convolutional network without shared weights.
    Local {
        /// The side of the patch, odd.
        patch: usize,
        /// Height and width.
        image: [usize; 2],
    },
    /// One filter for all pixels, as large as the image, on the torus. It is diagonal in the Fourier basis.
    Circulant {
        /// Height and width.
        image: [usize; 2],
    },
}

impl Structure {
    /// Whether it fits rows of `dim` numbers.
    ///
    /// # Errors
    /// An image with another number of pixels, or without any; a patch without a pixel in its middle.
    pub fn check(&self, dim: usize) -> Result<(), StructureError> {
        let (Self::Local { image, .. } | Self::Circulant { image }) = *self;
        let [height, width] = image;
        if height.checked_mul(width) != Some(dim) {
            return Err(StructureError::Pixels { height, width, dim });
        }
        match *self {
            Self::Local { patch, .. } if patch.is_multiple_of(2) => {
                Err(StructureError::Patch { patch })
            }
            _ => Ok(()),
        }
    }
}
