from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from trichotomy.errors import InputError
from trichotomy.plots import cluster_order, consistency_heatmaps


def draw(r, **options):
    return consistency_heatmaps(r.consistency, r.insample, r.crossfit, **options)


def maps(drawing):
    return [ax.images[0] for ax in drawing.figure.axes if len(ax.images) == 2]


def test_three_maps_of_kappa(small):
    for image, result in zip(
        maps(draw(small)), (small.consistency, small.insample, small.crossfit), strict=True
    ):
        assert image.get_array().filled(np.nan) == pytest.approx(result["kappa"].values, nan_ok=True)


def test_one_colour_scale_over_all_values(small):
    images = maps(draw(small))
    kappas = np.concatenate(
        [r["kappa"].values.ravel() for r in (small.consistency, small.insample, small.crossfit)]
    )
    assert len({(i.norm.vmin, i.norm.vmax) for i in images}) == 1
    assert images[0].norm.vmin == pytest.approx(min(np.nanmin(kappas), 0))
    assert images[0].norm.vmax == pytest.approx(np.nanmax(kappas))
    assert len({i.get_cmap().name for i in images}) == 1


def test_zero_is_pale_and_the_ends_are_dark(odd):
    image = maps(draw(odd))[0]
    light = [sum(image.get_cmap()(image.norm(v))[:3]) for v in (0.0, image.norm.vmin, image.norm.vmax)]
    assert light[0] > light[1]
    assert light[0] > light[2]


def test_undefined_pairs_are_masked_over_hatching_and_told(odd):
    drawing = draw(odd)
    undefined = np.isnan(odd.crossfit["kappa"].values)
    assert undefined[np.triu_indices(7, 1)].any()
    assert np.array_equal(np.ma.getmaskarray(maps(drawing)[2].get_array()), undefined)
    assert all(ax.patches[0].get_hatch() for ax in drawing.figure.axes if len(ax.images) == 2)
    assert "Hatched:" in drawing.caption


def test_clustered_panels_share_the_order(small):
    order = cluster_order(small.consistency)
    drawing = draw(small, cluster=True)
    for image, result in zip(maps(drawing), (small.consistency, small.insample, small.crossfit), strict=True):
        expected = result["kappa"].values[np.ix_(order, order)]
        assert image.get_array().filled(np.nan) == pytest.approx(expected, nan_ok=True)
    labels = [t.get_text() for t in drawing.figure.axes[0].get_yticklabels()]
    assert labels == small.consistency["observer_a"].values[order].tolist()
    assert "clustered" in drawing.caption


def test_labels_only_where_they_fit(small, many):
    assert "40 observers" in [ax.get_xlabel() for ax in draw(many).figure.axes]
    assert not draw(many).figure.axes[0].get_yticklabels()
    assert len(draw(small).figure.axes[0].get_yticklabels()) == 6


def test_a_narrow_figure_stacks_the_panels(small):
    assert np.divide(*draw(small, width=3.4).figure.get_size_inches()) < 0.6
    assert np.divide(*draw(small).figure.get_size_inches()) > 1.5


def test_alt_has_the_means(small):
    assert f"mean {float(small.crossfit['mean']):.3f}" in draw(small).alt


def test_two_observers_have_an_undefined_crossfit(pair):
    assert "Pruned, cross-fitted: kappa undefined" in draw(pair).alt


def kappas(values):
    names = [f"o{k}" for k in range(len(values))]
    return xr.Dataset(
        {"kappa": (("observer_a", "observer_b"), values)}, coords={"observer_a": names, "observer_b": names}
    )


def test_order_puts_the_like_together():
    family = np.array([0, 1, 0, 1, 0, 1])
    values = np.where(np.equal.outer(family, family), 0.9, 0.2)
    np.fill_diagonal(values, np.nan)
    assert (np.diff(family[cluster_order(kappas(values))]) != 0).sum() == 1


@pytest.mark.parametrize("M", [1, 2, 3, 200])
def test_order_is_a_permutation_also_with_undefined_kappas(M):
    values = np.random.default_rng(M).uniform(-0.5, 1, (M, M))
    values = (values + values.T) / 2
    values[:, 0] = values[0] = np.nan
    assert sorted(cluster_order(kappas(values))) == list(range(M))


def test_results_of_different_observers_are_an_error(small, pair):
    with pytest.raises(InputError, match="same two or more observers"):
        consistency_heatmaps(small.consistency, small.insample, pair.crossfit)
