//! The plugin `metamist`: functions that take in sample metadata from those who send it, read it into metamist, and tell of
//! it; the topics between them, the tables that say what came, and who may send what.
//!
//! Layer: library, pure. Programs are sources of the configuration: `functions/etl/extract`, `functions/etl/load` and
//! `functions/etl/notification`; the columns of tables are in `functions/etl`.

mod access;
mod check;
mod functions;
mod tables;
mod topics;

use cpg::{Centre, Handle, Member, Plugin, Services};
use cpg_config::{Aggregator, Configuration, Metamist, MetamistEtl};
use plan::diag::Diagnostics;
use plan::{Output, Result, text};

/// The name that it is enabled by.
const NAME: &str = "metamist";

struct Plug;

/// The plugin.
pub fn plugin() -> &'static dyn Plugin {
    &Plug
}

impl Plugin for Plug {
    fn name(&self) -> &'static str {
        NAME
    }

    fn check(&self, configuration: &Configuration) -> Diagnostics {
        check::check(configuration)
    }

    fn on_group_finalisation(&self, centre: &Centre<'_>) -> Result<()> {
        // What is missing was said by the check.
        match Work::of(centre)? {
            Some(work) => work.all(),
            None => Ok(()),
        }
    }
}

/// What the plugin works with.
struct Work<'a> {
    centre: &'a Centre<'a>,
    metamist: &'a Metamist,
    etl: &'a MetamistEtl,
    /// The channel that is told.
    channel: &'a str,
    /// The secret by which functions speak there is that of bills, in their project.
    bills: (&'a str, &'a Aggregator),
    /// Pub/Sub itself, which hands on what nobody took.
    postman: Member,
    /// Cloud Run itself.
    robot: Member,
    services: Services<'a, 'a>,
    accounts: Accounts,
}

/// The accounts that functions act as.
struct Accounts {
    extract: Member,
    load: Member,
    notification: Member,
}

impl<'a> Work<'a> {
    fn of(centre: &'a Centre<'a>) -> Result<Option<Self>> {
        let infrastructure = &centre.configuration().infrastructure;
        let given = || {
            let metamist = infrastructure.metamist.as_ref()?;
            let billing = infrastructure.billing.as_ref()?;
            let bills = (billing.gcp.project_id.as_str(), billing.aggregator.as_ref()?);
            Some((metamist, metamist.etl.as_ref()?, metamist.slack_channel.as_deref()?, bills))
        };
        let Some((metamist, etl, channel, bills)) = given() else { return Ok(None) };
        let project = &metamist.gcp.project;
        let number = centre.project_number(project)?;
        let agent = |of: &str| Member::Literal(format!("serviceAccount:service-{number}@{of}.iam.gserviceaccount.com"));
        let services = centre.services(NAME, project);
        let iam = services.get("iam");
        let account = |name: &str, id: &str| centre.account(name, project, id, &[&iam]);
        let accounts = Accounts {
            extract: account("metamist-etl-extract-service-account", "metamist-etl-extract-sa"),
            load: account("metamist-etl-load-service-account", "metamist-etl-load-sa"),
            notification: account("metamist-etl-service-account", "metamist-etl-sa"),
        };
        let (postman, robot) = (agent("gcp-sa-pubsub"), agent("serverless-robot-prod"));
        Ok(Some(Self { centre, metamist, etl, channel, bills, postman, robot, services, accounts }))
    }

    fn all(&self) -> Result<()> {
        self.tables()?;
        let configuration = self.senders();
        let topics = self.topics();
        let loader = self.functions(&configuration, &topics)?;
        self.deliver(&topics, &loader);
        Ok(())
    }

    /// The project of everything here.
    fn project(&self) -> &'a str {
        &self.metamist.gcp.project
    }

    /// Where what has a region is.
    fn place(&self) -> String {
        format!("projects/{}/locations/{}", self.project(), self.centre.region())
    }

    /// The address of somebody.
    fn address(&self, member: &Member) -> Output<String> {
        self.centre.member_id(member)
    }

    /// A role on the whole project.
    fn role(&self, name: &str, role: &str, member: &Member) {
        self.centre.project_role(name, self.project(), role, member);
    }

    /// The full name of a service of Cloud Run, by what it is called.
    fn service_of(&self, id: &Output<String>) -> Output<String> {
        text(&format!("{}/services/{{}}", self.place()), [id])
    }

    /// APIs, enabled.
    fn enabled<const N: usize>(&self, stems: [&str; N]) -> [Handle; N] {
        stems.map(|stem| self.services.get(stem))
    }
}
