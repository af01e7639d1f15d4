//! Do rows that stand near each other in their file resemble each other?

use rand::seq::SliceRandom;
use serde::Serialize;

use super::sketch::Sketch;
use super::units::Units;
use crate::parallel;
use crate::random::{Purpose, stream};

/// The number of random orders that the order of the rows is compared with.
const RANDOM_ORDERS: usize = 99;
/// The number of blocks of consecutive rows.
const BLOCKS: usize = 10;
/// From this share of the orders down, the order of the rows is called not random.
const SIGNIFICANT: f64 = 0.01;

/// An exact permutation test of whether the order of the rows is random.
///
/// Each row has a direction `y_i` of length 1, in coordinates of about equal variance. For the order of the rows, and
/// for [`random orders`](Self::random_orders),
///
/// ```text
/// neighbours = sum_i y_i . y_(i+1),    blocks = sum over ten blocks | sum of the block's y |^2
/// ```
///
/// are each brought to mean 0 and standard deviation 1 over all these orders. The statistic of an order is the larger
/// of its two. If the rows are exchangeable, every order is equally likely to have the largest, so a p value of 1/100
/// occurs in one of 100 files, whatever the law of the rows ([`equations`](crate::equations) section 9).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RowOrder {
    /// The number of random orders.
    pub random_orders: usize,
    /// The share of all orders, the rows' own among them, whose statistic is at least that of the rows' own.
    pub p_value: f64,
    /// By how many standard deviations neighbours are more alike than in random orders.
    pub neighbours: f64,
    /// By how many standard deviations the rows of a block are more alike than in random orders.
    pub blocks: f64,
}

impl RowOrder {
    /// Tests the order of units.
    pub(super) fn of(sketch: &Sketch, units: &Units, seed: u64) -> Self {
        let rows = sketch.directions(units);
        let statistics = parallel::map(0..RANDOM_ORDERS + 1, |item| {
            let mut order: Vec<usize> = (0..rows.count()).collect();
            if item > 0 {
                order.shuffle(&mut stream(seed, Purpose::RowOrder, item as u64));
            }
            alike(&rows, &order)
        });
        let neighbours = standardised(statistics.iter().map(|s| s[0]).collect());
        let blocks = standardised(statistics.iter().map(|s| s[1]).collect());
        let larger = |item: usize| neighbours[item].max(blocks[item]);
        let as_large = (0..=RANDOM_ORDERS)
            .filter(|&item| larger(item) >= larger(0))
            .count();
        Self {
            random_orders: RANDOM_ORDERS,
            p_value: as_large as f64 / (RANDOM_ORDERS + 1) as f64,
            neighbours: neighbours[0],
            blocks: blocks[0],
        }
    }

    /// Whether the order of the rows is not random.
    pub fn is_not_random(&self) -> bool {
        self.p_value <= SIGNIFICANT
    }
}

/// The blocks of `count` units in their order.
pub(super) fn blocks(count: usize) -> Vec<Vec<usize>> {
    let of_block = |block| {
        (0..count)
            .filter(|&i| block_of(i, count) == block)
            .collect()
    };
    let blocks = (0..BLOCKS).map(of_block);
    blocks
        .filter(|block: &Vec<usize>| !block.is_empty())
        .collect()
}

fn block_of(index: usize, count: usize) -> usize {
    index * BLOCKS / count
}

/// The two sums of an order.
fn alike(rows: &Sketch, order: &[usize]) -> [f64; 2] {
    let (mut neighbours, mut blocks) = (0.0, 0.0);
    let mut sum = vec![0.0; rows.width()];
    for (place, &row) in order.iter().enumerate() {
        let here = rows.row(row);
        if place > 0 {
            let before = rows.row(order[place - 1]);
            neighbours += here.iter().zip(before).map(|(x, y)| x * y).sum::<f64>();
        }
        sum.iter_mut().zip(here).for_each(|(sum, y)| *sum += y);
        let ends = place + 1 == order.len()
            || block_of(place, order.len()) != block_of(place + 1, order.len());
        if ends {
            blocks += sum.iter().map(|s| s * s).sum::<f64>();
            sum.fill(0.0);
        }
    }
    [neighbours, blocks]
}

