"""Types of the fields of a header, each with its bounds."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from seqcnn.schema import MAX_TEXT

Text = Annotated[str, Field(max_length=MAX_TEXT)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256."""
InputDigest = Annotated[str, Field(pattern=r"^([0-9a-f]{64}|not recorded)$")]
"""SHA-256 of an input file; a stream has none."""
Part = Annotated[str, Field(pattern=r"^(train|val|calibration|test|out_of_fold)$")]
"""Part of the split; `calibration` is a part of val, `out_of_fold` are the rows that folds test."""
Count = Annotated[int, Field(ge=0, le=10**12)]
"""Number of rows."""
FeatureCount = Annotated[int, Field(ge=1, le=1_000_000)]
"""Number of positions, or of features of each."""
