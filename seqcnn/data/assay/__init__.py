"""Measurements of one experiment.

- `plan`: what the user gives: files, columns, layout, split.
- `experiment`: reads the files, recognises lab formats, completes the plan.
- `lab_tables`: MPRAsnakeflow and IGVF tables of measurements.  `igvf_design`: IGVF sequence designs.
- `columns`: targets, weights, replicates, groups and categories of a table.  `weights`: weights from noise.
- `targets`: join of table and sequences by id.  `target_notes`: notes on the distribution of a target.

Must not import: `seqcnn.data.prepare` or other stations; `plan` must not import the similarity search.
"""
