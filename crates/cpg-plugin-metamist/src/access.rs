//! Who may send which metadata, and what functions are told of it.

use cpg::{Centre, Handle, Member};
use cpg_config::EtlType;
use plan::expr::{Expr, Named};
use plan::value::Value;
use plan::{IntoExpr, Output, object, text};

use crate::Work;

/// The secret that says who may send what.
const CONFIGURATION: &str = "accessor-configuration";

/// What functions know of those who send.
pub(crate) struct Senders {
    /// The latest version of the secret that says who may send what: functions read it at every call, so that a new one
    /// counts at once, and they stay as they are.
    pub(crate) secret: Output<String>,
    /// The first one has to be there before them.
    pub(crate) version: Handle,
    /// Who may call, by what stands for them in names of resources.
    pub(crate) callers: Vec<(String, Member)>,
}

impl Work<'_> {
    /// An account for each that sends, and the secret that says what each may.
    pub(crate) fn senders(&self) -> Senders {
        let [iam, secretmanager] = self.enabled(["iam", "secretmanager"]);
        let account = |sender: &str| {
            let name = format!("metamist-etl-accessor-{sender}");
            self.centre.account(&name, self.project(), &format!("metamist-etl-{sender}"), &[&iam])
        };
        let mut callers: Vec<(String, Member)> =
            self.etl.accessors.iter().map(|sender| (sender.value.clone(), account(&sender.value))).collect();
        let name = "metamist-etl-accessor-configuration-secret";
        let secret = self.centre.declare("secretmanager.googleapis.com/Secret", name, |secret| {
            secret.set("parent", format!("projects/{}", self.project()).as_str().into());
            secret.set("secretId", CONFIGURATION.into());
            let place = object!({ "userManaged": { "replicas": [{ "location": self.centre.region() }] } });
            secret.set("replication", place.into_expr());
            Centre::wait(secret, &[&secretmanager]);
        });
        let content =
            Output::<String>::from_expr(Expr::Map(Named::from_iter([("by_type".to_owned(), self.types(&callers))])));
        let full_name = secret.attribute::<String>("name");
        let name = "metamist-etl-accessor-configuration";
        let version = self.centre.declare("secretmanager.googleapis.com/SecretVersion", name, |version| {
            version.set("parent", full_name.clone().into_expr());
            let data = content.to_json().to_base64().secret();
            version.set("payload", object!({ "data": data }).into_expr());
        });
        let (ty, name) = ("secretmanager.googleapis.com/SecretIamMember", "metamist-etl-accessor-configuration-access");
        let role = "roles/secretmanager.secretAccessor";
        self.centre.grant(ty, name, ("secret", &full_name), role, &self.accounts.load);
        self.role("metamist-etl-load-secret-accessor-role", role, &self.accounts.load);
        callers.extend(self.analysts());
        Senders { secret: text("{}/versions/latest", [&full_name]), version, callers }
    }

    /// The groups of analysts that may send, each once.
    fn analysts(&self) -> Vec<(String, Member)> {
        let datasets = self.etl.by_type.values().filter_map(|ty| ty.analysis_group_dataset.as_ref());
        let mut names: Vec<&str> = datasets.map(|dataset| dataset.value.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let group = |dataset: &str| {
            let member = self.centre.dataset_group(dataset, "analysis")?;
            Some((format!("{dataset}-analysis-group"), member))
        };
        names.into_iter().filter_map(group).collect()
    }

    /// What is said of each type of metadata.
    fn types(&self, senders: &[(String, Member)]) -> Expr {
        let entry = |(name, ty): (&String, &EtlType)| (name.clone(), self.kind(ty, senders));
        Expr::Map(self.etl.by_type.iter().map(entry).collect())
    }

    /// How a type is read, and who may send it: those that are named, in their order, then analysts, sorted.
    fn kind(&self, ty: &EtlType, senders: &[(String, Member)]) -> Expr {
        let account =
            |name: &str| senders.iter().find(|(sender, _)| sender == name).map(|(_, account)| self.address(account));
        let named: Vec<Output<String>> = ty.accessors.iter().filter_map(|name| account(&name.value)).collect();
        let analysts = ty.analysis_group_dataset.as_ref();
        let analysts = analysts.map(|dataset| self.centre.members(&format!("{}-analysis", dataset.value)));
        let users = Output::concat([Some(Output::of(named)), analysts].into_iter().flatten());
        let parameters = ty.default_parameters.clone().unwrap_or(Value::Null);
        let kind =
            object!({ "parser_name": ty.parser_name.as_str(), "default_parameters": parameters, "users": users });
        kind.into_expr()
    }
}
