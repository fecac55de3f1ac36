//! What RDS and `ElastiCache` set.

use value::Value;

use super::Sheet;

pub(super) fn make(ty: &str, sheet: &mut Sheet<'_>) {
    let ids = sheet.ids;
    let region = sheet.site.place.region.clone();
    match ty {
        "DBInstance" => {
            let name = sheet.name("DBInstanceIdentifier");
            let standard = match sheet.text("Engine") {
                "mysql" | "mariadb" | "aurora-mysql" => "3306",
                engine if engine.starts_with("oracle") => "1521",
                engine if engine.starts_with("sqlserver") => "1433",
                _ => "5432",
            };
            let port = match sheet.get("Port") {
                Some(Value::String(port)) => port.clone(),
                Some(Value::Int(port)) => port.to_string(),
                _ => standard.to_owned(),
            };
            // The middle part is one for all instances of an account in a region.
            let account = crate::ids::Ids::new(&format!("{}/{region}", sheet.site.place.account));
            let host = format!("{name}.c{}.{region}.rds.amazonaws.com", account.hex("rds", 11));
            if sheet.get("Port").is_none() {
                sheet.set("Port", port.clone());
            }
            sheet.set(
                "Endpoint",
                Value::map([("Address", host), ("Port", port), ("HostedZoneId", "Z2R2ITUGPM61AM".to_owned())]),
            );
            sheet.set("DbiResourceId", format!("db-{}", ids.upper("DbiResourceId", 26)));
            sheet.set("DBInstanceArn", sheet.site.arn("rds", &format!("db:{name}")));
            sheet.set("DBInstanceStatus", "available");
            sheet.set("CertificateDetails", Value::map([("CAIdentifier", "rds-ca-rsa2048-g1")]));
            if sheet.get("AvailabilityZone").is_none() {
                sheet.set("AvailabilityZone", format!("{region}a"));
            }
        }
        "DBSubnetGroup" => {
            let name = sheet.name("DBSubnetGroupName");
            sheet.set("DBSubnetGroupArn", sheet.site.arn("rds", &format!("subgrp:{name}")));
        }
        "DBParameterGroup" => {
            let name = sheet.name("DBParameterGroupName");
            sheet.set("DBParameterGroupArn", sheet.site.arn("rds", &format!("pg:{name}")));
        }
        "CacheCluster" => cache_cluster(sheet),
        "ReplicationGroup" => replication_group(sheet),
        "SubnetGroup" => drop(sheet.name("CacheSubnetGroupName")),
        _ => {}
    }
}

/// Several nodes without a primary are found at one address.
fn cache_cluster(sheet: &mut Sheet<'_>) {
    let name = sheet.name("ClusterName");
    let port = sheet.get("Port").and_then(Value::as_int).unwrap_or(11_211).to_string();
    let region = short_region(&sheet.site.place.region);
    let account = crate::ids::Ids::new(&format!("{}/{region}", sheet.site.place.account));
    let host = format!("{name}.{}.cfg.{region}.cache.amazonaws.com", account.hex("cache", 6));
    sheet.set("ConfigurationEndpoint", Value::map([("Address", host), ("Port", port)]));
}

fn replication_group(sheet: &mut Sheet<'_>) {
    let name = sheet.name("ReplicationGroupId");
    let port = sheet.get("Port").and_then(Value::as_int).unwrap_or(6379).to_string();
    let region = short_region(&sheet.site.place.region);
    let account = crate::ids::Ids::new(&format!("{}/{region}", sheet.site.place.account));
    let domain = format!("{}.{region}.cache.amazonaws.com", account.hex("cache", 6));
    let encrypted = sheet.get("TransitEncryptionEnabled").and_then(Value::as_bool) == Some(true);
    let host = |role: &str| match (role, encrypted) {
        ("clustercfg", true) => format!("clustercfg.{name}.{domain}"),
        ("clustercfg", false) => format!("{name}.{domain}"),
        (role, true) => format!("{role}.{name}.{domain}"),
        ("master", false) => format!("{name}.{}", domain.replacen('.', ".ng.0001.", 1)),
        (_, false) => format!("{name}-ro.{}", domain.replacen('.', ".ng.0001.", 1)),
    };
    let end = |role: &str| Value::map([("Address", host(role)), ("Port", port.clone())]);
    let groups = sheet.get("NumNodeGroups").and_then(Value::as_int).unwrap_or(1);
    let cluster = groups > 1 || sheet.text("ClusterMode") == "enabled" || is_clustered(sheet);
    if cluster {
        sheet.set("ConfigurationEndPoint", end("clustercfg"));
    } else {
        sheet.set("PrimaryEndPoint", end("master"));
        sheet.set("ReaderEndPoint", end("replica"));
    }
}

/// Node groups with replicas of their own are what only a cluster has.
fn is_clustered(sheet: &Sheet<'_>) -> bool {
    sheet.get("NumNodeGroups").is_some() && sheet.get("NumCacheClusters").is_none()
}

/// `use1` for `us-east-1`.
fn short_region(region: &str) -> String {
    let parts: Vec<&str> = region.split('-').collect();
    match parts[..] {
        [area, side, number] => format!("{area}{}{number}", side.chars().next().unwrap_or('e')),
        _ => region.replace('-', ""),
    }
}
