"""Reads what stands in a context now, as far as a plan needs it."""

from collections.abc import Iterable, Mapping

from sync import keys
from sync.errors import CannotDo
from sync.ports import Gateway, GradeSource
from sync.records import Link, LmsAssignment
from sync.wanted import Actual


def read_actual(gateway: Gateway, course: str, links: Mapping[str, Link]) -> Actual:
    """The context as it stands. Audiences and work are read for what is ours; a missing port is empty."""
    if gateway.grades is None:
        raise CannotDo("This LMS lets nobody read its assignments.")
    made = {key: link.lms_id for key, link in links.items() if link.lms_id}
    units = {lms_id for key, lms_id in made.items() if key.startswith(keys.unit(""))}
    checks = {lms_id for key, lms_id in made.items() if key.startswith(keys.check(""))}
    folder = made.get(keys.CHECK_FOLDER)
    assignments = gateway.grades.assignments(course)
    writer = gateway.units
    return Actual(
        groups=tuple(gateway.groups.list(course)) if gateway.groups else (),
        units=tuple(writer.list(course, units)) if writer else (),
        assignments=tuple(assignments),
        page_slugs=frozenset(page.slug for page in gateway.grades.pages(course)) if writer else frozenset(),
        has_check_folder=bool(writer and folder and writer.has_check_folder(course, folder)),
        line_items=tuple(gateway.scores.line_items()) if gateway.scores else (),
        with_work=_with_work(gateway.grades, course, (each for each in assignments if each.lms_id in checks)),
    )


def _with_work(
    grades: GradeSource, course: str, checks: Iterable[LmsAssignment]
) -> dict[str, frozenset[str]]:
    """Students with work, by check. An unpublished check can hold none (Canvas keeps it published)."""
    found: dict[str, set[str]] = {check.lms_id: set() for check in checks if check.is_published}
    for cell in grades.submissions(course, list(found)) if found else []:
        if cell.has_work:
            found[cell.assignment].add(cell.user)
    return {check: frozenset(users) for check, users in found.items()}
