//! From a checked experiment to the parts of a run.

mod fits;
mod learner;
mod rates;

use faer::Col;

use super::{RunDirectory, RunError};
use crate::config::{
    CheckedExperiment, Draw, Experiment, ModelKind, Named, Objective as ObjectiveKind, RowWeights,
    RowsOrigin, SamplerKind, Samples, ScheduleConfig, Source, TrainingConfig,
};
use crate::data::{self, Dataset, Laws, Rows, TrainingRows};
use crate::diffusion::Schedule;
use crate::sampling::{Evaluation, Evaluator, StepRule};
use crate::score::{DrawOptions, Snapshot, TensorDevice, draw};
use crate::training::{FrozenDraws, products_with_rows};

/// The parts of a run, made from its experiment. They fit together.
///
/// In memory a run is trained by a [`learner`](Self::learner), then [evaluated](Self::evaluate) and
/// [sampled](Self::sample). [`train`](super::train) does that into a run directory.
///
/// ```
/// use lindiff::config::{Experiment, ScheduleConfig, Source, TrainingConfig};
/// use lindiff::run::Setup;
/// use lindiff::training::RunOptions;
///
/// let experiment = Experiment::new(Source::power_law(6, 1.0), 20)
///     .schedule(ScheduleConfig::linear(50, 1e-3, 0.1))
///     .training(TrainingConfig::default().epochs(30))
///     .check()?;
/// let setup = Setup::new(experiment)?;
/// let mut learner = setup.learner()?;
/// learner.run(RunOptions::default())?;
/// let network = learner.snapshot();
/// let evaluation = setup.evaluate(&network)?;
/// assert!(evaluation.test_loss() > evaluation.oracle_loss());
/// assert_eq!(setup.sample(&network, 10)?.dim(), 6);
/// # Ok::<(), lindiff::run::RunError>(())
/// ```
pub struct Setup {
    experiment: CheckedExperiment,
    schedule: Schedule,
    trained_schedule: Schedule,
    dataset: Dataset,
    evaluator: Evaluator,
    device: TensorDevice,
}

/// The weights of drawn rows, in the middle of a sentence.
fn weights_text(weights: RowWeights) -> String {
    weights.parameter().map_or_else(String::new, |parameter| {
        format!("with {} weights ({parameter}) ", weights.name())
    })
}

/// Refuses data from a pipe if they must be read more than once.
pub(crate) fn refuse_pipe(experiment: &Experiment, reads: &'static str) -> Result<(), RunError> {
    match experiment.data.pipe() {
        None => Ok(()),
        Some(path) => Err(RunError::Pipe {
            path: path.to_owned(),
            reads,
        }),
    }
}

/// A warning that rounding of the bias in f32 exceeds the noise: `b = c - sqrt(ab) W m`, with W of the size of 1.
fn rounded_bias(experiment: &CheckedExperiment, dataset: &Dataset) -> Option<String> {
    /// The largest harmless rounding of a component of the noise, which has deviation 1.
    const FELT: f64 = 1e-2;
    let precision = experiment.backend.precision;
    let mean = dataset.laws.train.mean.norm_max();
    let rounding = mean * precision.epsilon();
    (rounding > FELT).then(|| {
        format!(
            "the mean is {mean:.1e} from 0, where the data's deviation is about 1: saved weights in {} round what it adds by \
             {rounding:.1e}, and losses and samples are wrong by that. data.scale = \"columns\" moves each column's mean to 0, \
             backend.precision = \"f64\" rounds less",
            precision.name()
        )
    })
}

impl Setup {
    /// Reads or draws the data and checks that the parts fit together. Nothing is written.
    ///
    /// The experiment then holds the number of rows that "half" stands for.
    pub fn new(mut experiment: CheckedExperiment) -> Result<Self, RunError> {
        // A wrong schedule is reported before the data are read.
        experiment.schedule.build()?;
        let mut dataset = data::load(&experiment.data, experiment.seed)?;
        dataset.warnings.extend(rounded_bias(&experiment, &dataset));
        if experiment.data.samples == Samples::Half {
            let samples = Samples::Count(dataset.laws.train.count);
            experiment = experiment.with(|params| params.data.samples = samples)?;
        }
        Self::from_dataset(experiment, dataset)
    }

