//! APIs of projects that the centre does not make.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::Centre;
use crate::site::Handle;

/// The APIs of a project, enabled as they are needed.
pub struct Services<'c, 'a> {
    centre: &'c Centre<'a>,
    owner: &'static str,
    project: &'a str,
    made: RefCell<BTreeMap<String, Handle>>,
}

impl<'c, 'a> Services<'c, 'a> {
    pub(super) fn of(centre: &'c Centre<'a>, owner: &'static str, project: &'a str) -> Self {
        Self { centre, owner, project, made: RefCell::default() }
    }

    /// An API, by the first part of its host.
    #[track_caller]
    pub fn get(&self, stem: &str) -> Handle {
        if let Some(made) = self.made.borrow().get(stem) {
            return made.clone();
        }
        // Of these the project is asked about accounts and secrets.
        let before = ["iam", "secretmanager"].contains(&stem).then(|| self.get("cloudresourcemanager"));
        let name = format!("{}-{stem}-service", self.owner);
        let handle = self.centre.declare("serviceusage.googleapis.com/Service", &name, |service| {
            service.set("parent", format!("projects/{}", self.project).as_str().into());
            service.set("service", format!("{stem}.googleapis.com").as_str().into());
            // An API that others may use by now is never turned off.
            service.options.retain_on_delete = true;
            Centre::wait(service, &before.iter().collect::<Vec<_>>());
        });
        self.made.borrow_mut().insert(stem.to_owned(), handle.clone());
        handle
    }
}
