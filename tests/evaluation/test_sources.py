"""Every source loads small checkpoints that are made here; a wrong one is refused in one sentence."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).resolve().parent))
from pictures import CLASSES, crop, network, slow, write_pictures

import trichotomy as tri
from trichotomy.errors import InputError
from trichotomy.evaluation.checkpoints import load_weights, read_weights, weights_hash
from trichotomy.evaluation.entries import SETS, entries
from trichotomy.models import packages

LIST = """
[[model]]
id = "{id}"
source = "{source}"
classes = ["ape", "bee", "cow"]
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_pictures(tmp_path / "images", per_class=3)


def asked(tmp_path, folder, source, *, weights=None, name="net", text=""):
    (tmp_path / "list.toml").write_text(LIST.format(id=name, source=source) + text)
    done = tri.evaluate(
        tmp_path.joinpath("list.toml").as_posix(),
        tmp_path / "x.zarr",
        data=folder,
        weights=weights,
        force=True,
    )
    assert not done.failed, done.failed
    d = done.store.read()
    return d["response"].values[0, 0], d["item"].values.tolist(), d.attrs["provenance"]["models"][name]


@pytest.mark.usefixtures("torchvision_importable")
def test_torchvision(tmp_path, folder):
    from torchvision import models

    torch.manual_seed(0)
    net = models.shufflenet_v2_x0_5(weights=None, num_classes=3).eval()
    (tmp_path / "w").mkdir()
    torch.save(
        {"state_dict": {f"module.{k}": v for k, v in net.state_dict().items()}},
        tmp_path / "w" / "net.pth.tar",
    )
    found, items, about = asked(tmp_path, folder, "torchvision:shufflenet_v2_x0_5", weights=tmp_path / "w")
    own = models.ShuffleNet_V2_X0_5_Weights.DEFAULT.transforms()
    np.testing.assert_array_equal(found, slow(folder, items, net, own).argmax(1))
    assert about["transform"].startswith("ImageClassification( crop_size=[224] resize_size=[256]")
    assert about["checkpoint"]["name"] == "net.pth.tar"
    assert about["weights_sha256"] == weights_hash(net)
    for spec, said in [
        ("torchvision:resnet5", "Did you mean resnet"),
        ("torchvision:resnet50.IMAGENET", "Did you mean IMAGENET1K_V"),
    ]:
        with pytest.raises(InputError, match=said):
            tri.evaluate(spec, tmp_path / "y.zarr", data=folder)
        assert not (tmp_path / "y.zarr").exists()


@pytest.mark.usefixtures("torchvision_importable")
def test_weights_that_cannot_be_fetched_say_where_to_put_them(tmp_path, folder, monkeypatch):
    def refuse(*_, **__):
        raise OSError("name or service not known")

    monkeypatch.setattr("torch.hub.load_state_dict_from_url", refuse)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", refuse)
    with pytest.raises(
        InputError, match=r"put its weights into a folder as torchvision-resnet18\.safetensors"
    ):
        tri.evaluate("torchvision:resnet18", tmp_path / "x.zarr", data=folder)


@pytest.mark.usefixtures("torchvision_importable")
def test_timm(tmp_path, folder):
    import timm

    torch.manual_seed(0)
    net = timm.create_model("test_resnet", pretrained=False, num_classes=3).eval()
    (tmp_path / "w").mkdir()
    save_file(net.state_dict(), tmp_path / "w" / "net.safetensors")
    found, items, about = asked(tmp_path, folder, "timm:test_resnet.r160_in1k", weights=tmp_path / "w")
    own = timm.data.create_transform(**timm.data.resolve_model_data_config(net), is_training=False)
    np.testing.assert_array_equal(found, slow(folder, items, net, own).argmax(1))
    assert about["timm"] == timm.__version__
    assert "Compose( Resize(" in about["transform"]
    with pytest.raises(InputError, match="Did you mean resnet1"):
        tri.evaluate("timm:resnet18x", tmp_path / "y.zarr", data=folder)


