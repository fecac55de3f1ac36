//! What names of resources are made of.

/// What stands for a member in the names of resources: initials, a dash, and a hash of dataset, member and cloud.
///
/// The initials are those of the pieces between dots of what stands before the first `@`. `None` if a piece is empty.
pub fn member_hash(dataset: &str, member: &str, cloud: &str) -> Option<String> {
    let name = member.split('@').next().unwrap_or_default();
    let initials: Option<Vec<char>> = name.split('.').map(|piece| piece.chars().next()).collect();
    let initials: String = initials?.into_iter().flat_map(char::to_uppercase).collect();
    Some(format!("{initials}-{:08x}", xxh32(format!("{dataset}{member}{cloud}").as_bytes())))
}

/// Whether a text can stand for a person in the names of resources.
pub(crate) fn is_person(member: &str) -> bool {
    member_hash("", member, "").is_some()
}

/// What the part between repository and the end is, in the names of accounts that deploy images.
const DEPLOYER: usize = "-img-".len() + "-deployer".len();

/// How many characters the name of an account may have.
pub(crate) const ACCOUNT: usize = 30;

/// The account by which the workflows of a repository push images in an environment: cut where it would be too long.
pub fn deployer_account(repository: &str, environment: &str) -> String {
    let plain = |text: &str| -> String {
        let plain = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' { c } else { '-' };
        text.to_lowercase().chars().map(plain).collect()
    };
    let environment = match plain(environment).as_str() {
        "development" => "dev".to_owned(),
        "production" => "prod".to_owned(),
        other => other.to_owned(),
    };
    let room = ACCOUNT.saturating_sub(DEPLOYER + environment.len());
    let repository: String = plain(repository).chars().take(room).collect();
    let name = format!("{repository}-img-{environment}-deployer");
    // An account begins with a letter; what exists was made so.
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("gh-{}", &name[3..]) } else { name }
}

/// The groups that a dataset has; the name of one begins with the dataset's.
const GROUPS: [&str; 22] = [
    "data-manager",
    "analysis",
    "metadata-access",
    "metadata-contribute",
    "metadata-write",
    "web-access",
    "upload",
    "release-access",
    "test-read",
    "test-full",
    "main-list",
    "main-read",
    "main-create",
    "test",
    "standard",
    "full",
    "images-reader",
    "images-dev-reader",
    "images-writer",
    "images-dev-writer",
    "tmp-main-read-access",
    "sm-hail-wheels-viewers",
];

/// Further ones of metamist, with what each lets do.
const METADATA: [&str; 6] = [
    "sample-metadata-test-read",
    "sample-metadata-test-write",
    "sample-metadata-test-contribute",
    "sample-metadata-main-read",
    "sample-metadata-main-write",
    "sample-metadata-main-contribute",
];

/// The ends of the names of all groups that a dataset may have.
pub fn group_names() -> impl Iterator<Item = &'static str> {
    GROUPS.into_iter().chain(METADATA)
}

const PRIME: [u32; 5] = [0x9E37_79B1, 0x85EB_CA77, 0xC2B2_AE3D, 0x27D4_EB2F, 0x1656_67B1];

/// xxHash of 32 bits, with seed 0. Names of resources that exist were made with it.
fn xxh32(bytes: &[u8]) -> u32 {
    let word = |four: &[u8]| four.iter().rev().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
    let mut stripes = bytes.chunks_exact(16);
    let mut hash = if bytes.len() < 16 {
        PRIME[4]
    } else {
        let mut lanes = [PRIME[0].wrapping_add(PRIME[1]), PRIME[1], 0, 0_u32.wrapping_sub(PRIME[0])];
        for stripe in &mut stripes {
            for (lane, four) in lanes.iter_mut().zip(stripe.chunks_exact(4)) {
                let mixed = lane.wrapping_add(word(four).wrapping_mul(PRIME[1]));
                *lane = mixed.rotate_left(13).wrapping_mul(PRIME[0]);
            }
        }
        lanes.iter().zip([1, 7, 12, 18]).fold(0_u32, |sum, (lane, by)| sum.wrapping_add(lane.rotate_left(by)))
    };
    hash = hash.wrapping_add(u32::try_from(bytes.len() & 0xFFFF_FFFF).unwrap_or_default());
    let rest = if bytes.len() < 16 { bytes } else { stripes.remainder() };
    let mut words = rest.chunks_exact(4);
    for four in &mut words {
        hash = hash.wrapping_add(word(four).wrapping_mul(PRIME[2])).rotate_left(17).wrapping_mul(PRIME[3]);
    }
    for byte in words.remainder() {
        hash = hash.wrapping_add(u32::from(*byte).wrapping_mul(PRIME[4])).rotate_left(11).wrapping_mul(PRIME[0]);
    }
    hash = (hash ^ (hash >> 15)).wrapping_mul(PRIME[1]);
    hash = (hash ^ (hash >> 13)).wrapping_mul(PRIME[2]);
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::{deployer_account, member_hash, xxh32};

    #[test]
    fn accounts_of_workflows_are_those_that_exist() {
        for (repository, environment, wanted) in [
            ("test-repo", "development", "test-repo-img-dev-deployer"),
            ("My_Very.Long-Repo-Name", "production", "my-very-long-img-prod-deployer"),
            ("1kg-tools", "development", "gh--tools-img-dev-deployer"),
        ] {
            assert_eq!(deployer_account(repository, environment), wanted);
        }
    }

    #[test]
    fn hashes_are_those_of_resources_that_exist() {
        for (dataset, member, cloud, wanted) in [
            ("alpha", "ana.lyst", "gcp", "AL-e37791a8"),
            ("alpha", "ana-lyst", "gcp", "A-99dd16a0"),
            ("", "ana.lyst", "gcp", "AL-9d33e410"),
            ("", "dev.ops", "gcp", "DO-ccf65bc4"),
            ("common", "ana-lyst", "gcp", "A-be6f0e4e"),
            ("alpha", "ana.lyst", "azure", "AL-96098a03"),
            ("alpha", "ana-lyst", "azure", "A-794aa689"),
            ("alpha", "up.loader", "gcp", "UL-66b314b6"),
            ("alpha", "tmp.reader", "gcp", "TR-6f154cac"),
            ("dataset", "hello.world@email.com", "", "HW-d51b65ee"),
        ] {
            assert_eq!(member_hash(dataset, member, cloud).as_deref(), Some(wanted));
        }
        assert_eq!(member_hash("alpha", "a..b", "gcp"), None, "a piece without a first letter");
    }

    #[test]
    fn the_published_vectors_of_xxh32_hold() {
        assert_eq!(xxh32(b""), 0x02CC_5D05);
        assert_eq!(xxh32(b"a"), 0x550D_7456);
        assert_eq!(xxh32(b"Nobody inspects the spammish repetition"), 0xE229_3B2F);
    }
}
