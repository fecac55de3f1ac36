//! The queries as the stack files make them.

use testkit::Workspace;

const QUERY: &str = "consul_prepared_query";

#[test]
fn every_cluster_has_the_four_queries() {
    let stacks = Workspace::here().stacks("substructure.consul");
    assert_eq!(stacks, ["operations.CI", "operations.Production", "operations.QA"]);
    for stack in stacks {
        let planned = testkit::evaluate(substructure_consul::project(), &stack);
        assert_eq!(planned.problems(), [""; 0]);
        assert_eq!(
            planned.names(QUERY),
            [
                "nearest-service-query",
                "operations-log-service-query",
                "operations-service-query",
                "vault-active-server-prepared-query"
            ]
        );
        assert_eq!(planned.count(), 4);
        let (_, environment) = stack.split_once('.').expect("a scope");
        for query in planned.resources(QUERY) {
            let cluster = format!("consul-operations-{}", environment.to_lowercase());
            assert_eq!(query.options().provider.as_ref(), Some(&cluster), "each environment has a Consul of its own");
        }
    }
}

#[test]
fn names_with_a_prefix_are_found_in_other_data_centres() {
    let planned = testkit::evaluate(substructure_consul::project(), "operations.QA");
    let logging = planned.resource(QUERY, "operations-log-service-query");
    assert_eq!(logging.text("template.regexp"), "^(operations|logging)-(.*?)$");
    assert_eq!(logging.text("service"), "${match(2)}");
    assert_eq!(logging.text("failover.datacenters[2]"), "operations");
    let nearest = planned.resource(QUERY, "nearest-service-query");
    assert_eq!((nearest.text("near"), nearest.find("failover")), ("_agent", None));
}