@pytest.mark.usefixtures("torchvision_importable")
def test_timm_takes_weights_by_its_own_configuration(tmp_path, folder, monkeypatch):
    import timm

    torch.manual_seed(0)
    net = timm.create_model("test_resnet", pretrained=False).eval()
    save_file(net.state_dict(), tmp_path / "w.safetensors")
    create = timm.create_model
    monkeypatch.setattr(
        timm, "create_model",
        lambda *a, **k: create(*a, **k, pretrained_cfg_overlay={"file": str(tmp_path / "w.safetensors")}),
    )  # fmt: skip
    wanted = timm.data.ImageNetInfo().label_names()[:3]
    for name, wordnet in zip(CLASSES, wanted, strict=True):
        (folder / name).rename(folder / wordnet)
    done = tri.evaluate("timm:test_resnet", tmp_path / "x.zarr", data=folder)
    assert not done.failed, done.failed
    d = done.store.read()
    own = timm.data.create_transform(**timm.data.resolve_model_data_config(net), is_training=False)
    logits = slow(folder, d["item"].values.tolist(), net, own)
    np.testing.assert_array_equal(d["response"][0, 0], logits[:, :3].argmax(1))
    assert (
        d.attrs["provenance"]["models"]["timm:test_resnet"]["classes"]
        == "by name, 3 of the model's 1000 classes"
    )


@pytest.mark.usefixtures("torchvision_importable")
def test_hugging_face(tmp_path, folder):
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=16, patch_size=8,
        id2label={0: "cow", 1: "ape", 2: "bee"}, label2id={"cow": 0, "ape": 1, "bee": 2},
    )  # fmt: skip
    net = transformers.ViTForImageClassification(config).eval()
    net.save_pretrained(tmp_path / "vit")
    transformers.ViTImageProcessorPil(size={"height": 16, "width": 16}).save_pretrained(tmp_path / "vit")
    done = tri.evaluate(f"hf:{tmp_path / 'vit'}", tmp_path / "x.zarr", data=folder)
    assert not done.failed, done.failed
    d = done.store.read()
    processor = transformers.ViTImageProcessorPil.from_pretrained(tmp_path / "vit")
    from PIL import Image

    pictures = [Image.open(folder / i).convert("RGB") for i in d["item"].values.tolist()]
    with torch.no_grad():
        logits = net(**processor(pictures, return_tensors="pt")).logits
    np.testing.assert_array_equal(d["response"][0, 0], logits[:, [1, 2, 0]].argmax(1))
    (about,) = d.attrs["provenance"]["models"].values()
    assert '"do_resize": true' in about["transform"]
    weights = tmp_path / "vit" / "model.safetensors"
    torch.save(read_weights(weights), tmp_path / "vit" / "pytorch_model.bin")
    weights.unlink()
    with pytest.raises(InputError, match=r"model\.safetensors"):
        tri.evaluate(f"hf:{tmp_path / 'vit'}", tmp_path / "y.zarr", data=folder)


@pytest.mark.usefixtures("torchvision_importable")
def test_open_clip(tmp_path, folder):
    try:
        open_clip = packages.require_open_clip("the test")
    except (ImportError, InputError) as error:
        pytest.skip(str(error))
    config = {
        "embed_dim": 8,
        "vision_cfg": {"image_size": 16, "layers": 1, "width": 16, "head_width": 8, "patch_size": 8},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
    }
    (tmp_path / "tiny-clip.json").write_text(json.dumps(config))
    open_clip.add_model_config(tmp_path)
    torch.manual_seed(0)
    tower = open_clip.create_model("tiny-clip", load_weights=False).eval()
    (tmp_path / "w").mkdir()
    torch.save(tower.state_dict(), tmp_path / "w" / "net.pt")
    prompts = 'prompts = ["a photo of a {}.", "a {}"]\n'
    found, items, about = asked(
        tmp_path, folder, "open_clip:tiny-clip/none", weights=tmp_path / "w", text=prompts
    )
    settings = open_clip.transform.PreprocessCfg(**open_clip.model.get_model_preprocess_cfg(tower))
    own = open_clip.transform.image_transform_v2(settings, is_train=False)
    tokens = open_clip.get_tokenizer("tiny-clip")
    with torch.no_grad():
        texts = torch.stack(
            [
                tower.encode_text(tokens([f"a photo of a {c}.", f"a {c}"]), normalize=True).mean(0)
                for c in CLASSES
            ]
        )
        texts = texts / texts.norm(dim=-1, keepdim=True)
        images = torch.cat(
            [tower.encode_image(own(picture)[None], normalize=True) for picture in opened(folder, items)]
        )
        logits = tower.logit_scale.exp() * images @ texts.T
    np.testing.assert_array_equal(found, logits.argmax(1))
    assert about["prompts"] == 2
    with pytest.raises(InputError, match="cannot be loaded"):
        tri.evaluate("open_clip:tiny-clip/none", tmp_path / "y.zarr", data=folder)
    with pytest.raises(InputError, match="say which weights of ViT-B-32"):
        tri.evaluate("open_clip:ViT-B-32", tmp_path / "z.zarr", data=folder)


