//! Ids as the vendor makes them, derived from the call's token, so that a run can be repeated.

use value::Digest;

/// Makes ids for one call.
#[derive(Debug, Clone)]
pub(crate) struct Ids {
    token: String,
    /// Counts on where an id is taken already.
    pub(crate) attempt: u32,
}

impl Ids {
    pub(crate) fn new(token: &str) -> Self {
        Self { token: token.to_owned(), attempt: 0 }
    }

    fn digest(&self, what: &str) -> Digest {
        let attempt = self.attempt.to_le_bytes();
        Digest::of_parts("sandbox/id/1", [self.token.as_bytes(), what.as_bytes(), &attempt])
    }

    /// `n` hexadecimal digits, at most 64.
    pub(crate) fn hex(&self, what: &str, n: usize) -> String {
        self.digest(what).short(n)
    }

    /// `n` capital letters and digits, at most 51.
    pub(crate) fn upper(&self, what: &str, n: usize) -> String {
        self.digest(what).base32(n).to_uppercase()
    }

    /// An EC2 id: `vpc-0` and 16 hexadecimal digits.
    pub(crate) fn ec2(&self, prefix: &str) -> String {
        format!("{prefix}-0{}", self.hex(prefix, 16))
    }

    /// A UUID (version 4 in form).
    pub(crate) fn uuid(&self, what: &str) -> String {
        let hex = self.hex(what, 32);
        format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }

    /// A number below `bound`.
    pub(crate) fn number(&self, what: &str, bound: u32) -> u32 {
        let bytes = *self.digest(what).as_bytes();
        u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) % bound.max(1)
    }

    /// The value that is different and the same shape: what to take if the first is taken.
    pub(crate) fn next(&self) -> Self {
        Self { token: self.token.clone(), attempt: self.attempt + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::Ids;

    #[test]
    fn ids_are_shaped_like_the_vendors() {
        let ids = Ids::new("token");
        let vpc = ids.ec2("vpc");
        assert!(vpc.starts_with("vpc-0") && vpc.len() == "vpc-".len() + 17, "{vpc}");
        let uuid = ids.uuid("key");
        assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{uuid}");
        assert_eq!(ids.upper("zone", 20).len(), 20);
    }

    #[test]
    fn ids_differ_by_token_kind_and_attempt_and_by_nothing_else() {
        let ids = Ids::new("token");
        assert_eq!(ids.ec2("vpc"), Ids::new("token").ec2("vpc"));
        let others = [ids.next().ec2("vpc"), Ids::new("other").ec2("vpc"), ids.ec2("eip").replace("eip", "vpc")];
        assert!(others.iter().all(|other| *other != ids.ec2("vpc")), "{others:?}");
    }
}
