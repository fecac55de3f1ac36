# Thin on purpose: it names the project and its sources and has no inputs, so it locks and downloads nothing.
# Building goes through cargo (see README.md); nothing here claims to do it.
{
  description = "Groundplan: infrastructure as pure functions";

  outputs = { self }: {
    # The sources, for other flakes to build or vendor.
    lib.source = self.outPath;
  };
}
