use super::*;
use crate::config::*;
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct DataError;
pub fn load(config: &DataConfig, seed: u64) -> Result<Dataset, DataError> {
    let Source::PowerLaw { dim, exponent } = config.source.clone() else {
        return Err(DataError);
    };
    let raw: Vec<f64> = (1..=dim).map(|k| (k as f64).powf(-exponent)).collect();
    let total: f64 = raw.iter().sum();
    let lam: Vec<f64> = raw.iter().map(|x| x * dim as f64 / total).collect();
    let truth = Gaussian::from_spectral(
        faer::Col::zeros(dim),
        faer::Mat::identity(dim, dim),
        lam.clone(),
    );
    let Samples::Count(n) = config.samples else {
        return Err(DataError);
    };
    let mut v = vec![0.0; n * dim];
    for (i, row) in v.chunks_mut(dim).enumerate() {
        crate::random::fill_normal(
            &mut crate::random::stream(seed, crate::random::Purpose::Data, i as u64),
            row,
        );
        for (x, l) in row.iter_mut().zip(&lam) {
            *x *= l.sqrt();
        }
    }
    let rows = Rows::new(v, dim);
    let train = if config.center {
        Moments::of(&rows)
    } else {
        Moments::about(&rows, truth.mean().clone())
    };
    Ok(Dataset {
        laws: Laws {
            truth: Some(truth),
            train,
            test: None,
            frame: Frame::identity(dim),
        },
        train_rows: rows,
        dropped: 0,
        warnings: vec![],
    })
}
pub fn write_npy(_: &std::path::Path, _: &[usize], _: &[f64]) -> std::io::Result<()> {
    Ok(())
}
pub fn write_npy_f32(_: &std::path::Path, _: &[usize], _: &[f64]) -> std::io::Result<()> {
    Ok(())
}
impl Rows {
    pub fn values(&self) -> &[f64] {
        &self.values
    }
}
