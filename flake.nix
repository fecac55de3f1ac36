# The plans of this workspace. It has no inputs, so it locks and downloads nothing; the programs that evaluate plans are
# built beforehand by `cargo xtask evaluators`. To build those from source by Nix, too, see nix/flake.nix.
{
  description = "Groundplan: infrastructure as pure functions";

  outputs = { self }:
    let
      at = system: contentAddressed: import ./nix/plans.nix { root = ./.; inherit system contentAddressed; };
      # Plans have the same bytes on every system: any that has evaluators here will do.
      systems =
        if builtins.pathExists ./nix/evaluators then builtins.attrNames (builtins.readDir ./nix/evaluators)
        else [ "x86_64-linux" ];
      here = builtins.head systems;
      each = make: builtins.listToAttrs (map (system: { name = system; value = make system; }) systems);
    in
    {
      # nix build '.#plans."infrastructure.aws.network.QA"'
      plans = (at here false).plans;

      # The same as content-addressed derivations: what reads a plan is not built again for equal bytes.
      addressed = { inherit (at here true) plans checked; };

      # All of them: nix build
      packages = each (system: {
        default = (at system false).all;
        addressed = (at system true).all;
        inherit (at system false) checked;
      });

      # Policies and diagrams: nix flake check
      checks = each (system: { plans = (at system false).checked; });

      # The sources, for other flakes to build or vendor.
      lib.source = self.outPath;
    };
}
