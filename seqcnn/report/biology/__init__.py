"""The biology part of the report: one file per station, each a decorated function.

`section` defines what a section is; `SECTIONS` is the only registry.
"""

from __future__ import annotations

from pathlib import Path

from seqcnn.data.dataset import Dataset
from seqcnn.io.regular_file import has_folder
from seqcnn.report.biology.attributions import attributions
from seqcnn.report.biology.dependencies import dependencies
from seqcnn.report.biology.designs import designs
from seqcnn.report.biology.marginalize import marginal
from seqcnn.report.biology.motifs import motifs
from seqcnn.report.biology.next_batch import batch
from seqcnn.report.biology.saturation import saturation
from seqcnn.report.biology.scans import scans
from seqcnn.report.biology.section import Content, Section
from seqcnn.report.biology.variants import variants

SECTIONS = (attributions, motifs, marginal, dependencies, variants, saturation, scans, designs, batch)
"""The only registry of sections, in the order of the page."""


def sections(folder: Path, dataset: Dataset) -> list[tuple[Section, Content]]:
    """Return the sections of the stations that have a folder, with their content.

    Raises
    ------
    TableError
        If a folder is a link that leads out of `folder`, or a file in it is missing, damaged or not regular.
    """
    present = [section for section in SECTIONS if has_folder(folder / section.station, folder)]
    return [(section, section.read(folder / section.station, dataset)) for section in present]
