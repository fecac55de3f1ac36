//! Changes of the states by hand, as operations of a case.

use engine::Surgery;
use resource::{StackName, Urn};

use super::case::STACKS;
use super::{Given, Operation};
use crate::house::House;

impl Operation {
    /// Does what is done by hand, if it can be done; gives the ids of objects that no state knows from then on.
    pub(super) async fn by_hand(self, house: &House, given: &Given) -> Option<Vec<String>> {
        let (Self::Taint(nth) | Self::Protect(nth) | Self::Rename(nth) | Self::Hand(nth) | Self::Remove(nth)) = self
        else {
            return None;
        };
        let mut there: Vec<(usize, Urn)> = Vec::new();
        let mut states = Vec::new();
        for (stack, name) in STACKS.iter().enumerate() {
            let state = house.state_if_any(&format!("{name}.QA")).await;
            there.extend(state.iter().flat_map(|state| state.objects.keys()).map(|urn| (stack, urn.clone())));
            states.push(state);
        }
        let (stack, urn) = there.get(nth % there.len().max(1))?;
        let state = states.swap_remove(*stack)?;
        let copies = state.copies().filter(|object| object.urn == *urn);
        let given_up: Vec<String> = copies.map(|object| object.id.clone()).collect();
        let is_open = state.dangling.values().any(|intent| intent.urn == *urn);
        let resource = urn.to_string();
        // A name that its object keeps cannot be given again: the program would make another one beside it.
        let is_named = !matches!(urn.ty(), "Vpc" | "Fixed");
        // The program says which object it is: under another name, elsewhere or anew it is refused.
        let is_imported = given_up.iter().any(|id| given.text.contains(&format!("import {id}\n")));
        let surgery = match self {
            Self::Protect(_) => Surgery::Protect { resource, protected: true },
            Self::Taint(_) | Self::Rename(_) | Self::Hand(_) if is_imported => return None,
            Self::Taint(_) => Surgery::Taint { resource, tainted: true },
            _ if is_named => return None,
            Self::Rename(_) => Surgery::Rename { resource, name: format!("{}n", urn.name()) },
            // A stack without a program would keep it for ever.
            Self::Hand(_) => Surgery::Move { resource, to: next(house, *stack)?, name: None },
            // What nobody knows of may name what is to go.
            _ if given.strict || is_open => return None,
            _ => Surgery::Remove { resource, force: true },
        };
        let done =
            house.with(async |engine| engine.operate(engine.prepare(&name(*stack), &surgery).await?).await).await;
        (done.is_ok() && matches!(self, Self::Remove(_))).then_some(given_up)
    }
}

fn name(stack: usize) -> StackName {
    StackName::new(STACKS[stack], "QA")
}

/// The next stack that has a program.
fn next(house: &House, stack: usize) -> Option<StackName> {
    let others = (1..STACKS.len()).map(|step| name((stack + step) % STACKS.len()));
    others.into_iter().find(|other| house.all().contains(&other.to_string()))
}
