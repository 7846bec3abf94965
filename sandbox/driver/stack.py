"""The sandbox LMS, the tool's web server and its worker as processes of ours, on loopback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from sandbox.driver.visitor import TIMEOUTS, loopback_session

START_SECONDS = 60
STOP_SECONDS = 8


class CannotStart(Exception):
    """A part did not come up; the text says which, and shows the end of its log."""


def free_port(wanted: int) -> int:
    """The wanted port when nobody has it on loopback, else any free one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise CannotStart("no free port on 127.0.0.1")


class Stack:
    """Use as a context manager: everything is up inside, everything has ended after.

    `folder` takes the tool's database and the logs. `sandbox_arguments` go to `python -m sandbox`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        sandbox_arguments: tuple[str, ...] = (),
        environment: dict[str, str] | None = None,
        lms_port: int = 0,
        tool_port: int = 0,
        workers: int = 1,
    ) -> None:
        self.folder = folder
        self.lms_port = free_port(lms_port)
        self.tool_port = free_port(tool_port)
        self.lms_url = f"http://lms.localhost:{self.lms_port}"
        self.tool_url = f"http://tool.localhost:{self.tool_port}"
        self.http = loopback_session()
        self.seed: dict[str, Any] = {}
        self.workers: list[subprocess.Popen[bytes]] = []
        self._wanted_workers = workers
        self._sandbox_arguments = sandbox_arguments
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("REGROUP_")},
            "REGROUP_PUBLIC_URL": self.tool_url,
            "REGROUP_LOOPBACK_DEMO": "1",
            "REGROUP_DATABASE_URL": f"sqlite:///{folder / 'regroup.db'}",
            **(environment or {}),
        }

    def __enter__(self) -> Stack:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self._start_sandbox()
            self._start_tool()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End every process that we started, workers first; by force after some seconds."""
        living = [*self.workers, *reversed(list(self._processes.values()))]
        for process in living:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for process in living:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.workers.clear()
        self._processes.clear()

    def regroup(self, *arguments: str) -> str:
        """Run the tool's command and hand back what it printed."""
        run = subprocess.run(
            [sys.executable, "-m", "lti_app.cli", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            raise CannotStart(
                f"regroup {' '.join(arguments[:2])} ended with {run.returncode}:\n{run.stderr[-2000:]}"
            )
        return run.stdout

    def start_worker(self) -> subprocess.Popen[bytes]:
        """One more worker process."""
        worker = self._spawn(f"worker-{len(self.workers) + 1}", "-m", "lti_app.cli", "worker")
        self.workers.append(worker)
        return worker

    def sandbox_call(self, method: str, door: str, body: object = None, **query: str) -> Any:
        """One call on a test door of the sandbox, e.g. ("GET", "journal")."""
        answer = self.http.request(
            method, f"{self.lms_url}/_sandbox/{door}", json=body, params=query, timeout=TIMEOUTS
        )
        answer.raise_for_status()
        return answer.json()

    def lms_calls(self) -> int:
        """How many calls the tool has made on the LMS so far, as the LMS counted them."""
        return sum(1 for row in self.sandbox_call("GET", "journal") if row["by"] in ("rest", "lti"))

    def alive(self) -> str | None:
        """The name of a part that has ended by itself; None while all are up."""
        return next((name for name, process in self._processes.items() if process.poll() is not None), None)

    def _start_sandbox(self) -> None:
        self._processes["sandbox"] = self._spawn(
            "sandbox", "-m", "sandbox", "--host", "127.0.0.1", "--port", str(self.lms_port),
            *self._sandbox_arguments,
        )  # fmt: skip
        self._wait("sandbox", f"{self.lms_url}/")
        self.seed = self.sandbox_call("POST", "seed", {"tool_url": self.tool_url})

    def _start_tool(self) -> None:
        self.regroup("migrate")
        self.regroup(*self._registration())
        self._processes["tool"] = self._spawn(
            "tool", "-m", "lti_app.cli", "serve", "--host", "127.0.0.1", "--port", str(self.tool_port)
        )
        self._wait("tool", f"{self.tool_url}/healthz")
        for _ in range(self._wanted_workers):
            self.start_worker()

    def _registration(self) -> list[str]:
        tool = self.seed["tool"]
        return [
            "registrations", "add", "--district", self.seed["account"]["name"],
            "--issuer", self.lms_url, "--client-id", tool["client_id"],
            "--deployment-id", tool["deployment_id"],
            "--auth-url", f"{self.lms_url}/api/lti/authorize_redirect",
            "--token-url", f"{self.lms_url}/login/oauth2/token",
            "--jwks-url", f"{self.lms_url}/api/lti/security/jwks",
            "--family", "canvas", "--api-url", self.lms_url,
            "--api-key", tool["api_key"], "--api-secret", tool["api_secret"],
        ]  # fmt: skip

    def _spawn(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *arguments], env=self._environment, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    def _wait(self, name: str, url: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._processes[name].poll() is not None:
                break
            try:
                if self.http.get(url, timeout=TIMEOUTS).status_code == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        log = (self.folder / f"{name}.log").read_text(errors="replace")
        raise CannotStart(f"{name} did not come up at {url}:\n{log[-2000:]}")


def dump(path: Path, data: object) -> None:
    """Write JSON the same way each time, so that two runs can be compared."""
    path.write_text(json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
