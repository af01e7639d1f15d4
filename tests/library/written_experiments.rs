//! Random experiments are written out and read again; random text is never worse than refused.

use std::path::{Path, PathBuf};

use lindiff::config::*;
use proptest::prelude::*;

fn not_negative() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        0.0..10.0_f64,
        (-300.0..300.0_f64).prop_map(|x| 10_f64.powf(x))
    ]
}

fn path() -> impl Strategy<Value = PathBuf> {
    "[^\0/]{1,12}".prop_map(|name| {
        // What a path library would rewrite is no test of the writing.
        let name = if name == "." || name == ".." {
            "x".to_owned()
        } else {
            name
        };
        Path::new("/data").join(name)
    })
}

fn one_of<T: Named + std::fmt::Debug>() -> impl Strategy<Value = T> {
    proptest::sample::select(T::NAMES).prop_map(|(_, choice)| choice)
}

fn reading() -> impl Strategy<Value = Reading> {
    (one_of(), one_of(), one_of(), one_of()).prop_map(|(header, delimiter, decimal, color)| {
        Reading {
            header,
            delimiter,
            decimal,
            color,
        }
    })
}

fn real() -> impl Strategy<Value = (RealData, bool)> {
    let file = (
        path(),
        proptest::option::of("\\PC{1,5}"),
        proptest::option::of((0..50_usize, 1..50_usize)),
        proptest::option::of(0..100_usize),
        reading(),
    );
    let scale = prop_oneof![Just(Scale::Trace), Just(Scale::Columns), Just(Scale::None)];
    (
        proptest::option::of(file),
        1..9_usize,
        scale,
        not_negative(),
    )
        .prop_map(|(file, pool, scale, min_variance)| {
            let (origin, columns, group, reading) = match file {
                None => (RowsOrigin::Digits, None, None, Reading::default()),
                Some((path, array, columns, group, reading)) => {
                    // Two ranges with a gap between them.
                    let columns = columns.and_then(|(start, width)| {
                        let two = (start..start + width).chain([start + width + 1]);
                        Columns::of(two)
                    });
                    (RowsOrigin::File { path, array }, columns, group, reading)
                }
            };
            let real = RealData {
                origin,
                columns,
                group,
                pool: if reading.color == Color::Rgb { 1 } else { pool },
                reading,
                scale,
                min_variance,
            };
            let rows_only = real.group.is_some();
            (real, rows_only)
        })
}

/// Data, and whether it has a test set.
fn data() -> impl Strategy<Value = DataConfig> {
    let drawn = prop_oneof![
        (1..5000_usize, not_negative())
            .prop_map(|(dim, exponent)| Source::PowerLaw { dim, exponent }),
        (
            1..5000_usize,
            proptest::collection::vec(1e-9..100.0_f64, 0..4)
        )
            .prop_map(|(extra, spikes)| {
                Source::Spiked {
                    dim: extra + spikes.len(),
                    spikes,
                }
            }),
        path().prop_map(|path| Source::Spectrum { path }),
    ];
    let weights = prop_oneof![
        Just(RowWeights::None),
        (1.0001..1e9_f64).prop_map(|higher| RowWeights::TwoPoint { higher }),
        (1e-9..10.0_f64).prop_map(|deviation| RowWeights::LogNormal { deviation }),
        (2.0001..1e6_f64).prop_map(|degrees| RowWeights::Student { degrees }),
    ];
    let drawn = drawn.prop_map(|source| (source, Draw::Gaussian));
    let rows = (real(), any::<bool>()).prop_map(|((real, rows_only), rows)| {
        let draw = if rows || rows_only {
            Draw::Rows
        } else {
            Draw::Gaussian
        };
        (Source::Real(real), draw)
    });
    (
        prop_oneof![drawn, rows],
        proptest::option::of(1..100_000_usize),
        weights,
        one_of(),
    )
        .prop_map(|((source, draw), count, weights, mean)| {
            let samples = match (count, draw) {
                (None, Draw::Rows) => Samples::All,
                (count, _) => Samples::Count(count.unwrap_or(1)),
            };
            DataConfig {
                source,
                samples,
                draw,
                row_weights: match draw {
                    Draw::Rows => RowWeights::None,
                    Draw::Gaussian => weights,
                },
                mean,
            }
        })
}

