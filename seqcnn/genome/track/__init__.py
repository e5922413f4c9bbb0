"""Parts of `scan`.

- `regions`: the regions to scan.  `scanner`: predictions of the windows of a sequence.
- `peaks`: local maxima.  `tracks`: bedGraph.  `bigwig`: bigWig.
"""
