"""The site as a browser asks it, in this process: what it tells, what it refuses, what it exports."""

from __future__ import annotations

import csv
import io
import json
from io import BytesIO

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the extra 'web' is not installed")
pytest.importorskip("uvicorn", reason="the extra 'web' is not installed")
pytest.importorskip("httpx2", reason="the extra 'web' is not installed")

from PIL import Image

from trichotomy import stats
from trichotomy.browse import STATIC, Site, catalogue, chosen, view_of
from trichotomy.browse.payloads import pair, piece
from trichotomy.browse.thumbnails import Thumbnails
from trichotomy.datasets.depicted import Thumbnail
from trichotomy.decisions import select


def test_what_there_is_is_told_once(get, decisions):
    told = get("/api/about").json()
    assert (told["items"], told["images"], told["epoch"], told["learned"]) == (90, 79, 3, True)
    assert [o["name"] for o in told["observers"]] == decisions["observer"].values.tolist()
    accuracy = stats.accuracy(decisions)["accuracy"].values
    assert np.allclose([o["accuracy"] for o in told["observers"]], accuracy)
    assert told["difficulties"] == ["left out", "trivial", "in-between", "impossible"]


def test_a_piece_holds_the_items_of_a_view_and_how_many_there_are(get, catalogued):
    told = get("/api/items?sort=right&down=1&at=10&count=7").json()
    expected = chosen(catalogued, view_of(catalogued, [("sort", "right"), ("down", "1")]))
    assert [i["index"] for i in told["items"]] == expected[10:17].tolist()
    assert (told["total"], told["of"], told["at"]) == (90, 90, 10)
    assert sum(told["difficulties"].values()) == 90
    assert told["difficulties"]["left out"] == 4
    assert get("/api/items?at=5000").json()["items"] == []
    assert len(get("/api/items?count=99999").json()["items"]) == 90
    assert len(get("/api/items").json()["items"]) == 60


def test_an_item_is_told_with_all_its_decisions_and_its_neighbours(get, decisions, catalogued):
    told = get("/api/items/7?sort=right").json()
    assert told["annotations"] == {"label_error": "false", "superclass": "animal", "remark": "remark 7 <b>"}
    said = [o["answers"] for o in told["observers"]]
    assert said == decisions["response"].values[:, :, 7].tolist()
    assert {int(k): v for k, v in told["names"].items()} == {
        k: "no answer" if k == -2 else catalogued.classes[k] for row in said for k in row if k != -1
    }
    right = [[{"1": 1, "0": 0, "-": -1}[c] for c in o["right"]] for o in told["observers"]]
    assert right == catalogued.histories.of(7)[1].tolist()
    order = chosen(catalogued, view_of(catalogued, [("sort", "right")])).tolist()
    at = order.index(7)
    assert (told["at"], told["before"], told["after"]) == (at, order[at - 1], order[at + 1])
    apart = get("/api/items/7?class=cat").json()
    assert (apart["at"], apart["before"], apart["after"]) == (-1, None, None)


def test_a_pair_is_counted_as_error_consistency_counts_it(get, decisions, catalogued):
    told = get("/api/pair?a=net-1&b=net-3&differ=answer&a_says=cat").json()
    two = select(decisions, observers=["net-1", "net-3"])
    result = stats.error_consistency(two, epoch=3)
    assert told["kappa"] == pytest.approx(float(result["kappa"].values[0, 1]))
    assert told["items"] == int(result["n"].values[0, 1])
    assert told["both"] + told["only_a"] + told["only_b"] + told["neither"] == told["items"]
    for cell, who in (("only_a", "a"), ("only_b", "b")):
        assert get(f"/api/items?a=net-1&b=net-3&differ={who}").json()["total"] == told[cell]
    assert get("/api/items?right=net-1&right=net-3").json()["total"] == told["both"]
    assert get("/api/items?a=net-1&b=net-3&differ=answer").json()["total"] == told["answers"]
    assert sum(c["items"] for c in told["confusions"]) == told["answers"]
    first = told["confusions"][0]
    address = f"/api/items?a=net-1&b=net-3&differ=answer&a_says={first['a']}&b_says={first['b']}"
    assert get(address).json()["total"] == first["items"]


def test_two_observers_that_share_nothing_have_no_kappa():
    from trichotomy.decisions import from_arrays

    c = catalogue(from_arrays([[0, -1], [-1, 1]], target=[0, 1]))
    told = pair(c, view_of(c, [("a", "observer-0"), ("b", "observer-1")]))
    assert (told["items"], told["kappa"], told["confusions"]) == (0, None, [])


