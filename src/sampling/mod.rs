//! What does a denoiser generate? The reverse processes: one definition of a step, walked by the drawing
//! sampler (burn) and by the exact moments (faer).
//!
//! A sampler is a list of [`StepRule`]s made from a schedule; with a denoiser each rule becomes an affine map
//! `u_(t-1) = A_t u_t + a_t + sigma_t xi` ([`AffineStep`]), so that the law of what is generated from
//! `u_T ~ N(0, I)` is known exactly. See [`equations`](crate::equations) section 3.

#[cfg(feature = "burn")]
mod draw;
mod exact;
mod law;
mod rule;

#[cfg(feature = "burn")]
pub use draw::{DrawOptions, draw};
pub use exact::{AffineStep, affine_step, mean_along, variance_along};
pub use law::{law, law_in_eigenbasis};
pub use rule::{Corrector, StepRule, rules};
