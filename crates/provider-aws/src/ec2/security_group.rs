//! `AWS::EC2::SecurityGroup`.

use aws_sdk_ec2::types::{IpPermission, ResourceType};
use ports::BoxFuture;
use value::{Map, Value};

use super::rules::{Way, key, permission, rules};
use super::{filter, pairs, required, specification};
use crate::failure::{Result, of, once};
use crate::kind::{Kind, Question, Wanted};
use crate::seen::Seen;
use crate::site::Site;

pub(crate) struct SecurityGroup;

impl Kind for SecurityGroup {
    fn properties(&self) -> &'static [&'static str] {
        &["GroupDescription", "GroupName", "SecurityGroupEgress", "SecurityGroupIngress", "Tags", "VpcId"]
    }

    fn by_id(&self, id: &str) -> (&'static str, String) {
        ("group-id", id.to_owned())
    }

    fn by_identity(&self, identity: &Map) -> Option<(&'static str, String)> {
        Some(("group-name", identity.get("GroupName")?.as_str()?.to_owned()))
    }

    fn look<'a>(&'a self, site: &'a Site, question: &'a Question) -> BoxFuture<'a, Result<Vec<Seen>>> {
        Box::pin(async move {
            let groups = site.ec2.describe_security_groups().filters(filter(question)).into_paginator().items().send();
            let groups = groups.collect::<std::result::Result<Vec<_>, _>>().await;
            let groups = groups.map_err(of("DescribeSecurityGroups"))?;
            let seen = groups.iter().map(|group| {
                let id = group.group_id();
                Seen::new()
                    .set("Id", id)
                    .set("GroupId", id)
                    .set("GroupName", group.group_name())
                    .set("GroupDescription", group.description())
                    .set("VpcId", group.vpc_id())
                    .list(Way::In.property(), rules(Way::In, group.ip_permissions()))
                    .list(Way::Out.property(), rules(Way::Out, group.ip_permissions_egress()))
                    .tagged(id, pairs(group.tags()))
            });
            Ok(seen.collect())
        })
    }

    fn create<'a>(&'a self, site: &'a Site, wanted: Wanted<'a>) -> BoxFuture<'a, Result<String>> {
        const CALL: &str = "CreateSecurityGroup";
        Box::pin(async move {
            let call = site
                .once
                .ec2
                .create_security_group()
                .set_group_name(wanted.text("GroupName"))
                .set_description(wanted.text("GroupDescription"))
                .set_vpc_id(wanted.text("VpcId"))
                .tag_specifications(specification(ResourceType::SecurityGroup, wanted.tags));
            let made = once(CALL, || call.clone().send()).await?;
            required(made.group_id(), CALL, "id")
        })
    }

    fn update<'a>(&'a self, site: &'a Site, seen: &'a Seen, wanted: Wanted<'a>) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let group = seen.text("GroupId").unwrap_or_default();
            let mut changed = false;
            for way in [Way::In, Way::Out] {
                changed |= Change::of(way, seen, wanted).make(site, group).await?;
            }
            Ok(changed)
        })
    }

    fn delete<'a>(&'a self, site: &'a Site, id: &'a str, _prior: &'a Map) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let call = site.ec2.delete_security_group().group_id(id);
            call.send().await.map(drop).map_err(of("DeleteSecurityGroup"))
        })
    }
}

/// What becomes of the rules that point one way.
#[derive(Debug, PartialEq)]
struct Change {
    way: Way,
    added: Vec<Value>,
    removed: Vec<Value>,
    /// The same rules with other descriptions.
    renamed: Vec<Value>,
}

impl Change {
    fn of(way: Way, seen: &Seen, wanted: Wanted<'_>) -> Self {
        let list = |map: &Map| map.get(way.property()).and_then(Value::as_list).map(<[Value]>::to_vec);
        let there = list(&seen.properties).unwrap_or_default();
        // A group of which the program says nothing may reach everything.
        let wanted = list(wanted.inputs).unwrap_or_else(|| match way {
            Way::In => Vec::new(),
            Way::Out => vec![Value::map([("IpProtocol", "-1"), ("CidrIp", "0.0.0.0/0")])],
        });
        let described = |rule: &Value| rule.get("Description").and_then(Value::as_str).map(str::to_owned);
        let same = |rule: &Value, rules: &[Value]| rules.iter().find(|other| key(other) == key(rule)).cloned();
        let mut added = Vec::new();
        let mut renamed = Vec::new();
        for rule in &wanted {
            match same(rule, &there) {
                None => added.push(rule.clone()),
                Some(old) if described(&old) != described(rule) => renamed.push(rule.clone()),
                Some(_) => {}
            }
        }
        let removed = there.iter().filter(|rule| same(rule, &wanted).is_none()).cloned().collect();
        Self { way, added, removed, renamed }
    }

