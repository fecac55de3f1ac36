# The plans of a workspace: one derivation a stack, made by the evaluator of its project from the files that the stack's
# manifest of inputs names, and from nothing else. Needs neither nixpkgs nor a network.
{ root
, system
  # The evaluators and their table: `cargo xtask evaluators` writes them.
, evaluators ? root + "/nix/evaluators/${system}"
  # With content-addressed derivations what depends on a plan is not built again when its bytes are the same.
, contentAddressed ? false
}:
let
  inherit (builtins) all attrNames concatMap concatStringsSep elem filter fromJSON fromTOML hasAttr head length
    listToAttrs map mapAttrs match pathExists readDir readFile stringLength substring toJSON;

  build = "run `cargo xtask evaluators`";
  table =
    if pathExists (evaluators + "/table.json") then fromJSON (readFile (evaluators + "/table.json"))
    else throw "there are no evaluators for ${system}: ${build}";

  # Projects: the directories under `projects/` that have stacks.
  projects = find "projects";
  find = directory:
    let
      entries = readDir (root + "/${directory}");
      below = filter (name: entries.${name} == "directory" && substring 0 1 name != ".") (attrNames entries);
    in
    (if entries ? "Cargo.toml" && elem "stacks" below then [ directory ] else [ ])
    ++ concatMap (name: find "${directory}/${name}") (filter (name: name != "stacks" && name != "target") below);
  nameOf = directory: concatStringsSep "." (filter builtins.isString (builtins.split "/" (removePrefix "projects/" directory)));

  # An evaluator is current if the files that it was built of are as they were, none more and none less.
  current = directory: table.crates.${directory} == filesOf directory;
  filesOf = directory:
    let
      beside = [ "stacks" "tests" "benches" "examples" "target" ];
      belongs = prefix: name:
        substring 0 1 name != "." && !(prefix == "" && (elem name beside || match ".*\\.md" name != null));
      walk = prefix:
        let entries = readDir (root + "/${directory}/${prefix}"); in
        concatMap
          (name:
            let path = "${prefix}${name}"; in
            if !belongs prefix name then [ ]
            else if entries.${name} == "directory" then
              (if pathExists (root + "/${directory}/${path}/Cargo.toml") then [ ] else walk "${path}/")
            else if path == "clippy.toml" then [ ]
            else [{ name = path; value = builtins.hashFile "sha256" (root + "/${directory}/${path}"); }])
          (attrNames entries);
    in
    listToAttrs (walk "");
  isCurrent = mapAttrs (directory: _: pathExists (root + "/${directory}") && current directory) table.crates;
  locked = listToAttrs (map
    (package: { name = "${package.name} ${package.version} ${package.checksum or ""}"; value = true; })
    (fromTOML (readFile (root + "/Cargo.lock"))).package);

  evaluatorOf = project: program "the evaluator of ${project}"
    (table.projects.${project} or (throw "there is no evaluator of ${project}: ${build}"));
  program = what: built:
    let
      stale = filter (directory: !isCurrent.${directory}) built.crates
        ++ filter (package: !hasAttr package locked) built.locked;
    in
    if stale != [ ] then throw "${what} is older than ${head stale}: ${build}"
    else builtins.path { path = evaluators + "/${built.program}"; name = "evaluator"; };

  # The stacks of a project with their manifests; one without is an error, and so is a manifest without a stack.
  stacksOf = directory:
    let
      file = "${directory}/stacks/inputs.lock.json";
      manifests = if pathExists (root + "/${file}") then fromJSON (readFile (root + "/${file}")) else { };
      isStack = name: match ".*\\.toml" name != null && match ".*\\.lock\\.toml" name == null && substring 0 1 name != ".";
      short = name: substring 0 (stringLength name - 5) name;
      files = map short (filter isStack (attrNames (readDir (root + "/${directory}/stacks"))));
      missing = filter (name: !hasAttr name manifests) files;
    in
    if missing != [ ] then throw "${file} has no manifest for ${head missing}: run `runner evaluate --manifests write`"
    else manifests;

  plan = directory: short: manifest:
    let
      project = nameOf directory;
      stack = "${project}.${short}";
    in
    make {
      name = "plan-${stack}";
      inherit system;
      builder = evaluatorOf project;
      args = [
        stack
        "--root"
        (inputs stack manifest)
        "--manifest"
        (builtins.toFile "inputs.lock.json" (toJSON { ${short} = manifest; }))
        "--out"
        "${placeholder "out"}/${stack}"
      ];
    };

  make = what: derivation (what // (if !contentAddressed then { } else {
    __contentAddressed = true;
    outputHashMode = "recursive";
    outputHashAlgo = "sha256";
  }));

  # What the policies say of a plan, and whether it is drawn as it is: made anew if the plan is another one.
  check = stack: plan: make {
    name = "check-${stack}";
    inherit system;
    builder = program "the program with the policies" table.checker;
    args = [ "--root" (settings stack) "--plans" plan "--out" "${placeholder "out"}/${stack}.txt" ];
  };
  settings = stack: only "settings" [ "groundplan.toml" "docs/diagrams/${stack}.md" ] [ ];

  # The files that a manifest names. Those that it says are absent are let in, so that one that appeared is seen.
  inputs = stack: manifest:
    only "inputs-${stack}" (manifest.files ++ (manifest.absent or [ ])) (manifest.directories or [ ]);

  # A directory with some files of the workspace, and all files of some directories.
  only = name: wanted: directories:
    let
      base = toString root + "/";
      leadsTo = path: candidate: hasPrefix "${path}/" "${candidate}/";
      keep = path: type:
        let relative = removePrefix base path; in
        elem relative wanted
        || elem (dirOf relative) directories
        || type == "directory" && builtins.any (leadsTo relative) (wanted ++ directories);
    in
    builtins.path { path = root; inherit name; filter = keep; };

  hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
  removePrefix = prefix: text:
    if hasPrefix prefix text then substring (stringLength prefix) (stringLength text) text else text;

  plans = listToAttrs (concatMap
    (directory:
      let manifests = stacksOf directory; in
      map
        (short: { name = "${nameOf directory}.${short}"; value = plan directory short manifests.${short}; })
        (attrNames manifests))
    projects);

  # Stacks of an environment that is only known, or of none at all, are built by name.
  workspace = fromTOML (readFile (root + "/groundplan.toml"));
  environments = workspace.environments ++ (workspace.other_environments or [ ]) ++ [ "default" ];
  isSelected = name: elem (lastOf "." name) environments;
  lastOf = separator: text: head (match ".*[${separator}]([^${separator}]*)" text);

  selected = listToAttrs (map (name: { inherit name; value = plans.${name}; }) (filter isSelected (attrNames plans)));
  union = name: derivations: derivation {
    inherit name;
    system = "builtin";
    builder = "builtin:buildenv";
    manifest = builtins.toFile name "";
    derivations = map (one: [ "true" 5 1 one ]) derivations;
    preferLocalBuild = true;
    allowSubstitutes = false;
  };
in
{
  inherit plans;

  # All plans of the default selection in one directory, `<stack>/plan.json`: what `runner up --plans` takes.
  all = union "plans" (builtins.attrValues selected);

  # What the policies say of them, `<stack>.txt`; what stops a run does not build.
  checked = union "checks" (builtins.attrValues (mapAttrs check selected));
}
