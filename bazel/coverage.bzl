"""Bazel before 7 fetches a tool for coverage whenever there is a test; here is nothing that it could measure."""

def _no_coverage_tools_impl(ctx):
    ctx.file("BUILD.bazel", """filegroup(name = "coverage_report_generator", visibility = ["//visibility:public"])""")

no_coverage_tools = repository_rule(
    doc = "Stands in the place of Bazel's tools for coverage, so that tests need no network.",
    implementation = _no_coverage_tools_impl,
)
