"""Encryption at rest for LMS tokens and private keys: Fernet, with rotation (newest key encrypts, all
decrypt).
"""

from collections.abc import Sequence
from weakref import WeakKeyDictionary

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy.engine import Dialect

# A column type meets only its dialect, one for each engine: so two databases in one process keep their own
# keys.
_ciphers: WeakKeyDictionary[Dialect, MultiFernet] = WeakKeyDictionary()


class CannotDecrypt(RuntimeError):
    """A stored secret was encrypted with a key that REGROUP_SECRET_KEYS no longer has."""


def cipher_of(keys: Sequence[str]) -> MultiFernet:
    """A cipher of Fernet keys, newest first. Raises ValueError for a malformed key or for none."""
    if not keys:
        raise ValueError("no encryption key")
    return MultiFernet([Fernet(key) for key in keys])


def use_cipher(dialect: Dialect, cipher: MultiFernet) -> None:
    """Gives the engine of this dialect the keys for its EncryptedText columns."""
    _ciphers[dialect] = cipher


def encrypt(dialect: Dialect, text: str) -> str:
    """The text as a Fernet token. Raises LookupError on an engine without keys."""
    return _cipher(dialect).encrypt(text.encode()).decode("ascii")


def decrypt(dialect: Dialect, token: str) -> str:
    """The text of a Fernet token. Raises CannotDecrypt when no present key made it."""
    try:
        return _cipher(dialect).decrypt(token.encode("ascii")).decode()
    except InvalidToken:
        raise CannotDecrypt(
            "a stored secret was encrypted with a key that is not in REGROUP_SECRET_KEYS:"
            " put the old key back, last"
        ) from None


def _cipher(dialect: Dialect) -> MultiFernet:
    try:
        return _ciphers[dialect]
    except KeyError:
        raise LookupError("this engine has no encryption keys: open it through Database") from None
