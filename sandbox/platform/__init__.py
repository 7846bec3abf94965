"""The LTI 1.3 platform: launches, tokens, roster and gradebook services, as Canvas has them."""

from flask import Blueprint

from sandbox.platform import ags, deep_linking_routes, notices, nrps, registration_routes, routes
from sandbox.platform.install import Installed, deploy, install_tool
from sandbox.platform.keys import rotate as rotate_keys
from sandbox.platform.services import ServiceError, refuse

__all__ = ["Installed", "blueprint", "deploy", "install_tool", "rotate_keys"]

blueprint = Blueprint("platform", __name__)
for part in (routes, nrps, ags, deep_linking_routes, registration_routes, notices):
    blueprint.register_blueprint(part.blueprint)
blueprint.register_error_handler(ServiceError, refuse)
