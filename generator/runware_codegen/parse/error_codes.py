"""What is known of the HTTP statuses and error codes that a task can end with.

Runware publishes no list of its codes and says that they vary. The two tables hold what
has been seen, each with what it means and what to do; documents may add to them.
"""

from __future__ import annotations

from itertools import chain, count
from typing import TYPE_CHECKING, Final

from runware_codegen.model import ErrorMember
from runware_codegen.parse.names import snake_case

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping


# The values are the phrases of IANA's registry of HTTP statuses (RFC 9110, section 15) in
# the spelling of Runware's codes, several of which are codes themselves.
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
            "Something failed at Runware, perhaps after the task had run. Ask `getResponse` "
            "for its taskUUID before it is sent again."
        ),
    ),
    503: (
        "serviceUnavailable",
        (
            "Runware is under maintenance or has no capacity left. Try again later, with "
            "longer and longer waits."
        ),
    ),
    504: (
        "gatewayTimeout",
        (
            "Runware did not answer its own gateway in time; the task may run all the same. "
            "Ask `getResponse` for its taskUUID before it is sent again."
        ),
    ),
}

_CODES: Final = {
    "contentPolicyViolation": (
        "The input breaks the content policy of the model or its provider. Change the "
        "prompt or the input media."
    ),
    "duplicateTaskUUID": (
        "A task with this taskUUID is known already. Ask `getResponse` for its result, or "
        "make a new request for a second one."
    ),
    "inferenceError": (
        "The model failed while it worked on the task. Try a new request; if that fails "
        "too, change the settings."
    ),
    "insufficientCredits": (
        "The account has too little credit for the task. Add some, then send it again."
    ),
    "invalidApiKey": (
        "The API key is not known. Check it for lost characters, or make a new one."
    ),
    "invalidParameter": (
        "A parameter has a value that is not allowed. `parameter` says which; correct it."
    ),
    "invalidPositivePrompt": (
        "The positive prompt is empty, too long or otherwise refused. Change it."
    ),
    "missingParameter": (
        "A parameter that the task needs was left out. `parameter` says which; add it."
    ),
    "modelUnavailable": (
        "The model cannot be used at present. Try again later, or choose another."
    ),
    "noAvailableServer": (
        "No server is free to run the task. Try again later, with longer and longer waits."
    ),
    "nsfwContentDetected": (
        "The input or the result was found unsafe for work. Change the prompt or the input."
    ),
    "providerRateLimitExceeded": (
        "The provider of the model limits how many tasks it takes. Try again later."
    ),
    "quotaExceeded": (
        "The account has used up what it may use for now. Wait until that is renewed, or "
        "have it raised."
    ),
    "rateLimitExceeded": (
        "The account sends more than its rate limit allows. Wait, then send fewer tasks "
        "at once."
    ),
    "taskFailed": (
        "The task ended without a result. The message says why, as far as it is known."
    ),
    "timeoutProvider": (
        "The provider of the model did not answer in time. Try a new request later."
    ),
    "tokenExpired": ("The API key or its token is no longer valid. Get a new one."),
    "unsupportedDuration": (
        "The model does not make results of this length. Choose one that its document "
        "lists."
    ),
}


def error_members(
    statuses: Mapping[str, str], codes: Iterable[str]
) -> tuple[ErrorMember, ...]:
    """List the members of an error enum.

    Args:
        statuses: What the documents of the task type say of each HTTP status.
        codes: The error codes that they name.

    Returns:
        The statuses by number, then the codes by name: those that are known and those of
        the documents. Names and values are unique.
    """
    members: dict[str, ErrorMember] = {}
    taken: set[str] = set()
    for value, http_status, doc in chain(_statuses(statuses), _codes(codes)):
        if value not in members:
            name = _name(f"http {value}" if value.isdecimal() else value, taken)
            taken.add(name)
            members[value] = ErrorMember(name, value, http_status, doc)
    return tuple(members.values())


def _statuses(
    documented: Mapping[str, str],
) -> Iterable[tuple[str, int | None, str]]:
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
    """Whether a key of a document's responses is one status, and one of failure."""
    return (
        len(status) == 3 and status.isascii() and status.isdigit() and status >= "400"
    )


def _name(text: str, taken: Container[str]) -> str:
    name = snake_case(text).upper()
    numbered = chain([name], (f"{name}_{number}" for number in count(2)))
    return next(each for each in numbered if each not in taken)
