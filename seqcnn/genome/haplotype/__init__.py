"""Parts of `variants --phased`.

- `genotypes`: genotypes of the samples of a VCF.  `neighbours`: records near each record.
- `carried`: the variants that a haplotype of a sample carries near a record.
- `windows`: windows with these variants, together and one at a time.
- `table`: the table of haplotypes, and its counts.
"""
