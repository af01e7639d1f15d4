//! What the experiment file's parser says to input that is wrong, and what it lets pass with a note.

use std::path::Path;

use lindiff::config::{ConfigError, Experiment, Loaded};

fn read(text: &str) -> Result<Loaded, ConfigError> {
    Experiment::from_toml(text, Path::new("/experiments"), &[])
}

/// The message for a wrong experiment.
fn refusal(text: &str) -> String {
    match read(text) {
        Ok(loaded) => panic!("accepted: {text}\n{loaded:?}"),
        Err(error) => error.to_string(),
    }
}

/// The message for keys added to an experiment that is right without them.
fn refusal_of(keys: &str) -> String {
    refusal(&format!("data.source = \"power-law\"\n{keys}"))
}

fn assert_says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
    assert!(!message.contains('\n'), "more than a line: {message:?}");
}

#[test]
fn a_missing_source_is_asked_for() {
    let message = refusal("seed = 1");
    assert_says(
        &message,
        &["data.source is missing", "\"digits\" or \"file\""],
    );
}

#[test]
fn a_source_that_needs_a_path_says_so() {
    for source in ["file", "spectrum"] {
        let message = refusal(&format!("data.source = \"{source}\""));
        assert_says(&message, &["data.path is missing", "--set data.path="]);
    }
    let message = refusal_of("schedule.kind = \"file\"");
    assert_says(&message, &["schedule.path is missing"]);
}

#[test]
fn a_misspelt_key_is_named_with_the_one_that_was_meant() {
    let message = refusal("[data]\nsource = \"digits\"\n[training]\nepoch = 3");
    assert_eq!(
        message,
        "the experiment: training.epoch is unknown; did you mean training.epochs?"
    );
}

#[test]
fn a_key_in_the_wrong_table_is_sent_to_the_right_one() {
    let message = refusal_of("epochs = 3");
    assert_says(
        &message,
        &["epochs is unknown", "did you mean training.epochs?"],
    );
    let message = refusal_of("[early_stopping]\npatience = 3");
    assert_says(&message, &["did you mean training.early_stopping?"]);
}

#[test]
fn an_unknown_key_like_no_other_is_answered_with_all_of_its_table() {
    let message = refusal_of("backend.temperature = 3");
    assert_says(
        &message,
        &[
            "backend.temperature is unknown",
            "backend.name, backend.precision",
        ],
    );
}

#[test]
fn a_quoted_key_with_a_dot_is_no_path() {
    let message = refusal_of("\"training.epochs\" = 3");
    assert_says(&message, &["\"training.epochs\" is unknown"]);
}

#[test]
fn a_misspelt_choice_is_answered_with_the_nearest() {
    let message = refusal("data.source = \"digit\"");
    assert_says(
        &message,
        &[
            "data.source = \"digit\"",
            "must be \"power-law\"",
            "did you mean \"digits\"?",
        ],
    );
    let message = refusal_of("training.optimizer = \"Adam\"");
    assert_says(&message, &["did you mean \"adam\"?"]);
    let message = refusal_of("sampling.kind = \"quantum\"");
    assert_says(
        &message,
        &["\"ddpm\", \"sde\", \"ode\", \"heun\" or \"ddim\""],
    );
    assert!(!message.contains("did you mean"));
}

#[test]
fn a_value_of_the_wrong_type_is_shown_with_its_key_and_what_is_allowed() {
    for (keys, parts) in [
        (
            "training.epochs = \"many\"",
            ["training.epochs = \"many\"", "a whole number, 0 or more"],
        ),
        (
            "training.epochs = 1.5",
            ["training.epochs = 1.5", "a whole number"],
        ),
        (
            "training.epochs = -1",
            ["training.epochs = -1", "a whole number, 0 or more"],
        ),
        (
            "data.mean = 1",
            ["data.mean = 1", "\"fitted\" or \"known\""],
        ),
        ("data.samples = true", ["data.samples = true", "or \"all\""]),
        (
            "data.spikes = [1.0, \"a\"]",
            ["data.spikes = [1.0, \"a\"]", "a list of"],
        ),
        (
            "training.ridge = [1]",
            ["training.ridge = [1]", "a number, 0 or more"],
        ),
        ("name = 3", ["name = 3", "a string"]),
        ("seed = 1979-05-27", ["seed = 1979-05-27", "a whole number"]),
        (
            "training = 3",
            ["training = 3", "a table, such as [training]"],
        ),
        (
            "training.epochs.more = 3",
            ["training.epochs = a table", "a whole number"],
        ),
        ("[[model]]\ninit = 1.0", ["model = [a table]", "a table"]),
    ] {
        assert_says(&refusal_of(keys), &parts);
    }
}

