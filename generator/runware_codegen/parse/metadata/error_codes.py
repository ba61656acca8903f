"""The HTTP statuses and error codes of a task, with their descriptions.

Runware publishes no list of its error codes, and says that they vary. The two tables have
the known statuses and codes, each with its meaning and a remedy. Documents may add codes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from itertools import chain, count
from typing import Final

from runware_codegen.model import ErrorMember
from runware_codegen.naming.names import snake_case

# The values are the reason phrases of HTTP statuses (RFC 9110, section 15), in the spelling
# of Runware's codes. Several of them are codes.
_STATUSES: Final = {
    400: "badRequest",
    401: "unauthorized",
    402: "paymentRequired",
    403: "forbidden",
    404: "notFound",
    429: "tooManyRequests",
    500: "internalServerError",
    503: "serviceUnavailable",
    504: "gatewayTimeout",
}

_MEANINGS: Final = {
    "accountDisabled": "The account is disabled. Contact Runware's support.",
    "accountSuspended": "The account is suspended. Contact Runware's support.",
    "authTimeout": "The server could not check the API key in time. Try again later.",
    "authenticationFailed": "The API key was rejected. Check it, or create a new one.",
    "badRequest": "A part of the task is missing or wrong. Correct it, then send the task again.",
    "conflictTaskUUID": "A task with this taskUUID exists already. Its results can be collected.",
    "contentPolicyViolation": "The input violates the content policy. Change the prompt or the media.",
    "downloadFailed": "The server could not fetch an input. Check that its URL is public.",
    "duplicateTaskUUID": "A task with this taskUUID exists already. Its results can be collected.",
    "environmentPaused": "The environment is paused. Check the account's balance and settings.",
    "forbidden": "The API key does not have this permission. Use a key that has it.",
    "gatewayTimeout": (
        "Runware did not respond to its gateway in time, and the task may have run. "
        "Collect its results with the error's `handle` instead of sending it again."
    ),
    "imageBlocked": "An image was refused because of its content. Use another one.",
    "incompatibleParameters": "Some parameters cannot be combined. The message names them.",
    "inferenceError": "The model failed during the task. Try a new request.",
    "insufficientCredits": "The balance does not cover the task. Add credit.",
    "insufficientPermissions": "The API key does not have this permission. Use a key that has it.",
    "internalServerError": (
        "Runware failed, and the task may have run. Collect its results with the "
        "error's `handle` instead of sending it again."
    ),
    "invalidApiKey": "The API key is unknown. Check it, or create a new one.",
    "invalidAuthentication": "The API key is missing or malformed. Check it.",
    "invalidCredentials": "The API key is unknown. Check it, or create a new one.",
    "invalidParameter": "The value of a parameter is not allowed. `parameter` names it.",
    "invalidPositivePrompt": "The positive prompt is empty, too long or refused. Change it.",
    "invalidProviderContent": "The model's provider refused the content. Change the input.",
    "missingAuthentication": "The request has no API key. Check the client's `auth` and headers.",
    "missingParameter": "A required parameter is missing. `parameter` names it.",
    "modelAlreadyExists": "A model with this name and version exists already. Choose another.",
    "modelDisabled": "The model is disabled. Choose another.",
    "modelNotReady": "The model is not ready yet. Try a new request later.",
    "modelUnavailable": "The model is not available. Try a new request later.",
    "moderationFailed": "The content did not pass moderation. Change the input.",
    "noAvailableServer": "No server is available for the task. Try a new request later.",
    "notFound": "The address or an identifier in the task does not exist. Check both.",
    "nsfwContentDetected": "The input or the result is not safe for work. Change the input.",
    "organizationDisabled": "The organization is disabled. Contact Runware's support.",
    "organizationSuspended": "The organization is suspended. Contact Runware's support.",
    "payloadTooLarge": "The request is too large. Send fewer tasks at a time, or smaller inputs.",
    "paymentRequired": "The balance does not cover the task. Add credit, then send the task again.",
    "permissionDenied": "The API key does not have this permission. Use a key that has it.",
    "processingFailed": "The server failed during the task. Try a new request.",
    "promptBlocked": "The prompt was refused because of its content. Change it.",
    "providerContentPolicyViolation": "The input violates the provider's content policy. Change it.",
    "providerError": "The model's provider failed. `response_content` may say why.",
    "providerRateLimitExceeded": "The rate limit of the model's provider was reached. Try again later.",
    "quotaExceeded": "The account has used up its quota. Raise it, or wait until it is renewed.",
    "rateLimitExceeded": "The account exceeded its rate limit. Wait, then send fewer tasks.",
    "sensitiveContentDetected": "The input or the result has sensitive content. Change the input.",
    "serverUnavailable": "Runware is under maintenance or at capacity. Try again later.",
    "serviceUnavailable": (
        "Runware is under maintenance or at capacity. The task may have run, unless "
        "the response has a Retry-After header. See the error's `may_have_run`."
    ),
    "standardError": "Runware failed. See the error's message.",
    "taskCancelled": "The task was cancelled. Send a new request for its results.",
    "taskFailed": "The task ended without a result. The message says why, if known.",
    "taskFailedOrNotFound": "The task failed, or the server does not know it.",
    "timeoutProvider": "The model's provider did not respond in time. Try a new request.",
    "tokenExpired": "The API key or its token is no longer valid. Get a new one.",
    "tokenInvalid": "The API key or its token is unknown. Check it, or get a new one.",
    "tokenMissing": "The request has no token. Check the client's `auth` and headers.",
    "tokenRevoked": "The API key or its token was revoked. Get a new one.",
    "tooManyRequests": "Too many tasks in a short time. Wait, then send fewer tasks at a time.",
    "tooManyTasks": "The request has too many tasks. Send fewer at a time.",
    "unauthorized": "The API key is missing or unknown. Correct it, then send the task again.",
    "unknownError": "Runware failed for an unknown reason. See the error's message.",
    "unknownModel": "No model has this name. Check `model`.",
    "unknownParameter": "The task has an unknown parameter. `parameter` names it.",
    "unsafeContentDetected": "The input or the result is unsafe. Change the input.",
    "unsupportedDuration": "The model does not support this duration. See its document.",
    "uploadFailed": "The server could not store a file. Try a new request.",
    "validationFailed": "The task violates a rule of its task type. See the error's message.",
    "workspaceDisabled": "The workspace is disabled. Contact Runware's support.",
    "workspaceSuspended": "The workspace is suspended. Contact Runware's support.",
}


def error_members(
    statuses: Mapping[str, str], codes: Iterable[str]
) -> tuple[ErrorMember, ...]:
    """List the members of an error enum.

    Args:
        statuses: Descriptions of HTTP statuses of errors in the documents.
        codes: The error codes that the documents name.

    Returns:
        The members that all task types have, then those that the documents add. Each
        group has the statuses first, by number, then the codes, by name. Names and values
        are unique.
    """
    members: dict[str, ErrorMember] = {}
    taken: set[str] = set()
    numbers: Mapping[str, Iterator[int]] = defaultdict(partial(count, 2))
    common = chain(_statuses({}), _codes([]))
    added = chain(_statuses(statuses), _codes(codes))
    for value, http_status, doc in chain(common, added):
        if value not in members:
            name = snake_case(f"http {value}" if value.isdecimal() else value).upper()
            names = chain([name], (f"{name}_{number}" for number in numbers[name]))
            free = next(each for each in names if each not in taken)
            taken.add(free)
            members[value] = ErrorMember(free, value, http_status, doc)
    return tuple(members.values())


@cache
def common_error_members() -> tuple[ErrorMember, ...]:
    """List the members that every error enum has."""
    return error_members({}, [])


def _statuses(documented: Mapping[str, str]) -> Iterable[tuple[str, int | None, str]]:
    failures = {int(status): doc for status, doc in documented.items()}
    for status in sorted(_STATUSES.keys() | failures.keys()):
        value = _STATUSES.get(status, str(status))
        doc = _MEANINGS.get(value) or failures[status]
        yield value, status, doc or f"The server returned HTTP {status}."


def _codes(documented: Iterable[str]) -> Iterable[tuple[str, int | None, str]]:
    unknown = (
        "An error code in the documents of this task type. See the error's message."
    )
    for code in sorted({*_MEANINGS, *documented}):
        yield code, None, _MEANINGS.get(code, unknown)
