//! What holds of every service, without a call.

use ports::Provider;
use schema::Settle;

use crate::{Place, Service};

const NAMES: [&str; 3] = ["hail", "metamist", "github"];

fn service(name: &str) -> Service {
    Service::with_token(name, Place::default(), "hidden").expect("there is such a service")
}

#[test]
fn every_type_has_a_schema_and_is_settled_without_a_person() {
    let mut served = Vec::new();
    for name in NAMES {
        let service = service(name);
        assert_eq!(service.name(), name);
        assert_eq!(service.types().len(), service.0.vendor.kinds.len(), "{name}: every type has a schema");
        for ty in service.types() {
            let schema = service.schema(&ty).expect("a sound schema").expect("it is listed");
            assert_eq!(schema.overlay.settle, Settle::Identity, "{ty}: whoever makes it again looks first");
            served.push(ty);
        }
    }
    assert_eq!(served.len(), 7, "{served:?}");
    assert!(Service::with_token("gitlab", Place::default(), "t").is_none());
}

#[test]
fn no_token_is_shown_to_whoever_looks() {
    for name in NAMES {
        assert!(!format!("{:?}", service(name)).contains("hidden"));
    }
}
