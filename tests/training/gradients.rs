//! Value and gradient made in one pass against burn's own operations on the same numbers.

use std::path::Path;

use burn::tensor::Tensor;
use burn_flex::Flex;
use lindiff::config::{Experiment, Named, Target};
use lindiff::diffusion::TimeBasis;
use lindiff::gaussian::symmetric_eigen;
use lindiff::random::{Purpose, fill_normal, stream};
use lindiff::run::Setup;
use lindiff::score::{Part, PerStep, TimeBasisNet, TwoLayer};
use lindiff::text::statistics::worst;
use lindiff::training::Objective;

fn setup(sets: &[&str]) -> Setup {
    let common = ["data.source=power-law", "sampling.draws=0"];
    let sets: Vec<String> = common.iter().chain(sets).map(|s| s.to_string()).collect();
    let loaded = Experiment::from_toml("", Path::new(""), &sets).unwrap();
    Setup::new(loaded.experiment).unwrap()
}

fn normals(count: usize, seed: u64) -> Vec<f64> {
    let mut out = vec![0.0; count];
    fill_normal(&mut stream(seed, Purpose::Projections, 0), &mut out);
    out
}

/// Weights and offsets that no descent has made.
fn part(setup: &Setup, rows: usize) -> Part {
    let (steps, dim) = (setup.schedule().len(), setup.laws().dim());
    let weight = setup
        .device()
        .tensor(normals(steps * rows * dim, 5), [steps, rows, dim]);
    let fitted = setup.experiment().data.mean.is_fitted();
    let offset = fitted.then(|| setup.device().tensor(normals(steps * dim, 6), [steps, dim]));
    Part::PerStep(PerStep::new(weight, offset, 1))
}

/// A network of every other kind, of numbers that no descent has made.
fn other_parts(setup: &Setup) -> [Part; 2] {
    const BASIS: usize = 4;
    const WIDTH: usize = 11;
    let (steps, dim, device) = (setup.schedule().len(), setup.laws().dim(), setup.device());
    let tensor =
        |shape: [usize; 3], seed| device.tensor(normals(shape.iter().product(), seed), shape);
    let offset = |rows: usize| {
        let fitted = setup.experiment().data.mean.is_fitted();
        fitted.then(|| device.tensor(normals(rows * dim, 6), [rows, dim]))
    };
    let phi = TimeBasis::new(BASIS, setup.schedule().log_snr_range()).at(setup.schedule());
    let (down, up) = (
        tensor([steps, WIDTH, dim], 8),
        tensor([steps, dim, WIDTH], 9),
    );
    let weight = tensor([BASIS, dim, dim], 7);
    [
        Part::TimeBasis(TimeBasisNet::new(weight, offset(BASIS), &phi, device)),
        Part::TwoLayer(TwoLayer::new(down, up, offset(steps), 1)),
    ]
}

/// Value and gradients of all passes of an epoch, one number after the other.
fn numbers(objective: &Objective, part: &Part) -> Vec<f64> {
    let mut numbers = Vec::new();
    let (weights, offset) = match part {
        Part::PerStep(net) => (vec![net.weight.id], &net.offset),
        Part::TimeBasis(net) => (vec![net.weight.id], &net.offset),
        Part::TwoLayer(net) => (vec![net.down.id, net.up.id], &net.offset),
    };
    for mut pass in objective.passes(3) {
        let (value, mut gradients) = pass.gradient(part, 0, 0..part.steps());
        numbers.push(value);
        for id in &weights {
            let weight: Tensor<3> = gradients.remove(*id).unwrap();
            numbers.extend(weight.into_data().iter::<f64>());
        }
        if let Some(offset) = offset {
            let offset: Tensor<2> = gradients.remove(offset.id).unwrap();
            numbers.extend(offset.into_data().iter::<f64>());
        }
    }
    numbers
}

fn assert_same(one_pass: &Objective, stock: &Objective, part: &Part, precision: &str, what: &str) {
    let (found, expected) = (numbers(one_pass, part), numbers(stock, part));
    assert_eq!(found.len(), expected.len(), "{what}");
    let size = worst(expected[1..].iter().map(|x| x.abs()));
    let rounding = if precision == "f64" { 1e-13 } else { 2e-5 };
    for (k, (a, b)) in found.iter().zip(&expected).enumerate() {
        let limit = rounding * if k == 0 { expected[0].abs() } else { size };
        assert!(
            (a - b).abs() <= limit,
            "{what}, {precision}: number {k} is {a} for {b}"
        );
    }
}

