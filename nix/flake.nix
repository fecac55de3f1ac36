# The plans of this workspace, and Groundplan itself, with everything built from source by Nix. Its inputs come over the
# network; the flake at the root needs none, and takes the evaluators that `cargo xtask evaluators` has built.
{
  description = "Groundplan, built from source";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    crane.url = "github:ipetkov/crane";
  };

  outputs = { self, nixpkgs, crane }:
    let
      root = ./..;
      systems = [ "x86_64-linux" "aarch64-linux" ];
      each = make: builtins.listToAttrs (map (system: { name = system; value = make (from system); }) systems);

      # What is built from source, and the plans that are made by it.
      from = system:
        let
          pkgs = import nixpkgs { inherit system; };
          rust = crane.mkLib pkgs;
          common = {
            version = "0.1.0";
            # What is no code builds nothing anew.
            src = builtins.path {
              path = root;
              name = "groundplan-source";
              filter = path: type: !(type == "directory" && builtins.elem (baseNameOf path) [ "docs" "nix" "stacks" "target" ]);
            };
            strictDeps = true;
            doCheck = false;
          };

          # The static programs and their table, by the same command as anywhere else.
          evaluators = rust.mkCargoDerivation (common // {
            pname = "evaluators";
            cargoArtifacts = null;
            buildInputs = [ pkgs.glibc.static ];
            buildPhaseCargoCommand = "cargo xtask evaluators";
            installPhaseCommand = "cp -r nix/evaluators $out";
            doInstallCargoArtifacts = false;
          });
          runner = rust.buildPackage (common // {
            pname = "runner";
            cargoExtraArgs = "--locked --package runner";
          });
          plans = contentAddressed:
            import ./plans.nix { inherit root system contentAddressed; evaluators = "${evaluators}/${system}"; };
        in
        { inherit pkgs evaluators runner plans; };
      here = from (builtins.head systems);
    in
    {
      plans = (here.plans false).plans;
      addressed = { inherit (here.plans true) plans checked; };

      packages = each (built: {
        inherit (built) evaluators runner;
        default = (built.plans false).all;
        inherit (built.plans false) checked;
        addressed = (built.plans true).all;
      });

      checks = each (built: { plans = (built.plans false).checked; });

      apps = each (built: { default = { type = "app"; program = "${built.runner}/bin/runner"; }; });

      devShells = each (built: {
        default = built.pkgs.mkShell {
          packages = with built.pkgs; [ cargo clippy git rustc rustfmt strace ];
          # Evaluators are linked statically.
          buildInputs = [ built.pkgs.glibc.static ];
        };
      });
    };
}
