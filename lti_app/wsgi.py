"""What a WSGI server loads: the app of this process's environment, made after the server has forked."""

from lti_app.app import create_app
from lti_app.logs import set_up_logs
from lti_app.settings import load

settings = load()
set_up_logs(settings)
app = create_app(settings)
