//! The subnets of Kubernetes clusters within a VPC.

use plan::prelude::*;
use types_aws_ec2 as ec2;

use super::config::{KubernetesVpcConfig, NatGateways, third_octet};
use super::{Ground, associate};

/// The subnets of the Kubernetes clusters of a VPC, in pairs.
#[derive(Clone, Debug, Default)]
pub struct Kubernetes {
    /// For load balancers and NAT gateways.
    pub public_subnets: Vec<ec2::SubnetHandle>,
    /// For nodes and pods.
    pub private_subnets: Vec<ec2::SubnetHandle>,
    /// The route tables of the private subnets.
    pub private_route_tables: Vec<ec2::RouteTableHandle>,
    /// The NAT gateways.
    pub nat_gateways: Vec<ec2::NatGatewayHandle>,
    /// The addresses of the NAT gateways.
    pub nat_addresses: Vec<ec2::EipHandle>,
}

impl Ground<'_> {
    /// Declares the pairs: public subnets on the main route table, private ones that go out through NAT gateways.
    pub(super) fn kubernetes(
        &self,
        plan: &mut Draft,
        config: &KubernetesVpcConfig,
        main: &ec2::RouteTableHandle,
        attachment: &ec2::VpcGatewayAttachmentHandle,
        egress: &ec2::EgressOnlyInternetGatewayHandle,
    ) -> Kubernetes {
        let pairs = &config.k8s_subnet_pair_configs;
        let mut made = Kubernetes::default();
        for ((n, pair), zone) in pairs.iter().enumerate().zip(self.zones.iter().cycle()) {
            let (public_octet, private_octet) = (third_octet(pair.public_cidr), third_octet(pair.private_cidr));

            let name = plan.child_name(&format!("k8s-public-{public_octet}-subnet"));
            let public = self
                .subnet(name.clone(), zone, public_octet.into())
                .cidr_block(pair.public_cidr)
                .tags(self.tags.named(name).with("kubernetes.io/role/elb", "1"))
                .declare(plan);
            associate(plan, format!("k8s-public-{public_octet}-route-table-association"), &public, main).declare(plan);

            // "pod" is what these subnets were called; the tag still says so.
            let earlier = plan.child_name(&format!("k8s-pod-{private_octet}-subnet"));
            let private = self
                .subnet(plan.child_name(&format!("k8s-private-{private_octet}-subnet")), zone, private_octet.into())
                .cidr_block(pair.private_cidr)
                .tags(self.tags.named(&earlier))
                .alias(&earlier)
                .declare(plan);

            if config.k8s_nat_gateway_config == NatGateways::All || n == single_slot(self.name, pairs.len()) {
                let name = plan.child_name(&format!("k8s-subnets-{public_octet}-nat-gateway"));
                let address = ec2::Eip::new(format!("{name}-eip"))
                    .domain("vpc")
                    .tags(self.tags)
                    .depends_on(attachment)
                    .declare(plan);
                let gateway = ec2::NatGateway::new(name)
                    .subnet_id(public.subnet_id())
                    .allocation_id(address.allocation_id())
                    .private_ip_address(pair.nat_address().to_string())
                    .tags(self.tags)
                    .declare(plan);
                made.nat_addresses.push(address);
                made.nat_gateways.push(gateway);
            }

            let table = ec2::RouteTable::new(plan.child_name(&format!("k8s-private-{private_octet}-route-table")))
                .vpc_id(self.vpc.vpc_id())
                .tags(self.tags)
                .declare(plan);
            // The association of the private subnet has always had the octet of the public one in its name.
            associate(plan, format!("k8s-private-{public_octet}-route-table-association"), &private, &table)
                .alias(&format!("{earlier}-rta"))
                .declare(plan);
            made.public_subnets.push(public);
            made.private_subnets.push(private);
            made.private_route_tables.push(table);
        }
        let tables = made.private_route_tables.iter().zip(pairs);
        for ((table, pair), nat) in tables.zip(made.nat_gateways.iter().cycle()) {
            let octet = third_octet(pair.private_cidr);
            ec2::Route::new(plan.child_name(&format!("k8s-private-{octet}-default-external-ipv4-network-route")))
                .route_table_id(table.route_table_id())
                .destination_cidr_block("0.0.0.0/0")
                .nat_gateway_id(nat.nat_gateway_id())
                .declare(plan);
            ec2::Route::new(plan.child_name(&format!("k8s-subnets-{octet}-default-external-ipv6-network-route")))
                .route_table_id(table.route_table_id())
                .destination_ipv6_cidr_block("::/0")
                .egress_only_internet_gateway_id(egress.id())
                .declare(plan);
        }
        made
    }
}

/// The pair that has the only NAT gateway: told by the name, so that not all VPCs rely on the same zone.
fn single_slot(name: &str, pairs: usize) -> usize {
    name.bytes().map(usize::from).sum::<usize>() % pairs.max(1)
}

#[cfg(test)]
mod tests {
    use super::single_slot;

    #[test]
    fn the_single_gateway_goes_where_the_name_says() {
        for (name, sum) in [
            ("applications-ci", 1536),
            ("applications-qa", 1542),
            ("applications-production", 2427),
            ("ol-data-ci", 923),
            ("ol-data-qa", 929),
            ("ol-data-production", 1814),
            ("operations-ci", 1341),
            ("operations-qa", 1347),
            ("operations-production", 2232),
            ("mitx-ci", 699),
            ("mitx-qa", 705),
            ("mitx-production", 1590),
        ] {
            assert_eq!(single_slot(name, 100_000), sum, "{name}");
            assert_eq!(single_slot(name, 4), sum % 4, "{name}");
        }
    }
}
