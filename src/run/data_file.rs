//! `data.safetensors`: the laws of a run and the frame of its data, in f64.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use faer::{Col, Mat};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{RunDirectory, RunError};
use crate::data::{Dataset, Frame, Laws, TrainingRows, Units};
use crate::gaussian::Gaussian;
use crate::gaussian::Moments;
use crate::text::digest::hexadecimal;

impl RunDirectory {
    /// Writes `data.safetensors`: the moments and the frame, without the rows.
    pub fn write_data(&self, dataset: &Dataset) -> Result<(), RunError> {
        let laws = &dataset.laws;
        let mut tensors = Tensors::default();
        let mut moments = |name: &str, mean: &Col<f64>, covariance: &Mat<f64>| {
            tensors.vector(&format!("{name}_mean"), mean.iter().copied().collect());
            tensors.matrix(&format!("{name}_covariance"), covariance);
        };
        moments("train", &laws.train.mean, &laws.train.covariance);
        if let Some(test) = &laws.test {
            moments("test", &test.mean, &test.covariance);
        }
        if let Some(truth) = &laws.truth {
            moments("true", truth.mean(), &truth.covariance());
        }
        tensors.vector("train_count", vec![laws.train.count as f64]);
        if let Some(test) = &laws.test {
            tensors.vector("test_count", vec![test.count as f64]);
        }
        let frame = &laws.frame;
        // For rows as they were read: origin + basis x / scale.
        let origin = frame.origin.iter().enumerate();
        let origin = origin.map(|(j, x)| frame.units.of(j).read(*x));
        tensors.vector("origin", origin.collect());
        let (basis, scale) = match &frame.units {
            Units::All(unit) => (frame.basis.clone(), frame.scale * unit),
            Units::Columns(columns) => {
                let (rows, kept) = frame.basis.shape();
                let over = |j: usize, k: usize| frame.basis[(j, k)] / columns[j].unit;
                (Mat::from_fn(rows, kept, over), frame.scale)
            }
        };
        tensors.matrix("basis", &basis);
        tensors.vector("scale", vec![scale]);
        let notes = Notes {
            dropped: dataset.dropped,
            constant: dataset.constant,
            notes: dataset.notes.clone(),
            warnings: dataset.warnings.clone(),
        };
        self.write("data.safetensors", &tensors.serialize(&notes))
    }

    /// Reads `data.safetensors`. The dataset has no rows.
    pub fn read_data(&self) -> Result<Dataset, RunError> {
        let path = self.path("data.safetensors");
        let bytes = fs::read(&path).map_err(RunError::io(&path))?;
        let file = DataFile::new(&path, &bytes)?;
        let truth = if file.has("true_mean") {
            let covariance = file.matrix("true_covariance")?;
            let mean = file.vector("true_mean")?;
            Some(Gaussian::from_covariance(mean, covariance.as_ref())?)
        } else {
            None
        };
        let has_test = file.has("test_mean");
        let test = has_test.then(|| file.moments("test")).transpose()?;
        let train = file.moments("train")?;
        let frame = Frame {
            origin: file.vector("origin")?,
            basis: file.matrix("basis")?,
            scale: file.scalar("scale")?,
            units: Units::All(1.0),
        };
        let dim = train.mean.nrows();
        let square = |m: &Mat<f64>| m.nrows() == dim && m.ncols() == dim;
        if !square(&train.covariance) || frame.basis.ncols() != dim {
            return Err(file.broken("shapes that do not fit together"));
        }
        let notes = file.notes(&bytes)?;
        Ok(Dataset {
            laws: Laws {
                truth,
                train,
                test,
                frame,
            },
            train_rows: TrainingRows::None,
            dropped: notes.dropped,
            constant: notes.constant,
            notes: notes.notes,
            warnings: notes.warnings,
        })
    }
}

/// `data.safetensors`, open to be read.
struct DataFile<'a> {
    path: &'a Path,
    tensors: SafeTensors<'a>,
}

