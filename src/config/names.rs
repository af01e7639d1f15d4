//! The names under which choices are written.

use super::{
    BackendName, Basis, Color, Decimal, Delimiter, Draw, Header, Mean, ModelKind, Precision,
    RateSchedule, SamplerKind, Scale, Target, Variance,
};

/// A choice that is written as a word.
pub trait Named: Copy + PartialEq + Sized + 'static {
    /// Every choice with its name.
    const NAMES: &'static [(&'static str, Self)];

    /// How the choice is written.
    fn name(self) -> &'static str {
        let named = Self::NAMES.iter().find(|(_, choice)| *choice == self);
        named.map_or("", |(name, _)| name)
    }

    /// The choice that is written so.
    fn named(name: &str) -> Option<Self> {
        let named = Self::NAMES.iter().find(|(known, _)| *known == name);
        named.map(|(_, choice)| *choice)
    }
}

macro_rules! named {
    ($($type:ident { $($name:literal: $choice:ident),+ $(,)? })+) => {
        $(impl Named for $type {
            const NAMES: &'static [(&'static str, Self)] = &[$(($name, $type::$choice)),+];
        })+
    };
}

named! {
    Scale { "trace": Trace, "columns": Columns, "none": None }
    Header { "auto": Auto, "yes": Yes, "no": No }
    Delimiter { "auto": Auto, ",": Comma, ";": Semicolon, "tab": Tab, "bar": Bar, "space": Space }
    Decimal { "auto": Auto, ".": Point, ",": Comma }
    Color { "grey": Grey, "rgb": Rgb }
    Mean { "fitted": Fitted, "known": Known }
    Draw { "gaussian": Gaussian, "rows": Rows }
    ModelName { "per-step": PerStep, "time-basis": TimeBasis, "two-layer": TwoLayer }
    Target { "eps": Eps, "x0": X0, "v": V, "score": Score }
    RateSchedule { "constant": Constant, "cosine": Cosine }
    Basis { "auto": Auto, "data": Data, "eigen": Eigen }
    Variance { "beta": Beta, "posterior": Posterior }
    BackendName { "flex": Flex, "ndarray": NdArray, "wgpu": Wgpu, "cuda": Cuda }
    Precision { "f32": F32, "f64": F64 }
    SourceName {
        "power-law": PowerLaw,
        "spiked": Spiked,
        "spectrum": Spectrum,
        "digits": Digits,
        "file": File,
    }
    ScheduleName { "linear": Linear, "cosine": Cosine, "file": File }
    ObjectiveName { "exact": Exact, "sampled": Sampled, "frozen": Frozen }
    OptimizerName { "sgd": Sgd, "adam": Adam, "adamw": AdamW, "closed-form": ClosedForm }
    SamplerName { "ddpm": Ddpm, "sde": Sde, "ode": Ode, "heun": Heun, "ddim": Ddim }
}

impl SamplerKind {
    /// How the sampler is written.
    pub fn name(self) -> &'static str {
        let bare = match self {
            SamplerKind::Ddpm(_) => SamplerName::Ddpm,
            SamplerKind::Sde => SamplerName::Sde,
            SamplerKind::Ode => SamplerName::Ode,
            SamplerKind::Heun => SamplerName::Heun,
            SamplerKind::Ddim => SamplerName::Ddim,
        };
        bare.name()
    }
}

impl ModelKind {
    /// How the kind of model is written.
    pub fn name(self) -> &'static str {
        let bare = match self {
            ModelKind::PerStep => ModelName::PerStep,
            ModelKind::TimeBasis { .. } => ModelName::TimeBasis,
            ModelKind::TwoLayer { .. } => ModelName::TwoLayer,
        };
        bare.name()
    }
}

// The bare names of choices that carry settings of their own.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SourceName {
    PowerLaw,
    Spiked,
    Spectrum,
    Digits,
    File,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScheduleName {
    Linear,
    Cosine,
    File,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ModelName {
    PerStep,
    TimeBasis,
    TwoLayer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ObjectiveName {
    Exact,
    Sampled,
    Frozen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OptimizerName {
    Sgd,
    Adam,
    AdamW,
    ClosedForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SamplerName {
    Ddpm,
    Sde,
    Ode,
    Heun,
    Ddim,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_choice() {
        for (name, choice) in OptimizerName::NAMES {
            assert_eq!(choice.name(), *name);
            assert_eq!(OptimizerName::named(name), Some(*choice));
        }
        assert_eq!(Basis::named("eigenvectors"), None);
    }
}
