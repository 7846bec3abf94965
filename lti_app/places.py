"""Where the files that are not Python lie: beside the packages in a checkout, in `_shipped` in an installed
wheel.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder `templates` or `config`, of the wheel or of the checkout. Raises FileNotFoundError naming
    both.
    """
    shipped = PACKAGE / "_shipped" / name
    in_checkout = PACKAGE.parent / name
    for path in (shipped, in_checkout):
        if path.is_dir():
            return path
    raise FileNotFoundError(f"no folder {name!r}: neither {shipped} nor {in_checkout}")
