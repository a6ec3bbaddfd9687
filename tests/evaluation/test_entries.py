"""From what a user writes to the models that are wanted."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from pictures import crop, network

from trichotomy.errors import InputError, UnknownNameError
from trichotomy.evaluation import SOURCES, Crop, Source
from trichotomy.evaluation.entries import entries, safe_name


def test_specs_and_sets():
    found = entries(["timm:resnet18", "mine:net", "paper-sota"])
    assert [e.id for e in found[:3]] == ["timm:resnet18", "mine:net", "simclr-resnet50x1"]
    assert len(found) == 13
    assert [e.given for e in entries({"a": 3})] == [3]
    for wrong in ("resnet18", "paper-stoa", "timm:"):
        with pytest.raises(UnknownNameError, match="no source or set of models"):
            entries(wrong)
    with pytest.raises(InputError, match="name the models"):
        entries([])
    with pytest.raises(InputError, match="models 'a:b' are there more than once"):
        entries(["a:b", "a:b"])


def test_a_list(tmp_path):
    (tmp_path / "w.pth").write_bytes(b"x")
    (tmp_path / "list.toml").write_text(
        '[[model]]\nid = "a"\nsource = "timm:x"\ncheckpoint = "w.pth"\ncondition = "f"\nclasses = "data"\n'
        'expected = 0.5\ntransform = { resize = 9, crop = 8 }\n[[model]]\nid = "b"\nsource = "hf:y"\n'
    )
    a, b = entries(str(tmp_path / "list.toml"))
    assert (a.checkpoint, a.condition, a.classes, a.expected) == (tmp_path / "w.pth", "f", ("data",), 0.5)
    assert a.transform == Crop(resize=9, crop=8)
    assert (b.id, b.checkpoint, b.condition) == ("b", None, "")
    assert a.as_plain()["checkpoint"]["name"] == "w.pth"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[", "cannot be read"),
        ("", "holds no list of models"),
        ("model = 3", "holds no list of models"),
        ("[[model]]\nid = 'a'", "model 1 has no source"),
        ("[[model]]\nid = 'a'\nsource = 'x:y'\nsuorce = 1", "Did you mean source"),
        ("[[model]]\nid = 'a'\nsource = 'x:y'\nexpected = 76.1", "as a fraction"),
        ("[[model]]\nid = 'a'\nsource = 'x:y'\nclasses = 3", "must be a list of texts"),
        ("[[model]]\nid = 'a'\nsource = 'x:y'\ntransform = 3", "must be a table"),
        ("[[model]]\nid = 'a'\nsource = 'x:y'\ncheckpoint = 'gone.pth'", "there is no checkpoint"),
        ("[[model]]\nid = 'a'\nsource = 'x:y'\ntransform = { corp = 3 }", "Did you mean crop"),
    ],
)
def test_lists_that_cannot_be_used(tmp_path, text, said):
    (tmp_path / "list.toml").write_text(text)
    with pytest.raises((InputError, UnknownNameError), match=said):
        entries(str(tmp_path / "list.toml"))


def test_local_weights(tmp_path):
    assert safe_name("open_clip:ViT-B-32/openai") == "open_clip-ViT-B-32-openai"
    (tmp_path / "timm-resnet18.pth").write_bytes(b"")
    a, b = entries(["timm:resnet18", "timm:resnet34"], weights=tmp_path)
    assert (a.checkpoint, b.checkpoint) == (tmp_path / "timm-resnet18.pth", None)
    (tmp_path / "timm-resnet18.safetensors").write_bytes(b"")
    with pytest.raises(InputError, match="keep one"):
        entries("timm:resnet18", weights=tmp_path)
    with pytest.raises(InputError, match="no folder of weights"):
        entries("timm:resnet18", weights=tmp_path / "none")


def test_a_source_of_ones_own(tmp_path):
    from pictures import write_pictures

    import trichotomy as tri
    from trichotomy.evaluation import Model

    def load(name, entry, images):
        return Model(network(int(name)), crop().transform(), images.classes)

    SOURCES.register("numbered", Source(load))
    try:
        done = tri.evaluate(
            ["numbered:1", "numbered:2"], tmp_path / "x.zarr", data=write_pictures(tmp_path / "p")
        )
    finally:
        SOURCES._targets.pop("numbered")
    assert not done.failed
