//! What is there, and what is to go wrong.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::http::{Answer, Asked};
use crate::{github, google, hail, metamist};

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Too many requests; with how many seconds to wait, if that is said.
    Throttled(Option<u64>),
    /// As GitHub says it: nothing is left until a time of day, so many seconds from now.
    Spent(u64),
    /// The token is no longer good.
    Expired,
    /// Somebody else is at the same object.
    Conflict,
    /// The service is not to be had, and has done nothing.
    Unavailable,
    /// The connection breaks before anything is done.
    BreaksBefore,
    /// It is done, and the connection breaks before the answer.
    BreaksAfter,
}

/// A call that was served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// What it is: `hail.users.get`.
    pub method: String,
    /// The address below the server.
    pub path: String,
    /// How it was answered; 0 = not at all.
    pub status: u16,
}

/// All that is there.
#[derive(Debug, Default)]
pub struct World {
    /// Users of Hail, by host and name.
    pub users: BTreeMap<String, Json>,
    /// Projects that batches are billed to, by host and name.
    pub billing_projects: BTreeMap<String, Json>,
    /// Projects of metamist and their numbers.
    pub metadata: BTreeMap<String, u64>,
    /// Who may do what there.
    pub members: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    /// Environments of GitHub, by `owner/repository/environment`.
    pub environments: BTreeMap<String, Json>,
    /// What their secrets hold, by `owner/repository/environment/name`.
    pub secrets: BTreeMap<String, String>,
    /// Repositories that are not there.
    pub no_repositories: BTreeSet<String>,
    /// Which token a service takes, by the beginning of the path; any other service takes all.
    pub tokens: BTreeMap<String, String>,
    /// What no service allows, as it was asked for.
    pub violations: Vec<String>,
    /// The calls.
    pub served: Vec<Served>,
    /// How often a new user is looked at before it has an identity.
    pub polls: u32,
    /// Hail refuses what is so already, as it once did.
    pub strict: bool,
    /// The number of the key that secrets are sealed to.
    pub key: u8,
    faults: Vec<(String, u32, Fault)>,
}

impl World {
    /// Makes the next calls of a method fail, so many of them; a part of the method's name will do.
    pub fn fail(&mut self, method: &str, times: u32, fault: Fault) {
        self.faults.push((method.to_owned(), times, fault));
    }

    /// How often a method was served.
    pub fn count(&self, method: &str) -> usize {
        self.served.iter().filter(|served| served.method.contains(method)).count()
    }

    /// How many calls changed something, or tried to.
    pub fn writes(&self) -> usize {
        let reads = [".get", ".all", ".key", ".token", ".identity"];
        self.served.iter().filter(|served| !reads.iter().any(|read| served.method.ends_with(read))).count()
    }

    /// Answers a call; `None` = the connection breaks.
    pub(crate) fn answer(&mut self, asked: &Asked) -> Option<Answer> {
        let path = asked.path.join("/");
        let found = match asked.path.first().map(String::as_str) {
            Some("hail") => hail::method(asked),
            Some("metamist") => metamist::method(asked),
            Some("github") => github::method(asked),
            _ => google::method(asked),
        };
        let Some(method) = found else {
            self.violations.push(format!("{} {path}: no method has this address", asked.verb));
            return Some(Answer::text(404, "404: Not Found"));
        };
        let answer = self.attempt(asked, method, &path);
        let status = answer.as_ref().map_or(0, |answer| answer.status);
        self.served.push(Served { method: method.to_owned(), path, status });
        answer
    }

    fn attempt(&mut self, asked: &Asked, method: &str, path: &str) -> Option<Answer> {
        let found = match method.split('.').next().unwrap_or_default() {
            "hail" => hail::violations(asked, method),
            "metamist" => metamist::violations(asked, method),
            "github" => github::violations(asked, method),
            _ => google::violations(asked, method),
        };
        if !found.is_empty() {
            let all = found.join("; ");
            self.violations.push(format!("{method} {} {path}: {all}", asked.verb));
            return Some(Answer::saying(400, "message", &all));
        }
        if !method.starts_with("google") && !self.knows(asked, path) {
            return Some(Answer::saying(401, "message", "there are no credentials"));
        }
        let fault = self.fault(method);
        match fault {
            Some(Fault::Throttled(seconds)) => {
                let answer = Answer::saying(429, "message", "too many requests");
                return Some(seconds.iter().fold(answer, |answer, seconds| answer.header("retry-after", seconds)));
            }
            Some(Fault::Spent(seconds)) => return Some(github::spent(seconds)),
            Some(Fault::Expired) => return Some(Answer::saying(401, "detail", "the token has expired")),
            Some(Fault::Conflict) => return Some(Answer::saying(409, "message", "somebody else is at it")),
            Some(Fault::Unavailable) => return Some(Answer::text(503, "<html>come back later</html>")),
            Some(Fault::BreaksBefore) => return None,
            Some(Fault::BreaksAfter) | None => {}
        }
        let done = match method.split('.').next().unwrap_or_default() {
            "hail" => hail::act(self, asked, method),
            "metamist" => metamist::act(self, asked, method),
            "github" => github::act(self, asked, method),
            _ => google::act(asked, method),
        };
        (fault != Some(Fault::BreaksAfter)).then_some(done)
    }

    /// Whether whoever calls is known.
    fn knows(&self, asked: &Asked, path: &str) -> bool {
        let Some(given) = asked.header("authorization").strip_prefix("Bearer ").filter(|token| !token.is_empty())
        else {
            return false;
        };
        let wanted = self.tokens.iter().find(|(prefix, _)| path.starts_with(prefix.as_str()));
        wanted.is_none_or(|(_, token)| token == given)
    }

    fn fault(&mut self, method: &str) -> Option<Fault> {
        let position = self.faults.iter().position(|(part, times, _)| *times > 0 && method.contains(part.as_str()))?;
        let (_, times, fault) = &mut self.faults[position];
        *times -= 1;
        Some(*fault)
    }
}

/// The segments of a path, to be matched.
pub(crate) fn parts(asked: &Asked) -> Vec<&str> {
    asked.path.iter().map(String::as_str).collect()
}

/// What is wrong with a call that takes neither parameters nor a body.
pub(crate) fn bare(asked: &Asked) -> Vec<String> {
    let query = asked.query.iter().map(|(name, _)| format!("there is no parameter `{name}`"));
    let body = (!asked.body.is_empty()).then(|| "it takes no body".to_owned());
    query.chain(body).collect()
}

/// What is wrong with a body that is to be an object of some fields; `needed` ones must be there.
pub(crate) fn fields(asked: &Asked, needed: &[&str], more: &[&str]) -> Vec<String> {
    let body = asked.json();
    let mut found = Vec::new();
    if asked.header("content-type") != "application/json" {
        found.push("the body is not said to be JSON".to_owned());
    }
    let Some(map) = body.as_object() else {
        found.push("the body is no object".to_owned());
        return found;
    };
    let unknown = map.keys().filter(|name| !needed.contains(&name.as_str()) && !more.contains(&name.as_str()));
    found.extend(unknown.map(|name| format!("`{name}` is no field")));
    found.extend(needed.iter().filter(|name| !map.contains_key(**name)).map(|name| format!("`{name}` is missing")));
    found
}
