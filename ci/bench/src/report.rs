//! What was measured, as tables, and what was aimed at.

use std::fmt::{self, Display, Write as _};
use std::fs;
use std::time::Duration;

use crate::CHAIN;
use crate::centre::Centre;
use crate::organisation::Measured;
use crate::ours::{Builds, Round};
use crate::process::Cost;
use crate::scale::{MANY, SOME, Scale};

/// The rounds of one workspace.
pub(crate) struct Series {
    pub(crate) fresh: Cost,
    pub(crate) nothing: Cost,
    pub(crate) resources: usize,
    pub(crate) stacks: usize,
}

impl Series {
    pub(crate) fn of(rounds: &[Round]) -> Self {
        let all = |part: fn(&Round) -> Cost| Cost::median(&rounds.iter().map(part).collect::<Vec<_>>());
        Self {
            fresh: all(|round| round.fresh),
            nothing: all(|round| round.nothing),
            resources: rounds.last().map_or(0, |round| round.resources),
            stacks: rounds.last().map_or(0, |round| round.stacks),
        }
    }
}

/// Terraform on the small graph.
pub(crate) struct Peer {
    pub(crate) version: String,
    pub(crate) apply: Cost,
    pub(crate) plan: Cost,
    pub(crate) plans: usize,
}

/// All that was measured.
pub(crate) struct Report {
    pub(crate) rounds: usize,
    pub(crate) workspace: Series,
    pub(crate) small: Series,
    pub(crate) large: Series,
    pub(crate) peer: Option<Peer>,
    pub(crate) builds: Option<Builds>,
    pub(crate) scale: Option<Scale>,
    pub(crate) organisation: Option<Measured>,
    pub(crate) centre: Option<Centre>,
}

/// What is aimed at, and what came of it; `None` = it was not measured.
pub(crate) struct Target {
    what: String,
    aim: String,
    measured: Option<(String, bool)>,
}

impl Target {
    /// Something that takes so long at most.
    pub(crate) fn at_most(what: String, aim: Duration, cost: Option<Cost>) -> Self {
        let measured = cost.map(|cost| (seconds(cost.wall), cost.wall <= aim));
        Self { what, aim: format!("at most {}", seconds(aim)), measured }
    }

    /// Something that takes so many megabytes at most.
    pub(crate) fn memory(what: String, aim: u64, cost: Option<Cost>) -> Self {
        let measured = cost.map(|cost| (megabytes(cost.peak), cost.peak <= aim * 1_000_000));
        Self { what, aim: format!("at most {aim} MB"), measured }
    }

    /// Whether it was reached, if it was measured.
    #[cfg(test)]
    pub(crate) fn verdict(&self) -> Option<bool> {
        self.measured.as_ref().map(|(_, good)| *good)
    }

    fn row(&self) -> String {
        let Self { what, aim, measured } = self;
        let (measured, verdict) = match measured {
            Some((measured, true)) => (measured.as_str(), "PASS"),
            Some((measured, false)) => (measured.as_str(), "FAIL"),
            None => ("", "not measured"),
        };
        format!("| {what} | {aim} | {measured} | {verdict} |")
    }
}

