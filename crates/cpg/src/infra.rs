//! What a dataset needs of a cloud, whichever cloud that is.

use cpg_config::{Budget, Cloud};
use plan::Output;

use crate::groups::Member;
use crate::site::Handle;

/// After how many days what was deleted or replaced is gone for good.
pub const UNDELETE_DAYS: i64 = 30;
/// After how many days what is temporary is deleted.
pub const TEMPORARY_DAYS: i64 = 8;

/// What becomes of objects in a bucket with time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// What was deleted or replaced is kept for some days.
    Undelete(i64),
    /// Objects are deleted after some days; those that begin with one of the prefixes, if there are any.
    Temporary(i64, Vec<String>),
    /// Objects are archived after some days.
    Archive(i64),
}

/// What somebody may do with a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketAccess {
    /// See which objects there are.
    List,
    /// Read objects.
    Read,
    /// Read objects and add new ones.
    Append,
    /// Read, add, replace and delete objects.
    Mutate,
}

/// What somebody may do with a bucket for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemporaryAccess {
    /// Read objects.
    Read,
    /// Read, add, replace and delete objects.
    Write,
}

/// What somebody may do with a registry of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistryAccess {
    /// Pull.
    Reader,
    /// Pull and push.
    Writer,
}

/// What somebody may do with a machine account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountAccess {
    /// Act as it.
    Access,
    /// Change it.
    Admin,
    /// Make keys for it.
    CredentialsAdmin,
}

/// What somebody may do with a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretAccess {
    /// Read it.
    Accessor,
    /// Write new versions.
    Admin,
}

/// How a bucket is made.
#[derive(Debug, Clone)]
pub struct BucketOptions {
    /// What becomes of objects with time.
    pub rules: Vec<Rule>,
    /// The name is whole: nothing stands before it.
    pub unique: bool,
    /// Whoever reads it pays for it.
    pub requester_pays: bool,
    /// Replaced objects are kept.
    pub versioning: bool,
    /// The cloud chooses the storage class.
    pub autoclass: bool,
    /// Deleted objects are kept for a while even where nothing else keeps them.
    pub soft_delete: bool,
}

impl BucketOptions {
    /// A bucket with the given rules, and everything else as it mostly is.
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { rules, unique: false, requester_pays: false, versioning: true, autoclass: false, soft_delete: true }
    }
}

/// What things are billed to and held by: a project on Google Cloud, a resource group on Azure.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its id.
    pub id: Output<String>,
    /// What budgets name it by: the number that Google Cloud chooses, the id on Azure.
    pub number: Output<String>,
}

/// A bucket; a container of blobs on Azure.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// What access is given by: the name on Google Cloud, the id on Azure.
    pub name: Output<String>,
}

/// A machine account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its full name.
    pub name: Output<String>,
    /// What groups and policies know it by: the address on Google Cloud, the id of its principal on Azure.
    pub email: Output<String>,
}

/// A secret.
#[derive(Debug, Clone)]
pub struct Secret {
    /// Its full name.
    pub name: Output<String>,
    /// Its name within what holds it.
    pub short: String,
    /// The logical name of its resource.
    pub logical: String,
}

/// A registry of images.
#[derive(Debug, Clone)]
pub struct Registry {
    /// Its full name.
    pub name: Output<String>,
}

/// A secret that is made, or one that exists.
#[derive(Debug, Clone)]
pub enum SecretName<'a> {
    /// One that is made.
    Made(&'a Secret),
    /// One that exists, by project and name.
    Existing {
        /// The project.
        project: &'a str,
        /// The name, or the full name.
        name: &'a str,
    },
}

