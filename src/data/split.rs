//! Which rows are trained on, and which are the test set.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;

use super::{DataError, Table};
use crate::random::{Purpose, stream};

/// The rows of a training set, in the order in which they were taken, and the rows of the test set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) train: Vec<usize>,
    pub(super) test: Vec<usize>,
}

/// Takes `samples` rows of a table in an order that is shuffled by the seed. Fewer samples give a prefix of the same
/// rows.
///
/// If there are groups, it takes whole groups in shuffled order until there are enough rows. The last group is cut;
/// its other rows are in neither set.
pub(super) fn split(table: &Table, samples: usize, seed: u64) -> Result<Split, DataError> {
    let rows = table.rows.count();
    if samples >= rows {
        return Err(DataError::TooManySamples { samples, rows });
    }
    // A row without a group is a group by itself.
    let mut groups = match &table.groups {
        None => (0..rows).map(|i| vec![i]).collect(),
        Some(groups) => members(groups),
    };
    groups.shuffle(&mut stream(seed, Purpose::Split, 0));
    let mut split = Split {
        train: Vec::with_capacity(samples),
        test: Vec::with_capacity(rows - samples),
    };
    for group in groups {
        let missing = samples - split.train.len();
        match missing {
            0 => split.test.extend(group),
            _ => split.train.extend(group.into_iter().take(missing)),
        }
    }
    if split.test.is_empty() {
        let problem = format!(
            "{samples} samples take a part of every group, and no group remains for the test set: give fewer samples"
        );
        return Err(DataError::setting("data.group", problem));
    }
    Ok(split)
}

/// All rows of a table in an order that is shuffled by the seed: `samples` for each of `members` networks, then the
/// others. The first are those that [`split`] takes.
pub(super) fn shuffled(
    table: &Table,
    samples: usize,
    members: usize,
    seed: u64,
) -> Result<Vec<usize>, DataError> {
    let (rows, wanted) = (table.rows.count(), samples.saturating_mul(members));
    if members > 1 && wanted > rows {
        let problem = format!(
            "{samples} rows for each of {members} networks (training.ensemble) are {wanted}, and {rows} were read"
        );
        return Err(DataError::setting("data.samples", problem));
    }
    // With several networks the test rows of one may be the training rows of the others.
    let of_all = members > 1 && wanted == rows;
    let Split { mut train, test } = split(table, if of_all { wanted - 1 } else { wanted }, seed)?;
    train.extend(test);
    Ok(train)
}

/// The rows of each group, in the order of the names of the groups.
fn members(groups: &[String]) -> Vec<Vec<usize>> {
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, group) in groups.iter().enumerate() {
        members.entry(group).or_default().push(row);
    }
    members.into_values().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::data::{ReadRows, Values};
    use proptest::prelude::*;

    fn table(rows: usize, groups: Option<Vec<String>>) -> Table {
        Table {
            rows: ReadRows::new(Values::Bytes(vec![0; rows]), 1),
            groups,
            image: None,
            notes: Vec::new(),
        }
    }

    #[test]
    fn fewer_samples_are_a_prefix_of_more() {
        let table = table(500, None);
        let few = split(&table, 100, 7).unwrap();
        let many = split(&table, 200, 7).unwrap();
        assert_eq!(few.train, many.train[..100]);
        assert_ne!(few.train, split(&table, 100, 8).unwrap().train);
    }

    #[test]
    fn the_rest_of_the_group_that_is_cut_is_in_neither_set() {
        let groups: Vec<String> = (0..60).map(|i| (i / 10).to_string()).collect();
        let split = split(&table(60, Some(groups)), 25, 3).unwrap();
        assert_eq!((split.train.len(), split.test.len()), (25, 30));
    }

    #[test]
    fn as_many_samples_as_rows_are_refused() {
        let error = split(&table(10, None), 10, 1).unwrap_err();
        assert!(error.to_string().contains("\"all\""), "{error}");
    }

    #[test]
    fn networks_of_an_ensemble_take_rows_of_their_own_until_there_are_none() {
        let table = table(500, None);
        let order = shuffled(&table, 100, 3, 7).unwrap();
        assert_eq!(order[..300], split(&table, 300, 7).unwrap().train);
        for (samples, members) in [(100, 3), (250, 2), (100, 5)] {
            let mut all = shuffled(&table, samples, members, 7).unwrap();
            assert_eq!(all[..100], order[..100]);
            all.sort_unstable();
            assert!(all.into_iter().eq(0..500));
        }
        let error = shuffled(&table, 251, 2, 7).unwrap_err().to_string();
        assert!(error.contains("are 502, and 500 were read"), "{error}");
        assert!(shuffled(&table, 500, 1, 7).is_err());
    }

    #[test]
    fn samples_of_every_group_are_refused() {
        let groups = ["a", "a", "b", "b"].map(str::to_owned).to_vec();
        let error = split(&table(4, Some(groups)), 3, 1).unwrap_err();
        assert!(error.to_string().starts_with("data.group"), "{error}");
    }

    proptest! {
        #[test]
        fn every_row_is_in_one_set_without_groups(rows in 2usize..200, share in 0.0f64..1.0, seed: u64) {
            let samples = ((rows as f64 * share) as usize).clamp(1, rows - 1);
            let Split { train, test } = split(&table(rows, None), samples, seed).unwrap();
            prop_assert_eq!(train.len(), samples);
            let mut all = [train, test].concat();
            all.sort_unstable();
            prop_assert!(all.into_iter().eq(0..rows));
        }

    }

    #[test]
    fn no_group_is_in_both_sets() {
        let several = AtomicUsize::new(0);
        proptest!(|(
            groups in prop::collection::vec(0u8..9, 2..80),
            seed: u64,
            share in 0.01f64..0.99,
        )| {
            let names: Vec<String> = groups.iter().map(u8::to_string).collect();
            let samples = ((groups.len() as f64 * share) as usize).max(1);
            if let Ok(split) = split(&table(names.len(), Some(names)), samples, seed) {
                prop_assert_eq!(split.train.len(), samples);
                let of = |rows: &[usize]| -> BTreeSet<u8> { rows.iter().map(|&i| groups[i]).collect() };
                prop_assert!(of(&split.train).is_disjoint(&of(&split.test)));
                several.fetch_add(1, Ordering::Relaxed);
            }
        });
        let several = several.into_inner();
        assert!(several > 100, "{several} of 256 were split");
    }
}
