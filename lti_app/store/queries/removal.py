"""Shuts a district out, or takes all of its rows away, in an operator's session."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from lti_app.store.models.base import Base, Tenant
from lti_app.store.models.districts import District
from lti_app.store.models.jobs import UNFINISHED, Job
from lti_app.store.models.lti import Deployment, DeploymentState, SignIn


def shut_out(session: Session, district_id: int, now: datetime) -> None:
    """Ends every sign-in of the district and asks its unfinished jobs to stop before their next LMS call."""
    session.execute(
        update(SignIn)
        .where(SignIn.district_id == district_id, SignIn.ended_at.is_(None))
        .values(ended_at=now)
    )
    session.execute(
        update(Job)
        .where(Job.district_id == district_id, Job.state.in_(UNFINISHED))
        .values(cancel_requested=True)
    )


def remove_district(session: Session, district_id: int) -> dict[str, int]:
    """Deletes every row of the district; gives the number of rows by table.

    Its deployments stay, without a district and suspended: a launch must not open them again by itself.
    """
    classes = {str(mapper.local_table): mapper.class_ for mapper in Base.registry.mappers}
    gone: dict[str, int] = {}
    for table in reversed(Base.metadata.sorted_tables):
        row_class = classes.get(table.name)
        if row_class is None or not issubclass(row_class, Tenant):
            continue
        done = session.execute(delete(row_class).where(row_class.district_id == district_id))
        gone[table.name] = int(done.rowcount)  # type: ignore[attr-defined]
    session.execute(
        update(Deployment)
        .where(Deployment.district_id == district_id)
        .values(district_id=None, state=DeploymentState.SUSPENDED.value)
    )
    session.execute(delete(District).where(District.id == district_id))
    return gone
