//! `consistency`: do the models of two training sets agree, and are their samples copies of training rows?

use faer::Mat;
use rayon::prelude::*;

use crate::data::Rows;
use crate::gaussian::kl;
use crate::report::{Axis, Chart, Dash, Hue};
use crate::reproduce::case::Case;
use crate::reproduce::draw::{samples_between, theory_and_means};
use crate::reproduce::figure::Figure;
use crate::reproduce::finding::{Judgement, Test};
use crate::reproduce::group::Group;
use crate::reproduce::lab::{Lab, samples};
use crate::reproduce::points::{MeasuredPoints, Origin};
use crate::reproduce::study::{DescentRun, Study, ridged_training_law, training_law};
use crate::run::RunError;
use crate::sampling::{NearestRows, nearest_rows, share_of_copies};
use crate::score::{DrawOptions, draw};
use crate::text::statistics::worst;
use crate::theory::Ensemble;

const RATIOS: [f64; 6] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
/// The covariance ridge for the divergence between models. Without one it is infinite for N < d.
const RIDGE: f64 = 0.1;

/// The number of pairs of models in the quick set: in few dimensions they vary much.
const QUICK_PAIRS: usize = 300;
/// The number of pairs of models that samples are drawn from.
const DRAWN_PAIRS: usize = 8;

const OVERLAP: &str = "overlap";
const BETWEEN_MODELS: &str = "KL between models";
const TO_TRUTH: &str = "KL to the truth";
const SAME_SEED: &str = "same-seed distance";
const NEAREST_ROW: &str = "distance to the nearest training row";
const COPIES: &str = "share of copies";

pub(super) struct Consistency;

/// The models of two training sets.
type Pair<'a> = (&'a DescentRun, &'a DescentRun);

impl Figure for Consistency {
    const NAME: &'static str = "consistency";
    const CLAIM: &'static str = "With enough samples models of disjoint training sets generate the same from the same noise; with \
                                 few they differ, without copying rows.";
    const CHARTS: &'static [&'static str] = &["", "-kl"];
    /// N/d.
    type Part = f64;
    type Found = ();

    fn plan(_: &Lab<'_>) -> Result<Vec<f64>, RunError> {
        Ok(RATIOS.into())
    }

    fn label(ratio: &f64) -> String {
        format!("N/d = {ratio}")
    }

    fn measure(lab: &Lab<'_>, &ratio: &f64, points: &mut MeasuredPoints) -> Result<(), RunError> {
        let case = Case::power_law(lab.dim(), Self::NAME, 1.0, ratio);
        let pairs = if lab.quick {
            QUICK_PAIRS
        } else {
            lab.repeats()
        };
        let study = case.study(lab, 2 * pairs, &[lab.epochs(8000)])?;
        points.add_departure(study.departure);
        let regime = study.regime()?;
        let pairs: Vec<Pair> = study.runs.chunks_exact(2).map(|p| (&p[0], &p[1])).collect();
        let ensemble = study.ensemble()?;
        let half = study.theory.with_samples(samples(lab.dim(), ratio / 2.0));
        let predicted = Predicted::of(&ensemble)?;
        if ratio == RATIOS[0] {
            add_lines(&study, points)?;
        }
        let control = Predicted::of(&half.ensemble()?)?;
        for Quantity {
            series,
            measure,
            predict,
        } in QUANTITIES
        {
            let values: Result<Vec<f64>, RunError> = pairs.par_iter().map(measure).collect();
            let group = Group::new(series, regime, "half as many samples");
            let against = group.at(predict(&predicted), predict(&control));
            points.add(series, ratio, Origin::ClosedForm, &values?, against);
        }

        let pairs = &pairs[..pairs.len().min(DRAWN_PAIRS)];
        let draws = if lab.quick { 50 } else { 200 };
        let samples: Vec<(Rows, Rows)> = pairs
            .iter()
            .map(|(a, b)| (generated(a, draws), generated(b, draws)))
            .collect();
        let trace = ensemble.spectrum().trace();
        let mut drawn = |series, values: Vec<f64>| {
            points.add(series, ratio, Origin::Descent, &values, None);
        };
        let same_seed = samples.iter().map(|(a, b)| mean_squared_distance(a, b));
        drawn(
            SAME_SEED,
            same_seed.map(|square| square / (2.0 * trace)).collect(),
        );
        let nearest = pairs.iter().zip(&samples);
        let nearest: Vec<Vec<NearestRows>> = nearest
            .map(|((a, _), (of_a, _))| nearest_to(a, of_a))
            .collect();
        let distances = nearest.iter().map(|nearest| {
            let total: f64 = nearest.iter().map(|nearest| nearest.distance).sum();
            total / (nearest.len() as f64 * trace.sqrt())
        });
        drawn(NEAREST_ROW, distances.collect());
        drawn(
            COPIES,
            nearest
                .iter()
                .map(|nearest| share_of_copies(nearest))
                .collect(),
        );
        Ok(())
    }

    fn judge(_: &[(f64, ())], points: &MeasuredPoints) -> Judgement {
        let means = |series| -> Vec<f64> { points.means(series).iter().map(|p| p.1).collect() };
        let overlaps = means(OVERLAP);
        let copies = means(COPIES);
        let grows = overlaps.windows(2).all(|pair| pair[0] < pair[1]);
        let few_copies = copies.iter().all(|share| *share < 0.01);
        let most = worst(copies);
        Judgement {
            measured: format!(
                "The overlap grows from {:.3} at N = d/4 to {:.3} at N = 8d; at most {:.1} % of samples are nearer than a third \
                 of the second nearest row to a training row.",
                overlaps[0],
                overlaps[overlaps.len() - 1],
                100.0 * most,
            ),
            tests: vec![
                Test::new("the overlap grows with N", grows),
                Test::new("less than 1 % of samples are copies", few_copies),
            ],
        }
    }

    fn draw(_: &[(f64, ())], points: &MeasuredPoints) -> Vec<Chart> {
        let agreement = [
            points.draw(OVERLAP, "overlap q", Hue::Blue, Dash::Solid),
            points.draw(SAME_SEED, "same-seed distance", Hue::Red, Dash::Solid),
            points.draw(NEAREST_ROW, "nearest training row", Hue::Green, Dash::Solid),
        ];
        let divergences = [
            points.draw(BETWEEN_MODELS, "between two models", Hue::Blue, Dash::Solid),
            points.draw(TO_TRUTH, "to the truth", Hue::Red, Dash::Solid),
        ];
        vec![
            theory_and_means(
                "Agreement of two models, k = 1",
                Axis::log("N/d"),
                Axis::linear("overlap; squared distance over 2 tr Sigma; distance over its root"),
            )
            .with_all(agreement),
            theory_and_means(
                "Divergences with covariance ridge 0.1",
                Axis::log("N/d"),
                Axis::log("nats per dimension"),
            )
            .with_all(divergences),
        ]
    }
}

