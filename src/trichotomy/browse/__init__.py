"""A local page to look at items: which are hard, who is right about them, where two observers differ."""

import trichotomy.web  # noqa: F401 - first, since it says which extra is missing
from trichotomy.browse.catalogue import Catalogue, catalogue
from trichotomy.browse.choosing import chosen
from trichotomy.browse.site import STATIC, Site, application
from trichotomy.browse.views import View, view_of

__all__ = ["STATIC", "Catalogue", "Site", "View", "application", "catalogue", "chosen", "view_of"]
