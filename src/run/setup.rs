//! From a checked experiment to the parts that a run is made of.

use faer::Col;

use super::{RunDirectory, RunError};
use crate::config::{
    self, Basis, Draw, Experiment, ModelKind, Named, Objective as ObjectiveKind, RowsOrigin,
    Samples, ScheduleConfig, Source,
};
use crate::data::{self, Dataset, Laws, Rows, TrainingRows};
use crate::diffusion::Schedule;
use crate::gaussian::{Gaussian, symmetric_eigen};
use crate::score::{Parameters, ScoreNetwork, Snapshot, TensorDevice};
use crate::training::{
    AUTO_SHARE, AUTO_SHARE_IN_NOISE, Evaluator, FrozenDraws, Inputs, Learner, LearningRate,
    ObjectiveParams, optimizer, products_with_rows, stable_rate,
};

/// The parts of a run, made from its experiment.
pub struct Setup {
    pub experiment: Experiment,
    /// The steps that are sampled and evaluated.
    pub schedule: Schedule,
    /// Those that are trained: the same, unless a network is asked for others.
    pub trained: Schedule,
    pub dataset: Dataset,
    pub evaluator: Evaluator,
    /// Where tensors live, with autodiff.
    pub device: TensorDevice,
}

/// A kind of model with its size.
fn described(kind: ModelKind) -> String {
    match kind {
        ModelKind::PerStep => kind.name().to_owned(),
        ModelKind::TimeBasis { basis } => format!("{} (basis {basis})", kind.name()),
        ModelKind::TwoLayer { width } => format!("{} (width {width})", kind.name()),
    }
}

/// Refuses data that come through a pipe, for what reads them more than once.
pub(crate) fn refuse_pipe(experiment: &Experiment, reads: &'static str) -> Result<(), RunError> {
    match experiment.data.pipe() {
        None => Ok(()),
        Some(path) => Err(RunError::Pipe {
            path: path.to_owned(),
            reads,
        }),
    }
}

