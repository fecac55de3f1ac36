//! Kinds: how one type of objects is made, changed, deleted and looked at.

use ports::BoxFuture;
use value::{Map, Value};

use crate::failure::Result;
use crate::seen::{Seen, Tags};
use crate::site::Site;
use crate::{ec2, elasticache, rds};

/// What objects are asked for: those for which the vendor's filter has one of some values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    /// The name of the filter.
    pub(crate) filter: &'static str,
    /// Any of these; at most [`MOST_VALUES`].
    pub(crate) values: Vec<String>,
}

/// How many values the vendor takes for one filter.
pub(crate) const MOST_VALUES: usize = 200;

/// Not a filter: where the vendor has none for ids, it takes a list of them.
pub(crate) const IDS: &str = "ids";

/// The filter of ownership tags.
pub(crate) const OWNED: &str = "tag:groundplan:urn";

/// What an object is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// The properties; secrets are open.
    pub(crate) inputs: &'a Map,
    /// The tags, those of ownership too.
    pub(crate) tags: &'a Tags,
    /// Every repetition of the call carries it.
    pub(crate) token: &'a str,
}

impl Wanted<'_> {
    /// The text of a property.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.inputs.get(name)?.as_str().map(str::to_owned)
    }

    /// The truth of a property.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.inputs.get(name)?.as_bool()
    }

    /// The texts of a property.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<String>> {
        let list = self.inputs.get(name)?.as_list()?;
        Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }
}

/// One type of objects.
pub(crate) trait Kind: Send + Sync {
    /// The properties that it knows to set: any other is refused.
    fn properties(&self) -> &'static [&'static str];

    /// The filter by which an object of an id is found, and its value.
    fn by_id(&self, id: &str) -> (&'static str, String);

    /// The filter by which an object of a natural identity is found, and its value.
    fn by_identity(&self, _identity: &Map) -> Option<(&'static str, String)> {
        None
    }

    /// Whether an object that was made by a call with an answer that was lost is searched by its owner before another
    /// is made: the vendor's token alone is not believed.
    fn looks_before(&self) -> bool {
        false
    }

    /// Whether an object is there for a while after its delete.
    fn lingers(&self) -> bool {
        false
    }

    /// The objects that a question means, and possibly others.
    fn look<'a>(&'a self, site: &'a Site, question: &'a Question) -> BoxFuture<'a, Result<Vec<Seen>>>;

    /// Makes an object; answers its id.
    fn create<'a>(&'a self, site: &'a Site, wanted: Wanted<'a>) -> BoxFuture<'a, Result<String>>;

    /// Makes an object what it is to be, but for its tags; answers whether it had to change anything. It is called after
    /// a create, too, for what a create cannot set.
    fn update<'a>(&'a self, _site: &'a Site, _seen: &'a Seen, _wanted: Wanted<'a>) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async { Ok(false) })
    }

    /// Hangs tags on an object and takes others off.
    fn retag<'a>(&'a self, site: &'a Site, on: &'a str, hung: Tags, gone: Vec<String>) -> BoxFuture<'a, Result<()>> {
        Box::pin(ec2::retag(site, on, hung, gone))
    }

    /// Deletes an object, given its id and the properties that it was last given.
    fn delete<'a>(&'a self, site: &'a Site, id: &'a str, prior: &'a Map) -> BoxFuture<'a, Result<()>>;
}

/// The kind of a type.
pub(crate) fn of(ty: &str) -> Option<&'static dyn Kind> {
    Some(match ty {
        "AWS::EC2::EIP" => &ec2::address::Address,
        "AWS::EC2::EgressOnlyInternetGateway" => &ec2::egress_gateway::EgressGateway,
        "AWS::EC2::InternetGateway" => &ec2::internet_gateway::InternetGateway,
        "AWS::EC2::NatGateway" => &ec2::nat_gateway::NatGateway,
        "AWS::EC2::Route" => &ec2::route::Route,
        "AWS::EC2::RouteTable" => &ec2::route_table::RouteTable,
        "AWS::EC2::SecurityGroup" => &ec2::security_group::SecurityGroup,
        "AWS::EC2::Subnet" => &ec2::subnet::Subnet,
        "AWS::EC2::SubnetRouteTableAssociation" => &ec2::association::Association,
        "AWS::EC2::VPC" => &ec2::vpc::Vpc,
        "AWS::EC2::VPCCidrBlock" => &ec2::cidr_block::CidrBlock,
        "AWS::EC2::VPCEndpoint" => &ec2::endpoint::Endpoint,
        "AWS::EC2::VPCGatewayAttachment" => &ec2::attachment::Attachment,
        "AWS::EC2::VPCPeeringConnection" => &ec2::peering::Peering,
        "AWS::ElastiCache::SubnetGroup" => &elasticache::SubnetGroup,
        "AWS::RDS::DBSubnetGroup" => &rds::SubnetGroup,
        _ => return None,
    })
}
