//! What must be true of a case, whatever happens in it.

use std::collections::{BTreeMap, BTreeSet};

use engine::Goal;
use state::StackState;

use super::Given;
use super::case::STACKS;
use crate::cloud::Harm;
use crate::house::{CANARY, House};

/// What excuses that the cloud and the states differ for a while.
pub(super) struct Truth {
    strict: bool,
    /// How many resources the programs declare.
    declared: usize,
    /// Pieces whose objects stay when they are no longer declared.
    forgotten: BTreeSet<String>,
    /// Objects that nobody manages before they are taken over.
    strays: BTreeSet<String>,
    /// Objects whose records were taken away by hand.
    given_up: BTreeSet<String>,
    /// Objects that somebody else deleted.
    vanished: BTreeSet<String>,
    /// Pieces whose deletion the vendor denies although it was done.
    denied: BTreeSet<String>,
    /// Pieces whose objects go with that of another one.
    tied: BTreeMap<String, String>,
    /// What the programs say is to stay as long as it is declared, and what they no longer say that of.
    keeps: BTreeMap<String, bool>,
    /// The stacks and names under which programs find what they declare: by hand an object may have got another one.
    found_under: BTreeSet<(String, String)>,
}

impl Truth {
    /// Prepares the world of a case, and what is known of it.
    pub(super) fn of(given: &Given, house: &House) -> Self {
        let mut truth = Self {
            strict: given.strict,
            declared: 0,
            forgotten: BTreeSet::new(),
            strays: BTreeSet::new(),
            given_up: BTreeSet::new(),
            vanished: BTreeSet::new(),
            denied: BTreeSet::new(),
            tied: BTreeMap::new(),
            keeps: BTreeMap::new(),
            found_under: BTreeSet::new(),
        };
        truth.read(&given.text);
        let cloud = &house.cloud;
        cloud.strict(given.strict);
        cloud.chatty();
        cloud.limit(given.slow.then_some(4));
        for name in truth.tied.keys() {
            cloud.tie(name);
            cloud.tie(&format!("{name}n"));
        }
        let before: BTreeSet<String> = cloud.ids().into_iter().collect();
        given.meddled.iter().for_each(|id| cloud.meddle(id, "Label", "meddled"));
        given.vanished.iter().for_each(|id| cloud.vanish(id));
        given.harms.iter().for_each(|(call, harm)| cloud.harm(call, *harm));
        truth.vanished = before.difference(&cloud.ids().into_iter().collect()).cloned().collect();
        let denies = [Harm::Partial, Harm::PartialLie, Harm::PartialNoId];
        let denied = given.harms.iter().filter(|(_, harm)| denies.contains(harm));
        truth.denied = denied.filter_map(|(call, _)| Some(piece(call.strip_prefix("delete ")?).to_owned())).collect();
        let script = "if [ -e broken ]; then echo \"said $@\" >&2; exit 3; fi";
        std::fs::write(house.root().join("hook.sh"), script).expect("writes");
        if given.broken_hooks {
            std::fs::write(house.root().join("broken"), "").expect("writes");
        }
        truth
    }

