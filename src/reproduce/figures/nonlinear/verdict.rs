//! The rules of the verdict: pure functions of the measured numbers.
//!
//! The sets of one split share rows, so the units are the means of splits, with Student's interval at 99.7 %. A rule says
//! nothing where its numbers were not measured.

use crate::reproduce::finding::Test;
use crate::text::statistics::{Interval, mean_and_error, worst};

use super::results::{Cell, Data, Ended, LEADING, Model, Moment, Results, distinct, split_means};

/// The probability that an interval misses.
const MISSED: f64 = 0.003;
/// T1: the largest difference from the optimum's gain.
const GAIN_MARGIN: f64 = 0.02;
/// T2: the largest relative difference of the non-linear term from `E|r|^2`.
const SQUARE_MARGIN: f64 = 0.1;
/// T3: the largest shrinkage beyond the linear network's with many rows.
const SHRINKAGE_MARGIN: f64 = 0.03;
/// T6: the least ratio of the distance at the end to its minimum.
const RETURN: f64 = 2.0;
/// T8: the most standard deviations of an estimate.
const DEVIATIONS: f64 = 3.0;
/// The noise level of T3 and T4.
const SIGMA: f64 = 1.0;
/// Few and many rows.
const FEW: usize = 50;
const MANY: usize = 800;

/// The tests whose numbers were measured. `quick` has those that a short training can pass.
pub(super) fn tests(results: &Results, quick: bool) -> Vec<Test> {
    let of_all = [t1(results), t2(results)];
    let of_full = [
        t3(results),
        t4(results),
        t5(results),
        t6(results),
        t8(results),
    ];
    let of_full = of_full.into_iter().filter(|_| !quick);
    of_all.into_iter().chain(of_full).flatten().collect()
}

/// A mean with its standard error, as text.
fn text(values: &[f64]) -> String {
    match mean_and_error(values) {
        (Some(mean), Some(error)) => format!("{mean:+.3} ± {error:.3}"),
        (Some(mean), None) => format!("{mean:+.3}"),
        _ => "not measured".to_owned(),
    }
}

/// On its training rows the affine part of a network that is trained to its end is the linear optimum.
fn t1(results: &Results) -> Option<Test> {
    let ended = results.ended.iter();
    let ended: Vec<&Ended> = ended
        .filter(|e| (e.place.data, e.place.model) == (Data::Digits, Model::Mlp))
        .collect();
    let largest = |reference: fn(&Ended) -> &[f64; LEADING]| largest_difference(&ended, reference);
    let (found, place) = largest(|e| &e.optimum)?;
    let (control, _) = largest(|e| &e.wiener)?;
    let size = |values: &[f64]| mean_and_error(values).0.unwrap_or(f64::NAN).abs();
    Some(Test::new(
        format!(
            "T1: on its training rows the MLP has the linear optimum's gains within {GAIN_MARGIN} along the four leading \
             directions up to sigma = 1 (the largest difference is {} {place}); the same test rejects Wiener's filter \
             (largest: {})",
            text(&found),
            text(&control)
        ),
        size(&found) <= GAIN_MARGIN && size(&control) > GAIN_MARGIN,
    ))
}

/// The differences by split of gains from a reference, at the place where their mean is largest.
fn largest_difference(
    ended: &[&Ended],
    reference: impl Fn(&Ended) -> &[f64; LEADING],
) -> Option<(Vec<f64>, String)> {
    let cells = distinct(ended.iter().map(|e| (e.place.samples, e.sigma)));
    let directions = cells
        .into_iter()
        .flat_map(|cell| (0..LEADING).map(move |k| (cell, k)));
    let difference = |((samples, sigma), k): ((usize, f64), usize)| {
        let here = ended
            .iter()
            .filter(|e| (e.place.samples, e.sigma) == (samples, sigma));
        let differences = here.map(|e| (e.place.split, e.gains[k] - reference(e)[k]));
        let place = format!("at N = {samples}, sigma = {sigma}, direction {}", k + 1);
        (split_means(differences), place)
    };
    let size =
        |(values, _): &(Vec<f64>, String)| mean_and_error(values).0.map_or(f64::INFINITY, f64::abs);
    directions
        .map(difference)
        .max_by(|a, b| size(a).total_cmp(&size(b)))
}

/// On Gaussian rows the non-linear term is `E|r|^2`.
fn t2(results: &Results) -> Option<Test> {
    let control = squares(results, Data::Gaussian)?;
    let digits = squares(results, Data::Digits)?;
    Some(
        Test::new(
            format!(
                "T2: on Gaussian rows the non-linear term is above 0 in {} of {} cells (N, sigma), and E|r|^2 within \
                 {:.0} % (largest difference: {:+.1} %); the same test rejects the digits, where it is above 0 in {} of {}",
                control.positive,
                control.cells,
                100.0 * SQUARE_MARGIN,
                100.0 * control.difference,
                digits.positive,
                digits.cells
            ),
            control.passes() && !digits.passes(),
        )
        .essential(),
    )
}

