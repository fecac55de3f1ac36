//! What AWS refuses, and with which code. A line of a story without a code must work.

use super::Script;

const NETWORK: &str = r#"
    vpc = EC2::VPC { CidrBlock = "10.0.0.0/16" }
    igw = EC2::InternetGateway {}
    attachment = EC2::VPCGatewayAttachment { VpcId = "$vpc", InternetGatewayId = "$igw" }
    a = EC2::Subnet { VpcId = "$vpc", CidrBlock = "10.0.0.0/24", AvailabilityZone = "us-east-1a" }
    b = EC2::Subnet { VpcId = "$vpc", CidrBlock = "10.0.1.0/24", AvailabilityZone = "us-east-1b" }
    table = EC2::RouteTable { VpcId = "$vpc" }
    sg = EC2::SecurityGroup { GroupDescription = "d", GroupName = "web", VpcId = "$vpc" }
    other = EC2::VPC { CidrBlock = "10.1.0.0/16" }
"#;

/// A story in the network above.
fn in_network(story: &str) -> Script {
    Script::tell(&format!("{NETWORK}\n{story}"))
}

#[test]
fn load_balancers_and_groups_of_instances() {
    in_network(
        r#"
        create ElasticLoadBalancingV2::LoadBalancer { Name = "a-name-that-is-longer-than-32-letters" } ! ValidationError
        create ElasticLoadBalancingV2::LoadBalancer { Name = "ends-", Subnets = ["$a", "$b"] } ! ValidationError
        create ElasticLoadBalancingV2::TargetGroup { Name = "under_score", VpcId = "$vpc" } ! ValidationError
        create ElasticLoadBalancingV2::TargetGroup { Name = "web", VpcId = "vpc-00000000000000000" } ! InvalidVpcID.NotFound
        targets = ElasticLoadBalancingV2::TargetGroup { Name = "web", VpcId = "$vpc" }
        create ElasticLoadBalancingV2::TargetGroup { Name = "web", VpcId = "$vpc" } ! DuplicateTargetGroupName
        front = ElasticLoadBalancingV2::LoadBalancer { Name = "front", Subnets = ["$a", "$b"], SecurityGroups = ["$sg"] }
        listener = ElasticLoadBalancingV2::Listener { LoadBalancerArn = "$front", Port = 443, DefaultActions = [{ Type = "forward", TargetGroupArn = "$targets" }] }
        create ElasticLoadBalancingV2::Listener { LoadBalancerArn = "$front", Port = 443, DefaultActions = [] } ! DuplicateListener
        delete $targets ! ResourceInUse
        delete $sg ! DependencyViolation
        template = EC2::LaunchTemplate { LaunchTemplateName = "t", LaunchTemplateData = { SecurityGroupIds = ["$sg"] } }
        create AutoScaling::AutoScalingGroup { MinSize = "3", MaxSize = "2" } ! ValidationError
        create AutoScaling::AutoScalingGroup { MinSize = "1", DesiredCapacity = "3", MaxSize = "2" } ! ValidationError
        group = AutoScaling::AutoScalingGroup { MinSize = "1", MaxSize = "2", LaunchTemplate = { LaunchTemplateId = "$template", Version = "1" }, TargetGroupARNs = ["$targets"] }
        delete $front
        delete $listener
        delete $sg
        delete $template
        "#,
    );
}

