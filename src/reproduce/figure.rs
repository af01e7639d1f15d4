//! The steps of a figure: plan, measure, judge, draw.

use crate::report::{Chart, Sheet};

use super::finding::{Finding, Judgement};
use super::lab::Lab;
use super::points::MeasuredPoints;
use crate::run::RunError;

/// A figure: a claim of the paper, and the four steps that test it.
pub(super) trait Figure {
    /// The name on the command line and of the files.
    const NAME: &'static str;
    /// The claim of the paper, in a sentence.
    const CLAIM: &'static str;
    /// The endings that the names of the charts add to [`Self::NAME`], in the order of [`Self::draw`].
    const CHARTS: &'static [&'static str] = &[""];

    /// A part of the plan: runs that are measured together.
    type Part;
    /// The result of a part, apart from its measured points.
    type Found;

    /// The parts, in the order of the report.
    fn plan(lab: &Lab<'_>) -> Result<Vec<Self::Part>, RunError>;

    /// The name of a part in progress messages.
    fn label(part: &Self::Part) -> String;

    /// Runs a part and adds its points, each beside its prediction.
    fn measure(
        lab: &Lab<'_>,
        part: &Self::Part,
        points: &mut MeasuredPoints,
    ) -> Result<Self::Found, RunError>;

    /// What was found beyond the agreement with theory, and the tests of the claim.
    fn judge(parts: &[(Self::Part, Self::Found)], points: &MeasuredPoints) -> Judgement;

    /// The charts.
    fn draw(parts: &[(Self::Part, Self::Found)], points: &MeasuredPoints) -> Vec<Chart>;

    /// Pictures beside the charts, each with the name of its files.
    fn sheets(_parts: &[(Self::Part, Self::Found)]) -> Vec<(String, Sheet)> {
        Vec::new()
    }

    /// The names of [`Self::sheets`], known before anything is run.
    fn sheet_names(_lab: &Lab<'_>) -> Vec<String> {
        Vec::new()
    }
}

/// A figure that can be called by its name.
#[derive(Clone, Copy)]
pub(super) struct Maker {
    pub name: &'static str,
    charts: &'static [&'static str],
    sheet_names: fn(&Lab<'_>) -> Vec<String>,
    pub make: fn(&Lab<'_>) -> Result<Finding, RunError>,
}

impl Maker {
    pub const fn of<F: Figure>() -> Self {
        Self {
            name: F::NAME,
            charts: F::CHARTS,
            sheet_names: F::sheet_names,
            make: make::<F>,
        }
    }

    /// Every file that the figure may write.
    pub fn files(&self, lab: &Lab<'_>) -> Vec<String> {
        let mut files = vec![points_file(self.name), repeats_file(self.name)];
        let charts = self.charts.iter();
        let charts = charts.map(|chart| format!("{}{chart}", self.name));
        for name in charts.chain((self.sheet_names)(lab)) {
            files.extend(["svg", "png"].map(|ending| format!("{name}.{ending}")));
        }
        files
    }
}

/// The file of a figure's points.
pub(super) fn points_file(name: &str) -> String {
    format!("{name}.csv")
}

/// The file of the measurements of all repeats.
pub(super) fn repeats_file(name: &str) -> String {
    format!("{name}-repeats.csv")
}

fn make<F: Figure>(lab: &Lab<'_>) -> Result<Finding, RunError> {
    let mut points = MeasuredPoints::default();
    let mut parts = Vec::new();
    for part in F::plan(lab)? {
        lab.check()?;
        let found = F::measure(lab, &part, &mut points)?;
        (lab.tell)(&format!("{}: {}", F::NAME, F::label(&part)));
        parts.push((part, found));
    }
    let charts = F::draw(&parts, &points);
    assert_eq!(charts.len(), F::CHARTS.len(), "a name for every chart");
    let names = F::CHARTS.iter().map(|chart| format!("{}{chart}", F::NAME));
    Ok(Finding {
        name: F::NAME,
        claim: F::CLAIM,
        judgement: F::judge(&parts, &points),
        charts: names.zip(charts).collect(),
        sheets: F::sheets(&parts),
        agreement: points.measurements().agreement(),
        points,
    })
}
