"""Categories of errors, by error code and HTTP status.

Runware has hundreds of error codes, does not publish a list of them, and changes them.
Programs should distinguish errors by category.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class ErrorCategory(StrEnum):
    """The category of an error."""

    VALIDATION = "validation"
    """A parameter of the task is missing or not valid."""

    AUTH = "auth"
    """The API key is not valid, or does not have the permission."""

    QUOTA = "quota"
    """The balance or the quota of the account is used up."""

    RATE_LIMIT = "rate_limit"
    """Too many tasks were sent in a short time."""

    SAFETY = "safety"
    """The input or the result was refused because of its content."""

    PROVIDER = "provider"
    """The model or its provider failed."""

    TIMEOUT = "timeout"
    """A step took too long."""

    NOT_FOUND = "not_found"
    """A model, task or file in the request does not exist, or no longer exists."""

    SERVER = "server"
    """Runware or a gateway in front of it failed."""

    CONNECTION = "connection"
    """The connection to the server failed."""

    ABORTED = "aborted"
    """The client was closed."""

    UNKNOWN = "unknown"
    """The category is not known."""

    @property
    def retryable(self) -> bool:
        """Whether a retry with the same input may succeed.

        It does not tell whether the task was billed: see `may_have_run` and `handle` of
        the error.
        """
        return self in _RETRYABLE


OF_THE_TASK: Final = (ErrorCategory.SAFETY, ErrorCategory.PROVIDER)
"""Categories of errors that only tasks have, not polls."""

_RETRYABLE: Final = (
    ErrorCategory.CONNECTION,
    ErrorCategory.PROVIDER,
    ErrorCategory.RATE_LIMIT,
    ErrorCategory.SERVER,
    ErrorCategory.TIMEOUT,
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
"""The categories of complete codes."""

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
"""The categories of HTTP statuses, unless they are server errors."""

_TASK: Final = "task(uuid|id)?s?"

# `re` compiles and caches these when an error needs them.
_CONFLICT: Final = (
    f"(conflict|duplicated?)(of)?{_TASK}"
    f"|{_TASK}(conflict|duplicated?|(already)?(exists|used|inuse|known))"
)
_NOT_FOUND: Final = (
    f"(unknown|nosuch){_TASK}"
    f"|({_TASK}|results?)?(failedor)?notfound"
    f"|{_TASK}(unknown|notknown|doesnotexist)"
)
_TOO_LARGE: Final = (
    "(payload|request(body|entity)?|body|entity|batch)too(large|big|long)"
    "|toomanytasks|max(imum)?tasks(perrequest)?exceeded"
)

_MAX_CODE: Final = 200


def category_of(code: str | None, http_status: int | None) -> ErrorCategory:
    """Return the category of an error.

    Case and separators of a code are ignored: `rate_limit_exceeded` equals
    `rateLimitExceeded`. This module lists known codes. For other codes, the first
    matching row decides. So `providerRateLimitExceeded` is a rate limit, and
    `providerQuotaExceeded` is a failure of the provider, not of the account:

    | The code | Category |
    | --- | --- |
    | contains `ApiKey` | auth |
    | contains `RateLimit` or `TooManyRequests` | rate limit |
    | starts with `provider` | provider |
    | contains `Credits`, `Quota` or `Balance` | quota |
    | starts with `invalid`, `missing`, `conflict`, `duplicate`, `unsupported`, `value`, \
`array` or `max` | validation |
    | contains `Timeout` or `TimedOut` | timeout |
    | ends with `NotFound` or `Expired` | not found |
    | contains `TooLarge` or `TooMany` | validation |

    Args:
        code: The error code; None without one.
        http_status: The HTTP status, which decides if the code does not.

    Returns:
        The category; `UNKNOWN` if neither decides.
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
    """Return whether a code means that the server already has a task with this UUID."""
    return re.fullmatch(_CONFLICT, _plain(code)) is not None


def is_task_not_found(code: object) -> bool:
    """Return whether a code means that the server finds no task, or no result of it.

    Codes about other objects, such as `modelNotFound`, do not.
    """
    return re.fullmatch(_NOT_FOUND, _plain(code)) is not None


def is_too_large(code: object) -> bool:
    """Return whether a code means that the request is too large.

    Codes that may be about one input of a task, such as `imageTooLarge`, do not.
    """
    return re.fullmatch(_TOO_LARGE, _plain(code)) is not None


def _plain(code: object) -> str:
    """Return the letters and digits of a code, in lower case; empty if it is not text."""
    text = code[:_MAX_CODE].casefold() if isinstance(code, str) else ""
    return re.sub("[^a-z0-9]", "", text)
