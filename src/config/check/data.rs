//! The section `data`.

use std::path::PathBuf;

use super::{Check, not_negative, positive};
use crate::config::error::{ConfigError, Problem};
use crate::config::names::{Named, SourceName};
use crate::config::raw::{CountOrWord, RawData};
use crate::config::{
    Color, Columns, DataConfig, Decimal, Delimiter, Draw, Header, Mean, Reading, RealData,
    RowsOrigin, Samples, Scale, Source,
};

/// The largest dimension of a synthetic source: a single covariance then takes 34 GB.
const MAX_DIM: usize = 65_536;

impl Source {
    /// As it is written in `data.source`.
    pub fn name(&self) -> &'static str {
        let name = match self {
            Source::PowerLaw { .. } => SourceName::PowerLaw,
            Source::Spiked { .. } => SourceName::Spiked,
            Source::Spectrum { .. } => SourceName::Spectrum,
            Source::Real(real) => match real.origin {
                RowsOrigin::Digits => SourceName::Digits,
                RowsOrigin::File { .. } => SourceName::File,
            },
        };
        name.name()
    }
}

impl Check<'_> {
    pub(super) fn data(&self, raw: &RawData) -> Result<DataConfig, ConfigError> {
        if raw.source.is_none() {
            return Err(self.missing("data.source"));
        }
        let source = match self.choice("data.source", &raw.source, SourceName::PowerLaw)? {
            SourceName::PowerLaw => Source::PowerLaw {
                dim: self.dim(raw)?,
                exponent: self.number("data.exponent", raw.exponent, 1.0, not_negative)?,
            },
            SourceName::Spiked => {
                let dim = self.dim(raw)?;
                let spikes = self.spikes(raw, dim)?;
                Source::Spiked { dim, spikes }
            }
            SourceName::Spectrum => Source::Spectrum {
                path: self.path("data.path", &raw.path)?,
            },
            SourceName::Digits => Source::Real(self.real(raw, RowsOrigin::Digits)?),
            SourceName::File => {
                if raw.array.as_deref() == Some("") {
                    return Err(self.invalid("data.array"));
                }
                let origin = RowsOrigin::File {
                    path: self.path("data.path", &raw.path)?,
                    array: raw.array.clone(),
                };
                let real = self.real(raw, origin)?;
                Source::Real(RealData {
                    columns: self.columns(raw)?,
                    group: raw.group,
                    reading: self.reading(raw)?,
                    ..real
                })
            }
        };
        let of_file = matches!(&source, Source::Real(real) if real.origin != RowsOrigin::Digits);
        let given = self.samples(raw)?;
        // A file's rows are what a user means by it; and all or half of the rows can only be rows.
        let default = match given {
            Some(Samples::All | Samples::Half) => Draw::Rows,
            _ if of_file => Draw::Rows,
            _ => Draw::Gaussian,
        };
        let draw = self.choice("data.draw", &raw.draw, default)?;
        let samples = given.unwrap_or(if of_file && draw == Draw::Rows {
            Samples::Half
        } else {
            Samples::Count(400)
        });
        let data = DataConfig {
            source,
            samples,
            draw,
            mean: self.choice("data.mean", &raw.mean, Mean::Fitted)?,
        };
        self.contradictions(&data)?;
        Ok(data)
    }

    fn contradictions(&self, data: &DataConfig) -> Result<(), ConfigError> {
        let real = match &data.source {
            Source::Real(real) => Some(real),
            _ => None,
        };
        let counted = matches!(data.samples, Samples::Count(_));
        if real.is_none() && !counted {
            let source = data.source.name();
            let reason = format!("{source:?} has no rows of its own: needs a number of draws");
            return Err(self.conflict("data.samples", reason));
        }
        if real.is_none() && data.draw == Draw::Rows {
            let source = data.source.name();
            let reason = format!(r#"{source:?} has no rows of its own: needs "gaussian""#);
            return Err(self.conflict("data.draw", reason));
        }
        if data.draw == Draw::Gaussian && !counted {
            let reason = r#"data.draw = "gaussian" draws any number of vectors: needs a number, or data.draw = "rows""#;
            return Err(self.conflict("data.samples", reason));
        }
        if data.draw == Draw::Gaussian && real.is_some_and(|real| real.group.is_some()) {
            let reason =
                r#"groups are of rows, and data.draw is "gaussian": needs data.draw = "rows""#;
            return Err(self.conflict("data.group", reason));
        }
        Ok(())
    }

    fn real(&self, raw: &RawData, origin: RowsOrigin) -> Result<RealData, ConfigError> {
        Ok(RealData {
            origin,
            columns: None,
            group: None,
            reading: Reading::default(),
            pool: self.count("data.pool", raw.pool, 1, positive)?,
            scale: self.choice("data.scale", &raw.scale, Scale::Trace)?,
            min_variance: self.number(
                "data.min_variance",
                raw.min_variance,
                1e-12,
                not_negative,
            )?,
        })
    }

    fn dim(&self, raw: &RawData) -> Result<usize, ConfigError> {
        self.count("data.dim", raw.dim, 200, |dim| (1..=MAX_DIM).contains(&dim))
    }

    fn spikes(&self, raw: &RawData, dim: usize) -> Result<Vec<f64>, ConfigError> {
        let spikes = match &raw.spikes {
            Some(spikes) => spikes.clone(),
            // The default must fit into one dimension too.
            None => [5.0, 3.0].into_iter().take(dim).collect(),
        };
        let allowed = |spike: &f64| spike.is_finite() && *spike > 0.0;
        if spikes.len() > dim || !spikes.iter().all(allowed) {
            return Err(self.invalid("data.spikes"));
        }
        Ok(spikes)
    }

    fn samples(&self, raw: &RawData) -> Result<Option<Samples>, ConfigError> {
        match &raw.samples {
            None => Ok(None),
            Some(CountOrWord::Count(count)) if *count > 0 => Ok(Some(Samples::Count(*count))),
            Some(CountOrWord::Word(word)) if word == "all" => Ok(Some(Samples::All)),
            Some(CountOrWord::Word(word)) if word == "half" => Ok(Some(Samples::Half)),
            Some(_) => Err(self.invalid("data.samples")),
        }
    }

    fn columns(&self, raw: &RawData) -> Result<Option<Columns>, ConfigError> {
        let Some(text) = &raw.columns else {
            return Ok(None);
        };
        let columns = text.parse::<Columns>();
        columns.map(Some).map_err(|()| self.invalid("data.columns"))
    }

    fn reading(&self, raw: &RawData) -> Result<Reading, ConfigError> {
        let color = self.choice("data.color", &raw.color, Color::Grey)?;
        if color == Color::Rgb && raw.pool.is_some_and(|pool| pool > 1) {
            return Err(self.conflict("data.color", "data.pool is of grey pictures"));
        }
        Ok(Reading {
            header: self.choice("data.header", &raw.header, Header::Auto)?,
            delimiter: self.choice("data.delimiter", &raw.delimiter, Delimiter::Auto)?,
            decimal: self.choice("data.decimal", &raw.decimal, Decimal::Auto)?,
            color,
        })
    }

    /// An absolute path that can be written into a resolved file.
    pub(super) fn path(
        &self,
        key: &'static str,
        path: &Option<String>,
    ) -> Result<PathBuf, ConfigError> {
        let path = path.as_ref().ok_or_else(|| self.missing(key))?;
        if path.is_empty() || path.contains('\0') {
            return Err(self.invalid(key));
        }
        let absolute = self.written.absolute(key, path);
        let path = absolute.map_err(|_| self.invalid(key))?;
        match path.to_str() {
            Some(_) => Ok(path),
            None => Err(self.at_file(Problem::NotUtf8 { key, path }, key)),
        }
    }
}