    /// The parts of a run on data in memory, whatever the data section of the experiment says.
    pub fn from_dataset(experiment: CheckedExperiment, dataset: Dataset) -> Result<Self, RunError> {
        let schedule = experiment.schedule.build()?;
        Ok(Self {
            evaluator: Evaluator::new(&dataset.laws, &schedule, experiment.sampling.kind),
            device: TensorDevice::new(experiment.backend)?.autodiff(),
            trained_schedule: schedule.clone(),
            schedule,
            dataset,
            experiment,
        })
    }

    /// The parts of a run that was made before, with its stored moments. The rows are read again only for a frozen
    /// objective.
    pub fn open(directory: &RunDirectory) -> Result<Self, RunError> {
        let experiment = directory.experiment()?;
        if matches!(experiment.training.objective, ObjectiveKind::Frozen(_)) {
            refuse_pipe(&experiment, "draws made for each row need the rows again")?;
            let dataset = directory.read_data()?;
            let setup = Self::new(experiment)?;
            setup.check_same(&dataset.laws, directory)?;
            return Ok(setup);
        }
        Self::of_moments(directory, experiment)
    }

    /// The parts of a run whose training resumes. Its data are read again. If they came through a pipe, the stored
    /// moments are used.
    ///
    /// # Errors
    /// Data from a pipe, if training needs the rows themselves.
    pub fn to_resume(
        directory: &RunDirectory,
        experiment: CheckedExperiment,
    ) -> Result<Self, RunError> {
        if experiment.data.pipe().is_none() {
            return Self::new(experiment);
        }
        let again = "training that goes on needs the rows again";
        if !directory.path("data.safetensors").is_file() {
            refuse_pipe(&experiment, again)?;
        }
        let setup = Self::of_moments(directory, experiment)?;
        if setup.needs_rows() {
            refuse_pipe(&setup.experiment, again)?;
        }
        Ok(setup)
    }

    fn of_moments(
        directory: &RunDirectory,
        experiment: CheckedExperiment,
    ) -> Result<Self, RunError> {
        Self::from_dataset(experiment, directory.read_data()?)
    }

    /// The parts of a run that was made before, with another number of steps of its full schedule than were trained.
    /// Only for networks that are functions of time.
    pub fn open_with_steps(
        directory: &RunDirectory,
        keep: Option<usize>,
    ) -> Result<Self, RunError> {
        let setup = Self::open(directory)?;
        let Some(keep) = keep else { return Ok(setup) };
        let kind = setup.experiment.model.kind;
        if !matches!(kind, ModelKind::TimeBasis { .. }) {
            return Err(RunError::Invalid(format!(
                "--keep {keep}: a {} network is defined only at its {} trained steps; --keep needs a time-basis network",
                kind.name(),
                setup.schedule.len()
            )));
        }
        let full = ScheduleConfig {
            keep: None,
            ..setup.experiment.schedule.clone()
        };
        let schedule = full
            .build()?
            .keep(keep)
            .map_err(|error| RunError::Invalid(format!("--{error}")))?;
        Ok(setup.sampled_at(schedule))
    }

    /// This run, sampled and evaluated at other steps than the trained ones. Only for networks that are functions of
    /// time.
    fn sampled_at(mut self, schedule: Schedule) -> Self {
        let sampler = self.experiment.sampling.kind;
        self.evaluator = Evaluator::new(&self.dataset.laws, &schedule, sampler);
        self.schedule = schedule;
        self
    }

    /// This run with your own noise schedule for training, sampling and evaluation.
    pub fn with_schedule(mut self, schedule: Schedule) -> Self {
        self.trained_schedule = schedule.clone();
        self.sampled_at(schedule)
    }

    /// This run with other settings of the training.
    ///
    /// # Errors
    /// Settings that are wrong, or that the network does not have.
    pub fn with_training(mut self, training: TrainingConfig) -> Result<Self, RunError> {
        let experiment = self.experiment;
        self.experiment = experiment.with(|params| params.training = training)?;
        Ok(self)
    }

    /// This run with another of the built-in samplers.
    ///
    /// # Errors
    /// A schedule file that can no longer be read.
    pub fn with_sampler(mut self, sampler: SamplerKind) -> Result<Self, RunError> {
        let experiment = self.experiment;
        self.experiment = experiment.with(|params| params.sampling.kind = sampler)?;
        let schedule = self.schedule.clone();
        Ok(self.sampled_at(schedule))
    }

    /// This run with your own sampler: a rule for each step, starting with the least noise.
    ///
    /// # Errors
    /// If there are not as many rules as steps.
    pub fn with_rules(mut self, rules: Vec<StepRule>) -> Result<Self, RunError> {
        self.evaluator = self.evaluator.with_rules(rules)?;
        Ok(self)
    }

