//! What the folder of a run holds beyond its row: numbers of each direction, and of each step.

use std::path::Path;

use super::directory::RUNS;
use super::identity::RunName;
use super::options::ListColumn;
use crate::run::{RunDirectory, RunError};

const VARIANCE: &str = "variance in the coordinates of training";
const LOSS: &str = "mean squared error per component";

/// The columns of lists, with their units.
pub(super) fn columns(list: ListColumn) -> &'static [(&'static str, &'static str)] {
    match list {
        ListColumn::Spectra => &[
            ("true_eigenvalues", VARIANCE),
            ("training_eigenvalues", VARIANCE),
        ],
        ListColumn::LossesByStep => &[
            ("step", "step of the schedule"),
            ("alpha_bar", "share of the signal in the variance"),
            ("train_loss_by_step", LOSS),
            ("test_loss_by_step", LOSS),
            ("oracle_loss_by_step", LOSS),
        ],
    }
}

/// The lists of a run, one for each column; `None` without its folder, as under `--slim`. A list that the run does not
/// have is empty.
pub(super) fn read(
    root: &Path,
    run: RunName,
    column: ListColumn,
) -> Result<Option<Vec<Vec<f64>>>, RunError> {
    let folder = root.join(RUNS).join(run.to_string());
    if !folder.join("summary.json").is_file() {
        return Ok(None);
    }
    let lists = match column {
        ListColumn::Spectra => spectra(&folder)?,
        ListColumn::LossesByStep => losses_by_step(&folder.join("losses_by_step.csv"))?,
    };
    Ok(Some(lists))
}

fn spectra(folder: &Path) -> Result<Vec<Vec<f64>>, RunError> {
    let laws = RunDirectory::open(folder)?.read_data()?.laws;
    let truth = laws.truth.map_or_else(Vec::new, |truth| truth.variances());
    let train = laws.train.law()?.variances();
    Ok([truth, train].map(falling).into())
}

fn falling(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(|a, b| b.total_cmp(a));
    values
}

/// The columns of the table behind its `epoch`, in the rows of the last epoch.
fn losses_by_step(path: &Path) -> Result<Vec<Vec<f64>>, RunError> {
    let wrong = |problem: String| RunError::Data {
        path: path.to_owned(),
        problem,
    };
    let mut reader = csv::Reader::from_path(path).map_err(|error| wrong(error.to_string()))?;
    let (mut last, mut lists) = (String::new(), vec![Vec::new(); 5]);
    for record in reader.records() {
        let record = record.map_err(|error| wrong(error.to_string()))?;
        if record.get(0) != Some(&last) {
            last = record.get(0).unwrap_or_default().to_owned();
            lists.iter_mut().for_each(Vec::clear);
        }
        for (list, cell) in lists.iter_mut().zip(record.iter().skip(1)) {
            match cell.parse() {
                Ok(number) => list.push(number),
                Err(_) if cell.is_empty() => {}
                Err(_) => return Err(wrong(format!("{cell:?} is not a number"))),
            }
        }
    }
    Ok(lists)
}
