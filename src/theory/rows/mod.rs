//! What rows say by themselves, without a truth and without held-out rows.

mod blocks;
mod contour;
mod decomposed;
mod divergences;
mod edge;
mod energies;
mod groups;
mod interpolated;
mod leave_one_out;
mod left_out;
mod losses;
mod moved;
mod number;
mod ridge_curve;
mod row_groups;
mod search;
mod shown;
mod spread;
mod transport;
mod wasserstein;

pub use contour::RowContour;
pub use decomposed::RowProducts;
pub use divergences::MovedDivergences;
pub use edge::{Edge, TailRule};
pub use leave_one_out::LeaveOneOut;
pub use left_out::LeftOut;
pub use losses::RowLosses;
pub use row_groups::RowGroups;
pub use shown::RowWeights;
pub use transport::{MovedLosses, Transport};
