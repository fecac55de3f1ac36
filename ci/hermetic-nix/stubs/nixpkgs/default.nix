{ system }:
let
  package = name: derivation { inherit name system; builder = "/bin/sh"; };
in
{
  inherit system;
  glibc.static = package "glibc-static";
  mkShell = { packages, buildInputs }: derivation {
    inherit system packages buildInputs;
    name = "shell";
    builder = "/bin/sh";
  };
} // builtins.listToAttrs (map (name: { inherit name; value = package name; }) [ "cargo" "clippy" "git" "rustc" "rustfmt" "strace" ])
