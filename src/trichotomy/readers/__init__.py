"""Readers: anyone's prediction files to Decisions.

``read`` is the way in, ``annotate`` adds what others know about the items; ``formats`` lists what can be read. A format
is a small class (``Reader``) that is found by name in ``READERS``; most make a table with known columns and leave the
rest to ``sheets.read_sheets``. A third party's own is tested by ``trichotomy.readers.testing.ReaderTests``.
"""

from trichotomy.readers.annotate import annotate
from trichotomy.readers.annotationfiles import names_items
from trichotomy.readers.options import DUPLICATE_RULES, FIELDS, Reader, ReadOptions
from trichotomy.readers.reading import READERS, detect, formats, read

__all__ = [
    "DUPLICATE_RULES",
    "FIELDS",
    "READERS",
    "ReadOptions",
    "Reader",
    "annotate",
    "detect",
    "formats",
    "names_items",
    "read",
]
