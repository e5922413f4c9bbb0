"""Write a public dataset as `sequences.fa`, `targets.tsv` and `README.md` in one folder.

Files come from the folder `$SEQCNN_DATA/<dataset's folder>/` if it has them, otherwise from their source,
through the cache of pooch.  In both cases their checksum is compared with that of the catalogue: SHA-256, or
MD5 where the repository states nothing else.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from seqcnn.data.public.catalog import PublicDataset, PublicFile, find_dataset
from seqcnn.data.public.converters import Published
from seqcnn.errors import EnvironmentFault, TableError, UsageError, place, plural
from seqcnn.io.atomic import atomic_path, environment_faults, refuse_file, refuse_output
from seqcnn.io.tsv import table_lines
from seqcnn.progress import Progress

logger = logging.getLogger(__name__)

LOCAL_COPY = "SEQCNN_DATA"
"""Environment variable with the path of a folder of copies of the published files."""

TIMEOUT_SECONDS = 30
"""Longest time without an answer of the server."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The files that `fetch` wrote."""

    dataset: PublicDataset
    sequences: Path
    targets: Path
    readme: Path
    n: int
    """Number of sequences."""
    gaps: tuple[str, ...]
    """Sentences on what the files lack compared with the publication."""


def fetch(name: str, output: Path, *, overwrite: bool = False) -> Fetched:
    """Download a public dataset and write it as FASTA and a table of targets.

    Parameters
    ----------
    name
        A name of `CATALOG`.
    output
        Folder for `sequences.fa`, `targets.tsv` and `README.md`; made if missing.
    overwrite
        Replace these files if they exist.

    Returns
    -------
    The paths of the files, the number of sequences, and what is missing.

    Raises
    ------
    UsageError
        If the name is unknown, or a file exists and `overwrite` is False.
    TableError
        If a local copy is not the published file.
    EnvironmentFault
        If a download fails or is altered, a package is missing, or a file cannot be written.
    """
    dataset = find_dataset(name)
    sequences, targets, readme = (output / file for file in ("sequences.fa", "targets.tsv", "README.md"))
    _refuse_existing(output, (sequences, targets, readme), overwrite)
    used = _obtain(dataset)
    data = dataset.convert({file.name: path for file, path in used.items()})
    texts = {sequences: _fasta(data), targets: _tsv(data), readme: _readme(dataset, data, tuple(used))}
    with ExitStack() as outputs:  # at its end all three files are renamed, or none
        for path, text in texts.items():
            outputs.enter_context(atomic_path(path)).write_text(text, encoding="utf-8", newline="\n")
    logger.info("%s: %s in %s", dataset.name, plural(len(data.rows), "sequence"), place(sequences))
    logger.info("compared with the catalogue: %s", _compared(used))
    logger.info("licence: %s", dataset.licence)
    logger.info("please cite: %s doi:%s", dataset.citation, dataset.doi)
    for gap in data.gaps:
        logger.warning("%s: %s", dataset.name, gap)
    return Fetched(dataset, sequences, targets, readme, len(data.rows), data.gaps)


def _refuse_existing(output: Path, paths: tuple[Path, ...], overwrite: bool) -> None:
    """Raise `UsageError` before any work if an output exists."""
    refuse_file(output)
    for path in paths:
        refuse_output(path, overwrite=overwrite)


def _obtain(dataset: PublicDataset) -> dict[PublicFile, Path]:
    """Return the files to convert: the joined table of a local copy, otherwise all originals."""
    folder = _local_folder(dataset)
    if folder and dataset.joined and (folder / dataset.joined.name).is_file():
        return {dataset.joined: _checked(folder / dataset.joined.name, dataset.joined)}
    return {
        file: _checked(folder / file.name, file)
        if folder and (folder / file.name).is_file()
        else _download(file, dataset.folder)
        for file in dataset.files
    }


def _local_folder(dataset: PublicDataset) -> Path | None:
    """Return the dataset's folder in the local copy, or None if there is none."""
    if not (root := os.environ.get(LOCAL_COPY)):
        return None
    if not Path(root).is_dir():
        raise UsageError(f"{LOCAL_COPY}: {place(root)} is not a folder; unset it to download")
    folder = Path(root) / dataset.folder
    if not folder.is_dir():
        logger.warning("%s has no folder %s: downloading", LOCAL_COPY, dataset.folder)
        return None
    return folder


