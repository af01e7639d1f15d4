//! A picture of samples beside the training rows that are nearest to them.

use super::beside::{Beside, Neighbourhood, Twins};
use super::layout::PLOTS;
use super::{NeuralSampler, NeuralSetup, RunDirectory, RunError, Setup, WhichCheckpoint};
use crate::config::{DataConfig, RowsOrigin, Source};
use crate::data::{Laws, Rows};
use crate::report::{ChartFiles, Looks, Numbers, Series, Sheet};
use crate::sampling::DrawOptions;
use crate::score::Snapshot;

/// The most samples on a sheet, alone and beside other rows.
const MOST: [usize; 2] = [100, 50];
/// Columns whose deviations differ by more than this factor are drawn in units of their deviations.
const UNLIKE: f64 = 30.0;
/// The samples on the sheet that training leaves, fewer if they are large pictures.
const LEFT: usize = 20;
const LEFT_NUMBERS: usize = 400_000;
/// Rows of a file that are not known to be pictures are shown as such if they are squares of at least 8 x 8 pixels.
const LEAST_PIXELS: usize = 64;

/// Samples in the coordinates of the training, and what they are compared with.
pub struct SampleSheet<'a> {
    /// The name of the run.
    pub name: &'a str,
    /// The laws of the run, with the way back to the coordinates that were read.
    pub laws: &'a Laws,
    /// How rows are shown.
    pub looks: Looks,
    /// The samples `[n, d]`.
    pub samples: &'a Rows,
    /// Their nearest training rows.
    pub beside: Option<&'a Beside>,
    /// What a second network made from the same noise.
    pub twins: Option<&'a Twins>,
}

impl SampleSheet<'_> {
    /// The sheet of the first samples: 100, or 50 beside other rows.
    pub fn sheet(&self) -> Sheet {
        let is_alone = self.beside.is_none() && self.twins.is_none();
        let most = MOST[usize::from(!is_alone)];
        let first: Vec<usize> = (0..self.samples.count().min(most)).collect();
        let (mut series, mut numbers) = (Vec::new(), Vec::new());
        let mut add = |name: &str, rows: &Rows| {
            let rows = self.laws.frame.read_coordinates(&rows.select(&first));
            let name = name.to_owned();
            series.push(Series { name, rows });
        };
        let mut number = |name: &str, values: &[f64]| {
            let name = name.to_owned();
            let values = values[..first.len()].to_vec();
            numbers.push(Numbers { name, values });
        };
        add("sample", self.samples);
        if let Some(twins) = self.twins {
            add("second network", &twins.rows);
            number("to second network", &twins.distances);
        }
        if let Some(beside) = self.beside {
            add("nearest row", &beside.rows);
            number("to nearest row", &beside.distances);
        }
        let mut caption = self.caption();
        if self.looks == Looks::Lines && self.are_unlike() {
            series
                .iter_mut()
                .for_each(|series| self.standardise(&mut series.rows));
            caption +=
                " Each column is in standard deviations of the training rows about their mean.";
        }
        Sheet {
            title: format!("{}: samples", self.name),
            caption,
            looks: self.looks,
            series,
            numbers,
        }
    }

    fn caption(&self) -> String {
        let Some(Beside { unit, .. }) = self.beside else {
            return String::new();
        };
        let twin = match self.twins {
            Some(_) => "what a second network makes of the same noise, and ",
            None => "",
        };
        format!(
            "Each sample with {twin}the nearest training row. The unit of distances is the median distance of {} {} to \
             their nearest training row: far below 1 a sample is a copy.",
            unit.fresh_rows,
            unit.fresh.text()
        )
    }

    /// The standard deviations of the training rows, column by column.
    fn deviations(&self) -> Vec<f64> {
        let (frame, covariance) = (&self.laws.frame, &self.laws.train.covariance);
        let product = &frame.basis * covariance;
        let variance = |j: usize| product.row(j) * frame.basis.row(j).transpose();
        let columns = 0..frame.origin.nrows();
        columns
            .map(|j| variance(j).max(0.0).sqrt() / frame.scale)
            .collect()
    }

    fn are_unlike(&self) -> bool {
        let deviations = self.deviations();
        let vary = deviations.iter().copied().filter(|d| *d > 0.0);
        let (least, most) = vary.fold((f64::INFINITY, 0.0), |(a, b), d| (d.min(a), d.max(b)));
        most > UNLIKE * least
    }

    fn standardise(&self, rows: &mut Rows) {
        let mean: Vec<f64> = self.laws.train.mean.iter().copied().collect();
        let mean = self
            .laws
            .frame
            .read_coordinates(&Rows::new(mean, self.laws.dim()));
        let deviations = self.deviations();
        let values = rows.values().iter().enumerate().map(|(k, x)| {
            let j = k % rows.dim();
            match deviations[j] {
                0.0 => 0.0,
                deviation => (x - mean.values()[j]) / deviation,
            }
        });
        *rows = Rows::new(values.collect(), rows.dim());
    }
}

