"""The HTTP statuses and error codes of a task, with their descriptions.

Runware publishes no list of its error codes, and says that they vary. The two tables have
the known codes, each with its meaning and a remedy. Documents may add codes.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Final

from runware_codegen.model import ErrorMember
from runware_codegen.naming.names import numbered, snake_case

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


# The values are the reason phrases of HTTP statuses (RFC 9110, section 15), in the spelling
# of Runware's codes. Several of them are codes.
_STATUSES: Final = {
    400: (
        "badRequest",
        "Something in the task is missing or wrong. Correct it, then send the task again.",
    ),
    401: (
        "unauthorized",
        "The API key is missing or not known. Check it, then send the task again.",
    ),
    402: (
        "paymentRequired",
        "The balance does not cover the task. Add credit, then send the task again.",
    ),
    403: (
        "forbidden",
        "The API key is valid and may not do this. Use one of a team that may.",
    ),
    404: (
        "notFound",
        "There is nothing under that address or identifier. Check both.",
    ),
    429: (
        "tooManyRequests",
        "Too much was sent in too short a time. Wait, then send fewer tasks at once.",
    ),
    500: (
        "internalServerError",
        (
            "Something failed at Runware, perhaps after the task had run. Collect it with "
            "the error's `handle` instead of sending it again."
        ),
    ),
    503: (
        "serviceUnavailable",
        (
            "Runware is under maintenance or has no capacity left. The task may have run, "
            "unless the answer has a Retry-After header: the error's `may_have_run` tells."
        ),
    ),
    504: (
        "gatewayTimeout",
        (
            "Runware did not answer its own gateway in time; the task may run all the same. "
            "Collect it with the error's `handle` instead of sending it again."
        ),
    ),
}

_CODES: Final = {
    "accountDisabled": "The account is disabled. Ask Runware's support.",
    "accountSuspended": "The account is suspended. Ask Runware's support.",
    "authTimeout": "The server could not check the API key in time. Try again later.",
    "authenticationFailed": "The API key was refused. Check it, or make a new one.",
    "conflictTaskUUID": "A task with this taskUUID is known already: its result can be collected.",
    "contentPolicyViolation": "The input breaks the content policy. Change the prompt or the media.",
    "downloadFailed": "The server could not fetch an input. Check that its URL is public.",
    "duplicateTaskUUID": "A task with this taskUUID is known already: its result can be collected.",
    "environmentPaused": "The environment is paused. Check the account's balance and settings.",
    "imageBlocked": "An image was refused for its content. Change it.",
    "incompatibleParameters": "Parameters do not go together. The message says which; leave some out.",
    "inferenceError": "The model failed while it worked on the task. Try a new request.",
    "insufficientCredits": "The account has too little credit for the task. Add some.",
    "insufficientPermissions": "The API key may not do this. Use one of a team that may.",
    "invalidApiKey": "The API key is not known. Check it, or make a new one.",
    "invalidAuthentication": "The API key is missing or malformed. Check it.",
    "invalidCredentials": "The API key is not known. Check it, or make a new one.",
    "invalidParameter": "A parameter has a value that is not allowed. `parameter` says which.",
    "invalidPositivePrompt": "The positive prompt is empty, too long or refused. Change it.",
    "invalidProviderContent": "The model's provider refused the content. Change the input.",
    "missingAuthentication": "The request has no API key. Check the client's `auth` and headers.",
    "missingParameter": "A parameter that the task needs was left out. `parameter` says which.",
    "modelAlreadyExists": "There is a model of this name and version. Choose another.",
    "modelDisabled": "The model is switched off. Choose another.",
    "modelNotReady": "The model is not ready yet. Try a new request later.",
    "modelUnavailable": "The model cannot be used now. Try a new request later.",
    "moderationFailed": "The content did not pass moderation. Change the input.",
    "noAvailableServer": "No server is free for the task. Try a new request later.",
    "nsfwContentDetected": "The input or the result is unsafe for work. Change the input.",
    "organizationDisabled": "The organization is disabled. Ask Runware's support.",
    "organizationSuspended": "The organization is suspended. Ask Runware's support.",
    "payloadTooLarge": "The request is too large. Send fewer tasks at once, or smaller inputs.",
    "permissionDenied": "The API key may not do this. Use one of a team that may.",
    "processingFailed": "The server failed while it worked on the task. Try a new request.",
    "promptBlocked": "The prompt was refused for its content. Change it.",
    "providerContentPolicyViolation": "The input breaks the provider's content policy. Change it.",
    "providerError": "The provider of the model failed. `response_content` may say why.",
    "providerRateLimitExceeded": "The provider limits how many tasks it takes. Try again later.",
    "quotaExceeded": "The account has used up its quota. Wait for the next, or raise it.",
    "rateLimitExceeded": "The account sends more than it may. Wait, then send fewer tasks.",
    "sensitiveContentDetected": "The input or the result is sensitive content. Change the input.",
    "serverUnavailable": "Runware has no capacity left or is under maintenance. Try again later.",
    "standardError": "Something failed at Runware. See the error's message.",
    "taskCancelled": "The task was cancelled. Make a new request for its result.",
    "taskFailed": "The task ended without a result. The message says why, if known.",
    "taskFailedOrNotFound": "The task failed, or the server does not know it.",
    "timeoutProvider": "The provider of the model did not answer in time. Try a new request.",
    "tokenExpired": "The API key or its token is no longer valid. Get a new one.",
    "tokenInvalid": "The API key or its token is not known. Check it, or get a new one.",
    "tokenMissing": "The request has no token. Check the client's `auth` and headers.",
    "tokenRevoked": "The API key or its token was revoked. Get a new one.",
    "tooManyTasks": "The request has too many tasks. Send fewer at once.",
    "unknownError": "Something failed, and Runware does not know what. See the message.",
    "unknownModel": "There is no model of this name. Check `model`.",
    "unknownParameter": "The task has a parameter that it does not take. `parameter` says which.",
    "unsafeContentDetected": "The input or the result is unsafe. Change the input.",
    "unsupportedDuration": "The model makes no results of this length. See its document.",
    "uploadFailed": "The server could not store a file. Try a new request.",
    "validationFailed": "The task breaks a rule of its type. The message says which.",
    "workspaceDisabled": "The workspace is disabled. Ask Runware's support.",
    "workspaceSuspended": "The workspace is suspended. Ask Runware's support.",
}


def error_members(
    statuses: Mapping[str, str], codes: Iterable[str]
) -> tuple[ErrorMember, ...]:
    """List the members of an error enum.

    Args:
        statuses: Descriptions of HTTP statuses in the documents of the task type.
        codes: The error codes that the documents name.

    Returns:
        The members that all task types have, then those that the documents add. Each
        group has the statuses first, by number, then the codes, by name. Names and values
        are unique.
    """
    members: dict[str, ErrorMember] = {}
    taken: set[str] = set()
    common = chain(_statuses({}), _codes([]))
    added = chain(_statuses(statuses), _codes(codes))
    for value, http_status, doc in chain(common, added):
        if value not in members:
            name = snake_case(f"http {value}" if value.isdecimal() else value).upper()
            name = numbered(name, taken, "_")
            taken.add(name)
            members[value] = ErrorMember(name, value, http_status, doc)
    return tuple(members.values())


@cache
def common_error_members() -> tuple[ErrorMember, ...]:
    """List the members that every error enum has."""
    return error_members({}, [])


def _statuses(documented: Mapping[str, str]) -> Iterable[tuple[str, int | None, str]]:
    failures = {int(s): doc for s, doc in documented.items() if _is_failure(s)}
    for status in sorted(_STATUSES.keys() | failures.keys()):
        value, doc = _STATUSES.get(status) or (str(status), failures[status])
        yield value, status, doc or f"The server answered with HTTP {status}."


def _codes(documented: Iterable[str]) -> Iterable[tuple[str, int | None, str]]:
    unknown = (
        "A code that the documents of this task type name. See the error's message."
    )
    for code in sorted({*_CODES, *documented}):
        yield code, None, _CODES.get(code, unknown)


def _is_failure(status: str) -> bool:
    """Return whether a key of a document's responses is the status of an error."""
    return re.fullmatch("[4-9][0-9]{2}", status) is not None
