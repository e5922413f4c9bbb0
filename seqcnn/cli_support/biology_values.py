"""Check values of the `biology` section before the pipeline starts, which a command refuses when it runs.

What reads a value for the command reads it here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seqcnn.cli_support.order import constraint_request


def refuse_values(station: str, parameters: Mapping[str, Any], targets: Sequence[str]) -> None:
    """Raise `SeqcnnError` for a value that the command of a station would refuse.

    Parameters
    ----------
    station
        Name of the command.
    parameters
        Its parameters, as click parsed them.
    targets
        Targets of the run; empty if the configuration does not name them.
    """
    names = [parameters["target"]] if parameters.get("target") else []
    if station in ("design", "next"):
        from seqcnn.design.requests.constraints import read_constraints

        read_constraints(constraint_request(dict(parameters)))
    if station == "design":
        names = _targets_of_design(parameters)
    if station == "next":
        _refuse_batch(parameters)
    if station == "variants":
        _refuse_variants(parameters)
    if names and targets:
        from seqcnn.model.inference.target import index_of_target

        for name in names:
            index_of_target(targets, name)


def _targets_of_design(parameters: Mapping[str, Any]) -> list[str]:
    """Return the targets that an objective names; refuse one that cannot be meant."""
    from seqcnn.design.requests.objective import ObjectiveRequest, refuse_objective

    keys = ("maximize", "minimize", "value", "target", "difference")
    request = ObjectiveRequest(**{key: parameters[key] for key in keys})
    refuse_objective(request)
    return request.named


def _refuse_batch(parameters: Mapping[str, Any]) -> None:
    """Refuse options of `next` that exclude each other."""
    from seqcnn.selection.next_batch import BatchPlan, refuse_options

    keys = ("made", "min_prediction", "max_prediction")
    plan = BatchPlan(**{key: parameters[key] for key in keys})
    refuse_options(plan, made=parameters["candidates"] is None)


def _refuse_variants(parameters: Mapping[str, Any]) -> None:
    """Refuse options of `variants` that exclude each other, text that is no region, and unknown samples."""
    from seqcnn.genome.haplotype.genotypes import sample_columns
    from seqcnn.genome.locus.regions import refuse_no_regions, split_region
    from seqcnn.genome.variant.outputs import VariantOutputs
    from seqcnn.genome.variant.sources import VariantPlan
    from seqcnn.genome.variant.vcf import read_vcf
    from seqcnn.genome.variants import VariantInput, refuse_combinations

    vcf, samples, saturate = parameters["vcf"], parameters["samples"], parameters["saturate"]
    given = VariantInput(
        vcf, parameters["pairs"], parameters["table"], saturate or "", parameters["phased"], samples
    )
    also = VariantOutputs(parameters["vcf_out"], parameters["html"])
    refuse_combinations(given, parameters["output"], also, VariantPlan(regions=parameters["regions"]))
    if saturate:
        split_region(saturate)
    if parameters["regions"]:
        refuse_no_regions(parameters["regions"])
    if samples and Path(vcf).is_file():
        sample_columns(read_vcf(vcf)[0], samples, str(vcf))