/// The looks of a run's rows: as the data are known, as squares, else as lines.
fn looks(data: &DataConfig, numbers: usize, image: Option<[usize; 2]>) -> Looks {
    let known = image.and_then(|[height, width]| Looks::picture(width, height, numbers));
    let may_be_square = match &data.source {
        Source::Real(real) => match &real.origin {
            RowsOrigin::Digits => true,
            RowsOrigin::File { .. } => numbers >= LEAST_PIXELS,
        },
        _ => false,
    };
    let square = || Looks::square(numbers).filter(|_| may_be_square);
    known.or_else(square).unwrap_or(Looks::Lines)
}

/// Draws `samples` into the folder of plots: some samples of a linear network, each with its nearest training row.
/// Nothing if a sample is not finite.
pub(super) fn plot_samples(
    setup: &Setup,
    directory: &RunDirectory,
    network: &Snapshot,
) -> Result<(), RunError> {
    let laws = setup.laws();
    let numbers = laws.frame.origin.nrows();
    let samples = setup.sample(network, left(numbers))?;
    let near = Neighbourhood::of(setup);
    let image = near.as_ref().and_then(Neighbourhood::image);
    let looks = looks(&setup.experiment().data, numbers, image);
    save(
        &setup.experiment().name,
        directory,
        laws,
        looks,
        near,
        (samples, None),
    )
}

/// Draws `samples` for networks that are not linear: those of the first, and of the second if there are several.
pub(super) fn plot_neural_samples(
    setup: &NeuralSetup,
    directory: &RunDirectory,
    epoch: usize,
) -> Result<(), RunError> {
    let open = |member| NeuralSampler::open(directory, WhichCheckpoint::Epoch(epoch), member);
    let first = open(0)?;
    let numbers = first.laws().frame.origin.nrows();
    let options = DrawOptions {
        draws: left(numbers),
        seed: first.seed(),
    };
    let samples = first.draw(options, |_, _| {});
    let second = match setup.pixels().members() {
        1 => None,
        _ => Some(open(1)?.draw(options, |_, _| {})),
    };
    let near = Neighbourhood::of_neural(setup, 0);
    let looks = looks(&setup.experiment().data, numbers, near.image());
    let name = &setup.experiment().name;
    save(
        name,
        directory,
        first.laws(),
        looks,
        Some(near),
        (samples, second),
    )
}

fn left(numbers: usize) -> usize {
    (LEFT_NUMBERS / numbers).clamp(1, LEFT)
}

fn save(
    name: &str,
    directory: &RunDirectory,
    laws: &Laws,
    looks: Looks,
    near: Option<Neighbourhood>,
    (samples, second): (Rows, Option<Rows>),
) -> Result<(), RunError> {
    let is_finite = |rows: &Rows| rows.values().iter().all(|x| x.is_finite());
    if !is_finite(&samples) || !second.iter().all(is_finite) {
        return Ok(());
    }
    let beside = near.map(|near| near.beside(&samples)).transpose()?;
    let twins = match (&beside, second) {
        (Some(beside), Some(second)) => Some(Twins::new(&samples, second, beside.unit)),
        _ => None,
    };
    let sheet = SampleSheet {
        name,
        laws,
        looks,
        samples: &samples,
        beside: beside.as_ref(),
        twins: twins.as_ref(),
    };
    let drawn = sheet.sheet().draw()?;
    ChartFiles::new(&directory.path(PLOTS).join("samples"), true)?.write(&drawn)?;
    Ok(())
}
