"""Deep linking: the request a tool gets, the responses that are refused, and what the rest become."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from lti_class import (
    LMS,
    LtiClass,
    ToolKeys,
    authentication_request,
    finish_launch,
    form_of,
    serving_jwks,
    verified_claims,
)

from sandbox.world.model import Assignment, LineItem, Module, ModuleItem, ResourceLink, User

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
PLACES = ["module_index_menu_modal", "course_assignments_menu", "module_menu_modal", "link_selection"]
PLACES += ["assignment_selection", "editor_button"]
LINK = {"type": "ltiResourceLink", "title": "Unit 3", "url": "http://tool.localhost:8000/units/3"}
WORK = {**LINK, "lineItem": {"scoreMaximum": 12, "label": "Unit 3 check", "resourceId": "u3", "tag": "check"}}


@pytest.fixture(scope="module")
def tool_keys() -> ToolKeys:
    return ToolKeys()


@pytest.fixture(scope="module")
def tool_url(tool_keys: ToolKeys) -> Iterator[str]:
    with serving_jwks([tool_keys.jwk()]) as url:
        yield url


@pytest.fixture
def home(tool_url: str) -> LtiClass:
    home = LtiClass(tool_url)
    home.tool.placements += PLACES
    home.tool.placement_settings = {place: {"message_type": "LtiDeepLinkingRequest"} for place in PLACES}
    return home


class Picker:
    """A teacher in a placement, and the small tool that answers."""

    def __init__(self, home: LtiClass, keys: ToolKeys, placement: str, **query: Any) -> None:
        self.home, self.keys = home, keys
        self.client = home.browser(home.teacher)
        frame = self.client.get(
            f"/courses/{home.course.id}/external_tools/{home.tool.id}/launch",
            query_string={"launch_type": placement, **query},
            base_url=LMS,
        )
        login = form_of(frame.text)
        posted = finish_launch(home, self.client, authentication_request(login, home))
        self.claims = verified_claims(home, posted.fields["id_token"])
        self.settings = self.claims[f"{DL}deep_linking_settings"]

    def jwt(self, items: Any, **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": self.home.installed.client_id,
            "aud": LMS,
            "iat": now,
            "exp": now + 60,
            "nonce": "n-1",
            f"{LTI}message_type": "LtiDeepLinkingResponse",
            f"{LTI}version": "1.3.0",
            f"{LTI}deployment_id": self.home.installed.deployment_id,
            f"{DL}content_items": items,
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, self.keys.private, algorithm="RS256", headers={"kid": self.keys.kid})

    def send(self, text: str, url: str | None = None) -> Any:
        url = url or self.settings["deep_link_return_url"]
        return self.client.post(url.removeprefix(LMS), data={"JWT": text}, base_url=LMS)

    def choose(self, *items: dict[str, Any], **changes: Any) -> Any:
        return self.send(self.jwt(list(items), **changes))


def modules(home: LtiClass) -> list[Module]:
    return home.world.live(Module)


def assignments(home: LtiClass) -> list[Assignment]:
    return home.world.live(Assignment)


def test_the_request_says_what_the_placement_takes(home: LtiClass, tool_keys: ToolKeys) -> None:
    picker = Picker(home, tool_keys, "module_index_menu_modal")
    assert picker.claims[f"{LTI}message_type"] == "LtiDeepLinkingRequest"
    assert f"{LTI}resource_link" not in picker.claims
    assert picker.claims["https://www.instructure.com/placement"] == "module_index_menu_modal"
    url = picker.settings.pop("deep_link_return_url")
    assert url.startswith(f"{LMS}/courses/{home.course.id}/deep_linking_response?data=")
    assert picker.settings == {
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe", "window"],
        "accept_media_types": "application/vnd.ims.lti.v1.ltilink",
        "auto_create": True,
        "accept_multiple": True,
    }


def test_a_student_cannot_open_a_placement_that_asks_for_content(home: LtiClass) -> None:
    path = f"/courses/{home.course.id}/external_tools/{home.tool.id}/launch?launch_type=link_selection"
    assert home.browser(home.students[0]).get(path, base_url=LMS).status_code == 404


NOW = int(time.time())
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "of another LMS": ({"aud": "http://elsewhere.example"}, "the 'aud' is invalid"),
    "for nobody": ({"aud": None}, "the following assertions are missing: aud"),
    "expired": ({"exp": NOW - 60}, "the JWT has expired"),
    "an hour old": ({"iat": NOW - 3600}, "the 'iat' must be less than 300 seconds old"),
    "of the future": ({"iat": NOW + 3600}, "the 'iat' must not be in the future"),
    "without a nonce": ({"nonce": None}, "the following assertions are missing: nonce"),
    "of an unknown client": ({"iss": "12345"}, "Client not found"),
    "another message": ({f"{LTI}message_type": "LtiResourceLinkRequest"}, "the 'message_type' is invalid"),
    "another version": ({f"{LTI}version": "1.1"}, "the 'version' is invalid"),
    "another deployment": ({f"{LTI}deployment_id": "1:else"}, "the 'deployment_id' is invalid"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_response_makes_nothing_and_may_be_sent_again_rightly(
    home: LtiClass, tool_keys: ToolKeys, case: str
) -> None:
    changes, message = REFUSED[case]
    picker = Picker(home, tool_keys, "module_index_menu_modal")
    answer = picker.choose(LINK, **changes)
    assert answer.status_code == 400
    assert message in str(answer.json["errors"])
    assert modules(home) == []
    assert picker.choose(LINK).status_code == 200


def test_a_response_signed_by_another_or_by_nobody_is_refused(home: LtiClass, tool_keys: ToolKeys) -> None:
    picker = Picker(home, tool_keys, "module_index_menu_modal")
    picker.keys = ToolKeys(kid=tool_keys.kid)
    assert "JWT verification failure" in picker.choose(LINK).text
    forged = jwt.encode({"iss": home.installed.client_id}, "", algorithm="none")
    assert "JWT has unexpected alg" in picker.send(forged).text
    assert "JWT format is invalid" in picker.send("banana").text
    home.tool.active = False
    assert "Developer key inactive" in picker.send(forged).text
    assert modules(home) == []


def test_the_return_address_is_good_once_and_for_its_course(home: LtiClass, tool_keys: ToolKeys) -> None:
    picker = Picker(home, tool_keys, "module_index_menu_modal")
    url = picker.settings["deep_link_return_url"]
    for wrong, message in ((url.partition("?")[0], "presence_required"), (url[:-4], "invalid_or_malformed")):
        answer = picker.send(picker.jwt([LINK]), wrong)
        assert (answer.status_code, message in answer.text) == (400, True)
    assert picker.choose(LINK).status_code == 200
    assert "already_used" in picker.choose(LINK).text
    assert len(modules(home)) == 1


def test_another_person_in_the_browser_makes_nothing(home: LtiClass, tool_keys: ToolKeys) -> None:
    picker = Picker(home, tool_keys, "module_index_menu_modal")
    for who in (home.browser(home.students[0]), home.browser(None)):
        again = Picker(home, tool_keys, "module_index_menu_modal")
        again.client = who
        assert again.choose(LINK).status_code == 403
    assert picker.choose(LINK).status_code == 200
    assert len(modules(home)) == 1


def test_chosen_work_becomes_unpublished_assignments_in_a_new_unpublished_module(
    home: LtiClass, tool_keys: ToolKeys
) -> None:
    answer = Picker(home, tool_keys, "module_index_menu_modal").choose(WORK, {**LINK, "title": "Read"})
    assert '"moduleCreated": true' in answer.text.replace("&#34;", '"')
    [module] = modules(home)
    assert (module.name, module.workflow_state) == ("New Content From App", "unpublished")
    [task] = assignments(home)
    assert (task.name, task.points_possible, task.workflow_state) == ("Unit 3 check", 12, "unpublished")
    assert task.only_visible_to_overrides is False
    items = home.world.live(ModuleItem, module_id=module.id)
    assert [(i.type, i.title, i.workflow_state) for i in items] == [
        ("Assignment", "Unit 3 check", "unpublished"),
        ("ExternalTool", "Read", "unpublished"),
    ]
    [line_item] = home.world.live(LineItem)
    assert (line_item.resource_id, line_item.tag, line_item.coupled) == ("u3", "check", True)
    assert line_item.resource_link_id == task.lti_context_id


def test_only_work_from_the_assignments_page_makes_no_module(home: LtiClass, tool_keys: ToolKeys) -> None:
    Picker(home, tool_keys, "course_assignments_menu").choose(WORK)
    assert (len(assignments(home)), modules(home)) == (1, [])
    Picker(home, tool_keys, "course_assignments_menu").choose(WORK, LINK)
    assert (len(assignments(home)), len(modules(home))) == (2, 1)


def test_work_without_points_is_told_and_not_made(home: LtiClass, tool_keys: ToolKeys) -> None:
    broken = {**LINK, "lineItem": {"label": "No points"}}
    answer = Picker(home, tool_keys, "module_index_menu_modal").choose(broken)
    assert "lineItem.scoreMaximum is a required field" in answer.text
    assert (assignments(home), modules(home)) == ([], [])
    Picker(home, tool_keys, "module_index_menu_modal").choose(broken, WORK)
    assert [a.name for a in assignments(home)] == ["Unit 3 check"]


def test_content_goes_into_the_module_it_was_asked_for(home: LtiClass, tool_keys: ToolKeys) -> None:
    module = home.world.add(Module(course_id=home.course.id, name="Week 1"))
    Picker(home, tool_keys, "module_menu_modal", context_module_id=module.id).choose(LINK, WORK)
    assert modules(home) == [module]
    assert [i.type for i in home.world.live(ModuleItem, module_id=module.id)] == [
        "ExternalTool",
        "Assignment",
    ]
    picker = Picker(home, tool_keys, "module_menu_modal", context_module_id=module.id)
    module.workflow_state = "deleted"
    assert picker.choose(LINK).status_code == 404


@pytest.mark.parametrize("placement", ["link_selection", "assignment_selection"])
def test_a_dialog_only_fills_its_form_until_the_teacher_confirms(
    home: LtiClass, tool_keys: ToolKeys, placement: str
) -> None:
    module = home.world.add(Module(course_id=home.course.id, name="Week 1"))
    picker = Picker(home, tool_keys, placement, context_module_id=module.id)
    form = form_of(picker.choose(LINK).text)
    assert (assignments(home), home.world.live(ModuleItem)) == ([], [])
    answers = [picker.client.post(form.action, data=form.fields, base_url=LMS) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 400]
    made = (len(assignments(home)), len(home.world.live(ModuleItem)))
    assert made == ((0, 1) if placement == "link_selection" else (1, 0))


def test_the_editor_gets_links_to_use_and_nothing_is_placed(home: LtiClass, tool_keys: ToolKeys) -> None:
    answer = Picker(home, tool_keys, "editor_button").choose(LINK, {"type": "html", "html": "<p>x</p>"})
    [link] = home.world.live(ResourceLink)
    assert link.lookup_uuid in answer.text
    assert (modules(home), assignments(home)) == ([], [])


def test_the_tools_messages_are_shown_as_text(home: LtiClass, tool_keys: ToolKeys) -> None:
    answer = Picker(home, tool_keys, "link_selection").choose(
        **{f"{DL}msg": "Nothing chosen", f"{DL}errormsg": "<b>no</b>", f"{DL}log": "quiet"}
    )
    assert answer.status_code == 200
    assert "<p>Nothing chosen</p>" in answer.text
    assert "&lt;b&gt;no&lt;/b&gt;" in answer.text


def test_the_roster_of_a_deep_link_is_the_tools_own(home: LtiClass, tool_keys: ToolKeys) -> None:
    Picker(home, tool_keys, "module_index_menu_modal").choose({**LINK, "custom": {"unit": "3"}})
    [link] = home.world.live(ResourceLink)
    calls = home.service()
    path = f"{calls.roster_path}?rlid={link.resource_link_uuid}"
    members = calls.call("GET", path).json["members"]
    assert {m["message"][0][f"{LTI}custom"]["unit"] for m in members} == {"3"}
    link.lti_key_id += 1
    assert calls.call("GET", path).status_code == 400


def test_a_platform_that_sends_data_wants_it_back(home: LtiClass, tool_keys: ToolKeys) -> None:
    assert "data" not in Picker(home, tool_keys, "link_selection").settings
    home.world.switches.deep_link_data_claim = True
    picker = Picker(home, tool_keys, "module_index_menu_modal")
    assert picker.choose(LINK).status_code == 400
    assert picker.choose(LINK, **{f"{DL}data": picker.settings["data"]}).status_code == 200


def _launch(home: LtiClass, user: User, path: str) -> dict[str, Any]:
    client = home.browser(user)
    frame = client.get(path, base_url=LMS)
    assert frame.status_code == 200, frame.text
    posted = finish_launch(home, client, authentication_request(form_of(frame.text), home))
    return verified_claims(home, posted.fields["id_token"])


def test_a_linked_item_opens_its_own_place_in_the_tool(home: LtiClass, tool_keys: ToolKeys) -> None:
    chosen = {**LINK, "custom": {"unit": "3", "link": "$ResourceLink.id"}}
    Picker(home, tool_keys, "module_index_menu_modal").choose(chosen, {**WORK, "custom": {"unit": "9"}})
    item, _work = home.world.live(ModuleItem)
    path = f"/courses/{home.course.id}/modules/items/{item.id}/launch"
    assert home.browser(home.students[0]).get(path, base_url=LMS).status_code == 404
    claims = _launch(home, home.teacher, path)
    link = next(iter(home.world.live(ResourceLink, module_item_id=item.id)))
    assert claims[f"{LTI}resource_link"] == {"id": link.resource_link_uuid, "title": "Unit 3"}
    assert claims[f"{LTI}target_link_uri"] == LINK["url"]
    assert claims[f"{LTI}custom"]["unit"] == "3"
    assert claims[f"{LTI}custom"]["link"] == link.resource_link_uuid
    [task] = assignments(home)
    claims = _launch(home, home.teacher, f"/courses/{home.course.id}/assignments/{task.id}/launch")
    assert claims[f"{LTI}resource_link"]["id"] == task.lti_context_id
    assert claims[f"{LTI}custom"]["unit"] == "9"
    page = home.browser(home.teacher).get(f"/courses/{home.course.id}/modules", base_url=LMS).text
    assert f"/modules/items/{item.id}/tool" in page
    assert "launch_type=module_index_menu_modal" in page
    students = home.browser(home.students[0]).get(f"/courses/{home.course.id}/modules", base_url=LMS).text
    assert "launch_type=" not in students
