//! `AWS::EC2::RouteTable`.

use aws_sdk_ec2::types::ResourceType;
use ports::BoxFuture;
use value::Map;

use super::{filter, pairs, required, specification};
use crate::failure::{Result, of, once};
use crate::kind::{Kind, Question, Wanted};
use crate::seen::Seen;
use crate::site::Site;

pub(crate) struct RouteTable;

impl Kind for RouteTable {
    fn properties(&self) -> &'static [&'static str] {
        &["Tags", "VpcId"]
    }

    fn by_id(&self, id: &str) -> (&'static str, String) {
        ("route-table-id", id.to_owned())
    }

    fn look<'a>(&'a self, site: &'a Site, question: &'a Question) -> BoxFuture<'a, Result<Vec<Seen>>> {
        Box::pin(async move {
            let seen = tables(site, question).await?.into_iter().map(|table| {
                Seen::new()
                    .set("RouteTableId", table.route_table_id())
                    .set("VpcId", table.vpc_id())
                    .tagged(table.route_table_id(), pairs(table.tags()))
            });
            Ok(seen.collect())
        })
    }

    fn create<'a>(&'a self, site: &'a Site, wanted: Wanted<'a>) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let call = site
                .once
                .ec2
                .create_route_table()
                .set_vpc_id(wanted.text("VpcId"))
                .client_token(wanted.token)
                .tag_specifications(specification(ResourceType::RouteTable, wanted.tags));
            let made = once("CreateRouteTable", || call.clone().send()).await?;
            required(made.route_table().and_then(|table| table.route_table_id()), "CreateRouteTable", "id")
        })
    }

    fn delete<'a>(&'a self, site: &'a Site, id: &'a str, _prior: &'a Map) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let call = site.ec2.delete_route_table().route_table_id(id);
            call.send().await.map(drop).map_err(of("DeleteRouteTable"))
        })
    }
}

/// The route tables that a question means.
pub(super) async fn tables(site: &Site, question: &Question) -> Result<Vec<aws_sdk_ec2::types::RouteTable>> {
    let tables = site.ec2.describe_route_tables().filters(filter(question)).into_paginator().items().send();
    tables.collect::<std::result::Result<Vec<_>, _>>().await.map_err(of("DescribeRouteTables"))
}
