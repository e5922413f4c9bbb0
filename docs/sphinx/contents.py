"""Pages of the site by section, in the order of its menu."""

CONTENTS = {
    "Start": ["start", "install", "Overview <../README>"],
    "Tutorials": [
        "../notebooks/01_lab_analysis",
        "../notebooks/02_how_the_cnn_works",
        "../notebooks/03_from_model_to_biology",
    ],
    "How-to": [
        "how-to/my-data",
        "how-to/my-assay",
        "how-to/which-model",
        "how-to/how-many-sequences",
        "how-to/publish-a-figure",
        "gallery",
        "how-to/score-variants",
        "how-to/order-designs",
        "how-to/next-batch",
        "how-to/share-a-model",
        "how-to/slurm",
        "../config/README",
        "how-to/gpu",
    ],
    "Concepts": [
        "concepts-and-splits",
        "uncertainty",
        "learn/convolution-and-pooling",
        "learn/dense-layers-and-training",
        "learn/architectures",
        "learn/recurrence-and-attention",
        "learn/detection-and-pretraining",
        "learn/attributions",
    ],
    "Reference": [
        "commands",
        "configuration",
        "biology",
        "files-and-formats",
        "reference/cli",
        "reference/config-keys",
        "reference/python",
        "performance",
        "imports",
        "glossary",
        "../CHANGELOG",
    ],
    "Benchmarks": [
        "../benchmarks/README",
        "../benchmarks/accuracy/accuracy",
        "../benchmarks/accuracy/library_size",
        "../benchmarks/accuracy/transfer",
        "../benchmarks/accuracy/training_data",
        "../benchmarks/accuracy/trials",
        "../benchmarks/biology/example",
        "../benchmarks/biology/calls",
        "../benchmarks/biology/terminators",
        "../benchmarks/reliability/reliability",
        "../benchmarks/speed/cpu",
        "../benchmarks/speed/amx",
        "../benchmarks/speed/gpu",
        "../benchmarks/speed/notes",
        "../benchmarks/validation/validation",
        "../benchmarks/validation/imports",
        "../benchmarks/validation/predictor",
        "../benchmarks/validation/splits/similarity_search",
    ],
    "Questions": ["faq", "comparison"],
    "Development": ["development", "reference/dependencies", "../CONTRIBUTING", "../SECURITY"],
    "中文": [
        "zh/start",
        "概览 <../README.zh-CN>",
        "zh/concepts-and-splits",
        "zh/uncertainty",
        "zh/learn/convolution-and-pooling",
        "zh/learn/dense-layers-and-training",
        "zh/learn/architectures",
        "zh/learn/recurrence-and-attention",
        "zh/learn/detection-and-pretraining",
        "zh/learn/attributions",
    ],
}
"""Section -> pages, relative to docs/ and without suffix."""


def menu() -> str:
    """Return the sections as hidden tables of contents in MyST."""
    tree = "\n```{{toctree}}\n:caption: {}\n:hidden:\n\n{}\n```\n"
    return "".join(tree.format(section, "\n".join(pages)) for section, pages in CONTENTS.items())