def opened(folder, items):
    from PIL import Image

    return [Image.open(folder / item).convert("RGB") for item in items]


def test_states_of_a_study_decide_as_they_did(kept_study, tmp_path):
    study = tri.open(kept_study)
    from trichotomy.training.plan import load_data, plan_of

    data = load_data(plan_of(study).dataset)
    done = tri.evaluate(f"state:{kept_study}", tmp_path / "x.zarr", dataset=data)
    assert not done.failed, done.failed
    d = done.store.read()
    for k, observer in enumerate(d["observer"].values):
        own = str(observer).partition("/")[2]
        last = d.attrs["provenance"]["models"][observer]["epoch"]
        np.testing.assert_array_equal(d["response"][k, 0], study["response"].sel(observer=own, epoch=last))
        np.testing.assert_allclose(
            d["p_target"][k, 0], study["p_target"].sel(observer=own, epoch=last), atol=1e-3
        )
    assert d["condition"].values.tolist() == ["base", *["initialization"] * 5]
    state = kept_study / "study" / "states" / "base" / "epoch-0001.safetensors"
    specs = [f"state:{state}", f"state:{kept_study}#initialization-[12]"]
    some = tri.evaluate(specs, tmp_path / "y.zarr", dataset=data).store.read()
    assert some["observer"].values.tolist() == [
        "kept/base@1",
        "kept/initialization-1",
        "kept/initialization-2",
    ]
    np.testing.assert_array_equal(some["response"][0, 0], study["response"].sel(observer="base", epoch=1))
    for name, said in [
        (f"state:{kept_study}#bse", "no network in"),
        ("state:nowhere.zarr", r"no store at nowhere\.zarr"),
        (f"state:{kept_study / 'x.safetensors'}", "is no state of a study"),
    ]:
        with pytest.raises(Exception, match=said):
            tri.evaluate(name, tmp_path / "z.zarr", dataset=data)
    bare = shutil.copytree(kept_study, tmp_path / "bare.zarr", ignore=shutil.ignore_patterns("states"))
    with pytest.raises(InputError, match="kept no states"):
        tri.evaluate(f"state:{bare}", tmp_path / "z.zarr", dataset=data)


def test_ones_own_module(tmp_path, folder, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mine_for_sources.py").write_text(
        "import sys\nfrom pictures import network, crop\n"
        "net = network(1)\nnet.transform = crop()\npair = (network(1), crop())\n"
        "def made():\n    return pair\ndef broken():\n    raise KeyError('k')\nplain = network(1)\nnumber = 3\n"
    )
    specs = [
        f"mine_for_sources:{name}" for name in ("net", "pair", "made", "broken", "plain", "number", "nothing")
    ]
    done = tri.evaluate([*specs, "no_such_module:net"], tmp_path / "x.zarr", data=folder)
    d = done.store.read()
    for k in (1, 2):
        np.testing.assert_array_equal(d["response"][0], d["response"][k])
    said = [r.failure for r in done.results]
    assert said[:3] == ["", "", ""]
    for text, words in zip(
        said[3:],
        [
            "broken fails (KeyError",
            "has no transform",
            "gives a int",
            "has no 'nothing'",
            "there is no module",
        ],
        strict=True,
    ):
        assert words in text


class Danger:
    def __reduce__(self):
        return os.mkdir, (os.environ["DANGER"],)


