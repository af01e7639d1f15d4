//! The figures, one in each file.

mod consistency;
mod copying;
mod directions;
mod early_stopping;
mod kl_universality;
mod kl_vs_n;
mod losses_vs_n;
mod losses_vs_noise;
mod nonlinear;
mod ridge;
mod rows;
mod spectra;
mod structured;

use super::figure::Maker;

/// Every figure, in the order of the report.
pub(super) const FIGURES: [Maker; 13] = [
    Maker::of::<spectra::Spectra>(),
    Maker::of::<losses_vs_n::LossesVsN>(),
    Maker::of::<losses_vs_noise::LossesVsNoise>(),
    Maker::of::<ridge::Ridge>(),
    Maker::of::<early_stopping::EarlyStopping>(),
    Maker::of::<kl_vs_n::KlVsN>(),
    Maker::of::<kl_universality::KlUniversality>(),
    Maker::of::<directions::Directions>(),
    Maker::of::<consistency::Consistency>(),
    Maker::of::<rows::NotGaussian>(),
    Maker::of::<copying::CopyingScale>(),
    Maker::of::<structured::StructuredNetworks>(),
    Maker::of::<nonlinear::NonLinear>(),
];