#[test]
fn for_every_objective_with_known_and_fitted_mean_with_and_without_ridge() {
    let objectives: [&[&str]; 6] = [
        &["data.samples=30"],
        // Fewer than half as many rows as dimensions.
        &["data.samples=7"],
        &["training.objective=sampled", "training.batch_size=7"],
        &["training.objective=sampled", "training.noise_draws=3"],
        &["training.objective=frozen", "training.noise_draws=2"],
        &[
            "training.objective=frozen",
            "training.batch_size=64",
            "data.samples=600",
        ],
    ];
    for objective in objectives {
        for (mean, ridge) in [("fitted", "0"), ("known", "0.3"), ("fitted", "0.02")] {
            let both = ["f32", "f64"].into_iter();
            let targets = Target::NAMES.iter().map(|(name, _)| *name);
            for (precision, target) in both.flat_map(|p| targets.clone().map(move |t| (p, t))) {
                let more = [
                    format!("model.target={target}"),
                    format!("data.mean={mean}"),
                    format!("training.ridge={ridge}"),
                    format!("training.covariance_ridge={ridge}"),
                    format!("backend.precision={precision}"),
                ];
                let base = ["data.dim=16", "data.samples=20", "schedule.steps=9"];
                let more = more.iter().map(String::as_str);
                let sets: Vec<&str> = base
                    .into_iter()
                    .chain(objective.iter().copied())
                    .chain(more)
                    .collect();
                check(&setup(&sets), precision, &sets.join(" "));
            }
        }
    }
}

#[test]
fn where_a_weight_is_more_than_one_panel() {
    for objective in ["exact", "sampled"] {
        let kind = format!("training.objective={objective}");
        let sets = [
            "data.dim=301",
            "data.samples=200",
            "schedule.steps=3",
            &kind,
            "backend.precision=f64",
        ];
        check(&setup(&sets), "f64", objective);
    }
}

fn check(setup: &Setup, precision: &str, what: &str) {
    let make = || {
        let params = setup.objective_params();
        params.on(&setup.laws().train, &setup.centred_rows())
    };
    let per_step = part(setup, setup.laws().dim());
    for part in std::iter::once(per_step).chain(other_parts(setup)) {
        let stock = make().by_stock_operations();
        assert_same(&make(), &stock, &part, precision, what);
    }
}

#[test]
fn in_the_eigenbasis() {
    for precision in ["f32", "f64"] {
        let precise = format!("backend.precision={precision}");
        for (target, _) in Target::NAMES {
            let target = format!("model.target={target}");
            let setup = setup(&[
                &target,
                "data.dim=50",
                "data.samples=20",
                "training.ridge=0.1",
                &precise,
            ]);
            let (eigenvalues, _) = symmetric_eigen(setup.laws().train.covariance.as_ref()).unwrap();
            let make = || setup.objective_params().in_eigenbasis(eigenvalues.clone());
            let part = part(&setup, 1);
            assert_same(
                &make(),
                &make().by_stock_operations(),
                &part,
                precision,
                "eigenbasis",
            );
        }
    }
}

#[test]
fn the_memory_of_a_gradient_is_used_again_once_it_is_let_go() {
    let setup = setup(&["data.dim=16", "data.samples=20", "schedule.steps=9"]);
    let params = setup.objective_params();
    let objective = params.on(&setup.laws().train, &setup.centred_rows());
    let part = part(&setup, 16);
    let Part::PerStep(block) = &part else {
        panic!("a per-step network");
    };
    let gradient = || -> Tensor<3> {
        let mut pass = objective.passes(0).remove(0);
        let (_, mut gradients) = pass.gradient(&part, 0, 0..9);
        gradients.remove(block.weight.id).unwrap()
    };
    let place = |tensor: &Tensor<3>| {
        let tensor = tensor.clone().try_into_primitive::<Flex>().unwrap();
        tensor.as_slice::<f32>().unwrap().as_ptr()
    };
    let first = gradient();
    let there = place(&first);
    // While the first is held the second must be elsewhere.
    let second = gradient();
    assert_ne!(place(&second), there);
    let there = place(&second);
    drop((first, second));
    assert_eq!(place(&gradient()), there);
}
