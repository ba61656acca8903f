"""What responses have shown about a server."""

from __future__ import annotations

MAX_ELEMENTS = 100
"""Maximum number of tasks, or of polls, in one POST."""


class ServerFacts:
    """What responses have shown about the server at a URL. All calls to it share this.

    Attributes:
        elements: The maximum number of elements in one POST.
        dry_runs_work: Whether a dry run has had a cost and no output, so that the header
            for dry runs reaches the server.
    """

    def __init__(self) -> None:
        self.elements: int = MAX_ELEMENTS
        self.dry_runs_work = False

    def note_too_large(self, elements: int) -> None:
        """Halve the limit after a POST, or the response to it, was too large."""
        self.elements = min(self.elements, max(1, elements // 2))
