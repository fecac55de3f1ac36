//! Rules of security groups whose sources are known only later.

use plan::prelude::*;
use plan::value::Value;
use types_aws_ec2::security_group::Ingress;

/// What a rule lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// TCP to one port.
    Tcp(u16),
    /// Any protocol and port.
    Anything,
}

/// A rule for each block of a list; EC2 wants one for each source.
pub fn ingress_from_each(blocks: &Output<Vec<String>>, through: Through, description: &str) -> Output<Vec<Ingress>> {
    let port = match through {
        Through::Tcp(port) => i64::from(port),
        Through::Anything => ANY_PORT,
    };
    rules_from_blocks(blocks, port, description).cast()
}

const ANY_PORT: i64 = -1;

/// The rules as EC2 takes them; any protocol if the port is -1.
#[plan_fn]
pub fn rules_from_blocks(blocks: Vec<String>, port: i64, description: String) -> Vec<Value> {
    let rule = |block: String| {
        let mut rule = vec![("CidrIp", Value::from(block)), ("Description", Value::from(description.as_str()))];
        if port == ANY_PORT {
            rule.push(("IpProtocol", "-1".into()));
        } else {
            rule.extend([("IpProtocol", "tcp".into()), ("FromPort", port.into()), ("ToPort", port.into())]);
        }
        Value::map(rule)
    };
    blocks.into_iter().map(rule).collect()
}

#[cfg(test)]
mod tests {
    use ol::security_group::{Rule, ingress};

    use super::*;

    #[test]
    fn rules_of_later_blocks_have_the_shape_of_known_ones() {
        for (rule, port) in [(Rule::tcp(3306), 3306), (Rule::all(), ANY_PORT)] {
            let known = ingress([rule.cidr("10.0.0.0/16").description("why")]);
            let known = Output::<Vec<Ingress>>::known(known).expr().to_value().expect("known");
            let later = (RULES_FROM_BLOCKS.call)(&[vec!["10.0.0.0/16"].into(), port.into(), "why".into()]);
            assert_eq!(later, Ok(known));
        }
    }
}
