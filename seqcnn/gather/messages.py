"""What the commands say of a whole result, from the counts of its parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seqcnn.data.readers.sequences import log_changes
from seqcnn.errors import TableError, place
from seqcnn.genome.variant.null_distribution import log_null
from seqcnn.genome.variant.tally import Tally
from seqcnn.io.shard.part_file import TextPart
from seqcnn.model.predict import log_ood

Records = Sequence[Mapping[str, Any]]


def refuse_counts(parts: Sequence[TextPart]) -> None:
    """Raise the error of the command if no part has a result, such as of variants of another genome."""
    with _damaged(parts):
        records = [part.part.counts for part in parts]
        if "SHA-256 of --vcf" in parts[0].part.run:
            names = (records[0]["file"], records[0]["source"], records[0]["contigs"])
            Tally.of(records).refuse_unscored(*names)


def log_counts(parts: Sequence[TextPart]) -> None:
    """Log the counts of all parts together."""
    with _damaged(parts):
        _LOGS[parts[0].part.command]([part.part.counts for part in parts])


def _log_predictions(records: Records) -> None:
    """Log changes of sequences, and the number of out-of-distribution ones."""
    changes: Counter[str] = Counter(records[0].get("changes", {}))  # of the file, the same in all parts
    for record in records:
        changes.update(record.get("own_changes", {}))
    log_changes(Path(records[0].get("file", "")), changes)
    if all(record.get("ood") for record in records):
        flagged, count = (sum(record["ood"][number] for record in records) for number in (0, 1))
        log_ood(flagged, count, records[0]["ood"][2])


def _log_dependencies(records: Records) -> None:
    """Log the number of sequences that are left out."""
    changes: Counter[str] = Counter()
    for record in records:
        changes.update(record["changes"])
    log_changes(Path(records[0]["file"]), changes)


def _log_variants(records: Records) -> None:
    """Log the number of scored alleles, the reasons of the others, and the null distributions."""
    Tally.of(records).log()
    if records[0]["null"]:
        kinds = {kind: count for record in records for kind, count in record["null"][1].items()}
        log_null(records[0]["null"][0], kinds)


_LOGS: dict[str, Callable[[Records], None]] = {
    "dependencies": _log_dependencies,
    "predict": _log_predictions,
    "saturate": _log_predictions,
    "variants": _log_variants,
}


@contextmanager
def _damaged(parts: Sequence[TextPart]) -> Iterator[None]:
    """Convert the errors of counts that no command wrote."""
    try:
        yield
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise TableError(f"{place(parts[0].path)}: the part is damaged; compute it again") from error
