//! The lens: against closed forms, the values of docs/theory.md, and the edges of known spectra.

use approx::assert_relative_eq;
use lindiff::config::{SamplerKind, Target, Variance};
use lindiff::diffusion::Schedule;
use lindiff::gaussian::Spectrum;
use lindiff::gaussian::{Divergence, Infinite};
use lindiff::sampling::rules;
use lindiff::text::statistics::worst;
use lindiff::theory::{
    Descent, Ensemble, Estimated, Lens, Mean, Network, Progress, TheoryError, TrainedModel,
    Weighting, refined,
};

use crate::shared::{level, one_step, power_law};

#[track_caller]
fn shown(got: f64, wanted: &str) {
    let digits = wanted.split('.').nth(1).map_or(0, str::len);
    let half = 0.5000001 * 10f64.powi(-(digits as i32));
    let value: f64 = wanted.parse().unwrap();
    assert!((got - value).abs() <= half, "{got} is not {wanted}");
}

/// Below, at, just above and far above N = d, with a known and a fitted mean.
fn ensembles(spectrum: &Spectrum) -> Vec<Ensemble<'_>> {
    let dim = spectrum.dim();
    let mut all = Vec::new();
    for samples in [dim / 4, dim - 1, dim, dim + 1, 2 * dim, 50 * dim] {
        for mean in [Mean::Known, Mean::Fitted] {
            all.push(Ensemble::new(spectrum, samples, mean).unwrap());
        }
    }
    all
}

#[test]
fn traces_of_one_and_of_the_covariance_are_those_of_the_truth() {
    for exponent in [0.0, 1.0, 2.0] {
        let spectrum = power_law(100, exponent);
        let inverse = spectrum.eigenvalues().iter().map(|l| 1.0 / l).sum::<f64>() / 100.0;
        for ensemble in ensembles(&spectrum) {
            let compute = |lens: &Lens| {
                let one = lens.map(|_| 1.0.into(), 1.0);
                let s = lens.map(|s| s, 0.0);
                let traces = [
                    lens.trace(Weighting::Plain, &one),
                    lens.trace(Weighting::Sigma, &one),
                    lens.trace(Weighting::Plain, &s),
                    lens.trace(Weighting::Inverse, &s),
                ];
                let third = lens.trace(Weighting::Inverse, &one);
                let errors = traces.iter().map(|t| t.error);
                let error = worst(errors.chain([third.error / inverse]));
                let value = (traces.map(|t| t.value), third.value);
                Ok(Estimated { value, error })
            };
            let (found, _) = refined(&ensemble, compute).unwrap();
            assert!(
                found.error < 1e-9,
                "{} {} {}",
                exponent,
                ensemble.samples(),
                found.error
            );
            let ([one, sigma, plain, ratio], third) = found.value;
            for (got, wanted) in [
                (one, 1.0),
                (sigma, 1.0),
                (plain, ensemble.shrink()),
                (ratio, ensemble.shrink()),
            ] {
                assert!(
                    (got - wanted).abs() < 1e-9,
                    "{got} {wanted} {}",
                    ensemble.samples()
                );
            }
            assert_relative_eq!(third, inverse, max_relative = 1e-9);
        }
    }
}

#[test]
fn converged_losses_on_the_lens_are_those_in_closed_form() {
    for exponent in [0.0, 1.0, 2.0] {
        let spectrum = power_law(100, exponent);
        for ensemble in ensembles(&spectrum) {
            for (alpha_bar, gamma) in [(0.5, 0.0), (0.95, 0.0), (0.95, 0.1)] {
                let model = one_step(level(alpha_bar), gamma, Progress::Converged);
                let (found, _) = refined(&ensemble, |lens| model.losses(&ensemble, lens)).unwrap();
                let wanted = ensemble.losses(&level(alpha_bar), gamma).unwrap();
                let close = |a: f64, b: f64| {
                    assert!(
                        (a - b).abs() < 1e-9 * (1.0 + b),
                        "{a} {b} {} {exponent}",
                        ensemble.samples()
                    )
                };
                close(found.value.train_loss, wanted.train_loss);
                close(found.value.test_loss, wanted.test_loss);
            }
        }
    }
}

