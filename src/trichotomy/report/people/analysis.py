"""All results about one experiment's answers, each computed when first asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from trichotomy.decisions import Decisions
from trichotomy.errors import InputError
from trichotomy.stats import people as p
from trichotomy.stats.people import Answers

STEPS = {
    "choice_accuracy": "accuracy of the participants",
    "observer_agreement": "agreement",
    "accuracy_by_certainty": "certainty of the networks",
    "human_consistency": "people beside networks",
    "rating_shares": "answers by class of difficulty",
    "accuracy_by_answer": "accuracy by answer",
    "rating_association": "correlations",
    "rating_effects": "effects",
    "rater_agreement": "agreement of the raters",
    "balanced_association": "random balancings",
    "balanced_once": "one balancing",
    "learning": "course of the experiment",
    "reaction_times": "reaction times",
}


class ExperimentAnalysis:
    """Results about answers; None where this kind of experiment has none, or where `why_not` says why there is none.

    Parameters
    ----------
    answers
        Of one experiment.
    networks
        Decisions of networks on the same items, to set people who name classes beside.
    interval, mid_p
        As of ``stats.people.choice_accuracy``.
    balance
        Seed of NumPy's legacy generator: the results of ratings also with classes of difficulty balanced once with it.
    draws, rng
        Bootstrap samples, and the seed of all that is drawn.
    """

    def __init__(
        self,
        answers: Answers,
        *,
        networks: Decisions | None = None,
        interval: str = "wilson",
        mid_p: bool = False,
        balance: int | None = None,
        draws: int = 1000,
        rng: int = 0,
    ) -> None:
        self.answers = answers
        self.why_not: dict[str, str] = {}
        self.options = {
            "interval": interval, "mid_p": mid_p, "balance": balance, "draws": draws, "seed": rng,
            "label_errors": answers.label_errors,
        }  # fmt: skip
        self._drawn: dict[str, Any] = {"draws": draws, "rng": rng}
        if networks is not None and answers.kind != "categorise":
            msg = f"networks are set beside people who name classes; this experiment is of {answers.kind}"
            raise InputError(msg)
        self._observers = None if networks is None else p.beside_networks(p.as_decisions(answers), networks)
        if balance is not None and answers.kind != "ratings":
            msg = f"balancing is of ratings; this experiment is of {answers.kind}"
            raise InputError(msg)

    @cached_property
    def judged(self) -> bool:
        """Whether answers are right or wrong."""
        return self.answers.kind != "ratings"

    @cached_property
    def choice_accuracy(self) -> xr.Dataset | None:
        """``stats.people.choice_accuracy``."""
        options = {k: self.options[k] for k in ("interval", "mid_p")}
        return self._of(self.judged, "choice_accuracy", p.choice_accuracy, **options)

    @cached_property
    def observer_agreement(self) -> xr.Dataset | None:
        """``stats.people.observer_agreement``."""
        return self._of(self.judged, "observer_agreement", p.observer_agreement)

    @cached_property
    def accuracy_by_certainty(self) -> xr.Dataset | None:
        """``stats.people.accuracy_by_certainty``."""
        pairs = self.answers.kind == "pairs"
        return self._of(pairs, "accuracy_by_certainty", p.accuracy_by_certainty)

    @cached_property
    def human_consistency(self) -> xr.Dataset | None:
        """``stats.people.human_consistency``, beside the networks where they are given."""

        def consistency(a: Answers, **options: Any) -> xr.Dataset:
            return p.human_consistency(
                p.as_decisions(a) if self._observers is None else self._observers, **options
            )

        return self._of(self.answers.kind == "categorise", "human_consistency", consistency)

    @cached_property
    def rating_shares(self) -> xr.Dataset | None:
        """``stats.people.rating_shares``."""
        return self._of(not self.judged, "rating_shares", p.rating_shares)

    @cached_property
    def accuracy_by_answer(self) -> xr.Dataset | None:
        """``stats.people.accuracy_by_answer``, classes of difficulty counting alike."""
        return self._of(not self.judged, "accuracy_by_answer", p.accuracy_by_answer)

    @cached_property
    def rating_association(self) -> xr.Dataset | None:
        """``stats.people.rating_association``, classes of difficulty counting alike."""
        return self._of(not self.judged, "rating_association", p.rating_association)

    @cached_property
    def rating_effects(self) -> xr.Dataset | None:
        """``stats.people.rating_effects``."""
        return self._of(not self.judged, "rating_effects", p.rating_effects)

    @cached_property
    def rater_agreement(self) -> xr.Dataset | None:
        """``stats.people.rater_agreement``."""
        return self._of(not self.judged, "rater_agreement", p.rater_agreement)

    @cached_property
    def balanced_association(self) -> xr.Dataset | None:
        """``stats.people.balanced_association``."""
        return self._of(not self.judged, "balanced_association", p.balanced_association)

    @cached_property
    def balanced_once(self) -> tuple[xr.Dataset, xr.Dataset] | None:
        """``accuracy_by_answer`` and ``rating_association`` of the images that one balancing leaves."""
        seed = self.options["balance"]
        if not isinstance(seed, int):
            return None
        left = p.balanced(self.answers, rng=np.random.RandomState(seed))  # the paper's generator
        return (
            p.accuracy_by_answer(left, **self._drawn),
            p.rating_association(left, **self._drawn),
        )

    @cached_property
    def learning(self) -> xr.Dataset | None:
        """``stats.people.learning``."""
        return self._of(True, "learning", p.learning)

    @cached_property
    def reaction_times(self) -> xr.Dataset | None:
        """``stats.people.reaction_times``."""
        return self._of(True, "reaction_times", p.reaction_times)

    def _of(
        self, fits: bool, name: str, compute: Callable[..., xr.Dataset], **options: Any
    ) -> xr.Dataset | None:
        """A result; None where the kind of experiment or the data do not have it."""
        if not fits:
            return None
        try:
            return compute(self.answers, **options, **self._drawn)
        except InputError as error:
            self.why_not[name] = str(error)
            return None
