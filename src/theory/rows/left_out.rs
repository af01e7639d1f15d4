//! Quadratic forms and traces of the covariances that each lack one row.

use faer::c64;

use super::blocks::Summand;
use super::leave_one_out::LeaveOneOut;
use super::number::Number;

/// What is left of the others when a row i is left out, for each of N rows at one z. Here `C_-i` and `m_-i` are
/// covariance (`1/(N - 1)`) and mean of the other rows, `y = x_i - m_-i`, and `G = (C_-i + z)^-1`. The numbers are
/// totals over d dimensions. `q` has no unit, `q2` and `trace` have that of 1/z, `trace_square` that of 1/z^2.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut<T = f64> {
    /// `y' G y`, the squared length of the row in the metric of the others.
    pub q: Vec<T>,
    /// `y' G^2 y = -dq/dz`
    pub q2: Vec<T>,
    /// `tr G`
    pub trace: Vec<T>,
    /// `tr G^2`
    pub trace_square: Vec<T>,
}

impl LeaveOneOut {
    /// Quadratic forms and traces without each row, for each `z > 0`; also `z = 0` where the other rows span all
    /// dimensions.
    ///
    /// ```text
    /// q = a^2 N h/den,   q2 = a^2 N g/den^2,   tr G = sum D + (d - r)/z + a^2 g/den
    /// tr G^2 = sum D^2 + (d - r)/z^2 + 2 a^2 l/den + (a^2 g/den)^2
    /// ```
    ///
    /// The result holds `32 N` bytes for each z.
    pub fn at(&self, z: &[f64]) -> Vec<LeftOut> {
        self.left_out(z)
    }

    /// As [`LeaveOneOut::at`], for complex z that are not on the negative axis. The result holds `64 N` bytes for each
    /// z.
    pub fn at_complex(&self, z: &[c64]) -> Vec<LeftOut<c64>> {
        self.left_out(z)
    }

    fn left_out<T: Number>(&self, z: &[T]) -> Vec<LeftOut<T>> {
        let samples = self.samples() as f64;
        let square = self.growth() * self.growth();
        let traces: Vec<[T; 2]> = z
            .iter()
            .map(|&z| [self.trace(z, |d| d), self.trace(z, |d| d * d)])
            .collect();
        let summands = [Summand::T, Summand::SD, Summand::SD2, Summand::SD3];
        let chunks = self.by_blocks(z, summands, |block| {
            let of_row = |row: usize, point: usize| {
                let [t, h, g, l] = block.sums(row, point);
                let inverse = block.inverse_den(row, t);
                let shift = g * inverse * square;
                let [trace, trace_square] = traces[block.points.start + point];
                [
                    h * inverse * (square * samples),
                    shift * inverse * samples,
                    trace + shift,
                    trace_square + l * inverse * (2.0 * square) + shift * shift,
                ]
            };
            let of_point = |point| (0..block.rows.len()).map(move |row| of_row(row, point));
            let points = 0..block.points.len();
            points
                .map(|p| of_point(p).collect())
                .collect::<Vec<Vec<_>>>()
        });
        let points = chunks.iter().flat_map(|blocks| {
            (0..blocks[0].len()).map(move |p| blocks.iter().flat_map(move |block| &block[p]))
        });
        let numbers = points.map(|rows| {
            let number = |index: usize| rows.clone().map(|row| row[index]).collect();
            LeftOut {
                q: number(0),
                q2: number(1),
                trace: number(2),
                trace_square: number(3),
            }
        });
        numbers.collect()
    }
}
