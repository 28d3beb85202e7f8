"""What all providers' HTTP has in common: did a failed request leave this machine or not?"""

from __future__ import annotations

from ssl import SSLCertVerificationError

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, SSLError

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def never_left(error: BaseException) -> bool:
    """True when it is certain that the other side has not read the request."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError):
        return True
    if isinstance(error, ConnectTimeoutError | NewConnectionError):
        return True
    if isinstance(error, SSLError):
        return bool(error.args) and isinstance(error.args[0], SSLCertVerificationError)
    if isinstance(error, requests.exceptions.ProxyError):
        return True
    if not isinstance(error, requests.ConnectionError) or not error.args:
        return False
    cause = error.args[0]
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
