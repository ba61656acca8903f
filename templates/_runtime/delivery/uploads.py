"""Files are uploaded before the tasks that they are for: what is decided, without I/O.

A document may take a medium only as the UUID of a file that the platform has. Then the
file is uploaded by a task of its own, delivered as any other: what may have been
accepted is asked for, and not sent again. The task that waits for it is sent next.
"""

from __future__ import annotations

from base64 import b64encode
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from ..exceptions import APIError, RunwareError
from ..locks import ForkSafeLock
from ..media.local_files import place_of, with_uuids
from ..transport.items import outputs_of
from .lifecycle import Phase
from .task import UPLOAD_OUTPUT, Submission, Upload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ..media.local_files import LocalFile

MOST_REMEMBERED = 10_000
"""Uploads that a client remembers."""

ADVICE = (
    "The task that needs the file was not sent; sending it once more goes on with the "
    "upload."
)


_UPLOAD = {"taskType": "mediaStorage", "operation": "upload"}
"""The members of an upload, besides its taskUUID and the file."""


def new_upload() -> Upload:
    """Return the task that uploads a file, not sent yet."""
    from uuid import uuid4  # takes its time

    wire = {"taskType": _UPLOAD["taskType"], "taskUUID": str(uuid4())}
    return Upload(wire, dict, outputs_of(_UPLOAD["taskType"], None))


def submission_of_upload(upload: Upload, file: LocalFile) -> Submission[Any]:
    """Return an upload with what sending it takes."""
    text = b64encode(file.content).decode("ascii")
    media = f"data:{file.media_type};base64,{text}"
    return Submission(upload, {**_UPLOAD, **upload.wire, "media": media})


class Uploads:
    """What a client has uploaded, by content. Shared between threads."""

    def __init__(self) -> None:
        self._lock = ForkSafeLock()
        self._known: OrderedDict[str, Upload] = OrderedDict()

    def take(self, file: LocalFile) -> Upload:
        """Return the task that has uploaded a file, or is to do it.

        One that was left before its end goes to a single caller, who polls it.
        """
        with self._lock.native:
            known = self._known.get(file)
            if known is not None and not known.is_done:
                del self._known[file]
        return known or new_upload()

    def uuid(self, file: LocalFile) -> str | None:
        """Return what the platform calls a file; None where it is not uploaded."""
        known = self._known.get(file)
        return None if known is None else known.uuid

    def note(self, uploads: Mapping[LocalFile, Upload]) -> None:
        """Remember what is uploaded, and what may be; but not the files themselves."""
        with self._lock.native:
            for file, upload in uploads.items():
                self._known.pop(file, None)
                if upload.phase is not Phase.UNSENT and not upload.has_failed:
                    self._known[str(file)] = upload
            while len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)

    def forget(self, files: Iterable[LocalFile]) -> None:
        """Upload files anew the next time."""
        with self._lock.native:
            for file in files:
                self._known.pop(file, None)


class Waiting:
    """The tasks of a delivery that wait for files, and the uploads of these."""

    def __init__(self, known: Uploads) -> None:
        self._known = known
        self._uploads: dict[LocalFile, Upload] = {}
        self._waiting: list[tuple[Submission[Any], dict[LocalFile, Upload]]] = []

    def hold(self, submission: Submission[Any]) -> list[Submission[Any]]:
        """Take a task that waits.

        Returns:
            The uploads that are to be carried for it, besides those for others.
        """
        fresh: list[Submission[Any]] = []
        for file, begun in submission.uploads.items():
            if file in self._uploads:
                continue
            upload = begun
            if upload is None or upload.has_failed:
                upload = self._known.take(file)
            self._uploads[file] = upload
            if not upload.is_done:
                fresh.append(submission_of_upload(upload, file))
        own = {file: self._uploads[file] for file in submission.uploads}
        submission.uploads.update(own)
        self._waiting.append((submission, own))
        return fresh

    def settle(
        self, why: Callable[[Upload], RunwareError | None]
    ) -> Iterator[tuple[Submission[Any], RunwareError | None]]:
        """Give back the tasks that wait no more.

        Args:
            why: Says why an upload failed or was given up; None where it was not.

        Yields:
            Each task, and why it cannot be sent; None where it can.
        """
        self.note()
        for each in self._waiting.copy():
            submission, uploads = each
            error = _error(submission, uploads, why)
            uuids = {file: upload.uuid or "" for file, upload in uploads.items()}
            if error is None and not all(uuids.values()):
                continue
            self._waiting.remove(each)
            if error is None:
                submission.wire = with_uuids(submission.wire, uuids)
                submission.is_waiting = False
            yield submission, error

    def note(self) -> None:
        """Have the client remember the uploads, however far they are."""
        self._known.note(self._uploads)

    def note_failure(self, submission: Submission[Any]) -> None:
        """Note that a task failed that was sent: its files may be gone by now."""
        if not submission.is_waiting:
            self._known.forget(submission.uploads)
            for file in submission.uploads:
                self._uploads.pop(file, None)


def _error(
    submission: Submission[Any],
    uploads: Mapping[LocalFile, Upload],
    why: Callable[[Upload], RunwareError | None],
) -> RunwareError | None:
    for file, upload in uploads.items():
        error = why(upload)
        if error is None and upload.has_failed:
            error = RunwareError(f"the answer to it names no {UPLOAD_OUTPUT}")
        if error is not None:
            return _not_uploaded(place_of(file, submission.wire), error)
    return None


def _not_uploaded(place: str | None, error: RunwareError) -> RunwareError:
    """Return what ended an upload, as the error of the task that waited for it."""
    copy = error.about(error.task_type, error.task_uuid)
    copy.message = f"the file in {place} was not uploaded: {error.message}"
    if error.may_have_run:
        vars(copy).update(advice=ADVICE, may_have_run=False)
    if isinstance(copy, APIError) and place is not None:
        copy.parameters = (place,)
    return copy
