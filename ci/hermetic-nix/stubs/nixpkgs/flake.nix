# Stands for nixpkgs, as far as nix/flake.nix asks for it.
{
  outputs = { self }: { };
}
