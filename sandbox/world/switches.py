"""What differs between real hosts or was not verified in the references: one switch for each such fact.

The defaults are what the references hold most likely. Tests of the tool run on both settings.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any


class BadSwitch(Exception):
    """No such switch, or not a value it can have."""


@dataclass(slots=True)
class Switches:
    """Set them in Python (`world.switches.name = value`) or at the test door `/_sandbox/switches`."""

    status_generation: str = "current"
    """current: 401 unauthenticated, 403 no right, 429 throttled. older: 401 for no right, 403 throttled."""
    strict_include_stripping: bool = True
    """Whether a key with enforced scopes and no allow_includes loses include[] silently, as the docs say."""
    visibility_cache_seconds: int = 0
    """How long an answer about who sees what is kept; 300 on a real host."""
    tags_feature: bool = True
    """The account's feature and setting for differentiation tags."""
    tag_on_module_needs_restriction: bool = True
    """A tag on a module counts for an assignment only when that is only_visible_to_overrides."""
    item_redirect_ignores_audience: bool = True
    """A module item's redirect looks at publication only, not at the module's audience."""
    unassigned_results_count: bool = True
    """Outcome results of an assignment that a student has lost still count in rollups."""
    string_ids: bool = True
    """Whether Accept: application/json+canvas-string-ids is honoured."""
    account_mastery_scales: bool = False
    """Root feature account_level_mastery_scales: points, ratings and method come from the account."""
    rollups_ignore_page: bool = True
    """Every page of outcome_rollups carries everybody's rows unless sorted; only the links are paged."""
    new_decaying_average: bool = False
    """Root feature outcomes_new_decaying_average_calculation: which formula decaying_average stands for."""
    outcome_service_cache_seconds: int = 300
    """How long a reader is answered with the New Quizzes results of their first asking."""
    deleted_results_count: bool = False
    """Outcome results of a deleted assignment still count in rollups."""
    limit_section_visibility_in_lmgb: bool = False
    """Root feature: staff limited to their sections see only these students' outcome results."""
    copy_keeps_restriction: bool = False
    """Whether a copied assignment without overrides stays only_visible_to_overrides (nobody's)."""

    lti_issuer: str = ""
    """One issuer for every district, e.g. "https://canvas.instructure.com"; "": each host is its own."""
    login_required_goes_to_tool: bool = True
    """Without a session the tool is told login_required; current Canvas shows a page of its own instead."""
    deep_link_data_claim: bool = False
    """Deep linking settings carry `data`, which the tool must echo (LTI DL 2.0); Canvas sends none."""
    registration_tells_deployment: bool = False
    """Feature lti_registrations_next: the answer to a dynamic registration names its deployment_id."""
    registration_updates: bool = True
    """Feature lti_dr_registrations_update: a tool may ask for a change of its registration."""
    prioritize_keeps_any_grade: bool = False
    """AGS prioritize_non_tool_grade keeps any score, also the tool's own (so Canvas's scores_controller.rb
    and its docs); off: a teacher's only (so the reference)."""
    unassigned_grade_refused: bool = True
    """A grade (PUT) for a student who is not assigned is a 403. Off, as on older hosts: 400 where the row was
    taken away, and a row that counts nowhere for a student who never had one."""
    unreadable_grade_clears: bool = True
    """A posted_grade that is no grade, such as "4/5", clears the score without a word. Off: 400."""

    def set(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Turn several at once, all or none; returns every switch. Raises BadSwitch."""
        known = {each.name for each in fields(self)}
        for name, value in wanted.items():
            if name not in known:
                raise BadSwitch(f"no switch is called {name}; there are {', '.join(sorted(known))}")
            if type(value) is not type(getattr(self, name)):
                raise BadSwitch(
                    f"{name} is {type(getattr(self, name)).__name__}, as in {getattr(self, name)!r}"
                )
        for name, value in wanted.items():
            setattr(self, name, value)
        return asdict(self)
