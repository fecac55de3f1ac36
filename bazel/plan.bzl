"""Plans as build artefacts: one action a stack, without network, from the files that its manifest of inputs names."""

StackPlanInfo = provider(
    doc = "The plan of a stack.",
    fields = {
        "digest": "The file with the plan's digest.",
        "files": "All files of the plan, which `runner up --plans` takes.",
        "outputs": "The file with what the stack exports: all that what depends on the stack should read.",
        "plan": "The file with its canonical bytes.",
        "stack": "The stack's full name.",
    },
)

_EVALUATORS = "run `cargo xtask evaluators`"

# What an evaluator writes, and the output group that has the file by itself.
_FILES = {
    "plan.json": "plan",
    "plan.digest": "digest",
    "plan.code": "code",
    "plan.inputs.json": "inputs",
    "plan.mmd": "diagram",
    "plan.outputs.json": "outputs",
    "plan.sources.json": "sources",
}

# No network, wherever it is executed.
_HERMETIC = {"block-network": "1"}

def _evaluator_impl(ctx):
    if not ctx.file.program:
        fail("there is no evaluator of %s: %s" % (ctx.attr.project, _EVALUATORS))
    out = ctx.actions.declare_file("evaluators/" + ctx.attr.project)
    files = [ctx.file.files, ctx.file.packages, ctx.file.lock]
    sources = ctx.actions.args()
    sources.use_param_file("%s", use_always = True)
    sources.set_param_file_format("multiline")
    sources.add_all(ctx.files.srcs)
    ctx.actions.run(
        executable = ctx.file._current,
        arguments = [ctx.attr.project, ctx.file.program.path] + [file.path for file in files] + [out.path, sources],
        inputs = [ctx.file.program] + files + ctx.files.srcs,
        outputs = [out],
        mnemonic = "StackEvaluator",
        progress_message = "Looking whether the evaluator of %s is current" % ctx.attr.project,
        execution_requirements = _HERMETIC,
        use_default_shell_env = False,
    )
    return [DefaultInfo(files = depset([out]), executable = out)]

stack_evaluator = rule(
    doc = "The program that evaluates the stacks of a project; built beforehand, and refused if its sources changed since.",
    implementation = _evaluator_impl,
    executable = True,
    attrs = {
        "files": attr.label(allow_single_file = True, doc = "What it was built of: SHA-256 and path, sorted."),
        "lock": attr.label(allow_single_file = True, doc = "Cargo.lock."),
        "packages": attr.label(allow_single_file = True, doc = "Checksums of its registry packages, sorted."),
        "program": attr.label(allow_single_file = True, doc = "The program; without one there is an error that says how to get it."),
        "project": attr.string(mandatory = True, doc = "The project's name."),
        "srcs": attr.label_list(allow_files = True, doc = "The files of the crates that it is built of, as they are now."),
        "_current": attr.label(allow_single_file = True, default = "//bazel:current.sh"),
    },
)

def _plan_impl(ctx):
    stack = "%s.%s" % (ctx.attr.project, ctx.attr.stack)
    manifest = ctx.actions.declare_file("manifests/%s.json" % stack)
    ctx.actions.write(manifest, json.encode({ctx.attr.stack: json.decode(ctx.attr.manifest)}))
    files = {name: ctx.actions.declare_file("plans/%s/%s" % (stack, name)) for name in _FILES}
    plan = files["plan.json"]
    ctx.actions.run(
        executable = ctx.executable.evaluator,
        arguments = [stack, "--root", ctx.label.workspace_root or ".", "--manifest", manifest.path, "--out", plan.dirname],
        inputs = [manifest] + ctx.files.srcs,
        outputs = files.values(),
        mnemonic = "StackPlan",
        progress_message = "Planning " + stack,
        execution_requirements = _HERMETIC,
        use_default_shell_env = False,
    )
    return [
        DefaultInfo(files = depset(files.values())),
        OutputGroupInfo(**{group: depset([files[name]]) for name, group in _FILES.items()}),
        StackPlanInfo(
            stack = stack,
            plan = plan,
            digest = files["plan.digest"],
            outputs = files["plan.outputs.json"],
            files = files.values(),
        ),
    ]

stack_plan = rule(
    doc = "The plan of a stack: byte for byte what `runner evaluate --out` writes.",
    implementation = _plan_impl,
    attrs = {
        "evaluator": attr.label(
            mandatory = True,
            allow_single_file = True,
            executable = True,
            cfg = "exec",
            doc = "The program of its project.",
        ),
        "manifest": attr.string(mandatory = True, doc = "What the plan may read, as in `inputs.lock.json`."),
        "project": attr.string(mandatory = True, doc = "The project's name."),
        "srcs": attr.label_list(allow_files = True, doc = "The files that the manifest names."),
        "stack": attr.string(mandatory = True, doc = "The stack's short name."),
    },
    provides = [StackPlanInfo],
)

def _plans_impl(ctx):
    plans = [target[StackPlanInfo] for target in ctx.attr.plans]
    index = ctx.actions.declare_file(ctx.label.name + ".txt")
    arguments = ctx.actions.args()
    arguments.add(index)
    for plan in plans:
        arguments.add(plan.stack)
        arguments.add(plan.digest)
    ctx.actions.run_shell(
        command = 'out=$1; shift; while [ $# -gt 0 ]; do echo "$(cat "$2")  $1"; shift 2; done >"$out"',
        arguments = [arguments],
        inputs = [plan.digest for plan in plans],
        outputs = [index],
        mnemonic = "StackPlans",
        progress_message = "Indexing " + ctx.label.name,
        execution_requirements = _HERMETIC,
        use_default_shell_env = False,
    )
    files = [index] + [file for plan in plans for file in plan.files]
    return [DefaultInfo(files = depset(files)), OutputGroupInfo(index = depset([index]))]

