//! One of the two sets: its rows in five parts, or its law.

use super::root::{Law, Scatter};
use super::units::Units;
use super::{DistanceError, DistanceSide, Features, Settings};
use crate::data::{Parts, PartsError};

/// The number of groups of rows of the jackknife.
pub(super) const PARTS: usize = 5;

/// One set of features, ready to be asked.
pub(super) struct Side<'a> {
    pub features: &'a Features<'a>,
    name: String,
    content: Content,
}

enum Content {
    Rows {
        parts: Parts,
        scatters: Vec<Scatter>,
        groups: Option<usize>,
    },
    Known(Law),
}

impl<'a> Side<'a> {
    /// The set of this index, 0 or 1, in `dim` dimensions.
    pub fn new(
        features: &'a Features<'a>,
        index: usize,
        units: &Units,
        settings: &Settings,
        dim: usize,
    ) -> Result<Self, DistanceError> {
        let name = settings.names[index].clone();
        let content = match *features {
            Features::Rows { rows, groups } => {
                let count = rows.nrows();
                let parts = Parts::new(count, groups, PARTS, settings.seed);
                let parts = parts.map_err(|error| of_parts(error, &name))?;
                check_parts(&parts, &name, count, dim)?;
                let of_part = |part| Scatter::of(units.rows(rows, &parts.rows_of(part)));
                let scatters = (0..PARTS).map(of_part).collect();
                let groups = groups.map(|groups| groups.iter().max().map_or(0, |last| last + 1));
                Content::Rows {
                    parts,
                    scatters,
                    groups,
                }
            }
            Features::Statistics { mean, covariance } => {
                let (root, negative) = units.root(covariance)?;
                if let Some(value) = negative {
                    return Err(DistanceError::Statistics {
                        name,
                        what: "the covariance",
                        problem: format!("has the negative eigenvalue {value:.3e}"),
                    });
                }
                Content::Known(Law {
                    mean: units.mean(mean),
                    root,
                    count: None,
                })
            }
        };
        Ok(Self {
            features,
            name,
            content,
        })
    }

    /// The number of rows.
    pub fn count(&self) -> Option<usize> {
        match self.features {
            Features::Rows { rows, .. } => Some(rows.nrows()),
            Features::Statistics { .. } => None,
        }
    }

    /// The law of all rows, or of those without a part.
    pub fn law(&self, without: Option<usize>) -> Law {
        match &self.content {
            Content::Rows { scatters, .. } => {
                let kept = scatters.iter().enumerate();
                let kept = kept.filter(|(part, _)| Some(*part) != without);
                let kept: Vec<&Scatter> = kept.map(|(_, scatter)| scatter).collect();
                Scatter::merged(&kept).law()
            }
            Content::Known(law) => law.clone(),
        }
    }

    /// The numbers of all rows, or of those without a part; none for a law that is known.
    pub fn rows_without(&self, without: Option<usize>) -> Vec<usize> {
        match (&self.content, without) {
            (Content::Rows { parts, .. }, Some(part)) => parts.without(part),
            (Content::Rows { .. }, None) => (0..self.count().unwrap_or(0)).collect(),
            (Content::Known(_), _) => Vec::new(),
        }
    }

    pub fn is_grouped(&self) -> bool {
        matches!(
            self.content,
            Content::Rows {
                groups: Some(_),
                ..
            }
        )
    }

    /// What the answer says of this set.
    pub fn described(&self, trace: f64) -> DistanceSide {
        DistanceSide {
            source: self.name.clone(),
            rows: self.count(),
            groups: match self.content {
                Content::Rows { groups, .. } => groups,
                Content::Known(_) => None,
            },
            trace,
        }
    }
}

fn of_parts(error: PartsError, name: &str) -> DistanceError {
    let name = name.to_owned();
    match error {
        PartsError::Groups { groups, rows } => DistanceError::Groups { name, groups, rows },
        PartsError::OneGroup => DistanceError::FewGroups { name, groups: 1 },
    }
}

/// Refuses groups of which too few rows are left without a fifth.
fn check_parts(parts: &Parts, name: &str, count: usize, dim: usize) -> Result<(), DistanceError> {
    let name = name.to_owned();
    if parts.count < PARTS {
        let groups = parts.count;
        return Err(DistanceError::FewGroups { name, groups });
    }
    let largest = (0..PARTS).map(|part| parts.rows_of(part).len()).max();
    let (rows, needed) = (count - largest.unwrap_or(0), dim + 1);
    if rows < needed {
        return Err(DistanceError::FewRowsWithoutGroups {
            name,
            rows,
            dim,
            needed,
        });
    }
    Ok(())
}
