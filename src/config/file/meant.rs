//! The key that an unknown key, or the name of a flag, probably means.

use super::keys::find;
use super::nearest::nearest_name;
use super::table::KEYS;

/// Short names in other programs, and older names, with the keys that they mean here.
const ALIASES: &[(&str, &str)] = &[
    ("lr", "training.learning_rate"),
    ("wd", "training.weight_decay"),
    ("batch", "training.batch_size"),
    ("n", "data.samples"),
    ("center", "data.mean"),
    ("timesteps", "schedule.steps"),
    ("patience", "training.early_stopping.patience"),
];

/// The keys that a flag such as `learning-rate` or `training.epochs` means: those with this last word, or else the
/// one with the most similar spelling.
pub fn keys_named(flag: &str) -> Vec<String> {
    let name = flag.replace('-', "_");
    let ends = |key: &str| key == name || key.ends_with(&format!(".{name}"));
    let named: Vec<String> = KEYS
        .iter()
        .filter(|key| ends(key.name))
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

/// The key, or the table of keys, that a misspelt one probably means.
pub(super) fn nearest_key(unknown: &str) -> Option<String> {
    let tables = KEYS.iter().flat_map(|key| {
        let dots = key.name.match_indices('.');
        dots.map(|(at, _)| &key.name[..at])
    });
    let names = KEYS.iter().map(|key| key.name).chain(tables);
    nearest_name(unknown, names).map(str::to_owned)
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
        assert_eq!(nearest_key("training.warmup_fraction"), None);
    }

    #[test]
    fn a_flag_leads_to_the_keys_of_that_name() {
        assert_eq!(keys_named("batch-size"), ["training.batch_size"]);
        assert_eq!(keys_named("kind").len(), 3);
        assert_eq!(keys_named("lr"), ["training.learning_rate"]);
        for (_, key) in ALIASES {
            assert!(find(key).is_some(), "{key}");
        }
    }
}