#[test]
fn vpcs_and_subnets() {
    in_network(
        r#"
        create EC2::VPC { CidrBlock = "10.0.0.0/8" } ! InvalidVpc.Range
        create EC2::VPC { CidrBlock = "10.0.0.0/29" } ! InvalidVpc.Range
        create EC2::VPC { CidrBlock = "ten" } ! InvalidParameterValue
        create EC2::VPC {} ! MissingParameter
        create EC2::VPC { CidrBlok = "10.0.0.0/16" } ! ValidationException
        create EC2::VPC { CidrBlock = 10 } ! ValidationException
        update $vpc { CidrBlock = "10.2.0.0/16" } ! NotUpdatable
        create EC2::Subnet { VpcId = "vpc-00000000000000000", CidrBlock = "10.0.9.0/24" } ! InvalidVpcID.NotFound
        create EC2::Subnet { VpcId = "$vpc", CidrBlock = "10.1.0.0/24" } ! InvalidSubnet.Range
        create EC2::Subnet { VpcId = "$vpc", CidrBlock = "10.0.9.0/29" } ! InvalidSubnet.Range
        create EC2::Subnet { VpcId = "$vpc", CidrBlock = "10.0.0.128/25" } ! InvalidSubnet.Conflict
        create EC2::Subnet { VpcId = "$vpc", CidrBlock = "10.0.0.0/24" } ! InvalidSubnet.Conflict
        create EC2::Subnet { VpcId = "$vpc", CidrBlock = "10.0.9.0/24", AvailabilityZone = "us-east-1z" } ! InvalidParameterValue
        create EC2::Subnet { VpcId = "$vpc", CidrBlock = "10.0.9.0/24", AvailabilityZone = "eu-west-1a" } ! InvalidParameterValue
        create EC2::Subnet { VpcId = "$vpc", CidrBlock = "10.0.9.0/24", Ipv6CidrBlock = "2600::/64" } ! InvalidSubnet.Range
        delete $vpc ! DependencyViolation
        delete $other
        delete $other
        update $other {} ! ResourceNotFound
        # Two blocks for a VPC, and a block that a subnet lies in.
        create EC2::VPCCidrBlock { VpcId = "$vpc", CidrBlock = "10.0.128.0/17" } ! CidrConflict
        more = EC2::VPCCidrBlock { VpcId = "$vpc", CidrBlock = "10.9.0.0/16" }
        far = EC2::Subnet { VpcId = "$vpc", CidrBlock = "10.9.0.0/24" }
        delete $more ! InvalidCidrBlock.InUse
        delete $far
        delete $more
        six = EC2::VPCCidrBlock { VpcId = "$vpc", AmazonProvidedIpv6CidrBlock = true }
        create EC2::Subnet { VpcId = "$vpc", CidrBlock = "10.0.9.0/24", Ipv6CidrBlock = "2600::/63" } ! InvalidSubnet.Range
        s6 = EC2::Subnet { VpcId = "$vpc", CidrBlock = "10.0.9.0/24", Ipv6CidrBlock = "$six.Ipv6CidrBlock" }
        create EC2::Subnet { VpcId = "$vpc", CidrBlock = "10.0.10.0/24", Ipv6CidrBlock = "$six.Ipv6CidrBlock" } ! InvalidSubnet.Conflict
        delete $six ! InvalidCidrBlock.InUse
        delete $s6
        delete $six
        "#,
    );
}

#[test]
fn gateways() {
    in_network(
        r#"
        create EC2::VPCGatewayAttachment { VpcId = "$other", InternetGatewayId = "$igw" } ! Resource.AlreadyAssociated
        second = EC2::InternetGateway {}
        create EC2::VPCGatewayAttachment { VpcId = "$vpc", InternetGatewayId = "$second" } ! InvalidParameterValue
        create EC2::VPCGatewayAttachment { VpcId = "$vpc" } ! MissingParameter
        delete $igw ! DependencyViolation
        delete $vpc ! DependencyViolation
        eip = EC2::EIP { Domain = "vpc" }
        create EC2::NatGateway { SubnetId = "$a" } ! MissingParameter
        create EC2::NatGateway { SubnetId = "$a", AllocationId = "eipalloc-00000000000000000" } ! InvalidAllocationID.NotFound
        create EC2::NatGateway { SubnetId = "$a", AllocationId = "$eip.AllocationId", PrivateIpAddress = "10.0.1.100" } ! InvalidParameterValue
        lonely = EC2::Subnet { VpcId = "$other", CidrBlock = "10.1.0.0/24" }
        create EC2::NatGateway { SubnetId = "$lonely", AllocationId = "$eip.AllocationId" } ! Gateway.NotAttached
        nat = EC2::NatGateway { SubnetId = "$a", AllocationId = "$eip.AllocationId", PrivateIpAddress = "10.0.0.100" }
        create EC2::NatGateway { SubnetId = "$b", AllocationId = "$eip.AllocationId" } ! Resource.AlreadyAssociated
        delete $eip ! InvalidIPAddress.InUse
        delete $a ! DependencyViolation
        delete $attachment ! DependencyViolation
        delete $nat
        delete $eip
        delete $a
        delete $attachment
        delete $igw
        "#,
    );
}

