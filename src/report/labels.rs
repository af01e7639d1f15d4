//! Labels in a column, as near to their lines' ends as they fit.

/// A label that wants its middle at `at` and is `height` high.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Wish {
    pub at: f64,
    pub height: f64,
}

/// The middles of labels that do not overlap, between `top` and `bottom`, with the least sum of squared distances from
/// what they want (isotonic regression of the wishes, less the heights above). `None` if they do not fit.
pub(super) fn spread(wishes: &[Wish], top: f64, bottom: f64) -> Option<Vec<f64>> {
    let total: f64 = wishes.iter().map(|wish| wish.height).sum();
    if total > bottom - top {
        return None;
    }
    let mut order: Vec<usize> = (0..wishes.len()).collect();
    order.sort_by(|&a, &b| wishes[a].at.total_cmp(&wishes[b].at));
    // Middles less the room that the labels above take: these must ascend.
    let mut above = 0.0;
    let mut rooms = Vec::new();
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for &index in &order {
        let Wish { at, height } = wishes[index];
        let room = above + height / 2.0;
        rooms.push(room);
        above += height;
        blocks.push((at - room, 1));
        while let [.., (first, n), (second, m)] = blocks[..] {
            if first <= second {
                break;
            }
            let mean = (first * n as f64 + second * m as f64) / (n + m) as f64;
            blocks.truncate(blocks.len() - 2);
            blocks.push((mean, n + m));
        }
    }
    let free = blocks
        .iter()
        .flat_map(|(mean, count)| std::iter::repeat_n(*mean, *count));
    let mut middles = vec![0.0; wishes.len()];
    for ((&index, room), at) in order.iter().zip(rooms).zip(free) {
        middles[index] = at.clamp(top, bottom - total) + room;
    }
    Some(middles)
}
