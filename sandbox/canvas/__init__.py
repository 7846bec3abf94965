"""REST as Canvas has it, under /api/v1, and its OAuth2. Source of every shape: canvas.md."""

from sandbox.canvas import (
    assignments,
    courses,
    enrollments,
    files,
    grades,
    groups,
    module_items,
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
    "assignments",
    "blueprint",
    "courses",
    "enrollments",
    "files",
    "grades",
    "groups",
    "module_items",
    "modules",
    "oauth",
    "outcomes",
    "overrides",
    "people",
    "sections",
    "submissions",
    "wiki",
]