/// A quantity of two models that theory predicts.
struct Quantity {
    series: &'static str,
    measure: fn(&Pair<'_>) -> Result<f64, RunError>,
    predict: fn(&Predicted) -> f64,
}

const QUANTITIES: [Quantity; 3] = [
    Quantity {
        series: OVERLAP,
        measure: overlap,
        predict: |theory| theory.overlap,
    },
    Quantity {
        series: BETWEEN_MODELS,
        measure: kl_between_models,
        predict: |theory| theory.between_models,
    },
    Quantity {
        series: TO_TRUTH,
        measure: kl_to_truth,
        predict: |theory| theory.to_truth,
    },
];

/// Adds theory between the measured numbers of samples.
fn add_lines(study: &Study, points: &mut MeasuredPoints) -> Result<(), RunError> {
    let dim = study.ensemble()?.dim();
    for samples in samples_between(dim, &RATIOS, 8) {
        let predicted = Predicted::of(&study.theory.with_samples(samples).ensemble()?)?;
        for quantity in QUANTITIES {
            let y = (quantity.predict)(&predicted);
            points.add_theory(quantity.series, samples as f64 / dim as f64, y);
        }
    }
    Ok(())
}

/// The predictions for two models, and for one and the truth.
struct Predicted {
    overlap: f64,
    between_models: f64,
    to_truth: f64,
}

impl Predicted {
    fn of(ensemble: &Ensemble<'_>) -> Result<Self, RunError> {
        Ok(Self {
            overlap: ensemble.overlap()?,
            between_models: ensemble.kl_between_models(RIDGE)?.value(),
            to_truth: ensemble
                .expected_divergences(RIDGE)?
                .kl
                .true_sampled
                .value(),
        })
    }
}

/// `tr Sigma_A^(1/2) Sigma_B^(1/2) / tr Sigma`: the overlap of the samples of both ideal samplers, started from the
/// same noise.
fn overlap((a, b): &Pair<'_>) -> Result<f64, RunError> {
    let root = |run: &DescentRun| -> Result<Mat<f64>, RunError> {
        let law = training_law(&run.setup)?;
        let (basis, dim) = (law.basis(), law.dim());
        let scaled = Mat::from_fn(dim, dim, |i, k| {
            basis[(i, k)] * law.variance(k).max(0.0).sqrt()
        });
        Ok(scaled * basis.transpose())
    };
    let (first, second) = (root(a)?, root(b)?);
    let common: f64 = (0..first.ncols())
        .map(|j| first.col(j).transpose() * second.col(j))
        .sum();
    Ok(common / a.truth().trace())
}

fn kl_between_models((a, b): &Pair<'_>) -> Result<f64, RunError> {
    let law = |run: &DescentRun| ridged_training_law(&run.setup, RIDGE);
    Ok(kl(&law(a)?, &law(b)?).true_sampled.value())
}

fn kl_to_truth((a, _): &Pair<'_>) -> Result<f64, RunError> {
    let law = ridged_training_law(&a.setup, RIDGE)?;
    Ok(kl(a.truth(), &law).true_sampled.value())
}

/// The samples that a trained network generates from the noise of one seed.
fn generated(run: &DescentRun, draws: usize) -> Rows {
    let options = DrawOptions { draws, seed: 1 };
    let device = run.setup.device().inner();
    let rules = run.setup.evaluator().rules();
    draw(rules, &run.denoisers[0], options, &device, |_, _| {})
}

/// The mean squared distance between rows of the same index.
fn mean_squared_distance(a: &Rows, b: &Rows) -> f64 {
    let pairs = a.values().iter().zip(b.values());
    let squares = pairs.map(|(x, y)| (x - y).powi(2));
    squares.sum::<f64>() / a.count() as f64
}

/// The nearest training rows of samples.
fn nearest_to(run: &DescentRun, samples: &Rows) -> Vec<NearestRows> {
    let rows = run.setup.dataset().train_rows.rows().expect("drawn rows");
    nearest_rows(samples.as_matrix(), rows.as_matrix())
}
