//! `results.csv`, a row for each run, and `summary.csv`, means and standard errors over the repeats.

use super::grid::Axis;
use super::identity::GridRun;
use super::row::{COLUMNS, PATH, RunRow};
use crate::text::statistics::mean_and_error;

/// A run of the grid and its row, if it was done.
pub(super) struct RunResult<'a> {
    pub run: &'a GridRun,
    pub row: Option<RunRow>,
}

/// Every run: the varied keys, `repeat`, `seed`, the measured columns, `predicted_path`, `seconds`, `status` (`done`,
/// `left`, or the error) and the name of its folder.
pub(super) fn results(axes: &[Axis], results: &[RunResult<'_>]) -> Vec<u8> {
    let mut header = keys(axes);
    header.extend(["repeat", "seed"].map(str::to_owned));
    header.extend(COLUMNS.map(|(name, _)| name.to_owned()));
    header.extend([PATH, "seconds", "status", "run"].map(str::to_owned));
    csv(header, results.iter().map(cells_of_run))
}

fn keys(axes: &[Axis]) -> Vec<String> {
    axes.iter().map(|axis| axis.key.clone()).collect()
}

fn cells_of_run(RunResult { run, row }: &RunResult<'_>) -> Vec<String> {
    let point = &run.point;
    let mut cells = point.values.clone();
    cells.extend([point.repeat.to_string(), point.experiment.seed.to_string()]);
    let measured = |name: &str| {
        let cell = row.as_ref().and_then(|row| row.measured.get(name));
        cell.cloned().unwrap_or_default()
    };
    cells.extend(COLUMNS.map(|(name, _)| measured(name)));
    cells.push(measured(PATH));
    cells.extend(match row {
        None => [String::new(), "left".to_owned()],
        Some(RunRow { seconds, error, .. }) => {
            let status = error.clone().unwrap_or_else(|| "done".to_owned());
            [format!("{seconds:.3}"), status]
        }
    });
    cells.push(run.name.clone());
    cells
}

/// Every point of the grid: the `count` of its repeats that were done, the mean of each measured column over them
/// with its standard error (empty for one repeat), and the `predicted_path` of the first.
pub(super) fn summary(axes: &[Axis], results: &[RunResult<'_>]) -> Vec<u8> {
    let mut header = keys(axes);
    header.push("count".to_owned());
    let columns = COLUMNS.iter();
    header.extend(columns.flat_map(|(name, _)| [name.to_string(), format!("{name}_se")]));
    header.push(PATH.to_owned());
    let points = results.chunk_by(|a, b| a.run.point.values == b.run.point.values);
    csv(header, points.map(cells_of_point))
}

fn cells_of_point(repeats: &[RunResult<'_>]) -> Vec<String> {
    let done: Vec<&RunRow> = repeats
        .iter()
        .filter_map(|result| result.row.as_ref())
        .filter(|row| row.error.is_none())
        .collect();
    let mut cells = repeats[0].run.point.values.clone();
    cells.push(done.len().to_string());
    for (name, _) in COLUMNS {
        let values = done
            .iter()
            .filter_map(|row| row.measured.get(name)?.parse().ok());
        let (mean, error) = mean_and_error(&values.collect::<Vec<f64>>());
        cells.extend([mean, error].map(|x| x.map_or_else(String::new, |x| x.to_string())));
    }
    let path = done.first().and_then(|row| row.measured.get(PATH));
    cells.push(path.cloned().unwrap_or_default());
    cells
}

fn csv(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in std::iter::once(header).chain(rows) {
        writer.write_record(row).expect("written to memory");
    }
    writer.into_inner().expect("written to memory")
}
