//! What holds of every type that is served.

use ports::Provider;
use schema::Settle;
use value::{Map, Path};

use crate::{Aws, Place, kind};

fn aws() -> Aws {
    Aws::new(Place::default(), std::collections::BTreeMap::new())
}

#[test]
fn every_property_that_can_be_set_is_one_of_the_schema() {
    let aws = aws();
    let mut served = 0;
    for ty in aws.types() {
        let schema = aws.schema(&ty).expect("a sound schema").expect("it is listed");
        let kind = kind::of(&ty).expect("it is served");
        for name in kind.properties() {
            let path = Path::key(*name);
            assert!(schema.property(&path).is_some() && !schema.is_attribute(&path), "{ty}: {name}");
        }
        for required in &schema.required {
            assert!(kind.properties().contains(&required.as_str()), "{ty} needs {required}");
        }
        served += 1;
    }
    assert!(served >= 16, "{served} types");
}

#[test]
fn what_is_settled_by_identity_can_be_searched_by_it_and_what_by_token_is_looked_for() {
    let aws = aws();
    for ty in aws.types() {
        let schema = aws.schema(&ty).expect("a sound schema").expect("it is listed");
        let kind = kind::of(&ty).expect("it is served");
        match schema.overlay.settle {
            Settle::Identity => {
                let names = schema.overlay.identity.iter().flat_map(|identity| &identity.properties);
                let identity: Map = names.map(|name| (name.clone(), value::Value::from("x"))).collect();
                assert!(kind.by_identity(&identity).is_some(), "{ty}");
            }
            // Servers that take no notice of tokens would make a second object.
            Settle::Token => assert!(kind.looks_before(), "{ty}"),
            Settle::Tag => assert!(schema.overlay.tags.is_some(), "{ty}"),
            Settle::Ask => panic!("{ty} would need a person"),
        }
    }
}

#[test]
fn a_type_that_is_not_served_has_no_schema_here() {
    assert_eq!(aws().schema("AWS::EC2::Fleet").map(|schema| schema.is_some()), Ok(false));
    assert!(aws().schema("AWS::IAM::Role").expect("no broken schema").is_none());
}
