"""What several commands share; it computes nothing.

- `options`: each shared option, defined once, and the types of values.
- `data`: the options that describe sequences and targets.
- `renamed`: flags of earlier versions, which are refused with their new name.
- `biology_jobs`: the `biology` section of a pipeline configuration as command lines.

It must not import `commands`; those are passed in where they are needed.
"""
