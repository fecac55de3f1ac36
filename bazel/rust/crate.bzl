"""A crate of this workspace with rules_rust; what it needs of a registry comes from crate_universe."""

load("@crates//:defs.bzl", "aliases", "all_crate_deps")
load("@rules_rust//rust:defs.bzl", "rust_library", "rust_proc_macro")

def workspace_crate(name, directory, deps = [], macros = [], is_macro = False):
    """Declares a library.

    Args:
      name: The package's name.
      directory: Where it is.
      deps: The crates of the workspace that it links.
      macros: Those that are compiled into the compiler.
      is_macro: Whether it is one of these.
    """
    make = rust_proc_macro if is_macro else rust_library
    make(
        name = name,
        aliases = aliases(package_name = directory),
        compile_data = ["//:sources/" + directory],
        crate_name = name.replace("-", "_"),
        crate_root = "//:%s/src/lib.rs" % directory,
        edition = "2024",
        proc_macro_deps = [":" + other for other in macros] + all_crate_deps(package_name = directory, proc_macro = True),
        srcs = ["//:sources/" + directory],
        deps = [":" + other for other in deps] + all_crate_deps(package_name = directory, normal = True),
    )
