//! Where values lie on an axis, and its ticks.

use super::model::{Axis, Scale};

/// A stretch of an axis on paper.
#[derive(Debug, Clone)]
pub(super) struct Ruler {
    is_log: bool,
    /// The ends in values, or in their logarithms to the base 10.
    low: f64,
    high: f64,
    /// The ends on paper.
    from: f64,
    to: f64,
}

/// A mark on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub value: f64,
    /// Empty for a small mark without a number.
    pub label: Label,
}

/// A number as text: a base and what is raised.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Label {
    pub base: String,
    pub raised: String,
}

impl Label {
    fn plain(text: String) -> Self {
        Self {
            base: text.replace('-', "\u{2212}"),
            raised: String::new(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.base.is_empty()
    }
}

/// The part of the span that is left free at both ends.
const SPARE: f64 = 0.04;
/// Powers of ten in these ends are written plainly.
const PLAIN: (i32, i32) = (-3, 4);

impl Ruler {
    /// An axis that shows `values`, between two places on paper. The ends of bars and bands, `wide`, stretch it at both
    /// ends by at most 1.5 times its length, and by at most a factor of 2 if it is logarithmic. Beyond they end.
    pub fn new(axis: &Axis, values: &[f64], wide: &[f64], (from, to): (f64, f64)) -> Self {
        let is_log = axis.scale == Scale::Logarithmic;
        let place = |v: &f64| match is_log {
            false => v.is_finite().then_some(*v),
            true => (v.is_finite() && *v > 0.0).then(|| v.log10()),
        };
        let ends = |values: &[f64]| {
            let places = values.iter().filter_map(place);
            places.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
                (low.min(v), high.max(v))
            })
        };
        let (mut low, mut high) = ends(values);
        if let Scale::Categories(names) = &axis.scale {
            (low, high) = (-0.5, names.len() as f64 - 0.5);
            return Self {
                is_log,
                low,
                high,
                from,
                to,
            };
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if high - low <= 1e-9 * low.abs().max(high.abs()) {
            let half = match is_log {
                true => 0.3,
                false if low == 0.0 => 1.0,
                false => 0.2 * low.abs(),
            };
            (low, high) = (low - half, high + half);
        }
        let room = 1.5 * (high - low);
        let room = if is_log { room.min(2f64.log10()) } else { room };
        let (least, most) = ends(wide);
        (low, high) = (least.clamp(low - room, low), most.clamp(high, high + room));
        let spare = SPARE * (high - low);
        // An axis from zero, such as of shares, begins at zero.
        let begins_at_zero = !is_log && low >= 0.0 && low <= spare;
        Self {
            is_log,
            low: if begins_at_zero {
                low.min(0.0)
            } else {
                low - spare
            },
            high: high + spare,
            from,
            to,
        }
    }

    /// The place of a value on paper; `None` for one that the axis cannot show.
    pub fn at(&self, value: f64) -> Option<f64> {
        let place = match self.is_log {
            true if value <= 0.0 => return None,
            true => value.log10(),
            false => value,
        };
        let share = (place - self.low) / (self.high - self.low);
        let at = self.from + share * (self.to - self.from);
        at.is_finite().then_some(at)
    }

    /// The place of a value, or the end of the axis that is nearest to it.
    pub fn within(&self, value: f64) -> f64 {
        let (least, most) = (self.from.min(self.to), self.from.max(self.to));
        match self.at(value) {
            Some(at) => at.clamp(least, most),
            None if value == f64::INFINITY => self.to,
            None => self.from,
        }
    }

    /// The values at both ends.
    pub fn ends(&self) -> (f64, f64) {
        match self.is_log {
            true => (10f64.powf(self.low), 10f64.powf(self.high)),
            false => (self.low, self.high),
        }
    }

    /// Round marks, at most about `most` with numbers, all in one notation.
    pub fn ticks(&self, most: usize) -> Vec<Tick> {
        match self.is_log {
            true => self.log_ticks(most.max(2)),
            false => linear_ticks(self.low, self.high, most.max(2)),
        }
    }

    fn log_ticks(&self, most: usize) -> Vec<Tick> {
        let (first, last) = (self.low.ceil() as i32, self.high.floor() as i32);
        let powers = (last - first + 1).max(0) as usize;
        if powers < 2 {
            return self.few_decades(most);
        }
        let multiples = |every: i32| -> Vec<i32> {
            let all = first..=last;
            all.filter(|power| power.rem_euclid(every) == 0).collect()
        };
        let every = powers.div_ceil(most).max(1) as i32;
        let every = (1..=every).rev().find(|every| multiples(*every).len() > 1);
        let every = every.unwrap_or(1);
        let numbered = multiples(every);
        let is_plain = first >= PLAIN.0 && last <= PLAIN.1;
        let mut ticks: Vec<Tick> = numbered
            .iter()
            .map(|&power| Tick {
                value: 10f64.powi(power),
                label: match is_plain {
                    true => Label::plain(format!("{}", 10f64.powi(power))),
                    false => raised("10", power),
                },
            })
            .collect();
        let small: Vec<f64> = match every {
            1 if powers <= 6 => {
                let factors: &[f64] = match powers {
                    ..=3 => &[2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
                    _ => &[2.0, 5.0],
                };
                (first - 1..=last)
                    .flat_map(|power| factors.iter().map(move |f| f * 10f64.powi(power)))
                    .collect()
            }
            _ => (first..=last)
                .filter(|power| !numbered.contains(power))
                .map(|power| 10f64.powi(power))
                .collect(),
        };
        let inside = |v: &f64| (self.low..=self.high).contains(&v.log10());
        ticks.extend(small.into_iter().filter(inside).map(unnumbered));
        ticks
    }

    /// Where fewer than two powers of ten lie on the axis: 1, 2 and 5 times such powers; on less than that, round
    /// values.
    fn few_decades(&self, most: usize) -> Vec<Tick> {
        let power = self.low.floor() as i32;
        let values = |factors: &[f64]| -> Vec<(f64, i32)> {
            let all = (power..=power + 2).flat_map(|p| factors.iter().map(move |f| (*f, p)));
            all.filter(|(f, p)| {
                let place = f.log10() + f64::from(*p);
                (self.low..=self.high).contains(&place)
            })
            .collect()
        };
        let choices: [&[f64]; 3] = [
            &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0],
            &[1.0, 2.0, 3.0, 5.0],
            &[1.0, 2.0, 5.0],
        ];
        let chosen = choices.iter().map(|factors| values(factors));
        let chosen = chosen
            .into_iter()
            .find(|values| values.len() <= most.min(6));
        let chosen = chosen.unwrap_or_else(|| values(&[1.0, 3.0]));
        if chosen.len() < most.min(3) {
            let (low, high) = self.ends();
            return linear_ticks(low, high, most.min(5));
        }
        let is_plain = power >= PLAIN.0 && power < PLAIN.1;
        let ticks = chosen.into_iter().map(|(factor, power)| Tick {
            value: factor * 10f64.powi(power),
            label: match is_plain {
                true => {
                    let digits = (-power).max(0) as usize + usize::from(factor.fract() > 0.0);
                    let value = factor * 10f64.powi(power);
                    let text = format!("{value:.digits$}");
                    Label::plain(match text.contains('.') {
                        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                        false => text,
                    })
                }
                false => raised(&format!("{factor}·10"), power),
            },
        });
        ticks.collect()
    }
}

fn unnumbered(value: f64) -> Tick {
    let label = Label::default();
    Tick { value, label }
}

fn raised(base: &str, power: i32) -> Label {
    Label {
        base: base.to_owned(),
        raised: power.to_string().replace('-', "\u{2212}"),
    }
}

/// Steps of 1, 2 or 5 times a power of ten, with equally many decimals: about `most` of them, at least
/// three if so many are wanted.
fn linear_ticks(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let ticks = stepped(low, high, most);
    match ticks.len() < most.min(3) && most < 12 {
        true => linear_ticks(low, high, most + 1),
        false => ticks,
    }
}

fn stepped(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let rough = (high - low) / most as f64;
    let power = rough.log10().floor();
    let unit = 10f64.powf(power);
    let factor = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|f| f * unit >= rough);
    let step = factor.unwrap_or(10.0) * unit;
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    let largest = low.abs().max(high.abs());
    // Very large and very small values are written with one power of ten for all.
    let exponent = largest.log10().floor() as i32;
    let common = if (-4..5).contains(&exponent) {
        0
    } else {
        exponent
    };
    let unit = 10f64.powi(common);
    let digits = (-(step / unit).log10().floor()).max(0.0) as usize;
    let tick = |i: i64| {
        let value = i as f64 * step;
        let text = format!("{:.digits$}", value / unit);
        let label = match common {
            0 => Label::plain(text),
            _ if i == 0 => Label::plain("0".to_owned()),
            power => {
                let base = Label::plain(text).base;
                raised(&format!("{base}·10"), power)
            }
        };
        Tick { value, label }
    };
    (first..=last).map(tick).collect()
}
