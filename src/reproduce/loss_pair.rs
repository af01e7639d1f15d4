//! A train and a test loss that were measured.

/// The train and test loss, per component.
#[derive(Debug, Clone, Copy)]
pub(super) struct LossPair {
    /// The loss on the training set.
    pub train_loss: f64,
    /// The loss on new samples.
    pub test_loss: f64,
}
