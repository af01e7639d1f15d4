//! The real Fourier basis of images.

use std::f64::consts::{SQRT_2, TAU};
use std::ops::Range;

use faer::{Mat, MatRef};

use super::structure::StructureError;

/// Images of `height x width` pixels, row by row, in the real Fourier basis of the torus: for each pair of opposite
/// wave vectors a cosine and a sine, which are the two directions of a *mode*; for each that is its own opposite the
/// cosine alone.
///
/// ```text
/// cos(2 pi (k y/height + l x/width)) c,   sin(2 pi (k y/height + l x/width)) c
/// ```
///
/// The vectors are orthonormal. A symmetric matrix that commutes with all cyclic shifts of the image is diagonal in this
/// basis, with one number for each mode.
#[derive(Debug, Clone)]
pub struct Fourier {
    basis: Mat<f64>,
    modes: Vec<Range<usize>>,
}

impl Fourier {
    /// The basis of images with the given height and width.
    ///
    /// # Errors
    /// An image without pixels.
    pub fn new(image: [usize; 2]) -> Result<Self, StructureError> {
        let [height, width] = image;
        let dim = height * width;
        if dim == 0 {
            return Err(StructureError::Empty { height, width });
        }
        let mut waves: Vec<(usize, usize, bool)> = Vec::with_capacity(dim);
        let mut modes = Vec::new();
        for k in 0..height {
            for l in 0..width {
                let opposite = ((height - k) % height, (width - l) % width);
                if opposite < (k, l) {
                    continue;
                }
                let first = waves.len();
                waves.push((k, l, false));
                if opposite != (k, l) {
                    waves.push((k, l, true));
                }
                modes.push(first..waves.len());
            }
        }
        let norm = 1.0 / (dim as f64).sqrt();
        let is_pair: Vec<bool> = modes
            .iter()
            .flat_map(|mode| mode.clone().map(|_| mode.len() == 2))
            .collect();
        let basis = Mat::from_fn(dim, dim, |pixel, direction| {
            let (y, x) = (pixel / width, pixel % width);
            let (k, l, is_sine) = waves[direction];
            // The turns are reduced in whole numbers.
            let turn =
                (k * y % height) as f64 / height as f64 + (l * x % width) as f64 / width as f64;
            let (sine, cosine) = (TAU * turn).sin_cos();
            let wave = if is_sine { sine } else { cosine };
            if is_pair[direction] {
                SQRT_2 * norm * wave
            } else {
                norm * wave
            }
        });
        Ok(Self { basis, modes })
    }

    /// The vectors, as columns `[d, d]`.
    pub fn basis(&self) -> MatRef<'_, f64> {
        self.basis.as_ref()
    }

    /// The directions of each mode: one or two.
    pub fn modes(&self) -> &[Range<usize>] {
        &self.modes
    }

    /// The mean variance of the directions of each mode, given for both directions: the spectrum of the circulant
    /// matrix that is nearest to a covariance, its mean over all cyclic shifts of the image.
    pub fn powers(&self, covariance: MatRef<'_, f64>) -> Vec<f64> {
        let turned = covariance * &self.basis;
        let along = |k: usize| self.basis.col(k).transpose() * turned.col(k);
        let power = |mode: &Range<usize>| {
            let total: f64 = mode.clone().map(along).sum();
            // Rounding may have made it negative.
            (total / mode.len() as f64).max(0.0)
        };
        let of_mode = |mode: &Range<usize>| vec![power(mode); mode.len()];
        self.modes.iter().flat_map(of_mode).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fourier_vectors_are_orthonormal_for_any_sides() {
        for image in [[1, 1], [2, 2], [3, 4], [5, 1], [1, 6]] {
            let fourier = Fourier::new(image).unwrap();
            let product = fourier.basis().transpose() * fourier.basis();
            let identity = Mat::<f64>::identity(product.nrows(), product.ncols());
            assert!((product - identity).norm_max() < 1e-14, "{image:?}");
        }
    }
}
