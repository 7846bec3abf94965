"""What can go wrong between Regroup and an LMS.

LmsError
├── Unreachable        no connection could be made
│   └── UnsafeAddress  the address is one we never call: plain http, loopback, a private network
├── TimedOut           no whole answer in time
├── Throttled          the LMS asks us to slow down
├── SignInExpired      the teacher has to connect the LMS again
├── NotPermitted       the account we act as may not do this
├── NotFound           it is not there (any more)
├── Refused            the LMS read the request and said no (400, 409, 422)
├── BadReply           the answer is not in the shape the LMS documents
├── LmsDown            the LMS has an error of its own or shows a maintenance page
├── Stopped            somebody here asked the run to stop
├── LostHold           another worker has taken over this run
├── UnfitName          a name that students would see says too much
└── CannotDo           this LMS offers no way to do it

Each says `what` happened, what was `done`, and the `remedy`, for adults. None bears a person's name; words of
the LMS, which may, are kept apart in `words` and never become part of the text.
"""

from typing import ClassVar

NOTHING_CHANGED = "Nothing was changed."
MAYBE_CHANGED = "The last step may have been carried out; Regroup looks for it before it tries again."


class LmsError(Exception):
    """Something went wrong with an LMS. `is_passing` says that waiting may be enough."""

    remedy: ClassVar[str] = "Try again; if it stays so, show this message to your LMS administrator."
    is_passing: ClassVar[bool] = False

    def __init__(
        self, what: str, *, done: str = NOTHING_CHANGED, status: int | None = None, words: str = ""
    ) -> None:
        super().__init__(what)
        self.what = what
        self.done = done
        self.status = status
        self.words = words

    def __str__(self) -> str:
        return f"{self.what} {self.done} {self.remedy}"


class Unreachable(LmsError):
    """No connection could be made, so the LMS did not get the request."""

    remedy = "Check that the LMS is up and try again in a few minutes."
    is_passing = True


class UnsafeAddress(Unreachable):
    """The address is one that Regroup never calls."""

    remedy = "Give the LMS's public https address in the registration."
    is_passing = False


class TimedOut(LmsError):
    """No whole answer came in time; a write may have been carried out."""

    remedy = "Try again in a few minutes."
    is_passing = True


class Throttled(LmsError):
    """The LMS asks us to slow down; it did not carry out the request."""

    remedy = "Regroup goes on more slowly by itself; if this stays, try again in ten minutes."
    is_passing = True

    def __init__(self, what: str, *, retry_after: float | None = None, status: int | None = None) -> None:
        super().__init__(what, status=status)
        self.retry_after = retry_after


class SignInExpired(LmsError):
    """The permission to act for the teacher has ended; it has to be given again."""

    remedy = "Connect the LMS again with the button on the class page."


class NotPermitted(LmsError):
    """The account we act as has not the right for this. `right` names it where it is known."""

    remedy = "Ask your LMS administrator for this right, or connect with an account that has it."

    def __init__(
        self, what: str, *, right: str | None = None, status: int | None = None, words: str = ""
    ) -> None:
        super().__init__(what, status=status, words=words)
        self.right = right


class NotFound(LmsError):
    """It is not in the LMS (any more), or the account we act as cannot see it."""

    remedy = "Read the class again from the LMS, then look at the plan once more."


class Refused(LmsError):
    """The LMS understood the request and said no. `words` holds its reason."""

    remedy = "Read the class again from the LMS, then look at the plan once more."


class BadReply(LmsError):
    """The answer is not in the documented shape. `field` names what was wrong."""

    def __init__(
        self, what: str, *, field: str, status: int | None = None, done: str = NOTHING_CHANGED
    ) -> None:
        super().__init__(what, done=done, status=status)
        self.field = field


class LmsDown(LmsError):
    """The LMS has an error of its own, or answers with a web page (maintenance, sign-in)."""

    remedy = "Wait until the LMS works again; its status page may say when."
    is_passing = True


class Stopped(LmsError):
    """Somebody asked this run to stop; it stopped before its next call."""

    remedy = "Start it again when you want it to go on; it goes on where it stopped."


class LostHold(LmsError):
    """Another worker has taken over this run, so this one must not write."""

    remedy = "Nothing is needed: the other worker goes on."


class UnfitName(LmsError):
    """A name that students would see holds a level word, a code or a child's name."""

    remedy = "Choose a neutral name, for example of an animal or a plant."


class CannotDo(LmsError):
    """This LMS offers no way to do this: the gateway has no such port."""

    remedy = "Do this part by hand; Regroup shows the list."
