//! The points of a grid.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::config::{CheckedExperiment, Draft, Loaded, Setting};
use crate::memory::{self, bytes};
use crate::run::RunError;
use crate::run::setup::refuse_pipe;

/// A key and its values: `KEY=V1,V2,...`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// The key.
    pub key: String,
    /// Its values.
    pub values: Vec<String>,
}

impl std::str::FromStr for Axis {
    type Err = String;

    /// Commas separate values, except within brackets and quotes.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not KEY=V1,V2,...");
        let (key, values) = text.split_once('=').ok_or_else(wrong)?;
        let (key, values) = (key.trim().to_owned(), split(values));
        if key.is_empty() || values.iter().any(String::is_empty) {
            return Err(wrong());
        }
        if let Some(twice) = (1..values.len()).find(|&i| values[..i].contains(&values[i])) {
            return Err(format!("{key} takes the value {} twice", values[twice]));
        }
        Ok(Self { key, values })
    }
}

fn split(text: &str) -> Vec<String> {
    let (mut parts, mut depth, mut quoted) = (vec![String::new()], 0, false);
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().expect("there is one").push(letter);
    }
    parts.iter().map(|part| part.trim().to_owned()).collect()
}

/// A point of the grid, with the number of a repeat.
#[derive(Debug, Clone)]
pub struct GridPoint {
    /// The values of the axes, in their order.
    pub values: Vec<String>,
    /// The number of the repeat, from 0.
    pub repeat: usize,
    /// The experiment.
    pub experiment: CheckedExperiment,
    /// Notes on keys that do not count at this point, because of another choice.
    pub notes: Vec<String>,
}

/// The approximate memory of a point.
const POINT_BYTES: usize = 2048;

/// Every point, checked before anything is run: the product of the axes, the last varying fastest, and within each
/// point the repeats.
///
/// Repeat r has the seed of the experiment plus r at every point, so that comparisons over the axes are paired.
///
/// # Errors
/// An experiment that is wrong at some point, `seed` as an axis together with repeats, and an axis that occurs twice.
pub fn grid_points(
    config: &Path,
    sets: &[String],
    axes: &[Axis],
    repeats: usize,
) -> Result<Vec<GridPoint>, RunError> {
    let invalid = |problem: String| Err(RunError::Invalid(problem));
    for (index, axis) in axes.iter().enumerate() {
        if axes[..index].iter().any(|other| other.key == axis.key) {
            return invalid(format!("--grid {} is there twice", axis.key));
        }
        if axis.key == "seed" && repeats > 1 {
            return invalid("--grid seed and --repeats both set the seed: choose one".to_owned());
        }
    }
    // Read once, because it may be a pipe.
    let draft = Draft::read(config)?;
    let count = axes.iter().map(|axis| axis.values.len());
    let count = count.fold(1, usize::saturating_mul);
    let all = bytes([count, repeats]);
    memory::check(
        bytes([all, POINT_BYTES]),
        &format!("a grid of {all} runs"),
        || "give fewer values (--grid) or --repeats".to_owned(),
    )?;
    let mut points = Vec::with_capacity(all);
    for index in 0..count {
        let values = values_at(axes, index);
        let mut sets = sets.to_vec();
        let pairs = axes.iter().zip(&values);
        sets.extend(pairs.map(|(axis, value)| format!("{}={value}", axis.key)));
        let Loaded { experiment, notes } = draft.with(&Setting::all_typed(&sets)?)?;
        refuse_pipe(&experiment, "every run of a sweep reads it")?;
        for repeat in 0..repeats {
            let seed = experiment.seed.checked_add(repeat as u64);
            // A whole number of TOML has 63 bits.
            let Some(seed) = seed.filter(|seed| i64::try_from(*seed).is_ok()) else {
                return invalid("--repeats: the seed is too large to count on".to_owned());
            };
            points.push(GridPoint {
                values: values.clone(),
                repeat,
                experiment: experiment.clone().with(|params| params.seed = seed)?,
                notes: notes.clone(),
            });
        }
    }
    refuse_same_values(axes, &points, repeats)?;
    Ok(points)
}

/// Refuses an axis with two spellings of one value, such as 0.1 and 0.10: their runs would be equal.
fn refuse_same_values(axes: &[Axis], points: &[GridPoint], repeats: usize) -> Result<(), RunError> {
    // The distance between two points whose values differ by one place on this axis only.
    let mut stride = repeats;
    for axis in axes.iter().rev() {
        let experiment = |place: usize| &points[place * stride].experiment;
        for (place, value) in axis.values.iter().enumerate() {
            let before = axis.values[..place].iter().enumerate();
            let mut same = before.filter(|(_, other)| is_same_value(value, other));
            if let Some((_, other)) = same.find(|(at, _)| experiment(*at) == experiment(place)) {
                let key = &axis.key;
                return Err(RunError::Invalid(format!(
                    "--grid {key}: {other} and {value} are the same value"
                )));
            }
        }
        stride *= axis.values.len();
    }
    Ok(())
}

/// Whether two texts of TOML mean one number, or one text with quotes and without.
fn is_same_value(a: &str, b: &str) -> bool {
    let number = |text: &str| text.replace('_', "").parse::<f64>().ok();
    number(a).is_some_and(|a| Some(a) == number(b)) || a.trim_matches('"') == b.trim_matches('"')
}

/// The place of the value on each axis, at a point of the grid.
pub(super) fn places_at(axes: &[Axis], mut point: usize) -> Vec<usize> {
    let mut places = vec![0; axes.len()];
    for (place, axis) in places.iter_mut().zip(axes).rev() {
        *place = point % axis.values.len();
        point /= axis.values.len();
    }
    places
}

/// The values of the axes at a point of the grid.
pub(super) fn values_at(axes: &[Axis], point: usize) -> Vec<String> {
    let pairs = axes.iter().zip(places_at(axes, point));
    pairs.map(|(axis, at)| axis.values[at].clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_parted_at_commas_outside_of_brackets_and_quotes() {
        let axis: Axis = "data.spikes=[[1, 2.0]], [[2, 1.0], [3, 4.0]]"
            .parse()
            .unwrap();
        assert_eq!(axis.values, ["[[1, 2.0]]", "[[2, 1.0], [3, 4.0]]"]);
        let axis: Axis = r#"data.path="a,b.csv",c.csv"#.parse().unwrap();
        assert_eq!(axis.values, [r#""a,b.csv""#, "c.csv"]);
        for wrong in ["data.dim", "=1", "a=1,,2", "a="] {
            assert!(wrong.parse::<Axis>().is_err(), "{wrong}");
        }
        assert!("a=1,2,1".parse::<Axis>().unwrap_err().contains("twice"));
    }

    #[test]
    fn the_last_axis_runs_fastest() {
        let axes: Vec<Axis> = ["a=1,2", "b=x,y,z"].map(|a| a.parse().unwrap()).into();
        let all: Vec<String> = (0..6).map(|i| values_at(&axes, i).concat()).collect();
        assert_eq!(all, ["1x", "1y", "1z", "2x", "2y", "2z"]);
    }
}
