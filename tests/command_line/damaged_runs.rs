//! Runs whose files were edited, cut short, or never written whole: what is made again gives the same bytes, and what is
//! not is named with the command that helps.

use std::fs;
use std::ops::Deref;
use std::path::Path;
use std::process::Command;

use crate::desk::{Desk, PROGRAM};

/// Frozen draws with momentum, evaluated every third epoch; the last three checkpoints and the best are kept.
const RUN: &str = r#"
[data]
source = "power-law"
dim = 5
samples = 12
[schedule]
steps = 20
beta_start = 0.01
beta_end = 0.3
[training]
objective = "frozen"
momentum = 0.5
epochs = 30
evaluate = 3
checkpoints = 4
[sampling]
draws = 0
"#;

/// A folder with the same finished run in `whole` and `run`.
struct Runs(Desk);

impl Deref for Runs {
    type Target = Desk;

    fn deref(&self) -> &Desk {
        &self.0
    }
}

impl Runs {
    fn new() -> Self {
        let desk = Desk::new();
        desk.write("run.toml", RUN);
        for out in ["whole", "run"] {
            desk.must(&["train", "run.toml", "--out", out]);
        }
        Self(desk)
    }

    fn edit(&self, name: &str, change: impl FnOnce(&str) -> String) {
        self.write(name, change(&self.text(name)));
    }

    /// Types the commands that a message gives, as they stand there.
    fn commands_of<'a>(&self, said: &'a str) -> Vec<Vec<&'a str>> {
        let lines = said
            .lines()
            .filter_map(|line| line.trim().strip_prefix("lindiff "));
        lines.map(|line| line.split(' ').collect()).collect()
    }

    fn assert_same(&self, one: &str, two: &str) {
        let metrics = |run: &str| {
            let text = self.text(&format!("{run}/metrics.csv"));
            let lines = text
                .lines()
                .map(|line| line.rsplit_once(',').unwrap().0.to_owned());
            lines.collect::<Vec<_>>()
        };
        assert_eq!(metrics(one), metrics(two));
        for file in [
            "losses_by_step.csv",
            "summary.json",
            "checkpoints/epoch-000030/model.safetensors",
            "plots/losses.svg",
        ] {
            let bytes = |run: &str| fs::read(self.path(run).join(file)).unwrap();
            assert!(bytes(one) == bytes(two), "{file} differs");
        }
    }
}

