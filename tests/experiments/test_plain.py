"""Images as they are served: the picture, and nothing that is written in its file."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest

pytest.importorskip("starlette", reason="the extra 'web' is not installed")
pytest.importorskip("sqlalchemy", reason="the extra 'web' is not installed")
pytest.importorskip("PIL", reason="Pillow is not installed")

from PIL import Image

from trichotomy.errors import InputError
from trichotomy.experiments.application.pictures import check_pictures
from trichotomy.experiments.application.plain import media_type, without_metadata
from trichotomy.web.rates import Rate
from trichotomy.web.reports import SELDOM

MARKER = b"CLASS-impossible-FILE-n01440764_18.JPEG"
TEXT = MARKER.decode()
XMP = b"<x:xmpmeta>" + MARKER + b"</x:xmpmeta>"


def picture(mode: str = "RGB", seed: int = 0):
    shape = {"L": (17, 23), "RGB": (17, 23, 3), "RGBA": (17, 23, 4)}[
        {"P": "RGB", "CMYK": "RGBA"}.get(mode, mode)
    ]
    values = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    if mode == "P":
        return Image.fromarray(values).quantize(32)
    return Image.frombytes("CMYK", (23, 17), values.tobytes()) if mode == "CMYK" else Image.fromarray(values)


def exif(orientation: int | None = None) -> bytes:
    made = Image.Exif()
    made[0x010E] = TEXT  # ImageDescription
    if orientation is not None:
        made[0x0112] = orientation
    return made.tobytes()


def saved(image, kind: str, **options) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png(mode: str = "RGB", **options) -> bytes:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Title", TEXT)
    info.add_text("Comment", TEXT * 50, zip=True)
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    info.add(b"teSt", MARKER)
    info.add(b"tIME", bytes(7))
    return saved(picture(mode), "PNG", pnginfo=info, dpi=(300, 300), **options)


def profile() -> bytes:
    from PIL.ImageCms import ImageCmsProfile, createProfile

    return ImageCmsProfile(createProfile("sRGB")).tobytes()


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def jpeg(mode: str = "RGB", *, more: bytes = b"", **options) -> bytes:
    made = saved(picture(mode), "JPEG", comment=MARKER, xmp=XMP, **{"exif": exif(), **options})
    iptc = segment(0xED, b"Photoshop 3.0\0" + MARKER)
    thumbnail = segment(0xE0, b"JFXX\0\x10" + MARKER)
    at = 4 + struct.unpack_from(">H", made, 4)[0]  # after the first segment
    return made[:at] + iptc + thumbnail + segment(0xE7, MARKER) + more + made[at:]


def gif() -> bytes:
    frames = [picture("P", k) for k in range(3)]
    made = saved(
        frames[0],
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=[50, 80, 20],
        loop=3,
        comment=MARKER,
    )
    start = 13 + 3 * 2 ** ((made[10] & 7) + 1) * (made[10] >> 7)

    def blocks(content: bytes) -> bytes:
        return bytes([len(content)]) + content

    xmp = b"\x21\xff" + blocks(b"XMP DataXMP") + blocks(MARKER) + b"\0"
    plain = b"\x21\x01" + blocks(bytes(12)) + blocks(MARKER) + b"\0"
    return made[:start] + xmp + plain + made[start:]


def webp(mode: str = "RGB", **options) -> bytes:
    options = {"exif": exif(), "xmp": XMP, "icc_profile": profile(), **options}
    made = saved(picture(mode), "WEBP", **options)
    made += struct.pack("<4sI", b"teST", len(MARKER)) + MARKER + b"\0" * (len(MARKER) % 2)
    return made[:4] + struct.pack("<I", len(made) - 8) + made[8:]


def moving_webp() -> bytes:
    frames = [picture("RGBA", k) for k in range(3)]
    return saved(
        frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=70, loop=2, exif=exif(), xmp=XMP
    )


def moving_png() -> bytes:
    frames = [picture("RGB", k) for k in range(3)]
    return png(save_all=True, append_images=frames[1:], duration=70, loop=2)


CASES = {
    "png": lambda: png(exif=exif()),
    "png-profile": lambda: png(icc_profile=profile()),
    "png-grey": lambda: png("L", transparency=7),
    "png-palette": lambda: png("P", transparency=3),
    "png-alpha": lambda: png("RGBA"),
    "png-moving": moving_png,
    "jpeg": jpeg,
    "jpeg-profile": lambda: jpeg(icc_profile=profile()),
    "jpeg-progressive": lambda: jpeg(progressive=True, quality=95),
    "jpeg-restarts": lambda: jpeg(restart_marker_blocks=1),
    "jpeg-grey": lambda: jpeg("L"),
    "jpeg-cmyk": lambda: jpeg("CMYK"),
    "jpeg-filled": lambda: jpeg(more=b"\xff\xff\xff"),
    "gif": gif,
    "webp": webp,
    "webp-lossless": lambda: webp("RGBA", lossless=True),
    "webp-moving": moving_webp,
    "bmp": lambda: saved(picture(), "BMP"),
}


def frames(data: bytes) -> list[tuple[bytes, object]]:
    """Pixels of all frames and how long each is shown."""
    from PIL import ImageSequence

    image = Image.open(BytesIO(data))
    return [(f.convert("RGBA").tobytes(), f.info.get("duration")) for f in ImageSequence.Iterator(image)]


@pytest.mark.parametrize("name", CASES)
def test_pixels_are_as_before_and_what_is_written_is_gone(name):
    data = CASES[name]()
    plain = without_metadata(data + (b"" if name == "bmp" else MARKER))
    assert name == "bmp" or MARKER in data
    assert MARKER not in plain
    for text in (
        b"tEXt",
        b"zTXt",
        b"iTXt",
        b"tIME",
        b"teSt",
        b"eXIf",
        b"Exif",
        b"xmp",
        b"XMP",
        b"EXIF",
        b"Photoshop",
    ):
        assert text not in plain
    assert frames(plain) == frames(data)
    assert media_type(plain) == f"image/{name.split('-', 1)[0]}"
    before, after = (Image.open(BytesIO(d)) for d in (data, plain))
    assert after.size == before.size
    for key in ("icc_profile", "jfif_density", "gamma", "loop", "transparency", "adobe_transform"):
        assert after.info.get(key) == before.info.get(key), key
    assert without_metadata(plain) == plain


@pytest.mark.parametrize("kind", [png, jpeg, webp])
@pytest.mark.parametrize("orientation", [1, 6, 8])
def test_the_orientation_is_kept_alone(kind, orientation):
    data = kind(exif=exif(orientation))
    plain = without_metadata(data)
    assert MARKER not in plain
    found = Image.open(BytesIO(plain)).getexif()
    assert dict(found) == ({} if orientation == 1 else {0x0112: orientation})
    assert frames(plain) == frames(data)


def test_orientation_in_the_other_order_of_bytes():
    little = b"Exif\0\0II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, 3, 0, 0)
    data = jpeg(exif=b"")
    plain = without_metadata(data[:20] + segment(0xE1, little) + data[20:])
    assert dict(Image.open(BytesIO(plain)).getexif()) == {0x0112: 3}


def test_the_thumbnail_of_jfif_goes():
    data = jpeg()
    pixels = (MARKER * 2)[:75]
    head = segment(0xE0, data[6:18] + b"\x05\x05" + pixels)
    plain = without_metadata(data[:2] + head + data[20:])
    assert MARKER not in plain
    assert frames(plain) == frames(data)


@pytest.mark.parametrize("name", CASES)
def test_damaged_files_are_refused_or_cut_and_never_anything_else(name):
    data = CASES[name]()
    rng = np.random.default_rng(0)
    for k in range(300):
        broken = bytearray(data[: rng.integers(1, len(data) + 1)] if k % 2 else data)
        for at in rng.integers(0, len(broken), 5 * (k % 3)):
            broken[at] = rng.integers(256)
        try:
            without_metadata(bytes(broken))
        except ValueError as error:
            assert str(error)  # noqa: PT017


@pytest.mark.parametrize(
    "data", [b"", b"x", b"<svg/>", b"RIFF\x04\0\0\0WAVE", b"\x89PNG\r\n\x1a\n", b"GIF89a"]
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(ValueError, match="it "):
        without_metadata(data)


def test_a_jpeg_without_its_end_is_shown_as_far_as_it_goes():
    data = jpeg()
    assert frames(without_metadata(data[:-2])) == frames(data)


def test_the_checksum_of_a_written_chunk_is_right():
    plain = without_metadata(png(exif=exif(6)))
    at = plain.index(b"eXIf")
    size = struct.unpack_from(">I", plain, at - 4)[0]
    assert struct.unpack_from(">I", plain, at + 4 + size)[0] == zlib.crc32(plain[at : at + 4 + size])


@pytest.fixture
def shown(site, browser):
    """Pairs in a folder of images of their own, somebody who takes part, and the name of their first image."""

    def show(content: bytes):
        s = site("pairs", checks=0)
        own = s.folder.path / "pictures"
        for item in s.items.values():
            (own / item.path).parent.mkdir(parents=True, exist_ok=True)
            (own / item.path).write_bytes(content)
        moved = replace(s, folder=replace(s.folder, experiment=replace(s.experiment, images=str(own))))
        b = browser(moved)
        b.enter()
        b.agree()
        return b, b.get("/api/blocks/0").json()["images"][0], moved

    return show


@pytest.mark.parametrize("kind", [png, jpeg, gif, webp])
def test_what_is_served_holds_nothing_but_the_picture(shown, kind):
    data = kind() + MARKER
    b, name, s = shown(data)
    check_pictures(s.folder)
    reply = b.get(f"/api/images/{name}")
    assert reply.status_code == 200
    assert MARKER not in reply.content
    assert frames(reply.content) == frames(data)
    assert reply.headers["content-length"] == str(len(reply.content))
    assert reply.headers["content-type"] == media_type(data)


def test_a_file_that_is_no_picture_is_named_before_and_never_served(shown, caplog, monkeypatch):
    b, name, s = shown(b"<svg>" + MARKER + b"</svg>")
    with pytest.raises(
        InputError, match=r"it is not PNG, JPEG, GIF, WebP or BMP\); save them as PNG or JPEG"
    ):
        check_pictures(s.folder)
    monkeypatch.setattr(SELDOM, "_rate", Rate(1))
    for _ in range(3):
        reply = b.get(f"/api/images/{name}")
        assert (reply.status_code, reply.json()["error"]) == (503, "image")
        assert MARKER not in reply.content
    assert [r.getMessage().partition(" cannot be shown")[1] for r in caplog.records] == [" cannot be shown"]
    assert not caplog.records[0].exc_info


def test_an_image_is_read_once_and_anew_when_it_changes(shown):
    import asyncio

    _, _, s = shown(png())
    file = s.folder.file(next(iter(s.items.values())))
    first = asyncio.run(s.pictures.get(file))
    assert asyncio.run(s.pictures.get(file)) is first
    file.write_bytes(jpeg())
    assert media_type(asyncio.run(s.pictures.get(file))) == "image/jpeg"
