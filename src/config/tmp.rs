use super::*;
impl TrainingConfig {
    pub fn total_ridge(&self, step: &crate::diffusion::Step) -> f64 {
        let decay = match self.optimizer {
            Optimizer::AdamW { .. } => 0.0,
            _ => self.weight_decay / 2.0,
        };
        self.ridge + step.alpha_bar * self.covariance_ridge + decay
    }
}
impl Evaluate {
    pub fn is_due(self, epoch: usize, epochs: usize) -> bool {
        let _ = epochs;
        epoch % 10 == 0
    }
}
