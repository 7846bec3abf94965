"""REST as Canvas has it, under /api/v1, and its OAuth2. Source of every shape: canvas.md."""

from sandbox.canvas import (
    assignment_groups,
    assignments,
    courses,
    date_details,
    enrollments,
    files,
    grades,
    module_items,
    module_overrides,
    modules,
    oauth,
    outcomes,
    overrides,
    people,
    sections,
    submissions,
    wiki,
)
from sandbox.canvas.api import blueprint

__all__ = [
    "assignment_groups",
    "assignments",
    "blueprint",
    "courses",
    "date_details",
    "enrollments",
    "files",
    "grades",
    "module_items",
    "module_overrides",
    "modules",
    "oauth",
    "outcomes",
    "overrides",
    "people",
    "sections",
    "submissions",
    "wiki",
]
