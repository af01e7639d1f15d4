//! The keys of an experiment file: what each may be, its default, and when it counts.

/// A key that an experiment file may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Dotted, as in `training.epochs`.
    pub name: &'static str,
    /// As it would be written, or in words where it is no fixed value.
    pub default: &'static str,
    pub allowed: &'static str,
    /// The choice under which the key counts; elsewhere it is ignored with a note. `None`: always.
    pub only: Option<Only>,
}

/// A key counts only where `key` is one of `values`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Only {
    pub key: &'static str,
    pub values: &'static [&'static str],
}

const fn key(name: &'static str, default: &'static str, allowed: &'static str) -> Key {
    Key {
        name,
        default,
        allowed,
        only: None,
    }
}

impl Key {
    const fn only(self, key: &'static str, values: &'static [&'static str]) -> Key {
        Key {
            only: Some(Only { key, values }),
            ..self
        }
    }
}

const SOURCE: &str = "data.source";
const REAL: &[&str] = &["digits", "file"];
const NOISY: &[&str] = &["sampled", "frozen"];
const DESCENT: &[&str] = &["sgd", "adam", "adamw"];
const NUMBER_FROM_0: &str = "a number, 0 or more";
const COUNT_FROM_0: &str = "a whole number, 0 or more";
const COUNT_FROM_1: &str = "a whole number, 1 or more";
const BETA: &str = "a number above 0 and below 1";

/// Every key, in the order in which a resolved file holds them.
#[rustfmt::skip] // a table
pub const KEYS: &[Key] = &[
    key("name", "the file's name", "a string that can name a folder"),
    key("seed", "1", COUNT_FROM_0),

    key("data.source", "none", r#""power-law", "spiked", "spectrum", "digits" or "file""#),
    key("data.dim", "200", "a whole number from 1 to 65536").only(SOURCE, &["power-law", "spiked"]),
    key("data.exponent", "1.0", NUMBER_FROM_0).only(SOURCE, &["power-law"]),
    key("data.spikes", "[5.0, 3.0]", "a list of at most dim numbers, each above 0").only(SOURCE, &["spiked"]),
    key("data.path", "none", "the path of a file or folder").only(SOURCE, &["spectrum", "file"]),
    key("data.array", "the only one", "the name of an array of the .npz").only(SOURCE, &["file"]),
    key("data.columns", "all", r#"columns counted from 0, such as "0..64" (the last not included) or "0..5,6..13""#).only(SOURCE, &["file"]),
    key("data.group", "none", "the number of a column, counted from 0").only(SOURCE, &["file"]),
    key("data.header", r#""auto""#, r#""auto", "yes" or "no""#).only(SOURCE, &["file"]),
    key("data.delimiter", r#""auto""#, r#""auto", ",", ";", "tab", "bar" or "space""#).only(SOURCE, &["file"]),
    key("data.decimal", r#""auto""#, r#""auto", "." or ",""#).only(SOURCE, &["file"]),
    key("data.color", r#""grey""#, r#""grey" or "rgb""#).only(SOURCE, &["file"]),
    key("data.pool", "1", COUNT_FROM_1).only(SOURCE, REAL),
    key("data.scale", r#""trace""#, r#""trace", "columns" or "none""#).only(SOURCE, REAL),
    key("data.min_variance", "1e-12", NUMBER_FROM_0).only(SOURCE, REAL),
    key("data.samples", r#"400; "half" (rows of a file)"#, r#"a whole number, 1 or more, "half" (of the rows, at most 400) or "all""#),
    key("data.draw", r#""gaussian"; "rows" (file)"#, r#""gaussian" or "rows""#),
    key("data.mean", r#""fitted""#, r#""fitted" or "known""#),

    key("schedule.kind", r#""linear""#, r#""linear", "cosine" or "file""#),
    key("schedule.steps", "1000", "a whole number from 1 to 10000000").only("schedule.kind", &["linear", "cosine"]),
    key("schedule.beta_start", "1e-4", BETA).only("schedule.kind", &["linear"]),
    key("schedule.beta_end", "1e-2", BETA).only("schedule.kind", &["linear"]),
    key("schedule.path", "none", "the path of a file of alpha_bar_1 ... alpha_bar_T").only("schedule.kind", &["file"]),
    key("schedule.keep", "all steps", "a whole number from 1 to the steps of the schedule"),

    key("model.kind", r#""per-step""#, r#""per-step", "time-basis" or "two-layer""#),
    key("model.basis", "8", "a whole number, from 1 to the kept steps").only("model.kind", &["time-basis"]),
    key("model.width", "64", COUNT_FROM_1).only("model.kind", &["two-layer"]),
    key("model.init", "0.0; 1e-3 (two-layer)", "a finite number; two-layer: above 0"),
    key("model.target", r#""eps""#, r#""eps", "x0", "v" or "score""#),

    key("training.objective", r#""exact""#, r#""exact", "sampled" or "frozen""#),
    key("training.noise_draws", "1", COUNT_FROM_1).only("training.objective", NOISY),
    key("training.batch_size", "0", "a whole number of rows, or 0 for all").only("training.objective", NOISY),
    key("training.optimizer", r#""sgd""#, r#""sgd", "adam", "adamw" or "closed-form""#),
    key("training.momentum", "0.0", "a number from 0 to below 1").only("training.optimizer", &["sgd"]),
    key("training.learning_rate", r#""auto" (sgd), 1e-3 (adam, adamw)"#, r#"a number above 0, or, for sgd, "auto""#).only("training.optimizer", DESCENT),
    key("training.lr_schedule", r#""constant""#, r#""constant" or "cosine""#).only("training.optimizer", DESCENT),
    key("training.epochs", "500", COUNT_FROM_0),
    key("training.tau", "none", "a number above 0").only("training.optimizer", &["sgd"]),
    key("training.weight_decay", "0.0", NUMBER_FROM_0),
    key("training.ridge", "0.0", NUMBER_FROM_0),
    key("training.covariance_ridge", "0.0", NUMBER_FROM_0),
    key("training.evaluate", r#""log""#, r#""log", or a whole number of epochs, 1 or more"#),
    key("training.basis", r#""auto""#, r#""auto", "data" or "eigen""#),
    key("training.checkpoints", "3", COUNT_FROM_1),
    key("training.early_stopping.patience", "2", COUNT_FROM_1),
    key("training.early_stopping.min_delta", "0.0", NUMBER_FROM_0),

    key("sampling.kind", r#""ddpm""#, r#""ddpm", "sde", "ode", "heun" or "ddim""#),
    key("sampling.variance", r#""beta""#, r#""beta" or "posterior""#).only("sampling.kind", &["ddpm"]),
    key("sampling.draws", "10000", COUNT_FROM_0),

    key("backend.name", r#""flex""#, r#""flex", "ndarray", "wgpu" or "cuda""#),
    key("backend.precision", r#""f32""#, r#""f32" or "f64""#),
];

/// The key of that dotted name.
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Whether `name` is a table that holds keys, such as `training`.
pub(super) fn is_section(name: &str) -> bool {
    KEYS.iter().any(|key| {
        let rest = key.name.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with('.'))
    })
}

/// What stands directly in a table: its keys and the tables inside it, by their dotted names.
pub(super) fn inside(section: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for key in KEYS {
        let rest = match section {
            "" => Some(key.name),
            _ => key
                .name
                .strip_prefix(section)
                .and_then(|r| r.strip_prefix('.')),
        };
        let Some(first) = rest.and_then(|rest| rest.split('.').next()) else {
            continue;
        };
        let name = join(section, first);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

pub(super) fn join(section: &str, key: &str) -> String {
    match section {
        "" => key.to_owned(),
        _ => format!("{section}.{key}"),
    }
}

/// Short names in other programs, and the keys that they are here.
const ALIASES: &[(&str, &str)] = &[
    ("lr", "training.learning_rate"),
    ("wd", "training.weight_decay"),
    ("batch", "training.batch_size"),
    ("n", "data.samples"),
    ("center", "data.mean"),
    ("timesteps", "schedule.steps"),
    ("patience", "training.early_stopping.patience"),
];

/// The keys that a flag such as `learning-rate` or `training.epochs` means: those with this last word, or else the one that is
/// spelt most alike.
pub fn keys_named(flag: &str) -> Vec<String> {
    let name = flag.replace('-', "_");
    let ends = |key: &&Key| key.name == name || key.name.ends_with(&format!(".{name}"));
    let named: Vec<String> = KEYS
        .iter()
        .filter(ends)
        .map(|key| key.name.to_owned())
        .collect();
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    match (named.is_empty(), alias) {
        (false, _) => named,
        (true, Some((_, key))) => vec![(*key).to_owned()],
        (true, None) => nearest_key(&name)
            .filter(|key| find(key).is_some())
            .into_iter()
            .collect(),
    }
}

/// The known key that a misspelt one most likely means, if any is near: one that is spelt alike, or the same
/// word in another table.
pub(super) fn nearest_key(unknown: &str) -> Option<String> {
    let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    // Of words as near, the one whose table is nearer too.
    let distance = |known: &str| {
        let whole = strsim::damerau_levenshtein(unknown, known);
        let elsewhere = strsim::damerau_levenshtein(&last(unknown), &last(known)) + 1;
        (whole.min(elsewhere), whole)
    };
    let sections = [
        "data", "schedule", "model", "training", "sampling", "backend",
    ];
    let nested = ["training.early_stopping"];
    let known = KEYS
        .iter()
        .map(|key| key.name)
        .chain(sections)
        .chain(nested);
    let ((distance, _), name) = known.map(|name| (distance(name), name)).min()?;
    (distance <= tolerance(&last(unknown))).then(|| name.to_owned())
}

/// The word that a misspelt one most likely means.
pub(super) fn nearest_word<'a>(
    unknown: &str,
    known: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = unknown.to_lowercase();
    let scored = known.map(|word| (strsim::damerau_levenshtein(&lower, word), word));
    let (distance, word) = scored.min()?;
    (distance <= tolerance(unknown)).then_some(word)
}

/// How many slips of the finger a word of that length may hold.
fn tolerance(word: &str) -> usize {
    1 + word.chars().count() / 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_leads_to_the_known_one() {
        for (unknown, known) in [
            ("training.epoch", "training.epochs"),
            ("training.learning-rate", "training.learning_rate"),
            ("epochs", "training.epochs"),
            ("data.steps", "schedule.steps"),
            ("trainign", "training"),
            ("training.early-stopping", "training.early_stopping"),
            ("smapling.kind", "sampling.kind"),
        ] {
            assert_eq!(nearest_key(unknown).as_deref(), Some(known), "{unknown}");
        }
    }

    #[test]
    fn nothing_is_suggested_for_a_word_that_is_like_none() {
        assert_eq!(nearest_key("training.warmup_fraction"), None);
        assert_eq!(
            nearest_word("quantum", ["linear", "cosine"].into_iter()),
            None
        );
        assert_eq!(
            nearest_word("liner", ["linear", "cosine"].into_iter()),
            Some("linear")
        );
    }

    #[test]
    fn a_table_lists_what_stands_in_it() {
        assert_eq!(
            inside("sampling"),
            ["sampling.kind", "sampling.variance", "sampling.draws"]
        );
        assert!(inside("training").contains(&"training.early_stopping".to_owned()));
        assert!(inside("").contains(&"backend".to_owned()));
        assert!(is_section("training.early_stopping") && !is_section("train"));
    }
}