/// What a dataset needs of a cloud. The logical name of what is made is derived from `key`.
pub trait Infra {
    /// Which cloud.
    fn cloud(&self) -> Cloud;
    /// The logical name that a key gives.
    fn logical_name(&self, key: &str) -> String;
    /// The dataset's own project.
    fn project(&self) -> Project;
    /// A further project, called as the dataset's own with something after it.
    fn create_project(&self, key: &str, end: &str) -> Project;
    /// What the dataset may cost in a month.
    fn create_monthly_budget(&self, key: &str, budget: &Budget, project: &Project);
    /// What a project may cost in all.
    fn create_fixed_budget(&self, key: &str, project: &Project, amount: i64);
    /// A bucket.
    fn create_bucket(&self, name: &str, options: &BucketOptions) -> Bucket;
    /// The address of a bucket of the dataset, by the end of its name.
    fn bucket_output_path(&self, name: &str) -> String;
    /// Lets somebody do something with a bucket.
    fn add_member_to_bucket(&self, key: &str, bucket: &Output<String>, member: &Member, access: BucketAccess);
    /// An object with a known content.
    fn add_blob_to_bucket(&self, name: &str, bucket: &Output<String>, path: &str, content: &Output<String>);
    /// Lets somebody see which buckets the project has.
    fn give_member_ability_to_list_buckets(&self, key: &str, member: &Member);
    /// A machine account, in the dataset's project or in another one.
    fn create_machine_account(&self, name: &str, project: Option<&Output<String>>, key: Option<&str>) -> Account;
    /// Lets somebody do something with a machine account.
    fn add_member_to_machine_account_role(&self, key: &str, account: &Account, member: &Member, access: AccountAccess);
    /// A group.
    fn create_group(&self, name: &str, description: Option<&str>) -> Handle;
    /// What memberships name a group by.
    fn group_key(&self, group: &Handle) -> Output<String>;
    /// Puts a member into a group of this dataset; the name of the membership is whole.
    fn add_group_member(&self, name: &str, group: &Output<String>, member: &Member);
    /// A secret in a project.
    fn create_secret(&self, name: &str, project: &Output<String>, logical_name: Option<&str>) -> Secret;
    /// A version of a secret: its content in base64.
    fn add_secret_version(&self, key: &str, secret: &Secret, data: &Output<String>);
    /// Lets somebody do something with a secret.
    fn add_secret_member(&self, key: &str, secret: &SecretName<'_>, member: &Member, access: SecretAccess);
    /// A registry of images.
    fn create_container_registry(&self, name: &str) -> Registry;
    /// Lets somebody do something with a registry of images, by its full name.
    fn add_member_to_container_registry(
        &self,
        key: &str,
        registry: &Output<String>,
        member: &Member,
        access: RegistryAccess,
    );
    /// What a service knows a member by.
    fn member_id(&self, member: &Member) -> Output<String>;
    /// Makes what is to be there in any case, and what hangs on all that was made before.
    fn finalise(&self);
    /// Access to buckets for a time, where the cloud has it.
    fn temporary(&self) -> Option<&dyn TemporaryBucketAccess>;
    /// Keys of machine accounts, where there are such.
    fn credentials(&self) -> Option<&dyn Credentials>;
}

/// Access to buckets for a time: not every cloud has it.
pub trait TemporaryBucketAccess {
    /// Lets members of a group ask for something with a bucket, for a time.
    fn create_temporary_bucket_access(
        &self,
        key: &str,
        bucket: &Bucket,
        access: TemporaryAccess,
        group: &str,
    ) -> String;
}

/// Keys of machine accounts: not every cloud has them.
pub trait Credentials {
    /// A key of a machine account, as a secret in base64.
    fn get_credentials_for_machine_account(&self, key: &str, account: &Account) -> Output<String>;
}

/// The logical name that a key gives: dataset, cloud, and the key without the dataset.
pub(crate) fn logical_name(dataset: &str, cloud: Cloud, key: &str) -> String {
    let rest = key.strip_prefix(dataset).and_then(|rest| rest.strip_prefix('-')).unwrap_or(key);
    format!("{dataset}-{}-{rest}", cloud.name())
}
