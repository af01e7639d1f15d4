//! Do measurements agree with theory? Their pooled relative difference, its interval, and a test that could fail.

use serde::Serialize;

use super::group::Group;
use super::verdict::Verdict;
use crate::text::statistics::{FAMILY_WISE, Interval};

/// The probability that an interval misses its expectation.
const MISSED: f64 = 0.05;

/// A point: the measurements of all repeats beside the prediction and the control.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The group.
    pub group: Group,
    /// The series of the figure.
    pub series: String,
    /// The place on the x axis.
    pub x: f64,
    /// The measurements by repeat.
    pub measured: Vec<f64>,
    /// The prediction.
    pub predicted: f64,
    /// The wrong prediction.
    pub control: f64,
}

impl Compared {
    /// `m/p - 1` by repeat
    fn differences(&self, prediction: f64) -> Vec<f64> {
        self.measured.iter().map(|m| m / prediction - 1.0).collect()
    }

    /// The point in words, if its mean is outside the margin at [`FAMILY_WISE`] over all tests.
    fn outlier(&self, tests: usize) -> Option<String> {
        let probability = FAMILY_WISE / tests as f64;
        let found = Interval::of_mean(&self.differences(self.predicted), probability);
        let Group {
            margin, quantity, ..
        } = &self.group;
        let reaches = found.low < *margin && found.high > -margin;
        (!reaches).then(|| {
            let (series, x, off) = (&self.series, self.x, 100.0 * found.mean);
            format!("{quantity} of {series} at {x:.4}: {off:+.1} %")
        })
    }
}

/// The result of a group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupResult {
    /// What was pooled.
    #[serde(flatten)]
    pub group: Group,
    /// The number of points.
    pub points: usize,
    /// The number of repeats of each.
    pub repeats: usize,
    /// b of `measured = (1 + b) predicted`, with its 95 % interval.
    pub slope: Interval,
    /// b of the control.
    pub control_slope: Interval,
    /// Whether the predictions hold. They do not where the test cannot reject the control.
    pub verdict: Verdict,
}

impl GroupResult {
    fn of(points: &[&Compared]) -> Self {
        let group = points[0].group.clone();
        let margin = group.margin;
        let slope = pooled(points, |point| point.predicted);
        let control_slope = pooled(points, |point| point.control);
        let rejects = control_slope.mean.is_finite()
            && equivalence(&control_slope, margin) == Verdict::DoesNotHold;
        let verdict = match equivalence(&slope, margin) {
            Verdict::Holds if !rejects => Verdict::CannotTell,
            verdict => verdict,
        };
        Self {
            points: points.len(),
            repeats: points[0].measured.len(),
            group,
            slope,
            control_slope,
            verdict,
        }
    }

    /// A text such as `test loss, N < d: b = 0.31 [-0.12, 0.74] %`.
    fn text(&self) -> String {
        format!(
            "{}, {}: b = {} %, {}",
            self.group.quantity,
            self.group.regime.text(),
            percent(&self.slope),
            self.verdict.text()
        )
    }
}

/// An interval in per cent.
pub(super) fn percent(interval: &Interval) -> String {
    let [mean, low, high] = [interval.mean, interval.low, interval.high].map(|x| 100.0 * x);
    format!("{mean:+.2} [{low:+.2}, {high:+.2}]")
}

/// Whether an interval of b lies inside the margin.
fn equivalence(slope: &Interval, margin: f64) -> Verdict {
    if slope.is_between(-margin, margin) {
        Verdict::Holds
    } else if slope.low <= margin && slope.high >= -margin {
        Verdict::CannotTell
    } else {
        // The interval excludes the margin, or is not a number.
        Verdict::DoesNotHold
    }
}

/// b of points, with its interval over the repeats.
fn pooled(points: &[&Compared], prediction: impl Fn(&Compared) -> f64) -> Interval {
    let differences: Vec<Vec<f64>> = points
        .iter()
        .map(|point| point.differences(prediction(point)))
        .collect();
    let floor = points[0].group.margin.powi(2);
    let slope = |repeat: usize| {
        let (mut total, mut weights) = (0.0, 0.0);
        for values in &differences {
            let weight = 1.0 / (variance_without(values, repeat) + floor);
            total += weight * values[repeat];
            weights += weight;
        }
        total / weights
    };
    let slopes: Vec<f64> = (0..differences[0].len()).map(slope).collect();
    Interval::of_mean(&slopes, MISSED)
}

