//! Each optimiser's steps against hand formulas and against burn's own.

use burn::optim::{AdamConfig, AdamWConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::Tensor;
use lindiff::config::{BackendConfig, BackendName, Mean, Precision};
use lindiff::score::{PerStep, PerStepConfig, TensorDevice};
use lindiff::training::optimizer::{Adam, Sgd};

fn device(precision: Precision) -> TensorDevice {
    let config = BackendConfig {
        name: BackendName::Flex,
        precision,
    };
    TensorDevice::new(config).unwrap().autodiff()
}

fn module(device: &TensorDevice) -> PerStep {
    let config = PerStepConfig {
        steps: 2,
        dim: 3,
        init: 0.5,
        mean: Mean::Fitted,
        diagonal: false,
        first_id: 1,
    };
    config.init(device)
}

/// The weight, number 0 and number 1 (on the diagonal and off it), and offset 0, after `steps` steps on a loss
/// whose gradient is `slope` everywhere.
fn after(
    mut optimizer: ModuleOptimizer,
    precision: Precision,
    slope: f64,
    steps: usize,
    rate: f64,
) -> [f64; 3] {
    let mut module = module(&device(precision));
    for _ in 0..steps {
        let loss =
            module.weight.val().sum() * slope + module.offset.as_ref().unwrap().val().sum() * slope;
        let gradients = GradientsParams::from_grads(loss.backward(), &module);
        module = optimizer.step(rate, module, gradients);
    }
    let all = |tensor: Tensor<1>| tensor.into_data().iter::<f64>().collect::<Vec<f64>>();
    let weight = all(module.weight.val().inner().reshape([18]));
    let offset = all(module.offset.unwrap().val().inner().reshape([6]));
    [weight[0], weight[1], offset[0]]
}

fn close(got: [f64; 3], expected: [f64; 3], tolerance: f64) {
    for (g, e) in got.iter().zip(expected) {
        assert!((g - e).abs() <= tolerance, "{got:?} for {expected:?}");
    }
}

#[test]
fn sgd_with_coupled_decay_takes_the_step_of_its_formula_and_never_decays_the_offset() {
    for slope in [0.0, 0.3] {
        let got = after(Sgd::new(0.0, 0.1).into(), Precision::F64, slope, 1, 0.2);
        let step = |w: f64| w - 0.2 * (slope + 0.1 * w);
        close(got, [step(0.5), step(0.0), -0.2 * slope], 1e-15);
    }
}

#[test]
fn momentum_has_no_dampening() {
    let got = after(Sgd::new(0.9, 0.0).into(), Precision::F64, 1.0, 3, 0.1);
    // v = 1, 1.9, 2.71
    let moved = 0.1 * (1.0 + 1.9 + 2.71);
    close(got, [0.5 - moved, -moved, -moved], 1e-14);
}

#[test]
fn adam_couples_its_decay_and_adamw_does_not() {
    let rate = 0.01;
    let epsilon = 1e-8;
    // The first step of Adam on a gradient g is lr g/(|g| + eps), whatever the betas.
    let first = |g: f64| rate * g / (g.abs() + epsilon);
    for slope in [0.0, 0.3] {
        let adam = after(Adam::coupled(0.1).into(), Precision::F64, slope, 1, rate);
        let coupled = |w: f64| w - first(slope + 0.1 * w);
        close(adam, [coupled(0.5), coupled(0.0), -first(slope)], 1e-12);
        let adamw = after(Adam::decoupled(0.1).into(), Precision::F64, slope, 1, rate);
        let decoupled = |w: f64| w * (1.0 - rate * 0.1) - first(slope);
        close(
            adamw,
            [decoupled(0.5), decoupled(0.0), -first(slope)],
            1e-12,
        );
    }
}

#[test]
fn they_agree_with_burns_own_in_f32() {
    let f32 = Precision::F32;
    let adam = AdamConfig::new().with_epsilon(1e-8).init();
    let adamw = AdamWConfig::new()
        .with_epsilon(1e-8)
        .with_weight_decay(0.0)
        .init();
    let pairs: [(ModuleOptimizer, ModuleOptimizer); 3] = [
        (Sgd::new(0.0, 0.0).into(), SgdConfig::new().init()),
        (Adam::coupled(0.0).into(), adam),
        (Adam::decoupled(0.0).into(), adamw),
    ];
    for (ours, burns) in pairs {
        let expected = after(burns, f32, 0.3, 20, 0.01);
        close(after(ours, f32, 0.3, 20, 0.01), expected, 2e-6);
    }
}

#[test]
fn a_record_in_f64_brings_back_every_bit() {
    for make in [
        (|| Sgd::new(0.9, 0.1).into()) as fn() -> ModuleOptimizer,
        || Adam::coupled(0.1).into(),
        || Adam::decoupled(0.1).into(),
    ] {
        let device = device(Precision::F64);
        let step = |optimizer: &mut ModuleOptimizer, module: PerStep| {
            let loss = module.weight.val().powi_scalar(2).sum()
                + module.offset.as_ref().unwrap().val().exp().sum();
            let gradients = GradientsParams::from_grads(loss.backward(), &module);
            optimizer.step(0.01, module, gradients)
        };
        let mut optimizer = make();
        let module = step(&mut optimizer, module(&device));
        let module = step(&mut optimizer, module);
        let bytes = optimizer.into_bytes().unwrap();
        let mut restored = make().from_bytes(bytes).unwrap();
        let one = step(&mut optimizer, module.clone());
        let two = step(&mut restored, module);
        let bits = |m: PerStep| m.weight.val().inner().into_data().as_bytes().to_vec();
        assert_eq!(bits(one), bits(two));
    }
}

#[test]
fn a_step_changes_its_tensor_in_place() {
    let mut optimizer: ModuleOptimizer = Adam::coupled(0.0).into();
    let device = device(Precision::F32);
    let mut module = module(&device);
    // A pointer seen through a copy says nothing; so the memory is looked at through the optimiser's own route:
    // with the tensor unique, its data are moved out, not copied.
    for _ in 0..2 {
        let loss = module.weight.val().sum();
        let gradients = GradientsParams::from_grads(loss.backward(), &module);
        module = optimizer.step(0.01, module, gradients);
    }
    let tensor = module.weight.clone().into_value().inner();
    drop(module);
    let mut data = tensor.into_data();
    let before = data.as_bytes().as_ptr();
    data.as_mut_slice::<f32>().unwrap()[0] = 1.0;
    let tensor: Tensor<3> = device.inner().tensor_of(data);
    let after = tensor.into_data();
    assert_eq!(before, after.as_bytes().as_ptr());
}