/// That the bias of weights in f32 is rounded by more than noise: `b = c - sqrt(ab) W m`, with W of the size of 1.
fn rounded_bias(experiment: &Experiment, dataset: &Dataset) -> Option<String> {
    /// A rounding of the noise's components, whose deviation is 1.
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
    /// Reads or draws the data and checks that the parts fit together; nothing is written.
    ///
    /// The experiment says then how many rows "half" of them are.
    pub fn new(mut experiment: Experiment) -> Result<Self, RunError> {
        let schedule = experiment.schedule.build()?;
        let mut dataset = data::load(&experiment.data, experiment.seed)?;
        dataset.warnings.extend(rounded_bias(&experiment, &dataset));
        if experiment.data.samples == Samples::Half {
            experiment.data.samples = Samples::Count(dataset.laws.train.count);
        }
        let evaluator = Evaluator::new(&dataset.laws, &schedule, experiment.sampling.kind);
        let device = TensorDevice::new(experiment.backend)?.autodiff();
        Ok(Self {
            experiment,
            trained: schedule.clone(),
            schedule,
            dataset,
            evaluator,
            device,
        })
    }

    /// The parts of a run that was made before, its moments as they were written; the rows are read again only
    /// where draws made once for each row are a part of the objective.
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

    /// The parts of a run that training goes on with. Its data are read again; where they came through a pipe, the moments
    /// that were written are taken.
    ///
    /// # Errors
    /// Data that came through a pipe, of which training needs the rows themselves.
    pub fn to_resume(directory: &RunDirectory, experiment: Experiment) -> Result<Self, RunError> {
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

    fn of_moments(directory: &RunDirectory, experiment: Experiment) -> Result<Self, RunError> {
        let dataset = directory.read_data()?;
        let schedule = experiment.schedule.build()?;
        Ok(Self {
            evaluator: Evaluator::new(&dataset.laws, &schedule, experiment.sampling.kind),
            device: TensorDevice::new(experiment.backend)?.autodiff(),
            trained: schedule.clone(),
            schedule,
            dataset,
            experiment,
        })
    }

    /// The parts of a run that was made before, with another number of steps of its full schedule than were trained: for
    /// networks that are functions of time.
    pub fn open_with_steps(
        directory: &RunDirectory,
        keep: Option<usize>,
    ) -> Result<Self, RunError> {
        let mut setup = Self::open(directory)?;
        let Some(keep) = keep else { return Ok(setup) };
        let kind = setup.experiment.model.kind;
        if !matches!(kind, ModelKind::TimeBasis { .. }) {
            return Err(RunError::Invalid(format!(
                "--keep {keep}: a {} network is trained for {} steps and is nothing at others; a time-basis network is",
                kind.name(),
                setup.schedule.len()
            )));
        }
        let full = ScheduleConfig {
            keep: None,
            ..setup.experiment.schedule.clone()
        };
        setup.schedule = full
            .build()?
            .keep(keep)
            .map_err(|error| RunError::Invalid(format!("--{error}")))?;
        let sampler = setup.experiment.sampling.kind;
        setup.evaluator = Evaluator::new(&setup.dataset.laws, &setup.schedule, sampler);
        Ok(setup)
    }

    /// Refuses data that are not those that a run was begun with.
    pub fn check_same(&self, laws: &Laws, directory: &RunDirectory) -> Result<(), RunError> {
        let (now, then) = (&self.laws().train, &laws.train);
        let same = now.mean.nrows() == then.mean.nrows()
            && now.mean == then.mean
            && now.covariance == then.covariance;
        if same {
            return Ok(());
        }
        Err(RunError::DataChanged {
            path: directory.root().to_owned(),
        })
    }

    /// Refuses weights that are for other steps or another dimension.
    pub fn check_fits(&self, snapshot: &Snapshot) -> Result<(), RunError> {
        let wrong = |what: String| Err(RunError::Invalid(what));
        let (steps, dim) = (self.schedule.len(), self.laws().dim());
        let got = (snapshot.steps().unwrap_or(steps), snapshot.dim());
        if got != (steps, dim) {
            return wrong(format!(
                "weights of {} steps and dimension {}, where the run has {steps} and {dim}",
                got.0, got.1
            ));
        }
        let model = &self.experiment.model;
        if snapshot.kind() != model.kind {
            return wrong(format!(
                "weights of a {} network, where the run has {}",
                described(snapshot.kind()),
                described(model.kind)
            ));
        }
        if snapshot.target != model.target {
            let (got, expected) = (snapshot.target.name(), model.target.name());
            return wrong(format!(
                "weights that predict {got:?}, where the run has model.target = {expected:?}"
            ));
        }
        Ok(())
    }

    /// Whether weights are centred on another mean than this run's, and cannot be centred on it as the same map.
    pub fn recentres(&self, snapshot: &Snapshot) -> bool {
        let Parameters::TimeBasis {
            mean: Some(mean), ..
        } = &snapshot.parameters
        else {
            return false;
        };
        let own = self.mean();
        (mean - own).norm_max() > 1e-6 * (1.0 + own.norm_max())
    }

    /// Refuses weights to start from that do not fit, that are no finite numbers in the run's precision, or are functions of
    /// another time.
    pub fn check_given(&self, snapshot: &Snapshot) -> Result<(), RunError> {
        let wrong = |what: String| Err(RunError::Invalid(what));
        self.check_fits(snapshot)?;
        if let Some((tensor, index)) = snapshot.first_beyond(self.experiment.backend.precision) {
            let precision = self.experiment.backend.precision.name();
            return wrong(format!(
                "weights that are not finite numbers in {precision}: {tensor}, at {} of its first dimension",
                index + 1
            ));
        }
        if let Parameters::TimeBasis { basis, .. } = &snapshot.parameters {
            let (got, expected) = (basis.range(), self.schedule.log_snr_range());
            let off = |k: usize| (got[k] - expected[k]).abs() > 1e-6 * (1.0 + expected[k].abs());
            if off(0) || off(1) {
                return wrong(format!(
                    "weights that are functions of time for the log_snr {got:?}, where the run's schedule has {expected:?}"
                ));
            }
        }
        Ok(())
    }

    /// What is trained on, and what is tested on, in a sentence.
    pub fn training_set(&self) -> String {
        let data = &self.experiment.data;
        let count = self.laws().train.count;
        let Source::Real(real) = &data.source else {
            let source = data.source.name();
            return format!(
                "training on {count} vectors drawn from the {source} truth, which is the test"
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
                "training on {count} vectors drawn from the Gaussian with the mean and covariance of {source}, which is the \
                 test (data.draw = \"rows\" trains on rows)"
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

    pub fn laws(&self) -> &Laws {
        &self.dataset.laws
    }

    /// m, the mean that the network is centred on.
    pub fn mean(&self) -> &Col<f64> {
        &self.laws().train.mean
    }

    /// The training rows less the mean; none where a run directory was read.
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

    /// Those that the objective is of: all, or none where it is of their covariance and they are many.
    fn objective_rows(&self) -> Rows {
        match self.needs_rows() {
            true => self.centred_rows(),
            false => Rows::new(Vec::new(), self.laws().dim()),
        }
    }

    /// Whether the objective is made of the training rows themselves.
    pub(super) fn needs_rows(&self) -> bool {
        let drawn = self.experiment.training.objective != ObjectiveKind::Exact;
        drawn || products_with_rows(self.laws().train.count, self.laws().dim())
    }

    /// The draws of a frozen objective on these centred rows.
    pub(super) fn frozen_draws<'a>(&'a self, centred: &'a Rows) -> Option<FrozenDraws<'a>> {
        let ObjectiveKind::Frozen(draws) = self.experiment.training.objective else {
            return None;
        };
        Some(FrozenDraws {
            centred_rows: centred,
            schedule: &self.trained,
            seed: self.experiment.seed,
            draws: draws.noise_draws,
            mean: self.experiment.data.mean,
        })
    }

    /// The network as it starts.
    pub fn network(&self) -> ScoreNetwork {
        ScoreNetwork::init(
            &self.experiment.model,
            &self.schedule,
            self.laws().dim(),
            self.experiment.data.mean,
            false,
            &self.device,
        )
    }

    /// Whether training is done with diagonal weights in the eigenbasis of the training covariance: where asked for, or where
    /// it changes nothing but the time.
    pub(super) fn in_eigenbasis(&self, given_weights: bool) -> Result<bool, RunError> {
        let training = &self.experiment.training;
        let per_step = self.experiment.model.kind == ModelKind::PerStep;
        let possible = training.stays_diagonal() && per_step && !given_weights;
        match training.basis {
            Basis::Data => Ok(false),
            Basis::Auto => Ok(possible),
            Basis::Eigen if possible => Ok(true),
            Basis::Eigen => {
                let problem = "training.basis = \"eigen\" needs weights that start as a multiple of the identity: leave \
                               --init out, or use \"auto\"";
                Err(RunError::Invalid(problem.to_owned()))
            }
        }
    }

    /// The learning rate that training starts with.
    pub fn learning_rate(&self) -> Result<f64, RunError> {
        Ok(self.rates(&self.objective_rows())?.0)
    }

    /// What is to be known of a `training.tau` that all epochs together do not reach, or that the one which reaches it goes far
    /// beyond.
    pub fn missed_tau(&self) -> Result<Option<String>, RunError> {
        /// A share of tau that need not be told.
        const LITTLE: f64 = 0.1;
        let training = &self.experiment.training;
        let (Some(tau), config::Optimizer::Sgd { momentum, .. }) =
            (training.tau, training.optimizer)
        else {
            return Ok(None);
        };
        let base = self.learning_rate()?;
        let rate = LearningRate::new(base, training.lr_schedule, training.epochs);
        let passes = match training.minibatches(self.laws().train.count) {
            None => 1,
            Some(rows) => self.laws().train.count.div_ceil(rows),
        };
        let (mut epoch, mut time) = (0, 0.0);
        while !training.ends_at(epoch, time) {
            time += rate.at(epoch) * passes as f64 / (1.0 - momentum);
            epoch += 1;
        }
        if !training.reaches_tau(time) {
            let needed = (epoch as f64 * tau / time).ceil();
            return Ok(Some(format!(
                "training.epochs = {epoch} end at tau = {time:.3}, below training.tau = {tau}: {needed} epochs reach it"
            )));
        }
        let beyond = time > tau * (1.0 + LITTLE);
        Ok(beyond.then(|| {
            let finer = base * tau / time;
            format!(
                "training stops at tau = {time:.3}, the end of the first epoch that reaches training.tau = {tau}; for tau \
                 itself: --set training.learning_rate={finer}"
            )
        }))
    }

    /// The learning rate that training starts with, and for sgd the largest that is stable.
    fn rates(&self, centred: &Rows) -> Result<(f64, Option<f64>), RunError> {
        let config = &self.experiment.training;
        Ok(match config.optimizer {
            config::Optimizer::Sgd { learning_rate, .. } => {
                let stable = self.stable_rate(centred)?;
                let share = match config.minibatches(self.laws().train.count) {
                    None => AUTO_SHARE,
                    Some(_) => AUTO_SHARE_IN_NOISE,
                };
                (learning_rate.unwrap_or(share * stable), Some(stable))
            }
            config::Optimizer::Adam { learning_rate }
            | config::Optimizer::AdamW { learning_rate } => (learning_rate, None),
            config::Optimizer::ClosedForm => (0.0, None),
        })
    }

    /// A learner at epoch 0 that starts from `init`, or as the experiment says; `None` if the optimiser takes no
    /// steps.
    pub fn learner(&self, init: Option<&Snapshot>) -> Result<Option<Learner<'_>>, RunError> {
        let config = &self.experiment.training;
        let Some(optimizer) = optimizer::build(config) else {
            return Ok(None);
        };
        let centred = self.objective_rows();
        let (base, stable) = self.rates(&centred)?;
        let model = &self.experiment.model;
        let (network, objective, eigenbasis) = match self.in_eigenbasis(init.is_some())? {
            true => {
                let (eigenvalues, vectors) =
                    symmetric_eigen(self.laws().train.covariance.as_ref())?;
                let law =
                    Gaussian::from_spectral(self.mean().clone(), vectors, eigenvalues.clone());
                let (schedule, device) = (&self.schedule, &self.device);
                let objective = self.objective_params().in_eigenbasis(eigenvalues);
                let dim = self.laws().dim();
                let network = ScoreNetwork::init(
                    model,
                    schedule,
                    dim,
                    self.experiment.data.mean,
                    true,
                    device,
                );
                (network, objective, Some(law))
            }
            false => {
                let network = match init {
                    Some(snapshot) => ScoreNetwork::from_snapshot(
                        snapshot,
                        &self.schedule,
                        self.experiment.data.mean,
                        &self.device,
                    ),
                    None => self.network(),
                };
                let objective = self.objective_params().on(&self.laws().train, &centred);
                (network, objective, None)
            }
        };
        Ok(Some(Learner::new(
            network,
            optimizer,
            objective,
            &self.evaluator,
            config,
            LearningRate::new(base, config.lr_schedule, config.epochs),
            stable,
            self.device.clone(),
            self.mean().clone(),
            eigenbasis,
        )))
    }

    /// What the objective of this run is, apart from its training set.
    pub fn objective_params(&self) -> ObjectiveParams<'_> {
        ObjectiveParams {
            training: &self.experiment.training,
            target: self.experiment.model.target,
            schedule: &self.schedule,
            seed: self.experiment.seed,
            device: &self.device,
        }
    }

    /// The largest stable rate of gradient descent on this objective.
    fn stable_rate(&self, centred: &Rows) -> Result<f64, RunError> {
        let config = &self.experiment.training;
        let train = &self.laws().train;
        let (eigenvalues, _) = symmetric_eigen(train.covariance.as_ref())?;
        let frozen = self.frozen_draws(centred).map(|draws| draws.extremes());
        let frozen = frozen.transpose()?;
        let inputs = Inputs::by_step(&self.schedule, &eigenvalues, frozen.as_deref());
        let (model, count) = (&self.experiment.model, train.count);
        Ok(stable_rate(config, model, &self.schedule, &inputs, count)?)
    }
}
