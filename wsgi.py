"""`gunicorn wsgi:app` from a checkout; `regroup serve` uses the same app."""

from lti_app.wsgi import app

__all__ = ["app"]