#[test]
fn a_value_out_of_its_range_is_refused() {
    for keys in [
        "name = \"\"",
        "name = \"a/b\"",
        "name = \"..\"",
        "data.dim = 0",
        "data.dim = 65537",
        "data.exponent = -1",
        "data.exponent = nan",
        "data.samples = 0",
        "data.samples = \"every\"",
        "schedule.steps = 0",
        "schedule.steps = 10000001",
        "schedule.beta_end = 1",
        "schedule.beta_start = nan",
        "schedule.keep = 0",
        "model.init = inf",
        "training.momentum = 1",
        "training.momentum = -0.1",
        "training.momentum = nan",
        "training.learning_rate = 0",
        "training.learning_rate = -1e-3",
        "training.learning_rate = inf",
        "training.learning_rate = \"fast\"",
        "training.weight_decay = -1",
        "training.ridge = -1e-9",
        "training.ridge = nan",
        "training.covariance_ridge = inf",
        "training.evaluate = 0",
        "training.evaluate = \"always\"",
        "training.checkpoints = 0",
        "training.early_stopping.patience = 0",
        "training.early_stopping.min_delta = -1",
    ] {
        let (key, _) = keys.split_once(" =").unwrap();
        let message = refusal_of(keys);
        assert_says(&message, &[&format!("{key} = "), "must be "]);
    }
    for keys in [
        "pool = 0",
        "min_variance = -1",
        "scale = \"unit\"",
        "columns = \"5..5\"",
        "columns = \"5,3\"",
        "header = \"maybe\"",
        "delimiter = \":\"",
        "decimal = \";\"",
        "color = \"red\"",
        "array = \"\"",
        "path = \"\"",
    ] {
        let (key, _) = keys.split_once(" =").unwrap();
        let path = if key == "path" {
            ""
        } else {
            "path = \"x.npz\"\n"
        };
        let message = refusal(&format!("[data]\nsource = \"file\"\n{path}{keys}"));
        assert_says(&message, &[&format!("data.{key} = "), "must be "]);
    }
    for spikes in ["[0.0]", "[-1.0]", "[nan]", "[1, 2, 3]"] {
        let message = refusal(&format!(
            "[data]\nsource = \"spiked\"\ndim = 2\nspikes = {spikes}"
        ));
        assert_says(
            &message,
            &["data.spikes = ", "at most dim numbers, each above 0"],
        );
    }
    let message = refusal_of("training.objective = \"frozen\"\ntraining.noise_draws = 0");
    assert_says(&message, &["training.noise_draws = 0", "1 or more"]);
}

#[test]
fn a_beta_of_zero_is_refused_by_name() {
    let message = refusal_of("schedule.beta_start = 0");
    assert_says(
        &message,
        &["schedule.beta_start = 0", "above 0 and below 1"],
    );
}

#[test]
fn betas_that_fall_are_refused() {
    let message = refusal_of("schedule.beta_start = 0.5");
    assert_says(
        &message,
        &[
            "schedule.beta_start = 0.5",
            "schedule.beta_end, which is 0.01",
        ],
    );
    let message = refusal_of("schedule.beta_end = 1e-5");
    assert_says(
        &message,
        &[
            "schedule.beta_end = 1e-5",
            "schedule.beta_start, which is 0.0001",
        ],
    );
}

#[test]
fn a_schedule_that_loses_the_data_altogether_is_refused() {
    let message = refusal_of("schedule.beta_end = 0.999\nschedule.steps = 10000");
    assert_says(
        &message,
        &[
            "schedule: alpha_bar_",
            "needs 1 > alpha_bar_1 > alpha_bar_2 > ... > 0",
        ],
    );
}