    /// Rules are added before others go, so that what may pass before and after may pass all along.
    async fn make(&self, site: &Site, group: &str) -> Result<bool> {
        let permissions = |rules: &[Value]| -> Option<Vec<IpPermission>> {
            Some(rules.iter().map(|rule| permission(self.way, rule)).collect())
        };
        let (added, removed, renamed) = (&self.added, &self.removed, &self.renamed);
        if !added.is_empty() {
            match self.way {
                Way::In => {
                    let call = site.ec2.authorize_security_group_ingress().group_id(group);
                    let done = call.set_ip_permissions(permissions(added)).send().await;
                    done.map_err(of("AuthorizeSecurityGroupIngress"))?;
                }
                Way::Out => {
                    let call = site.ec2.authorize_security_group_egress().group_id(group);
                    let done = call.set_ip_permissions(permissions(added)).send().await;
                    done.map_err(of("AuthorizeSecurityGroupEgress"))?;
                }
            }
        }
        if !removed.is_empty() {
            match self.way {
                Way::In => {
                    let call = site.ec2.revoke_security_group_ingress().group_id(group);
                    let done = call.set_ip_permissions(permissions(removed)).send().await;
                    done.map_err(of("RevokeSecurityGroupIngress"))?;
                }
                Way::Out => {
                    let call = site.ec2.revoke_security_group_egress().group_id(group);
                    let done = call.set_ip_permissions(permissions(removed)).send().await;
                    done.map_err(of("RevokeSecurityGroupEgress"))?;
                }
            }
        }
        if !renamed.is_empty() {
            match self.way {
                Way::In => {
                    let call = site.ec2.update_security_group_rule_descriptions_ingress().group_id(group);
                    let done = call.set_ip_permissions(permissions(renamed)).send().await;
                    done.map_err(of("UpdateSecurityGroupRuleDescriptionsIngress"))?;
                }
                Way::Out => {
                    let call = site.ec2.update_security_group_rule_descriptions_egress().group_id(group);
                    let done = call.set_ip_permissions(permissions(renamed)).send().await;
                    done.map_err(of("UpdateSecurityGroupRuleDescriptionsEgress"))?;
                }
            }
        }
        Ok(!(added.is_empty() && removed.is_empty() && renamed.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use value::{Map, Value};

    use super::{Change, Way};
    use crate::kind::Wanted;
    use crate::seen::Seen;

    fn rule(port: i64, description: &str) -> Value {
        Value::map([
            ("IpProtocol", Value::from("tcp")),
            ("FromPort", Value::Int(port)),
            ("ToPort", Value::Int(port)),
            ("CidrIp", Value::from("10.0.0.0/8")),
            ("Description", Value::from(description)),
        ])
    }

    #[test]
    fn rules_are_compared_by_what_they_let_through() {
        let seen = Seen::new().list("SecurityGroupIngress", [rule(22, "ssh"), rule(80, "web"), rule(443, "old")]);
        let goal = Value::List(vec![rule(443, "new"), rule(80, "web"), rule(8080, "more")]);
        let inputs = Map::from([("SecurityGroupIngress".to_owned(), goal)]);
        let tags = Vec::new();
        let wanted = Wanted { inputs: &inputs, tags: &tags, token: "t" };
        let change = Change::of(Way::In, &seen, wanted);
        assert_eq!(change.added, [rule(8080, "more")]);
        assert_eq!(change.removed, [rule(22, "ssh")]);
        assert_eq!(change.renamed, [rule(443, "new")]);
    }

    #[test]
    fn a_group_that_says_nothing_of_egress_keeps_what_it_is_born_with() {
        let born = Value::map([("IpProtocol", "-1"), ("CidrIp", "0.0.0.0/0")]);
        let seen = Seen::new().list("SecurityGroupEgress", [born.clone()]);
        let (tags, inputs) = (Vec::new(), Map::new());
        let wanted = Wanted { inputs: &inputs, tags: &tags, token: "t" };
        let change = Change::of(Way::Out, &seen, wanted);
        assert!(change.added.is_empty() && change.removed.is_empty() && change.renamed.is_empty(), "{change:?}");
    }
}
