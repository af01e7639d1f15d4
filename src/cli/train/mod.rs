//! `lindiff train`

mod dry_run;
mod neural;
mod report;
mod script;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use self::dry_run::{check_memory, dry_run, size_text};
use self::report::report;
use super::bars::{SamplingBar, TrainingBar};
use super::failure::Failure;
use super::output::Output;
use super::script::ScriptFlags;
use crate::config::{Checked, Experiment, IsChecked};
use crate::run::{
    self, Estimate, Outcome, ResumeFrom, RunDirectory, RunError, Setup, TrainOptions,
    WhichCheckpoint, resume_command,
};
use crate::score::read_model;

/// Train a network, evaluate it, and leave a run directory
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lindiff train configs/digits.toml
  lindiff train configs/digits.toml --set data.samples=100 --out artifacts/few
  lindiff train configs/fashion.toml --set data.path=train-images-idx3-ubyte.gz
  lindiff train configs/power-law.toml --dry-run
  lindiff train --resume artifacts/digits
  lindiff train --resume artifacts/digits --epochs 1000
  lindiff train configs/unet.toml --script slurm --time-limit 4:00:00 --cpus 8")]
pub(super) struct Train {
    /// The experiment file
    #[arg(required_unless_present = "resume", conflicts_with = "resume")]
    config: Option<PathBuf>,
    /// The run directory (default: artifacts/NAME)
    #[arg(long, value_name = "DIR", conflicts_with = "resume")]
    out: Option<PathBuf>,
    /// Set a key of the experiment, e.g. training.epochs=100 (may be repeated)
    #[arg(long, value_name = "KEY=VALUE", conflicts_with = "resume")]
    set: Vec<String>,
    /// The backend to compute on (see `lindiff backends`)
    #[arg(long, value_name = "NAME", conflicts_with = "resume")]
    backend: Option<String>,
    /// The seed of all random numbers
    #[arg(long, value_name = "S", conflicts_with = "resume")]
    seed: Option<u64>,
    /// Print sizes and memory, and stop
    #[arg(long, conflicts_with = "script")]
    dry_run: bool,
    /// Replace the run in --out: the files that it wrote, and no others
    #[arg(long, conflicts_with_all = ["resume", "script"])]
    overwrite: bool,
    /// Go on with a run that was stopped
    #[arg(long, value_name = "DIR")]
    resume: Option<PathBuf>,
    /// Resume from the checkpoint of this epoch, or from the best, instead of the last
    #[arg(
        long,
        value_name = "EPOCH|best|last",
        requires = "resume",
        conflicts_with = "script"
    )]
    checkpoint: Option<WhichCheckpoint>,
    /// With --resume: train on to N epochs, if the run had fewer
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Start from the weights of a model.safetensors
    #[arg(long, value_name = "FILE", conflicts_with = "resume")]
    init: Option<PathBuf>,
    #[command(flatten)]
    cluster: ScriptFlags,
}

