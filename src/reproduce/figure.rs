//! The steps of a figure: plan, measure, judge, draw.

use std::time::Instant;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::report::{Chart, Sheet};

use super::finding::{Finding, Judgement};
use super::kept::{KeptParts, Place};
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
    /// The result of a part, apart from its measured points. It is kept on disk.
    type Found: Serialize + DeserializeOwned;

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
    /// Makes the figure. Measures the parts that are not kept.
    pub make: fn(&Lab<'_>, &KeptParts) -> Result<Finding, RunError>,
    /// Measures the parts of a share.
    pub measure_share: fn(&Lab<'_>, &KeptParts, &mut Share) -> Result<(), RunError>,
    /// How many parts are not kept.
    pub left: fn(&Lab<'_>, &KeptParts) -> Result<usize, RunError>,
}

impl Maker {
    pub const fn of<F: Figure>() -> Self {
        Self {
            name: F::NAME,
            charts: F::CHARTS,
            sheet_names: F::sheet_names,
            make: make::<F>,
            measure_share: measure_share::<F>,
            left: left::<F>,
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

/// The parts that a process measures: every K-th one, counted over all figures.
pub(super) struct Share {
    index: usize,
    of: usize,
    counted: usize,
}

impl Share {
    /// The part `index` of `of`, from 0.
    pub fn new((index, of): (usize, usize)) -> Self {
        Self {
            index,
            of,
            counted: 0,
        }
    }

    /// Whether the next part is one of them.
    fn takes_next(&mut self) -> bool {
        let takes = self.counted % self.of == self.index;
        self.counted += 1;
        takes
    }
}

/// A part that was measured.
#[derive(Serialize, Deserialize)]
struct MeasuredPart<T> {
    seconds: f64,
    points: MeasuredPoints,
    found: T,
}

/// The parts of a figure with their places.
fn parts<F: Figure>(
    lab: &Lab<'_>,
) -> Result<impl Iterator<Item = (Place, F::Part)> + use<F>, RunError> {
    let place = |part| Place {
        figure: F::NAME,
        part,
    };
    let parts = F::plan(lab)?.into_iter().enumerate();
    Ok(parts.map(move |(number, part)| (place(number), part)))
}

/// Measures a part, unless it is kept.
fn measured<F: Figure>(
    lab: &Lab<'_>,
    kept: &KeptParts,
    (place, part): (Place, &F::Part),
) -> Result<MeasuredPart<F::Found>, RunError> {
    let name = format!("{}: {}", F::NAME, F::label(part));
    if let Some(found) = kept.read(place)? {
        (lab.tell)(&format!("{name} (measured before)"));
        return Ok(found);
    }
    lab.check()?;
    let start = Instant::now();
    let mut points = MeasuredPoints::default();
    let found = F::measure(lab, part, &mut points)?;
    let measured = MeasuredPart {
        seconds: start.elapsed().as_secs_f64(),
        points,
        found,
    };
    kept.keep(place, &measured)?;
    (lab.tell)(&name);
    Ok(measured)
}

fn measure_share<F: Figure>(
    lab: &Lab<'_>,
    kept: &KeptParts,
    share: &mut Share,
) -> Result<(), RunError> {
    for (place, part) in parts::<F>(lab)? {
        if share.takes_next() {
            measured::<F>(lab, kept, (place, &part))?;
        }
    }
    Ok(())
}

fn left<F: Figure>(lab: &Lab<'_>, kept: &KeptParts) -> Result<usize, RunError> {
    let mut left = 0;
    for (place, _) in parts::<F>(lab)? {
        left += usize::from(!kept.has(place)?);
    }
    Ok(left)
}

fn make<F: Figure>(lab: &Lab<'_>, kept: &KeptParts) -> Result<Finding, RunError> {
    let mut points = MeasuredPoints::default();
    let mut seconds = 0.0;
    let mut found = Vec::new();
    for (place, part) in parts::<F>(lab)? {
        let measured = measured::<F>(lab, kept, (place, &part))?;
        points.append(measured.points);
        seconds += measured.seconds;
        found.push((part, measured.found));
    }
    let charts = F::draw(&found, &points);
    assert_eq!(charts.len(), F::CHARTS.len(), "a name for every chart");
    let names = F::CHARTS.iter().map(|chart| format!("{}{chart}", F::NAME));
    Ok(Finding {
        name: F::NAME,
        claim: F::CLAIM,
        seconds,
        judgement: F::judge(&found, &points),
        charts: names.zip(charts).collect(),
        sheets: F::sheets(&found),
        agreement: points.measurements().agreement(),
        points,
    })
}
