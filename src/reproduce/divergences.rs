//! The approach to the truth: `kl-vs-n`, `kl-universality`.

use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::finding::{Comparisons, Finding, Verdict, chart, line};
use super::lab::{Case, Lab, Study, sources as data_sources, whole};
use super::losses::but;
use crate::config::Draft;
use crate::gaussian::{Divergence, Gaussian, KlPair, kl};
use crate::report::Style;
use crate::run::{RunError, RunTheory, Setup};
use crate::sweep::mean_and_error;

/// The divergences of the Gaussian of the training set itself, which an ideal sampler generates.
fn ideal(setup: &Setup) -> Result<KlPair, RunError> {
    let train = &setup.laws().train;
    let law = Gaussian::from_covariance(train.mean.clone(), train.covariance.as_ref())?;
    Ok(kl(setup.evaluator.truth().expect("there is one"), &law))
}

fn both(pairs: &[KlPair]) -> [Vec<f64>; 2] {
    let of = |f: fn(&KlPair) -> Divergence| pairs.iter().map(|p| f(p).value()).collect();
    [of(|p| p.true_sampled), of(|p| p.sampled_true)]
}

const NAMES: [&str; 2] = ["KL(true||sampled)", "KL(sampled||true)"];

/// Both divergences against N/d.
pub(super) fn kl_vs_n(lab: &Lab<'_>) -> Result<Finding, RunError> {
    const RATIOS: [f64; 7] = [1.5, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
    let dim = lab.dim();
    let mut table = Comparisons::new(dim);
    // Of each repeat, log(N/d) and log KL(sampled||true) of the ideal sampler for N > 4d.
    let repeats = lab.repeats(6);
    let mut far: Vec<Vec<(f64, f64)>> = vec![Vec::new(); repeats];
    let mut curves = [Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for ratio in RATIOS {
        let samples = (dim as f64 * ratio).round() as usize;
        let case = lab.power_law(1.0, samples).with_all_steps();
        let study = case.study(lab, repeats, &[lab.epochs(2000)])?;
        let trained = both(&study.each(|run| run.kl(0)));
        let predicted = study.theory.at(study.setup(), &study.state(0))?;
        let predicted = [predicted.kl_true_sampled, predicted.kl_sampled_true];
        let pairs: Vec<KlPair> = study
            .runs
            .iter()
            .map(|run| ideal(&run.setup))
            .collect::<Result<_, _>>()?;
        let ensemble = study.ensemble()?;
        let (limit, exact) = (ensemble.divergences(0.0)?, ensemble.exact_wishart());
        for (k, ideal) in both(&pairs).into_iter().enumerate() {
            let predicted = predicted[k].map(Divergence::value);
            table.push(
                format!("{}, trained, T = 1000", NAMES[k]),
                ratio,
                "descent",
                &trained[k],
                predicted,
            );
            let exact = [exact.true_sampled, exact.sampled_true][k].value();
            let exact = exact.is_finite().then_some(exact);
            table.push(
                format!("{}, ideal sampler", NAMES[k]),
                ratio,
                "closed form",
                &ideal,
                exact,
            );
            if k == 1 && ratio > 4.0 {
                for (far, kl) in far.iter_mut().zip(&ideal) {
                    far.push((ratio.ln(), kl.ln()));
                }
            }
        }
        let limits = [limit.true_sampled, limit.sampled_true].map(Divergence::value);
        let exacts = [exact.true_sampled, exact.sampled_true].map(Divergence::value);
        curves[0].push((ratio, 0.25 / ratio));
        for k in 0..2 {
            curves[1 + k].push((ratio, limits[k]));
            curves[3 + k].push((ratio, exacts[k]));
        }
        (lab.tell)(&format!("kl-vs-n: N/d = {ratio}"));
    }
    let exponent = interval(
        &far.iter()
            .map(|points| exponent_of(points))
            .collect::<Vec<_>>(),
    );
    let coefficient = interval(&far.iter().map(|points| leading(points)).collect::<Vec<_>>());
    let mut series = vec![line("d/(4N)", curves[0].clone(), 6, Style::Line)];
    for k in 0..2 {
        series.extend(table.draw(
            &format!("{}, ideal sampler", NAMES[k]),
            NAMES[k],
            k,
            Style::Line,
        ));
        series.push(line("", curves[1 + k].clone(), k, Style::Dotted));
        let trained = format!("{}, trained, T = 1000", NAMES[k]);
        series.extend(table.draw(
            &trained,
            &format!("{}, trained", NAMES[k]),
            k + 2,
            Style::Dashed,
        ));
    }
    let (passed, tests, outliers) = table.agreement();
    let approaches = (exponent.0 + 1.0).abs() < 0.05 && (coefficient.0 / 0.25 - 1.0).abs() < 0.1;
    Ok(Finding {
        name: "kl-vs-n",
        claim: "For N > d the divergence of what is generated from the truth falls like d/(4N) per dimension.",
        measured: format!(
            "KL(sampled||true) of the ideal sampler for N > 4d: coefficient of d/N {:.4} [{:.4}, {:.4}], exponent {:.4} [{:.4}, \
             {:.4}] (95 %; 1/4 and -1 in the limit); {passed} of {tests} divergences agree with theory{}. Near N = d the two \
             directions part: KL(true||sampled) diverges, KL(sampled||true) does not. With finitely many steps the sampler's own \
             error is a floor.",
            coefficient.0,
            coefficient.1,
            coefficient.2,
            exponent.0,
            exponent.1,
            exponent.2,
            but(&outliers)
        ),
        verdict: Verdict::of(
            usize::from(outliers.is_empty()) + usize::from(approaches),
            2,
        ),
        test: format!(
            "{}; the exponent within 0.05 of -1 and the coefficient c of KL = c d/N + c' (d/N)^2 within 10 % of 1/4",
            table.rule()
        ),
        table,
        charts: vec![(
            "",
            chart(
                "Divergence against samples, k = 1",
                "N/d",
                "nats per dimension",
                (true, true),
                series,
            ),
        )],
        pictures: Vec::new(),
    })
}

/// The slope and the intercept of a line by least squares.
fn straight(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len() as f64;
    let x = points.iter().map(|p| p.0).sum::<f64>() / n;
    let y = points.iter().map(|p| p.1).sum::<f64>() / n;
    let along: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let slope = along / points.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>();
    (slope, y - slope * x)
}

/// p of `KL = c (N/d)^p`, from the logarithms of both.
fn exponent_of(logs: &[(f64, f64)]) -> f64 {
    straight(logs).0
}

/// c of `KL = c d/N + c' (d/N)^2`.
fn leading(logs: &[(f64, f64)]) -> f64 {
    let scaled = logs.iter().map(|(x, y)| ((-x).exp(), (x + y).exp()));
    straight(&scaled.collect::<Vec<_>>()).1
}

/// The mean with its 95 % confidence interval, Student's.
fn interval(values: &[f64]) -> (f64, f64, f64) {
    let (mean, error) = mean_and_error(values);
    let (mean, error) = (mean.unwrap_or(f64::NAN), error.unwrap_or(f64::NAN));
    let students = StudentsT::new(0.0, 1.0, values.len() as f64 - 1.0).expect("repeats");
    let half = students.inverse_cdf(0.975) * error;
    (mean, mean - half, mean + half)
}

/// The divergence times 4N/d of many spectra.
pub(super) fn kl_universality(lab: &Lab<'_>) -> Result<Finding, RunError> {
    const RATIO: f64 = 8.0;
    let dim = lab.dim();
    let mut table = Comparisons::new(dim);
    let mut sources: Vec<(String, Case, usize)> = Vec::new();
    let of_ratio = |dim: usize| (RATIO * dim as f64).round() as usize;
    for exponent in [0.0, 0.5, 1.0, 1.5, 2.0] {
        let case = lab.power_law(exponent, of_ratio(dim)).with_all_steps();
        sources.push((format!("k = {exponent}"), case, dim));
    }
    let spiked = Case::new(Draft::empty(), of_ratio(dim))
        .with("data.source", "spiked")
        .with("data.dim", whole(dim))
        .with("data.spikes", vec![20.0, 10.0, 5.0]);
    sources.push(("three spikes".to_owned(), spiked.with_all_steps(), dim));
    let mut real = Vec::new();
    for (name, draft) in data_sources(lab.data)? {
        let case = |samples| Case::new(draft.clone(), samples).with("data.min_variance", 0.01);
        let kept = case(10).setup(1, 1e-3, 1)?.laws().dim();
        let draws = case(of_ratio(kept)).with("data.draw", "gaussian");
        sources.push((
            format!("{name}, Gaussian draws"),
            draws.with_all_steps(),
            kept,
        ));
        real.push((name, case(of_ratio(kept)).with("data.draw", "rows")));
    }
    let mut scaled = Vec::new();
    for (x, (name, case, dim)) in sources.iter().enumerate() {
        let x = x + 1;
        let times = 4.0 * of_ratio(*dim) as f64 / *dim as f64;
        let repeats = lab.repeats(6);
        let study: Study = case.study(lab, repeats, &[lab.epochs(2000)])?;
        let pairs: Vec<KlPair> = study
            .runs
            .iter()
            .map(|run| ideal(&run.setup))
            .collect::<Result<_, _>>()?;
        let exact = study.ensemble()?.exact_wishart().sampled_true.value();
        let values: Vec<f64> = both(&pairs)[1].iter().map(|kl| kl * times).collect();
        scaled.push(mean_and_error(&values).0.unwrap_or(f64::NAN));
        table.push(
            format!("{name}, ideal sampler"),
            x as f64,
            "closed form",
            &values,
            Some(exact * times),
        );
        let trained: Vec<f64> = both(&study.each(|run| run.kl(0)))[1]
            .iter()
            .map(|kl| kl * times)
            .collect();
        let predicted = study
            .theory
            .at(study.setup(), &study.state(0))?
            .kl_sampled_true;
        let predicted = predicted.map(|kl| kl.value() * times);
        table.push(
            format!("{name}, trained, T = 1000"),
            x as f64,
            "descent",
            &trained,
            predicted,
        );
        (lab.tell)(&format!("kl-universality: {name}"));
    }
    let (mut told, mut coincide) = (Vec::new(), 0);
    for (index, (name, case)) in real.iter().enumerate() {
        lab.check()?;
        let scaled: Vec<Scaled> = (0..lab.repeats(6))
            .into_par_iter()
            .map(|repeat| scaled_by_rows(&case.setup(1 + repeat as u64, 1e-3, 1)?))
            .collect::<Result<_, RunError>>()?;
        let values: Vec<f64> = scaled.iter().map(|s| s.measured).collect();
        let Scaled { exact, left, .. } = scaled[0];
        let (mean, error) = mean_and_error(&values);
        table.push(
            format!("{name}, real rows"),
            (1 + sources.len() + index) as f64,
            "closed form",
            &values,
            None,
        );
        let mean = mean.unwrap_or(f64::NAN);
        coincide += usize::from((mean / (exact * left) - 1.0).abs() < SPREAD);
        told.push(format!(
            "{name}: {mean:.3} +- {:.3}, where Gaussian rows would have about {:.3}",
            error.unwrap_or(f64::NAN),
            exact * left
        ));
    }
    let spread = scaled
        .iter()
        .fold((f64::INFINITY, 0.0f64), |(a, b), x| (a.min(*x), b.max(*x)));
    let (passed, tests, outliers) = table.agreement();
    let mut series = Vec::new();
    let kinds = [
        ("ideal sampler", "ideal sampler"),
        ("trained, T = 1000", "trained, T = 1000"),
        ("real rows", "real rows"),
    ];
    for (color, (ending, name)) in kinds.into_iter().enumerate() {
        let points = table
            .rows()
            .iter()
            .filter(|r| r.series.ends_with(ending))
            .map(|r| (r.x, r.mean));
        series.push(line(name, points.collect(), color, Style::Points));
    }
    let names = sources.iter().map(|source| source.0.clone());
    let names = names.chain(real.iter().map(|(name, _)| format!("{name}, real rows")));
    let names: Vec<String> = (1..)
        .zip(names)
        .map(|(i, name)| format!("{i}: {name}"))
        .collect();
    Ok(Finding {
        name: "kl-universality",
        claim: "The approach to the truth does not depend on the spectrum: KL times 4N/d is the same for all data.",
        measured: format!(
            "At N = 8d, 4N/d KL(sampled||true) of the ideal sampler is {:.4} to {:.4} over {} spectra (1 in the limit of many \
             samples); {passed} of {tests} values agree with theory{}. Trained networks of the steepest spectra \
             lie elsewhere, as theory says: descent is slow along small variances, and the sampler's steps err there. Real \
             rows, drawn without replacement (which lowers the divergence by about 1 - N/P), are not Gaussian: {}.",
            spread.0,
            spread.1,
            scaled.len(),
            but(&outliers),
            told.join("; ")
        ),
        verdict: Verdict::of(
            usize::from(outliers.is_empty())
                + usize::from(spread.1 / spread.0 - 1.0 < SPREAD)
                + usize::from(coincide == real.len()),
            3,
        ),
        test: format!(
            "{}; all spectra of Gaussian draws within 10 % of each other; all real rows within 10 % of Gaussian ones",
            table.rule()
        ),
        table,
        charts: vec![(
            "",
            chart(
                "4N/d KL(sampled||true) at N = 8d",
                &names.join(", "),
                "4N/d KL(sampled||true)",
                (false, false),
                series,
            ),
        )],
        pictures: Vec::new(),
    })
}

/// How far apart values are that are called the same.
const SPREAD: f64 = 0.1;

/// The divergence of real rows times 4N/d.
struct Scaled {
    measured: f64,
    /// Of Gaussian rows as many.
    exact: f64,
    /// `1 - N/P`, the part of the P rows that is left over.
    left: f64,
}

fn scaled_by_rows(setup: &Setup) -> Result<Scaled, RunError> {
    let theory = RunTheory::of(setup, false)?.expect("there is a truth");
    let laws = setup.laws();
    let samples = laws.train.count as f64;
    let times = 4.0 * samples / laws.dim() as f64;
    let test = laws.test.as_ref().map_or(0, |test| test.count) as f64;
    Ok(Scaled {
        measured: ideal(setup)?.sampled_true.value() * times,
        exact: theory.ensemble()?.exact_wishart().sampled_true.value() * times,
        left: test / (samples + test),
    })
}
