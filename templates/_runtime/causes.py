"""The causes of an exception, and the text that says most about it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2


def chain(error: BaseException, outer: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception with its causes and contexts.

    The exception that was handled before, and its causes, are skipped.
    """
    seen = {id(outer)}
    pending = [error]
    while pending:
        each = pending.pop()
        if id(each) not in seen:
            seen.add(id(each))
            yield each
            causes = (each.__cause__, each.__context__)
            pending += [cause for cause in causes if cause is not None]
            pending += getattr(each, "exceptions", ())  # of an exception group


def reason_of(error: Exception, outer: BaseException | None = None) -> str:
    """Return the text of an exception, or that of the system error behind it.

    The second is returned if the exception has no text, or only the summary of the failed
    attempts to connect to the addresses of a host.
    """
    text = str(error)
    causes = [each for each in chain(error, outer) if isinstance(each, OSError)]
    summaries = [e for e in causes if e.errno is None and e is not error]
    is_summary = text in map(str, summaries)
    if is_timeout(error) or (text and not is_summary):
        return text
    causes.sort(key=lambda each: each.errno is None)
    return next(map(str, causes), text)


def is_of_socks(error: BaseException) -> bool:
    """Return whether the SOCKS library raised an exception: the HTTP library lets it pass."""
    return type(error).__module__ == "socksio.exceptions"  # it may not be installed


def is_timeout(error: Exception) -> bool:
    """Return whether an exception is a timeout."""
    return isinstance(error, (httpx2.TimeoutException, TimeoutError))
