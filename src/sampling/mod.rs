//! What does a denoiser generate? A reverse process is defined once, as a list of steps. The exact moments here and
//! the drawing sampler in the room `score` both walk that list.
//!
//! A sampler is a list of [`StepRule`]s made from a schedule. With a denoiser each rule becomes an affine map
//! `u_(t-1) = A_t u_t + a_t + sigma_t xi` ([`AffineStep`]). So the law of the samples, started from `u_T ~ N(0, I)`,
//! is known exactly. An [`Evaluator`] gives the exact losses of any denoiser, and the divergences of that law from the
//! truth. A denoiser that is not affine has no exact law: [`draw_points`] draws from it. [`nearest_rows`] and [`overlap`]
//! tell whether samples are copies of training rows, and whether two models generate the same. See
//! [`equations`](crate::equations) sections 2 and 3.

mod draw;
mod evaluation;
mod exact;
mod law;
mod likeness;
mod rule;

pub use draw::{DrawOptions, draw_points};
#[cfg(feature = "burn")]
pub(crate) use draw::{batches, generators};
pub use evaluation::{Evaluation, Evaluator, RulesError};
pub use exact::{AffineStep, affine_step, mean_along, variance_along};
#[cfg(feature = "burn")]
pub(crate) use exact::{affine_steps, step_groups};
pub use law::law;
pub use likeness::{
    COPY_RATIO, NearestRows, nearest_rows, overlap, share_of_copies, typical_distance,
    typical_distance_among,
};
pub use rule::{Corrector, StepRule, rules};