#[test]
fn routes() {
    in_network(
        r#"
        create EC2::Route { RouteTableId = "rtb-00000000000000000", DestinationCidrBlock = "0.0.0.0/0", GatewayId = "$igw" } ! InvalidRouteTableID.NotFound
        create EC2::Route { RouteTableId = "$table", DestinationCidrBlock = "0.0.0.0/0", GatewayId = "igw-00000000000000000" } ! InvalidInternetGatewayID.NotFound
        create EC2::Route { RouteTableId = "$table", DestinationCidrBlock = "0.0.0.0/0" } ! MissingParameter
        create EC2::Route { RouteTableId = "$table", GatewayId = "$igw" } ! MissingParameter
        create EC2::Route { RouteTableId = "$table", DestinationCidrBlock = "0.0.0.0/0", DestinationIpv6CidrBlock = "::/0", GatewayId = "$igw" } ! InvalidParameterCombination
        route = EC2::Route { RouteTableId = "$table", DestinationCidrBlock = "0.0.0.0/0", GatewayId = "$igw" }
        create EC2::Route { RouteTableId = "$table", DestinationCidrBlock = "0.0.0.0/0", GatewayId = "$igw" } ! RouteAlreadyExists
        r6 = EC2::Route { RouteTableId = "$table", DestinationIpv6CidrBlock = "::/0", GatewayId = "$igw" }
        theirs = EC2::RouteTable { VpcId = "$other" }
        create EC2::Route { RouteTableId = "$theirs", DestinationCidrBlock = "0.0.0.0/0", GatewayId = "$igw" } ! InvalidParameterValue
        eigw = EC2::EgressOnlyInternetGateway { VpcId = "$vpc" }
        create EC2::Route { RouteTableId = "$table", DestinationCidrBlock = "1.0.0.0/8", EgressOnlyInternetGatewayId = "$eigw" } ! InvalidParameterValue
        create EC2::SubnetRouteTableAssociation { RouteTableId = "$theirs", SubnetId = "$a" } ! InvalidParameterValue
        association = EC2::SubnetRouteTableAssociation { RouteTableId = "$table", SubnetId = "$a" }
        create EC2::SubnetRouteTableAssociation { RouteTableId = "$table", SubnetId = "$a" } ! Resource.AlreadyAssociated
        delete $table ! DependencyViolation
        delete $association
        # A table takes its routes with it.
        delete $table
        delete $route
        create EC2::VPCEndpoint { VpcId = "$vpc", ServiceName = "com.amazonaws.us-east-1.s4" } ! InvalidServiceName
        s3 = EC2::VPCEndpoint { VpcId = "$vpc", ServiceName = "com.amazonaws.us-east-1.s3" }
        "#,
    );
}

#[test]
fn peerings() {
    in_network(
        r#"
        create EC2::VPCPeeringConnection { VpcId = "$vpc", PeerVpcId = "$vpc" } ! InvalidParameterValue
        create EC2::VPCPeeringConnection { VpcId = "$vpc", PeerVpcId = "vpc-00000000000000000" } ! InvalidVpcID.NotFound
        twin = EC2::VPC { CidrBlock = "10.0.0.0/20" }
        create EC2::VPCPeeringConnection { VpcId = "$vpc", PeerVpcId = "$twin" } ! NotStabilized
        peering = EC2::VPCPeeringConnection { VpcId = "$vpc", PeerVpcId = "$other" }
        create EC2::VPCPeeringConnection { VpcId = "$other", PeerVpcId = "$vpc" } ! VpcPeeringConnectionAlreadyExists
        stranger = EC2::RouteTable { VpcId = "$twin" }
        create EC2::Route { RouteTableId = "$stranger", DestinationCidrBlock = "10.1.0.0/16", VpcPeeringConnectionId = "$peering" } ! InvalidParameterValue
        route = EC2::Route { RouteTableId = "$table", DestinationCidrBlock = "10.1.0.0/16", VpcPeeringConnectionId = "$peering" }
        delete $other ! DependencyViolation
        # The route becomes a black hole.
        delete $peering
        delete $other
        "#,
    );
}

