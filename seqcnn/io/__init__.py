"""Files, without any knowledge of DNA.

- `stream`: blocks and lines of plain, gzip and bgzip files and of standard input.
- `gunzip`: streaming decompression with a limit on the compression ratio.
- `atomic`: atomic writes, checks of outputs, errors of the file system.
- `lock`: one run at a time per folder.
- `hdf5`: safe reading of HDF5, and arrays that stay in their file.
- `yaml`: safe reading of YAML mappings.
- `spreadsheet`: sheets of .xlsx, .xls and .ods as rows of text.
- `workbook`: kinds of workbooks and sizes of their sheets, before they are read.
- `table_output`: tables written row by row as TSV, CSV, workbook or Parquet.
- `tsv`: delimited text, and the one reader of the tables of a run.
- `regular_file`: files in a folder that are neither pipes nor links out of it.

Must not import: any package of seqcnn; only `seqcnn.errors` and `seqcnn.extras`.
"""