impl Report {
    fn targets(&self) -> Vec<Target> {
        let at_most = |what: &str, aim: Duration, cost: Cost| Target {
            what: what.to_owned(),
            aim: format!("at most {}", seconds(aim)),
            measured: Some((seconds(cost.wall), cost.wall <= aim)),
        };
        let (small, large) = (&self.small.fresh, &self.large.fresh);
        let growth = ratio(large.cpu(), small.cpu());
        let less = |what: &str, aim: Option<f64>, times: Option<f64>| Target {
            what: what.to_owned(),
            aim: aim.map_or_else(|| "less".to_owned(), |aim| format!("{aim} times less")),
            measured: times.map(|times| (format!("{times:.0} times less"), times >= aim.unwrap_or(1.0))),
        };
        let peer = self.peer.as_ref();
        let times = |part: fn(&Cost) -> Duration| peer.map(|peer| ratio(part(&peer.apply), part(small)));
        let memory = self.workspace.nothing.peak;
        let edit = self.builds.as_ref().map(|builds| builds.edit.wall);
        let first = self.builds.as_ref().map(|builds| builds.first.wall);
        let build = |what: &str, limit: u64, wall: Option<Duration>| Target {
            what: what.to_owned(),
            aim: format!("at most {limit} s"),
            measured: wall.map(|wall| (seconds(wall), wall <= Duration::from_secs(limit))),
        };
        vec![
            at_most("fresh `up` of all default stacks", Duration::from_secs(2), self.workspace.fresh),
            at_most("nothing to do in all default stacks", Duration::from_millis(100), self.workspace.nothing),
            Target {
                what: "memory of that".to_owned(),
                aim: "at most 60 MB".to_owned(),
                measured: Some((megabytes(memory), memory <= 60_000_000)),
            },
            less("CPU time of a fresh `up` against `terraform apply`", Some(100.0), times(|cost| cost.cpu())),
            less("time of the same", None, times(|cost| cost.wall)),
            Target {
                what: "five times as many resources".to_owned(),
                aim: "at most 6 times the CPU time".to_owned(),
                measured: Some((format!("{growth:.1} times"), growth <= 6.0)),
            },
            build("first build of the runner in dev, crates downloaded", 120, first),
            build("the runner in dev after an edit of one project", 15, edit),
        ]
        .into_iter()
        .chain(scale_targets(self.scale.as_ref()))
        .chain(self.organisation.iter().flat_map(Measured::targets))
        .chain(self.centre.iter().flat_map(Centre::targets))
        .collect()
    }

    fn costs(&self) -> Vec<(String, Cost)> {
        let Self { workspace, small, large, .. } = self;
        let mut costs = Vec::new();
        let all = format!("all default stacks ({} resources in {} stacks)", workspace.resources, workspace.stacks);
        let names = [all, format!("{} resources", small.resources), format!("{} resources", large.resources)];
        for (name, series) in names.into_iter().zip([workspace, small, large]) {
            costs.push((format!("fresh `up`, {name}"), series.fresh));
            costs.push((format!("`up` with nothing to do, {name}"), series.nothing));
        }
        if let Some(peer) = &self.peer {
            costs.push((format!("`terraform apply`, {} resources", small.resources), peer.apply));
            costs.push((format!("`terraform plan` with no changes, {} resources", small.resources), peer.plan));
        }
        if let Some(builds) = &self.builds {
            costs.push((format!("first build of the runner, dev, {} crates", builds.crates), builds.first));
            costs.push((format!("build after an edit of `{}`, dev", builds.project), builds.edit));
        }
        costs.extend(self.scale.iter().flat_map(scale_costs));
        costs.extend(self.organisation.iter().flat_map(Measured::costs));
        costs.extend(self.centre.iter().flat_map(Centre::costs));
        costs
    }

    /// The page of the documentation.
    pub(crate) fn page(&self) -> String {
        let mut page = String::from(
            "# Benchmarks\n\n\
             Generated by `cargo xtask bench --full --write`; do not edit.\n\n\
             Whole processes of a release build, from start to end, with a journal that is made durable chunk by chunk, \
             as always.\nThe sandbox is told not to wait as vendors do; all else is as it comes.\n",
        );
        // Writing to a `String` does not fail.
        let _ = writeln!(
            page,
            "Our numbers are the middle of {} rounds; each starts from nothing. The resources without stacks are one \
             stack of small objects in chains of {CHAIN}, each naming the one before it.",
            self.rounds
        );
        let _ = match &self.peer {
            Some(peer) => writeln!(
                page,
                "{} makes the same graph of `terraform_data` with a local backend, between our rounds: one apply, and \
                 the middle of {} plans.",
                peer.version, peer.plans
            ),
            None => writeln!(page, "Terraform was not on the PATH, so nothing is compared."),
        };
        let _ = writeln!(
            page,
            "Times swing with what else the machine does, as its load tells (a process that computes adds 1): the \
             ratios and the CPU times say more.\n"
        );
        let _ = writeln!(page, "Machine: {}.\n\n{self}", machine());
        page
    }
}

