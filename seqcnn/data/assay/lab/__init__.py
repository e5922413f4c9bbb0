"""Lab formats: recognised tables -> measurements, one row per sequence, and the plan that the format implies.

- `tables`: the format of a table of measurements; elements of IGVF, results of R packages.
- `per_oligo`: MPRAsnakeflow's and MPRAflow's rows per replicate.  `measured`: what all formats become.
- `igvf_design`: IGVF sequence designs.

Formats are recognised in `seqcnn.data.readers.lab_formats`.
"""
