//! The vendor's codes: what it says when an object is missing, in use, or there already.

use ports::{ProviderError, ProviderErrorKind};

use crate::object::Key;

/// A refusal with one of the vendor's codes.
pub(crate) fn refuse(code: &str, message: impl Into<String>) -> ProviderError {
    ProviderError { kind: ProviderErrorKind::Refused, code: code.to_owned(), message: message.into() }
}

/// The codes of one type: missing, in use, there already.
struct Codes(&'static str, &'static str, &'static str);

const IN_USE: &str = "DependencyViolation";

fn codes(ty: &str) -> Codes {
    match ty {
        "AWS::EC2::VPC" => Codes("InvalidVpcID.NotFound", IN_USE, "InvalidVpc.Conflict"),
        "AWS::EC2::VPCCidrBlock" => {
            Codes("InvalidVpcCidrBlockAssociationID.NotFound", "InvalidCidrBlock.InUse", "CidrConflict")
        }
        "AWS::EC2::Subnet" => Codes("InvalidSubnetID.NotFound", IN_USE, "InvalidSubnet.Conflict"),
        "AWS::EC2::SecurityGroup" => Codes("InvalidGroup.NotFound", IN_USE, "InvalidGroup.Duplicate"),
        "AWS::EC2::RouteTable" => Codes("InvalidRouteTableID.NotFound", IN_USE, "RouteTableAlreadyExists"),
        "AWS::EC2::Route" => Codes("InvalidRoute.NotFound", IN_USE, "RouteAlreadyExists"),
        "AWS::EC2::SubnetRouteTableAssociation" => {
            Codes("InvalidAssociationID.NotFound", IN_USE, "Resource.AlreadyAssociated")
        }
        "AWS::EC2::InternetGateway" => Codes("InvalidInternetGatewayID.NotFound", IN_USE, "Resource.AlreadyAssociated"),
        "AWS::EC2::VPCGatewayAttachment" => Codes("Gateway.NotAttached", IN_USE, "Resource.AlreadyAssociated"),
        "AWS::EC2::EgressOnlyInternetGateway" => Codes("InvalidGatewayID.NotFound", IN_USE, "AlreadyExists"),
        "AWS::EC2::EIP" => Codes("InvalidAllocationID.NotFound", "InvalidIPAddress.InUse", "AlreadyExists"),
        "AWS::EC2::NatGateway" => Codes("InvalidNatGatewayID.NotFound", IN_USE, "Resource.AlreadyAssociated"),
        "AWS::EC2::VPCPeeringConnection" => {
            Codes("InvalidVpcPeeringConnectionID.NotFound", IN_USE, "VpcPeeringConnectionAlreadyExists")
        }
        "AWS::EC2::VPCEndpoint" => Codes("InvalidVpcEndpointId.NotFound", IN_USE, "RouteAlreadyExists"),
        "AWS::EC2::SecurityGroupIngress" => {
            Codes("InvalidSecurityGroupRuleId.NotFound", IN_USE, "InvalidPermission.Duplicate")
        }
        "AWS::EC2::LaunchTemplate" => {
            Codes("InvalidLaunchTemplateId.NotFound", IN_USE, "InvalidLaunchTemplateName.AlreadyExistsException")
        }
        "AWS::AutoScaling::AutoScalingGroup" => Codes("ValidationError", "ResourceInUse", "AlreadyExists"),
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => {
            Codes("LoadBalancerNotFound", "ResourceInUse", "DuplicateLoadBalancerName")
        }
        "AWS::ElasticLoadBalancingV2::TargetGroup" => {
            Codes("TargetGroupNotFound", "ResourceInUse", "DuplicateTargetGroupName")
        }
        "AWS::ElasticLoadBalancingV2::Listener" => Codes("ListenerNotFound", "ResourceInUse", "DuplicateListener"),
        "AWS::RDS::DBInstance" => Codes("DBInstanceNotFound", "InvalidDBInstanceState", "DBInstanceAlreadyExists"),
        "AWS::RDS::DBSubnetGroup" => {
            Codes("DBSubnetGroupNotFoundFault", "InvalidDBSubnetGroupStateFault", "DBSubnetGroupAlreadyExists")
        }
        "AWS::RDS::DBParameterGroup" => {
            Codes("DBParameterGroupNotFound", "InvalidDBParameterGroupState", "DBParameterGroupAlreadyExists")
        }
        "AWS::ElastiCache::CacheCluster" => {
            Codes("CacheClusterNotFound", "InvalidCacheClusterState", "CacheClusterAlreadyExists")
        }
        "AWS::ElastiCache::ReplicationGroup" => {
            Codes("ReplicationGroupNotFoundFault", "InvalidReplicationGroupState", "ReplicationGroupAlreadyExists")
        }
        "AWS::ElastiCache::SubnetGroup" => {
            Codes("CacheSubnetGroupNotFoundFault", "CacheSubnetGroupInUse", "CacheSubnetGroupAlreadyExists")
        }
        "AWS::ElastiCache::ParameterGroup" => {
            Codes("CacheParameterGroupNotFound", "InvalidCacheParameterGroupState", "CacheParameterGroupAlreadyExists")
        }
        "AWS::KMS::Key" | "AWS::KMS::Alias" => {
            Codes("NotFoundException", "KMSInvalidStateException", "AlreadyExistsException")
        }
        "AWS::Route53::HostedZone" => Codes("NoSuchHostedZone", "HostedZoneNotEmpty", "HostedZoneAlreadyExists"),
        "AWS::Route53::KeySigningKey" => {
            Codes("NoSuchKeySigningKey", "KeySigningKeyInUse", "KeySigningKeyAlreadyExists")
        }
        "AWS::Route53::DNSSEC" => Codes("DNSSECNotFound", "InvalidArgument", "AlreadyExists"),
        "AWS::Route53::RecordSet" => Codes("InvalidChangeBatch", "InvalidChangeBatch", "InvalidChangeBatch"),
        "AWS::S3::Bucket" => Codes("NoSuchBucket", "BucketNotEmpty", "BucketAlreadyExists"),
        "AWS::S3::BucketPolicy" => Codes("NoSuchBucketPolicy", "OperationAborted", "AlreadyExists"),
        "AWS::SES::EmailIdentity" => {
            Codes("NotFoundException", "ConcurrentModificationException", "AlreadyExistsException")
        }
        "AWS::SES::ConfigurationSet" => {
            Codes("ConfigurationSetDoesNotExist", "ConcurrentModificationException", "ConfigurationSetAlreadyExists")
        }
        "AWS::SES::ConfigurationSetEventDestination" => {
            Codes("EventDestinationDoesNotExist", "ConcurrentModificationException", "EventDestinationAlreadyExists")
        }
        "vault_mount" => Codes("NoHandlerForRoute", "MountInUse", "PathInUse"),
        _ if ty.starts_with("AWS::IAM::") => Codes("NoSuchEntity", "DeleteConflict", "EntityAlreadyExists"),
        _ if ty.starts_with("AWS::SNS::") => Codes("NotFound", "InvalidState", "AlreadyExists"),
        _ => Codes("ResourceNotFound", "ResourceInUse", "ResourceAlreadyExists"),
    }
}

/// A reference leads to nothing.
pub(crate) fn missing(ty: &str, name: &str, path: &str) -> ProviderError {
    refuse(codes(ty).0, format!("{path}: there is no {ty} `{name}`"))
}

/// An object cannot go, because another one refers to it.
pub(crate) fn in_use(key: &Key, users: &[&Key]) -> ProviderError {
    let shown: Vec<String> = users.iter().take(3).map(|user| format!("{} `{}`", user.ty, user.id)).collect();
    let more = match users.len() {
        0..=3 => String::new(),
        n => format!(" and {} more", n - 3),
    };
    refuse(codes(&key.ty).1, format!("{} `{}` is in use by {}{more}", key.ty, key.id, shown.join(", ")))
}

/// The name or the like is taken.
pub(crate) fn duplicate(ty: &str, taken_by: &str, what: &str) -> ProviderError {
    refuse(codes(ty).2, format!("there is a {ty} with {what} already: `{taken_by}`"))
}

/// What becomes of an object that refers to one that is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bond {
    /// Its being there forbids the delete.
    Blocks,
    /// It stays and leads nowhere.
    Loose,
    /// It goes too.
    Goes,
}

