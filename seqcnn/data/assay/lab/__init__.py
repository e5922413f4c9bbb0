"""Lab formats: recognised tables -> measurements, one row per sequence, and the plan that the format implies.

- `tables`: tables of measurements of MPRAsnakeflow and IGVF.
- `igvf_design`: IGVF sequence designs.

Formats are recognised in `seqcnn.data.readers.lab_formats`.
"""