/// The non-linear terms of the MLP beside `E|r|^2`.
struct Squares {
    cells: usize,
    positive: usize,
    /// `nonlinear/E|r|^2 - 1` where it is largest, of the terms above two standard errors.
    difference: f64,
}

impl Squares {
    fn passes(&self) -> bool {
        self.positive == self.cells && self.difference.abs() <= SQUARE_MARGIN
    }
}

fn squares(results: &Results, data: Data) -> Option<Squares> {
    let of = (data, Model::Mlp);
    let mut found = Squares {
        cells: 0,
        positive: 0,
        difference: 0.0,
    };
    let mut differences = Vec::new();
    for samples in results.samples(data, Model::Mlp) {
        for sigma in results.sigmas() {
            let mean = |value: fn(&Cell) -> f64| {
                mean_and_error(&results.by_split(of, samples, sigma, value))
            };
            let (term, residual) = (mean(|c| c.nonlinear), mean(|c| c.residual).0?);
            // Of one network the error over its test rows.
            let error = term.1.or(mean(|c| c.nonlinear_error).0)?;
            let term = term.0?;
            found.cells += 1;
            found.positive += usize::from(term > 0.0);
            if term > 2.0 * error {
                differences.push(term / residual - 1.0);
            }
        }
    }
    let size = |a: &f64, b: &f64| a.abs().total_cmp(&b.abs());
    found.difference = differences.into_iter().max_by(size).unwrap_or(0.0);
    (found.cells > 0).then_some(found)
}

/// A number of the MLP minus that of the linear network on the same rows, by split.
fn beyond_linear(
    results: &Results,
    data: Data,
    samples: usize,
    value: fn(&Cell) -> f64,
) -> Option<Vec<f64>> {
    let of = |model| results.by_split((data, model), samples, SIGMA, value);
    let (network, linear) = (of(Model::Mlp), of(Model::Linear));
    let pairs = network.iter().zip(&linear);
    let differences: Vec<f64> = pairs.map(|(network, linear)| network - linear).collect();
    (!differences.is_empty() && network.len() == linear.len()).then_some(differences)
}

/// With few rows the network shrinks the leading directions, and not with many.
fn t3(results: &Results) -> Option<Test> {
    let beyond = |samples| beyond_linear(results, Data::Digits, samples, |c| c.shrinkage);
    let (few, many) = (beyond(FEW)?, beyond(MANY)?);
    let [low, high] = [
        Interval::of_mean(&few, MISSED).low,
        Interval::of_mean(&many, MISSED).high,
    ];
    Some(
        Test::new(
            format!(
                "T3: at sigma = {SIGMA} the MLP shrinks the four leading directions more than the linear network by {} at \
                 N = {FEW} (above 0), by {} at N = {MANY} (below {SHRINKAGE_MARGIN})",
                text(&few),
                text(&many)
            ),
            low > 0.0 && high < SHRINKAGE_MARGIN,
        )
        .essential(),
    )
}

/// The network is better than the linear one from some number of rows, on digits only.
fn t4(results: &Results) -> Option<Test> {
    let beyond = |data, samples| beyond_linear(results, data, samples, |c| c.test_loss);
    let digits = |samples| beyond(Data::Digits, samples);
    let mean = |values: &[f64]| mean_and_error(values).0.unwrap_or(f64::NAN);
    let (few, many) = (digits(FEW)?, digits(MANY)?);
    let (before, after) = (digits(100)?, digits(400)?);
    let control = results.samples(Data::Gaussian, Model::Mlp).into_iter();
    let control: Vec<Vec<f64>> = control
        .map(|samples| beyond(Data::Gaussian, samples))
        .collect::<Option<_>>()?;
    let interval = |values: &Vec<f64>| Interval::of_mean(values, MISSED);
    let worse = |values: &Vec<f64>| interval(values).low > 0.0;
    let texts: Vec<String> = control.iter().map(|values| text(values)).collect();
    Some(Test::new(
        format!(
            "T4: at sigma = {SIGMA} the MLP's test loss minus the linear network's is {} at N = {FEW} (above 0), {} at \
             N = 100, {} at N = 400, {} at N = {MANY} (below 0); on Gaussian rows it is above 0 for every N ({})",
            text(&few),
            text(&before),
            text(&after),
            text(&many),
            texts.join(", ")
        ),
        worse(&few)
            && interval(&many).high < 0.0
            && mean(&before) > 0.0
            && mean(&after) < 0.0
            && !control.is_empty()
            && control.iter().all(worse),
    ))
}

