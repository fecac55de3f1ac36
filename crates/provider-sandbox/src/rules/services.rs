//! Buckets, topics, load balancing and auto scaling.

use value::Value;

use super::Verdict;
use crate::call::Call;
use crate::facts::refuse;

pub(super) fn bucket(call: &Call<'_>) -> Verdict {
    let Some(name) = call.text("BucketName") else { return Ok(()) };
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let outer = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_address = name.split('.').count() == 4 && name.split('.').all(|part| part.parse::<u8>().is_ok());
    let fits = (3..=63).contains(&name.len())
        && name.chars().all(inner)
        && name.starts_with(outer)
        && name.ends_with(outer)
        && !name.contains("..")
        && !name.starts_with("xn--")
        && !is_address;
    if fits {
        return Ok(());
    }
    let message = format!("`{name}` must hold 3 to 63 lower-case letters, digits, dots and hyphens, and no address");
    Err(refuse("InvalidBucketName", message))
}

pub(super) fn bucket_policy(call: &Call<'_>) -> Verdict {
    match call.get("PolicyDocument") {
        Some(Value::Map(document)) if !document.contains_key("Statement") => {
            Err(refuse("MalformedPolicy", "PolicyDocument: a policy document has a Statement"))
        }
        _ => Ok(()),
    }
}

pub(super) fn topic(call: &Call<'_>) -> Verdict {
    let Some(name) = call.text("TopicName") else { return Ok(()) };
    let fifo = call.get("FifoTopic").and_then(Value::as_bool) == Some(true);
    let (base, ends_fifo) = name.strip_suffix(".fifo").map_or((name, false), |base| (base, true));
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.len() > 256 || base.is_empty() || !base.chars().all(allowed) || fifo != ends_fifo {
        let message = format!("TopicName: `{name}` must hold letters, digits, hyphens and underscores");
        return Err(refuse("InvalidParameter", message));
    }
    Ok(())
}

/// Names of load balancers and target groups.
pub(super) fn balancing_name(call: &Call<'_>) -> Verdict {
    let Some(name) = call.text("Name") else { return Ok(()) };
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let fits = (1..=32).contains(&name.len()) && name.chars().all(allowed) && name.trim_matches('-') == name;
    if fits && !name.starts_with("internal-") {
        return Ok(());
    }
    let message = format!(
        "Name: `{name}` must hold 1 to 32 letters, digits and hyphens, and begin with none nor with `internal-`"
    );
    Err(refuse("ValidationError", message))
}

/// A group has as many instances as it wants, within its bounds.
pub(super) fn sizes(call: &Call<'_>) -> Verdict {
    let size = |name| call.text(name).and_then(|text| text.parse::<u32>().ok());
    let (least, wanted, most) = (size("MinSize"), size("DesiredCapacity"), size("MaxSize"));
    let within = |low: Option<u32>, high: Option<u32>| !matches!((low, high), (Some(low), Some(high)) if low > high);
    if within(least, most) && within(least, wanted) && within(wanted, most) {
        return Ok(());
    }
    Err(refuse("ValidationError", "MinSize, DesiredCapacity and MaxSize must not be one above the next"))
}
