{
    use std::collections::BTreeMap;
    use types_vault::Mount;

    Mount::new("it")
        .default_lease_ttl_seconds(864_000)
        .max_lease_ttl_seconds(31_536_000_000_i64)
        .options(BTreeMap::from([("version".to_owned(), "2")]))
        .path("secret")
        .type_("kv-v2")
        .declare(&mut plan);
}
