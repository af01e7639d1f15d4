//! Rows that belong together.

use std::collections::BTreeMap;

/// A partition of rows into groups: each row is in exactly one.
///
/// ```
/// use lindiff::theory::RowGroups;
///
/// let groups = RowGroups::of(&["ann", "bob", "ann"]);
/// assert_eq!(groups.members(), [vec![0, 2], vec![1]]);
/// assert_eq!(groups.means(&[1.0, 5.0, 3.0]), [2.0, 5.0]);
/// // Four rows in two blocks, and the same blocks of rows in another order.
/// let blocks = RowGroups::blocks(4, 2);
/// assert_eq!(blocks.members(), [vec![0, 1], vec![2, 3]]);
/// assert_eq!(blocks.reordered(&[3, 0, 2, 1]).members(), [vec![3, 0], vec![2, 1]]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowGroups {
    members: Vec<Vec<usize>>,
}

impl RowGroups {
    /// Rows with equal labels are a group. Groups come in the order of their labels.
    pub fn of<L: Ord>(labels: &[L]) -> Self {
        let mut members = BTreeMap::<&L, Vec<usize>>::new();
        for (row, label) in labels.iter().enumerate() {
            members.entry(label).or_default().push(row);
        }
        Self {
            members: members.into_values().collect(),
        }
    }

    /// At most `count` groups of neighbours, whose sizes differ by at most 1.
    pub fn blocks(samples: usize, count: usize) -> Self {
        let labels: Vec<usize> = (0..samples).map(|row| row * count / samples).collect();
        Self::of(&labels)
    }

    /// Groups of the same sizes in which row i is replaced by row `order[i]`.
    ///
    /// # Panics
    /// If `order` is not a permutation of the rows.
    pub fn reordered(&self, order: &[usize]) -> Self {
        let mut sorted = order.to_vec();
        sorted.sort_unstable();
        let rows = 0..self.samples();
        assert!(sorted.into_iter().eq(rows), "a permutation of the rows");
        let of_group = |group: &Vec<usize>| group.iter().map(|&row| order[row]).collect();
        Self {
            members: self.members.iter().map(of_group).collect(),
        }
    }

    /// The rows of each group.
    pub fn members(&self) -> &[Vec<usize>] {
        &self.members
    }

    /// The number of rows in all groups.
    pub fn samples(&self) -> usize {
        self.members.iter().map(Vec::len).sum()
    }

    /// The mean over the rows of each group.
    pub fn means(&self, by_row: &[f64]) -> Vec<f64> {
        let mean = |group: &Vec<usize>| {
            group.iter().map(|&row| by_row[row]).sum::<f64>() / group.len() as f64
        };
        self.members.iter().map(mean).collect()
    }
}
