"""Writes lti_app/translations/messages.pot: every text of pages, in one sorted list.

    .venv/bin/python scripts/catalogue.py [--check]

Run it after changing a text in a template or in `_()`. --check only says whether the list is current.
"""

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "lti_app" / "translations" / "messages.pot"
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None}
PLACES = (("lti_app", [("**.py", "python")]), ("templates", [("**.html", "jinja2")]))
OPTIONS = {"**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}


def wanted() -> bytes:
    """The catalogue as it should be now, without dates and line numbers: only a changed text changes it."""
    catalogue = Catalog()
    for folder, methods in PLACES:
        for _file, _line, message, _comments, context in extract_from_dir(
            ROOT / folder, method_map=methods, options_map=OPTIONS, keywords=KEYWORDS
        ):
            catalogue.add(message, context=context)
    text = io.BytesIO()
    write_po(text, catalogue, omit_header=True, no_location=True, sort_output=True, width=0)
    return text.getvalue()


def main() -> int:
    """0 when the list is (now) current, 1 when --check finds it is not."""
    if "--check" not in sys.argv[1:]:
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_bytes(wanted())
        return 0
    return 0 if TARGET.exists() and TARGET.read_bytes() == wanted() else 1


if __name__ == "__main__":
    sys.exit(main())
