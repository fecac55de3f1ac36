//! The vendor's names as Rust names.

/// Words of a name: `KMSMasterKeyID` is kms, master, key, id; `PreferredAZs` is preferred, azs.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (at, c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            words.push(std::mem::take(&mut word));
            continue;
        }
        let before = at.checked_sub(1).and_then(|i| chars.get(i));
        let after = chars.get(at + 1);
        let after_lower = before.is_some_and(|b| b.is_lowercase() || b.is_ascii_digit());
        let ends_capitals = before.is_some_and(|b| b.is_uppercase())
            && after.is_some_and(|a| a.is_lowercase())
            && !plural(&chars, at + 1);
        if c.is_uppercase() && (after_lower || ends_capitals) {
            words.push(std::mem::take(&mut word));
        }
        word.extend(c.to_lowercase());
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// Whether the `s` at an index makes the plural of the capitals before it: `AZs`, `VPCs`.
fn plural(chars: &[char], at: usize) -> bool {
    chars.get(at) == Some(&'s') && chars.get(at + 1).is_none_or(|next| next.is_uppercase())
}

/// A name in `snake_case`, for functions and modules.
pub(crate) fn snake(name: &str) -> String {
    let snake = words(name).join("_");
    if is_taken(&snake) { format!("{snake}_") } else { snake }
}

/// A name in `UpperCamelCase`, for types.
pub(crate) fn camel(name: &str) -> String {
    words(name)
        .iter()
        .map(|word| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect::<String>())
        .collect()
}

/// Keywords, and the functions that every generated struct has.
fn is_taken(name: &str) -> bool {
    const TAKEN: &[&str] = &[
        "as",
        "async",
        "await",
        "box",
        "break",
        "const",
        "continue",
        "crate",
        "do",
        "dyn",
        "else",
        "enum",
        "extern",
        "false",
        "final",
        "fn",
        "for",
        "gen",
        "if",
        "impl",
        "in",
        "let",
        "loop",
        "macro",
        "match",
        "mod",
        "move",
        "mut",
        "new",
        "override",
        "priv",
        "pub",
        "ref",
        "reference",
        "return",
        "self",
        "static",
        "struct",
        "super",
        "trait",
        "true",
        "try",
        "type",
        "typeof",
        "unsafe",
        "unsized",
        "use",
        "virtual",
        "where",
        "while",
        "yield",
    ];
    TAKEN.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_like_rust() {
        let cases = [
            ("CidrBlock", "cidr_block", "CidrBlock"),
            ("KMSMasterKeyID", "kms_master_key_id", "KmsMasterKeyId"),
            ("DBInstanceIdentifier", "db_instance_identifier", "DbInstanceIdentifier"),
            ("VPCSecurityGroups", "vpc_security_groups", "VpcSecurityGroups"),
            ("Ipv6CidrBlock", "ipv6_cidr_block", "Ipv6CidrBlock"),
            (
                "EnableIAMDatabaseAuthentication",
                "enable_iam_database_authentication",
                "EnableIamDatabaseAuthentication",
            ),
            ("MultiAZ", "multi_az", "MultiAz"),
            ("PreferredCacheClusterAZs", "preferred_cache_cluster_azs", "PreferredCacheClusterAzs"),
            ("VPCs", "vpcs", "Vpcs"),
            ("EnableDns64", "enable_dns64", "EnableDns64"),
            ("S3KeyFilter", "s3_key_filter", "S3KeyFilter"),
            ("DNSSEC", "dnssec", "Dnssec"),
            ("EIP", "eip", "Eip"),
            ("VPCGatewayAttachment", "vpc_gateway_attachment", "VpcGatewayAttachment"),
            ("Type", "type_", "Type"),
            ("database_secret_backend_role", "database_secret_backend_role", "DatabaseSecretBackendRole"),
        ];
        for (name, function, ty) in cases {
            assert_eq!((snake(name).as_str(), camel(name).as_str()), (function, ty), "{name}");
        }
    }
}