/// What ties `user` to the object that it refers to.
pub(crate) fn bond(user: &str, used: &str) -> Bond {
    match (user, used) {
        ("AWS::EC2::Route", "AWS::EC2::RouteTable")
        | ("AWS::SNS::Subscription", "AWS::SNS::Topic")
        | ("AWS::KMS::Alias", "AWS::KMS::Key")
        | ("AWS::S3::BucketPolicy", "AWS::S3::Bucket")
        | ("AWS::SES::ConfigurationSetEventDestination", "AWS::SES::ConfigurationSet")
        | ("AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::LoadBalancer")
        | (_, "vault_mount") => Bond::Goes,
        // A route whose target is gone is a black hole; an alarm may call where nobody is; a template names what it likes.
        ("AWS::EC2::Route" | "AWS::CloudWatch::Alarm" | "AWS::EC2::LaunchTemplate", _) => Bond::Loose,
        _ if user.starts_with("vault_") || is_light(used) => Bond::Loose,
        _ => Bond::Blocks,
    }
}

/// Whether the vendor lets an object go whoever refers to it. A key in use, for one, can be scheduled for deletion.
fn is_light(ty: &str) -> bool {
    matches!(
        ty,
        "AWS::KMS::Key"
            | "AWS::KMS::Alias"
            | "AWS::IAM::Role"
            | "AWS::EC2::LaunchTemplate"
            | "AWS::SNS::Topic"
            | "AWS::S3::Bucket"
            | "AWS::SES::ConfigurationSet"
            | "AWS::SES::EmailIdentity"
    )
}

/// Whether a delete only schedules, so that the id stays taken.
pub(crate) fn is_scheduled(ty: &str) -> bool {
    ty == "AWS::KMS::Key"
}
