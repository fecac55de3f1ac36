//! The prepared queries of a Consul cluster: names under which services are found, also in other data centres.
//!
//! Layer: L6, a project.

use plan::prelude::*;
use types_consul::PreparedQuery;
use types_consul::prepared_query::{Failover, Template};

/// Where a query looks when its own data centre has no answer: in all environments, as it always was.
const DATACENTERS: [&str; 4] = ["operations-ci", "operations-qa", "operations", "operations-production"];

/// The project.
pub fn project() -> Project {
    Project::new("substructure.consul", plan)
}

/// Plans the queries of one cluster.
pub fn plan(stack: &Stack, (): ()) -> Result<Plan<()>> {
    let mut plan = stack.plan();
    let failover = || Failover::new().datacenters(DATACENTERS);
    let by_prefix = |regexp: &str| Template::new().type_("name_prefix_match").regexp(regexp);
    let queries = [
        PreparedQuery::new("vault-active-server-prepared-query")
            .name("vault")
            .service("vault")
            .tags(["active"])
            .failover(failover()),
        PreparedQuery::new("operations-log-service-query")
            .name("logging")
            .service("${match(2)}")
            .tags(["logging"])
            .failover(failover())
            .template(by_prefix("^(operations|logging)-(.*?)$")),
        PreparedQuery::new("operations-service-query")
            .name("operations")
            .service("${match(2)}")
            .tags(["logging"])
            .failover(failover())
            .template(by_prefix("^(operations|logging)-(.*?)$")),
        PreparedQuery::new("nearest-service-query")
            .name("nearest")
            .service("${match(1)}")
            .near("_agent")
            .template(by_prefix("^nearest-(.*?)$")),
    ];
    let cluster = ol_data::consul_of(stack);
    for query in queries {
        query.provider(&cluster).declare(&mut plan);
    }
    plan.finish(())
}
