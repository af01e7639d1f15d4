//! From an experiment with networks that are not linear to the parts of a run.

use crate::config::{CheckedNeural, NeuralKind, RowsOrigin, Samples};
use crate::data::{Laws, Pixels, pixels};
use crate::diffusion::Schedule;
use crate::neural::{NetworkConfig, NetworkKind, Networks, Trainer, TrainerConfig};
use crate::run::setup::refuse_pipe;
use crate::run::{RunDirectory, RunError};
use crate::score::TensorDevice;
use crate::training::LearningRate;
use crate::training::optimizer::Adam;

/// The parts of a run of networks that are not linear, made from its experiment. They fit together.
pub struct NeuralSetup {
    experiment: CheckedNeural,
    schedule: Schedule,
    network: NetworkConfig,
    pixels: Pixels,
    device: TensorDevice,
}

impl NeuralSetup {
    /// Reads or draws the data and checks that the parts fit together. Nothing is written.
    ///
    /// The experiment then holds the number of rows that "half" stands for, and the shape of the pictures.
    ///
    /// # Errors
    /// Anything wrong with the data; pictures of another number of pixels than a row has; a backend that is not there.
    pub fn new(experiment: CheckedNeural) -> Result<Self, RunError> {
        // A wrong schedule is reported before the data are read.
        let schedule = experiment.schedule.build()?;
        let pixels = pixels(&experiment.data, experiment.members(), experiment.seed)?;
        let image = image(&experiment, &pixels)?;
        let count = pixels.samples();
        let experiment = experiment.with(|params| {
            if params.data.samples == Samples::Half {
                params.data.samples = Samples::Count(count);
            }
            if let Some(network) = &mut params.network {
                network.kind = with_image(network.kind, image);
            }
        })?;
        let network = network(&experiment, image);
        let fits = network.check(pixels.dim());
        fits.map_err(|problem| RunError::Invalid(format!("model: {problem}")))?;
        Ok(Self {
            device: TensorDevice::new(experiment.backend)?,
            schedule,
            network,
            pixels,
            experiment,
        })
    }

    /// The parts of a run that was made before. Its rows are read again.
    ///
    /// # Errors
    /// Data that came through a pipe, or that are not those of the run.
    pub fn open(directory: &RunDirectory, experiment: CheckedNeural) -> Result<Self, RunError> {
        refuse_pipe(&experiment, "this needs the rows again")?;
        let setup = Self::new(experiment)?;
        if directory.path("data.safetensors").is_file() {
            setup.check_same(&directory.read_data()?.laws, directory)?;
        }
        Ok(setup)
    }

    /// The parts of a run that was made before, to read it.
    ///
    /// # Errors
    /// A linear run, and those of [`open`](Self::open).
    pub fn of_run(directory: &RunDirectory) -> Result<Self, RunError> {
        Self::open(directory, directory.any_neural_experiment()?)
    }

    /// Refuses networks of another kind, size or number than the run's.
    pub(super) fn check_fits(&self, networks: &Networks) -> Result<(), RunError> {
        let got = (networks.config(), networks.dim(), networks.members());
        let expected = (self.network, self.pixels.dim(), self.pixels.members());
        match got == expected {
            true => Ok(()),
            false => Err(RunError::Invalid(format!(
                "networks of another kind or size than the run's: {got:?}, where the run has {expected:?}"
            ))),
        }
    }

    /// Refuses data that differ from those at the beginning of the run.
    fn check_same(&self, then: &Laws, directory: &RunDirectory) -> Result<(), RunError> {
        let (now, then) = (&self.pixels.laws.train, &then.train);
        let same = now.mean.nrows() == then.mean.nrows()
            && now.mean == then.mean
            && now.covariance == then.covariance;
        match same {
            true => Ok(()),
            false => Err(RunError::DataChanged {
                path: directory.root().to_owned(),
            }),
        }
    }

    /// The networks at the start of training.
    pub fn trainer(&self) -> Result<Trainer, RunError> {
        let training = &self.experiment.training;
        let rate = self.experiment.learning_rate();
        let config = TrainerConfig {
            network: self.network,
            batch_size: self.experiment.batch_rows(self.pixels.samples()),
            optimizer: Adam::coupled(0.0),
            learning_rate: LearningRate::new(rate, training.lr_schedule, training.epochs),
            ema: self.experiment.network().ema,
        };
        let rows = (0..self.pixels.members()).map(|member| self.pixels.train(member));
        let (seed, device) = (self.experiment.seed, &self.device);
        Ok(Trainer::new(
            config,
            &self.schedule,
            rows.collect(),
            seed,
            device,
        )?)
    }

    /// The experiment, with the number of rows instead of "half", and the shape of the pictures.
    pub fn experiment(&self) -> &CheckedNeural {
        &self.experiment
    }

    /// The steps of training, sampling and evaluation.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The kind and size of the networks.
    pub fn network(&self) -> NetworkConfig {
        self.network
    }

    /// The rows of each network.
    pub fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    /// The device of the tensors.
    pub fn device(&self) -> &TensorDevice {
        &self.device
    }

    /// A sentence about the training rows and the test rows.
    pub fn training_set(&self) -> String {
        let (members, samples) = (self.pixels.members(), self.pixels.samples());
        let data = &self.experiment.data;
        let source = match data.source.real().map(|real| &real.origin) {
            None => format!("drawn from the {} truth", data.source.name()),
            Some(RowsOrigin::Digits) => "of the digits".to_owned(),
            Some(RowsOrigin::File { path, .. }) => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                format!("of {}", name.to_string_lossy())
            }
        };
        let networks = match members {
            1 => "one network".to_owned(),
            members => format!("{members} networks, each"),
        };
        let dim = self.pixels.dim();
        format!("training {networks} on {samples} rows of {dim} pixels {source}")
    }
}

/// The shape of the pictures of a U-Net: as given, as the data have it, or a square.
fn image(experiment: &CheckedNeural, pixels: &Pixels) -> Result<Option<[usize; 2]>, RunError> {
    let NeuralKind::Unet { image, .. } = experiment.kind() else {
        return Ok(None);
    };
    let dim = pixels.dim();
    let side = dim.isqrt();
    let square = (side * side == dim).then_some([side, side]);
    let found = image.or(pixels.image).or(square);
    found.map(Some).ok_or_else(|| {
        RunError::Invalid(format!(
            "model.image: rows of {dim} numbers do not make a square picture: give height and width, as in \
             --set model.image=[8,8]"
        ))
    })
}

fn with_image(kind: NeuralKind, shape: Option<[usize; 2]>) -> NeuralKind {
    match kind {
        NeuralKind::Unet { channels, .. } => NeuralKind::Unet {
            channels,
            image: shape,
        },
        mlp => mlp,
    }
}

fn network(experiment: &CheckedNeural, shape: Option<[usize; 2]>) -> NetworkConfig {
    let kind = match experiment.kind() {
        NeuralKind::Mlp { width, layers } => NetworkKind::Mlp { width, layers },
        NeuralKind::Unet { channels, image } => NetworkKind::UNet {
            channels,
            image: image.or(shape).unwrap_or_default(),
        },
    };
    NetworkConfig::new(kind).target(experiment.network().target)
}
