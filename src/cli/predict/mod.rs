//! `lindiff predict`

mod between;
mod view;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use toml::Value;

use self::between::between;
use self::view::{Drawn, chart, csv, table};
use super::failure::Failure;
use super::output::Output;
use super::progress::Waiting;
use crate::config::{self, CheckedExperiment, ConfigError, Draft, Loaded, RowWeights, SamplerKind};
use crate::predict::{
    Answer, Grid, Point, PredictError, Predictions, Setting, Target, Wanted, predict,
};
use crate::report::ChartFiles;

/// Losses and divergences before any training, from a spectrum and a number of samples alone
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lindiff predict --dim 200 --exponent 1 --samples 100,200,400,800
  lindiff predict --dim 200 --exponent 1 --samples 150 --alpha-bar 0.9 \\
      --ridge 0,0.1
  lindiff predict --spectrum values.txt --samples 400 --sampler ddpm --tau 10
  lindiff predict --dim 200 --exponent 1 --samples 200,400,800 \\
      --row-weights none,student --row-weights-parameter 5      # heavy tails
  lindiff predict configs/digits.toml --optimal ridge
  lindiff predict --dim 200 --exponent 1 --optimal samples --target-kl 0.01
  lindiff predict --dim 200 --exponent 1 --samples 1000000000 --plot samplers \\
      --sampler ddpm,sde,ode,heun,ddim --keep 10,20,50,100,200   # cost of steps
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
    /// Laws of the rows' weights: none, two-point, log-normal, student (default: none, or as the experiment says)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    row_weights: Vec<String>,
    /// Their parameters: the higher weight, the deviation of the logarithm, the degrees of freedom
    #[arg(long, value_name = "X", value_delimiter = ',')]
    row_weights_parameter: Vec<f64>,
    /// One noise level instead of a schedule (several: each by itself)
    #[arg(long, value_name = "A", value_delimiter = ',', conflicts_with_all = ["steps", "beta_start", "beta_end", "keep", "sampler"])]
    alpha_bar: Vec<f64>,
    /// Steps of the schedule
    #[arg(long, value_name = "T")]
    steps: Option<usize>,
    /// The first beta of the linear schedule
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
    /// The variance of ddpm: beta or posterior
    #[arg(long, value_name = "NAME", requires = "sampler")]
    variance: Option<String>,
    /// The mean of the training set: fitted or known (default: known, or as the experiment says)
    #[arg(long, value_name = "NAME")]
    mean: Option<String>,
    /// Solve for the best: ridge or tau (lowest test loss), or samples (with a target)
    #[arg(long, value_enum, value_name = "WHAT")]
    optimal: Option<Optimal>,
    /// KL(true || sampled) that the samples should reach
    #[arg(long, value_name = "KL", conflicts_with = "target_excess")]
    target_kl: Option<f64>,
    /// Excess of the test loss over the oracle's that the samples should reach
    #[arg(long, value_name = "LOSS")]
    target_excess: Option<f64>,
    /// CSV on stdout instead of a table
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Draw the prediction against the number of samples (or the value that varies) into FILE.svg and .png
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Replace the files of --plot if they exist
    #[arg(long, requires = "plot")]
    overwrite: bool,
}

/// One value of each flag that chooses between words of the experiment. These are checked as in a file.
#[derive(Debug, Clone, Copy)]
struct Choice<'a> {
    sampler: Option<&'a str>,
    row_weights: Option<&'a str>,
    parameter: Option<f64>,
}

