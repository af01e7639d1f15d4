//! `lindiff predict`

mod answer;
mod solve;
mod view;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use toml::Value;

use self::answer::{Answer, Predictions};
use self::view::{chart, csv, table};
use super::failure::Failure;
use super::output::Output;
use super::progress::Waiting;
use crate::config::{
    self, Draft, Experiment, Loaded, ModelConfig, Objective, Optimizer, SamplerKind, Samples,
    ScheduleConfig, TrainingConfig,
};
use crate::data::{Dimensions, truth};
use crate::diffusion::{NoiseLevel, Schedule};
use crate::gaussian::Spectrum;
use crate::run::{ChartFiles, RunError, theory_network};
use crate::sampling::{StepRule, rules};
use crate::theory::{Ensemble, Mean, Network, Query};

/// Losses and divergences before any training, from a spectrum and a number of samples alone
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lindiff predict --dim 200 --exponent 1 --samples 100,200,400,800
  lindiff predict --dim 200 --exponent 1 --samples 150 --alpha-bar 0.95 --ridge 0,0.1
  lindiff predict --spectrum eigenvalues.txt --samples 400 --sampler ddpm --tau 10
  lindiff predict configs/digits.toml --optimal ridge
  lindiff predict --dim 200 --exponent 1 --optimal samples --target-kl 0.01
  lindiff predict --dim 200 --exponent 1 --samples 1000000000 --sampler ddpm,sde,ode,heun,ddim \\
      --keep 10,20,50,100,200,500 --plot samplers      # what the steps of each cost