impl Train {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        if let Some(scheduler) = self.cluster.script {
            return self.hand_over(scheduler, output);
        }
        match &self.resume {
            Some(root) => self.resume(root, output),
            None => self.begin(output),
        }
    }

    fn resume(&self, root: &Path, output: &Output) -> Result<ExitCode, Failure> {
        output.interrupts.work_is_saved();
        let directory = RunDirectory::open_to_write(root)?;
        tell_folder(output, &directory);
        if let Checked::Neural(experiment) = directory.any_experiment_to_train()? {
            return self.resume_neural(&directory, experiment, output);
        }
        let experiment = match self.epochs {
            Some(epochs) => run::extend(&directory, epochs)?,
            None => directory.experiment_to_train()?,
        };
        let from = self.resumed_from(&directory)?;
        tell_lost_rows(
            output,
            &directory,
            directory.resume_from(&experiment, from)?,
            from,
        );
        let setup = Setup::to_resume(&directory, experiment)?;
        check_memory(&setup, directory.has_init())?;
        self.go(output, &setup, directory, Some(from))
    }

    fn begin(&self, output: &Output) -> Result<ExitCode, Failure> {
        self.refuse_flags_of_resume()?;
        let config = self.config.as_ref().expect("clap asks for it");
        let loaded = Experiment::load_any(config, &self.sets())?;
        output.notes(&loaded.notes);
        let experiment = match loaded.experiment {
            Checked::Linear(linear) => linear,
            Checked::Neural(neural) => return self.begin_neural(neural, output),
        };
        let root = self.root(&experiment);
        if !self.dry_run {
            RunDirectory::check_free(&root, self.overwrite)?;
            RunDirectory::check_inputs(&root, &experiment, self.init.as_deref())?;
        }
        let setup = Setup::new(experiment)?;
        let init = self.init.as_ref().map(|path| read_model(path));
        let init = init.transpose().map_err(RunError::from)?;
        if let Some(init) = &init {
            setup.check_given(init)?;
            if setup.recentres(init) {
                output.note(
                    "note: the weights given are centred on another mean than this run's: in a basis of time they are taken \
                     as they are, centred on this one",
                );
            }
        }
        // A network that cannot be trained is refused before anything is written or replaced.
        run::check_trainable(&setup, init.is_some())?;
        if self.dry_run {
            return dry_run(output, &setup, init.is_some());
        }
        check_memory(&setup, init.is_some())?;
        let init = init.map(|init| setup.centred(init)).transpose()?;
        let experiment = setup.experiment();
        let directory =
            RunDirectory::create_from(&root, experiment, init.as_ref(), self.overwrite)?;
        tell_folder(output, &directory);
        self.go(output, &setup, directory, None)
    }

    /// Refuses what only a run that is there can be asked for.
    fn refuse_flags_of_resume(&self) -> Result<(), RunError> {
        if let Some(epochs) = self.epochs {
            return Err(RunError::Invalid(format!(
                "--epochs gives more epochs to a run that is there (--resume DIR); for a new one: --set training.epochs={epochs}"
            )));
        }
        if self.checkpoint.is_some() {
            let problem = "--checkpoint is where --resume goes on from; a new run begins at 0";
            return Err(RunError::Invalid(problem.to_owned()));
        }
        Ok(())
    }

    /// The epoch of the requested checkpoint; `None` if the run decides.
    fn resumed_from(&self, directory: &RunDirectory) -> Result<Option<usize>, RunError> {
        let Some(which) = self.checkpoint else {
            return Ok(None);
        };
        let last = || directory.checkpoint_epochs().last().copied();
        Ok(directory.epoch_of(which)?.or_else(last))
    }

    /// The keys that flags set, after those of `--set`.
    fn sets(&self) -> Vec<String> {
        let mut sets = self.set.clone();
        sets.extend(self.backend.as_ref().map(|b| format!("backend.name={b}")));
        sets.extend(self.seed.map(|seed| format!("seed={seed}")));
        sets
    }

    fn root(&self, experiment: &impl IsChecked) -> PathBuf {
        let default = || PathBuf::from("artifacts").join(&experiment.name);
        self.out.clone().unwrap_or_else(default)
    }

    fn go(
        &self,
        output: &Output,
        setup: &Setup,
        directory: RunDirectory,
        resume: Option<Option<usize>>,
    ) -> Result<ExitCode, Failure> {
        output.note(setup.training_set());
        output.notes(&setup.dataset().notes);
        for warning in &setup.dataset().warnings {
            output.warn(warning);
        }
        let estimate = Estimate::of(setup, directory.has_init())?;
        output.note(size_text(setup, &estimate));
        if let Some(short) = setup.missed_tau()? {
            output.warn(short);
        }
        let go_on = format!("go on with\n  {}", resume_command(directory.root(), None));
        let stopped = format!("stopped; {go_on}");
        output.interrupts.work_is_saved();
        output.interrupts.end(&stopped);
        let mut bar = TrainingBar::new(output, setup.experiment().training.epochs, stopped);
        let sampling = SamplingBar::new(output);
        let options = TrainOptions {
            interrupt: Some(output.interrupts.flag()),
            observers: vec![&mut bar],
            progress: Some(&mut |done, all| sampling.step(done, all)),
        };
        let outcome = match resume {
            Some(from) => run::resume(setup, &directory, from, options),
            None => run::train(setup, &directory, options),
        };
        drop((bar, sampling));
        tell_outcome(output, &directory, outcome, &go_on, |trained| {
            report(output, &directory, trained)
        })
    }
}

/// Tells how a run ended: its report, that nothing was to be done, or how to go on.
fn tell_outcome<T>(
    output: &Output,
    directory: &RunDirectory,
    outcome: Result<Outcome<T>, RunError>,
    go_on: &str,
    report: impl FnOnce(&T) -> Result<(), Failure>,
) -> Result<ExitCode, Failure> {
    if let Err(error) = &outcome
        && !error.is_input()
        && !error.is_divergence()
        && !directory.checkpoint_epochs().is_empty()
    {
        output.note(format!("what was trained so far is kept; {go_on}"));
    }
    match outcome? {
        Outcome::Done(trained) => report(&trained)?,
        Outcome::AlreadyDone { epoch } => {
            let root = directory.root().display();
            output.note(format!("{root}: finished at epoch {epoch}; nothing to do"));
            if let Some(summary) = directory.summary() {
                output.result(&summary, |_| String::new())?;
            }
        }
        Outcome::Interrupted { epoch } => {
            let told = format!("stopped after epoch {epoch}; {go_on}");
            return Err(output.interrupts.failure(told));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Says which files of a folder were kept when its run was overwritten, and whether the folder has no locks.
fn tell_folder(output: &Output, directory: &RunDirectory) {
    const SHOWN: usize = 10;
    if let Some(warning) = directory.lock_warning() {
        output.warn(warning);
    }
    let left = directory.left_alone();
    for path in left.iter().take(SHOWN) {
        let path = directory.root().join(path);
        output.note(format!(
            "note: {}: no run wrote it, it stays",
            path.display()
        ));
    }
    if left.len() > SHOWN {
        output.note(format!("note: so do {} others", left.len() - SHOWN));
    }
}

/// Says which rows of the tables a resumed run makes again, or goes on without.
fn tell_lost_rows(
    output: &Output,
    directory: &RunDirectory,
    found: ResumeFrom,
    from: Option<usize>,
) {
    let (Some(lost), Some(checkpoint)) = (found.lost, found.checkpoint) else {
        return;
    };
    let table = directory.path("metrics.csv");
    let table = table.display();
    match from {
        None => output.note(format!(
            "note: {table}: the rows of epoch {lost} are missing; training goes on from the checkpoint of epoch \
             {checkpoint} and makes them again"
        )),
        Some(_) => output.warn(format!(
            "{table}: the rows of epoch {lost} are missing and stay so; without --checkpoint they are made again"
        )),
    }
}
