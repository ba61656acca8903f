"""What error codes and HTTP statuses mean: the category of an error.

Runware has hundreds of codes, publishes no list of them, and changes them. Programs that
have to tell errors apart are safer with their categories.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class ErrorCategory(StrEnum):
    """What kind of failure an error is about."""

    VALIDATION = "validation"
    """The server found something missing or wrong in what was sent."""

    AUTH = "auth"
    """The API key is not known, or may not do this."""

    QUOTA = "quota"
    """The balance or the quota of the account is used up."""

    RATE_LIMIT = "rate_limit"
    """Too much was sent in too short a time."""

    SAFETY = "safety"
    """The input or the result was refused for its content."""

    PROVIDER = "provider"
    """The model or its provider failed."""

    TIMEOUT = "timeout"
    """Something took too long."""

    NOT_FOUND = "not_found"
    """What the request names does not exist, or not any more."""

    SERVER = "server"
    """Something failed at Runware or on the way to it."""

    CONNECTION = "connection"
    """The connection to the server failed."""

    ABORTED = "aborted"
    """The client gave up by itself."""

    UNKNOWN = "unknown"
    """None of the above, as far as the package knows."""

    @property
    def retryable(self) -> bool:
        """Whether a new attempt with the same input may succeed.

        This says nothing of money: see `may_have_run` and `handle` of the error.
        """
        return self in _RETRYABLE


OF_THE_TASK: Final = (ErrorCategory.SAFETY, ErrorCategory.PROVIDER)
"""Categories of errors that only a task can have, and not a poll of it."""

_RETRYABLE: Final = frozenset(
    {
        ErrorCategory.CONNECTION,
        ErrorCategory.PROVIDER,
        ErrorCategory.RATE_LIMIT,
        ErrorCategory.SERVER,
        ErrorCategory.TIMEOUT,
    }
)

_CODES: Final = {
    code: category
    for category, codes in {
        ErrorCategory.AUTH: """
            accountdisabled accountsuspended authenticationfailed authtimeout forbidden
            insufficientpermissions invalidauthentication invalidcredentials
            missingauthentication organizationdisabled organizationsuspended
            permissiondenied tokenexpired tokeninvalid tokenmissing tokenrevoked
            unauthorized workspacedisabled workspacesuspended
        """,
        ErrorCategory.NOT_FOUND: "taskcancelled taskfailedornotfound unknownmodel",
        ErrorCategory.PROVIDER: """
            downloadfailed inferenceerror modeldisabled modelnotready modelunavailable
            noavailableserver processingfailed taskfailed uploadfailed
        """,
        ErrorCategory.QUOTA: "environmentpaused paymentrequired",
        ErrorCategory.SAFETY: """
            contentpolicyviolation imageblocked invalidprovidercontent moderationfailed
            nsfwcontentdetected promptblocked providercontentpolicyviolation
            sensitivecontentdetected unsafecontentdetected
        """,
        ErrorCategory.SERVER: """
            badgateway internalservererror serverunavailable serviceunavailable
            standarderror unknownerror
        """,
        ErrorCategory.VALIDATION: """
            badrequest incompatibleparameters modelalreadyexists unknownparameter
            validationfailed
        """,
    }.items()
    for code in codes.split()
}
"""The categories of whole codes."""

_PATTERNS: Final = (
    ("apikey", ErrorCategory.AUTH),
    ("ratelimit|toomanyrequests", ErrorCategory.RATE_LIMIT),
    ("^provider", ErrorCategory.PROVIDER),
    ("credits|quota|balance", ErrorCategory.QUOTA),
    (
        "^(invalid|missing|conflict|duplicate|unsupported|value|array|max)",
        ErrorCategory.VALIDATION,
    ),
    ("timeout|timedout", ErrorCategory.TIMEOUT),
    ("(notfound|expired)$", ErrorCategory.NOT_FOUND),
    ("toolarge|toomany", ErrorCategory.VALIDATION),
)
"""The categories of codes that match a pattern; the first one wins."""

_STATUSES: Final = {
    **dict.fromkeys(range(405, 423), ErrorCategory.VALIDATION),
    400: ErrorCategory.VALIDATION,
    401: ErrorCategory.AUTH,
    402: ErrorCategory.QUOTA,
    403: ErrorCategory.AUTH,
    404: ErrorCategory.NOT_FOUND,
    407: ErrorCategory.AUTH,
    408: ErrorCategory.TIMEOUT,
    410: ErrorCategory.NOT_FOUND,
    418: ErrorCategory.UNKNOWN,
    429: ErrorCategory.RATE_LIMIT,
    431: ErrorCategory.VALIDATION,
    504: ErrorCategory.TIMEOUT,
}
"""The categories of HTTP statuses below 500, and of those that are not a server's."""

