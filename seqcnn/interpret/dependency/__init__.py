"""Parts of `seqcnn.interpret.dependencies` and `.motif_pairs`: the effects of pairs of changes.

- `epistasis`: every pair of changes of a sequence; `fast_pairs`: the same for the convolutional encoder.
- `dependency_map`: one number per pair of positions; `table`, `figure`, `page`: its outputs.
- `sites`: tables of named sites; `site_pairs`: the epistasis of two sites.
"""
