//! Looks: many questions about objects of one type in one site become few calls.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ports::{Find, ProviderError, ProviderErrorKind};
use schema::TypeSchema;
use tokio::sync::oneshot;

use crate::failure::{Result, is_missing, refused};
use crate::kind::{self, Kind, MOST_VALUES, OWNED, Question};
use crate::seen::Seen;
use crate::site::Site;
use crate::{Inner, labels};

/// How long a question waits for others that can be asked along with it.
const GATHER: Duration = Duration::from_millis(4);

/// Questions that wait for others, by instance and type.
#[derive(Debug, Default)]
pub(crate) struct Queue(Mutex<BTreeMap<Key, Vec<Waiting>>>);

/// An instance and a type.
type Key = (Option<String>, String);

#[derive(Debug)]
struct Waiting {
    find: Find,
    answer: oneshot::Sender<Result<Option<Seen>>>,
}

/// Looks for one object; whoever looks for another of its type at the same time shares the call.
pub(crate) async fn one(inner: &Arc<Inner>, instance: Option<&str>, ty: &str, find: Find) -> Result<Option<Seen>> {
    let (answer, answered) = oneshot::channel();
    let key = (instance.map(str::to_owned), ty.to_owned());
    let first = {
        let mut queue = inner.queue.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = queue.entry(key.clone()).or_default();
        waiting.push(Waiting { find, answer });
        waiting.len() == 1
    };
    if first {
        let inner = inner.clone();
        // A task of its own: whoever asked first may lose interest, and the others have not.
        tokio::spawn(async move {
            tokio::time::sleep(GATHER).await;
            let waiting = {
                let mut queue = inner.queue.0.lock().unwrap_or_else(PoisonError::into_inner);
                queue.remove(&key).unwrap_or_default()
            };
            let (finds, answers): (Vec<Find>, Vec<_>) = waiting.into_iter().map(|w| (w.find, w.answer)).unzip();
            let seen = all(&inner, key.0.as_deref(), &key.1, &finds).await;
            for (position, answer) in answers.into_iter().enumerate() {
                let one = seen.as_ref().map(|seen| seen.get(position).cloned().flatten()).map_err(Clone::clone);
                // Nobody listens any more: then nobody is told.
                answer.send(one).unwrap_or_default();
            }
        });
    }
    answered.await.unwrap_or_else(|_| {
        let message = format!("the task that looked for {ty} died");
        Err(ProviderError { kind: ProviderErrorKind::Unavailable, code: "Died".to_owned(), message })
    })
}

/// Looks for objects of one type: an answer for each.
pub(crate) async fn all(inner: &Inner, instance: Option<&str>, ty: &str, finds: &[Find]) -> Result<Vec<Option<Seen>>> {
    let (kind, schema) = inner.served(ty)?;
    let site = inner.sites.get(instance).await?;
    let finds: Vec<Find> = finds.iter().map(as_tagged).collect();
    let mut seen = Vec::new();
    for question in questions(kind, &finds)? {
        seen.extend(ask(&site, kind, question).await?);
    }
    finds.iter().map(|find| the_one(&seen, schema, find)).collect()
}

impl Inner {
    /// The kind and the schema of a type.
    pub(crate) fn served(&self, ty: &str) -> Result<(&'static dyn Kind, &TypeSchema)> {
        let schema = self.catalog.get(ty).map_err(|error| refused("BadSchema", error.to_string()))?;
        let found = kind::of(ty).zip(schema);
        found.ok_or_else(|| refused("NoDriver", format!("`{ty}` is not served")))
    }
}

/// The one that is looked for. What has no natural identity of its own can be there several times.
fn the_one(seen: &[Seen], schema: &TypeSchema, find: &Find) -> Result<Option<Seen>> {
    let mut found = seen.iter().filter(|seen| seen.is(schema, find));
    let (first, others) = (found.next(), found);
    let alike = matches!(find, Find::Identity(_)) && schema.overlay.identity.is_none();
    let ids: Vec<String> = first.into_iter().chain(others).map(|seen| seen.id(schema)).collect();
    if alike && ids.len() > 1 {
        let message = format!("{} objects are alike: {}", ids.len(), ids.join(", "));
        return Err(refused("Ambiguous", message));
    }
    Ok(first.cloned())
}

