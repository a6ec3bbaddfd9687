from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trichotomy.plots import condition_curves, condition_looks, consistency_with_base, learning_curves
from trichotomy.plots.looks import ALIKE, MOST_CONDITIONS, STUDY_LOOKS
from trichotomy.plots.style import INK


def test_base_is_dark_and_all_of_the_papers_conditions_can_be_told_apart():
    looks = condition_looks(STUDY_LOOKS)
    assert looks["base"].colour == INK
    assert len(set(looks.values())) == len(STUDY_LOOKS) == 14


def test_known_conditions_keep_their_look_whatever_else_is_there():
    assert condition_looks(["x", "order", "y", "base"])["order"] == STUDY_LOOKS["order"]


def test_others_take_what_is_left():
    looks = condition_looks([*STUDY_LOOKS, "mine", "yours"])
    assert len(set(looks.values())) == 16


@given(st.lists(st.sampled_from([*STUDY_LOOKS, *(f"c{k}" for k in range(12))]), unique=True))
def test_every_condition_has_a_look_of_its_own_while_there_are_enough(names):
    looks = condition_looks(names)
    assert list(looks) == names
    own = [look for look in looks.values() if look != ALIKE]
    assert len(set(own)) == len(own)


def test_too_many_to_tell_apart_are_alike():
    looks = condition_looks(["base", *(f"c{k}" for k in range(MOST_CONDITIONS + 1))])
    assert {look for name, look in looks.items() if name != "base"} == {ALIKE}
    assert looks["base"].colour == INK


def test_an_order_given_changes_no_colour(study):
    renamed = study.condition_consistency.assign_coords(condition=[f"c{k}" for k in range(12)])
    renamed["pair_condition"].values[:] = "c0"

    def colours(**options):
        ax = consistency_with_base(renamed, **options).figure.axes[0]
        names = [t.get_text() for t in ax.get_yticklabels()]
        return {
            names[int(line.get_ydata()[0])]: line.get_color()
            for line in ax.lines
            if line.get_label() == "_mean"
        }

    assert colours() == colours(order=[f"c{k}" for k in (5, 3, 11)])
    assert len(set(colours().values())) == 7


def test_a_condition_has_one_colour_in_every_figure(study):
    dots = consistency_with_base(study.condition_consistency, study.conditions).figure.axes[0]
    order = [t.get_text() for t in dots.get_yticklabels()]
    of_dots = {
        order[int(line.get_ydata()[0])]: line.get_color()
        for line in dots.lines
        if line.get_label() == "_mean"
    }
    curves = condition_curves(study.condition_dynamics, study.conditions).figure.axes[0]
    of_curves = {line.get_label()[1:]: line.get_color() for line in curves.lines}
    each = learning_curves(study.dynamics, study.conditions).figure.axes[0]
    of_each = {line.get_label()[1:].rpartition("-")[0]: line.get_color() for line in each.lines}
    assert of_dots == {name: of_curves[name] for name in of_dots}
    assert of_each["initialization"] == of_dots["initialization"] == STUDY_LOOKS["initialization"].colour


@pytest.mark.parametrize("drawn", [["mine", "plus-1"], ["plus-1", "mine"]])
def test_figures_agree_on_other_conditions_where_they_are_told_all(drawn):
    every = ["base", "mine", "yours", "plus-1", "plus-10"]
    assert condition_looks([*every, *drawn])["mine"] == condition_looks(every)["mine"]