def test_the_table_holds_the_view_and_runs_nothing(get, catalogued):
    answer = get("/api/export/items.csv?sort=right&a=net-0&at=40&item=3")
    assert answer.headers["content-disposition"] == 'attachment; filename="items.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    order = chosen(catalogued, view_of(catalogued, [("sort", "right")]))
    ids = catalogued.items[order].tolist()
    assert [r["item"].removeprefix("'") for r in rows] == ids
    assert next(r["item"] for r in rows if "onerror" in r["item"]).startswith("'=")
    assert [int(r["right"]) for r in rows] == catalogued.number_right[order].tolist()
    assert {r["first_learned"] for r in rows} >= {"never", "1.0"}
    assert [r["net-0: answer"] for r in rows] == [
        catalogued.class_name(k) for k in catalogued.response[0, order]
    ]
    assert [r["brightness"] for r in rows].count("") == 1


def test_a_subset_is_its_ids_and_how_they_were_chosen(get, catalogued):
    subset = get("/api/export/subset.json?difficulty=in-between&class=cat&at=3").json()
    view = view_of(catalogued, [("difficulty", "in-between"), ("class", "cat")])
    assert subset["items"] == catalogued.items[chosen(catalogued, view)].tolist()
    assert subset["chosen_by"] == [["difficulty", "in-between"], ["class", "cat"]]
    assert (subset["count"], subset["of"], subset["epoch"]) == (len(subset["items"]), 90, 3)
    text = get("/api/export/subset.txt?only=5.2").text
    assert text.splitlines() == catalogued.items[[2, 5]].tolist()


def test_an_image_is_made_small_kept_by_the_browser_and_asked_for_once(get):
    address = get("/api/items?count=1").json()["items"][0]["image"]
    answer = get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(BytesIO(answer.content)).size == (192, 144)
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    again = get(address, {"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    large = get(address.replace("/small", "/large"))
    assert Image.open(BytesIO(large.content)).size == (400, 300)
    assert large.headers["etag"] != answer.headers["etag"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/images/3/small", 404), ("/api/images/85/small", 404), ("/api/images/90/small", 404),
        ("/api/images/0/huge", 404), ("/api/images/-1/small", 404), ("/api/images/val/small", 404),
        ("/api/images/..%2fsecret.txt/small", 404), ("/api/images/0/..%2f..%2fsecret.txt", 404),
        ("/static/../../histories.py", 404), ("/static/%2e%2e/site.py", 404), ("/static//etc/passwd", 404),
        ("/api/items/90", 404), ("/api/items/99999999999999999999", 404),
        ("/api/items/" + "9" * 5000, 404), ("/api/items/-1", 404), ("/api/images/" + "9" * 5000 + "/small", 404),
        ("/api/items?at=x", 422),
        ("/api/items?at=-1", 422), ("/api/items?right=nobody", 422), ("/api/pair?a=net-0", 422),
        ("/api/export/other", 404), ("/api/export/items.csv?sort=x", 422), ("/secret.txt", 404), ("/admin", 404),
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused_as_json(get, address, status):
    answer = get(address)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "message"}
    assert "secret" not in answer.text.replace(address, "")


def test_the_page_only_reads_and_only_for_this_site(get):
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert get("/api/items", method=method).status_code in (403, 405)
    assert get("/api/items", base="http://evil.example").status_code == 403
    assert get("/api/items", {"origin": "http://evil.example"}).status_code == 403
    assert get("/api/images/0/small", {"sec-fetch-site": "cross-site"}).status_code == 403
    assert get("/api/items", {"sec-fetch-site": "same-origin"}).status_code == 200
    assert get("/", {"sec-fetch-site": "cross-site"}).status_code == 200


def test_the_page_itself_holds_no_script_and_no_style(get):
    answer = get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "style=" not in answer.text
    assert "<style" not in answer.text
    assert answer.text.count("<script") == 1
    for file in STATIC.glob("*.js"):
        text = file.read_text()
        assert not any(
            word in text for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "http:")
        )
    assert get("/static/main.js").headers["content-type"].startswith("text/javascript")


def test_without_images_or_texts_there_are_ids(catalogued):
    assert Site.of(catalogued).thumbnails is None
    told = piece(catalogued, view_of(catalogued, []), lambda _: None, at=0, count=2)
    assert [i["image"] for i in told["items"]] == [None, None]
    assert json.dumps(told, allow_nan=False)


def test_long_texts_are_cut_in_the_gallery_alone(decisions):
    c = catalogue(decisions.assign_coords(text=("item", np.array(["word " * 200] * 90, dtype=object))))
    told = piece(c, view_of(c, []), lambda _: None, at=0, count=1)
    assert len(told["items"][0]["snippet"]) == 281
    assert c.texts is not None


class Counting:
    """Images that count how often they are made."""

    def __init__(self) -> None:
        self.there = np.ones(9, dtype=bool)
        self.made: list[int] = []

    def version(self, position: int) -> str:
        return f"v{position}"

    def thumbnail(self, position: int, side: int) -> Thumbnail:
        self.made.append(position)
        return Thumbnail(b"x" * 10, "image/png", side, side)


def test_thumbnails_are_made_once_while_there_is_room():
    images = Counting()
    kept = Thumbnails(images, room=30)
    for position in (0, 1, 2, 0, 3, 0, 1):
        kept.get(position, 96)
    assert images.made == [0, 1, 2, 3, 1]
