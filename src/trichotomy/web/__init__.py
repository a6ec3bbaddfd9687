"""The ground that applications in a browser stand on: who may ask, what may be asked, and how it is served."""

from trichotomy.errors import MissingExtraError

try:
    import starlette  # noqa: F401 - its own message would not say which extra to install
    import uvicorn  # noqa: F401
except ImportError as error:
    feature = "serving pages"
    raise MissingExtraError(feature, "web") from error

from trichotomy.web.bodies import read_json
from trichotomy.web.guard import NAME
from trichotomy.web.kept import Kept
from trichotomy.web.rates import Rate
from trichotomy.web.refusals import RefusedError, refusing
from trichotomy.web.reports import report
from trichotomy.web.serving import LOOPBACK, bound, serve
from trichotomy.web.site import guarded_site
from trichotomy.web.slices import in_slices
from trichotomy.web.static import StaticFolder
from trichotomy.web.tokens import bearer, digest, new_token, same

__all__ = [
    "LOOPBACK",
    "NAME",
    "Kept",
    "Rate",
    "RefusedError",
    "StaticFolder",
    "bearer",
    "bound",
    "digest",
    "guarded_site",
    "in_slices",
    "new_token",
    "read_json",
    "refusing",
    "report",
    "same",
    "serve",
]