@pytest.mark.parametrize("end", [".pth", ".safetensors"])
def test_checkpoints_that_do_not_fit(tmp_path, end):
    def saved(weights, name):
        path = tmp_path / f"{name}{end}"
        save_file(weights, path) if end == ".safetensors" else torch.save(weights, path)
        return path

    own = network(1).state_dict()
    fresh = network(2)
    load_weights(fresh, saved(own, "good"))
    assert torch.equal(fresh[1].weight, own["1.weight"])
    load_weights(fresh, saved({f"module.model.{k}": v for k, v in own.items()}, "wrapped"))
    lacking = {"1.weight": own["1.weight"]}
    with pytest.raises(InputError, match=r"does not fit Sequential: 1 weights are missing \('1.bias'\)"):
        load_weights(fresh, saved(lacking, "lacking"))
    with pytest.raises(InputError, match=r"1 are not the network's \('2.bias'\)"):
        load_weights(fresh, saved({**own, "2.bias": own["1.bias"].clone()}, "surplus"))
    other = network(1, classes=4).state_dict()
    with pytest.raises(InputError, match=r"2 have another shape \(1.weight is \(4, 108\), not \(3, 108\)"):
        load_weights(fresh, saved(other, "other"))
    cut = saved(own, "cut")
    cut.write_bytes(cut.read_bytes()[:-300])
    with pytest.raises(InputError, match=r"cannot be read .*copy it again"):
        load_weights(fresh, cut)
    cut.write_bytes(b"no checkpoint at all")
    with pytest.raises(InputError, match="cannot be read"):
        load_weights(fresh, cut)


def test_pickles_are_never_run(tmp_path, monkeypatch):
    monkeypatch.setenv("DANGER", str(tmp_path / "made"))
    torch.save({"state_dict": network(1).state_dict(), "args": Danger()}, tmp_path / "a.pth")
    with pytest.raises(InputError, match="pickled objects beside tensors, which could run code"):
        load_weights(network(1), tmp_path / "a.pth")
    assert not (tmp_path / "made").exists()
    torch.save({"epoch": 3}, tmp_path / "b.pth")
    with pytest.raises(InputError, match="holds no table of weights"):
        read_weights(tmp_path / "b.pth")


def test_a_wrong_checkpoint_fails_its_model_alone(tmp_path, folder):
    (tmp_path / "w").mkdir()
    torch.save(network(1, classes=4).state_dict(), tmp_path / "w" / "a.pth")
    models = {"a": (network(1), crop()), "b": (network(2), crop())}
    done = tri.evaluate(models, tmp_path / "x.zarr", data=folder, weights=tmp_path / "w")
    assert "have another shape" in done.results[0].failure
    assert not done.results[1].failure
    torch.save(
        network(4).state_dict(), tmp_path / "w" / "a.pth"
    )  # a better one: only what has answered must stay
    again = tri.evaluate(models, tmp_path / "x.zarr", data=folder, weights=tmp_path / "w", resume=True)
    assert not again.failed
    d = again.store.read()
    logits = slow(folder, d["item"].values.tolist(), network(4), crop())
    np.testing.assert_array_equal(d["response"][0, 0], logits.argmax(1))
    torch.save(network(5).state_dict(), tmp_path / "w" / "a.pth")
    with pytest.raises(InputError, match="begun with other models"):
        tri.evaluate(models, tmp_path / "x.zarr", data=folder, weights=tmp_path / "w", resume=True)


def test_a_package_that_is_not_there_is_named(tmp_path, folder):
    text = 'package = "pip install some-package"\nurl = "https://example.org"\nnote = "convert it"\n'
    (tmp_path / "list.toml").write_text(LIST.format(id="a", source="no_such_package:Net") + text)
    with pytest.raises(
        InputError, match=r"no module 'no_such_package'.*install it: pip install some-package$"
    ):
        tri.evaluate(str(tmp_path / "list.toml"), tmp_path / "x.zarr", data=folder)
    text += "checkpoint_required = true\n"
    (tmp_path / "list.toml").write_text(LIST.format(id="a", source="no_such_package:Net") + text)
    with pytest.raises(
        InputError, match=r"put its checkpoint as a\.safetensors.*From https://example.org: convert it$"
    ):
        tri.evaluate(str(tmp_path / "list.toml"), tmp_path / "x.zarr", data=folder)


@pytest.mark.usefixtures("torchvision_importable")
def test_the_papers_eleven():
    import timm
    from torchvision import models

    found = {entry.id: entry for name in SETS for entry in entries(name)}
    assert len(found) == 11
    for entry in found.values():
        scheme, _, name = entry.source.partition(":")
        assert entry.about["url"].startswith("https://")
        assert entry.expected is None or entry.expected_source
        if scheme == "timm":
            assert timm.is_model(name)
            assert name in timm.list_pretrained()
        elif scheme == "torchvision":
            architecture, _, tag = name.partition(".")
            weights = models.get_model_weights(architecture)
            if tag:
                stated = weights[tag].meta["_metrics"]["ImageNet-1K"]["acc@1"]
                assert entry.expected == pytest.approx(stated / 100)
        assert not entry.needs_checkpoint or entry.transform is not None
