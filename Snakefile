"""The pipeline, from FASTA and measurements to a report: each rule is one `seqcnn` command.

`seqcnn run` runs the embedded example, `seqcnn run configs/NAME.yaml` another configuration.  Use it for
untrusted configurations: with `snakemake --configfile`, Snakemake reads the file first and executes Python
in it.
Results are in results/<name>/<model>/<member>/, the report in results/<name>/report.html.
"""

import hashlib
import json
import os
import re
import shutil
from pathlib import Path

from seqcnn.cli import app
from seqcnn.cli_support.biology_jobs import biology_jobs
from seqcnn.commands.run import LOCK, VARIABLE
from seqcnn.config.pipeline import load_models, load_pipeline, seeds_of
from seqcnn.io.lock import acquire, last_holder
from seqcnn.errors import SeqcnnError

if workflow.config_settings.config:
    raise WorkflowError("--config is not supported: edit a copy of the config file, and run `seqcnn run COPY`")

GPU = int(shutil.which("nvidia-smi") is not None)  # of this machine; on a cluster the profile sets it
CONFIG = os.path.relpath(
    [os.environ.get(VARIABLE, "configs/pipeline.yaml"), *(workflow.overwrite_configfiles or [])][-1]
)
try:
    RUN = load_pipeline(Path(CONFIG))
    MODELS = load_models(RUN)
    JOBS = biology_jobs(RUN, app.commands)
except SeqcnnError as error:
    raise WorkflowError(str(error)) from None
HOLDER, ALIVE = last_holder(LOCK)
if ALIVE and workflow.is_main_process:
    logger.warning(f"another pipeline runs in this folder: {HOLDER}")
elif HOLDER and workflow.is_main_process:  # it was killed: remove its locks
    shutil.rmtree(".snakemake/locks", ignore_errors=True)
FOLDER = f"results/{RUN.name}"
PAGE = Path(FOLDER, "report.html")  # no rule reads it
if workflow.is_main_process and PAGE.is_file() and not PAGE.read_bytes().rstrip().endswith(b"</html>"):
    raise WorkflowError(f"{PAGE}: truncated; remove it to write it again")
ENCODERS = [name for name, model in MODELS.items() if model.encoder]
MEMBERS = [f"{name}/seed{seed}" for name in ENCODERS for seed in seeds_of(RUN, name)]
ENSEMBLES = [f"{name}/ensemble" for name in ENCODERS if len(seeds_of(RUN, name)) > 1]
BASELINES = [f"{name}/fit" for name in MODELS if name not in ENCODERS]
CONTROLLED = next((name for name in ENCODERS if not MODELS[name].teacher), None)  # one network represents all
STUDIED = (RUN.biology and RUN.biology.model) or (ENCODERS[0] if ENCODERS else None)
BIOLOGY_MODEL = f"{STUDIED}/ensemble" if f"{STUDIED}/ensemble" in ENSEMBLES else f"{STUDIED}/seed{RUN.seeds[0]}"
OUTPUTS = {  # members of a run -> what their folders hold
    "model.safetensors": MEMBERS + ENSEMBLES,
    "predictions.tsv": MEMBERS + ENSEMBLES + BASELINES,
    "metrics.json": MEMBERS + ENSEMBLES + BASELINES,
    "run.json": MEMBERS + BASELINES,
    "history.csv": MEMBERS,
}
REPORTED = [
    *(f"{FOLDER}/{member}/{name}" for name in ("metrics.json", "run.json", "history.csv") for member in OUTPUTS[name]),
    *([f"{FOLDER}/controls.json"] if CONTROLLED else []),
    *(f"{FOLDER}/cross_validation/{model}" for model in RUN.cross_validate),
    *([f"{FOLDER}/learning_curve.json"] if RUN.learning_curve else []),
    *(JOB.output for JOB in JOBS),
]
DATA = hashlib.sha256(json.dumps(RUN.model_dump(mode="json")["data"], sort_keys=True).encode()).hexdigest()


def seed_bundles(run, model):
    """Return the bundles of all seeds of one model."""
    return [f"results/{run}/{model}/seed{seed}/model.safetensors" for seed in seeds_of(RUN, model)]


def bundles(wildcards):
    """Return the members of one model's ensemble."""
    return seed_bundles(wildcards.run, wildcards.model)


def teachers(wildcards):
    """Return the teachers of a distilled model; [] for other models."""
    teacher = MODELS[wildcards.model].teacher
    return seed_bundles(wildcards.run, teacher.model) if teacher else []


wildcard_constraints:
    run=re.escape(RUN.name),
    model="|".join(map(re.escape, MODELS)),
    seed=r"\d+",
    member=r"seed\d+|ensemble|fit",


