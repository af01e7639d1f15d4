//! What a network predicts makes no difference to what it means: optima without a penalty, biases, centring.

use crate::entries::worst_entry;
use crate::small_networks::{DIM, setup, text, trained};
use faer::Col;
use lindiff::config::Mean;
use lindiff::denoiser::Denoiser;

#[test]
fn without_a_penalty_every_target_has_the_same_optimum_and_with_one_it_has_not() {
    let test_loss = |model: &str, target: &str, ridge: f64| {
        let model = format!("{model}\ntarget = \"{target}\"");
        let training = format!("optimizer = \"closed-form\"\nridge = {ridge}");
        let setup = setup(&text(&model, &training));
        let folder = tempfile::tempdir().unwrap();
        let done = crate::small_networks::run(&setup, &folder.path().join("run"));
        done.evaluations.last.loss.test_loss.unwrap()
    };
    for model in [
        "kind = \"per-step\"",
        "kind = \"two-layer\"\nwidth = 7",
        "kind = \"two-layer\"\nwidth = 20",
    ] {
        let eps = test_loss(model, "eps", 0.0);
        let ridged = test_loss(model, "eps", 0.1);
        for target in ["x0", "v", "score"] {
            let bare = test_loss(model, target, 0.0);
            assert!((bare - eps).abs() < 1e-12, "{model} {target}");
            // The score is the noise over -r, a factor of the step's whole loss; the others are shrunk to something else.
            let off = (test_loss(model, target, 0.1) - ridged).abs();
            assert!(
                if target == "score" {
                    off < 1e-12
                } else {
                    off > 1e-3
                },
                "{model} {target}: {off}"
            );
        }
    }
    // What is restricted has another optimum for every target.
    for model in [
        "kind = \"time-basis\"\nbasis = 2",
        "kind = \"two-layer\"\nwidth = 4",
    ] {
        let losses = ["eps", "x0", "v", "score"].map(|target| test_loss(model, target, 0.0));
        for (i, one) in losses.iter().enumerate() {
            for other in &losses[..i] {
                // eps and score through a narrow layer choose the same directions.
                let alike = model.contains("two-layer") && i == 3 && *other == losses[0];
                assert!(alike || (one - other).abs() > 1e-6, "{model}: {losses:?}");
            }
        }
    }
}

#[test]
fn biases_are_those_of_the_target_with_a_mean_far_from_zero() {
    for target in ["eps", "x0", "v", "score"] {
        for kind in ["per-step", "time-basis", "two-layer"] {
            let model = format!("kind = \"{kind}\"\ntarget = \"{target}\"");
            let setup = setup(&text(&model, "epochs = 5"));
            let mut snapshot = trained(&setup).snapshot();
            let mean = Col::from_fn(DIM, |i| 100.0 * (i as f64 - 2.5));
            snapshot = snapshot.with_biases(setup.schedule(), &mean);
            let network = snapshot.denoiser(setup.schedule()).unwrap();
            for (index, step) in setup.schedule().iter().enumerate() {
                // At the noised mean a centred network sees no noise.
                let map = network.at(index);
                let seen = &map.weight * (step.signal_scale() * &mean) + &map.bias;
                assert!(
                    worst_entry(&seen.as_mat()) < 1e-9,
                    "{kind} {target}: {seen:?}"
                );
            }
        }
    }
}

#[test]
fn a_network_centred_on_another_mean_is_the_same_map() {
    for target in ["eps", "x0", "v", "score"] {
        for kind in ["per-step", "two-layer"] {
            let model = format!("kind = \"{kind}\"\ntarget = \"{target}\"");
            let setup = setup(&text(&model, "epochs = 5\nobjective = \"frozen\""));
            let snapshot = trained(&setup).snapshot();
            let schedule = setup.schedule();
            let other = Col::from_fn(DIM, |i| (i as f64 - 1.5) * 3.0);
            let moved = snapshot
                .clone()
                .centred_on(&other, schedule, Mean::Fitted)
                .unwrap();
            let moved = moved.with_biases(schedule, &other);
            let maps = [&snapshot, &moved].map(|s| s.denoiser(schedule).unwrap());
            for index in 0..schedule.len() {
                let off = worst_entry(&(maps[0].at(index).bias - maps[1].at(index).bias).as_mat());
                assert!(off < 1e-12, "{kind} {target}: off by {off:e}");
            }
            // On its own mean what was trained is kept to the bit.
            let own = snapshot
                .clone()
                .centred_on(setup.mean(), schedule, Mean::Fitted);
            assert_eq!(own.unwrap(), snapshot);
        }
    }
}
