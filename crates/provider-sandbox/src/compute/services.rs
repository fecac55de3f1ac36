//! What IAM, KMS, ACM, S3, SNS, SES and Route 53 set.

use value::Value;

use super::Sheet;

pub(super) fn make(service: &str, ty: &str, sheet: &mut Sheet<'_>) {
    let ids = sheet.ids;
    let region = sheet.site.place.region.clone();
    match (service, ty) {
        ("IAM", "Role") => {
            let name = sheet.name("RoleName");
            let path = path(sheet);
            sheet.set("RoleId", format!("AROA{}", ids.upper("RoleId", 17)));
            sheet.set("Arn", sheet.site.global_arn("iam", &format!("role{path}{name}")));
        }
        ("IAM", "ManagedPolicy") => {
            let name = sheet.name("ManagedPolicyName");
            let path = path(sheet);
            sheet.set("PolicyId", format!("ANPA{}", ids.upper("PolicyId", 17)));
            sheet.set("PolicyArn", sheet.site.global_arn("iam", &format!("policy{path}{name}")));
            sheet.set("DefaultVersionId", "v1");
            sheet.set("IsAttachable", true);
            sheet.set("PermissionsBoundaryUsageCount", 0);
        }
        ("IAM", "Group") => named(sheet, "GroupName", "group"),
        ("IAM", "User") => named(sheet, "UserName", "user"),
        ("IAM", "InstanceProfile") => named(sheet, "InstanceProfileName", "instance-profile"),
        ("ACMPCA", "CertificateAuthority") => {
            let id = ids.uuid("Arn");
            sheet.set("Arn", sheet.site.arn("acm-pca", &format!("certificate-authority/{id}")));
            sheet.set("CertificateSigningRequest", pem("CERTIFICATE REQUEST", &ids.hex("request", 64)));
        }
        ("ACMPCA", "Certificate") => {
            let arn = format!("{}/certificate/{}", sheet.text("CertificateAuthorityArn"), ids.hex("Arn", 32));
            sheet.set("Arn", arn);
            sheet.set("Certificate", pem("CERTIFICATE", &ids.hex("certificate", 64)));
        }
        ("ACMPCA", "CertificateAuthorityActivation") => {
            let chain = [sheet.text("Certificate"), sheet.text("CertificateChain")].concat();
            sheet.set("CompleteCertificateChain", chain);
        }
        ("CertificateManager", "Certificate") => {
            sheet.set("CertificateArn", sheet.site.arn("acm", &format!("certificate/{}", ids.uuid("Arn"))));
        }
        ("KMS", "Key") => {
            let id = ids.uuid("KeyId");
            sheet.set("Arn", sheet.site.arn("kms", &format!("key/{id}")));
            sheet.set("KeyId", id);
        }
        ("S3", "Bucket") => {
            let name = sheet.name("BucketName");
            sheet.set("Arn", format!("arn:aws:s3:::{name}"));
            sheet.set("DomainName", format!("{name}.s3.amazonaws.com"));
            sheet.set("DualStackDomainName", format!("{name}.s3.dualstack.{region}.amazonaws.com"));
            sheet.set("RegionalDomainName", format!("{name}.s3.{region}.amazonaws.com"));
            sheet.set("WebsiteURL", format!("http://{name}.s3-website-{region}.amazonaws.com"));
        }
        ("SNS", "Topic") => {
            let name = sheet.name("TopicName");
            sheet.set("TopicArn", sheet.site.arn("sns", &name));
        }
        ("SNS", "Subscription") => {
            let arn = format!("{}:{}", sheet.text("TopicArn"), ids.uuid("Arn"));
            sheet.set("Arn", arn);
        }
        ("SES", "EmailIdentity") => {
            let domain = sheet.text("EmailIdentity").rsplit('@').next().unwrap_or_default().to_owned();
            for number in 1..=3 {
                let token = ids.upper(&format!("dkim{number}"), 32).to_lowercase();
                sheet.set(&format!("DkimDNSTokenName{number}"), format!("{token}._domainkey.{domain}"));
                sheet.set(&format!("DkimDNSTokenValue{number}"), format!("{token}.dkim.amazonses.com"));
            }
        }
        ("SES", "ConfigurationSetEventDestination") => {
            let given = sheet.get("EventDestination").and_then(|d| d.get("Name")).and_then(Value::as_str);
            let name = given.map_or_else(|| ids.hex("destination", 12), str::to_owned);
            sheet.set("Id", name);
        }
        ("Route53", "HostedZone") => {
            sheet.set("Id", format!("Z{}", ids.upper("Id", 20)));
            if sheet.get("VPCs").and_then(Value::as_list).is_none_or(<[_]>::is_empty) {
                let servers = [("com", 0), ("net", 512), ("org", 1024), ("co.uk", 1536)].map(|(domain, base)| {
                    let number = base + ids.number(domain, 512);
                    format!("ns-{number}.awsdns-{:02}.{domain}", ids.number(&format!("{domain} pool"), 64))
                });
                sheet.set("NameServers", servers.to_vec());
            }
        }
        _ => {}
    }
}

/// The name and the ARN of an IAM object of which nothing else is told.
fn named(sheet: &mut Sheet<'_>, property: &str, kind: &str) {
    let name = sheet.name(property);
    let path = path(sheet);
    sheet.set("Arn", sheet.site.global_arn("iam", &format!("{kind}{path}{name}")));
}

/// A text in the form of PEM; what it holds means nothing.
fn pem(kind: &str, content: &str) -> String {
    format!("-----BEGIN {kind}-----\n{content}\n-----END {kind}-----\n")
}

/// The path of an IAM name, which begins and ends with a slash.
fn path(sheet: &Sheet<'_>) -> String {
    match sheet.text("Path") {
        "" => "/".to_owned(),
        path => path.to_owned(),
    }
}
