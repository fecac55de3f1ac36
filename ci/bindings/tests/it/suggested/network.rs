{
    use types_aws_ec2::Vpc;
    use types_common::tags;

    Vpc::new("it")
        .cidr_block("10.0.0.0/16")
        .enable_dns_support(true)
        .tags(tags([("Name", "main"), ("OU", "data")]))
        .protect()
        .provider("west")
        .declare(&mut plan);
}
