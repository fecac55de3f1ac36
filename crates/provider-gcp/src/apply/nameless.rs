//! Objects that nothing tells from others of their kind: keys. Where the answer to a create was lost, the list of all there
//! are, before and after, says which one nobody will ever use.

use std::collections::BTreeSet;

use ports::{ProviderError, ProviderErrorKind};
use rest::{Repeat, Result};
use serde_json::Value as Json;
use value::Map;

use super::Working;
use super::create::{Made, TRIES};
use crate::kind::{List, Way};
use crate::url::Request;

impl Working<'_> {
    /// Makes an object that has no name of the program's, one at a time of each parent.
    pub(super) async fn make_nameless(&self, list: &List, request: &Request, inputs: &Map) -> Result<Made> {
        let place = request.url(None);
        let alone = self.thing.site.alone(&place);
        let _turn = alone.lock().await;
        for _ in 1..TRIES {
            // Whoever may not see them all makes one all the same.
            let before = self.names(list, inputs).await.ok();
            match (self.make(request, inputs).await, before) {
                (Err(error), Some(before)) if error.kind == ProviderErrorKind::Lost => {
                    self.take_away(list, inputs, &before, &error).await?;
                }
                (ended, _) => return ended,
            }
        }
        self.make(request, inputs).await
    }

    /// Deletes the one that was made since; more than one may be somebody else's.
    async fn take_away(
        &self,
        list: &List,
        inputs: &Map,
        before: &BTreeSet<String>,
        error: &ProviderError,
    ) -> Result<()> {
        let after = self.names(list, inputs).await?;
        let new: Vec<&String> = after.difference(before).collect();
        match (new.as_slice(), &self.thing.kind.delete) {
            ([], _) => Ok(()),
            ([name], Some(delete)) => {
                let request = self.thing.to(self.thing.kind.call(delete)?, name);
                self.thing.site.call(&request, Repeat::Freely).await.map(drop)
            }
            _ => Err(error.clone()),
        }
    }

    async fn names(&self, list: &List, inputs: &Map) -> Result<BTreeSet<String>> {
        let way = Way { path: list.path.clone(), query: list.query.clone(), ..Way::default() };
        let request = self.thing.request(self.thing.kind.call(&list.call)?, &way, inputs);
        let answer = self.thing.site.call(&request, Repeat::Freely).await?;
        let items = answer.get(&list.items).and_then(Json::as_array).into_iter().flatten();
        Ok(items.filter_map(|item| item.get("name")?.as_str().map(str::to_owned)).collect())
    }
}
