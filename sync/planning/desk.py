"""Where a plan is put together: what is known on one side, the growing list of steps on the other."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sync.records import Json, Labels, Link
from sync.wanted import Action, Change, Drift

T = TypeVar("T")


@dataclass(slots=True)
class Desk:
    """What planning knows, and what it has decided so far."""

    course: str
    labels: Labels
    costs: Mapping[Action, int]
    links: Mapping[str, Link]
    people: Collection[str]
    changes: list[Change] = field(default_factory=list)
    left_alone: list[Drift] = field(default_factory=list)

    def add(
        self,
        action: Action,
        key: str,
        label: str,
        arguments: Mapping[str, Json] | None = None,
        *,
        wrote: Mapping[str, Json] | None = None,
        after: Iterable[str | None] = (),
        times: int = 1,
        part: str = "",
    ) -> str:
        """One more step; gives its id. `times`: how many equal calls; `part` tells batches apart."""
        change = Change(
            id=f"{action}:{key}{part}",
            action=action,
            key=key,
            label=label,
            arguments={"course": self.course, **(arguments or {})},
            calls=self.costs.get(action, 1) * times,
            depends_on=tuple(dict.fromkeys(each for each in after if each)),
            wrote=wrote or {},
        )
        self.changes.append(change)
        return change.id

    def leave(self, key: str, label: str, why: str) -> None:
        """Something of ours that stays as it is, and why."""
        self.left_alone.append(Drift(key, label, why))

    def link(self, key: str) -> Link | None:
        """Our link, if we know that the thing was made."""
        found = self.links.get(key)
        return found if found and found.lms_id else None

    def cut_off(self, key: str) -> Link | None:
        """The link of something whose making was begun in a run that never ended: it may be there or not."""
        found = self.links.get(key)
        return found if found and not found.lms_id else None

    def made(self, prefix: str) -> dict[str, Link]:
        """What we made under a prefix such as "group/", by what follows it."""
        ours = {key: link for key, link in self.links.items() if key.startswith(prefix) and link.lms_id}
        return {key[len(prefix) :]: link for key, link in ours.items()}


def text(link: Link, name: str) -> str:
    """What we last wrote in a text field; empty if nothing."""
    value = link.wrote.get(name)
    return value if isinstance(value, str) else ""


def ids(link: Link | None, name: str) -> frozenset[str]:
    """What we last wrote in a list of ids."""
    value = link.wrote.get(name) if link else None
    return frozenset(str(entry) for entry in value) if isinstance(value, list) else frozenset()


def gives_up_its_name(link: Link | None, name_there: str, wanted_name: str) -> bool:
    """True for something of ours, as we named it, that is now wanted under another name."""
    return link is not None and name_there == text(link, "name") and wanted_name != text(link, "wanted_name")


def as_json(values: Iterable[str]) -> list[Json]:
    """Ids as a sorted JSON list."""
    return [*sorted(values)]


def quoted(name: str) -> str:
    """A name inside a label."""
    return f"“{name}”"


def counted(count: int, noun: str) -> str:
    """2 students, 1 student."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def batches(values: Iterable[T], size: int) -> list[list[T]]:
    """Lists of at most `size`."""
    everything = list(values)
    return [everything[start : start + size] for start in range(0, len(everything), size)]
