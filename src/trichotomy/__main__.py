"""``python -m trichotomy``."""

from trichotomy.cli import main

main()
