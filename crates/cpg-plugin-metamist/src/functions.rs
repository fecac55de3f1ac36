//! The functions: one takes in what is sent, one reads it in, one tells of it.

use std::collections::BTreeMap;

use cpg::{Code, Function, Handle, Member, SecretVariable};
use plan::{IntoExpr, Output, Result, object};

use crate::Work;
use crate::access::Senders;
use crate::tables::{DATA, LOGS};
use crate::topics::{Listener, Topics};

/// The functions that take in and read, as audiences are named after them.
pub(crate) const FUNCTIONS: [&str; 2] = ["extract", "load"];
/// What a function takes.
const MEMORY: &str = "2Gi";
const PROCESSORS: &str = "1";
const SECONDS: i64 = 540;

/// What a function is told.
type Variables = Vec<(&'static str, Output<String>)>;

impl Work<'_> {
    /// Declares them; what is returned reads in.
    pub(crate) fn functions(&self, senders: &Senders, topics: &Topics) -> Result<Listener<'_>> {
        let extract = self.centre.sources("etl/extract", &["main.py"])?;
        let load = self.centre.sources("etl/load", &["main.py", "requirements.txt"])?;
        let notification = self.centre.sources("etl/notification", &["main.py"])?;
        let name = format!("{}metamist-source-bucket", self.centre.storage_prefix());
        let bucket = self.centre.bucket("metamist-source-bucket", self.project(), &name);
        let archive =
            |name: &str, files| self.centre.add_archive(&format!("metamist-etl-{name}-source-code"), &bucket, files);

        let variables = self.variables(senders, topics);
        let (load, index) = self.with_private_packages(load);
        let extract = self.function(
            "extract",
            &archive("extract", &extract),
            &variables,
            &self.accounts.extract,
            &[&senders.version],
        );
        let waits: Vec<&Handle> = index.iter().chain([&senders.version]).collect();
        let load = self.function("load", &archive("load", &load), &variables, &self.accounts.load, &waits);
        self.role("metamist-etl-extract-editor-role", "roles/editor", &self.accounts.extract);
        self.role("metamist-etl-load-editor-role", "roles/editor", &self.accounts.load);
        self.role("metamist-etl-robot-service-agent-role", "roles/run.serviceAgent", &self.robot);
        self.let_in(&senders.callers, &extract);
        self.notify(&archive("notification-func", &notification), topics);
        Ok(Listener { function: load, caller: &self.accounts.extract })
    }

    fn variables(&self, senders: &Senders, topics: &Topics) -> Variables {
        vec![
            ("BIGQUERY_TABLE", Output::known(self.table_name(DATA))),
            ("BIGQUERY_LOG_TABLE", Output::known(self.table_name(LOGS))),
            ("PUBSUB_TOPIC", topics.data.name.clone()),
            ("NOTIFICATION_PUBSUB_TOPIC", topics.notifications.name.clone()),
            ("SM_ENVIRONMENT", Output::known(&self.etl.environment)),
            ("CONFIGURATION_SECRET", senders.secret.clone()),
        ]
    }

    /// The loader's sources with the packages of the centre's own index, and what has to be there before it is asked.
    fn with_private_packages(&self, mut files: BTreeMap<String, String>) -> (BTreeMap<String, String>, Option<Handle>) {
        let packages = self.etl.private_repo_packages.as_deref().unwrap_or_default();
        let Some(requirements) = files.get_mut("requirements.txt").filter(|_| !packages.is_empty()) else {
            return (files, None);
        };
        let (address, index) = self.centre.python_index();
        *requirements = format!("{requirements}\n--extra-index-url {address}\n{}", packages.join("\n"));
        (files, Some(index))
    }

    /// One of the two, and beside it a service of other audiences, if it has any.
    fn function(&self, which: &str, code: &Code, variables: &Variables, account: &Member, waits: &[&Handle]) -> Handle {
        let name = format!("metamist-etl-{which}");
        let entry_point = format!("etl_{which}");
        let before = self.enabled(["cloudfunctions", "cloudbuild"]);
        let waits: Vec<&Handle> = before.iter().chain(waits.iter().copied()).collect();
        let function = Function {
            id: Some(&name),
            kept: true,
            memory: MEMORY,
            processors: Some(PROCESSORS),
            variables: variables.clone(),
            open: true,
            ..self.plain(&name, code, &entry_point, account)
        };
        let function = self.centre.function(&function, &waits);
        self.for_others(which, &name, variables, account, &function);
        function
    }

    /// What all have.
    fn plain<'b>(&'b self, name: &'b str, code: &'b Code, entry_point: &'b str, account: &'b Member) -> Function<'b> {
        Function {
            name,
            id: None,
            project: self.project(),
            code,
            file: None,
            entry_point,
            kept: true,
            memory: MEMORY,
            processors: Some(PROCESSORS),
            seconds: SECONDS,
            variables: Vec::new(),
            secrets: Vec::new(),
            open: true,
            account,
            topic: None,
        }
    }

    /// The same image as a service that other audiences call.
    fn for_others(&self, which: &str, name: &str, variables: &Variables, account: &Member, function: &Handle) {
        let audiences = self.etl.custom_audience_list.get(which).filter(|list| !list.value.is_empty());
        let Some(audiences) = audiences else { return };
        let logical = format!("metamist-etl-{which}-external");
        self.centre.declare("run.googleapis.com/Service", &logical, |service| {
            service.set("parent", self.place().as_str().into());
            service.set("serviceId", logical.as_str().into());
            service.set("ingress", "INGRESS_TRAFFIC_ALL".into());
            service.set("customAudiences", audiences.value.clone().into_expr());
            let variables = variables.iter().map(|(name, value)| object!({ "name": *name, "value": value }));
            let template = object!({
                "serviceAccount": self.address(account),
                "timeout": format!("{SECONDS}s"),
                "maxInstanceRequestConcurrency": 1,
                "scaling": { "minInstanceCount": 0, "maxInstanceCount": 1 },
                "containers": [{
                    "image": self.centre.image_of(self.project(), name),
                    "resources": {
                        "cpuIdle": true,
                        "startupCpuBoost": true,
                        "limits": { "cpu": PROCESSORS, "memory": MEMORY },
                    },
                    "env": variables.collect::<Vec<_>>(),
                }],
            });
            service.set("template", template.into_expr());
            // The image is built with the function.
            cpg::Centre::wait(service, &[function]);
        });
    }

    /// Lets those who send call the function that takes in.
    fn let_in(&self, callers: &[(String, Member)], extract: &Handle) {
        let (full_name, service) = (extract.attribute("name"), self.service_of(&extract.attribute("functionId")));
        for (who, member) in callers {
            let (ty, name) =
                ("cloudfunctions.googleapis.com/FunctionIamMember", format!("metamist-etl-accessor-{who}"));
            self.centre.grant(ty, &name, ("function", &full_name), "roles/cloudfunctions.invoker", member);
            let (ty, name) = ("run.googleapis.com/ServiceIamMember", format!("metamist-etl-run-accessor-{who}"));
            self.centre.grant(ty, &name, ("service", &service), "roles/run.invoker", member);
        }
    }

    /// The function that tells of what was read in, and what it takes to speak in the channel.
    fn notify(&self, code: &Code, topics: &Topics) {
        let account = &self.accounts.notification;
        self.role("metamist-etl-notification-sa-run-invoker-role", "roles/run.invoker", account);
        let (project, aggregator) = self.bills;
        let token = &aggregator.slack_token_secret_name;
        let secret = Output::known(format!("projects/{project}/secrets/{token}"));
        let (ty, name) =
            ("secretmanager.googleapis.com/SecretIamMember", "metamist-etl-notification-slack-token-access");
        self.centre.grant(ty, name, ("secret", &secret), "roles/secretmanager.secretAccessor", account);
        let before = self.enabled(["iam", "cloudfunctions", "cloudbuild", "pubsub"]);
        let function = Function {
            variables: vec![("SLACK_CHANNEL", Output::known(self.channel))],
            secrets: vec![SecretVariable { name: "SLACK_BOT_TOKEN", project, secret: token }],
            ..self.plain("metamist-etl-notification-func", code, "etl_notify", account)
        };
        let function = self.centre.function(&function, &before.each_ref());
        self.announce(topics, &Listener { function, caller: account });
    }
}
