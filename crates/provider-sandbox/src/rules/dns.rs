//! Records and signing of zones.

use value::Value;

use super::Verdict;
use crate::call::Call;
use crate::facts::refuse;
use crate::object::Object;
use crate::shape::same_name;

const ZONE: &str = "AWS::Route53::HostedZone";

fn plain(name: &str) -> String {
    same_name(ZONE, name)
}

pub(super) fn record(call: &Call<'_>) -> Verdict {
    let (name, ty) = (plain(call.text("Name").unwrap_or_default()), call.text("Type").unwrap_or_default());
    let given = |property: &str| call.get(property).is_some();
    if given("HostedZoneId") == given("HostedZoneName") {
        return Err(refuse("InvalidInput", "exactly one of HostedZoneId and HostedZoneName must be provided"));
    }
    if given("AliasTarget") == given("ResourceRecords") {
        let message = format!("{name} {ty}: exactly one of AliasTarget and ResourceRecords must be provided");
        return Err(refuse("InvalidInput", message));
    }
    if given("ResourceRecords") && !given("TTL") {
        return Err(refuse("InvalidInput", format!("{name} {ty}: TTL must be provided with ResourceRecords")));
    }
    let by_name = || {
        let wanted = plain(call.text("HostedZoneName")?);
        let scope = call.site.scope(ZONE);
        call.world.of_type(ZONE, &scope).find(|zone| zone.text("Name").map(plain).as_ref() == Some(&wanted))
    };
    let zone = call.referred("HostedZoneId", ZONE).or_else(by_name);
    if zone.is_none() && given("HostedZoneName") {
        let wanted = call.text("HostedZoneName").unwrap_or_default();
        if call.assumed.holds(wanted) {
            return Ok(());
        }
        return Err(refuse("NoSuchHostedZone", format!("HostedZoneName: there is no hosted zone `{wanted}`")));
    }
    let Some(zone) = zone else { return Ok(()) };
    let apex = plain(zone.text("Name").unwrap_or_default());
    if name != apex && !name.ends_with(&format!(".{apex}")) {
        let message = format!("the record `{name}` is not permitted in the zone `{apex}`");
        return Err(refuse("InvalidChangeBatch", message));
    }
    if ty == "CNAME" && name == apex {
        let message = format!("a CNAME is not permitted at the apex of the zone `{apex}`");
        return Err(refuse("InvalidChangeBatch", message));
    }
    let mut others = call.siblings_of(&zone.key).filter(|other| other.text("Name").map(plain).as_ref() == Some(&name));
    let clash = others.find(|other| {
        let other_ty = other.text("Type").unwrap_or_default();
        let same_set = other.text("SetIdentifier") == call.text("SetIdentifier");
        (other_ty == ty && same_set) || (other_ty != ty && (ty == "CNAME" || other_ty == "CNAME"))
    });
    match clash {
        Some(other) => {
            let other_ty = other.text("Type").unwrap_or_default();
            let message = format!(
                "tried to create `{name}` of type {ty}, but there is one of type {other_ty} in the zone `{apex}`"
            );
            Err(refuse("InvalidChangeBatch", message))
        }
        None => Ok(()),
    }
}

pub(super) fn signing_key(call: &Call<'_>) -> Verdict {
    let name = call.text("Name").unwrap_or_default();
    let allowed = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && (3..=128).contains(&name.len());
    if !allowed {
        let message = format!("`{name}` must hold 3 to 128 letters, digits and underscores");
        return Err(refuse("InvalidKeySigningKeyName", message));
    }
    if let Some(key) = call.referred("KeyManagementServiceArn", "AWS::KMS::Key") {
        let of_kind = key.text("KeySpec") == Some("ECC_NIST_P256") && key.text("KeyUsage") == Some("SIGN_VERIFY");
        if !of_kind {
            let message = format!("the key `{}` must be of spec ECC_NIST_P256 and usage SIGN_VERIFY", key.key.id);
            return Err(refuse("InvalidKMSArn", message));
        }
    }
    let Some(zone) = call.referred("HostedZoneId", ZONE) else { return Ok(()) };
    if call.siblings_of(&zone.key).count() >= 2 {
        let message = format!("the zone `{}` has two key-signing keys already", zone.key.id);
        return Err(refuse("TooManyKeySigningKeys", message));
    }
    Ok(())
}

pub(super) fn signing(call: &Call<'_>) -> Verdict {
    let Some(zone) = call.referred("HostedZoneId", ZONE) else { return Ok(()) };
    let mut keys = call.world.users_of_type(&zone.key, "AWS::Route53::KeySigningKey");
    if keys.any(is_active) {
        return Ok(());
    }
    let message = format!("the zone `{}` has no active key-signing key", zone.key.id);
    Err(refuse("KeySigningKeyWithActiveStatusNotFound", message))
}

fn is_active(key: &Object) -> bool {
    key.get("Status").and_then(Value::as_str) == Some("ACTIVE")
}

/// A key that is switched off must not be the last of a signing zone.
pub(super) fn status_change(call: &Call<'_>, current: &Object) -> Verdict {
    if call.text("Status") == Some("INACTIVE") { signing_key_unused(call, current) } else { Ok(()) }
}

/// The last active key of a signing zone cannot go: signing is disabled first.
pub(super) fn signing_key_unused(call: &Call<'_>, current: &Object) -> Verdict {
    if !is_active(current) {
        return Ok(());
    }
    let mut zones = current.uses.iter().filter(|key| key.ty == ZONE);
    let needs = |zone: &&crate::object::Key| {
        let mut others = call.world.users_of_type(zone, "AWS::Route53::KeySigningKey");
        let signing = call.world.users_of_type(zone, "AWS::Route53::DNSSEC").next().is_some();
        signing && !others.any(|key| key.key != current.key && is_active(key))
    };
    match zones.find(needs) {
        Some(zone) => {
            let (key, zone) = (&current.key.id, &zone.id);
            let message = format!("`{key}` is the only active key-signing key of the zone `{zone}`, which signs");
            Err(refuse("KeySigningKeyInUse", message))
        }
        None => Ok(()),
    }
}
