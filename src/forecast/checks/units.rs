//! What is left out as a whole: rows, or groups of them.

use rand::seq::SliceRandom;

use crate::random::{Purpose, stream};

/// The rows, or their groups by first rows.
#[derive(Debug, Clone)]
pub(super) struct Units {
    members: Vec<Vec<usize>>,
}

impl Units {
    /// Each of `rows` rows, or the groups that have a number for each row.
    pub fn new(rows: usize, groups: Option<&[usize]>) -> Self {
        let mut members: Vec<Vec<usize>> = Vec::new();
        for row in 0..rows {
            let unit = groups.map_or(row, |groups| groups[row]);
            members.resize(members.len().max(unit + 1), Vec::new());
            members[unit].push(row);
        }
        members.sort_by_key(|rows| rows.first().copied());
        members.retain(|rows| !rows.is_empty());
        Self { members }
    }

    /// These units, but each of some sets of them made one.
    pub fn united(&self, sets: &[Vec<usize>]) -> Self {
        let mut members = self.members.clone();
        for set in sets {
            let rows = set
                .iter()
                .flat_map(|&unit| std::mem::take(&mut members[unit]));
            members[set[0]] = rows.collect();
        }
        members.retain(|rows| !rows.is_empty());
        Self { members }
    }

    /// The number of units.
    pub fn count(&self) -> usize {
        self.members.len()
    }

    /// The rows of each unit.
    pub fn members(&self) -> &[Vec<usize>] {
        &self.members
    }

    /// The unit of each row.
    pub fn of_rows(&self) -> Vec<usize> {
        let mut units = vec![0; self.members.iter().map(Vec::len).sum()];
        for (unit, rows) in self.members.iter().enumerate() {
            rows.iter().for_each(|&row| units[row] = unit);
        }
        units
    }

    /// The rows of sets of units.
    pub fn rows_of(&self, sets: &[Vec<usize>]) -> Vec<Vec<usize>> {
        let rows = |set: &Vec<usize>| {
            set.iter()
                .flat_map(|&u| &self.members[u])
                .copied()
                .collect()
        };
        sets.iter().map(rows).collect()
    }

    /// Sets of as many units, drawn without replacement.
    pub fn at_random(&self, sets: &[Vec<usize>], seed: u64) -> Vec<Vec<usize>> {
        let mut order: Vec<usize> = (0..self.count()).collect();
        order.shuffle(&mut stream(seed, Purpose::Groups, 0));
        let mut rest = order.into_iter();
        sets.iter()
            .map(|set| rest.by_ref().take(set.len()).collect())
            .collect()
    }
}
