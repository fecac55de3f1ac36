//! Who needs whom, by numbers: so that what lies upstream or downstream of many stacks is found without their names.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Who needs whom. Kept in a form without names of fields, so none may be left out when it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// All names that there are, in order.
    names: Vec<String>,
    /// For each name the numbers of those that it needs, in the order of their names.
    needs: Vec<Vec<u32>>,
}

impl Links {
    /// Links from the names that each name needs; those that need nothing may be left out.
    pub fn new(needs: &BTreeMap<&str, BTreeSet<&str>>) -> Self {
        let all: BTreeSet<&str> = needs.iter().flat_map(|(name, needs)| needs.iter().chain([name])).copied().collect();
        let numbers: BTreeMap<&str, u32> = all.iter().copied().zip(0..).collect();
        let needs_of = |name: &str| needs.get(name).into_iter().flatten().filter_map(|need| numbers.get(need).copied());
        Self {
            needs: all.iter().map(|name| needs_of(name).collect()).collect(),
            names: all.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Whether each name has its place, and each number a name: what was kept somewhere may be something else.
    pub fn is_sound(&self) -> bool {
        let is_number = |number: &u32| (*number as usize) < self.names.len();
        self.names.len() == self.needs.len()
            && self.names.is_sorted_by(|a, b| a < b)
            && self.needs.iter().flatten().all(is_number)
    }

    /// All names, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The number of a name.
    pub fn number(&self, name: &str) -> Option<usize> {
        self.names.binary_search_by(|known| known.as_str().cmp(name)).ok()
    }

    /// The numbers of those that one needs.
    pub fn needs(&self, number: usize) -> impl Iterator<Item = usize> {
        self.needs.get(number).into_iter().flatten().map(|need| *need as usize)
    }

    /// For each the numbers of those that need it.
    pub fn needed_by(&self) -> Vec<Vec<usize>> {
        let mut readers = vec![Vec::new(); self.names.len()];
        for (reader, needs) in self.needs.iter().enumerate() {
            needs.iter().for_each(|need| readers[*need as usize].push(reader));
        }
        readers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_numbers_in_their_order() {
        let links = Links::new(&BTreeMap::from([("b", BTreeSet::from(["a", "c", "b"])), ("d", BTreeSet::from(["b"]))]));
        assert_eq!(links.names(), ["a", "b", "c", "d"]);
        assert_eq!((links.number("c"), links.number("x")), (Some(2), None));
        assert_eq!(links.needs(1).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(links.needs(9).count(), 0);
        assert_eq!(links.needed_by(), [vec![1], vec![1, 3], vec![1], vec![]]);
        assert!(links.is_sound());
    }

    #[test]
    fn numbers_without_names_are_not_sound() {
        let names = || vec!["a".to_owned(), "b".to_owned()];
        let sound = |names, needs| Links { names, needs }.is_sound();
        assert!(sound(names(), vec![vec![1], vec![]]));
        assert!(!sound(names(), vec![vec![2], vec![]]), "there is no third");
        assert!(!sound(names(), vec![vec![]]), "one has no needs");
        assert!(!sound(vec!["b".to_owned(), "a".to_owned()], vec![vec![], vec![]]), "none is found");
    }
}
