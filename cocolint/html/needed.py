"""What a page needs that a plain installation does not bring."""

from __future__ import annotations

from importlib.util import find_spec

from cocolint.failure import ConfigError

PACKAGES = ("jinja2", "matplotlib")


def check() -> None:
    """Raise `ConfigError` if a package is missing that writes the page."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise ConfigError(f"the html report needs {' and '.join(missing)}: pip install 'cocolint[html]'")
