//! The plugin that takes in sample metadata.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::config::{Cloud, Etl};
use super::functions::{FUNCTION, images, source, token};
use super::gcp::{Account, SECRET_VERSION, account};
use super::groups::{Member, Memory, sorted};
use super::made::Earlier;
use crate::world::METAMIST_NUMBER;

const ACCOUNT: &str = "gcp:serviceaccount/account:Account";
const ETL: &str = "metamist-etl";

/// The roles on the project: logical name, role, and the account that has it.
const ROLES: [(&str, &str, &str); 5] = [
    ("bq-job-user-role", "roles/bigquery.jobUser", "load-sa"),
    ("extract-editor-role", "roles/editor", "extract-sa"),
    ("load-editor-role", "roles/editor", "load-sa"),
    ("load-secret-accessor-role", "roles/secretmanager.secretAccessor", "load-sa"),
    ("notification-sa-run-invoker-role", "roles/run.invoker", "sa"),
];

impl<'a> Earlier<'a> {
    fn etl(&self) -> &'a Etl {
        self.centre.infrastructure.metamist.etl.as_ref().expect("the plugin needs it")
    }

    fn of_metamist(&self) -> &'a str {
        &self.centre.infrastructure.metamist.gcp.project
    }

    /// An account of its own, by the end of its id.
    fn etl_account(&self, end: &str) -> Account {
        account(&format!("{ETL}-{end}"), self.of_metamist())
    }

    fn metamist_service(&mut self, stem: &str) -> String {
        let first = ["iam", "secretmanager"].contains(&stem).then(|| self.metamist_service("cloudresourcemanager"));
        let after: Vec<String> = first.into_iter().collect();
        self.plugin_service("metamist", stem, self.of_metamist(), &after)
    }

    pub(crate) fn metamist(&mut self, memory: &mut Memory) {
        self.accounts();
        self.tables();
        self.roles();
        self.topics();
        self.accessors(memory);
        let bucket = self.sources("metamist-source-bucket", "metamist", self.of_metamist());
        for function in ["extract", "load"] {
            self.etl_function(function, &bucket);
        }
        self.notification(&bucket);
        self.invokers_of_etl();
    }

    fn accounts(&mut self) {
        let project = self.of_metamist();
        let own =
            [("service-account", "sa"), ("load-service-account", "load-sa"), ("extract-service-account", "extract-sa")];
        let own = own.map(|(name, id)| (name.to_owned(), id.to_owned()));
        let accessors = self.etl().accessors.iter().map(|one| (format!("accessor-{one}"), one.clone()));
        for (name, id) in own.into_iter().chain(accessors) {
            let after = self.metamist_service("iam");
            let inputs = json!({ "accountId": format!("{ETL}-{id}"), "project": project });
            self.make_after(ACCOUNT, format!("{ETL}-{name}"), inputs, &[after]);
        }
    }

    fn tables(&mut self) {
        let project = self.of_metamist();
        let after = self.metamist_service("bigquery");
        let labels = json!({ "project": "metamist" });
        let inputs = json!({
            "datasetId": "metamist", "friendlyName": "metamist bigquery dataset", "labels": labels, "project": project,
            "description": "Metamist related bigquery tables", "location": self.centre.gcp().region,
        });
        self.make_after("gcp:bigquery/dataset:Dataset", format!("{ETL}-bigquery-dataset"), inputs, &[after]);
        for who in ["extract", "load"] {
            let inputs = json!({
                "project": project, "datasetId": "metamist", "role": "WRITER",
                "userByEmail": self.etl_account(&format!("{who}-sa")).email,
            });
            self.make(
                "gcp:bigquery/datasetAccess:DatasetAccess",
                format!("{ETL}-bq-dataset-{who}-service-access"),
                inputs,
            );
        }
        for (end, table, file) in [("", "etl-data", "bq_schema.json"), ("-logs", "etl-logs", "bq_log_schema.json")] {
            let schema = source(&format!("etl/{file}"));
            let more = json!({ "labels": labels });
            self.table(&format!("{ETL}-bigquery-table{end}"), (project, "metamist", table), &schema, more);
        }
    }

    fn roles(&mut self) {
        let project = self.of_metamist();
        // B16: the number is that of the project of whoever runs the program.
        let robot = format!("service-{METAMIST_NUMBER}@serverless-robot-prod.iam.gserviceaccount.com");
        let own = ROLES.map(|(name, role, id)| (name, role, self.etl_account(id).email));
        for (name, role, email) in
            own.into_iter().chain([("robot-service-agent-role", "roles/run.serviceAgent", robot)])
        {
            let inputs = json!({ "project": project, "role": role, "member": format!("serviceAccount:{email}") });
            self.make("gcp:projects/iAMMember:IAMMember", format!("{ETL}-{name}"), inputs);
        }
    }

    /// Topics, what listens to them, and who may put in what could not be delivered.
    fn topics(&mut self) {
        let project = self.of_metamist();
        for (name, waits) in [
            ("topic", true),
            ("dead-letters-topic", true),
            ("notification", false),
            ("notification-dead-letters-topic", false),
        ] {
            let after = if waits { vec![self.metamist_service("pubsub")] } else { Vec::new() };
            self.make_after("gcp:pubsub/topic:Topic", format!("{ETL}-{name}"), json!({ "project": project }), &after);
        }
        let dead = format!("{ETL}-dead-letter-subscription");
        let inputs =
            json!({ "topic": format!("{ETL}-dead-letters-topic"), "project": project, "ackDeadlineSeconds": 20 });
        self.make("gcp:pubsub/subscription:Subscription", dead.clone(), inputs);
        let mut inputs = self.subscription("topic", "dead-letters-topic", "load", "extract-sa");
        inputs["ackDeadlineSeconds"] = 300.into();
        inputs["expirationPolicy"] = json!({ "ttl": "" });
        inputs["retryPolicy"] = json!({ "minimumBackoff": "10s" });
        let after = [self.metamist_service("pubsub"), dead];
        self.make_after("gcp:pubsub/subscription:Subscription", format!("{ETL}-subscription"), inputs, &after);
        let mut inputs =
            self.subscription("notification", "notification-dead-letters-topic", "notification-func", "sa");
        inputs["ackDeadlineSeconds"] = 20.into();
        self.make("gcp:pubsub/subscription:Subscription", format!("{ETL}-notification-subscription"), inputs);
        let policies = [
            ("topic", "publisher", "dead-letters-topic", "dead-letters-topic-iam-policy"),
            ("topic", "publisher", "notification-dead-letters-topic", "notification-dead-letters-topic-iam-policy"),
            ("subscription", "subscriber", "subscription", "pubsub-topic-subscription-policy"),
            ("subscription", "subscriber", "notification-subscription", "notification-subscription-iam-policy"),
        ];
        let agent = format!("serviceAccount:service-{METAMIST_NUMBER}@gcp-sa-pubsub.iam.gserviceaccount.com");
        for (kind, role, on, name) in policies {
            let ty = match kind {
                "topic" => "gcp:pubsub/topicIAMPolicy:TopicIAMPolicy",
                _ => "gcp:pubsub/subscriptionIAMPolicy:SubscriptionIAMPolicy",
            };
            let policy = json!([{ "role": format!("roles/pubsub.{role}"), "members": [agent] }]);
            let inputs = json!({ "project": project, kind: format!("{ETL}-{on}"), "policyData": policy });
            self.make(ty, format!("{ETL}-{name}"), inputs);
        }
    }

    fn subscription(&self, topic: &str, dead: &str, function: &str, account: &str) -> Json {
        let project = self.of_metamist();
        json!({
            "topic": format!("{ETL}-{topic}"), "project": project,
            "deadLetterPolicy": {
                "deadLetterTopic": format!("projects/{project}/topics/{ETL}-{dead}"), "maxDeliveryAttempts": 5,
            },
            "pushConfig": {
                "pushEndpoint": format!("https://{ETL}-{function}.run.example"), "attributes": { "x-goog-version": "v1" },
                "oidcToken": { "serviceAccountEmail": self.etl_account(account).email },
            },
        })
    }

    /// Who may send what, as a secret.
    fn accessors(&mut self, memory: &mut Memory) {
        let project = self.of_metamist();
        let after = self.metamist_service("secretmanager");
        let inputs = json!({
            "secretId": "accessor-configuration", "project": project,
            "replication": { "userManaged": { "replicas": [{ "location": self.centre.gcp().region }] } },
        });
        let name = format!("{ETL}-accessor-configuration");
        self.make_after("gcp:secretmanager/secret:Secret", format!("{name}-secret"), inputs, &[after]);
        let secret = format!("projects/{project}/secrets/accessor-configuration");
        let inputs = json!({ "secret": secret, "secretData": "(secret)" });
        self.make(SECRET_VERSION, name.clone(), inputs);
        let mut types = json!({});
        for (ty, said) in &self.etl().by_type {
            let mut users: Vec<String> = said.accessors.iter().map(|one| self.etl_account(one).email).collect();
            if let Some(dataset) = &said.analysis_group_dataset {
                // B17: they stood in no order; here they stand in that of other lists.
                users.extend(sorted(&self.groups.resolve(Cloud::Gcp, &format!("{dataset}-analysis"), memory)));
            }
            types[ty] = json!({
                "parser_name": said.parser_name, "default_parameters": said.default_parameters, "users": users,
            });
        }
        self.tell(SECRET_VERSION, &name, "secretData", json!({ "by_type": types }));
        let inputs = json!({
            "project": project, "secretId": secret, "role": "roles/secretmanager.secretAccessor",
            "member": format!("serviceAccount:{}", self.etl_account("load-sa").email),
        });
        self.make("gcp:secretmanager/secretIamMember:SecretIamMember", format!("{name}-access"), inputs);
    }

    fn etl_function(&mut self, function: &str, bucket: &str) {
        let project = self.of_metamist();
        let region = &self.centre.gcp().region;
        let name = format!("{ETL}-{function}");
        let code = self.archive(&format!("{name}-source-code"), bucket, &format!("etl/{function}"));
        if function == "load" {
            self.tell(
                "gcp:storage/bucketObject:BucketObject",
                &format!("{name}-source-code"),
                "requirements",
                self.requirements().into(),
            );
        }
        let variables = [
            ("BIGQUERY_TABLE", format!("{project}.metamist.etl-data")),
            ("BIGQUERY_LOG_TABLE", format!("{project}.metamist.etl-logs")),
            ("PUBSUB_TOPIC", format!("projects/{project}/topics/{ETL}-topic")),
            ("NOTIFICATION_PUBSUB_TOPIC", format!("projects/{project}/topics/{ETL}-notification")),
            ("SM_ENVIRONMENT", self.etl().environment.clone()),
            ("CONFIGURATION_SECRET", format!("projects/{project}/secrets/accessor-configuration/versions/1")),
        ];
        let email = self.etl_account(&format!("{function}-sa")).email;
        let inside: Json =
            variables.iter().map(|(key, value)| ((*key).to_owned(), Json::from(value.as_str()))).collect();
        let mut inputs = self.function(&format!("etl_{function}"), code, inside, &email);
        inputs["name"] = name.as_str().into();
        let after = [
            self.metamist_service("cloudfunctions"),
            self.metamist_service("cloudbuild"),
            format!("{name}-service-account"),
        ];
        self.make_after(FUNCTION, name.clone(), inputs, &after);
        let Some(audiences) = self.etl().custom_audience_list.get(function).filter(|list| !list.is_empty()) else {
            return;
        };
        let outside: Vec<Json> = variables.iter().map(|(key, value)| json!({ "name": key, "value": value })).collect();
        let image = format!("{region}-docker.pkg.dev/{project}/gcf-artifacts/{}:latest", name.replace('-', "--"));
        let resources = json!({ "cpuIdle": true, "startupCpuBoost": true, "limits": { "cpu": "1", "memory": "2Gi" } });
        let external = format!("{name}-external");
        let inputs = json!({
            "name": external, "location": region, "ingress": "INGRESS_TRAFFIC_ALL", "customAudiences": audiences,
            "template": {
                "serviceAccount": email, "timeout": "540s", "maxInstanceRequestConcurrency": 1,
                "scaling": { "minInstanceCount": 0, "maxInstanceCount": 1 },
                "containers": [{ "image": image, "resources": resources, "envs": outside }],
            },
        });
        self.make("gcp:cloudrunv2/service:Service", external, inputs);
    }

    /// What all functions of it have.
    fn function(&self, entry: &str, code: Json, variables: Json, account: &str) -> Json {
        let project = self.of_metamist();
        json!({
            "location": self.centre.gcp().region, "project": project,
            "buildConfig": {
                "runtime": "python311", "entryPoint": entry, "environmentVariables": {}, "source": code,
                "dockerRepository": images(project),
            },
            "serviceConfig": {
                "maxInstanceCount": 1, "minInstanceCount": 0, "availableMemory": "2Gi", "availableCpu": "1",
                "timeoutSeconds": 540, "ingressSettings": "ALLOW_ALL", "allTrafficOnLatestRevision": true,
                "environmentVariables": variables, "serviceAccountEmail": account,
            },
        })
    }

    /// What the loader needs, some of it from the index of the centre.
    fn requirements(&self) -> String {
        let text = source("etl/load/requirements.txt");
        let Some(packages) = &self.etl().private_repo_packages else { return text };
        let common = self.common(Cloud::Gcp);
        let (region, project) = (&self.centre.gcp().region, &common.dataset.gcp.project);
        let index = format!("https://{region}-python.pkg.dev/{project}/python-registry/simple/");
        format!("{text}\n--extra-index-url {index}\n{}", packages.join("\n"))
    }

    fn notification(&mut self, bucket: &str) {
        let name = format!("{ETL}-notification-func");
        let code = self.archive(&format!("{name}-source-code"), bucket, "etl/notification");
        let channel = &self.centre.infrastructure.metamist.slack_channel;
        let variables = json!({ "SLACK_BOT_TOKEN": token(self), "SLACK_CHANNEL": channel });
        let inputs = self.function("etl_notify", code, variables, &self.etl_account("sa").email);
        let mut after = vec![format!("{ETL}-service-account")];
        after.extend(["iam", "cloudfunctions", "cloudbuild", "pubsub"].map(|stem| self.metamist_service(stem)));
        self.make_after(FUNCTION, name, inputs, &after);
    }

    /// Who may send metadata.
    fn invokers_of_etl(&mut self) {
        let etl = self.etl();
        let accounts = etl.accessors.iter().map(|one| (one.clone(), self.etl_account(one).member()));
        let datasets: BTreeSet<&String> =
            etl.by_type.values().filter_map(|ty| ty.analysis_group_dataset.as_ref()).collect();
        let groups = datasets
            .into_iter()
            .map(|dataset| (format!("{dataset}-analysis-group"), Member::Group(format!("{dataset}-analysis"))));
        for (key, member) in accounts.chain(groups).collect::<Vec<_>>() {
            let who = self.principal(&member);
            let (project, region) = (self.of_metamist(), &self.centre.gcp().region);
            let mut inputs = json!({ "location": region, "project": project, "member": who });
            inputs["cloudFunction"] = format!("{ETL}-extract").into();
            inputs["role"] = "roles/cloudfunctions.invoker".into();
            let name = format!("{ETL}-accessor-{key}");
            self.make("gcp:cloudfunctionsv2/functionIamMember:FunctionIamMember", name, inputs);
            let inputs = json!({
                "location": region, "project": project, "member": who, "service": format!("{ETL}-extract"),
                "role": "roles/run.invoker",
            });
            self.make("gcp:cloudrun/iamMember:IamMember", format!("{ETL}-run-accessor-{key}"), inputs);
        }
    }
}
