//! A truth without any matrix `[d, d]`: its spectrum and its dimensions.

use std::borrow::Cow;

use faer::Mat;

use super::{
    DataError, Dimensions, Principal, ReadRows, Table, Units, Varying, different_units, far_apart,
    in_units, read_eigenvalues, read_rows,
};
use crate::config::{DataConfig, RealData, Scale, Source};
use crate::gaussian::{Spectrum, SpectrumError};

/// The spectrum of a truth, and where it comes from.
pub struct Truth {
    /// The spectrum in the kept directions, scaled.
    pub spectrum: Spectrum,
    /// The number of dimensions, and what was left out.
    pub dimensions: Dimensions,
    /// Notes on how it was read.
    pub notes: Vec<String>,
    /// The rows behind it; `None` for a synthetic source.
    pub(super) rows: Option<TrueRows>,
}

/// The rows behind a truth.
pub(super) struct TrueRows {
    pub(super) table: Table,
    pub(super) varying: Varying,
    pub(super) principal: Principal,
    pub(super) scale: f64,
    pub(super) units: Units,
    /// A warning that columns are in different units.
    pub(super) warning: Option<String>,
}

impl Truth {
    /// The truth whose spectrum is known: nothing was read.
    pub fn of_spectrum(spectrum: Spectrum) -> Self {
        Self {
            dimensions: Dimensions {
                dim: spectrum.dim(),
                dropped: 0,
                constant: 0,
            },
            spectrum,
            notes: Vec::new(),
            rows: None,
        }
    }

    /// The truth behind rows in memory: the 1/P-covariance of all P rows in the columns that vary. Directions below
    /// `min_variance` times the mean variance are dropped; then it is scaled.
    ///
    /// # Errors
    /// Numbers that are not finite, rows that are all equal, and more memory than there is.
    pub fn of_rows(
        rows: impl Into<ReadRows>,
        scale: Scale,
        min_variance: f64,
    ) -> Result<Self, DataError> {
        let rows = rows.into();
        rows.check_finite()?;
        let warning = far_apart(&rows, scale);
        of_table(Table::of_rows(rows), scale, min_variance, warning)
    }

    /// The number P of rows behind it.
    pub fn count(&self) -> Option<usize> {
        Some(self.rows.as_ref()?.table.rows.count())
    }

    /// The spectrum of all columns that vary, and their count, if only directions without variance were dropped. They
    /// have the eigenvalue 0, and the scale is that of all columns. Otherwise the spectrum in the kept directions.
    pub fn whole(&self, scale: Scale) -> (Spectrum, Dimensions) {
        let kept = (self.spectrum.clone(), self.dimensions);
        let Some(rows) = &self.rows else { return kept };
        let variances = rows.principal.variances();
        let lost = variances[self.dimensions.dim..].iter().any(|v| *v > 0.0);
        if lost || self.dimensions.dropped == 0 {
            return kept;
        }
        let dim = variances.len();
        let factor = match scale {
            Scale::Trace => dim as f64 / self.dimensions.dim as f64,
            Scale::Columns | Scale::None => 1.0,
        };
        let mut eigenvalues: Vec<f64> = self
            .spectrum
            .eigenvalues()
            .iter()
            .map(|l| l * factor)
            .collect();
        eigenvalues.resize(dim, 0.0);
        let spectrum =
            Spectrum::from_eigenvalues(eigenvalues).expect("those of a spectrum, and zeros");
        let dimensions = Dimensions {
            dim,
            dropped: 0,
            ..self.dimensions
        };
        (spectrum, dimensions)
    }

    /// The warning that the columns are in different units.
    pub fn warning(&self) -> Option<&String> {
        self.rows.as_ref()?.warning.as_ref()
    }

    /// The rows in the columns that vary, with their principal directions.
    pub fn rows(&self) -> Option<(Cow<'_, ReadRows>, &Principal)> {
        let rows = self.rows.as_ref()?;
        Some((rows.varying.chosen(&rows.table.rows), &rows.principal))
    }

    /// At most `most` leading kept directions among all D columns that were read, `[D, r]`, and D.
    pub fn leading(&self, most: usize) -> Option<(Mat<f64>, usize)> {
        let rows = self.rows.as_ref()?;
        let directions = rows.principal.leading(self.spectrum.rank().min(most));
        let all = rows.varying.directions(directions.as_ref());
        let width = all.nrows();
        Some((all, width))
    }
}

/// The spectrum of a source. A synthetic one is given. For real data it is that of the 1/P-covariance of all P rows
/// in the columns that vary, with small directions dropped, then scaled.
///
/// # Errors
/// Anything wrong with the input, and more memory than there is.
pub fn truth(config: &DataConfig) -> Result<Truth, DataError> {
    match &config.source {
        Source::PowerLaw { dim, exponent } => {
            let spectrum = Spectrum::power_law(*dim, *exponent);
            Ok(Truth::of_spectrum(spectrum.map_err(at("data.exponent"))?))
        }
        Source::Spiked { dim, spikes } => {
            let spectrum = Spectrum::spiked(*dim, spikes);
            Ok(Truth::of_spectrum(spectrum.map_err(at("data.spikes"))?))
        }
        Source::Spectrum { path } => {
            let (spectrum, notes) = read_eigenvalues(path)?;
            let truth = Truth::of_spectrum(spectrum);
            Ok(Truth { notes, ..truth })
        }
        Source::Real(real) => of_source(real),
    }
}

fn at(key: &'static str) -> impl Fn(SpectrumError) -> DataError {
    move |error| DataError::setting(key, error.to_string())
}

fn of_source(real: &RealData) -> Result<Truth, DataError> {
    let table = read_rows(real)?;
    let warning = different_units(&table, real);
    of_table(table, real.scale, real.min_variance, warning)
}

fn of_table(
    mut table: Table,
    scaling: Scale,
    min_variance: f64,
    warning: Option<String>,
) -> Result<Truth, DataError> {
    let notes = std::mem::take(&mut table.notes);
    let (rows, units) = in_units(table.rows, scaling)?;
    let table = Table { rows, ..table };
    let varying = Varying::of(&table.rows)?;
    let principal = Principal::of(&varying.chosen(&table.rows))?;
    let kept = principal.kept(min_variance)?;
    let variances = &principal.variances()[..kept];
    let scale = match scaling {
        Scale::Trace => (kept as f64 / variances.iter().sum::<f64>()).sqrt(),
        // Each column has the variance 1, or its own.
        Scale::Columns | Scale::None => 1.0,
    };
    let scaled = variances.iter().map(|v| v * scale * scale).collect();
    Ok(Truth {
        spectrum: Spectrum::from_eigenvalues(scaled).map_err(at("data"))?,
        dimensions: Dimensions {
            dim: kept,
            dropped: varying.dim() - kept,
            constant: varying.constant(),
        },
        notes,
        rows: Some(TrueRows {
            table,
            varying,
            principal,
            scale,
            units,
            warning,
        }),
    })
}
