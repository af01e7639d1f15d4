//! Which rows are trained on, and which are left over.

use std::collections::BTreeSet;

use rand::seq::SliceRandom;

use super::DataError;
use crate::random::{Purpose, stream};

/// The rows of a training set, in the order in which they were taken, and those of the test set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) train: Vec<usize>,
    pub(super) test: Vec<usize>,
}

/// Takes `samples` of `rows` rows in an order shuffled by the seed: with fewer samples, a prefix of the same.
///
/// With groups, whole groups in shuffled order until there are enough; the last is cut, and its rest is in
/// neither set.
pub(super) fn split(
    rows: usize,
    groups: Option<&[String]>,
    samples: usize,
    seed: u64,
) -> Result<Split, DataError> {
    if samples >= rows {
        return Err(DataError::TooManySamples { samples, rows });
    }
    let mut rng = stream(seed, Purpose::Split, 0);
    let split = match groups {
        None => {
            let mut order: Vec<usize> = (0..rows).collect();
            order.shuffle(&mut rng);
            let test = order.split_off(samples);
            Split { train: order, test }
        }
        Some(groups) => {
            let names: BTreeSet<&String> = groups.iter().collect();
            let mut names: Vec<&String> = names.into_iter().collect();
            names.shuffle(&mut rng);
            let mut split = Split {
                train: Vec::new(),
                test: Vec::new(),
            };
            for name in names {
                let members = (0..rows).filter(|&i| groups[i] == *name);
                if split.train.len() < samples {
                    let missing = samples - split.train.len();
                    split.train.extend(members.take(missing));
                } else {
                    split.test.extend(members);
                }
            }
            split
        }
    };
    if split.test.is_empty() {
        let problem = format!(
            "{samples} samples take a part of every group, and none is left for the test set"
        );
        return Err(DataError::setting("data.group", problem));
    }
    Ok(split)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fewer_samples_are_a_prefix_of_more() {
        let few = split(500, None, 100, 7).unwrap();
        let many = split(500, None, 200, 7).unwrap();
        assert_eq!(few.train, many.train[..100]);
    }

    #[test]
    fn as_many_samples_as_rows_are_refused() {
        let error = split(10, None, 10, 1).unwrap_err();
        assert!(error.to_string().contains("\"all\""), "{error}");
    }

    proptest! {
        #[test]
        fn no_row_is_in_both_sets_and_no_group_in_both(
            groups in prop::collection::vec(0u8..9, 2..80),
            seed: u64,
            share in 0.01f64..0.99,
        ) {
            let names: Vec<String> = groups.iter().map(u8::to_string).collect();
            let samples = ((groups.len() as f64 * share) as usize).max(1);
            if let Ok(split) = split(names.len(), Some(&names), samples, seed) {
                prop_assert_eq!(split.train.len(), samples);
                let of = |rows: &[usize]| -> BTreeSet<u8> { rows.iter().map(|&i| groups[i]).collect() };
                prop_assert!(of(&split.train).is_disjoint(&of(&split.test)));
            }
        }
    }
}
