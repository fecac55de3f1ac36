//! What the runs that are killed are doing.

use crate::judge::{self, Goal};
use crate::world::World;

/// One kind of work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Edits of the stack files before anything is applied.
    before: &'static [(&'static str, &'static str)],
    /// The commands that were run before.
    applied: &'static [&'static str],
    /// What somebody else does to the objects, by these edits of the stack files, behind the state's back.
    drift: &'static [(&'static str, &'static str)],
    /// Edits of the stack files before the run.
    edits: &'static [(&'static str, &'static str)],
    /// The command that is killed.
    pub(crate) command: &'static str,
    /// The commands that must put all right; the last one then has nothing more to do.
    mend: &'static [&'static str],
}

const UP: &str = "up --yes";

const OWNER: (&str, &str) = ("owner = \"one\"", "owner = \"two\"");
const NO_BUCKET: (&str, &str) = ("bucket = \"crash-bucket\"", "");
const BLOCK: (&str, &str) = ("10.1.", "10.2.");
const PATH: (&str, &str) = ("/one/", "/two/");
const RENAME: (&str, &str) = ("key = \"key\"", "key = \"door\"\nkey_was = \"key\"");

const LOCK_TO_BASE: (&str, &str) = ("lock = \"reader\"", "lock = \"base\"");
const LOCK_TO_READER: (&str, &str) = ("lock = \"base\"", "lock = \"reader\"");
const WAITS: (&str, &str) = ("waits = false", "waits = true");
const ADOPTED: (&str, &str) = ("bucket =", "adopt = true\nbucket =");

const PLAIN: Scenario =
    Scenario { name: "", before: &[], applied: &[UP], drift: &[], edits: &[], command: UP, mend: &[UP] };

pub(crate) const CREATE: Scenario = Scenario { name: "create", applied: &[], ..PLAIN };
pub(crate) const UPDATE: Scenario = Scenario { name: "update", edits: &[OWNER], ..PLAIN };
/// The network and all that is in it, also in the other stack.
pub(crate) const REPLACE: Scenario = Scenario { name: "replace", edits: &[BLOCK], ..PLAIN };
pub(crate) const REPLACE_DELETING_FIRST: Scenario =
    Scenario { name: "replace, deleting first", edits: &[PATH], ..PLAIN };
pub(crate) const DELETE: Scenario = Scenario { name: "delete", edits: &[NO_BUCKET], ..PLAIN };
pub(crate) const RENAMED: Scenario = Scenario { name: "rename", edits: &[RENAME], ..PLAIN };
/// To a stack that comes before this one in their names.
pub(crate) const MOVE: Scenario = Scenario { name: "move", edits: &[LOCK_TO_BASE, OWNER], ..PLAIN };
/// To a stack whose program is known only when the network has been replaced.
pub(crate) const MOVE_LATE: Scenario = Scenario {
    name: "move to a program that waits",
    before: &[LOCK_TO_BASE],
    edits: &[LOCK_TO_READER, WAITS, BLOCK],
    ..PLAIN
};
/// Of an object of which no state knows.
pub(crate) const ADOPT: Scenario =
    Scenario { name: "adopt", applied: &[UP, "state rm crash.base.QA bucket --yes"], edits: &[ADOPTED], ..PLAIN };
pub(crate) const EVERYTHING: Scenario =
    Scenario { name: "all at once", edits: &[OWNER, NO_BUCKET, BLOCK, PATH, RENAME, LOCK_TO_BASE], ..PLAIN };
pub(crate) const REFRESH: Scenario =
    Scenario { name: "refresh", drift: &[OWNER, NO_BUCKET], command: "refresh", mend: &["refresh", UP], ..PLAIN };
pub(crate) const DESTROY: Scenario =
    Scenario { name: "destroy", command: "destroy --yes", mend: &["destroy --yes"], ..PLAIN };

pub(crate) const ALL: [Scenario; 12] = [
    CREATE,
    UPDATE,
    REPLACE,
    REPLACE_DELETING_FIRST,
    DELETE,
    RENAMED,
    MOVE,
    MOVE_LATE,
    ADOPT,
    EVERYTHING,
    REFRESH,
    DESTROY,
];

/// A scenario that is ready to be run, any number of times, each in a copy of its own.
pub(crate) struct Prepared {
    scenario: Scenario,
    world: World,
    goal: Goal,
}

impl Scenario {
    pub(crate) fn prepare(self) -> Prepared {
        let world = World::fresh();
        self.before.iter().for_each(|(from, to)| world.edit(from, to));
        self.applied.iter().for_each(|command| drop(world.ok(command)));
        if !self.drift.is_empty() {
            let somebody = world.copy();
            self.drift.iter().for_each(|(from, to)| somebody.edit(from, to));
            somebody.ok(&format!("--sandbox {} {UP}", world.sandbox().display()));
        }
        self.edits.iter().for_each(|(from, to)| world.edit(from, to));
        let undisturbed = world.copy();
        undisturbed.ok(self.command);
        let prepared = Prepared { scenario: self, goal: Goal::default(), world };
        prepared.mend(&undisturbed);
        Prepared { goal: Goal::of(&undisturbed, &prepared.world), ..prepared }
    }
}

impl Prepared {
    /// A workspace to run it in.
    pub(crate) fn world(&self) -> World {
        self.world.copy()
    }

    pub(crate) fn command(&self) -> &'static str {
        self.scenario.command
    }

    /// Puts right what a killed run left, as a person would without knowing of it.
    fn mend(&self, world: &World) {
        self.scenario.mend.iter().for_each(|command| drop(world.ok(command)));
    }

    /// After the kill: one plain run, and all is right.
    #[track_caller]
    pub(crate) fn ends_well(&self, world: World, what: &str) {
        let looked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            self.mend(&world);
            let mut problems = judge::problems(&world, &self.goal);
            if self.scenario.drift.is_empty() {
                problems.extend(judge::hooks(&world));
            }
            assert!(problems.is_empty(), "{problems:#?}");
            let again = world.ok(self.scenario.mend.last().expect("there is one"));
            assert!(again.err.contains("nothing to do"), "{again}");
        }));
        assert!(looked.is_ok(), "{}: {what}; left in {}", self.scenario.name, world.keep().display());
    }
}
