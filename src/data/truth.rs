//! What is known of a truth without any matrix `[d, d]`: its spectrum and its dimensions.

use std::borrow::Cow;

use faer::Mat;

use super::eigenvalues::read_eigenvalues;
use super::{
    DataError, Dimensions, Principal, ReadRows, Table, Units, Varying, different_units, far_apart,
    in_units, read_rows,
};
use crate::config::{DataConfig, RealData, Scale, Source};
use crate::gaussian::{Spectrum, SpectrumError};

/// The spectrum of a truth, and what it is of.
pub struct Truth {
    /// Of the directions that are kept, scaled.
    pub spectrum: Spectrum,
    pub dimensions: Dimensions,
    /// What the user should know of how it was read.
    pub notes: Vec<String>,
    /// None of a synthetic source.
    pub(super) rows: Option<TrueRows>,
}

/// The rows that a truth is of.
pub(super) struct TrueRows {
    pub(super) table: Table,
    pub(super) varying: Varying,
    pub(super) principal: Principal,
    pub(super) scale: f64,
    pub(super) units: Units,
    /// That columns are in different units.
    pub(super) warning: Option<String>,
}

impl Truth {
    /// The truth that rows in memory stand for: the 1/P-covariance of all P rows in the columns that vary; directions below
    /// `min_variance` times the mean variance are dropped, then it is scaled.
    ///
    /// # Errors
    /// Numbers that are not finite, rows that are all alike, and more than the memory holds.
    pub fn of_rows(
        rows: impl Into<ReadRows>,
        scale: Scale,
        min_variance: f64,
    ) -> Result<Self, DataError> {
        let rows = rows.into();
        rows.check_finite()?;
        let warning = far_apart(&rows, scale);
        let table = Table {
            rows,
            groups: None,
            image: None,
            notes: Vec::new(),
        };
        of_table(table, scale, min_variance, warning)
    }

    /// How many rows it is of: P.
    pub fn count(&self) -> Option<usize> {
        Some(self.rows.as_ref()?.table.rows.count())
    }

    /// The spectrum of all columns that vary, and their count, where nothing but directions without variance was dropped:
    /// zeros stand for those, and the scale is that of all. Otherwise what is kept.
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

    /// What the user should know of the rows: that their columns are in different units.
    pub fn warning(&self) -> Option<&String> {
        self.rows.as_ref()?.warning.as_ref()
    }

    /// The rows in the columns that vary, and the directions in which they do.
    pub fn rows(&self) -> Option<(Cow<'_, ReadRows>, &Principal)> {
        let rows = self.rows.as_ref()?;
        Some((rows.varying.chosen(&rows.table.rows), &rows.principal))
    }

    /// At most `most` leading directions that are kept, among all D columns that were read `[D, r]`, and D.
    pub fn leading(&self, most: usize) -> Option<(Mat<f64>, usize)> {
        let rows = self.rows.as_ref()?;
        let directions = rows.principal.leading(self.spectrum.rank().min(most));
        let all = rows.varying.directions(directions.as_ref());
        let width = all.nrows();
        Some((all, width))
    }
}

/// The spectrum of a source: of a synthetic one as it is given, of real data that of the 1/P-covariance of all P rows in
/// the columns that vary, small directions dropped, then scaled.
///
/// # Errors
/// Whatever is wrong with the input, and more than the memory holds.
pub fn truth(config: &DataConfig) -> Result<Truth, DataError> {
    match &config.source {
        Source::PowerLaw { dim, exponent } => {
            let spectrum = Spectrum::power_law(*dim, *exponent);
            Ok(synthetic(spectrum.map_err(at("data.exponent"))?))
        }
        Source::Spiked { dim, spikes } => {
            let spectrum = Spectrum::spiked(*dim, spikes);
            Ok(synthetic(spectrum.map_err(at("data.spikes"))?))
        }
        Source::Spectrum { path } => {
            let (spectrum, notes) = read_eigenvalues(path)?;
            let truth = synthetic(spectrum);
            Ok(Truth { notes, ..truth })
        }
        Source::Real(real) => of_source(real),
    }
}

fn at(key: &'static str) -> impl Fn(SpectrumError) -> DataError {
    move |error| DataError::setting(key, error.to_string())
}

fn synthetic(spectrum: Spectrum) -> Truth {
    Truth {
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
