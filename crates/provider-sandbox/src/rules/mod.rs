//! What the vendor refuses beyond what schemas, references and natural identities say.

mod access;
mod data;
mod dns;
mod gateways;
mod groups;
mod network;
mod services;
mod vault;

use ports::ProviderError;

use crate::call::Call;
use crate::object::Object;

type Verdict = Result<(), ProviderError>;

/// Rules of a create.
pub(crate) fn create(call: &Call<'_>) -> Verdict {
    match call.ty() {
        "AWS::EC2::VPC" => network::vpc(call),
        "AWS::EC2::VPCCidrBlock" => network::vpc_block(call),
        "AWS::EC2::Subnet" => network::subnet(call),
        "AWS::EC2::VPCPeeringConnection" => network::peering(call),
        "AWS::EC2::SubnetRouteTableAssociation" => gateways::association(call),
        "AWS::EC2::VPCGatewayAttachment" => gateways::attachment(call),
        "AWS::EC2::Route" => gateways::route(call),
        "AWS::EC2::NatGateway" => gateways::nat(call),
        "AWS::EC2::VPCEndpoint" => gateways::endpoint(call),
        "AWS::EC2::SecurityGroup" => groups::group(call),
        "AWS::RDS::DBInstance" => data::instance(call),
        "AWS::RDS::DBSubnetGroup" | "AWS::ElastiCache::SubnetGroup" => data::subnet_group(call),
        "AWS::ElastiCache::ReplicationGroup" => data::replication_group(call),
        "AWS::Route53::RecordSet" => dns::record(call),
        "AWS::Route53::KeySigningKey" => dns::signing_key(call),
        "AWS::Route53::DNSSEC" => dns::signing(call),
        "AWS::IAM::ManagedPolicy" => access::policy(call),
        "AWS::IAM::Role" => access::role(call),
        "AWS::KMS::Alias" => access::alias(call),
        "AWS::KMS::Key" => access::key(call),
        "AWS::S3::Bucket" => services::bucket(call),
        "AWS::S3::BucketPolicy" => services::bucket_policy(call),
        "AWS::SNS::Topic" => services::topic(call),
        "AWS::ElasticLoadBalancingV2::LoadBalancer" | "AWS::ElasticLoadBalancingV2::TargetGroup" => {
            services::balancing_name(call)
        }
        "AWS::AutoScaling::AutoScalingGroup" => services::sizes(call),
        ty if ty.starts_with("vault_") => vault::create(call),
        crate::FRAGMENT_ITEM if call.text("Value") == Some("refuse") => {
            Err(crate::facts::refuse("ValidationException", "Value: `refuse` is refused"))
        }
        _ => Ok(()),
    }
}

/// Rules of an update: those of a create that concern what can change.
pub(crate) fn update(call: &Call<'_>, current: &Object) -> Verdict {
    match call.ty() {
        "AWS::EC2::VPCGatewayAttachment" => {
            gateways::detachable(call, current)?;
            gateways::attachment(call)
        }
        "AWS::Route53::KeySigningKey" => dns::status_change(call, current),
        "AWS::EC2::VPCPeeringConnection" | "AWS::EC2::NatGateway" | "AWS::EC2::VPC" => Ok(()),
        _ => create(call),
    }
}

/// Rules of a delete.
pub(crate) fn delete(call: &Call<'_>, current: &Object) -> Verdict {
    match call.ty() {
        "AWS::EC2::VPCCidrBlock" => network::block_unused(call, current),
        "AWS::EC2::VPCGatewayAttachment" => gateways::detachable(call, current),
        "AWS::RDS::DBInstance" if !call.assumed.protection_ignored => data::deletable(current),
        "AWS::Route53::KeySigningKey" => dns::signing_key_unused(call, current),
        _ => Ok(()),
    }
}