fn schedule() -> impl Strategy<Value = ScheduleConfig> {
    // Short enough, or with betas small enough, that alpha_bar stays above 0.
    let linear =
        (1..300_usize, 1e-9..0.5_f64, 0.0..0.4_f64).prop_map(|(steps, beta_start, rise)| {
            let beta_end = beta_start + rise;
            ScheduleKind::Linear {
                steps,
                beta_start,
                beta_end,
            }
        });
    let cosine = (1..300_usize).prop_map(|steps| ScheduleKind::Cosine { steps });
    (prop_oneof![linear, cosine], 0.0..1.5_f64).prop_map(|(kind, share)| {
        let steps = match kind {
            ScheduleKind::Linear { steps, .. } | ScheduleKind::Cosine { steps } => steps,
            ScheduleKind::File { .. } => unreachable!("not made here"),
        };
        let keep = 1 + (share * steps as f64) as usize;
        let keep = (keep < steps).then_some(keep);
        ScheduleConfig { kind, keep }
    })
}

fn training() -> impl Strategy<Value = TrainingConfig> {
    let draws = || {
        (1..9_usize, proptest::option::of(1..99_usize)).prop_map(|(noise_draws, batch_size)| {
            NoiseDraws {
                noise_draws,
                batch_size,
            }
        })
    };
    let objective = prop_oneof![
        Just(Objective::Exact),
        draws().prop_map(Objective::Sampled),
        draws().prop_map(Objective::Frozen),
    ];
    let rate = || (-12.0..3.0_f64).prop_map(|x| 10_f64.powf(x));
    let optimizer = prop_oneof![
        (0.0..1.0_f64, proptest::option::of(rate())).prop_map(|(momentum, learning_rate)| {
            Optimizer::Sgd {
                momentum,
                learning_rate,
            }
        }),
        rate().prop_map(|learning_rate| Optimizer::Adam { learning_rate }),
        rate().prop_map(|learning_rate| Optimizer::AdamW { learning_rate }),
        Just(Optimizer::ClosedForm),
    ];
    let evaluate = prop_oneof![Just(Evaluate::Log), (1..99_usize).prop_map(Evaluate::Every)];
    let stopping = (1..9_usize, not_negative()).prop_map(|(patience, min_delta)| EarlyStopping {
        patience,
        min_delta,
    });
    let ridges = (not_negative(), not_negative(), not_negative());
    let basis = prop_oneof![Just(Basis::Auto), Just(Basis::Data)];
    (
        (
            objective,
            optimizer,
            any::<bool>(),
            0..1_000_000_usize,
            ridges,
        ),
        (evaluate, basis, 1..9_usize, proptest::option::of(stopping)),
    )
        .prop_map(|((objective, optimizer, cosine, epochs, ridges), rest)| {
            let (evaluate, basis, checkpoints, early_stopping) = rest;
            let lr_schedule = match optimizer {
                Optimizer::ClosedForm => RateSchedule::Constant,
                _ if cosine => RateSchedule::Cosine,
                _ => RateSchedule::Constant,
            };
            let descends = matches!(optimizer, Optimizer::Sgd { .. });
            TrainingConfig {
                objective,
                optimizer,
                lr_schedule,
                epochs,
                tau: Some(ridges.0).filter(|tau| descends && *tau > 0.0),
                weight_decay: ridges.0,
                ridge: ridges.1,
                covariance_ridge: ridges.2,
                evaluate,
                basis,
                checkpoints,
                early_stopping,
            }
        })
}

fn experiment() -> impl Strategy<Value = Experiment> {
    let sampler = prop_oneof![
        Just(SamplerKind::Ddpm(Variance::Beta)),
        Just(SamplerKind::Ddpm(Variance::Posterior)),
        Just(SamplerKind::Sde),
        Just(SamplerKind::Ode),
        Just(SamplerKind::Heun),
        Just(SamplerKind::Ddim),
    ];
    let backend = prop_oneof![Just(BackendName::Flex), Just(BackendName::NdArray)];
    let precision = prop_oneof![Just(Precision::F32), Just(Precision::F64)];
    (
        (
            "[a-z\"'\\\\é][ a-z\"'é]{0,8}[a-z\"'é]",
            0..=i64::MAX as u64,
            data(),
            schedule(),
            -9.0..9.0_f64,
        ),
        (training(), sampler, 0..99_999_usize, backend, precision),
    )
        .prop_map(|((name, seed, data, schedule, init), rest)| {
            let (mut training, kind, draws, name_of_backend, precision) = rest;
            if data.samples == Samples::All {
                training.early_stopping = None;
            }
            Experiment {
                name: name.replace('\\', "-"),
                seed,
                data,
                schedule,
                model: ModelConfig {
                    kind: ModelKind::PerStep,
                    init,
                    target: Target::Eps,
                },
                network: None,
                training,
                sampling: SamplingConfig { kind, draws },
                backend: BackendConfig {
                    name: name_of_backend,
                    precision,
                },
            }
        })
}

