//! One resource of a case, as the snapshot has it and as the program wants it.

use proptest::prelude::*;

use super::case::STACKS;

pub(super) const TYPES: [&str; 4] = ["Vpc", "Bucket", "Route", "Fixed"];

/// What the program says of a resource, compared with the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Same,
    /// A property that forces a replacement is another one.
    Forced,
    /// A property that can change in place is another one.
    Edited,
    /// It no longer reads what it read.
    Unread,
    /// It has another name, and names the earlier one.
    Renamed,
    /// It is declared in another stack, which takes it over, under another name or not.
    Moved(usize, bool),
    /// It is no longer declared.
    Dropped,
    /// It is no longer declared, and its object is to stay.
    Forgotten,
    /// It was not there before.
    New,
    /// It was not there before, and takes over an object that nobody manages and that is as it says, or not.
    Imported(bool),
}

/// How an object is in the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Ready,
    Tainted,
    Partial,
    /// An earlier incarnation of it is still there, too.
    Aside,
}

/// Which property holds what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// One of which another value replaces it, where its type has such a one.
    Peer,
    Label,
    /// One that is a secret, where there is one to be read.
    Pass,
}

/// Through which provider instance its object was made, and is to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Site {
    Default,
    /// The program names an instance now.
    ToWest,
    West,
    /// The instance points elsewhere by now.
    Removed,
}

/// What keeps it, or runs around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extra {
    None,
    /// In the snapshot; in the program.
    Protect(bool, bool),
    Hook(&'static str),
    /// Its object goes with that of what it reads.
    With,
}

/// One resource. It reads only resources before it, so that there are no cycles.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub stack: usize,
    ty: usize,
    pub fate: Fate,
    standing: Standing,
    /// Which of those before it it reads, and where it puts that.
    pub reads: Option<(prop::sample::Index, Reading)>,
    /// What it reads of another stack it reads through a third one, which only passes it on.
    pub through: bool,
    /// It reads the property into which that puts what it reads itself, where it does, instead of its id.
    pub deep: bool,
    pub option: &'static str,
    /// It has a secret of its own.
    secret: bool,
    pub site: Site,
    pub extra: Extra,
}

impl Piece {
    pub(super) fn strategy(strict: bool) -> impl Strategy<Value = Self> {
        let ty = if strict { 0..1_usize } else { 0..TYPES.len() };
        let options: Vec<&'static str> =
            if strict { vec![""] } else { vec!["", "", "", "dbr true", "dbr false", "retain"] };
        let standing = prop_oneof![
            6 => Just(Standing::Ready),
            1 => Just(Standing::Tainted),
            1 => Just(Standing::Partial),
            2 => Just(Standing::Aside),
        ];
        let reading = prop_oneof![Just(Reading::Peer), Just(Reading::Label), Just(Reading::Pass)];
        let site = prop_oneof![12 => Just(Site::Default), 1 => Just(Site::ToWest), 1 => Just(Site::West), 1 => Just(Site::Removed)];
        (
            0..STACKS.len(),
            ty,
            fate(strict),
            standing,
            prop::option::weighted(
                0.6,
                (any::<prop::sample::Index>(), reading, prop::bool::weighted(0.4), prop::bool::weighted(0.5)),
            ),
            prop::sample::select(options),
            prop::bool::weighted(0.3),
            site,
            extra(),
        )
            .prop_map(|(stack, ty, fate, standing, reads, option, secret, site, extra)| {
                let (through, deep) = reads.as_ref().map_or((false, false), |(.., through, deep)| (*through, *deep));
                let reads = reads.map(|(index, reading, ..)| (index, reading));
                Self { stack, ty, fate, standing, reads, through, deep, option, secret, site, extra }.sensible()
            })
    }