rule all:
    """Make the report, and all models, predictions and metrics."""
    input:
        PAGE,
        f"{FOLDER}/dataset.h5",
        REPORTED,
        [f"{FOLDER}/{member}/{name}" for name, members in OUTPUTS.items() for member in members],


if RUN.fetch:

    rule fetch:
        """Download a public dataset, or copy it from $SEQCNN_DATA."""
        output:
            str(RUN.sequences),
            str(RUN.targets),
        log:
            expand("logs/{run}/fetch.log", run=RUN.name),
        benchmark:
            f"benchmarks/runs/{RUN.name}/fetch.tsv"
        conda:
            "profiles/environment.yaml"
        threads: 1
        resources:
            mem_mb=4000,
            runtime=60,
        params:
            name=RUN.fetch,
            folder=str(RUN.sequences.parent),
        shell:
            r"""
            exec &> >(tee {log:q})

            seqcnn fetch {params.name:q} --overwrite --output {params.folder:q}
            """


rule prepare:
    """Join, check and split sequences and targets."""
    input:
        sequences=str(RUN.sequences),
        targets=str(RUN.targets),
        config=ancient(CONFIG),
    output:
        "results/{run}/dataset.h5",
    log:
        "logs/{run}/prepare.log",
    benchmark:
        "benchmarks/runs/{run}/prepare.tsv"
    conda:
        "profiles/environment.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        data=DATA,  # only changes of the `data` section make another dataset
        genome=[f"--genome={RUN.genome}"] if RUN.genome else [],
    shell:
        r"""
        exec &> >(tee {log:q})

        seqcnn prepare {input.sequences:q} {input.targets:q} {params.genome:q} \
            --data-config {input.config:q} --output {output:q}
        """


rule train:
    """Train one model from one seed."""
    input:
        dataset="results/{run}/dataset.h5",
        model="configs/models/{model}.yaml",
        teachers=teachers,
    output:
        bundle="results/{run}/{model}/seed{seed}/model.safetensors",
        history="results/{run}/{model}/seed{seed}/history.csv",
        run="results/{run}/{model}/seed{seed}/run.json",
    log:
        "logs/{run}/train.{model}.seed{seed}.log",
    benchmark:
        "benchmarks/runs/{run}/train.{model}.seed{seed}.tsv"
    conda:
        "profiles/environment.yaml"
    threads: 2
    resources:
        gpu=GPU,
        mem_mb=8000,
        runtime=720,
    shell:
        r"""
        exec &> >(tee {log:q})

        teachers=()
        for bundle in {input.teachers:q}; do teachers+=(--teacher "$bundle"); done
        seqcnn train {input.dataset:q} --config {input.model:q} "${{teachers[@]}}" \
            --seed {wildcards.seed:q} --threads {threads} --output {output.bundle:q}
        """


rule baseline:
    """Fit a baseline without deep learning."""
    input:
        dataset="results/{run}/dataset.h5",
        model="configs/models/{model}.yaml",
    output:
        predictions="results/{run}/{model}/fit/predictions.tsv",
        run="results/{run}/{model}/fit/run.json",
    log:
        "logs/{run}/baseline.{model}.log",
    benchmark:
        "benchmarks/runs/{run}/baseline.{model}.tsv"
    conda:
        "profiles/environment.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=120,
    shell:
        r"""
        exec &> >(tee {log:q})

        seqcnn baseline {input.dataset:q} --config {input.model:q} \
            --threads {threads} --output {output.predictions:q}
        """


rule ensemble:
    """Join the models of all seeds into one calibrated ensemble."""
    input:
        dataset="results/{run}/dataset.h5",
        bundles=bundles,
    output:
        "results/{run}/{model}/ensemble/model.safetensors",
    log:
        "logs/{run}/ensemble.{model}.log",
    benchmark:
        "benchmarks/runs/{run}/ensemble.{model}.tsv"
    conda:
        "profiles/environment.yaml"
    threads: 2
    resources:
        mem_mb=4000,
        runtime=60,
    shell:
        r"""
        exec &> >(tee {log:q})

        models=()
        for bundle in {input.bundles:q}; do models+=(--model "$bundle"); done
        seqcnn ensemble {input.dataset:q} "${{models[@]}}" --output {output:q}
        """


rule predict:
    """Predict all sequences with a model or an ensemble."""
    input:
        dataset="results/{run}/dataset.h5",
        bundle="results/{run}/{model}/{member}/model.safetensors",
    output:
        "results/{run}/{model}/{member}/predictions.tsv",
    log:
        "logs/{run}/predict.{model}.{member}.log",
    benchmark:
        "benchmarks/runs/{run}/predict.{model}.{member}.tsv"
    wildcard_constraints:
        member=r"seed\d+|ensemble",
    conda:
        "profiles/environment.yaml"
    threads: 2
    resources:
        gpu=GPU,
        mem_mb=4000,
        runtime=60,
    shell:
        r"""
        exec &> >(tee {log:q})

        seqcnn predict {input.dataset:q} --model {input.bundle:q} \
            --threads {threads} --output {output:q}
        """


