"""Published limits of synthesis companies, with the pages that state them.

A limit that no public page states is left out.  Agilent's page was read on `LOOKED_UP`; the other limits are
as public documents quoted these pages on that date.  Companies change their limits, and check every order.
"""

from __future__ import annotations

from dataclasses import dataclass

from seqcnn.design.constraints import Constraints

LOOKED_UP = "2026-11-29"
"""ISO date on which the limits were looked up."""

_IDT = "https://www.idtdna.com/pages"
_TWIST = "https://www.twistbioscience.com"


@dataclass(frozen=True, slots=True)
class Source:
    """A page that states limits."""

    title: str
    url: str

    def __str__(self) -> str:
        """Return title, address and date."""
        return f"{self.title}, {self.url} ({LOOKED_UP})"


@dataclass(frozen=True, slots=True)
class Supplier:
    """A product of a company."""

    product: str
    limits: Constraints
    sources: dict[str, Source]
    """Field of `limits` -> the page that states it."""


_AGILENT = Source(
    "Agilent SureDesign: Permitted formats for oligo sequences upload files",
    "https://earray.chem.agilent.com/suredesign/help/Permitted_formats_for_oligo_sequences_upload_files.htm",
)
_GENSCRIPT = Source("GenScript: Gene Synthesis", "https://www.genscript.com/gene_synthesis.html")
_GENTITAN = Source(
    "GenScript: GenTitan Gene Fragments", "https://www.genscript.com/gentitan-gene-fragments.html"
)
_EBLOCKS = Source(
    "IDT: eBlocks Gene Fragments",
    f"{_IDT}/products/genes-and-gene-fragments/double-stranded-dna-fragments/eblocks-gene-fragments",
)
_GBLOCK_LENGTH = Source(
    "IDT: What is the length of gBlocks Gene Fragments that IDT can synthesize?",
    f"{_IDT}/support/faqs/what-is-the-length-of-gblocks-gene-fragments-that-idt-can-synthesize",
)
_GBLOCK_MOTIFS = Source(
    "IDT: What types of sequence motifs should be avoided when ordering gBlocks Gene Fragments?",
    f"{_IDT}/support/faqs/what-types-of-sequence-motifs-should-be-avoided-when-ordering-gblocks-gene-fragments-",
)
_OPOOLS = Source(
    "IDT: oPools Oligo Pools",
    f"{_IDT}/products/custom-dna-rna/dna-oligos/custom-dna-oligos/opools-oligo-pools",
)
_TWIST_GUIDELINES = Source(
    "Twist Bioscience: Are there any sequence limitations/design guidelines for genes which I should follow?",
    f"{_TWIST}/faq/gene-synthesis/"
    "are-there-any-sequence-limitationsdesign-guidelines-genes-which-i-should-follow",
)
_TWIST_SCORING = Source(
    "Twist Bioscience: What do the scoring results of my gene mean?",
    f"{_TWIST}/faq/gene-synthesis/what-do-scoring-results-my-gene-mean",
)
_TWIST_TIPS = Source(
    "Twist Bioscience: Twist Tips, How to Design Your Gene (DOC-001081)",
    f"{_TWIST}/content/dam/twistbioscience/resources/2023-06/DOC-001081_TechNote_TwistTipVectorDesign-REV4-singles.pdf",
)
_TWIST_POOLS = Source(
    "Twist Bioscience: What is the maximum length that can be ordered in an oligo pool?",
    f"{_TWIST}/faq/oligo-pools/what-maximum-length-can-be-ordered-oligo-pool",
)

SUPPLIERS = {
    "agilent-oligo-library": Supplier(
        "Agilent SurePrint Oligonucleotide Library",
        Constraints(order_length=(30, 230)),
        {"order_length": _AGILENT},
    ),
    "genscript-gene": Supplier(
        "GenScript Gene Synthesis",
        Constraints(gc=(0.2, 0.8), repeat=19),
        {"gc": _GENSCRIPT, "repeat": _GENSCRIPT},
    ),
    "genscript-gene-fragment": Supplier(
        "GenScript GenTitan Gene Fragment",
        Constraints(gc_window=(100, 0.25, 0.65)),
        {"gc_window": _GENTITAN},
    ),
    "idt-eblock": Supplier(
        "IDT eBlocks Gene Fragment", Constraints(order_length=(300, 1500)), {"order_length": _EBLOCKS}
    ),
    "idt-gblock": Supplier(
        "IDT gBlocks Gene Fragment",
        Constraints(order_length=(125, 3000), gc=(0.25, 0.75), homopolymer=9, homopolymer_gc=5),
        {
            "order_length": _GBLOCK_LENGTH,
            **dict.fromkeys(("gc", "homopolymer", "homopolymer_gc"), _GBLOCK_MOTIFS),
        },
    ),
    "idt-opool": Supplier(
        "IDT oPools Oligo Pool", Constraints(order_length=(40, 350)), {"order_length": _OPOOLS}
    ),
    "twist-gene-fragment": Supplier(
        "Twist Bioscience Gene Fragment",
        Constraints(
            order_length=(300, 5000), gc=(0.25, 0.65), gc_window=(50, 0.1, 0.9), homopolymer=13, repeat=19
        ),
        {
            "order_length": _TWIST_GUIDELINES,
            "gc_window": _TWIST_SCORING,
            **dict.fromkeys(("gc", "homopolymer", "repeat"), _TWIST_TIPS),
        },
    ),
    "twist-oligo-pool": Supplier(
        "Twist Bioscience Oligo Pool", Constraints(order_length=(20, 350)), {"order_length": _TWIST_POOLS}
    ),
}
"""Name of `--supplier` -> product."""
