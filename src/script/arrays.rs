//! Arrays of tasks that a scheduler takes.

use std::num::NonZero;

/// Some of the tasks: those from `before + 1` to `before + count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Array {
    /// The tasks before its first.
    pub before: usize,
    /// The number of its tasks.
    pub count: usize,
    /// The most of them at a time; `None` if the scheduler decides.
    pub at_once: Option<usize>,
}

/// The arrays of `tasks` tasks, none of them larger than `largest`. The `at_once` tasks at a time are shared out among
/// the arrays, at least one for each.
pub(super) fn arrays(
    tasks: usize,
    at_once: Option<NonZero<usize>>,
    largest: NonZero<usize>,
) -> Vec<Array> {
    let parts = tasks.div_ceil(largest.get());
    let share = |part: usize, whole: usize| whole / parts + usize::from(part < whole % parts);
    let array = |part: usize| {
        let before = part * largest.get();
        Array {
            before,
            count: largest.get().min(tasks - before),
            at_once: at_once.map(|whole| share(part, whole.get()).max(1)),
        }
    };
    (0..parts).map(array).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_hold_each_task_once_and_share_out_the_tasks_at_a_time() {
        for (tasks, at_once, largest) in [
            (32, Some(8), 1000),
            (2500, Some(8), 1000),
            (1001, None, 1000),
            (7, Some(2), 2),
        ] {
            let at_once = at_once.and_then(NonZero::new);
            let largest = NonZero::new(largest).unwrap();
            let made = arrays(tasks, at_once, largest);
            let all = made
                .iter()
                .flat_map(|array| array.before + 1..=array.before + array.count);
            assert!(all.eq(1..=tasks));
            assert!(made.iter().all(|array| array.count <= largest.get()));
            let at_a_time: usize = made.iter().filter_map(|array| array.at_once).sum();
            let wanted = at_once.map_or(0, |n| n.get().max(made.len()));
            assert_eq!(at_a_time, wanted);
        }
    }
}
