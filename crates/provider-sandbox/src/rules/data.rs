//! Databases and caches.

use std::collections::BTreeSet;

use value::Value;

use super::Verdict;
use crate::call::Call;
use crate::facts::refuse;
use crate::object::Object;

const ENGINES: [&str; 9] =
    ["postgres", "mysql", "mariadb", "aurora-mysql", "aurora-postgresql", "oracle", "sqlserver", "custom", "db2"];

pub(super) fn instance(call: &Call<'_>) -> Verdict {
    let creates = call.current.is_none();
    let replica = call.text("SourceDBInstanceIdentifier").is_some();
    let copied = replica
        || ["DBSnapshotIdentifier", "DBClusterIdentifier", "DBClusterSnapshotIdentifier", "SourceDbiResourceId"]
            .iter()
            .any(|name| call.get(name).is_some());
    if let Some(engine) = call.text("Engine")
        && !ENGINES.iter().any(|known| engine == *known || engine.starts_with(&format!("{known}-")))
    {
        return Err(refuse("InvalidParameterValue", format!("invalid DB engine `{engine}`")));
    }
    if creates && !copied {
        let managed = call.get("ManageMasterUserPassword").and_then(Value::as_bool) == Some(true);
        let needed = [
            ("Engine", false),
            ("DBInstanceClass", false),
            ("AllocatedStorage", false),
            ("MasterUsername", false),
            ("MasterUserPassword", managed),
        ];
        if let Some((name, _)) = needed.iter().find(|(name, waived)| !waived && call.get(name).is_none()) {
            return Err(refuse("InvalidParameterValue", format!("{name} must be provided")));
        }
    }
    if let Some(name) = call.text("DBInstanceIdentifier") {
        identifier("DBInstanceIdentifier", name, 63)?;
    }
    source(call)?;
    let storage = |name: &str| call.get(name).and_then(|v| v.as_int().or_else(|| v.as_str()?.parse().ok()));
    if let (Some(now), Some(most)) = (storage("AllocatedStorage"), storage("MaxAllocatedStorage"))
        && most < now
    {
        let message = format!("MaxAllocatedStorage ({most}) must not be less than AllocatedStorage ({now})");
        return Err(refuse("InvalidParameterCombination", message));
    }
    family(call)?;
    networks(call)
}

/// Rules of what a replica copies.
fn source(call: &Call<'_>) -> Verdict {
    let Some(name) = call.text("SourceDBInstanceIdentifier").filter(|_| call.current.is_none()) else { return Ok(()) };
    match call.find("AWS::RDS::DBInstance", name) {
        None if call.assumed.holds(name) => Ok(()),
        None => {
            Err(refuse("DBInstanceNotFound", format!("SourceDBInstanceIdentifier: there is no DB instance `{name}`")))
        }
        Some(source) if source.get("BackupRetentionPeriod").and_then(Value::as_int) == Some(0) => {
            let message = format!("automated backups are not enabled for the source instance `{name}`");
            Err(refuse("InvalidDBInstanceState", message))
        }
        Some(_) => Ok(()),
    }
}

/// A parameter group must be of the engine's family.
fn family(call: &Call<'_>) -> Verdict {
    let group = call.referred("DBParameterGroupName", "AWS::RDS::DBParameterGroup");
    let (Some(group), Some(engine)) = (group, call.text("Engine")) else { return Ok(()) };
    let family = group.text("Family").unwrap_or_default();
    let version = call.text("EngineVersion").unwrap_or_default();
    // `postgres16`, `mysql8.0`, `mariadb11.8`: the engine and the major version.
    let major = family.trim_start_matches(|c: char| !c.is_ascii_digit());
    let of_engine = family.strip_suffix(major) == Some(engine) || family.starts_with(&format!("{engine}-"));
    let of_version = version.is_empty() || version == major || version.starts_with(&format!("{major}."));
    if of_engine && (of_version || family.contains('-')) {
        return Ok(());
    }
    let message =
        format!("the parameter group `{}` of family {family} cannot be used with {engine} {version}", group.key.id);
    Err(refuse("InvalidParameterCombination", message))
}

/// Security groups must be of the VPC that the subnet group is in.
fn networks(call: &Call<'_>) -> Verdict {
    let Some(group) = call.referred("DBSubnetGroupName", "AWS::RDS::DBSubnetGroup") else { return Ok(()) };
    let Some(vpc) = vpc_of_subnets(call, group) else { return Ok(()) };
    let ids = call.get("VPCSecurityGroups").and_then(Value::as_list).unwrap_or_default();
    same_vpc(call, ids, &vpc, "DB instance")
}

