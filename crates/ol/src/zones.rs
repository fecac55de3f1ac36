//! Availability zones.

use plan::prelude::*;
use world::AvailabilityZones;

/// The region that everything is in.
pub const REGION: &str = "us-east-1";

/// A zone without room for the instance types that are used.
const AVOIDED: &str = "us-east-1e";

/// The availability zones that things are spread over, in order.
///
/// # Errors
/// If the world lock does not say.
#[track_caller]
pub fn zones(stack: &Stack) -> Result<Vec<String>> {
    let mut zones = stack.world(AvailabilityZones::of(REGION))?;
    zones.retain(|zone| zone != AVOIDED);
    Ok(zones)
}