/// What very many resources cost.
fn scale_costs(scale: &Scale) -> Vec<(String, Cost)> {
    vec![
        (format!("fresh `up`, {SOME} resources"), scale.some),
        (format!("fresh `up`, {MANY} resources"), scale.many),
        (format!("`preview` with one in a hundred changed, {MANY} resources"), scale.preview),
        (format!("reading the journal of a run that died, {} entries", scale.entries), scale.recovery),
    ]
}

fn scale_targets(scale: Option<&Scale>) -> Vec<Target> {
    let at_most = |what: String, seconds_at_most: u64, cost: fn(&Scale) -> Cost| Target {
        what,
        aim: format!("at most {seconds_at_most} s"),
        measured: scale.map(|scale| {
            let wall = cost(scale).wall;
            (seconds(wall), wall <= Duration::from_secs(seconds_at_most))
        }),
    };
    let times = |what: &str, aim: f64, measured: fn(&Scale) -> f64| Target {
        what: what.to_owned(),
        aim: format!("at most {aim} times"),
        measured: scale.map(|scale| (format!("{:.2} times", measured(scale)), measured(scale) <= aim)),
    };
    vec![
        at_most(format!("fresh `up` of {SOME} resources in one stack"), 10, |scale| scale.some),
        times("CPU time of a resource among them, against one among a tenth", 1.2, |scale| scale.growth),
        times("bytes of a journal's entry at the end, against one at the start", 1.1, |scale| scale.bytes),
        at_most("reading the journal of a run that died, 100000 entries or fewer".to_owned(), 1, |scale| {
            scale.recovery
        }),
        at_most(format!("`preview` of {MANY} resources with one in a hundred changed"), 3, |scale| scale.preview),
        Target {
            what: format!("memory of a fresh `up` of {MANY} resources"),
            aim: "at most 500 MB".to_owned(),
            measured: scale.map(|scale| (megabytes(scale.many.peak), scale.many.peak <= 500_000_000)),
        },
    ]
}

/// The part of the report that is about very many resources.
pub(crate) fn scaled(scale: &Scale) -> String {
    let mut text = String::new();
    for (what, cost) in scale_costs(scale) {
        text += &(cost_row(&what, cost) + "\n");
    }
    for target in scale_targets(Some(scale)) {
        text += &(target.row() + "\n");
    }
    text
}

/// The part of the report that is about the organisation.
pub(crate) fn of_organisation(measured: &Measured) -> String {
    [cost_rows(&measured.costs()), ratios(measured), target_rows(&measured.targets())].join("\n")
}

/// The part of the report that is about the genomics centre.
pub(crate) fn of_centre(centre: &Centre) -> String {
    [cost_rows(&centre.costs()), target_rows(&centre.targets())].join("\n")
}

fn cost_rows(costs: &[(String, Cost)]) -> String {
    costs.iter().map(|(what, cost)| cost_row(what, *cost)).collect::<Vec<_>>().join("\n")
}

fn target_rows(targets: &[Target]) -> String {
    targets.iter().map(Target::row).collect::<Vec<_>>().join("\n")
}

fn cost_row(what: &str, cost: Cost) -> String {
    let times = [cost.wall, cost.user, cost.system].map(seconds).join(" | ");
    format!("| {what} | {times} | {} |", megabytes(cost.peak))
}

