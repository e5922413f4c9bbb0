"""Readers of sequences and tables, strict and with located errors.

- `records`: a record, and batches of records; the output of all readers of sequences.
- `sequences`: any source of sequences, by the name of the file.
- `fasta`: streaming FASTA parser.  `fasta_fast`: its vectorised path.  `fasta_errors`: its messages.
- `bed`: intervals.  `genome/`: their lines, and the genome of their positions.
- `in_memory`: all records of a file, checked for repeated names.
- `tables`: a table as text.  `table_file`: delimited files and spreadsheets.
- `lab_formats`: recognition of lab formats by their columns.

Must not import: `seqcnn.data.assay`, `seqcnn.data.split`, or stations.
"""
