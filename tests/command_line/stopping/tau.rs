//! Training that ends at a training time.

use super::*;

#[test]
fn a_run_stops_at_the_end_of_the_first_epoch_that_reaches_tau() {
    let desk = desk();
    for (name, tau, more) in [
        ("plain", 2.0, "training.momentum=0"),
        ("momentum", 2.0, "training.momentum=0.5"),
        ("given-rate", 1.0, "training.learning_rate=0.1"),
        ("cosine", 3.0, "training.lr_schedule=cosine"),
    ] {
        let tau_is = format!("training.tau={tau}");
        let train = |out: &str, more: &[&str]| {
            desk.must(&[&["train", "small.toml", "--out", out][..], more].concat())
        };
        train(name, &["--set", &tau_is, "--set", more]);
        let (epoch, time) = *times(&desk, name).last().unwrap();
        assert!(
            epoch < 40 && time >= tau * (1.0 - 1e-9),
            "{name}: {epoch} {time}"
        );
        // With every epoch recorded the one before it is seen to be below.
        let every = format!("{name}-every");
        train(
            &every,
            &[
                "--set",
                &tau_is,
                "--set",
                more,
                "--set",
                "training.evaluate=1",
            ],
        );
        let all = times(&desk, &every);
        assert_eq!(all.last(), Some(&(epoch, time)));
        assert!(all[all.len() - 2].1 < tau, "{name}: {all:?}");
        if name != "cosine" {
            // A run of as many epochs is the same run.
            let same = format!("{name}-epochs");
            train(
                &same,
                &["--set", &format!("training.epochs={epoch}"), "--set", more],
            );
            assert_eq!(
                desk.bytes(&weights(name, epoch)),
                desk.bytes(&weights(&same, epoch))
            );
        }
        assert!(
            desk.must(&["train", "--resume", name])
                .contains("nothing to do")
        );
    }
}

/// Learning rates that add up to tau but for rounding are not one epoch too few: ten times 0.1 is 1 - 1e-16.
#[test]
fn rates_that_add_up_to_tau_reach_it() {
    let desk = desk();
    let sets = ["training.learning_rate=0.1", "training.tau=1"];
    desk.must(&[
        "train",
        "small.toml",
        "--out",
        "run",
        "--set",
        sets[0],
        "--set",
        sets[1],
    ]);
    assert_eq!(times(&desk, "run").last().unwrap().0, 10);
}

#[test]
fn a_tau_that_cannot_be_reached_or_does_not_count_is_said_and_a_senseless_one_refused() {
    let desk = desk();
    let said = desk.must(&[
        "train",
        "small.toml",
        "--out",
        "far",
        "--set",
        "training.tau=1000",
    ]);
    assert!(said.contains("below training.tau = 1000"), "{said}");
    let needed = said
        .split(": ")
        .find_map(|part| part.split_once(" epochs reach it"));
    let needed: usize = needed.unwrap().0.parse().unwrap();
    let (epochs, time) = *times(&desk, "far").last().unwrap();
    let rate = time / epochs as f64;
    assert!(
        rate * needed as f64 >= 1000.0 && rate * (needed - 1) as f64 <= 1000.0,
        "{said}"
    );
    let adam = [
        "--set",
        "training.optimizer=adam",
        "--set",
        "training.tau=1",
    ];
    let said = desk.must(&[&["train", "small.toml", "--out", "adam"][..], &adam].concat());
    assert!(
        said.contains("training.tau is ignored: training.optimizer is \"adam\""),
        "{said}"
    );
    for wrong in ["0", "-1", "inf", "nan", "\"soon\""] {
        let set = format!("training.tau={wrong}");
        let said = desk.refused(&["train", "small.toml", "--out", "wrong", "--set", &set]);
        assert!(said.contains("training.tau"), "{said}");
        assert!(!desk.path("wrong").exists());
    }
}

#[test]
fn an_epoch_that_goes_far_beyond_tau_is_told_with_the_rate_that_ends_at_tau() {
    let desk = desk();
    let sets = [
        "--set",
        "training.tau=1.2",
        "--set",
        "training.momentum=0.9",
    ];
    let train = |out: &str, more: &[&str]| {
        desk.must(&[&["train", "small.toml", "--out", out][..], &sets, more].concat())
    };
    let said = train("beyond", &[]);
    let (_, time) = *times(&desk, "beyond").last().unwrap();
    assert!(
        time > 1.32 && said.contains(&format!("stops at tau = {time:.3}")),
        "{said}"
    );
    let paste = said
        .split("--set ")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    let said = train("at", &["--set", paste]);
    let (_, time) = *times(&desk, "at").last().unwrap();
    assert!(
        (time - 1.2).abs() < 1e-9 && !said.contains("stops at tau"),
        "{time} {said}"
    );
}
