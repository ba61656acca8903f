"""Uploads of files before the tasks that need them, without I/O.

Some documents accept media only as the UUID of a file on the platform. Such a file is
uploaded by a task of its own, which is delivered like any other: if the server may have
it, it is polled and not sent again. Then the task that needs the file is sent.
"""

from __future__ import annotations

from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from typing import Any

from ..api_errors import APIError
from ..exceptions import RunwareError
from ..locks import ForkSafeLock
from ..media.local_files import LocalFile, place_of, with_uuids
from ..transport.items import outputs_of
from .lifecycle import Phase
from .submission import Submission
from .task import UPLOAD_OUTPUT, Upload

MAX_REMEMBERED = 10_000
"""Maximum number of uploads that a client remembers."""

ADVICE = "The task with the file was not sent. Send it again to continue the upload."

_UPLOAD = {"taskType": "mediaStorage", "operation": "upload"}
"""The members of an upload, except its taskUUID and the file."""


def new_upload() -> Upload:
    """Return an unsent task that uploads a file."""
    from uuid import uuid4  # slow to import

    wire = {"taskType": _UPLOAD["taskType"], "taskUUID": str(uuid4())}
    return Upload(wire, dict, outputs_of(_UPLOAD["taskType"], None))


def submission_of_upload(upload: Upload, file: LocalFile) -> Submission[Any]:
    """Return the submission of an upload."""
    text = b64encode(file.content).decode("ascii")
    media = f"data:{file.media_type};base64,{text}"
    return Submission(upload, {**_UPLOAD, **upload.wire, "media": media})


class Uploads:
    """The uploads of a client, by the content of their files. It is thread-safe."""

    def __init__(self) -> None:
        self._lock = ForkSafeLock()
        self._known: OrderedDict[str, Upload] = OrderedDict()

    def take(self, file: LocalFile) -> Upload:
        """Return the upload of a file: a finished one, an unfinished one, or a new one.

        An unfinished upload is returned to one caller only, who polls it.
        """
        with self._lock.native:
            known = self._known.get(file)
            if known is not None and not known.is_done:
                del self._known[file]
        return known or new_upload()

    def uuid(self, file: LocalFile) -> str | None:
        """Return the UUID of an uploaded file; None if it is not uploaded."""
        known = self._known.get(file)
        return None if known is None else known.uuid

    def remember(self, uploads: Mapping[LocalFile, Upload]) -> None:
        """Remember uploads that the server has or may have, without their content."""
        with self._lock.native:
            for file, upload in uploads.items():
                self._known.pop(file, None)
                if upload.phase is not Phase.UNSENT and not upload.has_failed:
                    self._known[str(file)] = upload
            while len(self._known) > MAX_REMEMBERED:
                self._known.popitem(last=False)

    def forget(self, files: Iterable[LocalFile]) -> None:
        """Forget files, so that they are uploaded again the next time."""
        with self._lock.native:
            for file in files:
                self._known.pop(file, None)


class PendingUploads:
    """The uploads of a delivery, and the tasks that wait for them."""

    def __init__(self, known: Uploads) -> None:
        self._known = known
        self._uploads: dict[LocalFile, Upload] = {}
        self._waiting: list[tuple[Submission[Any], dict[LocalFile, Upload]]] = []

    def hold(self, submission: Submission[Any]) -> list[Submission[Any]]:
        """Add a task that waits for uploads; return those that are not under way yet."""
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
        self, error_of: Callable[[Upload], RunwareError | None]
    ) -> Iterator[tuple[Submission[Any], RunwareError | None]]:
        """Yield the tasks that do not wait any more, each with the error that prevents it.

        The error of an upload that failed or was given up comes from `error_of`.
        """
        self.remember()
        for each in self._waiting.copy():
            submission, uploads = each
            error = _error(submission, uploads, error_of)
            uuids = {file: upload.uuid or "" for file, upload in uploads.items()}
            if error is None and not all(uuids.values()):
                continue
            self._waiting.remove(each)
            if error is None:
                submission.wire = with_uuids(submission.wire, uuids)
                submission.needs_uploads = False
            yield submission, error

    def remember(self) -> None:
        """Store the state of the uploads in the client."""
        self._known.remember(self._uploads)

    def note_failure(self, submission: Submission[Any]) -> None:
        """Forget the files of a failed task: the platform may have deleted them."""
        self._known.forget(submission.uploads)
        for file in submission.uploads:
            self._uploads.pop(file, None)


def _error(
    submission: Submission[Any],
    uploads: Mapping[LocalFile, Upload],
    error_of: Callable[[Upload], RunwareError | None],
) -> RunwareError | None:
    for file, upload in uploads.items():
        error = error_of(upload)
        if error is None and upload.has_failed:
            error = RunwareError(f"the response to the upload has no {UPLOAD_OUTPUT}")
        if error is not None:
            return _not_uploaded(place_of(file, submission.wire), error)
    return None


def _not_uploaded(place: str | None, error: RunwareError) -> RunwareError:
    """Return the error of an upload as an error of the task that waited for it."""
    error = copy(error)
    error.message = f"the file in {place} was not uploaded: {error.message}"
    if error.may_have_run:
        error.advice = ADVICE
    if isinstance(error, APIError) and place is not None:
        error.parameters = (place,)
    return error
