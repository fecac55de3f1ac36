{
    use types_aws_ec2::SecurityGroup;
    use types_aws_ec2::security_group::{Egress, Ingress};
    use types_common::Tag;

    SecurityGroup::new("it")
        .group_description(r#"It says "no""#)
        .security_group_egress(Vec::<Egress>::new())
        .security_group_ingress([
            Ingress::new()
                .cidr_ip("10.0.0.0/16")
                .description("from\ninside")
                .from_port(5432)
                .ip_protocol("tcp")
                .to_port(5432),
            Ingress::new().cidr_ipv6("::/0").ip_protocol("-1"),
        ])
        .tags(Vec::<Tag>::new())
        .vpc_id("vpc-1")
        .declare(&mut plan);
}