    /// Takes in what the text says.
    fn read(&mut self, text: &str) {
        let (mut stack, mut name) = ("", "");
        let mut declares = false;
        for words in text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()) {
            let mut finds = |stack: &str, named: &str| self.found_under.extend([(stack.to_owned(), named.to_owned())]);
            match words.as_slice() {
                ["stack", named] => stack = *named,
                ["alias", earlier] => finds(stack, earlier),
                ["moved", from, earlier] => finds(from, earlier),
                ["resource", _, named, ..] => {
                    finds(stack, named);
                    self.declared += 1;
                    self.keeps.insert(piece(named).to_owned(), false);
                    (name, declares) = (*named, true);
                }
                ["has" | "leftover", _, named, ..] => (name, declares) = (*named, false),
                ["protect" | "retain"] if declares => drop(self.keeps.insert(piece(name).to_owned(), true)),
                ["deleted_with", other] | ["with", other, _] => {
                    self.tied.insert(piece(name).to_owned(), piece(other).to_owned());
                }
                ["forget", _, named] => drop(self.forgotten.insert((*named).to_owned())),
                ["there", _, id, ..] => drop(self.strays.insert((*id).to_owned())),
                ["each", ..] => self.declared += 2,
                _ => {}
            }
        }
    }

    /// Wants the cloud to be what the states say, as far as what is open does not say otherwise, and no secret told.
    pub(super) async fn check(&self, house: &House) {
        let (mut known, mut open, retained) = (BTreeSet::new(), BTreeSet::new(), house.retained());
        for state in states(house).await {
            open.extend(state.dangling.values().map(|intent| piece(intent.urn.name()).to_owned()));
            known.extend(state.objects.values().chain(&state.replaced).map(|object| object.id.clone()));
        }
        let there: BTreeSet<String> = house.cloud.ids().into_iter().collect();
        let is_open = |id: &String| open.contains(of(id));
        let left = |id: &String| self.strays.contains(id) || self.given_up.contains(id);
        let stays = |id: &String| retained.contains(id) || left(id) || self.forgotten.contains(of(id));
        let goes = |name: &str| {
            let with = std::iter::successors(Some(name), |name| self.tied.get(*name).map(String::as_str));
            with.take(STACKS.len() * 8).any(|name| open.contains(name) || self.denied.contains(name))
        };
        let lost: Vec<&String> = there.difference(&known).filter(|id| !is_open(id) && !stays(id)).collect();
        let gone: Vec<&String> =
            known.difference(&there).filter(|id| !self.vanished.contains(*id) && !goes(of(id))).collect();
        assert!(lost.is_empty() && gone.is_empty(), "only the cloud has {lost:?}, only the state has {gone:?}");
        no_secret_is_told(house);
    }

    /// Takes note of objects whose records were taken away.
    pub(super) fn give_up(&mut self, ids: Option<Vec<String>>) {
        self.given_up.extend(ids.into_iter().flatten());
    }

    /// The ids of what an operation must not delete: what is protected or retained, unless the program lets it go.
    pub(super) async fn stays(&self, house: &House, goal: Goal) -> BTreeSet<String> {
        let mut stays = BTreeSet::new();
        let states = states(house).await;
        let objects =
            states.iter().flat_map(|state| state.objects.values().map(|object| (state.name.to_string(), object)));
        for (stack, object) in objects {
            let name = piece(object.urn.name());
            let kept = object.kept.protect || object.kept.retain_on_delete;
            let declared = self.found_under.contains(&(stack, object.urn.name().to_owned()));
            let says = self.keeps.get(name).copied().filter(|_| declared);
            if object.kept.retain_on_delete && self.tied.contains_key(name) {
                // Nobody keeps the vendor from deleting it with what it goes with.
                continue;
            }
            if if goal == Goal::Nothing { kept } else { says.unwrap_or(kept) } {
                stays.insert(object.id.clone());
            }
        }
        let there = house.cloud.ids();
        stays.retain(|id| there.contains(id));
        stays
    }

    /// Puts everything right that stood against the programs.
    pub(super) fn mend(&self, house: &mut House) {
        house.cloud.heal();
        house.cloud.limit(None);
        drop(std::fs::remove_file(house.root().join("broken")));
        house.ignore_protection = true;
        house.targets = diff::Targets::default();
        let there = house.cloud.ids();
        for id in &self.strays {
            if there.contains(id) {
                house.cloud.meddle(id, "Cidr", "c0");
            } else {
                house.edit(&format!("import {id}"), "");
            }
        }
    }

    /// Wants nothing to be left to do, and what there is to be what the programs want.
    pub(super) async fn check_the_end(self, house: &mut House) {
        // What was mended stays no longer excused.
        let truth = Self { vanished: BTreeSet::new(), denied: BTreeSet::new(), ..self };
        truth.check(house).await;
        let preview = house.preview(&[]).await;
        assert!(preview.is_empty(), "still to do:\n{}", crate::fixture::print(&preview.changes));
        let mut objects = 0;
        for state in states(house).await {
            assert!(state.replaced.is_empty() && state.is_settled(), "{state:?}");
            objects += state.objects.len();
        }
        assert_eq!(objects, truth.declared);
        if truth.strict {
            assert_eq!(house.cloud.refused_deletes(), [""; 0], "asked to delete what is referenced");
        }
    }
}

/// Wants what was to stay to be there.
pub(super) fn are_there(house: &House, stays: &BTreeSet<String>) {
    let there = house.cloud.ids();
    let gone: Vec<&String> = stays.iter().filter(|id| !there.contains(id)).collect();
    assert!(gone.is_empty(), "deleted although it was to stay: {gone:?}");
}

/// The states of all stacks; each is whole.
async fn states(house: &House) -> Vec<StackState> {
    let mut states = Vec::new();
    for stack in STACKS {
        states.extend(house.state_if_any(&format!("{stack}.QA")).await);
    }
    states
}

fn no_secret_is_told(house: &House) {
    for (path, bytes, _) in house.files() {
        assert!(!String::from_utf8_lossy(&bytes).contains(CANARY), "a secret in {}", path.display());
    }
    let events = serde_json::to_string(&house.events).expect("serialises");
    for told in [&house.said, &events, &format!("{:?}", house.events)] {
        if let Some(at) = told.find(CANARY) {
            let start = told.floor_char_boundary(at.saturating_sub(300));
            panic!("a secret was told: {}", &told[start..at + CANARY.len()]);
        }
    }
}

/// The piece that a name is of, whether renamed or not.
fn piece(name: &str) -> &str {
    name.trim_end_matches('n')
}

/// The piece that an object is of.
fn of(id: &str) -> &str {
    piece(id.rsplit_once('-').map_or(id, |(name, _)| name))
}