#[test]
fn more_steps_cannot_be_kept_than_there_are() {
    let message = refusal_of("schedule.keep = 1001");
    assert_says(&message, &["schedule.keep = 1001", "the 1000 steps"]);
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let digits = |keys: &str| refusal(&format!("data.source = \"digits\"\n{keys}"));
    let message = refusal_of("data.samples = \"all\"");
    assert_says(
        &message,
        &[
            "data.samples = \"all\"",
            "\"power-law\" has no rows of its own",
        ],
    );
    let message = digits("data.samples = \"all\"\ndata.draw = \"gaussian\"");
    assert_says(
        &message,
        &["data.samples = \"all\"", "data.draw = \"rows\""],
    );
    let message = refusal_of("data.draw = \"rows\"");
    assert_says(
        &message,
        &["data.draw = \"rows\"", "\"power-law\" has no rows"],
    );
    let message = digits("data.samples = \"all\"\n[training.early_stopping]");
    assert_says(&message, &["training.early_stopping needs a test set"]);
    let message =
        refusal("[data]\nsource = \"file\"\npath = \"x.csv\"\ndraw = \"gaussian\"\ngroup = 3");
    assert_says(&message, &["data.group = 3", "needs data.draw = \"rows\""]);
}

#[test]
fn weights_of_rows_say_what_their_parameter_may_be() {
    let message = refusal_of("data.row_weights = \"students\"");
    assert_says(
        &message,
        &[
            "\"two-point\", \"log-normal\" or \"student\"",
            "mean \"student\"?",
        ],
    );
    for (law, parameter, needs) in [
        (
            "two-point",
            "1",
            "the higher of two weights must be above 1",
        ),
        ("log-normal", "11", "must be above 0 and at most 10"),
        (
            "student",
            "2.0",
            "must be above 2, or rows have no covariance",
        ),
        (
            "student",
            "0",
            "must be a number: above 1 (two-point), from above 0 to 10 (log-normal)",
        ),
        ("student", "inf", "must be a number"),
        ("student", "\"5\"", "must be a number"),
    ] {
        let keys = format!("[data]\nrow_weights = \"{law}\"\nrow_weights_parameter = {parameter}");
        let message = refusal(&keys.replace("[data]", "[data]\nsource = \"power-law\""));
        let value = format!("data.row_weights_parameter = {parameter}: ");
        assert_says(&message, &[&value, needs]);
    }
    let message =
        refusal("[data]\nsource = \"digits\"\ndraw = \"rows\"\nrow_weights = \"student\"");
    assert_says(
        &message,
        &[
            "data.row_weights = \"student\"",
            "needs data.draw = \"gaussian\", or \"none\"",
        ],
    );
}

#[test]
fn an_automatic_rate_is_for_gradient_descent_only() {
    for optimizer in ["adam", "adamw"] {
        let keys = format!("[training]\noptimizer = \"{optimizer}\"\nlearning_rate = \"auto\"");
        assert_says(
            &refusal_of(&keys),
            &["training.learning_rate = \"auto\"", "1e-3"],
        );
    }
}

#[test]
fn the_center_of_before_must_be_true_or_false() {
    let message = refusal_of("data.center = 1");
    assert_says(
        &message,
        &["data.center = 1: must be true or false", "data.mean"],
    );
}

#[test]
fn the_center_of_before_and_the_mean_of_now_do_not_stand_in_one_file() {
    let message = refusal_of("data.center = true\ndata.mean = \"known\"");
    assert_says(
        &message,
        &["data.center = true", "data.mean", "leave data.center out"],
    );
}

#[test]
fn keys_of_what_was_not_chosen_are_ignored_with_a_note() {
    let text = r#"
        [data]
        source = "digits"
        exponent = 2.0
        path = "somewhere"
        row_weights_parameter = 3
        [schedule]
        kind = "cosine"
        beta_end = 0.5
        [model]
        width = 8
        [training]
        noise_draws = 3
        optimizer = "closed-form"
        learning_rate = 0.1
        [sampling]
        kind = "ode"
        variance = "posterior"
    "#;
    let loaded = read(text).unwrap();
    assert_eq!(
        loaded.notes,
        [
            "data.exponent is ignored: data.source is \"digits\"",
            "data.path is ignored: data.source is \"digits\"",
            "data.row_weights_parameter is ignored: data.row_weights is \"none\"",
            "schedule.beta_end is ignored: schedule.kind is \"cosine\"",
            "model.width is ignored: model.kind is \"per-step\"",
            "training.noise_draws is ignored: training.objective is \"exact\"",
            "training.learning_rate is ignored: training.optimizer is \"closed-form\"",
            "sampling.variance is ignored: sampling.kind is \"ode\"",
        ]
    );
    assert!(read("data.source = \"spiked\"").unwrap().notes.is_empty());
}
