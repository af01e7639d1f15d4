//! More epochs, or fewer, for a run that is there.

use super::*;

#[test]
fn a_finished_run_trains_on_to_the_bytes_of_a_run_that_had_as_many_epochs() {
    let desk = desk();
    for more in [
        "training.evaluate=log",
        "training.optimizer=adam",
        "training.evaluate=7",
        "training.momentum=0.5",
        "training.checkpoints=1",
        "training.tau=1000",
    ] {
        for (name, epochs) in [("on", "40"), ("whole", "90")] {
            let epochs = format!("training.epochs={epochs}");
            desk.must(&[
                "train",
                "small.toml",
                "--out",
                name,
                "--overwrite",
                "--set",
                more,
                "--set",
                &epochs,
            ]);
        }
        desk.must(&["train", "--resume", "on", "--epochs", "90"]);
        let same = desk.bytes(&weights("on", 90)) == desk.bytes(&weights("whole", 90));
        assert!(same, "{more}");
        if more != "training.checkpoints=1" {
            // With one checkpoint there is none before the last evaluation of the shorter run, whose row stays.
            assert_eq!(metrics(&desk, "on"), metrics(&desk, "whole"), "{more}");
        }
        assert!(desk.text("on/config.toml").contains("epochs = 90"));
        let said = desk.must(&["train", "--resume", "on", "--epochs", "90"]);
        assert!(said.contains("nothing to do"), "{said}");
        assert!(
            desk.must(&["train", "--resume", "on"])
                .contains("nothing to do")
        );
    }
}

#[test]
fn epochs_that_would_change_nothing_or_all_are_refused_with_the_reason() {
    let desk = desk();
    let train =
        |out: &str, set: &str| desk.must(&["train", "small.toml", "--out", out, "--set", set]);
    train("cosine", "training.lr_schedule=cosine");
    train("solved", "training.optimizer=closed-form");
    train("early", "training.early_stopping.patience=1");
    train("tau", "training.tau=1");
    train("plain", "training.epochs=40");
    for (run, epochs, reason) in [
        ("cosine", "90", "cosine"),
        ("solved", "90", "closed form"),
        ("early", "90", "stopped early"),
        ("tau", "90", "training.tau"),
        ("plain", "39", "the run has done 40 epochs"),
    ] {
        let config = desk.bytes(&format!("{run}/config.toml"));
        let said = desk.refused(&["train", "--resume", run, "--epochs", epochs]);
        assert!(said.contains(reason), "{said}");
        assert_eq!(config, desk.bytes(&format!("{run}/config.toml")));
    }
    let said = desk.refused(&["train", "small.toml", "--epochs", "90"]);
    assert!(said.contains("--set training.epochs=90"), "{said}");
}

/// Too many epochs, stopped before the first of them, can be taken back, down to those that are done.
#[test]
fn a_number_of_epochs_that_was_too_large_can_be_taken_back() {
    let desk = desk();
    for (name, epochs) in [("run", "40"), ("whole", "90")] {
        let epochs = format!("training.epochs={epochs}");
        desk.must(&["train", "small.toml", "--out", name, "--set", &epochs]);
    }
    let directory = RunDirectory::open_to_write(&desk.path("run")).unwrap();
    extend(&directory, 1_000_000_000_000).unwrap();
    drop(directory);
    let said = desk.refused(&["train", "--resume", "run", "--epochs", "40"]);
    assert!(said.contains("the run has done 40 epochs"), "{said}");
    desk.must(&["train", "--resume", "run", "--epochs", "90"]);
    assert_eq!(
        desk.bytes(&weights("run", 90)),
        desk.bytes(&weights("whole", 90))
    );
    assert_eq!(metrics(&desk, "run"), metrics(&desk, "whole"));
}