_TASK: Final = "task(uuid|id)?s?"

_CONFLICT: Final = re.compile(
    f"(conflict|duplicated?)(of)?{_TASK}"
    f"|{_TASK}(conflict|duplicated?|(already)?(exists|used|inuse|known))"
)
_NOT_FOUND: Final = re.compile(
    f"(unknown|nosuch){_TASK}"
    f"|({_TASK}|results?)?(failedor)?notfound"
    f"|{_TASK}(unknown|notknown|doesnotexist)"
)
_TOO_LARGE: Final = re.compile(
    "(payload|request(body|entity)?|body|entity|batch)too(large|big|long)"
    "|toomanytasks|max(imum)?tasks(perrequest)?exceeded"
)

_MAX_CODE: Final = 200


def category_of(code: str | None, http_status: int | None) -> ErrorCategory:
    """Return the category of an error.

    Case and separators of a code mean nothing: `rate_limit_exceeded` is
    `rateLimitExceeded`. Codes whose category is known are listed in this module; of the
    others, the first row that matches wins, so that `providerRateLimitExceeded` is a
    rate limit and `providerQuotaExceeded` is the provider's failure, not the account's:

    | The code | Category |
    | --- | --- |
    | holds `ApiKey` | auth |
    | holds `RateLimit` or `TooManyRequests` | rate limit |
    | begins with `provider` | provider |
    | holds `Credits`, `Quota` or `Balance` | quota |
    | begins with `invalid`, `missing`, `conflict`, `duplicate`, `unsupported`, `value`, \
`array` or `max` | validation |
    | holds `Timeout` or `TimedOut` | timeout |
    | ends in `NotFound` or `Expired` | not found |
    | holds `TooLarge` or `TooMany` | validation |

    Args:
        code: The server's code; None where it gave none.
        http_status: The HTTP status, which decides where the code does not.

    Returns:
        The category; `UNKNOWN` where neither says anything.
    """
    words = _plain(code)
    if words in _CODES:
        return _CODES[words]
    for pattern, category in _PATTERNS:
        if re.search(pattern, words):
            return category
    if http_status in _STATUSES:
        return _STATUSES[http_status]
    is_server_error = http_status is not None and http_status >= 500
    return ErrorCategory.SERVER if is_server_error else ErrorCategory.UNKNOWN


def is_task_conflict(code: object) -> bool:
    """Return whether a code says that the server has a task with this UUID already."""
    return _CONFLICT.fullmatch(_plain(code)) is not None


def is_task_not_found(code: object) -> bool:
    """Return whether a code says that the server finds no task, or no result of it.

    Codes that speak of anything else, such as `modelNotFound`, do not count.
    """
    return _NOT_FOUND.fullmatch(_plain(code)) is not None


def is_too_large(code: object) -> bool:
    """Return whether a code says that the request holds too much.

    Codes that may speak of one input of a task, such as `imageTooLarge`, do not count.
    """
    return _TOO_LARGE.fullmatch(_plain(code)) is not None


def _plain(code: object) -> str:
    """The letters and digits of a code, in lower case; nothing of what is no text."""
    text = code[:_MAX_CODE].casefold() if isinstance(code, str) else ""
    return re.sub("[^a-z0-9]", "", text)