rule evaluate:
    """Score the predictions of one model."""
    input:
        dataset="results/{run}/dataset.h5",
        predictions="results/{run}/{model}/{member}/predictions.tsv",
    output:
        "results/{run}/{model}/{member}/metrics.json",
    log:
        "logs/{run}/evaluate.{model}.{member}.log",
    benchmark:
        "benchmarks/runs/{run}/evaluate.{model}.{member}.tsv"
    conda:
        "profiles/environment.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    shell:
        r"""
        exec &> >(tee {log:q})

        seqcnn evaluate {input.dataset:q} {input.predictions:q} --output {output:q}
        """


rule learning_curve:
    """Train one model on increasing fractions of the training rows."""
    input:
        dataset="results/{run}/dataset.h5",
        model=f"configs/models/{RUN.learning_curve}.yaml",
    output:
        "results/{run}/learning_curve.json",
    log:
        "logs/{run}/learning_curve.log",
    benchmark:
        "benchmarks/runs/{run}/learning_curve.tsv"
    conda:
        "profiles/environment.yaml"
    threads: 2
    resources:
        gpu=GPU,
        mem_mb=8000,
        runtime=2880,
    shell:
        r"""
        exec &> >(tee {log:q})

        seqcnn learning-curve {input.dataset:q} --config {input.model:q} \
            --threads {threads} --output {output:q}
        """


if CONTROLLED:

    rule controls:
        """Score one network on shuffled measurements and shuffled sequences."""
        input:
            dataset="results/{run}/dataset.h5",
            bundle=f"results/{{run}}/{CONTROLLED}/seed{RUN.seeds[0]}/model.safetensors",
        output:
            "results/{run}/controls.json",
        log:
            "logs/{run}/controls.log",
        benchmark:
            "benchmarks/runs/{run}/controls.tsv"
        conda:
            "profiles/environment.yaml"
        threads: 2
        resources:
            gpu=GPU,
            mem_mb=8000,
            runtime=720,
        shell:
            r"""
            exec &> >(tee {log:q})

            seqcnn controls {input.dataset:q} --model {input.bundle:q} \
                --threads {threads} --output {output:q}
            """


rule cross_validate:
    """Cross-validate one model over clusters of similar sequences."""
    input:
        dataset="results/{run}/dataset.h5",
        model="configs/models/{model}.yaml",
    output:
        directory("results/{run}/cross_validation/{model}"),
    log:
        "logs/{run}/cross_validate.{model}.log",
    benchmark:
        "benchmarks/runs/{run}/cross_validate.{model}.tsv"
    conda:
        "profiles/environment.yaml"
    threads: 2
    resources:
        gpu=GPU,
        mem_mb=8000,
        runtime=2880,
    params:
        folds=RUN.folds,
    shell:
        r"""
        exec &> >(tee {log:q})

        seqcnn cross-validate {input.dataset:q} --config {input.model:q} \
            --folds {params.folds} --threads {threads} --output {output:q}
        """


for JOB in JOBS:

    rule:
        name:
            JOB.station
        input:
            JOB.files,
            bundle=f"results/{RUN.name}/{BIOLOGY_MODEL}/model.safetensors",
        output:
            directory(JOB.output),
        log:
            f"logs/{RUN.name}/biology.{JOB.station}.log",
        benchmark:
            f"benchmarks/runs/{RUN.name}/biology.{JOB.station}.tsv"
        conda:
            "profiles/environment.yaml"
        threads: 2
        resources:
            gpu=GPU,
            mem_mb=8000,
            runtime=720,
        params:
            arguments=JOB.arguments,
        shell:
            r"""
            exec &> >(tee {log:q})

            mkdir -p {output:q}
            seqcnn {params.arguments:q} --model {input.bundle:q} --threads {threads}
            """


rule report:
    """Write the report."""
    input:
        REPORTED,
    output:
        report("results/{run}/report.html", category="Report"),
    log:
        "logs/{run}/report.log",
    benchmark:
        "benchmarks/runs/{run}/report.tsv"
    conda:
        "profiles/environment.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        folder=subpath(output[0], parent=True),
        biology_model=[f"--biology-model={BIOLOGY_MODEL}"] if JOBS else [],
    shell:
        r"""
        exec &> >(tee {log:q})

        seqcnn report {params.folder:q} {params.biology_model:q} --output {output:q}
        """


onstart:
    acquire(LOCK)


onsuccess:
    print(f"report: {PAGE}")