    /// The same without what cannot be.
    fn sensible(mut self) -> Self {
        if let Fate::Moved(stack, renamed) = self.fate
            && stack == self.stack
        {
            self.fate = if renamed { Fate::Renamed } else { Fate::Same };
        }
        // A name that an object keeps cannot be given again.
        if self.is_named() && self.option == "retain" {
            self.option = "";
        }
        if matches!(self.fate, Fate::Imported(_)) {
            (self.ty, self.reads, self.option, self.secret) = (0, None, "", false);
        }
        // What is found by its name alone is found wherever it is; what is only there is in one place.
        if self.is_named() || !matches!(self.fate, Fate::Same | Fate::Forced | Fate::Edited | Fate::Dropped) {
            self.site = Site::Default;
        }
        // What goes with another one names it.
        if let (Extra::With, Some((_, reading @ Reading::Pass))) = (self.extra, &mut self.reads) {
            *reading = Reading::Label;
        }
        self.deep &= self.extra != Extra::With;
        self.secret &= TYPES[self.ty] == "Vpc";
        self
    }

    pub(super) fn ty(&self) -> &'static str {
        TYPES[self.ty]
    }

    /// The stack in which the program declares it.
    pub(super) fn home(&self) -> usize {
        match self.fate {
            Fate::Moved(stack, _) => stack,
            _ => self.stack,
        }
    }

    pub(super) fn is_declared(&self) -> bool {
        !matches!(self.fate, Fate::Dropped | Fate::Forgotten)
    }

    pub(super) fn is_held(&self) -> bool {
        !matches!(self.fate, Fate::New | Fate::Imported(_))
    }

    pub(super) fn is_renamed(&self) -> bool {
        matches!(self.fate, Fate::Renamed | Fate::Moved(_, true))
    }

    pub(super) fn standing(&self) -> Standing {
        if self.standing == Standing::Aside && self.is_named() { Standing::Ready } else { self.standing }
    }

    pub(super) fn incarnation(&self) -> usize {
        if self.standing() == Standing::Aside { 2 } else { 1 }
    }

    /// Whether there can be only one of it at a time.
    fn is_named(&self) -> bool {
        matches!(self.ty(), "Bucket" | "Route")
    }

    /// The attribute that is its id.
    pub(super) fn attribute(&self) -> &'static str {
        if matches!(self.ty(), "Vpc" | "Bucket") { "Arn" } else { "Id" }
    }

    /// Its secret in the snapshot or in the program, if it has one.
    pub(super) fn secret(&self, now: bool) -> Option<&'static str> {
        self.secret.then_some(if now && self.fate == Fate::Edited { "!k.v2" } else { "!k.v1" })
    }

    /// The property that holds what it reads.
    pub(super) fn property(&self, reading: Reading) -> &'static str {
        match reading {
            Reading::Peer if self.ty() == "Vpc" => "Peer",
            Reading::Pass if self.ty() == "Vpc" && !self.secret => "Pass",
            _ => "Label",
        }
    }

    /// Its own properties, in the snapshot or in the program.
    pub(super) fn own(&self, at: usize, now: bool) -> String {
        let forced = usize::from(now && self.fate == Fate::Forced);
        match self.ty() {
            "Vpc" => {
                format!("Cidr=c{forced} {}", self.secret(now).map(|pass| format!("Pass={pass}")).unwrap_or_default())
            }
            "Bucket" => format!("Name=b{at} Region=r{forced}"),
            "Route" => format!("Table=t{at} Via=v{forced}"),
            _ => String::new(),
        }
    }
}

fn fate(strict: bool) -> impl Strategy<Value = Fate> {
    // An object that stays while nobody knows of it may name what is to go.
    let forgotten = if strict { Fate::Dropped } else { Fate::Forgotten };
    prop_oneof![
        4 => Just(Fate::Same),
        3 => Just(Fate::Forced),
        2 => Just(Fate::Edited),
        2 => Just(Fate::Unread),
        1 => Just(Fate::Renamed),
        2 => (0..STACKS.len(), any::<bool>()).prop_map(|(stack, renamed)| Fate::Moved(stack, renamed)),
        3 => Just(Fate::Dropped),
        1 => Just(forgotten),
        2 => Just(Fate::New),
        1 => any::<bool>().prop_map(Fate::Imported),
    ]
}

fn extra() -> impl Strategy<Value = Extra> {
    let moments = ["before_create", "after_create", "before_update", "after_update", "before_delete", "after_delete"];
    prop_oneof![
        8 => Just(Extra::None),
        2 => (any::<bool>(), any::<bool>()).prop_map(|(was, is)| Extra::Protect(was, is)),
        1 => prop::sample::select(moments.to_vec()).prop_map(Extra::Hook),
        2 => Just(Extra::With),
    ]
}
