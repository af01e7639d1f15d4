//! `results.csv`, a row for each run, and `summary.csv`, means and standard errors over the repeats.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::directory::{RESULTS, SUMMARY};
use super::row::{COLUMNS, PATH, RunRow};
use super::rows::Rows;
use super::shape::Sweep;
use crate::run::RunError;
use crate::text::statistics::mean_and_error;
use crate::text::{FileError, write_whole_with};

/// Writes both tables of the rows that are there.
pub(super) fn write(root: &Path, sweep: &Sweep, rows: &Rows<RunRow>) -> Result<(), RunError> {
    write_csv(&root.join(RESULTS), results_header(sweep), |csv| {
        for (place, &run) in sweep.runs.iter().enumerate() {
            csv.write_record(cells_of_run(sweep, place, rows.of(run)))?;
        }
        Ok(())
    })?;
    write_csv(&root.join(SUMMARY), summary_header(sweep), |csv| {
        for (point, repeats) in sweep.runs.chunks(sweep.shape.repeats).enumerate() {
            let there = repeats.iter().filter_map(|&run| rows.of(run));
            csv.write_record(cells_of_point(sweep, point, there))?;
        }
        Ok(())
    })
}

/// Every run: the varied keys, `repeat`, `seed`, the measured columns, `predicted_path`, `seconds`, `status` (`done`,
/// `left`, or the error) and the name of its folder.
fn results_header(sweep: &Sweep) -> Vec<String> {
    let mut header = keys(sweep);
    header.extend(["repeat", "seed"].map(str::to_owned));
    header.extend(COLUMNS.map(|column| column.name.to_owned()));
    header.extend([PATH, "seconds", "status", "run"].map(str::to_owned));
    header
}

fn keys(sweep: &Sweep) -> Vec<String> {
    let axes = sweep.shape.axes.iter();
    axes.map(|axis| axis.key.clone()).collect()
}

fn cells_of_run(sweep: &Sweep, place: usize, row: Option<&RunRow>) -> Vec<String> {
    let shape = &sweep.shape;
    let mut cells = shape.values_of(place);
    cells.extend([shape.repeat_of(place), shape.seed_of(place) as usize].map(|n| n.to_string()));
    let numbers = row.map(|row| row.measured).unwrap_or_default();
    cells.extend(numbers.values.map(cell));
    cells.push(numbers.path.map_or("", |path| path.name()).to_owned());
    cells.extend(match row {
        None => [String::new(), "left".to_owned()],
        Some(RunRow { seconds, error, .. }) => {
            let status = error.as_deref().unwrap_or("done").to_owned();
            [format!("{seconds:.3}"), status]
        }
    });
    cells.push(sweep.runs[place].to_string());
    cells
}

fn cell(number: Option<f64>) -> String {
    number.map_or_else(String::new, |x| x.to_string())
}

/// Every point of the grid: the `count` of its repeats that were done, the mean of each measured column over them
/// with its standard error (empty for one repeat), and the `predicted_path` of the first.
fn summary_header(sweep: &Sweep) -> Vec<String> {
    let mut header = keys(sweep);
    header.push("count".to_owned());
    let columns = COLUMNS.iter().map(|column| column.name);
    header.extend(columns.flat_map(|name| [name.to_owned(), format!("{name}_se")]));
    header.push(PATH.to_owned());
    header
}

fn cells_of_point<'a>(
    sweep: &Sweep,
    point: usize,
    repeats: impl Iterator<Item = &'a RunRow>,
) -> Vec<String> {
    let done: Vec<&RunRow> = repeats.filter(|row| row.error.is_none()).collect();
    let mut cells = sweep.shape.values_of(point * sweep.shape.repeats);
    cells.push(done.len().to_string());
    for column in 0..COLUMNS.len() {
        let values = done.iter().filter_map(|row| row.measured.values[column]);
        let (mean, error) = mean_and_error(&values.collect::<Vec<f64>>());
        cells.extend([mean, error].map(cell));
    }
    let path = done.first().and_then(|row| row.measured.path);
    cells.push(path.map_or("", |path| path.name()).to_owned());
    cells
}

fn write_csv(
    path: &Path,
    header: Vec<String>,
    fill: impl FnOnce(&mut csv::Writer<BufWriter<File>>) -> csv::Result<()>,
) -> Result<(), RunError> {
    let all = |partial: &Path| -> csv::Result<()> {
        let mut csv = csv::Writer::from_writer(BufWriter::new(File::create(partial)?));
        csv.write_record(header)?;
        fill(&mut csv)?;
        let writer = csv.into_inner().map_err(|error| error.into_error())?;
        Ok(writer
            .into_inner()
            .map_err(|error| error.into_error())?
            .flush()?)
    };
    let written = write_whole_with(path, |partial| {
        all(partial).map_err(|error| FileError::io(path)(io::Error::from(error)))
    });
    Ok(written?)
}
