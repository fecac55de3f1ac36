//! Peerings between VPCs, with the routes of both sides.

use plan::prelude::*;
use types_aws_ec2 as ec2;

use crate::Network;

/// A peering to be declared: its connection, and routes in the main and the private route tables of both VPCs.
///
/// Both VPCs are in the account and region of the stack, so EC2 accepts the connection by itself. Only IPv4 is routed.
#[derive(Debug)]
pub struct Peering<'a> {
    name: String,
    source: &'a Network,
    destination: &'a Network,
}

impl<'a> Peering<'a> {
    /// A peering between two VPCs; the name is that of the construct.
    pub fn new(name: impl Into<String>, source: &'a Network, destination: &'a Network) -> Self {
        Self { name: name.into(), source, destination }
    }

    /// Puts it into the plan.
    #[track_caller]
    pub fn declare(self, plan: &mut Draft) -> ec2::VpcPeeringConnectionHandle {
        let name = self.name.clone();
        plan.construct("ol:aws:Peering", &name, |plan| self.build(plan))
    }

    fn build(&self, plan: &mut Draft) -> ec2::VpcPeeringConnectionHandle {
        let (source, destination) = (&self.source.name, &self.destination.name);
        let connection = ec2::VpcPeeringConnection::new(format!("{source}-to-{destination}-vpc-peer"))
            .vpc_id(self.source.vpc.vpc_id())
            .peer_vpc_id(self.destination.vpc.vpc_id())
            .tags(self.source.tags.named(format!("{source} to {destination} peer")))
            .declare(plan);
        let mut route = |name: String, table: &ec2::RouteTableHandle, to: &Network| {
            ec2::Route::new(name)
                .route_table_id(table.route_table_id())
                .destination_cidr_block(to.vpc.cidr_block())
                .vpc_peering_connection_id(connection.id())
                .declare(plan);
        };
        for (from, to) in [(self.source, self.destination), (self.destination, self.source)] {
            route(format!("{}-to-{}-route", from.name, to.name), &from.route_table, to);
            for (n, table) in from.kubernetes.private_route_tables.iter().enumerate() {
                route(format!("{}-{n}-to-{}-k8s-route", from.name, to.name), table, to);
            }
        }
        connection
    }
}
