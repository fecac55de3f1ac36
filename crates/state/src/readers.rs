//! Who names whom in a state: so that what goes costs what names it, and not a walk over everything.

use std::collections::BTreeSet;

use resource::Urn;

/// What names other resources of its stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reader {
    /// The step, by its intent's position, whose end is not known.
    Intent(u64),
    /// The live object.
    Live(Urn),
    /// An object that was set aside.
    Aside(Urn, u64),
}

/// The readers of each resource. It is made when it is first asked, since most runs take nothing away, and follows the
/// state from there on. It says nothing that the state does not say, so a copy starts without it and equals any other.
#[derive(Debug, Default)]
pub(crate) struct Readers(Option<BTreeSet<(Urn, Reader)>>);

impl Clone for Readers {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Readers {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Readers {
    /// Takes in everything that a state says.
    pub(crate) fn of<'a>(said: impl Iterator<Item = (Reader, &'a Urn)>) -> Self {
        Self(Some(said.map(|(reader, urn)| (urn.clone(), reader)).collect()))
    }

    pub(crate) fn is_known(&self) -> bool {
        self.0.is_some()
    }

    /// What names a resource.
    pub(crate) fn of_resource(&self, urn: &Urn) -> Vec<Reader> {
        let from = (urn.clone(), Reader::Intent(0));
        let pairs = self.0.iter().flat_map(|pairs| pairs.range(&from..));
        pairs.take_while(|(named, _)| named == urn).map(|(_, reader)| reader.clone()).collect()
    }

    /// Notes what something new names.
    pub(crate) fn add<'a>(&mut self, reader: &Reader, named: impl Iterator<Item = &'a Urn>) {
        if let Some(pairs) = &mut self.0 {
            pairs.extend(named.map(|urn| (urn.clone(), reader.clone())));
        }
    }

    /// Drops what something named that is no more, or is to say something else.
    pub(crate) fn drop<'a>(&mut self, reader: &Reader, named: impl Iterator<Item = &'a Urn>) {
        if let Some(pairs) = &mut self.0 {
            for urn in named {
                pairs.remove(&(urn.clone(), reader.clone()));
            }
        }
    }
}
