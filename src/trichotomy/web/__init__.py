"""The ground that applications in a browser stand on: who may ask, what may be asked, and how it is served."""

from trichotomy.errors import MissingExtraError

try:
    import starlette  # noqa: F401 - its own message would not say which extra to install
    import uvicorn  # noqa: F401
except ImportError as error:
    feature = "serving pages"
    raise MissingExtraError(feature, "web") from error

from trichotomy.web.bodies import read_json
from trichotomy.web.rates import Rate
from trichotomy.web.refusals import RefusedError, refusing
from trichotomy.web.serving import LOOPBACK, bound, serve
from trichotomy.web.site import guarded_site
from trichotomy.web.static import StaticFolder
from trichotomy.web.tokens import bearer, digest, new_token, same

__all__ = [
    "LOOPBACK",
    "Rate",
    "RefusedError",
    "StaticFolder",
    "bearer",
    "bound",
    "digest",
    "guarded_site",
    "new_token",
    "read_json",
    "refusing",
    "same",
    "serve",
]
