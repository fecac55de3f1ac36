//! What the constructs of data stores declare.

mod caches;
mod databases;

use ol::{BusinessUnit, Tags};
use ol_data::AlarmTopics;
use plan::prelude::*;
use testkit::{Given, Planned};

fn planned(declare: impl Fn(&Surroundings, &mut Draft) + Send + Sync + 'static) -> Planned {
    let plan = move |stack: &Stack, secrets: Secrets| -> Result<Plan<()>> {
        let mut plan = stack.plan();
        declare(&Surroundings::new(secrets), &mut plan);
        plan.finish(())
    };
    let sealed = format!("password = {{ secret = \"age:QQ==\", fingerprint = \"{}\" }}", "0".repeat(64));
    Given::stack(Project::new("test", plan), "QA").config(&sealed).evaluate()
}

/// What a stack file says.
#[derive(Debug, Config)]
struct Secrets {
    /// A password.
    password: SealedSecret,
}

/// What all constructs need.
struct Surroundings {
    password: SealedSecret,
    topics: AlarmTopics,
    tags: Tags,
}

impl Surroundings {
    fn new(secrets: Secrets) -> Self {
        Self {
            password: secrets.password,
            topics: AlarmTopics { warning: Output::known("arn:warning"), critical: Output::known("arn:critical") },
            tags: Tags::new(BusinessUnit::Data, "data-qa"),
        }
    }
}
