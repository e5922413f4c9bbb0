"""What a workbook is and how large it is, before it is parsed.

- `members`: kinds of workbooks by the names of their parts, and the size of these when decompressed.
- `extent`: rows and columns of the sheets, from the references of their cells.
- `old_office`: the same of .xls.

Must not import: any package of seqcnn; only `seqcnn.errors`.
"""