/// The unbiased variance of all values but one; 0 if only one other is left.
fn variance_without(values: &[f64], left_out: usize) -> f64 {
    let others = || {
        let kept = values.iter().enumerate().filter(|(i, _)| *i != left_out);
        kept.map(|(_, value)| value)
    };
    let count = values.len() as f64 - 1.0;
    let mean = others().sum::<f64>() / count;
    let squares: f64 = others().map(|x| (x - mean).powi(2)).sum();
    if count < 2.0 {
        0.0
    } else {
        squares / (count - 1.0)
    }
}

/// How measurements agree with theory.
///
/// Points of one quantity in one regime are pooled. With measurements m, predictions p and points i, each repeat r of
/// the training sets has the slope b of `measured = (1 + b) predicted`, by weighted least squares through the origin:
///
/// ```text
/// b_r = sum_i w_i (m_ir / p_i - 1) / sum_i w_i,    w_i = 1/(s_i^2 + margin^2)
/// ```
///
/// Here s_i is the standard deviation of `m_i/p_i` over the other repeats: a low value does not raise its own weight,
/// and no point weighs more than one that spreads by the margin. Points of one repeat may share a training set, so the
/// repeats are the units: b is the mean of the b_r, with Student's interval. Theory holds where the interval lies
/// inside the margin (the equivalence test of two one-sided tests, at 2.5 % each), it does not hold where the interval
/// excludes the margin, and else the test cannot tell. Beside the prediction stands a wrong one, the control. The same
/// test must find that it does not hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// The groups, in the order of the points.
    pub groups: Vec<GroupResult>,
    /// The points that are outside the margin by themselves, in words.
    pub outliers: Vec<String>,
}

impl Agreement {
    /// The agreement of points; `None` if there are none.
    pub fn of(points: &[Compared]) -> Option<Self> {
        let mut groups: Vec<&Group> = Vec::new();
        for point in points {
            if !groups.contains(&&point.group) {
                groups.push(&point.group);
            }
        }
        let result = |group: &&Group| {
            let of_group = points.iter().filter(|point| point.group == **group);
            GroupResult::of(&of_group.collect::<Vec<_>>())
        };
        let outlier = |point: &Compared| point.outlier(points.len());
        (!points.is_empty()).then(|| Self {
            groups: groups.iter().map(result).collect(),
            outliers: points.iter().filter_map(outlier).collect(),
        })
    }

    /// `Holds` if every group holds and no point is outside its margin; `DoesNotHold` if a group does not, or a point
    /// is; else `HoldsInPart` if a group holds and `CannotTell` if none does.
    pub fn verdict(&self) -> Verdict {
        let count = |wanted: Verdict| {
            let with = self.groups.iter().filter(|group| group.verdict == wanted);
            with.count()
        };
        if count(Verdict::DoesNotHold) > 0 || !self.outliers.is_empty() {
            Verdict::DoesNotHold
        } else if count(Verdict::Holds) == self.groups.len() {
            Verdict::Holds
        } else if count(Verdict::Holds) > 0 {
            Verdict::HoldsInPart
        } else {
            Verdict::CannotTell
        }
    }

