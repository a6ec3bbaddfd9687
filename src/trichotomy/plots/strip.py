"""The strip above an axis that says which part is trivial, in-between and impossible."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from trichotomy.plots.style import CLASS_COLOUR, MUTED
from trichotomy.plots.wording import percent


def class_strip(ax: Axes, spans: Mapping[str, tuple[float, float]], shares: Mapping[str, float]) -> None:
    """Draw a coloured span per class of difficulty above ``ax``, with the class's name and share.

    The first and the last class are named at the ends of the axis, the one between near its span, so that
    names do not meet however narrow a span is.

    Parameters
    ----------
    spans
        Class to its ends in units of the x axis, from left to right.
    shares
        Class to its share of items.
    """
    figure = ax.get_figure()
    assert isinstance(figure, Figure)
    low, high = ax.get_xlim()
    raised = ax.get_xaxis_transform() + ScaledTranslation(0, 5 / 72, figure.dpi_scale_trans)
    edge = min(1.1 / (figure.get_figwidth() - 1.4), 0.5)  # keeps the name in the middle off those at the ends
    order = sorted(spans, key=lambda name: spans[name])
    for place, name in enumerate(order):
        colour = CLASS_COLOUR[name]
        ax.plot(
            spans[name], (1, 1), transform=raised, color=colour, linewidth=3, clip_on=False, solid_capstyle="butt",
            label=f"_{name}",
        )  # fmt: skip
        middle = (sum(spans[name]) / 2 - low) / (high - low)
        x = {0: 0.0, len(order) - 1: 1.0}.get(place, min(max(middle, edge), 1 - edge))
        for line, height in ((name, 20), (percent(shares[name]), 9)):
            ax.annotate(
                line, (x, 1), xycoords="axes fraction", xytext=(0, height), textcoords="offset points",
                ha={0: "left", len(order) - 1: "right"}.get(place, "center"), va="baseline", annotation_clip=False,
                color=MUTED if name == "in-between" else colour,
            )  # fmt: skip
