//! The nearest rows of each row, without the distances of all pairs if there are many rows.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use rand_distr::{Distribution, StandardNormal};

use super::sketch::Sketch;
use crate::parallel;
use crate::random::{Purpose, stream};

/// Up to so many rows, the distances of all pairs are looked at.
const ALL_PAIRS: usize = 4096;
/// With more rows, those within a cell of at most so many.
const CELL: usize = 512;
/// The number of ways in which the rows are divided into cells.
const TREES: u64 = 3;
/// The number of rows whose distances are held by one thread at a time.
const TOGETHER: usize = 256;

/// A neighbour of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Neighbour {
    pub row: usize,
    pub distance: f64,
}

/// The `count` nearest of the chosen rows to each of them, nearest first.
///
/// For up to 4096 rows they are exact. More rows are divided into cells of at most 512 by halving them again and
/// again at the median along a random direction, in three ways, and a row's neighbours are the nearest in its three
/// cells. Two rows at the distance x are in different cells of one way with a probability of about
/// `(1/3) (x/s) log2(N/512)`, where s is the distance of typical rows over sqrt 2: near copies are hardly ever missed. The
/// cost is linear in N, up to the logarithm.
pub(super) fn nearest(
    sketch: &Sketch,
    chosen: &[usize],
    count: usize,
    seed: u64,
) -> Vec<Vec<Neighbour>> {
    if chosen.len() <= ALL_PAIRS {
        return within_cells(sketch, chosen, &[(0..chosen.len()).collect()], count);
    }
    let mut found: Vec<Vec<Neighbour>> = vec![Vec::new(); chosen.len()];
    for tree in 0..TREES {
        let cells = cells(sketch, chosen, seed, tree);
        let here = within_cells(sketch, chosen, &cells, count);
        for (all, here) in found.iter_mut().zip(here) {
            all.extend(here);
            all.sort_unstable_by(|a, b| a.distance.total_cmp(&b.distance).then(a.row.cmp(&b.row)));
            all.dedup_by_key(|neighbour| neighbour.row);
            all.truncate(count);
        }
    }
    found
}

/// Places in `chosen`, divided into cells.
fn cells(sketch: &Sketch, chosen: &[usize], seed: u64, tree: u64) -> Vec<Vec<usize>> {
    let mut random = stream(seed, Purpose::Projections, 1 + tree);
    let mut large = vec![(0..chosen.len()).collect::<Vec<usize>>()];
    let mut cells = Vec::new();
    while let Some(cell) = large.pop() {
        if cell.len() <= CELL {
            cells.push(cell);
            continue;
        }
        let direction: Vec<f64> = (0..sketch.width())
            .map(|_| StandardNormal.sample(&mut random))
            .collect();
        let along = |place: usize| -> f64 {
            let row = sketch.row(chosen[place]);
            row.iter().zip(&direction).map(|(y, n)| y * n).sum()
        };
        let mut sorted: Vec<(f64, usize)> = cell.iter().map(|&p| (along(p), p)).collect();
        let middle = sorted.len() / 2;
        sorted.select_nth_unstable_by(middle, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let places = |part: &[(f64, usize)]| part.iter().map(|(_, place)| *place).collect();
        large.extend([places(&sorted[..middle]), places(&sorted[middle..])]);
    }
    cells
}

/// The nearest rows to each in its cell.
fn within_cells(
    sketch: &Sketch,
    chosen: &[usize],
    cells: &[Vec<usize>],
    count: usize,
) -> Vec<Vec<Neighbour>> {
    let parts: Vec<(&[usize], usize)> = cells
        .iter()
        .flat_map(|cell| {
            (0..cell.len())
                .step_by(TOGETHER)
                .map(|start| (&cell[..], start))
        })
        .collect();
    let results = parallel::map(0..parts.len(), |index| {
        let (cell, start) = parts[index];
        of_part(
            sketch,
            chosen,
            cell,
            start..cell.len().min(start + TOGETHER),
            count,
        )
    });
    let mut found = vec![Vec::new(); chosen.len()];
    for ((cell, start), part) in parts.into_iter().zip(results) {
        for (offset, neighbours) in part.into_iter().enumerate() {
            found[cell[start + offset]] = neighbours;
        }
    }
    found
}

fn of_part(
    sketch: &Sketch,
    chosen: &[usize],
    cell: &[usize],
    part: std::ops::Range<usize>,
    count: usize,
) -> Vec<Vec<Neighbour>> {
    let matrix = |places: &[usize]| {
        Mat::from_fn(sketch.width(), places.len(), |j, i| {
            sketch.row(chosen[places[i]])[j]
        })
    };
    let all = matrix(cell);
    let squares: Vec<f64> = all
        .col_iter()
        .map(|column| column.squared_norm_l2())
        .collect();
    let here: MatRef<'_, f64> = all.as_ref().subcols(part.start, part.len());
    let mut products = Mat::zeros(cell.len(), part.len());
    matmul(
        &mut products,
        Accum::Replace,
        all.transpose(),
        here,
        1.0,
        Par::Seq,
    );
    let of_row = |offset: usize| {
        let own = part.start + offset;
        let mut others: Vec<(f64, usize)> = (0..cell.len())
            .filter(|&other| other != own)
            // The square of the distance, less that of the row's own length.
            .map(|other| (squares[other] - 2.0 * products[(other, offset)], other))
            .collect();
        let kept = count.min(others.len());
        if kept < others.len() {
            others.select_nth_unstable_by(kept, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            others.truncate(kept);
        }
        let row = sketch.row(chosen[cell[own]]);
        let exactly = |&(_, other): &(f64, usize)| {
            let other = chosen[cell[other]];
            let pairs = row.iter().zip(sketch.row(other));
            Neighbour {
                row: other,
                distance: pairs.map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt(),
            }
        };
        let mut nearest: Vec<Neighbour> = others.iter().map(exactly).collect();
        nearest.sort_unstable_by(|a, b| a.distance.total_cmp(&b.distance).then(a.row.cmp(&b.row)));
        nearest
    };
    (0..part.len()).map(of_row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::checks::tests::{drawn, gaussian};

    #[test]
    fn the_nearest_rows_are_those_of_all_pairs() {
        let sketch = drawn(70, 5, 1, |random, _| gaussian(random)).sketch();
        let chosen: Vec<usize> = (0..70).filter(|i| i % 7 != 0).collect();
        for (neighbours, &row) in nearest(&sketch, &chosen, 4, 1).iter().zip(&chosen) {
            let distance = |&other: &usize| {
                let pairs = sketch.row(row).iter().zip(sketch.row(other));
                pairs.map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt()
            };
            let mut others: Vec<usize> = chosen.iter().copied().filter(|&o| o != row).collect();
            others.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
            let found: Vec<usize> = neighbours.iter().map(|n| n.row).collect();
            assert_eq!(found, others[..4]);
            assert!(neighbours.iter().all(|n| n.distance == distance(&n.row)));
        }
    }

    #[test]
    fn cells_hold_every_row_once_and_are_small() {
        let sketch = drawn(3000, 3, 2, |random, _| gaussian(random)).sketch();
        let chosen: Vec<usize> = (0..3000).collect();
        let cells = cells(&sketch, &chosen, 1, 0);
        assert!(cells.iter().all(|cell| (200..=CELL).contains(&cell.len())));
        let mut all = cells.concat();
        all.sort_unstable();
        assert_eq!(all, chosen);
    }
}
