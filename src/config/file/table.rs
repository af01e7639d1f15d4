//! The table of keys. Everything about a key is here and nowhere else.
//!
//! A new key is one row here and a field for its value. The value of the field in the section's `Default` is the
//! default of the key.

use toml::Value;

use super::field::{Field, Misread, number, whole};
use super::key::{Access, Allowed, Key, Kind, Only};
use super::parts::{
    array, basis, betas, channels, data_path, dim, draws, ema, ensemble, exponent, layers,
    momentum, read_batch, read_image, read_model_kind, read_rate, real, row_weights_parameter,
    schedule_path, spikes, steps, stopping, target, variance, width, write_batch, write_image,
    write_keep, write_model_kind, write_rate,
};
use crate::config::{
    BackendName, Basis, Color, Decimal, Delimiter, Draw, Experiment, Header, Mean, NeuralKind,
    Objective, Optimizer, Precision, RateSchedule, RowWeights, SamplerKind, Scale, ScheduleKind,
    Source, Target, Variance,
};
use crate::diffusion::Schedule;

/// The largest dimension of a synthetic source. A single covariance then takes 34 GB.
const MAX_DIM: u64 = 65_536;

/// Every key, in the order of a resolved file. A key that decides whether others count comes before them.
#[rustfmt::skip] // a table
pub const KEYS: &[Key] = &[
    key("name", "What the run, and its folder, are called", NAME, |e| Some(&mut e.name)).default("the file's name").kind(Kind::Text),
    key("seed", "Every random number of a run follows from it", COUNT_FROM_0, |e| Some(&mut e.seed)),

    key("data.source", "The source of the data", SOURCES, |e| Some(&mut e.data.source)).required(),
    key("data.dim", "Dimension of a spectrum", DIM, dim).only(SOURCE, &["power-law", "spiked"]),
    key("data.exponent", "k: eigenvalues proportional to nu^-k", NUMBER_FROM_0, exponent).only(SOURCE, &["power-law"]),
    key("data.spikes", "The largest eigenvalues; the others are 1", SPIKES, spikes).only(SOURCE, &["spiked"]),
    key("data.path", "Rows (.npy, .npz, .csv, IDX, a folder of images), or eigenvalues", FILE_OR_FOLDER, data_path).only(SOURCE, &["spectrum", "file"]).required().kind(Kind::Path),
    key("data.array", "Which array of a .npz holds the rows", ARRAY, array).only(SOURCE, FILE).default("the only one").kind(Kind::Text),
    key("data.columns", "The columns that are coordinates", COLUMNS, |e| Some(&mut real(e)?.columns)).only(SOURCE, FILE).default("all"),
    key("data.group", "Rows with the same value there stay on one side of the split", COLUMN, |e| Some(&mut real(e)?.group)).only(SOURCE, FILE).default("none"),
    key("data.header", "Whether the first line of a table names its columns", Allowed::words::<Header>(), |e| Some(&mut real(e)?.reading.header)).only(SOURCE, FILE),
    key("data.delimiter", "What stands between the cells of a table", Allowed::words::<Delimiter>(), |e| Some(&mut real(e)?.reading.delimiter)).only(SOURCE, FILE),
    key("data.decimal", "What stands before the decimals of a number", Allowed::words::<Decimal>(), |e| Some(&mut real(e)?.reading.decimal)).only(SOURCE, FILE),
    key("data.color", "What becomes of a picture in colour", Allowed::words::<Color>(), |e| Some(&mut real(e)?.reading.color)).only(SOURCE, FILE),
    key("data.pool", "Side of the square over which images are mean-pooled", COUNT_FROM_1, |e| Some(&mut real(e)?.pool)).only(SOURCE, ROWS),
    key("data.scale", "How rows are scaled", Allowed::words::<Scale>(), |e| Some(&mut real(e)?.scale)).only(SOURCE, ROWS),
    key("data.min_variance", "Directions with less than this times the mean variance are dropped", NUMBER_FROM_0, |e| Some(&mut real(e)?.min_variance)).only(SOURCE, ROWS),
    key("data.samples", "How many samples the training set has", SAMPLES, |e| Some(&mut e.data.samples)).default(r#"400; "half" (rows of a file)"#),
    key("data.draw", "Whether they are drawn from the Gaussian truth, or are rows that were read", Allowed::words::<Draw>(), |e| Some(&mut e.data.draw)).default(r#""gaussian"; "rows" (file)"#),
    key("data.row_weights", "The law of the weights w of drawn rows, m + sqrt(w) Sigma^(1/2) z: their tails", Allowed::words::<RowWeights>(), |e| Some(&mut e.data.row_weights)),
    key("data.row_weights_parameter", "The higher weight; the deviation of log w; the degrees of freedom", WEIGHTS_PARAMETER, row_weights_parameter).only("data.row_weights", &["two-point", "log-normal", "student"]).default("2 (two-point), 0.8 (log-normal), 5 (student)"),
    key("data.mean", "Whether the mean of the training set is fitted, or the truth's is known", Allowed::words::<Mean>(), |e| Some(&mut e.data.mean)),

    key("schedule.kind", "The list of noise levels", Allowed::words::<ScheduleKind>(), |e| Some(&mut e.schedule.kind)),
    key("schedule.steps", "T, the number of steps", STEPS, steps).only(KIND, &["linear", "cosine"]),
    key("schedule.beta_start", "beta rises from this", BETA, |e| Some(betas(e)?.0)).only(KIND, &["linear"]),
    key("schedule.beta_end", "beta_T", BETA, |e| Some(betas(e)?.1)).only(KIND, &["linear"]),
    key("schedule.path", "A file of noise levels", ALPHA_BAR_FILE, schedule_path).only(KIND, &["file"]).required().kind(Kind::Path),
    own("schedule.keep", "The steps that are trained and sampled", KEEP, write_keep, |e, value| e.schedule.keep.read(value)).default("all steps"),

    own("model.kind", "The network: linear, by how its weights depend on the noise level, or not linear (mlp, unet)", MODEL_KINDS, write_model_kind, read_model_kind),
    key("model.basis", "Functions of time that the weights are expanded in", BASIS, basis).only("model.kind", &["time-basis"]),
    key("model.width", "Hidden units", COUNT_FROM_1, width).only("model.kind", &["two-layer", "mlp"]).default("64 (two-layer), 256 (mlp)"),
    key("model.layers", "Hidden layers", LAYERS, layers).only("model.kind", &["mlp"]),
    key("model.channels", "Channels at the full resolution", CHANNELS, channels).only("model.kind", &["unet"]),
    own("model.image", "Height and width of a row as a picture", IMAGE, write_image, read_image).only("model.kind", &["unet"]).default("that of the data"),
    key("model.init", "The weights start at this times the identity", INIT, |e| Some(&mut e.model.init)).only("model.kind", LINEAR).default("0.0; 1e-3 (two-layer)"),
    key("model.target", "What the network predicts", Allowed::words::<Target>(), target).default(r#""eps"; "v" (mlp, unet)"#),

    key("training.objective", "How the noise is averaged over", Allowed::words::<Objective>(), |e| Some(&mut e.training.objective)).default(r#""exact"; "sampled" (mlp, unet)"#),
    key("training.noise_draws", "Draws of the noise for each row and step", COUNT_FROM_1, |e| Some(&mut draws(e)?.noise_draws)).only("training.objective", NOISY),
    own("training.batch_size", "Rows of a minibatch", BATCH, write_batch, read_batch).only("training.objective", NOISY).default("0; 64 (mlp), 32 (unet)"),
    key("training.optimizer", "The optimiser", Allowed::words::<Optimizer>(), |e| Some(&mut e.training.optimizer)).default(r#""sgd"; "adam" (mlp, unet)"#),
    key("training.momentum", "The share of a step that goes on in the next one", BELOW_1, momentum).only(OPTIMIZER, &["sgd"]),
    own("training.learning_rate", "The learning rate; \"auto\" is 0.9 of the stability bound, 0.45 in noise", RATE, write_rate, read_rate).only(OPTIMIZER, DESCENT).default(r#""auto" (sgd), 1e-3 (adam, adamw)"#),
    key("training.lr_schedule", "How the learning rate changes over the epochs", Allowed::words::<RateSchedule>(), |e| Some(&mut e.training.lr_schedule)).only(OPTIMIZER, DESCENT),
    key("training.epochs", "The most epochs there are", COUNT_FROM_0, |e| Some(&mut e.training.epochs)),
    key("training.tau", "The sum of the rates over 1 - momentum at which training stops", POSITIVE, |e| Some(&mut e.training.tau)).only(OPTIMIZER, &["sgd"]).default("none"),
    key("training.weight_decay", "wd: for sgd and adam it is the ridge wd/2; adamw takes it off the weights", NUMBER_FROM_0, |e| Some(&mut e.training.weight_decay)).only("model.kind", LINEAR),
    key("training.ridge", "gamma ||W_t||^2 in the loss of every step", NUMBER_FROM_0, |e| Some(&mut e.training.ridge)).only("model.kind", LINEAR),
    key("training.covariance_ridge", "c: adds alpha_bar_t c to the ridge of step t", NUMBER_FROM_0, |e| Some(&mut e.training.covariance_ridge)).only("model.kind", LINEAR),
    key("training.evaluate", "The epochs at which losses are evaluated: 0, 1, 2, 3, 5, 8, ... or every n", EVALUATE, |e| Some(&mut e.training.evaluate)),
    key("training.basis", "The coordinates that are trained in; they change nothing but the time", Allowed::words::<Basis>(), |e| Some(&mut e.training.basis)).only("model.kind", LINEAR),
    key("training.ema", "The share of the moving average of the weights that a step keeps; 0: no average", BELOW_1, ema).only("model.kind", &NeuralKind::NAMES),
    key("training.ensemble", "How many networks are trained side by side, each on its own rows", ENSEMBLE, ensemble).only("model.kind", &NeuralKind::NAMES),
    key("training.checkpoints", "How many checkpoints are kept, besides the best", COUNT_FROM_1, |e| Some(&mut e.training.checkpoints)),
    key("training.early_stopping.patience", "Stop after this many evaluations without a new lowest test loss", COUNT_FROM_1, |e| Some(&mut stopping(e)?.patience)),
    key("training.early_stopping.min_delta", "By how much a loss must fall to count as lower", NUMBER_FROM_0, |e| Some(&mut stopping(e)?.min_delta)),

    key("sampling.kind", "The reverse process", Allowed::words::<SamplerKind>(), |e| Some(&mut e.sampling.kind)),
    key("sampling.variance", "sigma_t^2 of a step", Allowed::words::<Variance>(), variance).only("sampling.kind", &["ddpm"]),
    key("sampling.draws", "Draws that divergences are measured from; 0: exact only", COUNT_FROM_0, |e| Some(&mut e.sampling.draws)).default("10000; 1000 (mlp, unet)"),

    key("backend.name", "The backend", Allowed::words::<BackendName>(), |e| Some(&mut e.backend.name)),
    key("backend.precision", "The type of its numbers", Allowed::words::<Precision>(), |e| Some(&mut e.backend.precision)),
];

const LINEAR: &[&str] = &["per-step", "time-basis", "two-layer"];
const SOURCE: &str = "data.source";
const FILE: &[&str] = &["file"];
const ROWS: &[&str] = &["digits", "file"];
const KIND: &str = "schedule.kind";
const NOISY: &[&str] = &["sampled", "frozen"];
const OPTIMIZER: &str = "training.optimizer";
const DESCENT: &[&str] = &["sgd", "adam", "adamw"];

const SOURCES: Allowed = Allowed::Words(|| Source::NAMES.to_vec());
const MODEL_KINDS: Allowed = Allowed::Words(|| [LINEAR, &NeuralKind::NAMES].concat());
const NUMBER_FROM_0: Allowed = Allowed::Range("a number, 0 or more", |v| is(v, |x| x >= 0.0));
const POSITIVE: Allowed = Allowed::Range("a number above 0", |v| is(v, |x| x > 0.0));
const BETA: Allowed = Allowed::Range("a number above 0 and below 1", |v| {
    is(v, |x| x > 0.0 && x < 1.0)
});
const BELOW_1: Allowed = Allowed::Range("a number from 0 to below 1", |v| {
    is(v, |x| (0.0..1.0).contains(&x))
});
const INIT: Allowed = Allowed::Range("a finite number; two-layer: above 0", |v| is(v, |_| true));
const COUNT_FROM_0: Allowed = Allowed::Range("a whole number, 0 or more", |v| whole(v).is_ok());
const COUNT_FROM_1: Allowed = Allowed::Range("a whole number, 1 or more", |v| {
    whole(v).is_ok_and(|n| n > 0)
});
const LAYERS: Allowed = Allowed::Range("a whole number from 1 to 64", |v| {
    whole(v).is_ok_and(|n| (1..=64).contains(&n))
});
const CHANNELS: Allowed = Allowed::Range("a multiple of 8 from 8 to 512", |v| {
    whole(v).is_ok_and(|n| n.is_multiple_of(8) && (8..=512).contains(&n))
});
const ENSEMBLE: Allowed = Allowed::Range("a whole number from 1 to 1000", |v| {
    whole(v).is_ok_and(|n| (1..=1000).contains(&n))
});
const IMAGE: Allowed = Allowed::Range("two whole numbers, such as [8, 8]", |v| {
    let sides = v.as_array().filter(|sides| sides.len() == 2);
    sides.is_some_and(|sides| sides.iter().all(|side| whole(side).is_ok_and(|n| n > 0)))
});
const DIM: Allowed = Allowed::Range("a whole number from 1 to 65536", |v| {
    whole(v).is_ok_and(|n| (1..=MAX_DIM).contains(&n))
});
const STEPS: Allowed = Allowed::Range("a whole number from 1 to 10000000", |v| {
    whole(v).is_ok_and(|n| (1..=Schedule::MAX_STEPS as u64).contains(&n))
});
const KEEP: Allowed = Allowed::Range("a whole number from 1 to the steps of the schedule", |v| {
    whole(v).is_ok_and(|n| n > 0)
});
const BASIS: Allowed = Allowed::Range("a whole number, from 1 to the kept steps", |v| {
    whole(v).is_ok_and(|n| n > 0)
});
const COLUMN: Allowed = Allowed::Range("the number of a column, counted from 0", |v| {
    whole(v).is_ok()
});
const BATCH: Allowed = Allowed::Range("a whole number of rows, or 0 for all", |v| whole(v).is_ok());
const RATE: Allowed = Allowed::Range(r#"a number above 0, or, for sgd, "auto""#, |v| {
    v.as_str() == Some("auto") || is(v, |x| x > 0.0)
});
const EVALUATE: Allowed = Allowed::Range(r#""log", or a whole number of epochs, 1 or more"#, |v| {
    v.as_str() == Some("log") || whole(v).is_ok_and(|n| n > 0)
});
const SAMPLES: Allowed = Allowed::Range(
    r#"a whole number, 1 or more, "half" (of the rows, at most 400) or "all""#,
    |v| matches!(v.as_str(), Some("half" | "all")) || whole(v).is_ok_and(|n| n > 0),
);
const WEIGHTS_PARAMETER: Allowed = Allowed::Range(
    "a number: above 1 (two-point), from above 0 to 10 (log-normal), from above 2 to 1e6 (student)",
    |v| is(v, |x| x > 0.0),
);
const SPIKES: Allowed = Allowed::Range("a list of at most dim numbers, each above 0", |v| {
    let spikes = v.as_array();
    spikes.is_some_and(|spikes| spikes.iter().all(|spike| is(spike, |x| x > 0.0)))
});
const COLUMNS: Allowed = Allowed::Range(
    r#"columns counted from 0, such as "0..64" (the last not included) or "0..5,6..13""#,
    Value::is_str,
);
const NAME: Allowed = Allowed::Range("a string that can name a folder", |v| {
    v.as_str().is_some_and(names_a_folder)
});
const ARRAY: Allowed = Allowed::Range("the name of an array of the .npz", |v| {
    v.as_str().is_some_and(|name| !name.is_empty())
});
const FILE_OR_FOLDER: Allowed = Allowed::Range("the path of a file or folder", is_path);
const ALPHA_BAR_FILE: Allowed =
    Allowed::Range("the path of a file of alpha_bar_1 ... alpha_bar_T", is_path);

const fn key(
    name: &'static str,
    meaning: &'static str,
    allowed: Allowed,
    part: fn(&mut Experiment) -> Option<&mut dyn Field>,
) -> Key {
    Key {
        name,
        meaning,
        allowed,
        only: None,
        required: false,
        default: None,
        kind: Kind::Value,
        access: Access::Part(part),
    }
}

/// A key whose part is written in another way than its type elsewhere.
const fn own(
    name: &'static str,
    meaning: &'static str,
    allowed: Allowed,
    write: fn(&Experiment) -> Option<Value>,
    read: fn(&mut Experiment, &Value) -> Result<(), Misread>,
) -> Key {
    Key {
        access: Access::Own { write, read },
        ..key(name, meaning, allowed, |_| None)
    }
}

impl Key {
    const fn only(self, key: &'static str, values: &'static [&'static str]) -> Key {
        let only = Some(Only { key, values });
        Key { only, ..self }
    }

    /// Sets the default in words.
    const fn default(self, words: &'static str) -> Key {
        let default = Some(words);
        Key { default, ..self }
    }

    /// Marks a key that must be given where it counts.
    const fn required(self) -> Key {
        Key {
            required: true,
            ..self.default("none")
        }
    }

    const fn kind(self, kind: Kind) -> Key {
        Key { kind, ..self }
    }
}

/// Whether a value is a finite number in a range.
fn is(value: &Value, within: fn(f64) -> bool) -> bool {
    number(value).is_ok_and(|number| number.is_finite() && within(number))
}

fn is_path(value: &Value) -> bool {
    let path = value.as_str();
    path.is_some_and(|path| !path.is_empty() && !path.contains('\0'))
}

/// The longest name of an experiment, in bytes.
pub(super) const LONGEST_NAME: usize = 200;

/// Whether a text can name the run directory.
pub(super) fn names_a_folder(name: &str) -> bool {
    !name.is_empty()
        && name.trim() == name
        && name.len() <= LONGEST_NAME
        && !name.contains(parts_a_path)
        && name != "."
        && name != ".."
}

/// Whether a letter cannot be in the name of a folder.
pub(super) fn parts_a_path(letter: char) -> bool {
    letter == '/' || letter == '\\' || letter.is_control()
}
