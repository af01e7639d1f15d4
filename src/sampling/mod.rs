//! What does a denoiser generate? The reverse processes: one definition of a step, walked by the exact moments here and
//! by the drawing sampler of the room of networks.
//!
//! A sampler is a list of [`StepRule`]s made from a schedule; with a denoiser each rule becomes an affine map
//! `u_(t-1) = A_t u_t + a_t + sigma_t xi` ([`AffineStep`]), so that the law of what is generated from
//! `u_T ~ N(0, I)` is known exactly. See [`equations`](crate::equations) section 3.

mod exact;
mod law;
mod rule;

pub use exact::{AffineStep, affine_step, mean_along, variance_along};
#[cfg(feature = "burn")]
pub(crate) use exact::{affine_steps, step_groups};
pub use law::{law, law_in_eigenbasis};
pub use rule::{Corrector, StepRule, rules};
