"""Why a launch or a page is refused. `lti_app/web/errors.py` has the page text of each reason."""

from enum import StrEnum


class Reason(StrEnum):
    """One reason for each thing an adult would do about it; what exactly was wrong goes to the log only."""

    # The link or the message from the LMS is not a whole LTI launch (400)
    BAD_LOGIN = "bad_login"
    BAD_LAUNCH = "bad_launch"
    WRONG_ADDRESS = "wrong_address"
    NO_DEEP_LINKS = "no_deep_links"
    # The LMS, or the place in it, is not (or no longer) let in
    NOT_INSTALLED = "not_installed"
    REGISTRATION_OFF = "registration_off"
    DEPLOYMENT_PENDING = "deployment_pending"
    DEPLOYMENT_SUSPENDED = "deployment_suspended"
    # The message is whole but cannot be trusted, or not any more (403)
    BAD_SIGNATURE = "bad_signature"
    NOT_FROM_THIS_LOGIN = "not_from_this_login"
    LAUNCH_EXPIRED = "launch_expired"
    ALREADY_USED = "already_used"
    NOT_THIS_BROWSER = "not_this_browser"
    NO_COOKIES = "no_cookies"
    # The LMS itself
    LMS_REFUSED = "lms_refused"
    LMS_KEYS_UNREACHABLE = "lms_keys_unreachable"
    # Pages after the launch
    SIGNED_OUT = "signed_out"
    NOT_YOUR_PAGE = "not_your_page"
    OTHER_SITE = "other_site"
    NO_COURSE = "no_course"


STATUS: dict[Reason, int] = {
    Reason.BAD_LOGIN: 400,
    Reason.BAD_LAUNCH: 400,
    Reason.WRONG_ADDRESS: 400,
    Reason.NO_DEEP_LINKS: 400,
    Reason.NOT_INSTALLED: 400,
    Reason.REGISTRATION_OFF: 403,
    Reason.DEPLOYMENT_PENDING: 403,
    Reason.DEPLOYMENT_SUSPENDED: 403,
    Reason.BAD_SIGNATURE: 403,
    Reason.NOT_FROM_THIS_LOGIN: 403,
    Reason.LAUNCH_EXPIRED: 403,
    Reason.ALREADY_USED: 403,
    Reason.NOT_THIS_BROWSER: 403,
    Reason.NO_COOKIES: 403,
    Reason.LMS_REFUSED: 400,
    Reason.LMS_KEYS_UNREACHABLE: 502,
    Reason.SIGNED_OUT: 401,
    Reason.NOT_YOUR_PAGE: 403,
    Reason.OTHER_SITE: 403,
    Reason.NO_COURSE: 200,
}


class Refusal(Exception):
    """A request answered with a page that says why not. `detail` is for the log: never a person's data."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail

    @property
    def status(self) -> int:
        return STATUS[self.reason]
