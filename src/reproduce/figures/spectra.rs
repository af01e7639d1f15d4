//! `spectra`: covariance spectra of real data, eigenvalues against rank.

use serde::{Deserialize, Serialize};

use crate::config::{DataConfig, RealData, Samples};
use crate::data::{Rows, Truth, truth};
use crate::gaussian::{PowerLawFit, Spectrum};
use crate::report::{Axis, Chart, Dash, Hue, KeyOf, Looks, Quantity, Series, Sheet};
use crate::reproduce::figure::Figure;
use crate::reproduce::finding::{Judgement, Test};
use crate::reproduce::lab::Lab;
use crate::reproduce::points::{MeasuredPoints, Origin};
use crate::reproduce::sources::{source_names, sources};
use crate::run::RunError;

/// The least eigenvalue that is shown and fitted, as a share of the mean. Smaller ones belong to pixels that hardly
/// change.
const LEAST: f64 = 0.01;
/// The number of leading eigenvectors in the picture.
const EIGENVECTORS: usize = 16;

pub(super) struct Spectra;

pub(super) struct Part {
    name: String,
    rows: RealData,
}

/// The spectrum of a data set.
#[derive(Serialize, Deserialize)]
pub(super) struct Found {
    eigenvalues: Vec<f64>,
    /// The leading eigenvectors of images, one after another, and their length.
    eigenvectors: Option<(Vec<f64>, usize)>,
}

impl Found {
    fn spectrum(&self) -> Spectrum {
        Spectrum::from_eigenvalues(self.eigenvalues.clone()).expect("they were those of a spectrum")
    }

    /// The power law; `None` for a single eigenvalue.
    fn fit(&self) -> Option<PowerLawFit> {
        self.spectrum().power_law_fit()
    }

    /// The positive eigenvalues by rank.
    fn by_rank(&self) -> Vec<(f64, f64)> {
        let spectrum = self.spectrum();
        let values = spectrum.positive().iter().copied();
        (1..).map(f64::from).zip(values).collect()
    }

    /// A text such as `digits: k = 1.61, R^2 = 0.88`.
    fn text(&self, name: &str) -> String {
        match &self.fit() {
            None => format!("{name}: one eigenvalue, no law"),
            Some(fit) => format!(
                "{name}: k = {:.2}, R^2 = {:.2}",
                fit.exponent, fit.r_squared
            ),
        }
    }

    /// The line of the fit.
    fn line(&self, fit: &PowerLawFit) -> Vec<(f64, f64)> {
        let ranks = self.by_rank().into_iter().map(|(rank, _)| rank);
        ranks.map(|rank| (rank, fit.at(rank))).collect()
    }
}

impl Figure for Spectra {
    const NAME: &'static str = "spectra";
    const CLAIM: &'static str =
        "The covariance spectra of images fall about like a power law of the rank.";
    type Part = Part;
    type Found = Found;

    fn plan(lab: &Lab<'_>) -> Result<Vec<Part>, RunError> {
        let part = |(name, rows): (String, RealData)| Part {
            name,
            rows: rows.min_variance(LEAST),
        };
        Ok(sources(lab.data).into_iter().map(part).collect())
    }

    fn label(part: &Part) -> String {
        part.name.clone()
    }

    fn measure(
        lab: &Lab<'_>,
        Part { name, rows }: &Part,
        points: &mut MeasuredPoints,
    ) -> Result<Found, RunError> {
        let truth = truth(&DataConfig::new(rows.clone().into(), Samples::All))?;
        for note in &truth.notes {
            (lab.tell)(&format!("note: {name}: {note}"));
        }
        let found = Found {
            eigenvalues: truth.spectrum.eigenvalues().to_vec(),
            eigenvectors: leading_eigenvectors(&truth),
        };
        for (rank, value) in found.by_rank() {
            points.add(name, rank, Origin::Data, &[value], None);
        }
        Ok(found)
    }

    fn judge(parts: &[(Part, Found)], _: &MeasuredPoints) -> Judgement {
        let texts: Vec<String> = parts
            .iter()
            .map(|(part, found)| found.text(&part.name))
            .collect();
        let straightness = |found: &Found| found.fit().map_or(0.0, |fit| fit.r_squared);
        let holds_above = |least: f64| parts.iter().all(|(_, found)| straightness(found) > least);
        Judgement {
            measured: format!(
                "Fits over the eigenvalues above a hundredth of their mean: {}.",
                texts.join("; ")
            ),
            tests: [0.9, 0.8]
                .map(|least| {
                    let text = format!(
                        "R^2 of a straight line through the logarithms above {least} for each data set"
                    );
                    Test::new(text, holds_above(least))
                })
                .into(),
        }
    }

    fn draw(parts: &[(Part, Found)], _: &MeasuredPoints) -> Vec<Chart> {
        let drawn = parts.iter().enumerate().map(|(index, (part, found))| {
            let quantity = Quantity::new(found.text(&part.name), Hue::nth(index));
            let quantity = quantity.points(found.by_rank());
            match found.fit() {
                Some(fit) => quantity.line(found.line(&fit)),
                None => quantity,
            }
        });
        vec![
            Chart::new(
                "Covariance spectra",
                Axis::log("rank"),
                Axis::log("eigenvalue, their sum d"),
            )
            .key(KeyOf::Points, "eigenvalues")
            .key(KeyOf::Line(Dash::Solid), "power law, fitted")
            .with_all(drawn),
        ]
    }

    fn sheets(parts: &[(Part, Found)]) -> Vec<(String, Sheet)> {
        let sheet = |(part, found): &(Part, Found)| {
            let (values, width) = found.eigenvectors.clone()?;
            let sheet = Sheet {
                title: format!("Leading eigenvectors of the covariance: {}", part.name),
                caption: "From the largest eigenvalue.".to_owned(),
                looks: Looks::square(width)?,
                series: vec![Series {
                    name: "eigenvectors".to_owned(),
                    rows: Rows::new(values, width),
                }],
                numbers: Vec::new(),
            };
            Some((name_of_eigenvectors(&part.name), sheet))
        };
        parts.iter().filter_map(sheet).collect()
    }

    fn sheet_names(lab: &Lab<'_>) -> Vec<String> {
        let names = source_names(lab.data).into_iter();
        names.map(|name| name_of_eigenvectors(&name)).collect()
    }
}

fn name_of_eigenvectors(name: &str) -> String {
    format!("spectra-{name}-eigenvectors")
}

/// The leading eigenvectors, one after another, and their length.
fn leading_eigenvectors(truth: &Truth) -> Option<(Vec<f64>, usize)> {
    let (vectors, width) = truth.leading(EIGENVECTORS)?;
    let values = (0..vectors.ncols()).flat_map(|k| (0..width).map(move |j| (j, k)));
    Some((values.map(|(j, k)| vectors[(j, k)]).collect(), width))
}
