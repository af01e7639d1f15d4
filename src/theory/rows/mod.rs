//! What rows say by themselves, without a truth and without held-out rows.

mod blocks;
mod contour;
mod decomposed;
mod gaussian;
mod groups;
mod leave_one_out;
mod left_out;
mod losses;
mod number;
mod row_groups;

pub use contour::RowContour;
pub use decomposed::RowProducts;
pub use gaussian::{FromRows, RowsSpectrum};
pub use leave_one_out::LeaveOneOut;
pub use left_out::LeftOut;
pub use losses::RowLosses;
pub use row_groups::RowGroups;
