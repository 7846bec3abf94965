"""How `regroup serve` runs gunicorn: threads wait for the database and the LMS, processes use the cores.

The app is loaded in each process after the fork (preload_app off): its connections are of one process.
"""

import logging

worker_class = "gthread"
threads = 8
timeout = 60
graceful_timeout = 25
keepalive = 5
max_requests = 5000
max_requests_jitter = 500
preload_app = False
# Its control socket would lie in the home folder of whoever runs us.
control_socket_disable = True
# Addresses carry ids: the access log stays off, and our own log lines have references.
accesslog = None
errorlog = "-"


def post_fork(_server: object, worker: object) -> None:
    """Say in our own log that a web process is up."""
    logging.getLogger("lti_app.web").info("web process %s", getattr(worker, "pid", ""))