/// Networks agree less than linear ones and more than copies.
fn t5(results: &Results) -> Option<Test> {
    let of = |model: Model| {
        let digits = results
            .overlaps
            .iter()
            .filter(move |o| (o.place.data, o.place.model) == (Data::Digits, model));
        digits.map(|o| (o.place.samples, o.place.split, o.overlap))
    };
    let at = |model: Model, place: (usize, usize)| {
        let mut own = of(model).filter(|(n, split, _)| (*n, *split) == place);
        own.next().map(|(_, _, overlap)| overlap)
    };
    let mut least = f64::INFINITY;
    let (mut cells, mut ordered) = (0, 0);
    for (samples, split, network) in of(Model::Mlp) {
        let (linear, copying) = (
            at(Model::Linear, (samples, split))?,
            at(Model::Copying, (samples, split))?,
        );
        cells += 1;
        ordered += usize::from(copying < network && network < linear);
        least = least.min(linear - network).min(network - copying);
    }
    (cells > 0).then(|| {
        Test::new(
            format!(
                "T5: two MLPs of disjoint rows overlap more than two copying models and less than two linear ones in \
                 {ordered} of {cells} pairs (least gap {least:+.3})"
            ),
            ordered == cells,
        )
        .essential()
    })
}

/// A network with fewer rows than dimensions comes near to the linear one, and leaves it again.
fn t6(results: &Results) -> Option<Test> {
    let followed: Vec<&Moment> = results
        .moments
        .iter()
        .filter(|m| (m.place.data, m.place.samples) == (Data::Digits, FEW))
        .collect();
    let paths = distinct(followed.iter().map(|m| (m.place.split, m.sigma)));
    let returns: Vec<f64> = paths
        .iter()
        .map(|&path| {
            let own = followed.iter().filter(|m| (m.place.split, m.sigma) == path);
            let own: Vec<&&Moment> = own.collect();
            let steps = distinct(own.iter().map(|m| m.step));
            let at = |step: u64| {
                let here = own
                    .iter()
                    .filter(|m| m.step == step)
                    .map(|m| (0, m.distance));
                split_means(here)[0]
            };
            returned(&steps.into_iter().map(at).collect::<Vec<f64>>())
        })
        .collect();
    (!returns.is_empty()).then(|| {
        let least = -worst(returns.iter().map(|r| -r));
        Test::new(
            format!(
                "T6: with N = {FEW} < d the MLP's distance to the linear optimum has a minimum before the end of training, \
                 and ends at {RETURN} times the minimum or more, in every split, up to sigma = 1 (least: {least:.2})"
            ),
            returns.iter().all(|r| *r >= RETURN),
        )
    })
}

/// The last of some values over the least, if that is neither the first nor the last; else 0.
fn returned(values: &[f64]) -> f64 {
    let least = (0..values.len()).min_by(|&a, &b| values[a].total_cmp(&values[b]));
    match least {
        Some(least) if least > 0 && least + 1 < values.len() => {
            values[values.len() - 1] / values[least]
        }
        _ => 0.0,
    }
}

/// The affine part of a linear network tells its number of rows.
fn t8(results: &Results) -> Option<Test> {
    let within = |estimates: &[f64], samples: f64| {
        let (mean, error) = mean_and_error(estimates);
        let deviation = error.unwrap_or(f64::NAN) * (estimates.len() as f64).sqrt();
        (mean.unwrap_or(f64::NAN) - samples).abs() <= DEVIATIONS * deviation
    };
    let all = |factor: f64| {
        let mut worth = results.worth.iter();
        worth.all(|w| within(&w.estimates, factor * w.samples as f64))
    };
    let rejected = results
        .worth
        .iter()
        .filter(|w| !within(&w.estimates, 0.5 * w.samples as f64));
    let rejected = rejected.count();
    let texts = results.worth.iter().map(|w| {
        let (mean, error) = mean_and_error(&w.estimates);
        let [mean, error] = [mean, error].map(|x| x.unwrap_or(f64::NAN));
        format!(
            "{mean:.0} ± {error:.0} for {} with ridge {}",
            w.samples, w.ridge
        )
    });
    let texts: Vec<String> = texts.collect();
    (!texts.is_empty()).then(|| {
        Test::new(
            format!(
                "T8: the affine parts of linear networks tell their N within three standard deviations of one network \
                 ({}); N/2 is rejected in {rejected} of {} cases",
                texts.join(", "),
                texts.len()
            ),
            all(1.0) && rejected == texts.len(),
        )
    })
}

#[cfg(test)]
mod tests;