#[test]
fn security_groups() {
    in_network(
        r#"
        create EC2::SecurityGroup { GroupDescription = "d", GroupName = "web", VpcId = "$vpc" } ! InvalidGroup.Duplicate
        elsewhere = EC2::SecurityGroup { GroupDescription = "d", GroupName = "web", VpcId = "$other" }
        create EC2::SecurityGroup { GroupDescription = "d", GroupName = "default", VpcId = "$vpc" } ! InvalidGroup.Reserved
        create EC2::SecurityGroup { GroupDescription = "d", GroupName = "sg-web", VpcId = "$vpc" } ! InvalidParameterValue
        create EC2::SecurityGroup { GroupDescription = "d'", GroupName = "x", VpcId = "$vpc" } ! InvalidParameterValue
        create EC2::SecurityGroup { GroupName = "x", VpcId = "$vpc" } ! ValidationException
        create EC2::SecurityGroup { GroupDescription = "d", GroupName = "x", VpcId = "$vpc", SecurityGroupIngress = [{ IpProtocol = "tcp", FromPort = 1, ToPort = 70000, CidrIp = "0.0.0.0/0" }] } ! InvalidParameterValue
        create EC2::SecurityGroup { GroupDescription = "d", GroupName = "x", VpcId = "$vpc", SecurityGroupIngress = [{ IpProtocol = "tcp", FromPort = 2, ToPort = 1, CidrIp = "0.0.0.0/0" }] } ! InvalidParameterValue
        create EC2::SecurityGroup { GroupDescription = "d", GroupName = "x", VpcId = "$vpc", SecurityGroupIngress = [{ IpProtocol = "tcp", FromPort = 1, ToPort = 1 }] } ! InvalidParameterCombination
        create EC2::SecurityGroup { GroupDescription = "d", GroupName = "x", VpcId = "$vpc", SecurityGroupIngress = [{ IpProtocol = "-1", CidrIp = "0.0.0.0/0" }, { IpProtocol = "-1", CidrIp = "0.0.0.0/0", Description = "again" }] } ! InvalidPermission.Duplicate
        create EC2::SecurityGroup { GroupDescription = "d", GroupName = "x", VpcId = "$vpc", SecurityGroupIngress = [{ IpProtocol = "-1", SourceSecurityGroupId = "sg-00000000000000000" }] } ! InvalidGroup.NotFound
        user = EC2::SecurityGroup { GroupDescription = "d", GroupName = "y", VpcId = "$vpc", SecurityGroupIngress = [{ IpProtocol = "-1", SourceSecurityGroupId = "$sg.GroupId" }] }
        brought = EC2::SecurityGroup { GroupDescription = "d", GroupName = "z", VpcId = "$vpc", SecurityGroupIngress = [{ IpProtocol = "-1", SourceSecurityGroupId = "$vpc.DefaultSecurityGroup" }] }
        delete $sg ! DependencyViolation
        # A group that refers to itself alone can go.
        update $user { GroupDescription = "d", GroupName = "y", VpcId = "$vpc", SecurityGroupIngress = [{ IpProtocol = "-1", SourceSecurityGroupId = "$user.GroupId" }] }
        delete $user
        delete $sg
        "#,
    );
}

