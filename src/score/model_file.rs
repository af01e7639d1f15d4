//! `model.safetensors`: the tensors of a network, for this program and any other.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use faer::Col;
use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, Metadata, TensorView};

use super::{Numbers, Parameters, Snapshot};
use crate::config::{Named, Precision, Target};
use crate::diffusion::TimeBasis;

/// Why a file of weights could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum ModelFileError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path}: not a network's weights: {problem}")]
    Malformed { path: PathBuf, problem: String },
}

impl ModelFileError {
    /// The error of the file system, if there was one.
    pub fn io_error(&self) -> Option<&io::Error> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Malformed { .. } => None,
        }
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    pub(crate) fn malformed(path: &Path, problem: impl ToString) -> Self {
        Self::Malformed {
            path: path.to_owned(),
            problem: problem.to_string(),
        }
    }
}

/// Writes the tensors of a network, with its target in the metadata (`target`). The output of the network is `W_t x +
/// b_t` for the noised x. The index of the output comes before that of the input. T is the number of kept steps:
///
/// | kind | tensors |
/// |---|---|
/// | per-step | `weight` `[T, d, d]`, `bias` `[T, d]`; trained in the eigenbasis also `diagonal` `[T, d]` |
/// | time-basis | `basis_weight` A `[K, d, d]`, `basis_bias` c `[K, d]`; in f64 `mean` m `[d]` and `log_snr` `[2]` |
/// | two-layer | `down` A `[T, width, d]`, `up` B `[T, d, width]` of `W_t = B_t A_t`, `bias` `[T, d]` |
///
/// A time-basis network is `W_t = sum_k phi_k A_k` and `b_t = sum_k phi_k c_k - sqrt(ab) W_t m + q m`. `log_snr` is
/// the range on which `phi_k = cos(k arccos u)` is defined.
///
/// If the mean is fitted, per-step and two-layer networks also have the trained `offset` `[T, d]`: `bias = offset -
/// sqrt(ab) W m + q m`, with the coefficient q of the data in the target.
pub fn write_model(path: &Path, snapshot: &Snapshot) -> Result<(), ModelFileError> {
    let mut f64s: Vec<(&str, Vec<f64>)> = Vec::new();
    if let Parameters::TimeBasis { basis, mean, .. } = &snapshot.parameters {
        let mean = mean.iter().map(|m| ("mean", m.iter().copied().collect()));
        f64s.extend(mean);
        f64s.push(("log_snr", basis.range().to_vec()));
    }
    let beside = f64s.iter().map(|(name, values)| {
        let shape = [values.len()];
        (
            *name,
            Numbers::rounded(Precision::F64, &shape, values.iter().copied()),
        )
    });
    let beside: Vec<(&str, Numbers)> = beside.collect();
    let view = |numbers: &'_ Numbers| {
        let dtype = match numbers.precision() {
            Precision::F32 => Dtype::F32,
            Precision::F64 => Dtype::F64,
        };
        (dtype, numbers.shape().to_vec())
    };
    let trained = snapshot.tensors().into_iter();
    let tensors = trained.chain(beside.iter().map(|(name, numbers)| (*name, numbers)));
    let tensors = tensors.map(|(name, numbers)| {
        let (dtype, shape) = view(numbers);
        let view = TensorView::new(dtype, shape, numbers.bytes());
        (name, view.expect("as many bytes as the shape says"))
    });
    // Only one key: several have no fixed order, and equal runs must have equal bytes.
    let target = snapshot.target.name().to_owned();
    let metadata = HashMap::from([("target".to_owned(), target)]);
    safetensors::serialize_to_file(tensors.collect::<Vec<_>>(), Some(metadata), path).map_err(
        |error| match error {
            SafeTensorError::IoError(error) => ModelFileError::io(path)(error),
            error => ModelFileError::malformed(path, error),
        },
    )
}

/// Reads a file of [`write_model`]. Also accepts files without `offset` (or, time-basis, without `mean`).
pub fn read_model(path: &Path) -> Result<Snapshot, ModelFileError> {
    let file = fs::File::open(path).map_err(ModelFileError::io(path))?;
    read(file).map_err(|problem| ModelFileError::malformed(path, problem))
}

fn read(file: fs::File) -> Result<Snapshot, String> {
    let mut file = ModelFile::open(file)?;
    let metadata = file.header.metadata().as_ref();
    let target = match metadata.and_then(|m| m.get("target")).map(String::as_str) {
        None => Target::Eps,
        Some(name) => Target::named(name).ok_or_else(|| {
            let known: Vec<&str> = Target::NAMES.iter().map(|(name, _)| *name).collect();
            format!("the target {name:?} is none of {}", known.join(", "))
        })?,
    };
    let parameters = match (file.has("basis_weight"), file.has("down") || file.has("up")) {
        (true, _) => file.time_basis()?,
        (_, true) => file.two_layer()?,
        _ => file.per_step()?,
    };
    let snapshot = Snapshot { target, parameters };
    let mixed = snapshot.tensors().into_iter();
    let mut precisions = mixed.map(|(_, tensor)| tensor.precision());
    let first = precisions.next();
    if precisions.all(|precision| Some(precision) == first) {
        Ok(snapshot)
    } else {
        Err("tensors of different precision".to_owned())
    }
}

/// An open file whose tensors are read one by one, because the weights are nearly all of it.
struct ModelFile {
    file: fs::File,
    header: Metadata,
    /// The position of the first number.
    start: u64,
}