/// An experiment with a network that is not linear.
fn neural() -> impl Strategy<Value = Experiment> {
    let mlp = (1..999_usize, 1..65_usize);
    let mlp = mlp.prop_map(|(width, layers)| NeuralKind::Mlp { width, layers });
    let unet = (1..9_usize, proptest::option::of([1..99_usize, 1..99_usize]));
    let unet = unet.prop_map(|(eights, image)| NeuralKind::Unet {
        channels: 8 * eights,
        image,
    });
    let network = (prop_oneof![mlp, unet], one_of(), 0.0..1.0_f64, 1..9_usize);
    (experiment(), network, 1e-6..1.0_f64, 0..99_usize).prop_map(
        |(mut experiment, (kind, target, ema, ensemble), rate, batch)| {
            let stopping = experiment.training.early_stopping;
            experiment.model = ModelConfig::default();
            experiment.training = TrainingConfig {
                objective: Objective::Sampled(NoiseDraws {
                    noise_draws: 1,
                    batch_size: Some(batch).filter(|rows| *rows > 0),
                }),
                optimizer: Optimizer::adam(rate),
                early_stopping: stopping,
                ..TrainingConfig::default()
            };
            experiment.data.mean = Mean::Fitted;
            let counted = matches!(experiment.data.samples, Samples::Count(_));
            let mut grouped = false;
            if let Source::Real(real) = &mut experiment.data.source {
                real.scale = Scale::Trace;
                real.min_variance = RealData::digits().min_variance;
                grouped = real.group.is_some();
            }
            experiment.network = Some(NeuralConfig {
                kind,
                target,
                ema,
                ensemble: if counted && !grouped { ensemble } else { 1 },
            });
            experiment
        },
    )
}

fn read(text: &str) -> Result<Loaded, ConfigError> {
    Experiment::from_toml(text, Path::new("/elsewhere"), &[])
}

proptest! {
    #[test]
    fn a_resolved_file_gives_the_same_experiment_from_anywhere(experiment in experiment()) {
        let text = experiment.to_toml();
        let loaded = read(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(&loaded.experiment, &experiment.clone().check().unwrap());
        prop_assert!(loaded.notes.is_empty());
        prop_assert_eq!(loaded.experiment.to_toml(), text);
    }

    #[test]
    fn a_network_that_is_not_linear_is_written_out_and_read_again(experiment in neural()) {
        let text = experiment.to_toml();
        let loaded = Experiment::any_from_toml(&text, Path::new("/elsewhere"), &[]);
        let loaded = loaded.map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        let checked = experiment.check_neural().unwrap();
        prop_assert_eq!(&loaded.experiment, &Checked::Neural(checked));
        prop_assert!(loaded.notes.is_empty(), "{:?}", loaded.notes);
    }

    #[test]
    fn a_resolved_file_holds_every_key_that_counts(experiment in experiment()) {
        let settings = experiment.settings();
        // What has no value where it is not wanted.
        let optional = ["data.array", "data.columns", "data.group", "training.tau"];
        for key in KEYS {
            let counts = key.only.is_none_or(|only| {
                let chosen = settings.get(only.key).map(|v| v.trim_matches(['"', '\'']));
                chosen.is_some_and(|chosen| only.values.contains(&chosen))
            });
            let optional = optional.contains(&key.name) || key.name.starts_with("training.early_stopping");
            let written = settings.contains_key(key.name);
            prop_assert!(if written { counts } else { !counts || optional }, "{}", key.name);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = read(&text);
    }

    #[test]
    fn any_text_made_of_keys_and_values_is_read_or_refused_in_one_line(
        lines in proptest::collection::vec(
            (
                prop_oneof![
                    proptest::sample::select(KEYS).prop_map(|key| key.name.to_owned()),
                    "[a-z_.\"]{1,12}",
                ],
                prop_oneof![
                    "-?[0-9]{1,20}", "-?[0-9]{1,3}\\.[0-9]{1,3}", "(nan|inf|true|\\[\\]|\\{\\})",
                    "\"[a-z0-9/. -]{0,12}\"", "\\PC{0,8}",
                    proptest::sample::select(KEYS).prop_map(|key| key.default_text()),
                ],
            ),
            0..8,
        )
    ) {
        let text: String = lines.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        for text in [format!("data.source = \"digits\"\n{text}"), text] {
            if let Err(error) = read(&text) {
                prop_assert!(!error.to_string().contains('\n'), "{}", error);
            }
        }
    }

    #[test]
    fn any_setting_is_taken_or_refused(set in "\\PC{0,40}", key in proptest::sample::select(KEYS), value in "\\PC{0,12}") {
        let sets = [set, format!("{}={value}", key.name)];
        for set in sets {
            let _ = Experiment::from_toml("data.source = \"digits\"", Path::new(""), &[set]);
        }
    }
}
