"""The `regroup` command: for operators, and for people without an LMS."""

from __future__ import annotations

import json as json_module
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from cryptography.fernet import Fernet

from grouping.rules import GroupingRules
from lti_app import places
from lti_app.clock import clock_of
from lti_app.cycle import from_files
from lti_app.logs import set_up_logs
from lti_app.lti.keys import rotate, signing_key
from lti_app.lti.registrations import BadRegistration, NewRegistration, add_registration, list_registrations
from lti_app.settings import Settings, SettingsError, load
from lti_app.store.db import Database
from lti_app.store.migrate import upgrade
from lti_app.store.models.districts import District
from lti_app.store.queries.removal import remove_district, shut_out

as_json = click.option("--json", "is_json", is_flag=True, help="Print the result as JSON.")


@click.group()
def main() -> None:
    """Regroup: skill groups and playlists inside the LMS. Settings come from REGROUP_ variables."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option("--workers", default=2, show_default=True, help="Web processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Answer web requests (gunicorn with config/gunicorn.conf.py)."""
    _settings()
    config = places.folder("config") / "gunicorn.conf.py"
    os.execv(  # noqa: S606 (our own interpreter, no shell: gunicorn takes this process over)
        sys.executable,
        [
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            str(config),
            "--bind",
            f"{host}:{port}",
            "--workers",
            str(workers),
            "lti_app.wsgi:app",
        ],
    )


@main.command()
def worker() -> None:
    """Do the long work: pulls, plans, writes. Run one or more, on as many machines as wanted."""
    from lti_app.jobs import tasks
    from lti_app.jobs import worker as worker_process

    settings = _settings()
    worker_process.main(settings, tasks.kinds(settings), tasks.CRONS)


@main.command()
def migrate() -> None:
    """Bring the database (ours and the job engine's tables) to this version."""
    from lti_app.jobs import engine

    settings = _settings()
    upgrade(settings)
    engine.migrate(settings)
    database = Database(settings)
    try:
        # made here, once: two web processes that find none would each make one
        with database.operator_session() as session:
            signing_key(session, clock_of(settings)())
    finally:
        database.dispose()
    click.echo("The database is up to date.")


@main.group()
def keys() -> None:
    """Keys: the tool's signing keys, and keys that encrypt what is stored."""


@keys.command("rotate")
def rotate_keys() -> None:
    """Sign with a new key from now on; the old one stays published for 14 days."""
    _with_database(lambda session, _settings, now: click.echo(f"New signing key: {rotate(session, now)}"))


@keys.command("new")
def new_key() -> None:
    """Print a fresh key for REGROUP_SECRET_KEYS."""
    click.echo(Fernet.generate_key().decode())


@main.group()
def registrations() -> None:
    """LMSs that know Regroup."""


@registrations.command("add")
@click.option("--district", required=True, help="The district's (or school's) name.")
@click.option("--issuer", required=True, help="The platform's issuer.")
@click.option("--client-id", required=True, help="Our client id there.")
@click.option("--deployment-id", required=True, help="The deployment within it.")
@click.option("--auth-url", required=True, help="OIDC authentication address.")
@click.option("--token-url", required=True, help="Access token address of LTI's services.")
@click.option("--jwks-url", required=True, help="Address of the platform's public keys.")
@click.option(
    "--family", default="other", type=click.Choice(["canvas", "schoology", "other"]), show_default=True
)
@click.option("--api-url", help="Where the LMS's own interface (REST API) is.")
@click.option("--api-key", help="Its key or client id.")
@click.option("--api-secret", help="Its secret.")
@as_json
def add(is_json: bool, **given: Any) -> None:
    """Add a platform and give its deployment to a district. Nothing that is there is overwritten."""

    def work(session: Any, settings: Settings, now: datetime) -> None:
        try:
            deployment = add_registration(
                session, NewRegistration(**given), now=now, allow_loopback=settings.loopback_demo
            )
        except BadRegistration as error:
            raise click.ClickException(str(error)) from None
        _say(
            is_json,
            {"registration_id": deployment.registration_id, "deployment_id": deployment.deployment_id},
            f"{given['issuer']} may now open Regroup for {given['district']}.",
        )

    _with_database(work)


@registrations.command("list")
@as_json
def list_all(is_json: bool) -> None:
    """Show every registration and deployment, pending ones first."""

    def work(session: Any, _settings: Settings, _now: datetime) -> None:
        rows = [
            {
                "issuer": row.registration.issuer,
                "client_id": row.registration.client_id,
                "deployment_id": row.deployment_id,
                "state": row.state,
                "district_id": row.district_id,
            }
            for row in list_registrations(session)
        ]
        lines = [
            f"{row['state']:<10} {row['issuer']} {row['client_id']} {row['deployment_id']}" for row in rows
        ]
        _say(is_json, rows, "\n".join(lines) or "No LMS is registered yet.")

    _with_database(work)


