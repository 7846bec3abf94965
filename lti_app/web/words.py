"""The words and marks of states: one table, so that a colour, a mark and a word never disagree."""

from dataclasses import dataclass
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from grouping.model import BenchmarkState


@dataclass(frozen=True, slots=True)
class StateWords:
    """How one benchmark state is shown: its CSS class, a mark that survives a grey print, and the word."""

    css: str
    mark: str
    word: LazyString


BENCHMARK = {
    BenchmarkState.LIKELY_NOT_YET: StateWords("not-yet", "○", _l("likely not yet")),
    BenchmarkState.NEARLY: StateWords("nearly", "◐", _l("nearly")),
    BenchmarkState.LIKELY_MET: StateWords("met", "●", _l("likely met")),
    BenchmarkState.CANT_TELL: StateWords("cant-tell", "?", _l("can't tell yet")),
    BenchmarkState.NOT_ASSESSED: StateWords("none", "–", _l("not assessed")),
}
# Fewer answers than this are said in words beside the points, and dotted under.
FEW_ANSWERS = 3


def points_text(points: float | None) -> str:
    """Points as a teacher writes them: 3, 2.5; an en dash when there are none."""
    if points is None:
        return "–"
    return f"{Decimal(str(points)).quantize(Decimal('0.01')).normalize():f}"


def tenths(fraction: float) -> int:
    """A fraction as whole tenths for "about 3 of 10"."""
    return round(fraction * 10)