Losses are per component, divergences in nats per dimension, averages over training sets.")]
pub(super) struct Predict {
    /// An experiment: its spectrum, samples, ridges, schedule and sampler; flags win
    config: Option<PathBuf>,
    /// Sets a key of the experiment
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Dimension of a power law
    #[arg(long, value_name = "D")]
    dim: Option<usize>,
    /// Its exponent k: eigenvalues proportional to nu^-k, with trace D
    #[arg(long, value_name = "K")]
    exponent: Option<f64>,
    /// A file of eigenvalues
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dim", "exponent"])]
    spectrum: Option<PathBuf>,
    /// Numbers of samples
    #[arg(long, value_name = "N", value_delimiter = ',')]
    samples: Vec<usize>,
    /// One noise level (or several, each by itself) instead of a schedule
    #[arg(long, value_name = "A", value_delimiter = ',', conflicts_with_all = ["steps", "beta_start", "beta_end", "keep", "sampler"])]
    alpha_bar: Vec<f64>,
    /// Steps of the schedule
    #[arg(long, value_name = "T")]
    steps: Option<usize>,
    /// The beta that the linear schedule begins at
    #[arg(long, value_name = "BETA")]
    beta_start: Option<f64>,
    /// The last beta
    #[arg(long, value_name = "BETA")]
    beta_end: Option<f64>,
    /// Steps that are trained and sampled (several: each by itself)
    #[arg(long, value_name = "STEPS", value_delimiter = ',')]
    keep: Vec<usize>,
    /// The ridge gamma of every step
    #[arg(long, value_name = "GAMMA", value_delimiter = ',')]
    ridge: Vec<f64>,
    /// The covariance ridge: gamma_t = alpha_bar_t C
    #[arg(long, value_name = "C", value_delimiter = ',')]
    covariance_ridge: Vec<f64>,
    /// The time tau of gradient flow from the network's start, 0 unless the experiment says so (default: the optimum)
    #[arg(long, alias = "time", value_name = "TAU", value_delimiter = ',')]
    tau: Vec<f64>,
    /// Reverse processes of finitely many steps: ddpm, sde, ode, heun, ddim (default: the ideal one)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    sampler: Vec<String>,
    /// Of ddpm: beta or posterior
    #[arg(long, value_name = "NAME", requires = "sampler")]
    variance: Option<String>,
    /// The mean is fitted (default: known, or as the experiment says)
    #[arg(long)]
    center: bool,
    /// Solve for the best: ridge or tau (lowest test loss), or samples (with a target)
    #[arg(long, value_enum, value_name = "WHAT")]
    optimal: Option<Wanted>,
    /// KL(true || sampled) that the samples should reach
    #[arg(long, value_name = "KL", conflicts_with = "target_excess")]
    target_kl: Option<f64>,
    /// Excess of the test loss over the oracle's that the samples should reach
    #[arg(long, value_name = "LOSS")]
    target_excess: Option<f64>,
    /// CSV on stdout instead of a table
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Draw what is predicted against the number of samples (or the value that varies) into FILE.svg and .png
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Replace the files of --plot if they exist
    #[arg(long, requires = "plot")]
    overwrite: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Wanted {
    Ridge,
    #[value(alias = "time")]
    Tau,
    Samples,
}

/// One point of the grid.
#[derive(Debug, Clone, Copy)]
struct Point {
    samples: usize,
    alpha_bar: Option<f64>,
    ridge: f64,
    covariance_ridge: f64,
    tau: Option<f64>,
    sampler: Option<SamplerKind>,
    keep: Option<usize>,
}

/// What all points have in common.
struct Setting {
    source: String,
    spectrum: Spectrum,
    dimensions: Dimensions,
    /// Rows that the truth is of.
    rows: Option<usize>,
    mean: Mean,
    schedule: ScheduleConfig,
    model: ModelConfig,
    training: TrainingConfig,
    notes: Vec<String>,
    warnings: Vec<String>,
    settings: BTreeMap<String, String>,
}

impl Setting {
    /// What is trained, as theory has it.
    fn network(&self, schedule: &Schedule, alpha_bar: Option<f64>) -> Result<Network, RunError> {
        let dim = self.spectrum.dim();
        let invalid = |problem: &str| Err(RunError::Invalid(problem.to_owned()));
        match theory_network(&self.model, &self.training, schedule, dim) {
            Some(Network::TimeBasis { .. }) if alpha_bar.is_some() => invalid(
                "--alpha-bar: a network in a basis of time (model.kind) is of all steps together",
            ),
            Some(Network::TimeBasis { ref phi, .. }) if phi[0].len() > phi.len() => {
                invalid("model.basis: as many steps as functions of time are needed (--keep)")
            }
            Some(network) => Ok(network),
            None => invalid(
                "model.width: two layers narrower than the data choose directions, which theory does not predict",
            ),
        }
    }
}

impl Predict {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let plot = self.plot.as_ref();
        let plot = plot.map(|file| ChartFiles::new(file, self.overwrite));
        let plot = plot.transpose()?;
        let draft = match &self.config {
            Some(path) => Draft::read(path)?,
            None => Draft::empty(),
        };
        let loaded = self.load(&draft, self.sampler.first())?;
        output.notes(&loaded.notes);
        let experiment = loaded.experiment;
        let setting = self.setting(&experiment)?;
        output.notes(&setting.notes);
        if let Some(tau) = self
            .tau
            .iter()
            .find(|tau| !(tau.is_finite() && **tau >= 0.0))
        {
            let problem = format!("--tau {tau}: must be finite and 0 or more");
            return Err(RunError::Invalid(problem).into());
        }
        for warning in &setting.warnings {
            output.warn(warning);
        }
        let waiting = Waiting::new(output, "predicting");
        let mut answers = Vec::new();
        for point in self.points(
            &experiment,
            &self.samplers(&draft, &experiment)?,
            setting.rows,
        )? {
            answers.push(self.answer(&setting, point)?);
        }
        drop(waiting);
        if let Some(files) = plot
            && !files.save(&chart(&answers))?
        {
            output.warn("nothing to draw: --plot needs several values, as --samples 50,100,200");
        }
        if self.csv {
            output.print(&csv(&answers))?;
        } else if let [answer] = &answers[..] {
            output.result(answer, |page| table(&answers, page))?;
        } else {
            let predictions = Predictions {
                predictions: &answers,
            };
            output.result(&predictions, |page| table(&answers, page))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The experiment that the flags amount to: they are settings over the file, or over one without data.
    fn load(&self, draft: &Draft, sampler: Option<&String>) -> Result<Loaded, RunError> {
        let mut settings = config::Setting::all_typed(&self.set)?;
        let mut set = |key: &str, value: Option<Value>| {
            settings.extend(value.map(|value| config::Setting::new(key, value)));
        };
        if self.spectrum.is_some() {
            set("data.source", Some("spectrum".into()));
        } else if self.dim.is_some() || self.exponent.is_some() || self.config.is_none() {
            set("data.source", Some("power-law".into()));
        }
        let whole = |number: Option<usize>| number.map(|number| Value::from(number as i64));
        set("data.dim", whole(self.dim));
        set("data.exponent", self.exponent.map(Value::from));
        set("schedule.steps", whole(self.steps));
        set("schedule.beta_start", self.beta_start.map(Value::from));
        set("schedule.beta_end", self.beta_end.map(Value::from));
        set("sampling.kind", sampler.map(|name| name.as_str().into()));
        let variance = self.variance.as_deref();
        set("sampling.variance", variance.map(Value::from));
        set("data.center", self.center.then(|| true.into()));
        if self.config.is_none() && !self.center {
            set("data.center", Some(false.into()));
        }
        let path = self.spectrum.as_ref();
        let path = path.map(|path| config::Setting::path("data.path", path));
        settings.extend(path.transpose()?);
        Ok(draft.with(&settings)?)
    }

    fn setting(&self, experiment: &Experiment) -> Result<Setting, RunError> {
        let truth = truth(&experiment.data)?;
        let dim = truth.dimensions.dim;
        let rows = truth.count();
        let mut warnings: Vec<String> = truth.warning().cloned().into_iter().collect();
        if let Some(rows) = rows.filter(|rows| *rows <= 5 * dim) {
            warnings.push(format!(
                "the truth is an estimate from {rows} rows in {dim} dimensions: the answer follows the number of rows; \
                 `lindiff forecast` is meant for that"
            ));
        }
        warnings.extend(self.unlike(experiment));
        let mut settings = experiment.settings();
        // A flag of several values is an input of its own.
        settings.retain(|key, _| {
            key != "data.samples"
                && (key != "schedule.keep" || self.keep.is_empty())
                && (key.starts_with("data.") || key.starts_with("schedule."))
        });
        Ok(Setting {
            source: experiment.name.clone(),
            spectrum: truth.spectrum,
            dimensions: truth.dimensions,
            rows,
            mean: match experiment.data.center {
                true => Mean::Fitted,
                false => Mean::Known,
            },
            schedule: experiment.schedule.clone(),
            model: experiment.model,
            training: experiment.training.clone(),
            notes: truth.notes,
            warnings,
            settings,
        })
    }

    /// What the experiment trains otherwise than is predicted.
    fn unlike(&self, experiment: &Experiment) -> Option<String> {
        let training = &experiment.training;
        if matches!(training.objective, Objective::Frozen(_)) {
            return Some(
                "predicted is the objective averaged over the noise; that of frozen draws (training.objective) has \
                 another optimum"
                    .to_owned(),
            );
        }
        let decoupled = matches!(training.optimizer, Optimizer::AdamW { .. });
        (decoupled && training.weight_decay > 0.0).then(|| {
            "the decoupled decay of adamw is no ridge, and is left out of what is predicted"
                .to_owned()
        })
    }

    /// The samplers that are asked for: those of the flag, that of the file, or the ideal one.
    fn samplers(
        &self,
        draft: &Draft,
        experiment: &Experiment,
    ) -> Result<Vec<Option<SamplerKind>>, RunError> {
        let of_file = self.config.is_some() && self.alpha_bar.is_empty();
        let mut kinds = match (self.sampler.is_empty(), of_file) {
            (true, false) => vec![None],
            _ => vec![Some(experiment.sampling.kind)],
        };
        for sampler in self.sampler.iter().skip(1) {
            // Checked as the file's own would be.
            kinds.push(Some(
                self.load(draft, Some(sampler))?.experiment.sampling.kind,
            ));
        }
        Ok(kinds)
    }

    /// The grid of all values of all flags.
    fn points(
        &self,
        experiment: &Experiment,
        samplers: &[Option<SamplerKind>],
        rows: Option<usize>,
    ) -> Result<Vec<Point>, RunError> {
        let training = &experiment.training;
        let own = |given: &[f64], default: f64| match given {
            [] => vec![default],
            values => values.to_vec(),
        };
        let samples = match (&self.samples[..], experiment.data.samples) {
            ([], Samples::Count(count)) => vec![count],
            ([], Samples::Half) => {
                vec![Samples::Half.of_rows(rows.unwrap_or_default()).unwrap_or(1)]
            }
            ([], Samples::All) => {
                let problem = "data.samples = \"all\": give --samples N, or use `lindiff forecast`";
                return Err(RunError::Invalid(problem.to_owned()));
            }
            (values, _) => values.to_vec(),
        };
        let each = |given: &[f64]| match given {
            [] => vec![None],
            values => values.iter().copied().map(Some).collect(),
        };
        let default_ridge = training.constant_ridge_of(experiment.model.kind);
        let keeps: Vec<Option<usize>> = match &self.keep[..] {
            [] => vec![experiment.schedule.keep],
            values => values.iter().copied().map(Some).collect(),
        };
        let steps = samplers
            .iter()
            .flat_map(|s| keeps.iter().map(move |k| (*s, *k)));
        let steps: Vec<_> = steps.collect();
        let mut points = Vec::new();
        for &samples in &samples {
            for &alpha_bar in &each(&self.alpha_bar) {
                for &ridge in &own(&self.ridge, default_ridge) {
                    for &covariance_ridge in &own(&self.covariance_ridge, training.covariance_ridge)
                    {
                        for &tau in &each(&self.tau) {
                            points.extend(steps.iter().map(|&(sampler, keep)| Point {
                                samples,
                                alpha_bar,
                                ridge,
                                covariance_ridge,
                                tau,
                                sampler,
                                keep,
                            }));
                        }
                    }
                }
            }
        }
        Ok(points)
    }

    fn answer(&self, setting: &Setting, point: Point) -> Result<Answer, RunError> {
        let schedule = ScheduleConfig {
            keep: point.keep,
            ..setting.schedule.clone()
        };
        let schedule = schedule.build()?;
        let levels: Vec<NoiseLevel> = match point.alpha_bar {
            None => schedule
                .iter()
                .map(|step| NoiseLevel::from(&step))
                .collect(),
            Some(value) => {
                let problem = || format!("--alpha-bar {value}: must be above 0 and below 1");
                let level = NoiseLevel::from_alpha_bar(value);
                vec![level.ok_or_else(|| RunError::Invalid(problem()))?]
            }
        };
        let steps: Option<Vec<StepRule>> = point.sampler.map(|kind| rules(kind, &schedule));
        let query = Query {
            levels: &levels,
            ridge: point.ridge,
            covariance_ridge: point.covariance_ridge,
            target: setting.model.target,
            network: setting.network(&schedule, point.alpha_bar)?,
            time: point.tau,
            rules: steps.as_deref(),
        };
        let ensemble = Ensemble::new(&setting.spectrum, point.samples, setting.mean)?;
        let prediction = ensemble.predict(&query)?;
        let optimal = self
            .optimal
            .map(|wanted| self.solve(wanted, setting, &ensemble, &query));
        let mut answer = Answer::new(setting, point, &schedule, &query, &ensemble, &prediction)?;
        answer.optimal = optimal.transpose()?;
        Ok(answer)
    }
}