fn same_vpc(call: &Call<'_>, ids: &[Value], vpc: &str, what: &str) -> Verdict {
    for id in ids.iter().filter_map(Value::as_str) {
        let Some(group) = call.find("AWS::EC2::SecurityGroup", id) else { continue };
        if group.text("VpcId").is_some_and(|other| other != vpc) {
            let message = format!("the {what} (in `{vpc}`) and the security group `{id}` are in different VPCs");
            return Err(refuse("InvalidParameterCombination", message));
        }
    }
    Ok(())
}

fn vpc_of_subnets(call: &Call<'_>, group: &Object) -> Option<String> {
    let subnets = group.uses.iter().filter_map(|key| call.world.get(key));
    subnets.filter(|object| object.key.ty == "AWS::EC2::Subnet").find_map(|s| s.text("VpcId")).map(str::to_owned)
}

fn identifier(place: &str, name: &str, max: usize) -> Verdict {
    let fits = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !name.ends_with('-')
        && !name.contains("--")
        && name.len() <= max;
    if fits {
        return Ok(());
    }
    let message = format!(
        "{place}: `{name}` must begin with a letter, hold letters, digits and single hyphens, not end with one, and \
         have at most {max} characters"
    );
    Err(refuse("InvalidParameterValue", message))
}

pub(super) fn subnet_group(call: &Call<'_>) -> Verdict {
    let ids = call.get("SubnetIds").and_then(Value::as_list).unwrap_or_default();
    let subnets: Vec<&Object> =
        ids.iter().filter_map(Value::as_str).filter_map(|id| call.find("AWS::EC2::Subnet", id)).collect();
    let vpcs: BTreeSet<&str> = subnets.iter().filter_map(|subnet| subnet.text("VpcId")).collect();
    if vpcs.len() > 1 {
        let shown: Vec<&str> = vpcs.into_iter().collect();
        return Err(refuse("InvalidSubnet", format!("the subnets are in several VPCs: {}", shown.join(", "))));
    }
    let zones: BTreeSet<&str> = subnets.iter().filter_map(|subnet| subnet.text("AvailabilityZone")).collect();
    if call.ty() == "AWS::RDS::DBSubnetGroup" && subnets.len() == ids.len() && zones.len() < 2 {
        let message = "the subnets cover fewer than two availability zones";
        return Err(refuse("DBSubnetGroupDoesNotCoverEnoughAZs", message));
    }
    Ok(())
}

/// An instance under deletion protection stays.
pub(super) fn deletable(current: &Object) -> Verdict {
    if current.get("DeletionProtection").and_then(Value::as_bool) == Some(true) {
        let id = &current.key.id;
        let message = format!("cannot delete protected DB instance `{id}`: disable deletion protection and try again");
        return Err(refuse("InvalidParameterCombination", message));
    }
    Ok(())
}

pub(super) fn replication_group(call: &Call<'_>) -> Verdict {
    if let Some(name) = call.text("ReplicationGroupId") {
        identifier("ReplicationGroupId", name, 40)?;
    }
    let yes = |name: &str| call.get(name).and_then(Value::as_bool) == Some(true);
    let number = |name: &str| call.get(name).and_then(Value::as_int);
    if call.get("AuthToken").is_some() && !yes("TransitEncryptionEnabled") {
        let message = "AuthToken needs TransitEncryptionEnabled";
        return Err(refuse("InvalidParameterCombination", message));
    }
    if number("NumCacheClusters").is_some() && number("NumNodeGroups").is_some_and(|n| n > 1) {
        let message = "NumCacheClusters and NumNodeGroups cannot be provided together";
        return Err(refuse("InvalidParameterCombination", message));
    }
    let alone = number("NumCacheClusters") == Some(1);
    if yes("AutomaticFailoverEnabled") && alone {
        let message = "AutomaticFailoverEnabled needs a replica: NumCacheClusters must be 2 at least";
        return Err(refuse("InvalidParameterCombination", message));
    }
    if yes("MultiAZEnabled") && !yes("AutomaticFailoverEnabled") {
        let message = "MultiAZEnabled needs AutomaticFailoverEnabled";
        return Err(refuse("InvalidParameterCombination", message));
    }
    let Some(group) = call.referred("CacheSubnetGroupName", "AWS::ElastiCache::SubnetGroup") else { return Ok(()) };
    let Some(vpc) = vpc_of_subnets(call, group) else { return Ok(()) };
    let ids = call.get("SecurityGroupIds").and_then(Value::as_list).unwrap_or_default();
    same_vpc(call, ids, &vpc, "replication group")
}
