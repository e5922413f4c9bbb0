"""Which sites are scored.

- `sites`: sites of a file with the contigs of a genome, and those of a shard.
- `regions`: the sites in regions.  `saturation`: all single-base changes of a region.
"""