    /// The agreement in a sentence, without a stop. At most three failures are named.
    pub fn text(&self) -> String {
        const NAMED: usize = 3;
        let holding = self.groups.iter().filter(|g| g.verdict == Verdict::Holds);
        let holding = holding.count();
        let slopes = || self.groups.iter().map(|group| 100.0 * group.slope.mean);
        let least = slopes().fold(f64::INFINITY, f64::min);
        let largest = slopes().fold(f64::NEG_INFINITY, f64::max);
        let failing = self.groups.iter().filter(|g| g.verdict != Verdict::Holds);
        let mut but: Vec<String> = failing.map(GroupResult::text).collect();
        but.extend(self.outliers.iter().cloned());
        let more = but.len().saturating_sub(NAMED);
        but.truncate(NAMED);
        if more > 0 {
            but.push(format!("and {more} more"));
        }
        let but = match &but[..] {
            [] => String::new(),
            but => format!(" (but for {})", but.join("; ")),
        };
        format!(
            "theory is met within the margin in {holding} of {} groups of points, b = {least:+.2} to {largest:+.2} %{but}",
            self.groups.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reproduce::group::Regime;

    /// Twelve repeats whose mean is 1 and whose standard deviation is about `spread`.
    fn repeats(mean: f64, spread: f64) -> Vec<f64> {
        let noise = [
            -1.3, 0.4, 1.1, -0.6, 0.2, 1.7, -0.9, -0.1, 0.8, -1.5, 0.5, -0.3,
        ];
        noise.map(|z| mean * (1.0 + spread * z)).to_vec()
    }

    fn point(x: f64, measured: Vec<f64>, control: f64) -> Compared {
        Compared {
            group: Group::new("test loss", Regime::Few, "another law"),
            series: "k = 1".to_owned(),
            x,
            measured,
            predicted: 1.0,
            control,
        }
    }

    fn verdict(points: &[Compared]) -> Verdict {
        Agreement::of(points).unwrap().verdict()
    }

    #[test]
    fn theory_holds_where_the_interval_is_inside_the_margin_and_not_where_it_excludes_it() {
        let with = |mean: f64, spread: f64| verdict(&[point(1.0, repeats(mean, spread), 2.0)]);
        assert_eq!(with(1.0, 0.01), Verdict::Holds);
        assert_eq!(with(1.01, 0.01), Verdict::Holds);
        assert_eq!(with(1.05, 0.01), Verdict::DoesNotHold);
        assert_eq!(with(1.0, 0.2), Verdict::CannotTell);
        assert_eq!(with(f64::NAN, 0.01), Verdict::DoesNotHold);
    }

    #[test]
    fn a_control_that_is_not_rejected_leaves_the_test_unable_to_tell() {
        for (control, expected) in [
            (1.1, Verdict::Holds),
            (1.01, Verdict::CannotTell),
            (1.021, Verdict::CannotTell),
            (f64::NAN, Verdict::CannotTell),
        ] {
            let found = verdict(&[point(1.0, repeats(1.0, 0.005), control)]);
            assert_eq!(found, expected, "{control}");
        }
    }

    #[test]
    fn points_are_pooled_over_repeats_because_they_may_share_training_sets() {
        // Three points with the same noise are no more than one.
        let alone = Agreement::of(&[point(1.0, repeats(1.0, 0.05), 2.0)]).unwrap();
        let same = [1.0, 2.0, 3.0].map(|x| point(x, repeats(1.0, 0.05), 2.0));
        let same = Agreement::of(&same).unwrap();
        let width = |found: &Agreement| found.groups[0].slope.high - found.groups[0].slope.low;
        assert!((width(&same) / width(&alone) - 1.0).abs() < 1e-12);
        // With opposite noise they cancel.
        let opposite = [
            point(1.0, repeats(1.0, 0.05), 2.0),
            point(2.0, repeats(1.0, -0.05), 2.0),
        ];
        assert!(width(&Agreement::of(&opposite).unwrap()) < 1e-12);
    }

    #[test]
    fn a_point_far_from_its_prediction_is_found_though_others_make_up_for_it() {
        let mut points: Vec<Compared> = (1..=8)
            .map(|x| point(f64::from(x), repeats(0.99, 0.002), 2.0))
            .collect();
        points.push(point(9.0, repeats(1.08, 0.002), 2.0));
        let found = Agreement::of(&points).unwrap();
        assert_eq!(found.groups[0].verdict, Verdict::Holds);
        assert_eq!(found.verdict(), Verdict::DoesNotHold);
        assert_eq!(found.outliers.len(), 1);
        assert!(
            found
                .text()
                .contains("test loss of k = 1 at 9.0000: +8.0 %"),
            "{}",
            found.text()
        );
    }

    #[test]
    fn some_groups_that_hold_beside_one_that_cannot_be_told_hold_in_part() {
        let mut points = vec![point(1.0, repeats(1.0, 0.01), 2.0)];
        let mut wide = point(1.0, repeats(1.0, 0.3), 2.0);
        wide.group.regime = Regime::Many;
        points.push(wide);
        assert_eq!(verdict(&points), Verdict::HoldsInPart);
        assert!(Agreement::of(&[]).is_none());
    }

    #[test]
    fn a_low_value_does_not_raise_the_weight_of_its_point() {
        // Values with an exponential law, of mean 1: weights by all values of a point would favour points whose mean is
        // low, by 8 % on average here.
        let mut state = 1u64;
        let mut uniform = || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            ((state >> 11) as f64 + 0.5) / (1u64 << 53) as f64
        };
        let mut values = || (0..24).map(|_| -uniform().ln()).collect::<Vec<f64>>();
        let mut slope = |_| {
            let points: Vec<Compared> = (0..20)
                .map(|i| point(f64::from(i), values(), 9.0))
                .collect();
            Agreement::of(&points).unwrap().groups[0].slope.mean
        };
        let slopes: Vec<f64> = (0..200).map(&mut slope).collect();
        let found = Interval::of_mean(&slopes, 1e-3);
        assert!(found.is_between(-0.02, 0.02), "{found:?}");
    }
}
