"""Tables of `Model` that draw themselves: DataFrames with one more method."""
