//! AWS as the engine sees it.

use std::collections::BTreeMap;

use ports::{BoxFuture, Find, Found, Fragment, Outcome, Provider, ProviderError, ReadRequest};
use schema::{CatalogError, TypeSchema};

use crate::seen::Stage;
use crate::{Aws, apply, failure, look};

/// How many steps may run at a time.
const CONCURRENCY: usize = 24;

impl Provider for Aws {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn schema(&self, ty: &str) -> Result<Option<&TypeSchema>, CatalogError> {
        self.0.catalog.get(ty)
    }

    fn types(&self) -> Vec<String> {
        self.0.catalog.names().map(str::to_owned).collect()
    }

    fn schemas_digest(&self) -> value::Digest {
        self.0.catalog.digest()
    }

    fn hint(&self, error: &ProviderError) -> Option<String> {
        failure::hint(error)
    }

    fn concurrency(&self) -> usize {
        CONCURRENCY
    }

    fn read<'a>(&'a self, requests: &'a [ReadRequest]) -> BoxFuture<'a, Result<Vec<Option<Found>>, ProviderError>> {
        Box::pin(async move {
            let mut answers: Vec<Option<Found>> = vec![None; requests.len()];
            if let [ReadRequest { ty, find, instance }] = requests {
                let (_, schema) = self.0.served(ty)?;
                let seen = look::one(&self.0, instance.as_deref(), ty, find.clone()).await?;
                answers[0] = seen.filter(|seen| seen.stage != Stage::Going).map(|seen| seen.found(schema));
                return Ok(answers);
            }
            let mut groups: BTreeMap<_, Vec<(usize, Find)>> = BTreeMap::new();
            for (position, request) in requests.iter().enumerate() {
                let key = (request.instance.as_deref(), request.ty.as_str());
                groups.entry(key).or_default().push((position, request.find.clone()));
            }
            for ((instance, ty), group) in groups {
                let (_, schema) = self.0.served(ty)?;
                let (positions, finds): (Vec<usize>, Vec<Find>) = group.into_iter().unzip();
                let seen = look::all(&self.0, instance, ty, &finds).await?;
                for (position, seen) in positions.into_iter().zip(seen) {
                    answers[position] = seen.filter(|seen| seen.stage != Stage::Going).map(|seen| seen.found(schema));
                }
            }
            Ok(answers)
        })
    }

    fn apply<'a>(
        &'a self,
        fragment: &'a Fragment,
        ended: &'a mut (dyn FnMut(usize, Outcome) + Send),
    ) -> BoxFuture<'a, ()> {
        Box::pin(fragment.one_by_one(ended, |step| Box::pin(apply::step(&self.0, step))))
    }
}