impl ModelFile {
    /// The longest header that is accepted.
    const LONGEST_HEADER: u64 = 100_000_000;

    fn open(mut file: fs::File) -> Result<Self, String> {
        let said = |error: io::Error| error.to_string();
        let length = file.metadata().map_err(said)?.len();
        let mut size = [0; 8];
        file.read_exact(&mut size)
            .map_err(|_| "no header".to_owned())?;
        let size = u64::from_le_bytes(size);
        if size > length.saturating_sub(8).min(Self::LONGEST_HEADER) {
            return Err(format!("a header of {size} bytes in a file of {length}"));
        }
        let mut header = vec![0; size as usize];
        file.read_exact(&mut header).map_err(said)?;
        let header: Metadata = serde_json::from_slice(&header).map_err(|e| e.to_string())?;
        let start = 8 + size;
        let expected = start + header.data_len() as u64;
        if length == expected {
            Ok(Self {
                file,
                header,
                start,
            })
        } else {
            Err(format!("{length} bytes, where its header says {expected}"))
        }
    }

    fn has(&self, name: &str) -> bool {
        self.header.info(name).is_some()
    }

    /// A tensor of the given shape; a size of 0 accepts any size.
    fn tensor(&mut self, name: &str, shape: &[usize], letters: &str) -> Result<Numbers, String> {
        let info = self.header.info(name);
        let info = info.ok_or_else(|| format!("there is no tensor {name}"))?;
        let precision = match info.dtype {
            Dtype::F32 => Precision::F32,
            Dtype::F64 => Precision::F64,
            other => return Err(format!("{name} is {other:?}, not F32 or F64")),
        };
        let got = &info.shape;
        let fits = |(wanted, got): (&usize, &usize)| wanted == got || *wanted == 0 && *got > 0;
        if got.len() != shape.len() || !shape.iter().zip(got).all(fits) {
            let sizes = shape.iter().zip(letters.split_whitespace());
            let sizes = sizes.map(|(size, letter)| match size {
                0 => letter.to_owned(),
                size => format!("{letter} = {size}"),
            });
            let wanted = sizes.collect::<Vec<_>>().join(", ");
            return Err(format!("{name} has shape {got:?}, not [{wanted}]"));
        }
        let (from, to) = info.data_offsets;
        let (shape, mut bytes) = (got.clone(), vec![0; to - from]);
        let place = io::SeekFrom::Start(self.start + from as u64);
        let read = self
            .file
            .seek(place)
            .and_then(|_| self.file.read_exact(&mut bytes));
        read.map_err(|error| format!("{name}: {error}"))?;
        Numbers::from_bytes(precision, &shape, bytes)
            .ok_or_else(|| format!("{name} has not as many bytes as its shape says"))
    }

    fn optional(
        &mut self,
        name: &str,
        shape: &[usize],
        letters: &str,
    ) -> Result<Option<Numbers>, String> {
        let there = self.has(name);
        there.then(|| self.tensor(name, shape, letters)).transpose()
    }

    fn per_step(&mut self) -> Result<Parameters, String> {
        let weight = self.square("weight", "T d d")?;
        let vector = &[weight.shape()[0], weight.shape()[1]];
        Ok(Parameters::PerStep {
            bias: self.tensor("bias", vector, "T d")?,
            offset: self.optional("offset", vector, "T d")?,
            diagonal: self.optional("diagonal", vector, "T d")?,
            weight,
        })
    }

    /// A tensor whose last two sizes are equal.
    fn square(&mut self, name: &str, letters: &str) -> Result<Numbers, String> {
        let sizes = self.header.info(name).map(|info| info.shape.clone());
        let dim = sizes.and_then(|sizes| sizes.get(1).copied());
        self.tensor(name, &[0, 0, dim.unwrap_or(0)], letters)
    }

    fn two_layer(&mut self) -> Result<Parameters, String> {
        let down = self.tensor("down", &[0, 0, 0], "T width d")?;
        let &[steps, width, dim] = down.shape() else {
            unreachable!("three sizes were asked for");
        };
        Ok(Parameters::TwoLayer {
            up: self.tensor("up", &[steps, dim, width], "T d width")?,
            bias: self.tensor("bias", &[steps, dim], "T d")?,
            offset: self.optional("offset", &[steps, dim], "T d")?,
            down,
        })
    }

    fn time_basis(&mut self) -> Result<Parameters, String> {
        let weight = self.square("basis_weight", "K d d")?;
        let (count, dim) = (weight.shape()[0], weight.shape()[1]);
        let range = self.tensor("log_snr", &[2], "2").map_err(|problem| {
            format!(
                "{problem}: a network in a basis of time needs log_snr, the log(alpha_bar/(1 - alpha_bar)) of the last and \
                 of the first step of the schedule"
            )
        })?;
        let range = range.all();
        if !(range[0].is_finite() && range[0] <= range[1] && range[1].is_finite()) {
            return Err(format!(
                "log_snr is {range:?}, not a range from low to high"
            ));
        }
        let mean = self.optional("mean", &[dim], "d")?.map(|mean| mean.all());
        Ok(Parameters::TimeBasis {
            basis: TimeBasis::new(count, [range[0], range[1]]),
            offset: self.tensor("basis_bias", &[count, dim], "K d")?,
            mean: mean.map(|mean| Col::from_fn(dim, |i| mean[i])),
            weight,
        })
    }
}
