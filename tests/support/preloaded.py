"""What commands import: processes that are forked from the one that has it start at once."""

import lightning  # noqa: F401
import smart_open  # noqa: F401  imported by Snakemake when it reads a Snakefile
import snakemake.cli
import torch  # noqa: F401

import seqcnn.cli  # noqa: F401
import seqcnn.cli_support.biology_jobs  # noqa: F401
import seqcnn.config.pipeline  # noqa: F401
import seqcnn.model.train  # noqa: F401

snakemake.cli.get_argument_parser()  # collects the plug-ins