@main.group()
def tenants() -> None:
    """Districts."""


@tenants.command("list")
@as_json
def list_tenants(is_json: bool) -> None:
    """Show every district."""

    def work(session: Any, _settings: Settings, _now: datetime) -> None:
        rows = [
            {"id": row.id, "name": row.name, "is_suspended": row.is_suspended}
            for row in session.query(District).order_by(District.id)
        ]
        lines = [
            f"{row['id']:>4}  {row['name']}{'  (suspended)' if row['is_suspended'] else ''}" for row in rows
        ]
        _say(is_json, rows, "\n".join(lines) or "There is no district yet.")

    _with_database(work)


@tenants.command("suspend")
@click.argument("district_id", type=int)
@click.option("--undo", is_flag=True, help="Let its people in again.")
def suspend(district_id: int, undo: bool) -> None:
    """Keep a district's people out from now on and stop its jobs; its data stays."""

    def work(session: Any, _settings: Settings, now: datetime) -> None:
        district = session.get(District, district_id)
        if district is None:
            raise click.ClickException(f"There is no district {district_id}.")
        district.is_suspended = not undo
        if not undo:
            shut_out(session, district_id, now)
        click.echo(f"{district.name}: {'open' if undo else 'suspended'}.")

    _with_database(work)


@tenants.command("remove")
@click.argument("district_id", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def remove(district_id: int, yes: bool, is_json: bool) -> None:
    """Delete all that is stored of a district. What stands in its LMS stays there."""

    def work(session: Any, _settings: Settings, _now: datetime) -> None:
        district = session.get(District, district_id)
        if district is None:
            raise click.ClickException(f"There is no district {district_id}.")
        if not yes:
            click.confirm(f"Delete everything of {district.name}? This cannot be undone", abort=True)
        gone = remove_district(session, district_id)
        _say(is_json, gone, f"{district.name}: {sum(gone.values())} rows deleted.")

    _with_database(work)


@main.command()
@click.argument("responses", type=click.Path(path_type=Path))
@click.argument("qmatrix", type=click.Path(path_type=Path))
@click.option("--times", default=5, show_default=True, help="Small-group times in a week.")
@as_json
def groups(responses: Path, qmatrix: Path, times: int, is_json: bool) -> None:
    """Suggest groups from answers in files (student_id,item_id,correct and a Q-matrix), without an LMS."""
    suggestion = _suggest(responses, qmatrix, times)
    table = from_files.groups_table(suggestion)
    notes = [note for group_set in suggestion.groups for note in group_set.notes]
    data = {"notes": notes, "placements": table.to_dict("records")}
    _say(is_json, data, table.to_csv(index=False) + "\n".join(notes))


@main.command()
@click.argument("responses", type=click.Path(path_type=Path))
@click.argument("qmatrix", type=click.Path(path_type=Path))
@click.option("--times", default=5, show_default=True, help="Small-group times in a week.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder for groups.csv, playlists.csv."
)
@as_json
def cycle(responses: Path, qmatrix: Path, times: int, out: Path, is_json: bool) -> None:
    """Groups and playlists from answers in files, written as two tables, without an LMS."""
    suggestion = _suggest(responses, qmatrix, times)
    out.mkdir(parents=True, exist_ok=True)
    placements, playlists = from_files.groups_table(suggestion), from_files.playlists_table(suggestion)
    placements.to_csv(out / "groups.csv", index=False)
    playlists.to_csv(out / "playlists.csv", index=False)
    data = {"placements": len(placements), "places_in_playlists": len(playlists), "folder": str(out)}
    _say(
        is_json, data, f"{len(placements)} placements and {len(playlists)} places in playlists are in {out}."
    )


def _suggest(responses: Path, qmatrix: Path, times: int) -> from_files.Suggestion:
    try:
        return from_files.suggest(from_files.read_answers(responses, qmatrix), GroupingRules(times=times))
    except (from_files.BadAnswers, ValueError) as error:
        click.echo(f"regroup: {error}", err=True)
        sys.exit(2)


def _settings() -> Settings:
    try:
        settings = load()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    set_up_logs(settings)
    return settings


def _with_database(work: Callable[[Any, Settings, datetime], None]) -> None:
    settings = _settings()
    database = Database(settings)
    try:
        with database.operator_session() as session:
            work(session, settings, clock_of(settings)())
    finally:
        database.dispose()


def _say(is_json: bool, data: object, text: str) -> None:
    click.echo(json_module.dumps(data, indent=2) if is_json else text)


if __name__ == "__main__":
    main()
