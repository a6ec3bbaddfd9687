"""The application: what a browser asks for and what it gets."""

import trichotomy.web  # noqa: F401 - first, since it says which extra is missing
from trichotomy.experiments.application.site import STATIC, Site, application, open_answers, open_site

__all__ = ["STATIC", "Site", "application", "open_answers", "open_site"]
