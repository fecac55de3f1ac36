{
    use plan::object;
    use types_aws_rds::DbParameterGroup;

    DbParameterGroup::new("it")
        .description("parameters")
        .family("postgres16")
        .parameters(object!({ "rds.force_ssl": "1", "work_mem": "64" }))
        .declare(&mut plan);
}
