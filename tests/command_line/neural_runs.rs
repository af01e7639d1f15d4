//! Runs of networks that are not linear: trained, killed and resumed, evaluated, inspected, sampled and exported.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use faer::MatRef;
use lindiff::config::{BackendConfig, Precision};
use lindiff::denoiser::PointDenoiser;
use lindiff::diffusion::Schedule;
use lindiff::neural::read_networks;
use lindiff::run::{Neighbourhood, NeuralSetup, RunDirectory};
use lindiff::score::TensorDevice;
use serde_json::Value;

use crate::python::python_has;
use crate::run_folder::{Folder, checkpoints, lindiff, metrics, must, text};
use crate::uniform::Uniform;

/// Two perceptrons on digits of 4 x 4 pixels.
const MLP: &str = r#"
name = "small"
seed = 3
[data]
source = "digits"
pool = 2
samples = 60
draw = "rows"
[schedule]
keep = 20
[model]
kind = "mlp"
width = 16
layers = 2
[training]
ensemble = 2
batch_size = 16
learning_rate = 0.01
epochs = 40
evaluate = 4
[sampling]
draws = 50
"#;

/// A U-Net on the same digits, in f64, with another target and a rate that falls.
fn unet() -> String {
    let small = MLP.replace(
        "\"mlp\"\nwidth = 16\nlayers = 2",
        "\"unet\"\nchannels = 8\ntarget = \"x0\"",
    );
    let one = small.replace("ensemble = 2\n", "lr_schedule = \"cosine\"\n");
    one.replace("epochs = 40", "epochs = 12") + "[backend]\nprecision = \"f64\"\n"
}

