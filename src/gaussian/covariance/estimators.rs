//! From the eigenvalues of rows to those of an estimator.

use super::choice::Covariance;
use super::error::CovarianceError;
use super::estimate::CovarianceEstimate;
use super::sample::SampleCovariance;
use super::{linear, quadratic_inverse};

impl SampleCovariance {
    /// The covariance of these rows, as it is or shrunk; or the given one about their mean.
    ///
    /// # Errors
    /// A given matrix of another size.
    pub fn estimate(&self, which: &Covariance) -> Result<CovarianceEstimate, CovarianceError> {
        let of_sample = |variances, rest, shrinkage| CovarianceEstimate {
            mean: self.mean.clone(),
            basis: self.basis.clone(),
            variances,
            rest,
            shrinkage,
        };
        let shrunk = |weight: f64| {
            let (variances, rest) = linear::shrunk(self, weight);
            of_sample(variances, rest, Some(weight))
        };
        Ok(match which {
            Covariance::Empirical => of_sample(self.eigenvalues.clone(), 0.0, None),
            Covariance::LedoitWolf => shrunk(linear::ledoit_wolf(self)),
            Covariance::Oas => shrunk(linear::oas(self)),
            Covariance::QuadraticInverse => {
                let (variances, rest) = quadratic_inverse::shrunk(self);
                of_sample(variances, rest, None)
            }
            Covariance::Given(given) => {
                let (size, dim) = (given.dim(), self.dim());
                if size != dim {
                    return Err(CovarianceError::Size { size, dim });
                }
                CovarianceEstimate {
                    mean: self.mean.clone(),
                    basis: given.basis.clone(),
                    variances: given.variances.clone(),
                    rest: 0.0,
                    shrinkage: None,
                }
            }
        })
    }
}