#[test]
fn databases_and_caches() {
    in_network(
        r#"
        create RDS::DBSubnetGroup { DBSubnetGroupName = "g", DBSubnetGroupDescription = "d", SubnetIds = ["$a"] } ! DBSubnetGroupDoesNotCoverEnoughAZs
        create RDS::DBSubnetGroup { DBSubnetGroupName = "g", DBSubnetGroupDescription = "d", SubnetIds = ["$a", "subnet-00000000000000000"] } ! InvalidSubnetID.NotFound
        group = RDS::DBSubnetGroup { DBSubnetGroupName = "g", DBSubnetGroupDescription = "d", SubnetIds = ["$a", "$b"] }
        create RDS::DBSubnetGroup { DBSubnetGroupName = "G", DBSubnetGroupDescription = "d", SubnetIds = ["$a", "$b"] } ! DBSubnetGroupAlreadyExists
        params = RDS::DBParameterGroup { DBParameterGroupName = "p", Description = "d", Family = "postgres16" }
        create RDS::DBInstance { DBInstanceIdentifier = "db", Engine = "postgres", DBInstanceClass = "db.t4g.micro", AllocatedStorage = "20", MasterUsername = "u" } ! InvalidParameterValue
        create RDS::DBInstance { DBInstanceIdentifier = "db", Engine = "dbase", DBInstanceClass = "db.t4g.micro", AllocatedStorage = "20", MasterUsername = "u", MasterUserPassword = "12345678" } ! InvalidParameterValue
        create RDS::DBInstance { DBInstanceIdentifier = "9db", Engine = "postgres", DBInstanceClass = "db.t4g.micro", AllocatedStorage = "20", MasterUsername = "u", MasterUserPassword = "12345678" } ! InvalidParameterValue
        create RDS::DBInstance { DBInstanceIdentifier = "db", Engine = "mariadb", EngineVersion = "11.8", DBInstanceClass = "db.t4g.micro", AllocatedStorage = "20", MasterUsername = "u", MasterUserPassword = "12345678", DBParameterGroupName = "p" } ! InvalidParameterCombination
        create RDS::DBInstance { DBInstanceIdentifier = "db", Engine = "postgres", DBInstanceClass = "db.t4g.micro", AllocatedStorage = "20", MasterUsername = "u", MasterUserPassword = "12345678", DBSubnetGroupName = "none" } ! DBSubnetGroupNotFoundFault
        foreign = EC2::SecurityGroup { GroupDescription = "d", GroupName = "f", VpcId = "$other" }
        create RDS::DBInstance { DBInstanceIdentifier = "db", Engine = "postgres", DBInstanceClass = "db.t4g.micro", AllocatedStorage = "20", MasterUsername = "u", MasterUserPassword = "12345678", DBSubnetGroupName = "g", VPCSecurityGroups = ["$foreign.GroupId"] } ! InvalidParameterCombination
        db = RDS::DBInstance { DBInstanceIdentifier = "db", Engine = "postgres", EngineVersion = "16.4", DBInstanceClass = "db.t4g.micro", AllocatedStorage = "20", MasterUsername = "u", MasterUserPassword = "12345678", DBSubnetGroupName = "g", DBParameterGroupName = "p", DeletionProtection = true, VPCSecurityGroups = ["$sg.GroupId"] }
        create RDS::DBInstance { DBInstanceIdentifier = "DB", Engine = "postgres", DBInstanceClass = "db.t4g.micro", AllocatedStorage = "20", MasterUsername = "u", MasterUserPassword = "12345678" } ! DBInstanceAlreadyExists
        create RDS::DBInstance { DBInstanceIdentifier = "replica", SourceDBInstanceIdentifier = "none" } ! DBInstanceNotFound
        delete $db ! InvalidParameterCombination
        delete $group ! InvalidDBSubnetGroupStateFault
        delete $params ! InvalidDBParameterGroupState
        delete $sg ! DependencyViolation
        update $db { DBInstanceIdentifier = "db", Engine = "postgres", EngineVersion = "16.4", DBInstanceClass = "db.t4g.micro", AllocatedStorage = "20", MasterUsername = "u", MasterUserPassword = "12345678", DBSubnetGroupName = "g", DBParameterGroupName = "p", DeletionProtection = false }
        delete $db
        delete $group
        delete $params
        delete $sg
        create ElastiCache::ReplicationGroup { ReplicationGroupId = "r", ReplicationGroupDescription = "d", AuthToken = "1234567890123456" } ! InvalidParameterCombination
        create ElastiCache::ReplicationGroup { ReplicationGroupId = "r", ReplicationGroupDescription = "d", NumCacheClusters = 1, AutomaticFailoverEnabled = true } ! InvalidParameterCombination
        caches = ElastiCache::SubnetGroup { CacheSubnetGroupName = "c", Description = "d", SubnetIds = ["$a", "$b"] }
        cache = ElastiCache::ReplicationGroup { ReplicationGroupId = "r", ReplicationGroupDescription = "d", NumCacheClusters = 2, CacheSubnetGroupName = "c" }
        delete $caches ! CacheSubnetGroupInUse
        "#,
    );
}

