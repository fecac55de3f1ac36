//! The notes that learners take in Open edX, for one tenant: what the service may reach and read.
//!
//! Layer: L6, a project. The workload on Kubernetes is not ported yet: `PORTING.md` says what is.

use std::collections::BTreeMap;

use applications_edx_notes_outputs::{Outputs, Workload};
use applications_edxapp_outputs as edxapp;
use infrastructure_aws_eks_outputs as eks;
use infrastructure_aws_network_outputs::{self as network, KubernetesVpcName};
use infrastructure_aws_opensearch_outputs as opensearch;
use ol::{BusinessUnit, Naming, Tags, security_group::egress_all};
use ol_data::{Operator, Subjects, Through, TrustRole, ingress_from_each, policy_text};
use plan::prelude::*;
use types_aws_ec2::SecurityGroup;
use types_vault as vault;
use world::AccountId;

/// The configuration of one tenant's notes.
#[derive(Debug, Config)]
pub struct Config {
    /// Who pays.
    pub business_unit: BusinessUnit,
    /// The cluster that the workload runs on.
    #[config(default = "applications".to_owned())]
    pub cluster: String,
    /// The VPC of the cluster.
    pub target_vpc: KubernetesVpcName,
    /// The namespace on the cluster; without it the tenant's.
    pub namespace: Option<String>,
    /// The host name of the notes.
    pub domain: String,
    /// The release of Open edX, for the tags.
    pub openedx_release: String,
    /// The secrets of the service, by name.
    pub secrets: BTreeMap<String, SealedSecret>,
}

/// The project.
pub fn project() -> Project {
    Project::new("applications.edx_notes", plan).functions(ol_data::FUNCTIONS)
}

/// Plans one tenant's notes.
pub fn plan(stack: &Stack, config: Config) -> Result<Plan<Outputs>> {
    let environment = stack.environment();
    let tenant = ol_data::tenant_of(stack)?;
    let full_name = stack.in_environment(tenant);
    let same_tenant = format!("{tenant}.{environment}");
    let account = stack.world(AccountId)?;
    let namespace = config.namespace.unwrap_or_else(|| format!("{tenant}-openedx"));
    let service = format!("edx-notes-{tenant}");
    let server = ol_data::vault_of(stack);
    let tags = Tags::new(config.business_unit, &full_name)
        .with("Application", "open-edx-notes")
        .with("Owner", "platform-engineering")
        .with("openedx_release", &config.openedx_release);

    let network = stack.reference::<network::Outputs>(environment);
    let platform = stack.reference::<edxapp::Outputs>(&same_tenant);
    let cluster = stack.reference::<eks::Outputs>(&format!("{}.{environment}", config.cluster));
    let search = stack.reference::<opensearch::Outputs>(&same_tenant).cluster;

    let mut plan = stack.plan();
    vault::GenericSecret::new(format!("edx-notes-{full_name}-configuration-secrets"))
        // The mount is the platform's: reading its path makes the secret wait for it.
        .path(text("{}/edx-notes", [&platform.vault_mounts.secrets]))
        .data_json(Output::<Json>::known(Json::of(config.secrets)).to_json())
        .provider(&server)
        .declare(&mut plan);
    let blocks = &network.kubernetes(config.target_vpc).pod_subnet_cidrs;
    let why = "Allow ingress to the pod from anywhere in the k8s cluster.";
    let pods = SecurityGroup::new(format!("edx-notes-app-sg-{full_name}"))
        .group_name(format!("edx-notes-app-sg-{full_name}"))
        .group_description("Security group for edx-notes application pods")
        .security_group_ingress(ingress_from_each(blocks, Through::Anything, why))
        .security_group_egress(egress_all())
        .vpc_id(network.vpc(config.target_vpc.into()).id)
        .tags(tags.named(format!("edx-notes-app-{full_name}")))
        .declare(&mut plan);

    plan.construct("ol:EksAuthBinding", &service, |plan| {
        let role = TrustRole {
            cluster: &stack.in_environment(&config.cluster),
            name: &service,
            description: &format!("Trust role for {service} k8s service account"),
            account: &account,
            issuer: cluster.cluster_identities.at("[0].oidcs[0].issuer"),
            subjects: Subjects::Accounts { namespace: &namespace, names: vec!["edx-notes"] },
            operator: Operator::Equals,
            session_seconds: TrustRole::SESSION_SECONDS,
            policies: Vec::new(),
            tags: &tags,
        };
        role.declare(plan);
        let policy = vault::Policy::new(format!("{service}-server-vault-policy"))
            .name(format!("{service}-server"))
            .policy(policy_text([
                ("sys/leases/renew".to_owned(), "update"),
                (format!("secret-{tenant}/edx-notes"), "read"),
                (format!("secret-{tenant}/edx-notes/*"), "read"),
                (format!("mariadb-{tenant}/creds/notes"), "read"),
            ]))
            .provider(&server)
            .declare(plan);
        vault::KubernetesAuthBackendRole::new(stack.in_environment(format!("{service}-k8s-vault-auth-backend-role")))
            .role_name(&service)
            .backend(&cluster.vault_auth_endpoint)
            .bound_service_account_names([format!("{service}-vault")])
            .bound_service_account_namespaces([&namespace])
            .token_policies([policy.name()])
            .provider(&server)
            .declare(plan);
    });

    plan.finish(Outputs {
        k8s_deployment_name: Output::known("edx-notes-app"),
        k8s_namespace: Output::known(&namespace),
        k8s_service_name: Output::known("edx-notes"),
        notes_domain: Output::known(&config.domain),
        security_group_id: pods.id(),
        workload: Workload { db_host: platform.edxapp.mariadb, elasticsearch_dsl_host: search.endpoint },
    })
}
