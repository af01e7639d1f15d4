//! The training rows that are nearest to samples of a run.

use super::setup::refuse_pipe;
use super::{NeuralSetup, RunDirectory, RunError, Setup};
use crate::config::Checked;
use crate::data::Rows;
use crate::sampling::{nearest_rows, share_of_copies};

/// Samples beside the training rows that are nearest to them.
pub struct Beside {
    /// The nearest training row of each sample, in the coordinates of the training.
    pub rows: Rows,
    /// The share of samples that are copies: their nearest row is nearer than a third of the second nearest.
    pub copies: f64,
}

/// Finds the training rows nearest to samples `[n, d]` in the coordinates of the training. The rows of the run are read
/// again; of several networks those of `member` count.
///
/// # Errors
/// Rows that cannot be read again, or are not those of the run; samples that are not finite.
pub fn rows_beside(
    directory: &RunDirectory,
    member: usize,
    samples: &Rows,
) -> Result<Beside, RunError> {
    if let Some(bad) = samples.values().iter().find(|x| !x.is_finite()) {
        let problem = format!("--beside rows: a sample has the number {bad}");
        return Err(RunError::Invalid(problem));
    }
    let train = training_rows(directory, member)?;
    let nearest = nearest_rows(samples.as_matrix(), train.as_matrix());
    let places: Vec<usize> = nearest.iter().map(|nearest| nearest.row).collect();
    Ok(Beside {
        rows: train.select(&places),
        copies: share_of_copies(&nearest),
    })
}

fn training_rows(directory: &RunDirectory, member: usize) -> Result<Rows, RunError> {
    match directory.any_experiment()? {
        Checked::Neural(experiment) => {
            let setup = NeuralSetup::open(directory, experiment)?;
            Ok(setup.pixels().train(member))
        }
        Checked::Linear(experiment) => {
            refuse_pipe(&experiment, "--beside rows needs the rows again")?;
            let setup = Setup::new(experiment)?;
            setup.check_same(&directory.read_data()?.laws, directory)?;
            let rows = setup.dataset().train_rows.rows();
            Ok(rows.expect("rows that were just read or drawn"))
        }
    }
}