impl<'a> DataFile<'a> {
    fn new(path: &'a Path, bytes: &'a [u8]) -> Result<Self, RunError> {
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| broken(path, error))?;
        Ok(Self { path, tensors })
    }

    fn broken(&self, problem: impl ToString) -> RunError {
        broken(self.path, problem)
    }

    fn has(&self, name: &str) -> bool {
        self.tensors.names().contains(&name)
    }

    /// The shape and the numbers of a tensor.
    fn numbers(&self, name: &str) -> Result<(Vec<usize>, Vec<f64>), RunError> {
        let tensor = self.tensors.tensor(name).map_err(|e| self.broken(e))?;
        if tensor.dtype() != Dtype::F64 {
            return Err(self.broken(format!("{name} is not F64")));
        }
        let values = tensor.data().chunks_exact(8);
        let values = values.map(|b| f64::from_le_bytes(b.try_into().expect("8 bytes")));
        Ok((tensor.shape().to_vec(), values.collect()))
    }

    fn vector(&self, name: &str) -> Result<Col<f64>, RunError> {
        let (_, values) = self.numbers(name)?;
        Ok(Col::from_fn(values.len(), |i| values[i]))
    }

    fn matrix(&self, name: &str) -> Result<Mat<f64>, RunError> {
        match self.numbers(name)? {
            (shape, values) if shape.len() == 2 => Ok(Mat::from_fn(shape[0], shape[1], |i, j| {
                values[i * shape[1] + j]
            })),
            _ => Err(self.broken(format!("{name} is not a matrix"))),
        }
    }

    fn scalar(&self, name: &str) -> Result<f64, RunError> {
        let (_, values) = self.numbers(name)?;
        let first = values.first().copied();
        first.ok_or_else(|| self.broken(format!("{name} is empty")))
    }

    fn moments(&self, name: &str) -> Result<Moments, RunError> {
        Ok(Moments {
            mean: self.vector(&format!("{name}_mean"))?,
            covariance: self.matrix(&format!("{name}_covariance"))?,
            count: self.scalar(&format!("{name}_count"))? as usize,
        })
    }

    /// The notes beside the tensors. The digest, which runs of older versions do not have, must be that of the content.
    fn notes(&self, bytes: &[u8]) -> Result<Notes, RunError> {
        let metadata = SafeTensors::read_metadata(bytes).ok();
        let metadata = metadata.and_then(|(_, header)| header.metadata().clone());
        let written = |key: &str| metadata.as_ref()?.get(key).cloned();
        let missing = || self.broken("its notes are missing");
        let json = written(NOTES).ok_or_else(missing)?;
        let tensors = self.tensors.tensors();
        let tensors = tensors
            .iter()
            .map(|(name, tensor)| (&name[..], tensor.data()));
        if written(DIGEST).is_some_and(|then| then != digest(tensors.collect(), &json)) {
            return Err(self.broken(
                "cut short or altered (its SHA-256 is not the one that it was written with): restore it, or train the run again",
            ));
        }
        serde_json::from_str(&json).map_err(|_| missing())
    }
}

fn broken(path: &Path, problem: impl ToString) -> RunError {
    RunError::Data {
        path: path.to_owned(),
        problem: problem.to_string(),
    }
}

/// The content of `data.safetensors` besides tensors, as JSON under the key "notes" of its metadata.
#[derive(Serialize, Deserialize)]
struct Notes {
    dropped: usize,
    /// The number of constant columns that were left out. Runs of older versions kept these columns.
    #[serde(default)]
    constant: usize,
    #[serde(default)]
    notes: Vec<String>,
    warnings: Vec<String>,
}

const NOTES: &str = "notes";
const DIGEST: &str = "sha256";

/// The SHA-256 of the tensors, in the order of their names, and of the notes.
fn digest(mut tensors: Vec<(&str, &[u8])>, notes: &str) -> String {
    tensors.sort_unstable_by_key(|(name, _)| *name);
    let mut hasher = Sha256::new();
    for part in tensors.into_iter().chain([(NOTES, notes.as_bytes())]) {
        for bytes in [part.0.as_bytes(), part.1] {
            hasher.update((bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        }
    }
    hexadecimal(hasher)
}

/// Tensors of doubles that are to be written into a file.
#[derive(Default)]
struct Tensors(Vec<(String, Vec<usize>, Vec<u8>)>);

impl Tensors {
    fn push(&mut self, name: &str, shape: Vec<usize>, values: impl Iterator<Item = f64>) {
        let bytes = values.flat_map(f64::to_le_bytes).collect();
        self.0.push((name.to_owned(), shape, bytes));
    }

    fn vector(&mut self, name: &str, values: Vec<f64>) {
        self.push(name, vec![values.len()], values.into_iter());
    }

    fn matrix(&mut self, name: &str, matrix: &Mat<f64>) {
        let (rows, columns) = (matrix.nrows(), matrix.ncols());
        let values = (0..rows * columns).map(|k| matrix[(k / columns, k % columns)]);
        self.push(name, vec![rows, columns], values);
    }

    fn serialize(&self, notes: &Notes) -> Vec<u8> {
        let views = self.0.iter().map(|(name, shape, bytes)| {
            let view = TensorView::new(Dtype::F64, shape.clone(), bytes);
            (name, view.expect("as many bytes as the shape says"))
        });
        let notes = serde_json::to_string(notes).expect("numbers and strings");
        let tensors = self
            .0
            .iter()
            .map(|(name, _, bytes)| (&name[..], &bytes[..]));
        let digest = digest(tensors.collect(), &notes);
        let metadata = HashMap::from([(NOTES.to_owned(), notes), (DIGEST.to_owned(), digest)]);
        safetensors::serialize(views, Some(metadata)).expect("names differ and shapes fit")
    }
}
