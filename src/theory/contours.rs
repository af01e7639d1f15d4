//! Lenses around the spectrum of any rows, and where that spectrum lies.

use std::f64::consts::PI;

use faer::c64;

use super::elliptical_lens::WeightedContour;
use super::gaussian_lens::Contour;
use super::lens::{BEYOND, Estimated, Lens, STEEPEST, Weighting, contour_points};
use super::{Ensemble, TheoryError};

impl Lens {
    /// A lens with the given even number of nodes: 200 give about 7 digits, 400 about 11.
    ///
    /// # Errors
    /// No effective ridge on the contour, or a contour that does not enclose the spectrum.
    pub fn new(ensemble: &Ensemble, nodes: usize) -> Result<Self, TheoryError> {
        Self::flat(ensemble, nodes, STEEPEST)
    }

    /// A lens whose sides meet the real axis at an angle phi from 0 to [`STEEPEST`]. A flatter one stays nearer to the real
    /// axis, where polynomials of high degree are small, and needs more nodes: as many times as it is flatter.
    ///
    /// # Errors
    /// The errors of [`Lens::new`].
    pub(super) fn flat(ensemble: &Ensemble, nodes: usize, angle: f64) -> Result<Self, TheoryError> {
        let count = nodes.next_multiple_of(2);
        let lens = match ensemble.row_weights() {
            None => Contour::new(ensemble).lens(count, angle)?,
            Some(law) => {
                let law = WeightedContour::law(ensemble, law);
                let contour = WeightedContour::new(ensemble, &law)?;
                contour.lens(ensemble, contour.edge * BEYOND, count, angle)?
            }
        };
        let one = lens.map(|_| c64::new(1.0, 0.0), 1.0);
        let count = lens.trace(Weighting::Plain, &one).value;
        if (count - 1.0).abs() < 1e-3 {
            Ok(lens)
        } else {
            Err(TheoryError::Contour { count })
        }
    }
}

/// Calls `compute` with finer and finer lenses, until its error is at most 1e-9 (absolute, or of its value) or the
/// finest lens is reached. The error that is returned says which.
pub fn refined<T>(
    ensemble: &Ensemble,
    compute: impl FnMut(&Lens) -> Result<Estimated<T>, TheoryError>,
) -> Result<(Estimated<T>, Lens), TheoryError> {
    refined_at(ensemble, STEEPEST, compute)
}

/// [`refined`] with lenses of another angle.
pub(super) fn refined_at<T>(
    ensemble: &Ensemble,
    angle: f64,
    mut compute: impl FnMut(&Lens) -> Result<Estimated<T>, TheoryError>,
) -> Result<(Estimated<T>, Lens), TheoryError> {
    const FINEST: usize = 6400;
    let mut nodes = (200.0 * STEEPEST / angle) as usize;
    loop {
        let lens = Lens::flat(ensemble, nodes, angle)?;
        let estimated = compute(&lens)?;
        if estimated.error <= 1e-9 || nodes >= FINEST {
            return Ok((estimated, lens));
        }
        nodes *= 2;
    }
}

/// Some points of the upper side of a lens.
pub(super) fn arc(ensemble: &Ensemble, angle: f64) -> Vec<c64> {
    let (low, high) = ends(ensemble);
    let points = contour_points(low, high, [8.0; 2], angle, 65);
    points.map(|(s, _)| s).collect()
}

/// v and V. Where the equations of weighted rows have no root, V is infinite.
fn ends(ensemble: &Ensemble) -> (f64, f64) {
    let Some(law) = ensemble.row_weights() else {
        let contour = Contour::new(ensemble);
        return (contour.low, contour.high);
    };
    let law = WeightedContour::law(ensemble, law);
    match WeightedContour::new(ensemble, &law) {
        Ok(contour) => (contour.low, contour.edge * BEYOND),
        Err(_) => (0.0, f64::INFINITY),
    }
}

impl Ensemble<'_> {
    /// The density of the eigenvalues of `Sigma_N` at the points s > 0, without the atom at 0. Its integral is 1
    /// minus the atom. It is `(1/pi) Im m(-s - i 0)`, approached from above in ever smaller steps.
    ///
    /// # Errors
    /// No root at some point; rows with weights.
    pub fn spectral_density(&self, points: &[f64]) -> Result<Vec<f64>, TheoryError> {
        if self.row_weights().is_some() {
            return Err(TheoryError::Unsupported {
                what: "the spectral density",
                needs: "Gaussian rows",
            });
        }
        let contour = Contour::new(self);
        let at = |&s: &f64| {
            let mut height = 4.0 * contour.high;
            let mut offset = c64::new(-s, -height);
            while height > 1e-9 * s.max(1e-3 * contour.high) {
                offset = contour.root(c64::new(-s, -height), offset)?;
                height *= 0.5;
            }
            let m = contour.transforms(contour.base + offset)[0] / contour.survival(offset);
            // The atom is left out: at any height above the axis its tail would count.
            let rest = m + contour.positive_atoms()[0] / c64::new(s, 2.0 * height);
            Ok((rest.im / PI).max(0.0))
        };
        points.iter().map(at).collect()
    }

    /// V, the right end of every lens.
    pub(super) fn lens_top(&self) -> f64 {
        ends(self).1
    }

    /// The share of the eigenvalues of `Sigma_N` that are 0, and the right edge of the others.
    pub fn spectral_edges(&self) -> (f64, f64) {
        let atom = (1.0 - self.degrees() / self.dim() as f64)
            .max(1.0 - self.spectrum().rank() as f64 / self.dim() as f64)
            .max(0.0);
        (atom, self.lens_top() / BEYOND)
    }
}
