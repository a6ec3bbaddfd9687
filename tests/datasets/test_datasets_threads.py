"""Work spread over threads: results in order, the first error, and no thread that waits for itself."""

from __future__ import annotations

import os
import threading

import pytest

from trichotomy.datasets import threads
from trichotomy.datasets.threads import spread


@pytest.fixture(autouse=True)
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "workers", lambda: 3)


def test_results_are_in_order():
    seen = set()
    together = threading.Barrier(3, timeout=20)

    def one(i: int) -> int:
        if i < 3:
            together.wait()  # three of them run at the same time
        seen.add(threading.get_ident())
        return i * i

    assert spread(one, 50) == [i * i for i in range(50)]
    assert len(seen) == 3
    assert spread(one, 0) == []


def test_the_first_error_is_raised_and_the_rest_left():
    done = []

    def one(i: int) -> None:
        done.append(i)
        if i in {4, 5, 6}:
            msg = f"number {i}"
            raise ValueError(msg)

    with pytest.raises(ValueError, match="number 4"):
        spread(one, 10_000)
    assert len(done) < 10_000
    assert spread(lambda i: i, 5) == list(range(5))


def test_work_within_work():
    assert spread(lambda i: spread(lambda k: 10 * i + k, 4), 6) == [
        [10 * i + k for k in range(4)] for i in range(6)
    ]


def test_a_forked_process_has_threads_of_its_own():
    assert spread(lambda i: i, 9) == list(range(9))
    child = os.fork()
    if not child:
        os._exit(0 if spread(lambda i: i, 9) == list(range(9)) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
