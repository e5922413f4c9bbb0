"""Clusters of rows that links connect."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcnn.data.similarity.union_find import UnionFind, components

LINKS = st.lists(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=8), max_size=8)


@settings(max_examples=30, deadline=None)
@given(LINKS)
def test_links_that_are_added_in_steps_give_the_components_of_all_links(steps):
    clusters, links = UnionFind(20), np.empty((0, 2), np.int64)
    for step in steps:
        new = np.array(step, np.int64).reshape(-1, 2)
        links = np.concatenate([links, new])
        clusters.merge(new)
        root, component = clusters.find(np.arange(20)), components(20, links)
        assert np.array_equal(root[:, None] == root, component[:, None] == component)
