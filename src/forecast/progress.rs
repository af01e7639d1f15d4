//! How far a forecast has come.

/// What hears of the progress of a forecast.
pub type Observer<'a> = &'a mut dyn FnMut(Progress);

/// The steps of a forecast that are done, of all: all rows, the loss of each, the best ridge, the best time to stop,
/// and the rows without each of the parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// The number of steps that are done.
    pub done: usize,
    /// The number of all steps.
    pub all: usize,
    /// The first answer, once it is known: the leave-one-out loss with the rows as they are, per component. Rows in groups
    /// have none before the end.
    pub test_loss: Option<f64>,
}

impl Progress {
    /// The steps beside the parts.
    const OF_ALL_ROWS: usize = 4;

    /// Nothing is done yet of a forecast with this many parts.
    pub(super) fn begun(parts: usize) -> Self {
        let all = Self::OF_ALL_ROWS + parts;
        Self {
            done: 0,
            all,
            test_loss: None,
        }
    }

    /// One more step is done.
    pub(super) fn tell(&mut self, observer: &mut dyn FnMut(Self)) {
        self.done += 1;
        observer(*self);
    }
}
