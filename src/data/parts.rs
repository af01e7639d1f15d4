//! Parts of rows that are left out one after another.

use rand::seq::SliceRandom;

use crate::random::{Purpose, stream};

/// Why rows have no parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartsError {
    /// Another number of groups than of rows.
    Groups { groups: usize, rows: usize },
    /// All rows are of one group.
    OneGroup,
}

/// The parts of the rows that are left out one after another, at random. Rows of one group are in one part.
pub(crate) struct Parts {
    /// The part of each row.
    of_row: Vec<usize>,
    /// The number of parts.
    pub count: usize,
}

impl Parts {
    /// `most` parts of about equally many groups, or as many as there are groups. Without groups each row is one.
    ///
    /// # Errors
    /// Another number of groups than of rows; rows of one group.
    pub fn new(
        rows: usize,
        groups: Option<&[usize]>,
        most: usize,
        seed: u64,
    ) -> Result<Self, PartsError> {
        if let Some(groups) = groups.filter(|groups| groups.len() != rows) {
            return Err(PartsError::Groups {
                groups: groups.len(),
                rows,
            });
        }
        let group_of = |row: usize| groups.map_or(row, |groups| groups[row]);
        let groups = (0..rows).map(group_of).max().map_or(0, |last| last + 1);
        let count = most.min(groups);
        if count < 2 {
            return Err(PartsError::OneGroup);
        }
        let mut part: Vec<usize> = (0..groups).map(|group| group * count / groups).collect();
        part.shuffle(&mut stream(seed, Purpose::Split, 0));
        Ok(Self {
            of_row: (0..rows).map(|row| part[group_of(row)]).collect(),
            count,
        })
    }

    /// The rows of one part.
    pub fn rows_of(&self, part: usize) -> Vec<usize> {
        self.where_part(|of| of == part)
    }

    /// All rows except those of one part.
    pub fn without(&self, part: usize) -> Vec<usize> {
        self.where_part(|of| of != part)
    }

    fn where_part(&self, keep: impl Fn(usize) -> bool) -> Vec<usize> {
        let all = self.of_row.iter().enumerate();
        all.filter(|(_, of)| keep(**of))
            .map(|(row, _)| row)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_about_equal_and_hold_whole_groups() {
        let parts = Parts::new(1003, None, 10, 1).unwrap();
        let sizes: Vec<usize> = (0..10)
            .map(|part| 1003 - parts.without(part).len())
            .collect();
        assert!(
            sizes.iter().all(|size| [100, 101].contains(size)),
            "{sizes:?}"
        );
        let groups: Vec<usize> = (0..1003).map(|row| row % 37).collect();
        let parts = Parts::new(1003, Some(&groups), 10, 1).unwrap();
        for part in 0..10 {
            let mut all = [parts.rows_of(part), parts.without(part)].concat();
            all.sort_unstable();
            assert_eq!(all, (0..1003).collect::<Vec<_>>());
            let others = parts.without(part);
            for group in 0..37 {
                let left = others.iter().filter(|&&row| row % 37 == group).count();
                let size = (0..1003).filter(|row| row % 37 == group).count();
                assert!(left == 0 || left == size);
            }
        }
        assert_eq!(
            Parts::new(40, Some(&[[0; 20], [1; 20]].concat()), 10, 1)
                .unwrap()
                .count,
            2
        );
        for wrong in [vec![0; 40], vec![0; 39]] {
            assert!(Parts::new(40, Some(&wrong), 10, 1).is_err());
        }
    }
}
