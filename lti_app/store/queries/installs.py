"""Where Regroup is installed in one district."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from lti_app.store.models.districts import District
from lti_app.store.models.lti import Context, Deployment, Registration
from lti_app.store.tenancy import district_of


@dataclass(frozen=True, slots=True)
class DeploymentFacts:
    """One deployment with its registration, how many courses opened Regroup through it, and when last."""

    district: str
    registration: Registration
    deployment_id: str
    state: str
    contexts: int
    last_launch_at: datetime | None


def deployments_of(session: Session) -> list[DeploymentFacts]:
    """The deployments of the session's district (they are not tenant rows: the district is named here)."""
    district = session.get_one(District, district_of(session))
    counts = dict(
        session.execute(select(Context.deployment_id, func.count()).group_by(Context.deployment_id)).all()
    )
    rows = session.scalars(
        select(Deployment)
        .where(Deployment.district_id == district.id)
        .options(joinedload(Deployment.registration))
        .order_by(Deployment.id)
    )
    return [
        DeploymentFacts(
            district.name,
            row.registration,
            row.deployment_id,
            row.state,
            counts.get(row.id, 0),
            row.launched_at,
        )
        for row in rows
    ]
