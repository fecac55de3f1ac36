//! `AWS::EC2::SubnetRouteTableAssociation`.

use aws_sdk_ec2::types::{RouteTable, RouteTableAssociationStateCode as Code};
use ports::BoxFuture;
use value::Map;

use super::required;
use super::route_table::tables;
use crate::failure::{Result, of, once};
use crate::kind::{Kind, Question, Wanted};
use crate::seen::{Seen, Stage};
use crate::site::Site;

pub(crate) struct Association;

impl Kind for Association {
    fn properties(&self) -> &'static [&'static str] {
        &["RouteTableId", "SubnetId"]
    }

    fn by_id(&self, id: &str) -> (&'static str, String) {
        ("association.route-table-association-id", id.to_owned())
    }

    fn by_identity(&self, identity: &Map) -> Option<(&'static str, String)> {
        Some(("association.subnet-id", identity.get("SubnetId")?.as_str()?.to_owned()))
    }

    fn look<'a>(&'a self, site: &'a Site, question: &'a Question) -> BoxFuture<'a, Result<Vec<Seen>>> {
        Box::pin(async move {
            let tables = tables(site, question).await?;
            let ties = tables.iter().flat_map(RouteTable::associations).filter(|tie| tie.subnet_id().is_some());
            let seen = ties.filter_map(|tie| {
                let stage = match tie.association_state().and_then(|state| state.state()) {
                    Some(Code::Associating) => Stage::Coming,
                    Some(Code::Disassociating) => Stage::Going,
                    Some(Code::Disassociated) => return None,
                    Some(Code::Failed) => Stage::Broken("the association failed".to_owned()),
                    _ => Stage::Ready,
                };
                let seen = Seen::new()
                    .set("Id", tie.route_table_association_id())
                    .set("RouteTableId", tie.route_table_id())
                    .set("SubnetId", tie.subnet_id());
                Some(seen.at(stage))
            });
            Ok(seen.collect())
        })
    }

    fn create<'a>(&'a self, site: &'a Site, wanted: Wanted<'a>) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let call = site
                .once
                .ec2
                .associate_route_table()
                .set_route_table_id(wanted.text("RouteTableId"))
                .set_subnet_id(wanted.text("SubnetId"));
            let made = once("AssociateRouteTable", || call.clone().send()).await?;
            required(made.association_id(), "AssociateRouteTable", "association")
        })
    }

    fn delete<'a>(&'a self, site: &'a Site, id: &'a str, _prior: &'a Map) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let call = site.ec2.disassociate_route_table().association_id(id);
            call.send().await.map(drop).map_err(of("DisassociateRouteTable"))
        })
    }
}