#[test]
fn names_and_keys() {
    Script::tell(
        r#"
        policy = IAM::ManagedPolicy { ManagedPolicyName = "p", PolicyDocument = { Statement = [] } }
        create IAM::ManagedPolicy { ManagedPolicyName = "p", PolicyDocument = { Statement = [] } } ! EntityAlreadyExists
        create IAM::ManagedPolicy { ManagedPolicyName = "q", PolicyDocument = { Version = "2012-10-17" } } ! MalformedPolicyDocument
        role = IAM::Role { RoleName = "r", AssumeRolePolicyDocument = { Statement = [] }, ManagedPolicyArns = ["$policy.PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess"] }
        create IAM::Role { RoleName = "s", AssumeRolePolicyDocument = { Statement = [] }, ManagedPolicyArns = ["arn:aws:iam::123456789012:policy/none"] } ! NoSuchEntity
        create IAM::Role { RoleName = "r", AssumeRolePolicyDocument = { Statement = [] } } ! EntityAlreadyExists
        delete $policy ! DeleteConflict
        delete $role
        delete $policy
        key = KMS::Key { KeyPolicy = { Statement = [] } }
        alias = KMS::Alias { AliasName = "alias/k", TargetKeyId = "$key" }
        create KMS::Alias { AliasName = "alias/k", TargetKeyId = "$key" } ! AlreadyExistsException
        create KMS::Alias { AliasName = "k", TargetKeyId = "$key" } ! ValidationException
        create KMS::Alias { AliasName = "alias/aws/k", TargetKeyId = "$key" } ! NotAuthorizedException
        create KMS::Alias { AliasName = "alias/l", TargetKeyId = "00000000-0000-4000-a000-000000000000" } ! NotFoundException
        create KMS::Key { KeyPolicy = { Statement = [] }, KeySpec = "ECC_NIST_P256", KeyUsage = "SIGN_VERIFY", EnableKeyRotation = true } ! UnsupportedOperationException
        # Scheduled for deletion: its alias is free, and nothing can refer to it any more.
        delete $key
        delete $key
        create KMS::Alias { AliasName = "alias/k", TargetKeyId = "$key" } ! NotFoundException
        other = KMS::Key { KeyPolicy = { Statement = [] } }
        again = KMS::Alias { AliasName = "alias/k", TargetKeyId = "$other" }
        bucket = S3::Bucket { BucketName = "a-bucket" }
        create S3::Bucket { BucketName = "a-bucket" } ! BucketAlreadyExists
        create S3::Bucket { BucketName = "A_Bucket" } ! InvalidBucketName
        create S3::BucketPolicy { Bucket = "no-bucket", PolicyDocument = { Statement = [] } } ! NoSuchBucket
        policed = S3::BucketPolicy { Bucket = "a-bucket", PolicyDocument = { Statement = [] } }
        delete $bucket
        topic = SNS::Topic { TopicName = "t" }
        create SNS::Topic { TopicName = "t" } ! AlreadyExists
        create SNS::Topic { TopicName = "t t" } ! InvalidParameter
        create SNS::Subscription { TopicArn = "arn:aws:sns:us-east-1:123456789012:none", Protocol = "https", Endpoint = "https://x" } ! NotFound
        subscription = SNS::Subscription { TopicArn = "$topic.TopicArn", Protocol = "https", Endpoint = "https://x" }
        delete $topic
        create No::Such::Type {} ! TypeNotFoundException
        "#,
    );
}

#[test]
fn zones_and_signing() {
    Script::tell(
        r#"
        zone = Route53::HostedZone { Name = "mit.example" }
        create Route53::RecordSet { HostedZoneId = "$zone", Name = "a.example", Type = "A", TTL = "60", ResourceRecords = ["1.2.3.4"] } ! InvalidChangeBatch
        create Route53::RecordSet { HostedZoneId = "$zone", Name = "mit.example.", Type = "CNAME", TTL = "60", ResourceRecords = ["b."] } ! InvalidChangeBatch
        create Route53::RecordSet { HostedZoneId = "$zone", Name = "a.mit.example", Type = "A" } ! InvalidInput
        create Route53::RecordSet { HostedZoneId = "Z0NONE", Name = "a.mit.example", Type = "A", TTL = "60", ResourceRecords = ["1.2.3.4"] } ! NoSuchHostedZone
        record = Route53::RecordSet { HostedZoneId = "$zone", Name = "a.mit.example", Type = "A", TTL = "60", ResourceRecords = ["1.2.3.4"] }
        create Route53::RecordSet { HostedZoneId = "$zone", Name = "A.mit.example.", Type = "A", TTL = "60", ResourceRecords = ["1.2.3.4"] } ! InvalidChangeBatch
        create Route53::RecordSet { HostedZoneId = "$zone", Name = "a.mit.example", Type = "CNAME", TTL = "60", ResourceRecords = ["b."] } ! InvalidChangeBatch
        delete $zone ! HostedZoneNotEmpty
        delete $record
        plain = KMS::Key { KeyPolicy = { Statement = [] } }
        key = KMS::Key { KeyPolicy = { Statement = [] }, KeySpec = "ECC_NIST_P256", KeyUsage = "SIGN_VERIFY" }
        create Route53::DNSSEC { HostedZoneId = "$zone" } ! KeySigningKeyWithActiveStatusNotFound
        create Route53::KeySigningKey { HostedZoneId = "$zone", Name = "ksk", Status = "ACTIVE", KeyManagementServiceArn = "$plain.Arn" } ! InvalidKMSArn
        create Route53::KeySigningKey { HostedZoneId = "$zone", Name = "k-s-k", Status = "ACTIVE", KeyManagementServiceArn = "$key.Arn" } ! InvalidKeySigningKeyName
        ksk = Route53::KeySigningKey { HostedZoneId = "$zone", Name = "dnssec_ksk", Status = "ACTIVE", KeyManagementServiceArn = "$key.Arn" }
        create Route53::KeySigningKey { HostedZoneId = "$zone", Name = "dnssec_ksk", Status = "ACTIVE", KeyManagementServiceArn = "$key.Arn" } ! KeySigningKeyAlreadyExists
        signing = Route53::DNSSEC { HostedZoneId = "$zone" }
        # Signing ends first, then the key, then the zone.
        delete $zone ! HostedZoneNotEmpty
        delete $ksk ! KeySigningKeyInUse
        update $ksk { HostedZoneId = "$zone", Name = "dnssec_ksk", Status = "INACTIVE", KeyManagementServiceArn = "$key.Arn" } ! KeySigningKeyInUse
        delete $signing
        delete $ksk
        delete $zone
        "#,
    );
}

