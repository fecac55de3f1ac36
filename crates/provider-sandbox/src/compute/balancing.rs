//! What load balancing and auto scaling set.

use super::Sheet;

/// Where the names of load balancers of us-east-1 lie, which is the same zone in every account.
const ZONE: &str = "Z35SXDOTRQ7X7K";

pub(super) fn make(ty: &str, sheet: &mut Sheet<'_>) {
    let ids = sheet.ids;
    let region = sheet.site.place.region.clone();
    match ty {
        "LoadBalancer" => {
            let name = sheet.name("Name");
            let kind = match sheet.text("Type") {
                "network" => "net",
                "gateway" => "gwy",
                _ => "app",
            };
            let full = format!("{kind}/{name}/{}", ids.hex("LoadBalancerArn", 16));
            let inside = if sheet.text("Scheme") == "internal" { "internal-" } else { "" };
            let number = 100_000_000 + ids.number("DNSName", 900_000_000);
            sheet.set("LoadBalancerArn", sheet.site.arn("elasticloadbalancing", &format!("loadbalancer/{full}")));
            sheet.set("DNSName", format!("{inside}{name}-{number}.{region}.elb.amazonaws.com"));
            sheet.set("CanonicalHostedZoneID", ZONE);
            sheet.set("LoadBalancerFullName", full);
            sheet.set("LoadBalancerName", name);
        }
        "TargetGroup" => {
            let name = sheet.name("Name");
            let full = format!("targetgroup/{name}/{}", ids.hex("TargetGroupArn", 16));
            sheet.set("TargetGroupArn", sheet.site.arn("elasticloadbalancing", &full));
            sheet.set("TargetGroupFullName", full);
            sheet.set("TargetGroupName", name);
        }
        "Listener" => {
            let balancer = sheet.text("LoadBalancerArn").replacen(":loadbalancer/", ":listener/", 1);
            let arn = format!("{balancer}/{}", ids.hex("ListenerArn", 16));
            sheet.set("ListenerArn", arn);
        }
        "AutoScalingGroup" => {
            let name = sheet.name("AutoScalingGroupName");
            let rest = format!("autoScalingGroup:{}:autoScalingGroupName/{name}", ids.uuid("Arn"));
            sheet.set("AutoScalingGroupARN", sheet.site.arn("autoscaling", &rest));
        }
        _ => {}
    }
}
