"""The public Python interface; `import seqcnn` loads its names on first use.

- `model`: `Model`, one method per command, and `load_model`; `biology` holds half of them.
- `frames`, `variant_frame`: what these methods take and return.
- `training`: `fit`, and what the command of the same name does.

Must not import: `seqcnn.commands` and `seqcnn.cli_support`.
"""
