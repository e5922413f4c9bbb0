"""The pipeline of `seqcnn run`, for plain `snakemake` in a clone of the repository."""


include: "seqcnn/workflow/Snakefile"


rule default:
    """Make what `all` makes: Snakemake takes its default target from this file."""
    input:
        rules.all.input,