def _checked(path: Path, file: PublicFile) -> Path:
    """Return `path` if it is the published file, byte for byte."""
    with environment_faults(path), path.open("rb") as stream:
        digest = hashlib.file_digest(stream, file.algorithm).hexdigest()
    if digest != file.digest:
        raise TableError(
            f"{place(path)}: {file.digest_label} is {digest}, expected {file.digest}; "
            f"replace the copy, or unset {LOCAL_COPY} to download"
        )
    return path


def _download(file: PublicFile, folder: str) -> Path:
    """Return a file of the source from the cache; it is downloaded if the cache does not have it."""
    import pooch
    from requests import RequestException

    cache = Path(pooch.os_cache("seqcnn")) / folder
    pooch.get_logger().setLevel(logging.WARNING)  # its messages would repeat the line below
    local_copy = f"set {LOCAL_COPY} to a folder that has {folder}/{file.name}"
    with environment_faults(cache):
        if not (cache / file.name).exists():
            logger.info("downloading %s", file.url)
        try:
            return _retrieve(file, cache)
        except RequestException as error:
            response = error.response
            reason = type(error).__name__ if response is None else f"HTTP {response.status_code}"
            raise EnvironmentFault(
                f"{file.url}: download failed ({reason}); check the network and proxy, or {local_copy}"
            ) from error
        except ValueError as error:
            raise EnvironmentFault(
                f"{file.url}: {file.digest_label} is not {file.digest}: the source changed or the download "
                f"was altered; try again, or {local_copy}"
            ) from error


def _retrieve(file: PublicFile, cache: Path) -> Path:
    """Download a file into the cache, if it is not there, and check its checksum."""
    import pooch

    with Progress(f"downloading {file.name}", unit="bytes") as progress:
        downloader = pooch.HTTPDownloader(progressbar=progress, timeout=TIMEOUT_SECONDS, chunk_size=1 << 16)
        known_hash = f"{file.algorithm}:{file.digest}"
        path = pooch.retrieve(
            file.url, known_hash=known_hash, fname=file.name, path=cache, downloader=downloader
        )
    return Path(path)


def _compared(used: Iterable[PublicFile]) -> str:
    """Return how many checksums of each kind were compared, such as 'MD5 of 6 files'."""
    kinds = Counter(file.digest_label for file in used)
    return ", ".join(f"{kind} of {plural(n, 'file')}" for kind, n in kinds.items())


def _fasta(data: Published) -> str:
    """Return the sequences as FASTA, one line per sequence."""
    return "".join(f">{row['id']}\n{row['sequence']}\n" for row in data.rows)


def _tsv(data: Published) -> str:
    """Return the columns of the rows, without the sequences, as TSV."""
    columns = [column for column in data.rows[0] if column != "sequence"]
    return table_lines([columns, *([row[column] for column in columns] for row in data.rows)])


def _readme(dataset: PublicDataset, data: Published, used: tuple[PublicFile, ...]) -> str:
    """Return the README: source, meaning of the columns, licence and citation."""
    originals = "\n".join(
        f"| {file.name} | {file.digest_label} {file.digest} | {file.url} |" for file in dataset.files
    )
    joined = "".join(
        f"Converted from `{file.name}` of a local copy ({file.digest_label} {file.digest}): "
        "the source's tables joined beforehand, values untouched.\n\n"
        for file in used
        if file == dataset.joined
    )
    columns = "\n".join(f"| {name} | {meaning} |" for name, meaning in dataset.columns.items())
    gaps = "".join(f"Missing: {gap}.\n\n" for gap in data.gaps)
    return (
        f"# {dataset.title}\n\n"
        f"{len(data.rows)} sequences; made by `seqcnn fetch {dataset.name}`.\n\n"
        f"Licence: {dataset.licence}.\n\n"
        f"Please cite: {dataset.citation} doi:{dataset.doi}\n\n"
        f"Compared with the catalogue of seqcnn: {_compared(used)}.\n\n"
        f"| published file | checksum | source |\n|---|---|---|\n{originals}\n\n"
        f"{joined}{gaps}"
        f"| column of targets.tsv | meaning |\n|---|---|\n{columns}\n"
    )