#[test]
fn training_for_a_finite_time_gives_the_values_that_were_computed_for_it() {
    let spectrum = power_law(200, 1.0);
    let at = |samples, model: &TrainedModel| {
        let ensemble = Ensemble::new(&spectrum, samples, Mean::Known).unwrap();
        refined(&ensemble, |lens| model.losses(&ensemble, lens))
            .unwrap()
            .0
    };
    let few = at(50, &one_step(level(0.95), 0.0, Progress::Flow(3.0)));
    shown(few.value.train_loss, "0.653642");
    shown(few.value.test_loss, "1.151677");
    let many = at(400, &one_step(level(0.95), 0.05, Progress::Flow(10.0)));
    shown(many.value.train_loss, "0.819645");
    shown(many.value.test_loss, "0.925306");
    // Descent in small steps follows the flow, in whole numbers of them.
    let descent = at(
        50,
        &one_step(
            level(0.95),
            0.0,
            Progress::Descent(Descent::plain(vec![(1e-4, 15_000), (5e-5, 30_000)])),
        ),
    );
    assert_relative_eq!(
        descent.value.train_loss,
        few.value.train_loss,
        max_relative = 1e-3
    );
    assert_relative_eq!(
        descent.value.test_loss,
        few.value.test_loss,
        max_relative = 1e-3
    );
    // Before training the denoiser is 0; after very long it is the optimum.
    let before = at(50, &one_step(level(0.95), 0.0, Progress::Flow(0.0)));
    assert_relative_eq!(before.value.test_loss, 1.0, epsilon = 1e-9);
    let after = at(50, &one_step(level(0.95), 0.0, Progress::Flow(1e4)));
    let ensemble = Ensemble::new(&spectrum, 50, Mean::Known).unwrap();
    assert_relative_eq!(
        after.value.test_loss,
        ensemble.losses(&level(0.95), 0.0).unwrap().test_loss,
        max_relative = 1e-8
    );
}

#[test]
fn a_sampler_of_finitely_many_steps_gives_the_values_that_were_computed_for_it() {
    let spectrum = power_law(200, 1.0);
    let ensemble = Ensemble::new(&spectrum, 400, Mean::Known).unwrap();
    let schedule = Schedule::linear(500, 2e-4, 2e-2).unwrap();
    let rules = rules(SamplerKind::Ddpm(Variance::Beta), &schedule);
    let model = TrainedModel {
        steps: schedule.iter().map(|step| (step.level(), 0.0)).collect(),
        target: Target::Eps,
        network: Network::PerStep { init: 0.0 },
        progress: Progress::Converged,
    };
    let (found, _) = refined(&ensemble, |lens| model.divergences(&ensemble, lens, &rules)).unwrap();
    shown(found.value.true_sampled.value(), "0.34201");
    shown(found.value.sampled_true.value(), "0.15237");
    assert!(found.error < 1e-9);
}

#[test]
fn finer_steps_tend_to_what_the_ideal_sampler_generates() {
    let spectrum = power_law(100, 0.5);
    for (samples, mean) in [(30, Mean::Known), (30, Mean::Fitted), (300, Mean::Fitted)] {
        let ensemble = Ensemble::new(&spectrum, samples, mean).unwrap();
        let lens = Lens::new(&ensemble, 400).unwrap();
        let with_steps = |kind, finer: usize| {
            let fine = finer as f64;
            let schedule = Schedule::linear(1000 * finer, 8e-6 / fine, 4e-2 / fine).unwrap();
            let steps = schedule
                .iter()
                .map(|step| (step.level(), step.alpha_bar * 0.1));
            let model = TrainedModel {
                steps: steps.collect(),
                target: Target::Eps,
                network: Network::PerStep { init: 0.0 },
                progress: Progress::Converged,
            };
            let found = model
                .divergences(&ensemble, &lens, &rules(kind, &schedule))
                .unwrap()
                .value;
            [found.true_sampled, found.sampled_true, found.of_mean].map(|d| d.value())
        };
        let ideal = ensemble.divergences(0.1).unwrap();
        let ideal = [ideal.true_sampled, ideal.sampled_true, ideal.of_mean].map(|d| d.value());
        for (kind, order) in [
            (SamplerKind::Ddpm(Variance::Posterior), 1),
            (SamplerKind::Sde, 1),
            (SamplerKind::Ode, 1),
            (SamplerKind::Heun, 2),
        ] {
            let (coarse, fine) = (with_steps(kind, 1), with_steps(kind, 4));
            let gain = 4f64.powi(order);
            for k in 0..3 {
                // Richardson's extrapolation to infinitely small steps.
                let limit = fine[k] + (fine[k] - coarse[k]) / (gain - 1.0);
                assert!(
                    (limit - ideal[k]).abs() <= 3e-3 * ideal[k],
                    "{kind:?} {samples} {k}: {coarse:?} {fine:?} {ideal:?}"
                );
            }
        }
    }
}

