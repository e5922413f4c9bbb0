"""Parts of `variants`.

- `vcf`: reading and annotating VCFs.  `alleles`: which alleles can be scored.
- `normalise`: trimming and left-alignment of alleles.
- `sources`, `windows`: from a genome or a library to the windows of both alleles.
- `effects`, `null_distribution`: effects, their SD, percentiles and calls.
- `table`: columns of effects.tsv and INFO fields.  `tally`: counts of alleles for the log.
- `outputs`: the table and the annotated VCF.
- `pairs`: pairs of records instead of a VCF.
"""
