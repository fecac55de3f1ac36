//! What stands before a group: a target group, a load balancer, its listeners.

use plan::prelude::*;
use types_aws_elasticloadbalancingv2 as elb;
use types_aws_elasticloadbalancingv2::{listener, load_balancer, target_group};

use crate::Tags;

/// The longest name of a load balancer or target group.
const NAME_LENGTH: usize = 32;

/// An application load balancer that forwards HTTPS to a group.
#[derive(Clone, Debug)]
pub struct Front {
    /// The VPC of the group.
    pub vpc: Output<String>,
    /// The subnets of the load balancer.
    pub subnets: Output<Vec<String>>,
    /// The security groups of the load balancer.
    pub security_groups: Vec<Output<String>>,
    /// The certificate that it shows.
    pub certificate: Output<String>,
    /// The tags of the load balancer and its listeners.
    pub tags: Tags,
    /// The tags of the target group.
    pub target_tags: Tags,
    /// Who can reach it.
    pub reach: Reach,
    /// Whether it has addresses of IPv4 only.
    pub only_ipv4: bool,
    /// The port that it listens at.
    pub port: u16,
    /// The port of the instances.
    pub target_port: u16,
    /// How an instance is asked whether it is well.
    pub health_check: HealthCheck,
    /// Whether a client stays with one instance.
    pub stickiness: Option<Stickiness>,
    /// After how many seconds without a byte a connection ends.
    pub idle_seconds: u16,
    /// Whether it listens at port 80, too, and forwards what comes in without encryption.
    pub insecure_http: bool,
}

/// Who can reach a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Everybody.
    Everybody,
    /// What is inside the VPC.
    Inside,
}

/// Whether a client stays with one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stickiness {
    /// By a cookie of the load balancer's.
    LoadBalancerCookie,
}

/// How an instance is asked whether it is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// The protocol.
    pub protocol: Protocol,
    /// The port.
    pub port: u16,
    /// The path.
    pub path: String,
    /// The codes of a good answer: `200`, `200,429`.
    pub good: String,
    /// How many good answers make an instance well.
    pub well_after: u16,
    /// How many bad ones make it unwell.
    pub unwell_after: u16,
    /// Seconds between two questions.
    pub interval_seconds: u16,
    /// Seconds until no answer is a bad one.
    pub timeout_seconds: u16,
}

/// How an instance is talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Without encryption.
    Http,
    /// With encryption.
    Https,
}

/// A declared front.
#[derive(Clone, Debug)]
pub struct Fronted {
    /// The target group.
    pub target_group: elb::TargetGroupHandle,
    /// The load balancer.
    pub load_balancer: elb::LoadBalancerHandle,
    /// The listener for HTTPS.
    pub listener: elb::ListenerHandle,
}

impl Default for HealthCheck {
    fn default() -> Self {
        Self {
            protocol: Protocol::Https,
            port: Front::HTTPS,
            path: "/".to_owned(),
            good: "200".to_owned(),
            well_after: 2,
            unwell_after: 3,
            interval_seconds: 10,
            timeout_seconds: 5,
        }
    }
}

impl Front {
    /// The port for HTTPS.
    pub const HTTPS: u16 = 443;
    /// Seconds without a byte, if nothing else is said.
    pub const IDLE_SECONDS: u16 = 60;

    pub(super) fn problems(&self) -> Vec<String> {
        let HealthCheck { path, well_after, unwell_after, interval_seconds, timeout_seconds, .. } = &self.health_check;
        let mut problems = Vec::new();
        let mut within = |what: &str, number: u16, least: u16, most: u16| {
            if !(least..=most).contains(&number) {
                problems.push(format!("{what} {number}: it must be {least} to {most}"));
            }
        };
        within("is well after good answers:", *well_after, 2, 10);
        within("is unwell after bad answers:", *unwell_after, 2, 10);
        within("is asked after seconds:", *interval_seconds, 5, 300);
        within("ends idle connections after seconds:", self.idle_seconds, 1, 4000);
        if timeout_seconds >= interval_seconds || *timeout_seconds < 2 {
            problems.push(format!(
                "waits {timeout_seconds} seconds for an answer: it must be 2 at least, and less than {interval_seconds}, \
                 when it is asked again"
            ));
        }
        if !path.starts_with('/') {
            problems.push(format!("is asked at `{path}`: a path begins with `/`"));
        }
        problems
    }

