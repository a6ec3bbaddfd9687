"""``trichotomy experiment run``: the server, and how it ends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from trichotomy.errors import InputError

Folder = Annotated[Path, typer.Argument(metavar="EXP", help="Folder of the experiment.")]
Where = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|URL",
        envvar="TRICHOTOMY_ANSWERS",
        help="Answers: SQLite's file, or postgresql://... Default: in EXP.",
    ),
]

JSPSYCH = "vendored/jspsych.js"
PLAIN = (
    "--public serves plain HTTP: whoever is between here and the participants can read answers and the admin page's "
    "token. Beyond a network you trust, leave it out and put a proxy with TLS in front"
)
FEWEST_CHARACTERS = 6
"""Different ones in a token; random ones have more."""


def run(
    exp: Folder,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen at; 0: any that is free.")
    ] = 8000,
    database: Where = None,
    public: Annotated[
        bool, typer.Option("--public", help="Be reached from other machines; needs --host-name.")
    ] = False,
    host: Annotated[
        str | None, typer.Option(help="Address to listen at. Default: 127.0.0.1; public: 0.0.0.0.")
    ] = None,
    host_name: Annotated[
        list[str] | None, typer.Option(help="Name by which people reach the server. Repeatable.")
    ] = None,
    admin_token_file: Annotated[
        Path | None,
        typer.Option(help="File that holds the admin page's token. Default: a new one, shown once."),
    ] = None,
    session_rate: Annotated[
        float,
        typer.Option(min=0, help="Sessions that may begin in a minute from one address; 0: without limit."),
    ] = 120,
) -> None:
    """Run an experiment: people take part in a browser, every answer is stored at once.

    Listens to this machine alone unless `--public` is given. Ctrl-C ends it; nothing that was answered is lost, and the
    same command goes on.
    """
    _check(public, host, host_name or [])
    token = _token(admin_token_file)
    from trichotomy.experiments.application import application, open_site
    from trichotomy.experiments.design import UNCHANGED
    from trichotomy.web import LOOPBACK, bound, new_token, serve

    shown = token is None
    token = token or new_token()
    site = open_site(exp, database=database, admin_token=token, sessions_per_minute=session_rate)
    if JSPSYCH not in site.static.names():
        site.database.close()
        msg = (
            f"the pages need {JSPSYCH}, which this installation lacks; in a source checkout run `make setup`"
        )
        raise InputError(msg)
    at = bound(host or ("0.0.0.0" if public else "127.0.0.1"), port)  # noqa: S104 - asked for
    named = (host_name or [host or "127.0.0.1"])[0]
    address = f"http://{f'[{named}]' if ':' in named else named}:{at.getsockname()[1]}/"
    if public:
        typer.echo(PLAIN, err=True)

    if UNCHANGED in site.folder.consent:
        typer.echo(
            f"{exp / 'consent.md'} is as it was made: say in it who is responsible, before anyone takes part",
            err=True,
        )

    def started() -> None:
        typer.echo(f"{site.experiment.title} ({site.experiment.kind}): {address}")
        typer.echo(f"To look at it yourself: {address}?simulated=1 (such answers are marked, and left out)")
        typer.echo(f"Admin page: {address}admin" + (f"  token: {token}" if shown else ""))
        typer.echo(f"Answers: {site.database.place}. Ctrl-C ends.")

    serve(application(site, hosts=[*LOOPBACK, *(host_name or [])]), at, started=started)
    typer.echo(f"Stopped. The answers are in {site.database.place}; the same command goes on.")


def _check(public: bool, host: str | None, names: list[str]) -> None:
    import re

    from trichotomy.web import LOOPBACK, NAME

    if not public and host is not None and host not in LOOPBACK:
        msg = f"{host} is reached from other machines; say so with --public, and name the server with --host-name"
        raise InputError(msg)
    if public and not names:
        msg = "--public needs the name by which people reach the server: --host-name experiments.example.org"
        raise InputError(msg)
    for name in names:
        if not re.fullmatch(NAME, name, re.IGNORECASE):
            msg = f"--host-name is a name alone, without http:// and port; got {name!r}"
            raise InputError(msg)


def _token(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        token = path.read_text(encoding="utf-8").strip()
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is no text in UTF-8"
        msg = f"the admin page's token cannot be read from {path} ({said}); make one: openssl rand -hex 32 > {path}"
        raise InputError(msg) from error
    if len(token) < 20 or not token.isascii() or any(c.isspace() for c in token):
        msg = f"{path} must hold a token of 20 characters or more in one line; make one: openssl rand -hex 32"
        raise InputError(msg)
    if len(set(token)) < FEWEST_CHARACTERS:
        msg = f"the token in {path} can be guessed; make one: openssl rand -hex 32"
        raise InputError(msg)
    if os.name == "posix" and mode & 0o077:
        typer.echo(
            f"{path} can be read by others on this machine; keep it to yourself: chmod 600 {path}", err=True
        )
    return token