/// Each value as `Some`; one `None` if there are no values.
fn or_none<T>(values: impl ExactSizeIterator<Item = T>) -> Vec<Option<T>> {
    match values.len() {
        0 => vec![None],
        _ => values.map(Some).collect(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Optimal {
    Ridge,
    #[value(alias = "time")]
    Tau,
    Samples,
}

impl Predict {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let plot = self.plot.as_ref();
        let plot = plot.map(|file| ChartFiles::new(file, self.overwrite));
        let plot = plot.transpose()?;
        let wanted = self.wanted()?;
        let draft = match &self.config {
            Some(path) => Draft::read(path)?,
            None => Draft::empty(),
        };
        let loaded = self.load(&draft, self.first())?;
        output.notes(&loaded.notes);
        let grid = self.grid(&draft, &loaded.experiment)?;
        let setting = self.setting(&loaded.experiment)?;
        output.notes(&setting.notes);
        let points = grid.points(&setting)?;
        for warning in &setting.warnings {
            output.warn(warning);
        }
        let waiting = Waiting::new(output, "predicting");
        let answer = |point: &Point| predict(&setting, point, wanted);
        let answers: Vec<Answer> = points.iter().map(answer).collect::<Result<_, _>>()?;
        let drawn = match &plot {
            None => None,
            Some(_) => {
                let fine = between(&grid).filter(|_| wanted.is_none());
                let points = fine.map(|grid| grid.points(&setting)).transpose()?;
                let points = points.unwrap_or_default();
                let between: Vec<Answer> = points.iter().map(answer).collect::<Result<_, _>>()?;
                chart(&Drawn {
                    asked: &answers,
                    between: &between,
                })
            }
        };
        drop(waiting);
        if let Some(files) = plot
            && !drawn.map_or(Ok(false), |chart| files.save(&chart))?
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

    fn wanted(&self) -> Result<Option<Wanted>, Failure> {
        let target = match (self.target_kl, self.target_excess) {
            (Some(kl), _) => Some(Target::Kl(kl)),
            (None, excess) => excess.map(Target::Excess),
        };
        Ok(match (self.optimal, target) {
            (None, _) => None,
            (Some(Optimal::Ridge), _) => Some(Wanted::Ridge),
            (Some(Optimal::Tau), _) => Some(Wanted::Tau),
            (Some(Optimal::Samples), Some(target)) => Some(Wanted::Samples(target)),
            (Some(Optimal::Samples), None) => {
                let problem = "--optimal samples needs --target-kl or --target-excess";
                return Err(Failure::of_input(problem));
            }
        })
    }

    /// The experiment of the flags: they are settings on top of the file, or of one without data.
    fn load(&self, draft: &Draft, choice: Choice<'_>) -> Result<Loaded, ConfigError> {
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
        set("sampling.kind", choice.sampler.map(Value::from));
        set("data.row_weights", choice.row_weights.map(Value::from));
        // The parameter is that of the other laws.
        let parameter = choice
            .parameter
            .filter(|_| choice.row_weights != Some("none"));
        set("data.row_weights_parameter", parameter.map(Value::from));
        let variance = self.variance.as_deref();
        set("sampling.variance", variance.map(Value::from));
        let mean = self.mean.as_deref();
        let known = self.config.is_none().then_some("known");
        set("data.mean", mean.or(known).map(Value::from));
        let path = self.spectrum.as_ref();
        let path = path.map(|path| config::Setting::path("data.path", path));
        settings.extend(path.transpose()?);
        draft.with(&settings)
    }

    fn setting(&self, experiment: &CheckedExperiment) -> Result<Setting, PredictError> {
        let mut setting = Setting::of(experiment)?;
        if !self.keep.is_empty() {
            // The number of kept steps is an input of each answer.
            setting.settings.remove("schedule.keep");
        }
        if !self.row_weights.is_empty() || !self.row_weights_parameter.is_empty() {
            setting.settings.remove("data.row_weights");
            setting.settings.remove("data.row_weights_parameter");
        }
        Ok(setting)
    }

    /// All values of all flags.
    fn grid(&self, draft: &Draft, experiment: &CheckedExperiment) -> Result<Grid, ConfigError> {
        Ok(Grid {
            samples: self.samples.clone(),
            row_weights: self.laws_of_weights(draft)?,
            alpha_bar: self.alpha_bar.clone(),
            ridge: self.ridge.clone(),
            covariance_ridge: self.covariance_ridge.clone(),
            tau: self.tau.clone(),
            samplers: self.samplers(draft, experiment)?,
            keep: self.keep.clone(),
        })
    }

    /// The requested samplers: those of the flag, that of the file, or the ideal one.
    fn samplers(
        &self,
        draft: &Draft,
        experiment: &CheckedExperiment,
    ) -> Result<Vec<Option<SamplerKind>>, ConfigError> {
        let of_file = self.config.is_some() && self.alpha_bar.is_empty();
        let mut kinds = match (self.sampler.is_empty(), of_file) {
            (true, false) => vec![None],
            _ => vec![Some(experiment.sampling.kind)],
        };
        for sampler in self.sampler.iter().skip(1) {
            let choice = Choice {
                sampler: Some(sampler),
                ..self.first()
            };
            // Checked like the file's own.
            kinds.push(Some(self.load(draft, choice)?.experiment.sampling.kind));
        }
        Ok(kinds)
    }

    /// The requested laws of weights, each with each parameter; none if no flag names any.
    fn laws_of_weights(&self, draft: &Draft) -> Result<Vec<RowWeights>, ConfigError> {
        if self.row_weights.is_empty() && self.row_weights_parameter.is_empty() {
            return Ok(Vec::new());
        }
        let mut laws = Vec::new();
        for row_weights in or_none(self.row_weights.iter().map(String::as_str)) {
            for parameter in or_none(self.row_weights_parameter.iter().copied()) {
                let choice = Choice {
                    row_weights,
                    parameter,
                    ..self.first()
                };
                let law = self.load(draft, choice)?.experiment.data.row_weights;
                if !laws.contains(&law) {
                    laws.push(law);
                }
            }
        }
        Ok(laws)
    }

    /// The first value of each flag that chooses between words of the experiment.
    fn first(&self) -> Choice<'_> {
        Choice {
            sampler: self.sampler.first().map(String::as_str),
            row_weights: self.row_weights.first().map(String::as_str),
            parameter: self.row_weights_parameter.first().copied(),
        }
    }
}