#[test]
fn vault_and_consul() {
    Script::tell(
        r#"
        create vault_generic_secret { path = "secret-mitx/edxapp", data_json = "{}" } ! NoHandlerForRoute
        kv = vault_mount { path = "secret-mitx", type = "kv" }
        create vault_mount { path = "secret-mitx/", type = "kv" } ! PathInUse
        create vault_mount { path = "secret-mitx/inner", type = "kv" } ! PathInUse
        create vault_mount { path = "sys/x", type = "kv" } ! InvalidRequest
        secret = vault_generic_secret { path = "secret-mitx/edxapp", data_json = "{}" }
        create vault_generic_secret { path = "secret-mitx/edxapp", data_json = "{}" } ! ResourceAlreadyExists
        create vault_database_secret_backend_role { backend = "mariadb", name = "app", db_name = "d", creation_statements = [] } ! NoHandlerForRoute
        create vault_database_secret_backend_role { backend = "secret-mitx", name = "app", db_name = "d", creation_statements = [] } ! UnsupportedPath
        database = vault_mount { path = "mariadb", type = "database" }
        role = vault_database_secret_backend_role { backend = "mariadb", name = "app", db_name = "d", creation_statements = [] }
        policy = vault_policy { name = "p", policy = "path \"x\" {}" }
        create vault_policy { name = "p", policy = "" } ! ResourceAlreadyExists
        # An engine takes what is in it along.
        delete $database
        delete $role
        query = consul_prepared_query { name = "q", service = "s" }
        create consul_prepared_query { name = "q", service = "s" } ! ResourceAlreadyExists
        # An object of a cluster is its kind, its namespace and its name.
        map = kubernetes_manifest { manifest = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "a", namespace = "n" }, data = { x = "1" } } }
        elsewhere = kubernetes_manifest { manifest = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "a", namespace = "m" } } }
        create kubernetes_manifest { manifest = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "a", namespace = "n" } } } ! ResourceAlreadyExists
        account = kubernetes_service_account_v1 { metadata = { name = "a", namespace = "n" } }
        create kubernetes_service_account_v1 { metadata = { name = "a", namespace = "n", labels = { x = "y" } } } ! ResourceAlreadyExists
        "#,
    );
}

#[test]
fn refusals_name_what_they_are_about() {
    let mut script = Script::new(super::quick());
    script.go_on(NETWORK);
    let subnet = super::create("AWS::EC2::Subnet", "x", r#"{ VpcId = "vpc-0abc", CidrBlock = "10.0.7.0/24" }"#);
    let error = super::apply(&script.sandbox, subnet).expect_err("refused");
    assert_eq!(error.to_string(), "InvalidVpcID.NotFound: VpcId: there is no AWS::EC2::VPC `vpc-0abc`");
    let vpc = script.get("vpc");
    let delete = ports::StepAction::Delete { id: vpc.clone(), prior: value::Map::new() };
    let error = super::apply(&script.sandbox, super::step("AWS::EC2::VPC", "x", delete)).expect_err("refused");
    assert!(error.message.contains(&vpc) && error.message.contains("and 2 more"), "{error}");
}
