"""Names of the suppliers whose limits `--supplier` takes; this module imports nothing."""

SUPPLIER_NAMES = (
    "agilent-oligo-library",
    "genscript-gene",
    "genscript-gene-fragment",
    "idt-eblock",
    "idt-gblock",
    "idt-opool",
    "twist-gene-fragment",
    "twist-oligo-pool",
)
"""Company and product."""
