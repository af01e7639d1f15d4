//! How is data turned into noise? Noise schedules and the forward process, in f64 ([`equations`](crate::equations)
//! section 1).
//!
//! A [`Schedule`] is the list `1 > alpha_bar_1 > ... > alpha_bar_T > 0` of the steps that are trained and
//! sampled, with what follows from it: the noised law is `x_t = sqrt(alpha_bar_t) x_0 + sqrt(1 - alpha_bar_t) eps`.

mod noise_level;
mod schedule;
mod target;
mod time_basis;

pub use noise_level::NoiseLevel;
pub use schedule::{Schedule, ScheduleError, Step};
pub use target::{Parts, Target, ToClean, ToNoise};
pub use time_basis::TimeBasis;