    pub(super) fn build(&self, name: &str, plan: &mut Draft) -> Fronted {
        let target_group = self.target_group(name, plan);
        let load_balancer = self.load_balancer(name, plan);
        let listen = |name: String, port: u16, protocol: &str| {
            let forward = listener::Action::new().type_("forward").target_group_arn(target_group.id());
            elb::Listener::new(name)
                .load_balancer_arn(load_balancer.id())
                .port(port)
                .protocol(protocol)
                .default_actions([forward])
                .tags(&self.tags)
        };
        let certificate = listener::Certificate::new().certificate_arn(&self.certificate);
        let listener = listen(plan.child_name("load-balancer-listener"), self.port, "HTTPS")
            .certificates([certificate])
            .declare(plan);
        if self.insecure_http {
            listen(plan.child_name("load-balanancer-http-listener"), 80, "HTTP").declare(plan);
        }
        Fronted { target_group, load_balancer, listener }
    }

    fn target_group(&self, name: &str, plan: &mut Draft) -> elb::TargetGroupHandle {
        let check = &self.health_check;
        let group = elb::TargetGroup::new(plan.child_name("target-group"))
            .name(physical(name, "tg"))
            .vpc_id(&self.vpc)
            .port(self.target_port)
            .protocol("HTTPS")
            .health_check_enabled(true)
            .health_check_port(check.port.to_string())
            .health_check_protocol(match check.protocol {
                Protocol::Http => "HTTP",
                Protocol::Https => "HTTPS",
            })
            .health_check_path(&check.path)
            .health_check_interval_seconds(check.interval_seconds)
            .health_check_timeout_seconds(check.timeout_seconds)
            .healthy_threshold_count(check.well_after)
            .unhealthy_threshold_count(check.unwell_after)
            .matcher(target_group::Matcher::new().http_code(&check.good))
            .tags(&self.target_tags);
        let attribute = |key: &str, value: &str| target_group::TargetGroupAttribute::new().key(key).value(value);
        let group = match self.stickiness {
            Some(Stickiness::LoadBalancerCookie) => group.target_group_attributes([
                attribute("stickiness.enabled", "true"),
                attribute("stickiness.type", "lb_cookie"),
            ]),
            None => group,
        };
        group.declare(plan)
    }

    fn load_balancer(&self, name: &str, plan: &mut Draft) -> elb::LoadBalancerHandle {
        let attribute = |key: &str, value: String| load_balancer::LoadBalancerAttribute::new().key(key).value(value);
        let scheme = match self.reach {
            Reach::Everybody => "internet-facing",
            Reach::Inside => "internal",
        };
        elb::LoadBalancer::new(plan.child_name("load-balancer"))
            .name(physical(name, "lb"))
            .type_("application")
            .scheme(scheme)
            .ip_address_type(if self.only_ipv4 { "ipv4" } else { "dualstack" })
            .security_groups(&self.security_groups)
            .subnets(&self.subnets)
            .load_balancer_attributes([
                attribute("idle_timeout.timeout_seconds", self.idle_seconds.to_string()),
                attribute("routing.http2.enabled", "true".to_owned()),
            ])
            .tags(&self.tags)
            .declare(plan)
    }
}

/// The name with what it is, cut to what the vendor takes; what is cut may well be what it is.
fn physical(name: &str, what: &str) -> String {
    let full: String = format!("{name}-{what}").chars().take(NAME_LENGTH).collect();
    full.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::physical;

    #[test]
    fn names_are_cut_and_end_with_no_hyphen() {
        for (name, what, wanted) in [
            ("web-qa", "lb", "web-qa-lb"),
            ("consul-operations-qa-autoscaling-group", "tg", "consul-operations-qa-autoscaling"),
            ("consul-operations-production-autoscaling-group", "lb", "consul-operations-production-aut"),
            ("vault-server-asg-operations-ci", "tg", "vault-server-asg-operations-ci-t"),
            ("vault-server-asg-operations-production", "lb", "vault-server-asg-operations-prod"),
            ("a-name-that-has-thirty-one-lette", "lb", "a-name-that-has-thirty-one-lette"),
            ("a-name-that-has-thirty-one-lett", "lb", "a-name-that-has-thirty-one-lett"),
        ] {
            assert_eq!(physical(name, what), wanted);
        }
    }
}
