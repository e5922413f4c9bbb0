"""Measurements of one experiment.

- `plan`: what the user gives: files, columns, layout, split.
- `experiment`: joins the files, recognises lab formats, completes the plan.
- `input_files`: reads each file.  `lab/`: lab formats.  `ids`: cut ids, and hints on those that do not match.
- `long_form`: one row per id of tables with several.  `pivot`: one target per condition of long tables.
- `columns`: targets, weights, replicates, groups and categories of a table.  `weights`: weights from noise.
- `targets`: join of table and sequences by id.  `target_notes`: notes on the distribution of a target.

Must not import: `seqcnn.data.prepare` or other stations; `plan` must not import the similarity search.
"""