fn as_tagged(find: &Find) -> Find {
    match find {
        Find::Owner(owner) => Find::Owner(labels::as_tagged(owner)),
        other => other.clone(),
    }
}

/// The fewest questions that find everything.
fn questions(kind: &dyn Kind, finds: &[Find]) -> Result<Vec<Question>> {
    let mut by_filter: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for find in finds {
        let (filter, value) = match find {
            Find::Id(id) => kind.by_id(id),
            Find::Owner(owner) => (OWNED, owner.urn.clone()),
            Find::Identity(identity) => kind
                .by_identity(identity)
                .ok_or_else(|| refused("NoIdentity", "what it is looked for by is no natural identity of its type"))?,
        };
        by_filter.entry(filter).or_default().insert(value);
    }
    let questions = by_filter.into_iter().flat_map(|(filter, values)| {
        let values: Vec<String> = values.into_iter().collect();
        let chunks: Vec<Question> =
            values.chunks(MOST_VALUES).map(|values| Question { filter, values: values.to_vec() }).collect();
        chunks
    });
    Ok(questions.collect())
}

/// Asks; where the vendor refuses a question about many because one is gone, asks for each.
async fn ask(site: &Site, kind: &dyn Kind, question: Question) -> Result<Vec<Seen>> {
    match kind.look(site, &question).await {
        Err(error) if is_missing(&error) => {}
        answer => return answer,
    }
    let mut seen = Vec::new();
    if question.values.len() > 1 {
        for value in question.values {
            let single = Question { filter: question.filter, values: vec![value] };
            match kind.look(site, &single).await {
                Err(error) if is_missing(&error) => {}
                answer => seen.extend(answer?),
            }
        }
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use ports::{Find, Owner};
    use value::{Map, Value};

    use super::questions;
    use crate::kind;

    #[test]
    fn sixty_subnets_are_one_question_and_more_than_a_filter_takes_are_two() {
        let subnet = kind::of("AWS::EC2::Subnet").expect("it is served");
        let finds = |n: usize| (0..n).map(|i| Find::Id(format!("subnet-{i}"))).collect::<Vec<_>>();
        let asked = |n: usize| {
            let questions = questions(subnet, &finds(n)).expect("all have ids");
            questions.iter().map(|question| (question.filter, question.values.len())).collect::<Vec<_>>()
        };
        assert_eq!(asked(60), [("subnet-id", 60)]);
        assert_eq!(asked(250), [("subnet-id", 200), ("subnet-id", 50)]);
    }

    #[test]
    fn routes_of_one_table_are_one_value() {
        let route = kind::of("AWS::EC2::Route").expect("it is served");
        let identity = |block: &str| {
            let given = [("RouteTableId", "rtb-1"), ("DestinationCidrBlock", block)];
            Find::Identity(given.map(|(name, value)| (name.to_owned(), Value::from(value))).into_iter().collect())
        };
        let finds = [identity("10.0.0.0/16"), identity("10.1.0.0/16"), Find::Id("rtb-2|::/0".to_owned())];
        let asked = questions(route, &finds).expect("all can be found");
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].values, ["rtb-1", "rtb-2"]);
    }

    #[test]
    fn what_has_no_natural_identity_is_not_looked_for_by_one() {
        let table = kind::of("AWS::EC2::RouteTable").expect("it is served");
        assert!(questions(table, &[Find::Identity(Map::new())]).is_err());
        let owner = Owner { organisation: "ol".into(), stack_id: "s".into(), urn: "u".into(), incarnation: 1 };
        let asked = questions(table, &[Find::Owner(owner)]).expect("it has tags");
        assert_eq!(asked[0].filter, "tag:groundplan:urn");
    }
}