fn ratios(measured: &Measured) -> String {
    let head = "\n| Everything cached: theirs / ours at 311 stacks | Time | CPU |\n|---|---:|---:|";
    format!("{head}\n{}\n", measured.ratios().join("\n"))
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| What | Time | User CPU | System CPU | Memory |\n|---|---:|---:|---:|---:|")?;
        writeln!(f, "{}", cost_rows(&self.costs()))?;
        if let Some(peer) = &self.peer {
            writeln!(f, "\n| Theirs / ours | Time | CPU | Memory |\n|---|---:|---:|---:|")?;
            let small = &self.small;
            for (what, theirs, ours) in
                [("everything new", peer.apply, small.fresh), ("nothing to do", peer.plan, small.nothing)]
            {
                let (wall, cpu) = (ratio(theirs.wall, ours.wall), ratio(theirs.cpu(), ours.cpu()));
                #[expect(clippy::cast_precision_loss, reason = "a ratio of bytes, to one digit")]
                let memory = theirs.peak as f64 / ours.peak.max(1) as f64;
                writeln!(f, "| {what}, {} resources | {wall:.0} | {cpu:.0} | {memory:.1} |", small.resources)?;
            }
        }
        if let Some(measured) = &self.organisation {
            write!(f, "{}", ratios(measured))?;
        }
        writeln!(f, "\n| Target | Aim | Measured | |\n|---|---|---:|---|")?;
        write!(f, "{}", target_rows(&self.targets()))
    }
}

/// What the numbers hang on.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let memory = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("MemTotal:"))?.to_owned();
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    });
    let memory = memory.map_or_else(|| "unknown memory".to_owned(), |kib| format!("{} GB of memory", kib >> 20));
    let load = fs::read_to_string("/proc/loadavg").ok().and_then(|text| Some(text.split(' ').next()?.to_owned()));
    let load = load.map_or_else(|| "unknown".to_owned(), |load| format!("{load} at the end"));
    format!("{cores} cores, {memory}, {}; load: {load}", std::env::consts::OS)
}

fn ratio(theirs: Duration, ours: Duration) -> f64 {
    theirs.as_secs_f64() / ours.as_secs_f64().max(1e-6)
}

fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 1.0 { format!("{:.0} ms", seconds * 1e3) } else { format!("{seconds:.2} s") }
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(milliseconds: u64) -> Series {
        let fresh = Cost { user: Duration::from_millis(milliseconds), ..Cost::default() };
        Series { fresh, nothing: Cost::default(), resources: 10, stacks: 1 }
    }

    fn report(small: u64, large: u64, theirs: Option<u64>) -> String {
        of(small, large, theirs).page()
    }

    fn of(small: u64, large: u64, theirs: Option<u64>) -> Report {
        let peer = theirs.map(|theirs| Peer {
            version: "Terraform".to_owned(),
            apply: series(theirs).fresh,
            plan: Cost::default(),
            plans: 1,
        });
        let (workspace, small, large) = (series(0), series(small), series(large));
        Report { rounds: 1, workspace, small, large, peer, builds: None, scale: None, organisation: None, centre: None }
    }

    #[test]
    fn the_page_has_the_organisation_and_the_other_tools() {
        let page = Report { organisation: Some(Measured::example()), ..of(10, 50, None) }.page();
        for row in [
            "| organisation of 311 stacks: fresh `up` | 1 ms |",
            "| the same: `stacks --names 'rdeps(…)'` | 1 ms |",
            "| slow, all cached | 500 ms |",
            "| slow | 10 | 0 |",
            "| gone | not on the PATH | |",
            "| nothing to do, 311 stacks | at most 60 ms | 50 ms | PASS |",
            "| nothing to do, 1000 stacks | at most 150 ms | 151 ms | FAIL |",
            "| `rdeps` over 10000 stacks | at most 50 ms |  | not measured |",
        ] {
            assert!(page.contains(row), "{row} is not on\n{page}");
        }
    }

    #[test]
    fn a_target_is_passed_failed_or_not_measured() {
        let fast = report(10, 50, Some(1000));
        assert!(fast.contains("| 100 times less | 100 times less | PASS |"), "{fast}");
        assert!(fast.contains("| 5.0 times | PASS |"), "{fast}");
        let slow = report(10, 90, Some(900));
        assert!(slow.contains("| 90 times less | FAIL |") && slow.contains("| 9.0 times | FAIL |"), "{slow}");
        let alone = report(10, 50, None);
        assert!(alone.contains("| 100 times less |  | not measured |"), "a missing peer is no success: {alone}");
        assert!(alone.contains("nothing is compared"), "{alone}");
    }
}
