//! Covariance spectra of real data: `spectra`.

use std::path::Path;

use super::finding::{Comparisons, Finding, Verdict, chart, line};
use super::lab::{Lab, sources};
use crate::config::Setting;
use crate::data::{Rows, Truth, truth};
use crate::report::{Style, contact_sheet};
use crate::run::RunError;

/// Eigenvalues below this part of the mean are those of pixels that hardly ever change.
const LEAST: f64 = 0.01;
/// Leading eigenvectors that are shown.
const SHOWN: usize = 16;

/// The picture of the leading eigenvectors of a data set.
pub(super) fn eigenvectors_of(name: &str) -> String {
    format!("spectra-{name}-eigenvectors.png")
}

/// Eigenvalues against rank, of the digits and of every file.
pub(super) fn spectra(lab: &Lab<'_>) -> Result<Finding, RunError> {
    let mut table = Comparisons::new(1);
    let (mut series, mut told, mut pictures) = (Vec::new(), Vec::new(), Vec::new());
    let mut worst = 1.0f64;
    let sources = sources(lab.data)?;
    for (color, (name, draft)) in sources.iter().enumerate() {
        lab.check()?;
        let least = Setting::new("data.min_variance", LEAST);
        let experiment = draft.with(&[least])?.experiment;
        let truth = truth(&experiment.data)?;
        for note in &truth.notes {
            (lab.tell)(&format!("note: {name}: {note}"));
        }
        let spectrum = &truth.spectrum;
        let points: Vec<(f64, f64)> = (1..)
            .map(f64::from)
            .zip(spectrum.positive().iter().copied())
            .collect();
        for (rank, value) in &points {
            table.push(name.clone(), *rank, "data", &[*value], None);
        }
        match spectrum.power_law_fit() {
            None => {
                series.push(line(name, points, color, Style::Points));
                told.push(format!("{name}: one eigenvalue, no law"));
                worst = 0.0;
            }
            Some(fit) => {
                // The line through the middle of the logarithms.
                let middle = points
                    .iter()
                    .map(|p| p.1.ln() + fit.exponent * p.0.ln())
                    .sum::<f64>()
                    / points.len() as f64;
                let fitted = points
                    .iter()
                    .map(|p| (p.0, (middle - fit.exponent * p.0.ln()).exp()))
                    .collect();
                series.push(line(name, points, color, Style::Points));
                let label = format!(
                    "{name}: k = {:.2}, R^2 = {:.2}",
                    fit.exponent, fit.r_squared
                );
                series.push(line(&label, fitted, color, Style::Dashed));
                worst = worst.min(fit.r_squared);
                told.push(label);
            }
        }
        pictures.extend(eigenvectors(lab, name, &truth)?);
        (lab.tell)(&format!("spectra: {name}"));
    }
    Ok(Finding {
        name: "spectra",
        claim: "The covariance spectra of images fall about like a power law of the rank.",
        measured: format!(
            "Fits over the eigenvalues above a hundredth of their mean: {}.",
            told.join("; ")
        ),
        verdict: match worst {
            straight if straight > 0.9 => Verdict::Holds,
            nearly if nearly > 0.8 => Verdict::HoldsInPart,
            _ => Verdict::DoesNotHold,
        },
        test: "R^2 of a straight line through the logarithms above 0.9, for each data set"
            .to_owned(),
        table,
        charts: vec![(
            "",
            chart(
                "Covariance spectra",
                "rank",
                "eigenvalue (trace d)",
                (true, true),
                series,
            ),
        )],
        pictures,
    })
}

/// The leading eigenvectors of rows of square images, as a picture; none of rows of other lengths.
fn eigenvectors(lab: &Lab<'_>, name: &str, truth: &Truth) -> Result<Option<String>, RunError> {
    let Some((vectors, width)) = truth.leading(SHOWN) else {
        return Ok(None);
    };
    let side = width.isqrt();
    if side * side != width {
        return Ok(None);
    }
    let numbers = (0..vectors.ncols()).flat_map(|k| (0..width).map(move |j| (j, k)));
    let rows = Rows::new(numbers.map(|(j, k)| vectors[(j, k)]).collect(), width);
    let file = eigenvectors_of(name);
    let sheet = |path: &Path| contact_sheet(&rows, side, side, path);
    lab.made.write_with(&file, sheet)?;
    Ok(Some(file))
}
