"""Constraints of DNA synthesis and cloning, one class per constraint.

- `oligos`: designs between their neighbours: what is ordered, and the construct; what a check is.
- `composition`: length and GC content of the ordered sequence, GC content of its windows, homopolymers.
- `repeats`: direct repeats, inverted repeats, hairpins.
- `sites`: forbidden sites on both strands.
- `suppliers`, `supplier_names`: published limits of synthesis companies.
- `tally`, `tables`: how many candidates each constraint rejected, and how close designs are to it.
"""