fn last_gone(text: &str) -> String {
    lines(text)[..lines(text).len() - 1].concat()
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

#[test]
fn rows_that_a_crash_lost_are_made_again_from_the_checkpoint_before_them() {
    type Damage = fn(&str) -> String;
    let halved: Damage = |text| text[..text.len() - 9].to_owned();
    let one_within: Damage = |text| {
        let all = lines(text);
        [&all[..all.len() - 2], &all[all.len() - 1..]]
            .concat()
            .concat()
    };
    let zeros: Damage = |text| format!("{}{}", last_gone(text), "\0".repeat(40));
    let desk = Runs::new();
    for (file, damage) in [
        ("metrics.csv", halved),
        ("metrics.csv", last_gone),
        ("metrics.csv", one_within),
        ("metrics.csv", zeros),
        ("losses_by_step.csv", halved),
        ("losses_by_step.csv", one_within),
    ] {
        desk.edit(&format!("run/{file}"), damage);
        let said = desk.must(&["train", "--resume", "run"]);
        assert!(
            said.contains("made") || said.contains("makes them again"),
            "{file}: {said}"
        );
        desk.assert_same("whole", "run");
    }
    let said = desk.must(&["train", "--resume", "run"]);
    assert!(said.contains("nothing to do"), "{said}");
    // Also where the run had not ended yet.
    fs::remove_file(desk.path("run/summary.json")).unwrap();
    desk.edit("run/metrics.csv", one_within);
    desk.must(&["train", "--resume", "run"]);
    desk.assert_same("whole", "run");
}

#[test]
fn rows_that_no_checkpoint_can_make_again_are_named_with_the_commands_that_help() {
    let desk = Runs::new();
    // The test loss was lowest at the start of none: the first rows are before every checkpoint that is left.
    for lost in ["3", "6"] {
        desk.edit("run/metrics.csv", |text| {
            let kept = lines(text)
                .into_iter()
                .filter(|line| !line.starts_with(&format!("{lost},")));
            kept.collect()
        });
        let there = fs::read_dir(desk.path("run/checkpoints")).unwrap();
        let names = there.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let before = names
            .filter(|name| *name < format!("epoch-00000{lost}"))
            .count();
        if before > 0 {
            desk.must(&["train", "--resume", "run"]);
            desk.assert_same("whole", "run");
            continue;
        }
        let rows = desk.text("run/metrics.csv");
        let said = desk.refused(&["train", "--resume", "run"]);
        assert!(said.contains(&format!("epoch {lost}")), "{said}");
        assert_eq!(desk.text("run/metrics.csv"), rows);
        let commands = desk.commands_of(&said);
        assert_eq!(commands.len(), 2, "{said}");
        desk.must(&commands[1]);
        assert_eq!(desk.text("run/metrics.csv"), rows);
        desk.must(&commands[0]);
        desk.assert_same("whole", "run");
    }
}

#[test]
fn an_edited_experiment_is_named_by_key_with_both_values_and_nothing_is_mixed() {
    let desk = Runs::new();
    let original = desk.text("run/config.toml");
    let metrics = desk.text("run/metrics.csv");
    for (from, to, key) in [
        ("keep = 20", "keep = 10", "schedule.keep"),
        ("\nridge = 0.0", "\nridge = 0.5", "training.ridge"),
        ("\"f32\"", "\"f64\"", "backend.precision"),
        ("seed = 1", "seed = 2", "seed"),
        ("samples = 12", "samples = 13", "data.samples"),
        ("momentum = 0.5", "momentum = 0.4", "training.momentum"),
        ("target = \"eps\"", "target = \"v\"", "model.target"),
        (
            "kind = \"per-step\"",
            "kind = \"time-basis\"\nbasis = 3",
            "model.kind",
        ),
        ("beta_end = 0.3", "beta_end = 0.31", "schedule.beta_end"),
        ("noise_draws = 1", "noise_draws = 2", "training.noise_draws"),
    ] {
        assert!(original.contains(from), "{from}");
        desk.edit("run/config.toml", |text| text.replacen(from, to, 1));
        for command in [
            &["train", "--resume", "run"][..],
            &["evaluate", "run"],
            &["sample", "run"],
        ] {
            let said = desk.refused(command);
            assert!(said.contains(key), "{command:?}: {said}");
        }
        assert_eq!(desk.text("run/metrics.csv"), metrics);
        fs::write(desk.path("run/config.toml"), &original).unwrap();
    }
    desk.edit("run/config.toml", |text| {
        text.replace("keep = 20", "keep = 10")
    });
    let said = desk.refused(&["train", "--resume", "run"]);
    assert!(said.contains("10") && said.contains("20"), "{said}");
    // What changes nothing may be edited: comments, the name, how many checkpoints are kept.
    desk.edit("run/config.toml", |_| {
        let text = original.replace("checkpoints = 4", "checkpoints = 2");
        format!(
            "# my run\n{}",
            text.replacen("name = \"", "name = \"my ", 1)
        )
    });
    fs::remove_file(desk.path("run/summary.json")).unwrap();
    desk.must(&["train", "--resume", "run", "--checkpoint", "24"]);
    desk.must(&["evaluate", "run"]);
}

#[test]
fn an_edited_experiment_without_a_record_is_refused_where_its_weights_do_not_fit() {
    let desk = Runs::new();
    fs::remove_file(desk.path("run/.lindiff-run")).unwrap();
    fs::remove_file(desk.path("run/summary.json")).unwrap();
    let original = desk.text("run/config.toml");
    for (from, to) in [
        ("keep = 20", "keep = 10"),
        ("kind = \"per-step\"", "kind = \"two-layer\"\nwidth = 3"),
        ("target = \"eps\"", "target = \"x0\""),
        ("samples = 12", "samples = 13"),
        ("dim = 5", "dim = 6"),
        ("\"f32\"", "\"f64\""),
    ] {
        desk.edit("run/config.toml", |text| text.replacen(from, to, 1));
        let output = desk.type_in(&["train", "--resume", "run", "--checkpoint", "24"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("panicked"), "{to}: {said}");
        assert_eq!(output.status.code(), Some(2), "{to}: {said}");
        fs::write(desk.path("run/config.toml"), &original).unwrap();
    }
    desk.must(&["train", "--resume", "run"]);
}

#[test]
fn a_damaged_checkpoint_is_named_with_the_one_before_it_and_the_command_that_uses_it() {
    let desk = Runs::new();
    let model = |epoch: &str| format!("run/checkpoints/epoch-{epoch}/model.safetensors");
    let cut = |epoch: &str| {
        let bytes = fs::read(desk.path(&model(epoch))).unwrap();
        fs::write(desk.path(&model(epoch)), &bytes[..bytes.len() / 2]).unwrap();
    };
    cut("000030");
    fs::remove_file(desk.path("run/checkpoints/epoch-000027/state.json")).unwrap();
    for command in [
        &["train", "--resume", "run"][..],
        &["evaluate", "run"],
        &["sample", "run"],
        &["inspect", "run"],
        &["export", "run", "--out", "arrays"],
        &["compare", "run", "whole"],
    ] {
        let said = desk.refused(command);
        assert!(said.contains("epoch-000030/model.safetensors"), "{said}");
        assert!(
            said.contains("lindiff train --resume run --checkpoint 24"),
            "{said}"
        );
    }
    desk.must(&["sample", "run", "--checkpoint", "24"]);
    let said = desk.refused(&["evaluate", "run"]);
    desk.must(&desk.commands_of(&said)[0]);
    desk.assert_same("whole", "run");
    // Without any that can be read, the run has to be trained again.
    for entry in fs::read_dir(desk.path("run/checkpoints")).unwrap() {
        fs::remove_file(entry.unwrap().path().join("state.json")).unwrap();
    }
    assert!(
        desk.refused(&["evaluate", "run"])
            .contains("no checkpoint before it")
    );
}

/// A limit on the size of files, as good as a full disk: writing fails, and nothing is killed.
#[cfg(unix)]
#[test]
fn after_a_full_disk_the_command_that_is_named_ends_as_if_the_disk_had_room() {
    let desk = Runs::new();
    let mut gone_on = [0, 0];
    for blocks in 0..=24 {
        let out = format!("full-{blocks}");
        let full = Command::new("sh")
            .arg("-c")
            .arg(format!(
                "trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\" 2> /dev/null"
            ))
            .arg(PROGRAM)
            .args(["train", "run.toml", "--out", &out])
            .current_dir(desk.path(""))
            .output()
            .unwrap();
        if full.status.success() {
            break;
        }
        assert_eq!(full.status.code(), Some(1), "{blocks}");
        let again = ["train", "run.toml", "--out", &out];
        let output = desk.type_in(&again);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        gone_on[usize::from(!output.status.success())] += 1;
        if !output.status.success() {
            desk.must(&desk.commands_of(&said)[0]);
        }
        desk.assert_same("whole", &out);
    }
    // Nor is it the user's input that is at fault, with the closed form either.
    for blocks in [2, 8] {
        let out = format!("solved-{blocks}");
        let full = Command::new("sh")
            .arg("-c")
            .arg(format!(
                "trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""
            ))
            .arg(PROGRAM)
            .args(["train", "run.toml", "--out", &out])
            .args(["--set", "training.optimizer=closed-form"])
            .current_dir(desk.path(""))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&full.stderr).into_owned();
        assert_eq!(full.status.code(), Some(1), "{said}");
        assert!(
            said.contains("File too large") && !said.contains("not a network's weights"),
            "{said}"
        );
    }
    // Both ways were taken: stopped before the first checkpoint, and after it.
    assert!(gone_on[0] > 2 && gone_on[1] > 0, "{gone_on:?}");
}

#[test]
fn a_folder_in_which_a_run_was_only_begun_takes_the_same_command() {
    let desk = Runs::new();
    let marker = desk.text("run/.lindiff-run");
    let half = &marker[..marker.len() / 2];
    for (index, files) in [
        &[(".lock", "")][..],
        &[(".lock", ""), ("..lindiff-run.partial", half)],
        &[
            (".lock", ""),
            (".lindiff-run", &marker),
            (".config.toml.partial", "name = "),
        ],
        &[
            (".lock", ""),
            (".lindiff-run", &marker),
            ("config.toml", RUN),
            ("init.safetensors", ""),
        ],
        &[
            (".lindiff-run", &marker),
            ("config.toml", RUN),
            (".data.safetensors.partial", ""),
        ],
        &[
            (".lindiff-run", &marker),
            ("config.toml", RUN),
            ("metrics.csv", "epoch,ti"),
        ],
        &[
            (".lindiff-run", &marker),
            ("config.toml", RUN),
            (
                "checkpoints/.epoch-000000.partial/model.safetensors",
                "half",
            ),
        ],
    ]
    .iter()
    .enumerate()
    {
        let out = format!("begun-{index}");
        for (name, text) in *files {
            let path = desk.path(&out).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        desk.must(&["train", "run.toml", "--out", &out]);
        desk.assert_same("whole", &out);
        let is_partial = |path: &Path| path.display().to_string().contains("partial");
        let mut entries = fs::read_dir(desk.path(&out)).unwrap();
        assert!(!entries.any(|entry| is_partial(&entry.unwrap().path())));
    }
}

#[test]
fn a_bit_that_was_flipped_in_the_moments_or_their_notes_is_noticed() {
    let runs = Runs::new();
    let whole = runs.bytes("run/data.safetensors");
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let warnings = b"warnings";
    let in_notes = whole
        .windows(warnings.len())
        .position(|part| part == warnings)
        .unwrap();
    for place in [
        header + 6,
        header + (whole.len() - header) / 2,
        whole.len() - 2,
        in_notes + 3,
    ] {
        let mut flipped = whole.clone();
        flipped[place] ^= 0x10;
        runs.write("run/data.safetensors", flipped);
        for command in [
            &["evaluate", "run"][..],
            &["sample", "run", "--out", "s.npy"],
        ] {
            let said = runs.refused(command);
            assert!(said.contains("data.safetensors"), "{said}");
        }
        assert!(!runs.path("s.npy").exists());
    }
    runs.write("run/data.safetensors", whole);
    runs.must(&["evaluate", "run"]);
}
