"""scikit-learn: ``partial_fit`` and stages, against what the models say themselves."""

from __future__ import annotations

import numpy as np
import pytest

import trichotomy as tri
from trichotomy.errors import InputError

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
from sklearn.datasets import load_digits
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import Perceptron, SGDClassifier
from sklearn.tree import DecisionTreeClassifier

X, y = load_digits(return_X_y=True)
X_train, y_train, X_test, y_test = X[:300], y[:300], X[300:400], y[300:400]


def test_partial_fit_is_recorded_pass_by_pass(tmp_path):
    model = SGDClassifier(loss="log_loss", random_state=0)
    recorder = tri.Recorder(tmp_path / "r.zarr", "sgd", target=y_test, epochs=[1, 2, 3])
    scores = []
    for epoch in (1, 2, 3):
        model.partial_fit(X_train, y_train, classes=np.arange(10))
        tri.record_predictions(recorder, model, X_test, epoch)
        scores.append(model.score(X_test, y_test))
    assert tri.correctness(recorder.read()).mean("item").values[0] == pytest.approx(scores)
    p = model.predict_proba(X_test)[np.arange(100), y_test]
    assert recorder.read()["p_target"].values[0, -1] == pytest.approx(p, abs=1e-3)


def test_a_model_without_probabilities(tmp_path):
    model = Perceptron(random_state=0).fit(X_train, y_train)
    recorder = tri.Recorder(tmp_path / "r.zarr", "perceptron", target=y_test)
    tri.record_predictions(recorder, model, X_test)
    assert (recorder.read()["response"].values[0, 0] == model.predict(X_test)).all()


def test_stages_are_epochs(tmp_path):
    model = GradientBoostingClassifier(n_estimators=5, max_depth=2, random_state=0).fit(X_train, y_train)
    recorder = tri.Recorder(tmp_path / "r.zarr", "boosted", target=y_test, epochs=[2, 4, 5])
    tri.record_stages(recorder, model, X_test, every=2)
    stages = np.array(list(model.staged_predict(X_test)))
    assert (recorder.read()["response"].values[0] == stages[[1, 3, 4]]).all()
    with pytest.raises(InputError, match="does not predict in stages"):
        tri.record_stages(recorder, DecisionTreeClassifier().fit(X_train, y_train), X_test)


def test_classes_with_names_need_their_order(tmp_path):
    names = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])
    model = DecisionTreeClassifier(random_state=0).fit(X_train, names[y_train])
    recorder = tri.Recorder(tmp_path / "r.zarr", "tree", classes=names.tolist())
    tri.record_predictions(recorder, model, X_test, target=names[y_test])
    d = recorder.read()
    assert (d["target"].values == y_test).all()
    assert tri.correctness(d).values.mean() == pytest.approx(model.score(X_test, names[y_test]))
    with pytest.raises(InputError, match="give the recorder classes="):
        tri.record_predictions(tri.Recorder(tmp_path / "s.zarr", "tree", target=y_test), model, X_test)
    with pytest.raises(InputError, match="classes that the recorder does not know"):
        tri.record_predictions(tri.Recorder(tmp_path / "s.zarr", "tree", classes=["zero"]), model, X_test)


def test_a_model_that_has_not_seen_every_class(tmp_path):
    seen = y_train < 8
    model = DecisionTreeClassifier(random_state=0).fit(X_train[seen], y_train[seen] + 1)
    recorder = tri.Recorder(
        tmp_path / "r.zarr", "tree", target=y_test + 1, classes=[str(k) for k in range(11)]
    )
    tri.record_predictions(recorder, model, X_test)
    assert (recorder.read()["response"].values[0, 0] == model.predict(X_test)).all()
    names = np.array([f"class {k}" for k in range(10)])
    named = DecisionTreeClassifier(random_state=0).fit(X_train[seen], names[y_train[seen]])
    recorder = tri.Recorder(tmp_path / "s.zarr", "tree", classes=names.tolist())
    tri.record_predictions(recorder, named, X_test, target=names[y_test])
    right = tri.correctness(recorder.read()).values
    assert (right >= 0).all()
    assert right.mean() == named.score(X_test, names[y_test])