#[test]
fn without_data_a_direction_makes_the_divergence_infinite_unless_stopped_or_ridged() {
    let spectrum = power_law(60, 1.0);
    let ensemble = Ensemble::new(&spectrum, 20, Mean::Fitted).unwrap();
    let schedule = Schedule::linear(100, 1e-3, 0.1).unwrap();
    let rules = rules(SamplerKind::Ddpm(Variance::Beta), &schedule);
    let model = |gamma: f64, progress| TrainedModel {
        steps: schedule.iter().map(|step| (step.level(), gamma)).collect(),
        target: Target::Eps,
        network: Network::PerStep { init: 0.0 },
        progress,
    };
    let lens = Lens::new(&ensemble, 400).unwrap();
    let of = |model: &TrainedModel| model.divergences(&ensemble, &lens, &rules).unwrap().value;
    let reason = Infinite::SampledLacks { directions: 41 };
    assert_eq!(
        of(&model(0.0, Progress::Converged)).true_sampled,
        Divergence::Infinite(reason)
    );
    assert!(
        of(&model(0.0, Progress::Flow(3.0)))
            .true_sampled
            .value()
            .is_finite()
    );
    assert!(
        of(&model(0.01, Progress::Converged))
            .sampled_true
            .value()
            .is_finite()
    );
}

#[test]
fn descent_that_is_unstable_at_the_edge_is_refused_with_the_bound() {
    let spectrum = power_law(200, 1.0);
    let ensemble = Ensemble::new(&spectrum, 50, Mean::Known).unwrap();
    let lens = Lens::new(&ensemble, 200).unwrap();
    let model = one_step(
        level(0.99),
        0.0,
        Progress::Descent(Descent::plain(vec![(0.03, 10)])),
    );
    let error = model.losses(&ensemble, &lens).unwrap_err();
    assert!(
        matches!(error, TheoryError::RateAboveContour { .. }),
        "{error}"
    );
}

#[test]
fn the_edges_of_the_spectrum_are_those_known() {
    let spectrum = power_law(200, 1.0);
    let ensemble = Ensemble::new(&spectrum, 50, Mean::Known).unwrap();
    shown(ensemble.spectral_edges().1, "48.2");
    // White data with d/N = 4: a bulk from 1 to 9 and three of four eigenvalues 0.
    let white = power_law(400, 0.0);
    let ensemble = Ensemble::new(&white, 100, Mean::Known).unwrap();
    let (atom, edge) = ensemble.spectral_edges();
    assert_eq!(atom, 0.75);
    assert_relative_eq!(edge, 9.0, max_relative = 1e-6);
    let points: Vec<f64> = (0..2000).map(|i| 0.0025 + f64::from(i) * 0.005).collect();
    let density = ensemble.spectral_density(&points).unwrap();
    let total: f64 = density.iter().sum::<f64>() * 0.005;
    assert_relative_eq!(total, 0.25, max_relative = 1e-3);
    for (s, value) in points.iter().zip(&density) {
        // N/d of the density of the nonzero eigenvalues: sqrt((9 - s)(s - 1))/(2 pi s) / 4
        let inside = ((9.0 - s) * (s - 1.0)).max(0.0).sqrt();
        let wanted = inside / (8.0 * std::f64::consts::PI * s);
        assert!(
            (value - wanted).abs() < 2e-5 + 1e-3 * wanted,
            "{s}: {value} {wanted}"
        );
    }
}

#[test]
fn extreme_spectra_and_numbers_of_samples_are_integrated_or_say_how_far_they_came() {
    let mut deficient = vec![2.0; 30];
    deficient.resize(50, 0.0);
    let one = Spectrum::from_eigenvalues(vec![3.0]).unwrap();
    let deficient = Spectrum::from_eigenvalues(deficient).unwrap();
    let (steep, wide) = (power_law(100, 4.0), power_law(3000, 1.0));
    for (spectrum, samples) in [
        (&one, 1),
        (&one, 2),
        (&one, 1_000_000_000),
        (&deficient, 20),
        (&deficient, 30),
        (&deficient, 60),
        (&steep, 2),
        (&steep, 50),
        (&steep, 100),
        (&steep, 200),
        (&steep, 1_000_000_000),
        (&wide, 1500),
    ] {
        let ensemble = Ensemble::new(spectrum, samples, Mean::Known).unwrap();
        for (alpha_bar, gamma) in [(0.5, 0.0), (0.999, 0.001)] {
            let model = one_step(level(alpha_bar), gamma, Progress::Converged);
            let (found, _) = refined(&ensemble, |lens| model.losses(&ensemble, lens)).unwrap();
            let wanted = ensemble.losses(&level(alpha_bar), gamma).unwrap();
            let allowed = 1e-8 * (1.0 + wanted.test_loss) + found.error;
            let context = format!(
                "d {}, N {samples}, {alpha_bar}: {found:?} {wanted:?}",
                spectrum.dim()
            );
            assert!(
                (found.value.train_loss - wanted.train_loss).abs() <= allowed,
                "{context}"
            );
            assert!(
                (found.value.test_loss - wanted.test_loss).abs() <= allowed,
                "{context}"
            );
            assert!(found.error < 1e-6, "{context}");
        }
    }
}