    /// Exact losses and divergences of a network.
    pub fn evaluate(&self, network: &Snapshot) -> Result<Evaluation, RunError> {
        Ok(self
            .evaluator
            .evaluate(&network.denoiser(&self.schedule)?)?)
    }

    /// Draws vectors with a network, by the sampler and the seed of the run.
    pub fn sample(&self, network: &Snapshot, draws: usize) -> Result<Rows, RunError> {
        let seed = self.experiment.seed;
        let options = DrawOptions { draws, seed };
        let denoiser = network.denoiser(&self.schedule)?;
        let (rules, device) = (self.evaluator.rules(), self.device.inner());
        Ok(draw(rules, &denoiser, options, &device, |_, _| {}))
    }

    /// A sentence about the training set and the test set.
    pub fn training_set(&self) -> String {
        let data = &self.experiment.data;
        let count = self.laws().train.count;
        let Source::Real(real) = &data.source else {
            let source = data.source.name();
            return format!(
                "training on {count} vectors drawn {}from the {source} truth, which is the test",
                weights_text(data.row_weights)
            );
        };
        let source = match &real.origin {
            RowsOrigin::Digits => "the digits".to_owned(),
            RowsOrigin::File { path, .. } => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                name.to_string_lossy().into_owned()
            }
        };
        match (data.draw, &self.laws().test) {
            (Draw::Gaussian, _) => format!(
                "training on {count} vectors drawn {}from the Gaussian with the mean and covariance of {source}, which is \
                 the test (data.draw = \"rows\" trains on rows)",
                weights_text(data.row_weights)
            ),
            (Draw::Rows, Some(test)) => {
                let all = match &self.dataset.train_rows {
                    TrainingRows::Read { rows, .. } => format!("of the {} ", rows.count()),
                    _ => String::new(),
                };
                format!(
                    "training on {count} {all}rows of {source}; {} others are the test set",
                    test.count
                )
            }
            (Draw::Rows, None) => {
                format!("training on all {count} rows of {source}; there is no test set")
            }
        }
    }

    /// The experiment, with the number of rows instead of "half".
    pub fn experiment(&self) -> &CheckedExperiment {
        &self.experiment
    }

    /// The steps of sampling and evaluation.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The steps of training: those of [`schedule`](Self::schedule), unless others were requested.
    pub fn trained_schedule(&self) -> &Schedule {
        &self.trained_schedule
    }

    /// The data, with notes and warnings.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// The exact losses and divergences of any network of this run.
    pub fn evaluator(&self) -> &Evaluator {
        &self.evaluator
    }

    /// The device of the tensors, with autodiff.
    pub fn device(&self) -> &TensorDevice {
        &self.device
    }

    /// The laws of the training set, of the test and of the truth.
    pub fn laws(&self) -> &Laws {
        &self.dataset.laws
    }

    /// The mean m on which the network is centred.
    pub fn mean(&self) -> &Col<f64> {
        &self.laws().train.mean
    }

    /// The training rows minus the mean; none if a run directory was read, which stores moments only.
    pub fn centred_rows(&self) -> Rows {
        let mean = self.mean();
        let dim = mean.nrows();
        let Some(rows) = self.dataset.train_rows.rows() else {
            return Rows::new(Vec::new(), dim);
        };
        let centred = (0..rows.count()).flat_map(|i| {
            let row = rows.row(i).iter().enumerate();
            row.map(|(j, x)| x - mean[j])
        });
        Rows::new(centred.collect(), dim)
    }

    /// Whether the objective needs the training rows themselves.
    pub(in crate::run) fn needs_rows(&self) -> bool {
        let drawn = self.experiment.training.objective != ObjectiveKind::Exact;
        drawn || products_with_rows(self.laws().train.count, self.laws().dim())
    }

    /// The draws of a frozen objective on these centred rows.
    pub(in crate::run) fn frozen_draws<'a>(&'a self, centred: &'a Rows) -> Option<FrozenDraws<'a>> {
        let ObjectiveKind::Frozen(draws) = self.experiment.training.objective else {
            return None;
        };
        Some(FrozenDraws {
            centred_rows: centred,
            schedule: &self.trained_schedule,
            seed: self.experiment.seed,
            draws: draws.noise_draws,
            mean: self.experiment.data.mean,
        })
    }
}
