"""Tables of variants in the notations of articles and databases.

- `changes`: SPDI, HGVS and chromosome:position:ref:alt -> a change, or why there is none.
- `variant_table`: the rows of a table.  `sites`: changes on the contigs of a genome, as those of a VCF.
"""