/// The values minus their mean, over their standard deviation; all 0 if they are equal up to rounding.
fn standardised(values: Vec<f64>) -> Vec<f64> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
    let deviation = variance.sqrt();
    let size = values.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    if deviation <= 1e-12 * size {
        return vec![0.0; values.len()];
    }
    values.iter().map(|v| (v - mean) / deviation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::checks::tests::{Drawn, drawn, gaussian};

    fn order(rows: &Drawn, seed: u64) -> RowOrder {
        let units = Units::new(rows.count(), None);
        RowOrder::of(&rows.sketch(), &units, seed)
    }

    #[test]
    fn independent_rows_are_warned_of_no_more_often_than_the_p_value_says() {
        let of = |spread: f64| {
            let p_values = (0..100).map(|seed| {
                let rows = drawn(30, 4, seed, |random, _| {
                    gaussian(random) * spread.powf(gaussian(random))
                });
                order(&rows, seed)
            });
            p_values.collect::<Vec<_>>()
        };
        // Gaussian rows, and rows with a law of heavy tails.
        for spread in [1.0, 3.0] {
            let found = of(spread);
            let warned = found.iter().filter(|order| order.is_not_random()).count();
            let small = found.iter().filter(|order| order.p_value <= 0.2).count();
            println!("{spread}: {warned} warned of, {small} with p <= 0.2");
            assert!(warned <= 5, "{warned}");
            // 20 are expected, with a standard deviation of 4.
            assert!((8..=32).contains(&small), "{small}");
        }
    }

    #[test]
    fn rows_like_the_row_before_them_are_warned_of() {
        for (rows, dim, coefficient) in
            [(40, 5, 0.5), (100, 20, 0.5), (100, 60, 0.3), (60, 100, 0.3)]
        {
            let root = f64::sqrt(1.0 - coefficient * coefficient);
            for seed in 0..5 {
                let rows = drawn(rows, dim, seed, |random, before| {
                    coefficient * before + root * gaussian(random)
                });
                let found = order(&rows, seed);
                assert!(found.is_not_random() && found.neighbours > 3.0, "{found:?}");
            }
        }
    }

    #[test]
    fn a_slow_drift_is_warned_of_by_its_blocks() {
        for seed in 0..5 {
            let mut place = 0.0;
            let rows = drawn(300, 10, seed, |random, _| {
                place += 0.1;
                gaussian(random) + 0.004 * place
            });
            let found = order(&rows, seed);
            assert!(
                found.is_not_random() && found.blocks > found.neighbours,
                "{found:?}"
            );
        }
    }

    #[test]
    fn groups_are_ordered_by_their_first_rows() {
        // Rows of one group are alike, and the groups are independent: 30 groups of 4 rows, one after another.
        let groups: Vec<usize> = (0..120).map(|row| row / 4).collect();
        let (mut warned, mut warned_of_rows) = (0, 0);
        for seed in 0..20 {
            let centres = drawn(30, 6, seed, |random, _| gaussian(random));
            let mut index = 0;
            let rows = drawn(120, 6, 100 + seed, |random, _| {
                index += 1;
                let (row, column) = ((index - 1) / 6, (index - 1) % 6);
                centres.rows.row(row / 4)[column] + gaussian(random)
            });
            let units = Units::new(120, Some(&groups));
            warned += usize::from(RowOrder::of(&rows.sketch(), &units, seed).is_not_random());
            warned_of_rows += usize::from(order(&rows, seed).is_not_random());
        }
        assert!(warned <= 2, "{warned}");
        assert_eq!(warned_of_rows, 20);
    }

    #[test]
    fn rows_in_order_of_what_nothing_depends_on_are_alike_in_no_way() {
        assert_eq!(standardised(vec![2.0; 9]), [0.0; 9]);
        assert_eq!(standardised(vec![1.0, 3.0]), [-1.0, 1.0]);
        assert_eq!(blocks(12).concat(), (0..12).collect::<Vec<_>>());
        assert_eq!(blocks(3).len(), 3);
        assert!(
            blocks(103)
                .iter()
                .all(|block| [10, 11].contains(&block.len()))
        );
    }
}