/// What a command refuses says on stderr; wrong input has the status 2.
fn refused(arguments: &[&str]) -> String {
    let output = lindiff(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
    errors
}

fn json(arguments: &[&str]) -> Value {
    let output = must(&[arguments, &["--json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Both runs have the same tables, networks, moments and summary, to the byte.
fn assert_same(one: &Path, two: &Path) {
    assert_eq!(metrics(one), metrics(two));
    let same = |name: &str| {
        let [one, two] = [one, two].map(|root| fs::read(root.join(name)).unwrap());
        assert!(one == two, "{name} differs");
    };
    same("losses_by_step.csv");
    same("summary.json");
    let last = checkpoints(one).pop().unwrap();
    let name = last.strip_prefix(one).unwrap().to_owned();
    for file in ["model", "trained", "first_moments", "second_moments"] {
        same(text(&name.join(format!("{file}.safetensors"))));
    }
}

#[test]
fn losses_are_measured_beside_those_of_linear_networks_on_the_same_rows() {
    let folder = Folder::new(MLP);
    let root = folder.trained("run");
    let rows = metrics(&root);
    assert_eq!(rows.len(), 1 + 11);
    let columns: Vec<&str> = rows[0].split(',').collect();
    let value = |row: &str, name: &str| -> f64 {
        let place = columns.iter().position(|column| *column == name).unwrap();
        row.split(',').nth(place).unwrap().parse().unwrap()
    };
    let (first, last) = (&rows[1], &rows[11]);
    assert!(
        value(last, "test_loss") < 0.95 * value(first, "test_loss"),
        "{first} {last}"
    );
    assert!(value(last, "oracle_loss") < value(last, "linear_test_loss"));
    assert_eq!(
        value(first, "linear_test_loss"),
        value(last, "linear_test_loss")
    );
    let by_step = fs::read_to_string(root.join("losses_by_step.csv")).unwrap();
    // Ten steps of each member at each of 11 epochs.
    assert_eq!(by_step.lines().count(), 1 + 2 * 10 * 11);
    let summary: Value =
        serde_json::from_slice(&fs::read(root.join("summary.json")).unwrap()).unwrap();
    let last = &summary["last"];
    assert_eq!(last["members"].as_array().unwrap().len(), 2);
    let number = |value: &Value| value.as_f64().unwrap();
    assert!((0.0..=1.0).contains(&number(&last["copies"])));
    assert!((0.0..=1.0).contains(&number(&last["overlap"])));
    let evaluated = json(&["evaluate", text(&root), "--checkpoint", "last"]);
    assert_eq!(evaluated["levels"], last["levels"]);
    assert_eq!(evaluated["copies"], last["copies"]);
    let second = json(&[
        "evaluate",
        text(&root),
        "--member",
        "1",
        "--checkpoint",
        "last",
    ]);
    assert_eq!(second["test_loss"], last["members"][1]["test_loss"]);
    assert_eq!(second["member"], 1);
    for name in ["losses.svg", "levels.png"] {
        assert!(root.join("plots").join(name).is_file(), "{name}");
    }
}

#[test]
fn killed_networks_end_with_the_same_bytes() {
    for experiment in [MLP.replace("epochs = 40", "epochs = 400"), unet()] {
        let folder = Folder::new(&experiment);
        let start = Instant::now();
        let (whole, killed) = (folder.trained("whole"), folder.path("killed"));
        let took = start.elapsed();
        let mut uniform = Uniform(1);
        let mut kills = 0;
        for _ in 0..8 {
            let resume = ["train", "--resume", text(&killed)];
            let start = folder.train(&killed);
            let begun = killed.join("config.toml").is_file();
            let mut child = lindiff(if begun { &resume } else { &start })
                .spawn()
                .unwrap();
            while !killed.join("config.toml").is_file() {
                assert!(child.try_wait().unwrap().is_none(), "it did not begin");
                sleep(Duration::from_millis(2));
            }
            // A share of the whole run's own time, whatever the machine does beside it.
            sleep(took.mul_f64(0.5 * uniform.next()));
            child.kill().unwrap();
            child.wait().unwrap();
            kills += usize::from(!killed.join("summary.json").exists());
        }
        assert!(kills > 1, "it ended too early: make it longer");
        must(&["train", "--resume", text(&killed)]);
        assert_same(&whole, &killed);
        // Gone back to an earlier checkpoint, with the moving average and the moments of then.
        let earlier = &checkpoints(&killed)[checkpoints(&killed).len() - 2];
        let epoch = earlier.file_name().unwrap().to_str().unwrap();
        let epoch = epoch.trim_start_matches("epoch-").trim_start_matches('0');
        must(&["train", "--resume", text(&killed), "--checkpoint", epoch]);
        assert_same(&whole, &killed);
    }
}

#[test]
fn ctrl_c_leaves_a_checkpoint_and_more_epochs_end_as_if_there_had_been_no_end() {
    let folder = Folder::new(&MLP.replace("epochs = 40", "epochs = 300"));
    let (whole, stopped) = (folder.trained("whole"), folder.path("stopped"));
    let child = lindiff(&folder.train(&stopped)).spawn().unwrap();
    while fs::read_dir(stopped.join("checkpoints")).map_or(0, |entries| entries.count()) < 2 {
        sleep(Duration::from_millis(2));
    }
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("lindiff train --resume"), "{said}");
    must(&["train", "--resume", text(&stopped)]);
    assert_same(&whole, &stopped);
    // A run of 41 epochs, which are not due for an evaluation, trained on.
    let longer = folder.path("longer");
    must(&[&folder.train(&longer)[..], &["--set", "training.epochs=41"]].concat());
    must(&["train", "--resume", text(&longer), "--epochs", "300"]);
    assert_same(&whole, &longer);
    let said = refused(&["train", "--resume", text(&longer), "--epochs", "7"]);
    assert!(said.contains("has done 300 epochs"), "{said}");
}

#[test]
fn early_stopping_keeps_the_best_checkpoint_which_the_other_commands_then_use() {
    let few = MLP
        .replace("samples = 60", "samples = 10")
        .replace("epochs = 40", "epochs = 4000");
    let folder = Folder::new(&(few + "[training.early_stopping]\npatience = 2\n"));
    let root = folder.path("run");
    let done = json(&folder.train(&root));
    assert_eq!(done["stop"], "early");
    let (last, best) = (&done["last"], &done["best"]);
    assert!(best["epoch"].as_u64() < last["epoch"].as_u64());
    let evaluated = json(&["evaluate", text(&root), "--draws", "0"]);
    assert_eq!(evaluated["epoch"], best["epoch"]);
    assert_eq!(evaluated["test_loss"], best["test_loss"]);
}

#[test]
fn inspecting_shows_tensors_and_how_much_is_affine() {
    let folder = Folder::new(MLP);
    let root = folder.trained("run");
    let found = json(&["inspect", text(&root), "--member", "1"]);
    // 16-16-16-16 with a map of 32 features into both hidden layers.
    assert_eq!(found["parameters"], 3 * 17 * 16 + 2 * 32 * 16);
    assert_eq!(
        (&found["member"], &found["networks"]),
        (&1.into(), &2.into())
    );
    let tensors = found["tensors"].as_array().unwrap();
    assert!(
        tensors
            .iter()
            .all(|tensor| tensor["norm"].as_f64().unwrap() >= 0.0)
    );
    let levels = found["levels"].as_array().unwrap();
    assert_eq!(levels.len(), 10);
    for level in levels {
        let number = |name: &str| level[name].as_f64().unwrap();
        let parts = number("wiener") + number("affine_excess") + number("nonlinear");
        assert!((parts - number("test_loss")).abs() < 1e-10, "{level}");
        assert!((0.0..=1.0).contains(&number("affine_share")), "{level}");
    }
    let said = String::from_utf8(must(&["inspect", text(&root)]).stdout).unwrap();
    assert!(
        said.contains("mlp (2 layers of 16 units) at epoch 40, predicts v"),
        "{said}"
    );
    assert!(said.contains("affine share"), "{said}");
}

#[test]
fn samples_stand_beside_their_nearest_training_rows() {
    let folder = Folder::new(MLP);
    let root = folder.trained("run");
    let sample = |member: &str, name: &str| {
        let out = folder.path(name);
        let flags = [
            "--draws", "20", "--member", member, "--beside", "--image", "4", "4",
        ];
        let done = json(&[&["sample", text(&root), "--out", text(&out)][..], &flags].concat());
        assert_eq!((&done["draws"], &done["dim"]), (&20.into(), &16.into()));
        let copies = &done["copies"];
        assert!((0.0..=1.0).contains(&copies.as_f64().unwrap()));
        (fs::read(&out).unwrap(), out.with_extension("png"))
    };
    let (first, picture) = sample("0", "first.npy");
    let (second, _) = sample("1", "second.npy");
    assert!(first != second);
    assert!(first == sample("0", "again.npy").0);
    // The rows of each network are those that it was trained on.
    let directory = RunDirectory::open(&root).unwrap();
    let setup = NeuralSetup::of_run(&directory).unwrap();
    for member in 0..2 {
        let own = setup.pixels().train(member);
        let near = Neighbourhood::of_run(&directory, member).unwrap();
        let beside = near.beside(&own).unwrap();
        assert_eq!((&beside.rows, beside.copies), (&own, 1.0));
        assert_eq!(beside.distances, [0.0; 60]);
    }
    assert_eq!(image::open(&picture).unwrap().width(), 1360);
    // Two networks of one run make other samples of the same noise, and share no row.
    let twin = |member: &str| {
        let out = folder.path("twin.npy");
        let flags = [
            "--twin",
            text(&root),
            "--twin-member",
            member,
            "--overwrite",
        ];
        json(
            &[
                &["sample", text(&root), "--out", text(&out), "--draws", "20"][..],
                &flags,
            ]
            .concat(),
        )
    };
    let (same, other) = (twin("0"), twin("1"));
    assert_eq!(
        (
            &same["twin"]["distance"]["upper_quarter"],
            &same["twin"]["shared_rows"]
        ),
        (&0.0.into(), &60.into())
    );
    assert_eq!(other["twin"]["shared_rows"], 0);
    assert!(
        other["twin"]["distance"]["lower_quarter"].as_f64().unwrap() > 0.1,
        "{other}"
    );
    // A linear run has neighbours too.
    let linear = folder.path("linear");
    let kind = [
        "--set",
        "model.kind=per-step",
        "--set",
        "training.objective=exact",
    ];
    let rest = ["--set", "training.optimizer=sgd"];
    must(&[&folder.train(&linear)[..], &kind, &rest].concat());
    let out = folder.path("linear.png");
    let done = json(&["sample", text(&linear), "--out", text(&out), "--beside"]);
    assert!(done["copies"].as_f64().unwrap() < 0.1, "{done}");
    assert!(image::open(&out).unwrap().width() > 0);
}

#[test]
fn exported_networks_run_in_pytorch() {
    for experiment in [MLP.to_owned(), unet().replace("f64", "f32")] {
        let folder = Folder::new(&experiment);
        let root = folder.trained("run");
        let out = folder.path("arrays");
        must(&[
            "export",
            text(&root),
            "--out",
            text(&out),
            "--checkpoint",
            "last",
        ]);
        let device = TensorDevice::new(BackendConfig::default().precision(Precision::F32)).unwrap();
        let networks = read_networks(&out.join("networks.safetensors"), &device).unwrap();
        let trained = checkpoints(&root).pop().unwrap().join("model.safetensors");
        assert!(fs::read(trained).unwrap() == fs::read(out.join("networks.safetensors")).unwrap());
        let member = networks.members() - 1;
        let one = folder.path("one");
        let chosen = ["--member", &member.to_string(), "--checkpoint", "last"];
        must(&[&["export", text(&root), "--out", text(&one)][..], &chosen].concat());
        let alone = read_networks(&one.join("networks.safetensors"), &device).unwrap();
        assert_eq!(alone.parameters(), networks.member(member).parameters());
        if !python_has("torch, safetensors") {
            continue;
        }
        // The noise that the last network predicts in fixed points.
        let (schedule, index) = (Schedule::cosine(20).unwrap(), 7);
        let mut uniform = Uniform(5);
        let points: Vec<f64> = (0..3 * 16).map(|_| 4.0 * uniform.next() - 2.0).collect();
        let x = MatRef::from_row_major_slice(&points, 3, 16);
        let noise = networks.denoiser(member, &schedule, &device);
        let noise = noise.predicted_noise(x, index);
        let noise: Vec<f64> = noise
            .row_iter()
            .flat_map(|row| row.iter().copied())
            .collect();
        let level = schedule.step(index).level();
        let to_noise = networks.config().target.to_noise(&level);
        let (output, input) = (to_noise.output, to_noise.input);
        let log_snr = level.log_snr();
        let script = format!(
            "import torch\nfrom torch_networks import read\ntorch.set_num_threads(1)\n\
             x = torch.tensor({points:?}).reshape(3, 16)\n\
             f = read('networks.safetensors')[{member}](x, torch.full([3], {log_snr}))\n\
             noise = torch.tensor({noise:?}).reshape(3, 16)\n\
             error = (({output} * f + {input} * x - noise).abs().max() / noise.abs().max()).item()\n\
             assert error <= 1e-5, error\n"
        );
        let run = Command::new("python3")
            .args(["-c", &script])
            .current_dir(&out)
            .output()
            .unwrap();
        assert!(
            run.status.success(),
            "{}",
            String::from_utf8_lossy(&run.stderr)
        );
    }
}

#[test]
fn what_needs_an_exact_law_says_why_there_is_none() {
    let folder = Folder::new(&MLP.replace("epochs = 40", "epochs = 1"));
    let root = folder.trained("run");
    let first = text(&checkpoints(&root)[0]).to_owned();
    let (root, config) = (text(&root), text(&folder.config));
    let out = folder.path("sweep");
    for arguments in [
        vec!["compare", root, root],
        vec![
            "sweep",
            config,
            "--grid",
            "data.samples=20,40",
            "--out",
            text(&out),
        ],
    ] {
        let said = refused(&arguments);
        assert!(
            said.contains("is not linear") || said.contains("its network is not linear"),
            "{said}"
        );
        assert!(said.contains("no exact law"), "{said}");
    }
    let out = folder.path("samples.npy");
    for (arguments, reason) in [
        (
            vec!["evaluate", root, "--keep", "5"],
            "--keep needs a time-basis network",
        ),
        (
            vec!["evaluate", root, "--member", "2"],
            "the run has 2 networks, 0 to 1",
        ),
        (
            vec!["sample", root, "--member", "7", "--out", text(&out)],
            "the run has 2 networks, 0 to 1",
        ),
        (
            vec!["inspect", root, "--plot", "spectra"],
            "a linear network has learned",
        ),
        (vec!["inspect", first.as_str()], "give the run directory"),
        (
            vec!["train", config, "--init", "model.safetensors"],
            "start from their seed",
        ),
        (
            vec!["train", config, "--set", "data.samples=900"],
            "are 1800, and 1797 were read",
        ),
        (
            vec![
                "train",
                config,
                "--set",
                "model.kind=unet",
                "--set",
                "data.pool=4",
            ],
            "from 4 to 256",
        ),
    ] {
        let said = refused(&arguments);
        assert!(said.contains(reason), "{arguments:?}: {said}");
    }
}

#[test]
fn changed_rows_and_damaged_networks_are_refused() {
    let mut uniform = Uniform(9);
    let row = |u: &mut Uniform| format!("{},{},{}\n", u.next(), u.next(), u.next());
    let rows: String = (0..60).map(|_| row(&mut uniform)).collect();
    let mlp = MLP.replace("\"digits\"\npool = 2", "\"file\"\npath = \"rows.csv\"");
    let folder = Folder::new(&mlp.replace("samples = 60", "samples = 20"));
    let path = folder.path("rows.csv");
    fs::write(&path, &rows).unwrap();
    let root = folder.trained("run");
    let last = checkpoints(&root).pop().unwrap();
    let model = last.join("trained.safetensors");
    let mut altered = fs::read(&model).unwrap();
    *altered.last_mut().unwrap() ^= 1;
    fs::write(&model, &altered).unwrap();
    let out = folder.path("samples.npy");
    for arguments in [
        vec!["evaluate", text(&root)],
        vec!["sample", text(&root), "--out", text(&out)],
    ] {
        let said = refused(&arguments);
        assert!(said.contains("cut short or altered"), "{said}");
        assert!(
            said.contains("the checkpoint before it is that of epoch 36"),
            "{said}"
        );
    }
    must(&["evaluate", text(&root), "--checkpoint", "36"]);
    fs::write(&path, rows.replacen("0.", "1.", 1)).unwrap();
    let said = refused(&["train", "--resume", text(&root), "--checkpoint", "36"]);
    assert!(
        said.contains("not the data that this run was begun with"),
        "{said}"
    );
}

#[cfg(feature = "ndarray")]
#[test]
fn every_backend_has_the_same_losses_up_to_rounding() {
    for experiment in [
        MLP.replace("epochs = 40", "epochs = 8"),
        unet().replace("f64", "f32"),
    ] {
        let folder = Folder::new(&experiment.replace("epochs = 12", "epochs = 4"));
        let flex = folder.trained("flex");
        let other = folder.path("ndarray");
        must(&[&folder.train(&other)[..], &["--backend", "ndarray"]].concat());
        for (one, two) in metrics(&flex).iter().zip(metrics(&other)).skip(1) {
            for (a, b) in one.split(',').zip(two.split(',')) {
                let numbers = (a.parse::<f64>(), b.parse::<f64>());
                if let (Ok(a), Ok(b)) = numbers {
                    assert!((a - b).abs() <= 1e-4 * a.abs(), "{one} {two}");
                }
            }
        }
    }
}
