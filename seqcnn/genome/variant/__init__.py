"""Parts of `variants`: VCF, alleles, windows, effects, null distribution."""
