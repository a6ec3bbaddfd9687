"""Figures about annotations and item response: what they would draw."""

from __future__ import annotations

import numpy as np
import pytest

import trichotomy as tri
from trichotomy import stats
from trichotomy.errors import InputError
from trichotomy.plots import (
    ambiguity_panels,
    discrimination_scatter,
    enrichment_odds,
    item_map,
    superclass_shares,
)
from trichotomy.plots.style import CLASS_COLOUR


def dots(ax, marker="o"):
    """Places of the dots by colour."""
    found: dict[str, list[tuple[float, float]]] = {}
    for line in ax.lines:
        if line.get_marker() == marker and len(line.get_xdata()):
            places = zip(line.get_xdata(), line.get_ydata(), strict=True)
            found.setdefault(line.get_color(), []).extend((float(x), float(y)) for x, y in places)
    return found


def test_each_dot_is_an_odds_ratio(study):
    ax = enrichment_odds(study.enrichment).figure.axes[0]
    drawn = dots(ax)
    names = study.enrichment["annotation"].values.tolist()
    assert [t.get_text() for t in ax.get_yticklabels()] == names
    ratios = study.enrichment["odds_ratio"]
    for name, colour in CLASS_COLOUR.items():
        wanted = ratios.sel(difficulty=name).values
        wanted = wanted[(wanted > 0) & np.isfinite(wanted)]
        assert [x for x, _ in drawn.get(colour, [])] == pytest.approx(wanted)
    assert ax.get_xscale() == "log"


def test_an_odds_ratio_of_nothing_or_everything_is_an_arrow_at_the_edge():
    d = tri.from_arrays(correct=[[1, 1, 1, 0, 0, 1]] * 3, item_coords={"odd": [0, 0, 0, 1, 1, 0]})
    ax = enrichment_odds(stats.enrichment(d)).figure.axes[0]
    low, high = ax.get_xlim()
    assert dots(ax, "<")[CLASS_COLOUR["trivial"]][0][0] == pytest.approx(low)
    assert dots(ax, ">")[CLASS_COLOUR["impossible"]][0][0] == pytest.approx(high)
    with pytest.raises(InputError, match="nothing is flagged, or everything"):
        enrichment_odds(stats.enrichment(d.assign_coords(odd=("item", np.zeros(6, dtype=bool))), flags="odd"))


def test_the_alt_says_the_shares(study):
    share = float(study.enrichment["share"].sel(annotation="odd", difficulty="impossible"))
    assert f"{share:.1%} of the impossible" in enrichment_odds(study.enrichment).alt


def test_superclasses_are_stacked_and_their_origin_is_beside(study):
    left, right = superclass_shares(study.superclass_shares).figure.axes
    bars = {c.get_label(): [b.get_width() for b in c] for c in left.containers}
    assert list(bars) == ["trivial", "in-between", "impossible"]
    for name, widths in bars.items():
        assert widths == pytest.approx(study.superclass_shares["share"].sel(difficulty=name).values)
    assert [b.get_x() + b.get_width() for b in left.containers[-1]] == pytest.approx(np.ones(4))
    drawn = dots(right, "D")[CLASS_COLOUR["impossible"]]
    assert [x for x, _ in drawn] == pytest.approx(
        study.superclass_shares["share_of_difficulty"].sel(difficulty="impossible").values
    )


def test_of_many_superclasses_the_ends_are_drawn():
    d = tri.simulate(3, 2000)
    d = d.assign_coords(superclass=("item", np.array([f"s{k % 90}" for k in range(2000)], dtype=object)))
    result = stats.superclass_shares(d)
    drawing = superclass_shares(result)
    shown = [t.get_text() for t in drawing.figure.axes[0].get_yticklabels()]
    assert shown == [*result["superclass"].values[:20], *result["superclass"].values[-20:]]
    assert "The 20 superclasses at either end, of 90." in drawing.caption
    with pytest.raises(InputError, match="two or more"):
        superclass_shares(result.isel(superclass=[0]))


def test_panels_show_accuracy_and_classes_by_level(study):
    figure = ambiguity_panels(study.label_ambiguity).figure
    assert [ax.get_xlabel() for ax in figure.axes] == ["Accepted labels", "Entropy of workers' votes (bits)"]
    rows = study.label_ambiguity
    own = rows.isel(level=np.flatnonzero(rows["level_annotation"].values == "accepted_labels"))
    (places,) = dots(figure.axes[0]).values()
    assert [y for _, y in places] == pytest.approx(own["accuracy"].values)
    bars = {c.get_label(): [b.get_height() for b in c] for c in figure.axes[0].containers}
    assert bars["impossible"] == pytest.approx(own["impossible"].values)
    assert sum(map(np.array, bars.values())) == pytest.approx(np.ones(own.sizes["level"]))


def test_annotations_that_know_nothing_are_refused():
    d = tri.simulate(3, 20)
    d = d.assign_coords(vote_entropy=("item", np.full(20, np.nan)))
    with pytest.raises(InputError, match="know none of the items"):
        ambiguity_panels(stats.label_ambiguity(d, draws=2))


def test_the_map_has_every_item_and_every_observer(study):
    above, middle, below = item_map(study.item_response).figure.axes
    heights = sum(p.get_data().values - p.get_data().baseline for p in middle.patches)
    assert heights.sum() == pytest.approx(1)
    assert len(above.collections[0].get_segments()) == study.item_response.sizes["observer"]
    assert below.lines[0].get_ydata() == pytest.approx(study.item_response["test_information"].values)
    assert "1PL, integrated over items; prior: difficulty normal(0, " in item_map(study.item_response).caption


def test_the_scatter_is_of_a_2pl(study):
    ax = discrimination_scatter(study.item_response_2pl).figure.axes[0]
    drawn = dots(ax)
    assert sum(map(len, drawn.values())) == study.item_response_2pl.sizes["item"]
    impossible = study.item_response_2pl["category"].values == 0
    assert len(drawn.get(CLASS_COLOUR["impossible"], [])) == impossible.sum()
    with pytest.raises(InputError, match="fit model='2pl'"):
        discrimination_scatter(study.item_response)
