//! The types of instances, by what they are for.

use plan::prelude::*;

macro_rules! types {
    ($($variant:ident = $key:literal is $ty:literal,)*) => {
        /// A type of instances, as configuration names it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Config)]
        pub enum InstanceType {
            $(
                #[doc = concat!("`", $ty, "`.")]
                #[config(key = $key)]
                $variant,
            )*
        }

        impl InstanceType {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The one of a name: `burstable_micro`.
            pub fn named(name: &str) -> Option<Self> {
                match name { $($key => Some(Self::$variant),)* _ => None }
            }

            /// The vendor's name: `t3a.micro`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $ty),* }
            }
        }
    };
}

types! {
    BurstableNano = "burstable_nano" is "t3a.nano",
    BurstableMicro = "burstable_micro" is "t3a.micro",
    BurstableSmall = "burstable_small" is "t3a.small",
    BurstableMedium = "burstable_medium" is "t3a.medium",
    BurstableLarge = "burstable_large" is "t3a.large",
    BurstableXlarge = "burstable_xlarge" is "t3a.xlarge",
    GeneralPurposeLarge = "general_purpose_large" is "m7a.large",
    GeneralPurposeXlarge = "general_purpose_xlarge" is "m7a.xlarge",
    GeneralPurpose2xlarge = "general_purpose_2xlarge" is "m7a.2xlarge",
    GeneralPurposeIntelLarge = "general_purpose_intel_large" is "m7i.large",
    GeneralPurposeIntelXlarge = "general_purpose_intel_xlarge" is "m7i.xlarge",
    GeneralPurposeIntel2xlarge = "general_purpose_intel_2xlarge" is "m7i.2xlarge",
    GeneralPurposeIntelFlexLarge = "general_purpose_intel_flex_large" is "m8i-flex.large",
    GeneralPurposeIntelFlexXlarge = "general_purpose_intel_flex_xlarge" is "m8i-flex.xlarge",
    GeneralPurposeIntelFlex2xlarge = "general_purpose_intel_flex_2xlarge" is "m8i-flex.2xlarge",
    GeneralPurposeIntelFlex4xlarge = "general_purpose_intel_flex_4xlarge" is "m8i-flex.4xlarge",
    ComputeIntelFlexXlarge = "compute_intel_flex_xlarge" is "c8i-flex.xlarge",
    HighMemRegular = "high_mem_regular" is "r7a.large",
    HighMemXlarge = "high_mem_xlarge" is "r7a.xlarge",
    HighMem2xlarge = "high_mem_2xlarge" is "r7a.2xlarge",
    HighMem4xlarge = "high_mem_4xlarge" is "r7a.4xlarge",
    HighMem8xlarge = "high_mem_8xlarge" is "r7a.8xlarge",
    GpuXlarge = "gpu_xlarge" is "g4dn.xlarge",
    Gpu2xlarge = "gpu_2xlarge" is "g4dn.2xlarge",
}

#[cfg(test)]
mod tests {
    use super::InstanceType;

    #[test]
    fn there_are_twenty_four_types_and_each_is_another() {
        let mut types: Vec<&str> = InstanceType::ALL.iter().map(|ty| ty.as_str()).collect();
        types.sort_unstable();
        types.dedup();
        assert_eq!(types.len(), 24);
    }
}
