"""How Canvas spells the scope of each call. Source: Canvas's own list (doc/api/api_token_scopes.md).

A scope is `url:<METHOD>|<route>` with the placeholders named as in Canvas's routes. The names matter when a
scope is asked for: one that means the right call under another name is no scope at all.
"""

from __future__ import annotations

import re

_SPELT: tuple[tuple[str, str], ...] = (
    (r"^/courses/<course_id>$", "/courses/<id>"),
    (r"^/courses/<course_id>/late_policy$", "/courses/<id>/late_policy"),
    (r"^/accounts/<account_id>$", "/accounts/<id>"),
    (r"/assignment_groups/<id>", "/assignment_groups/<assignment_group_id>"),
    (r"/modules/<module_id>/assignment_overrides$", "/modules/<context_module_id>/assignment_overrides"),
    (r"/revisions/<number>$", "/revisions/<revision_id>"),
    (r"/quizzes/<id>/questions", "/quizzes/<quiz_id>/questions"),
    (r"/content_migrations/<id>/migration", "/content_migrations/<content_migration_id>/migration"),
    (r"^/group_categories/<id>", "/group_categories/<group_category_id>"),
    (r"^/groups/<id>", "/groups/<group_id>"),
    (r"/memberships/<id>$", "/memberships/<membership_id>"),
    (r"^/sections/<section_id>/users$", "/sections/<id>/users"),
    (r"^/sections/<section_id>(/assignments/<assignment_id>/override)$", r"/sections/<course_section_id>\1"),
    (r"^/users/<id>/observees", "/users/<user_id>/observees"),
)
"""Where the name of a placeholder here differs from Canvas's."""
_KNOWN: set[str] = set()
_PLACEHOLDER = re.compile(r"<(\w+)>")
_NAME = re.compile(r":\w+(?=/|$)")


def learn(method: str, rule: str) -> None:
    """Take note of a call that the sandbox answers, e.g. ("GET", "/courses/<course_id>/sections")."""
    for pattern, spelt in _SPELT:
        rule = re.sub(pattern, spelt, rule)
    route = _PLACEHOLDER.sub(r":\1", rule)
    _KNOWN.add(f"url:{method}|/api/v1{route}")


def is_scope(scope: str) -> bool:
    """False for a text that is none, and for one that misnames a placeholder of a call answered here.

    A call that the sandbox does not answer is believed, as it cannot know Canvas's name for it.
    """
    if scope in _KNOWN:
        return True
    return scope.startswith("url:") and _shape(scope) not in {_shape(known) for known in _KNOWN}


def _shape(scope: str) -> str:
    method, _, route = scope.removeprefix("url:").partition("|")
    return f"{method}|{_NAME.sub(':', route)}"
