"""Drawings of tables and attributions, which notebooks show and which are saved as SVG, PDF and PNG."""

import numpy as np
import pandas as pd
import pytest
from support.planted import planted

from seqcnn.api.tables.scores import score_table
from seqcnn.errors import UsageError

SEQUENCES, Y = planted(20)
TABLE = pd.DataFrame({"sequence": SEQUENCES, "target": Y, "id": [f"o{i}" for i in range(20)]})
START = {".svg": b"<", ".pdf": b"%PDF", ".png": b"\x89PNG"}


@pytest.fixture
def pictures(model):
    """Return a picture of each kind."""
    attributions = model.attribute(TABLE)
    return [
        attributions.logo("o3"),
        attributions.plot(),
        model.saturate(TABLE.head(2)).heat_map("o1"),
        model.evaluate(TABLE).scatter(),
    ]


def test_every_picture_is_shown_and_saved_by_the_ending_of_the_name(pictures, tmp_path):
    for picture in pictures:
        assert "<svg" in picture._repr_svg_()
        assert repr(picture) == f"<Picture: {picture.title}; save(path) writes .pdf, .svg or .png>"
        for suffix, start in START.items():
            picture.save(tmp_path / f"picture{suffix}")
            assert (tmp_path / f"picture{suffix}").read_bytes().startswith(start)
        with pytest.raises(UsageError, match=r"x.jpg: expected a name that ends in .pdf, .svg, .png"):
            picture.save(tmp_path / "x.jpg")


def test_titles_name_the_sequence_or_the_target(pictures):
    assert [picture.title.partition(":")[0] for picture in pictures] == ["o3", "target", "o1", "target"]


def test_a_heat_map_has_the_effects_and_the_bases_of_its_sequence(model):
    table = model.saturate(TABLE.head(2))
    figure = table.heat_map("o1").figure
    shown = np.ma.filled(figure.axes[1].images[0].get_array(), np.nan)
    rows = table[table["id"] == "o1"]
    np.testing.assert_allclose(
        shown[["ACGT".index(alt) for alt in rows["alt"]], rows["position"] - 1], rows["effect"]
    )
    assert np.isnan(shown).sum() == 30
    assert "".join(text.get_text() for text in figure.axes[1].texts) == SEQUENCES[1]


def test_heat_maps_of_no_or_several_sequences_are_refused(model):
    table = model.saturate(TABLE.head(2))
    with pytest.raises(UsageError, match="heat_map: 2 sequences found; name one of 'o0'; 'o1'"):
        table.heat_map()
    with pytest.raises(UsageError, match="heat_map: 'o9' found; name one of"):
        table.heat_map("o9")
    with pytest.raises(UsageError, match="several sequences are called 'o0'"):
        model.saturate(TABLE.head(2).assign(id="o0")).heat_map("o0")
    assert table[table["id"] == "o0"].heat_map().title == "o0: all single-base changes"


def test_a_scatter_has_the_pairs_and_the_score_of_its_target(model):
    scores = model.evaluate(TABLE)
    axes = scores.scatter("target").figure.axes[0]
    np.testing.assert_allclose(axes.lines[0].get_xdata(), Y, rtol=1e-6)
    np.testing.assert_allclose(axes.lines[0].get_ydata(), model.predict(TABLE)["target"], rtol=1e-5)
    assert axes.texts[0].get_text().endswith("\nn = 20")
    assert scores.loc[["target"]].round(2).scatter().title == "target: predicted against measured"
    with pytest.raises(UsageError, match="scatter: 'y' found; expected one of 'target'"):
        scores.scatter("y")


def test_a_scatter_of_one_row_is_refused():
    values = np.array([1.0, np.nan])
    table = score_table({"y": (values, values)}, [""], np.arange(2))
    with pytest.raises(UsageError, match="scatter: 'y': 1 rows are measured and predicted"):
        table.scatter()