stack_plans = rule(
    doc = "The plans of many stacks, and an index of their digests, which is all that it reads of them.",
    implementation = _plans_impl,
    attrs = {"plans": attr.label_list(providers = [StackPlanInfo], doc = "The plans.")},
)

def _policy_test_impl(ctx):
    plan = ctx.attr.plan[StackPlanInfo]
    root = _parent(ctx.file.settings.short_path)
    plans = _parent(_parent(plan.plan.short_path))
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(
        script,
        "#!/bin/sh\nexec %s --root %s --plans %s --profile %s --out \"${TEST_UNDECLARED_OUTPUTS_DIR:-.}/%s.txt\"\n" %
        (ctx.executable.checker.short_path, root, plans, ctx.attr.profile, plan.stack),
        is_executable = True,
    )
    files = [ctx.executable.checker, ctx.file.settings] + ctx.files.diagram + plan.files
    return [
        DefaultInfo(executable = script, runfiles = ctx.runfiles(files = files)),
        testing.ExecutionInfo(_HERMETIC),
    ]

stack_policy_test = rule(
    doc = "What the policies of the workspace say of a plan by itself, and whether its diagram is current.",
    implementation = _policy_test_impl,
    test = True,
    attrs = {
        "checker": attr.label(
            mandatory = True,
            allow_single_file = True,
            executable = True,
            cfg = "target",
            doc = "The program with all policies.",
        ),
        "diagram": attr.label_list(allow_files = True, doc = "The page with the stack's diagram, if there is one."),
        "plan": attr.label(mandatory = True, providers = [StackPlanInfo], doc = "The plan."),
        "profile": attr.string(default = "sandbox", doc = "The profile whose policies are asked."),
        "settings": attr.label(
            mandatory = True,
            allow_single_file = True,
            doc = "The `groundplan.toml` that attaches and waives policies.",
        ),
    },
)

def workspace_plans(name, evaluators, checker, stacks):
    """Declares the evaluators, plans and policy tests of a workspace, in its root package.

    Args:
      name: What the plans of the default selection are called together; the tests of their policies are
        `<stack>_policy_test`, and together `policies`.
      evaluators: By project, the directories of the crates that its evaluator is built of.
      checker: The directories of the crates that the program with all policies is built of; none, if there is none.
      stacks: By full name, what `cargo xtask bazel` knows of each stack.
    """
    programs = {"evaluator." + project: (project, directories) for project, directories in evaluators.items()}
    if checker:
        programs["checker"] = ("checker", checker)
    for directory in {directory: None for _, directories in programs.values() for directory in directories}:
        native.filegroup(name = "sources/" + directory, srcs = _files_of(directory))
    for target, (project, directories) in programs.items():
        program = _program(project)
        stack_evaluator(
            name = target,
            project = project,
            program = program,
            files = program + ".files" if program else None,
            packages = program + ".packages" if program else None,
            lock = "Cargo.lock",
            srcs = ["sources/" + directory for directory in directories],
        )
    for stack, known in stacks.items():
        # What the manifest says is absent is let in, so that the evaluator sees one that appeared.
        files = known.inputs["files"] + known.inputs.get("absent", [])
        listed = [directory + "/*" for directory in known.inputs.get("directories", [])]
        stack_plan(
            name = stack,
            project = known.project,
            stack = stack[len(known.project) + 1:],
            manifest = json.encode(known.inputs),
            srcs = _leaves(native.glob(files + listed, allow_empty = True, exclude_directories = 0)),
            evaluator = "evaluator." + known.project,
        )
    selected = [stack for stack, known in stacks.items() if known.selected]
    stack_plans(name = name, plans = selected)
    if checker:
        for stack in stacks:
            stack_policy_test(
                name = stack + "_policy_test",
                size = "small",
                plan = stack,
                checker = "checker",
                settings = "groundplan.toml",
                diagram = native.glob(["docs/diagrams/%s.md" % stack], allow_empty = True),
            )
        native.test_suite(name = "policies", tests = [stack + "_policy_test" for stack in selected])

def _leaves(paths):
    """The paths that no other one lies below: a directory of which files are there is there with them."""
    above = {}
    for path in paths:
        parts = path.split("/")
        for length in range(1, len(parts)):
            above["/".join(parts[:length])] = None
    return [path for path in paths if path not in above]

def _parent(path):
    """The directory of a path."""
    return path.rsplit("/", 1)[0] if "/" in path else "."

def _files_of(directory):
    """The files that a crate is built of, which is all that lies there beside tests, stacks, notes and other crates."""
    beside = [directory + "/" + name for name in ["stacks", "tests", "benches", "examples", "target"]]
    within = [file[:-len("/Cargo.toml")] for file in native.glob([directory + "/*/**/Cargo.toml"], allow_empty = True)]
    leave = [path + "/**" for path in beside + within]
    leave += [directory + "/" + name for name in ["*.md", "clippy.toml", ".*", ".*/**", "**/.*", "**/.*/**"]]
    return native.glob([directory + "/**"], exclude = leave)

def _program(project):
    """The evaluator of a project, whose name ends in a digest; None if there is none."""
    found = native.glob(["nix/evaluators/*/%s-*" % project], allow_empty = True)
    found = [file for file in found if len(file.rsplit("/", 1)[1]) == len(project) + 17]
    if len(found) > 1:
        fail("there is more than one evaluator of %s: leave one of %s" % (project, ", ".join(found)))
    return found[0] if found else None
