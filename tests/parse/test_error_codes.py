"""The error enum of a task type: the members that are generated, and its behaviour."""

from __future__ import annotations

import copy
import cProfile
import keyword
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopback import pickled
from making import a_document
from random_text import CHARACTERS
from runware_codegen.documents import SourceDocument
from runware_codegen.parse import parse
from runware_codegen.parse.metadata.error_codes import error_members

if TYPE_CHECKING:
    from types import ModuleType

# The statuses of all documents, and other statuses and codes seen in responses.
SEEN = """
400 401 402 403 404 429 500 503 504
accountDisabled accountSuspended authTimeout authenticationFailed conflictTaskUUID
contentPolicyViolation downloadFailed duplicateTaskUUID environmentPaused forbidden
imageBlocked incompatibleParameters inferenceError insufficientCredits
insufficientPermissions internalServerError invalidApiKey invalidAuthentication
invalidCredentials invalidParameter invalidPositivePrompt invalidProviderContent
missingAuthentication missingParameter modelAlreadyExists modelDisabled modelNotReady
modelUnavailable moderationFailed noAvailableServer nsfwContentDetected paymentRequired
permissionDenied processingFailed promptBlocked providerContentPolicyViolation
providerRateLimitExceeded quotaExceeded rateLimitExceeded sensitiveContentDetected
serverUnavailable serviceUnavailable standardError taskCancelled taskFailed
taskFailedOrNotFound timeoutProvider tokenExpired tokenInvalid tokenMissing tokenRevoked
unauthorized unknownError unknownModel unknownParameter unsafeContentDetected
unsupportedDuration uploadFailed validationFailed workspaceSuspended
"""

statuses = st.dictionaries(
    st.sampled_from(["402", "418", "429", "599"]), st.text(CHARACTERS)
)
codes = st.lists(
    st.text(CHARACTERS) | st.sampled_from(["418", "a-b", "aB", "a_b", "", "class"])
)


# -- generated members --------------------------------------------------------


def test_the_work_for_many_codes_of_one_name_is_proportional_to_them() -> None:
    codes = [f"a{'-' * (number % 30)} {'_' * (number // 30)}b" for number in range(900)]
    numbered = [f"a b {number}" for number in range(2, 900)]
    profile = cProfile.Profile()
    members = profile.runcall(error_members, {}, [*numbered, *codes])
    assert {"A_B", "A_B_2", "A_B_900"} <= {member.name for member in members}
    calls = sum(each.callcount for each in profile.getstats())
    assert calls < 200 * len(codes)


def test_all_that_was_seen_is_there() -> None:
    members = error_members({}, [])
    known = {m.value for m in members} | {str(m.http_status) for m in members}
    assert {*SEEN.split()} <= known
    assert all(member.doc.endswith(".") for member in members)


def test_documents_add_statuses_and_codes() -> None:
    before = error_members({}, [])
    documented = {"418": "A teapot.", "402": "In their words."}
    after = error_members(documented, ["teaTooHot", "taskFailed"])
    added = [member for member in after if member not in before]
    assert [(m.name, m.value, m.http_status) for m in added] == [
        ("HTTP_418", "418", 418),
        ("TEA_TOO_HOT", "teaTooHot", None),
    ]
    assert added[0].doc == "A teapot."
    assert [member for member in after if member not in added] == [*before]


def test_only_statuses_of_errors_are_members() -> None:
    document = a_document({})
    described = {key: {"description": "x"} for key in ("200", "418", "4XX", "default")}
    document["paths"]["/"]["post"]["responses"] = described
    package = parse([SourceDocument("a", "a", document)], package="p")
    assert [member.value for member in package.task_types[0].errors] == ["418"]


def test_a_name_follows_the_code() -> None:
    names = {member.value: member.name for member in error_members({}, [])}
    assert names["duplicateTaskUUID"] == "DUPLICATE_TASK_UUID"
    assert names["nsfwContentDetected"] == "NSFW_CONTENT_DETECTED"
    assert names["invalidApiKey"] == "INVALID_API_KEY"


@given(statuses, codes)
def test_any_code_gets_a_name_of_its_own(
    said: dict[str, str], named: list[str]
) -> None:
    members = error_members(said, named)
    names = [member.name for member in members]
    assert len({*names}) == len(names)
    assert len({member.value for member in members}) == len(members)
    assert {*named} <= {member.value for member in members}
    for name in names:
        assert name.isidentifier()
        assert name.isascii()
        assert name.isupper()
        assert not name.startswith("_")
        assert not name.endswith("_")
        assert not keyword.iskeyword(name)
    assert members == error_members(said, reversed(named))


# -- behaviour of the enum ----------------------------------------------------


@pytest.fixture(scope="module")
def errors(image_inference: ModuleType) -> Any:
    """The error enum of a task type."""
    return image_inference.ImageInferenceErrors


def test_a_known_code_is_a_member(errors: Any) -> None:
    member = errors("timeoutProvider")
    assert member is errors.TIMEOUT_PROVIDER
    assert member == "timeoutProvider"
    assert member.known
    assert f"{member}" == "timeoutProvider"
    assert pickled(member) is member


def test_a_status_is_a_member(errors: Any) -> None:
    member = errors.from_status(402)
    assert member is errors.PAYMENT_REQUIRED
    assert (member.value, member.http_status) == ("paymentRequired", 402)
    assert errors("paymentRequired") is member
    assert errors.from_status(499) == "499"


@pytest.mark.parametrize("code", ["brandNew", "PAYMENT_REQUIRED", "name", "", "\ud800"])
def test_an_unknown_code_is_kept(errors: Any, code: str) -> None:
    unknown = errors(code)
    assert isinstance(unknown, errors)
    assert unknown == code
    assert unknown == errors(code)
    assert {unknown: 1}[code] == 1
    assert (unknown.value, unknown.http_status, unknown.known) == (code, None, False)
    for again in (pickled(unknown), copy.deepcopy(unknown)):
        assert type(again) is errors
        assert again == code
    assert code not in [member.value for member in errors]
    assert unknown != errors.PAYMENT_REQUIRED


def test_unknown_codes_are_not_collected(errors: Any) -> None:
    """A server that keeps sending new codes does not fill the memory."""
    unknown = errors("x" * 1000)
    held = sys.getrefcount(unknown)
    assert errors("x" * 1000) is not unknown
    assert sys.getrefcount(unknown) == held
    assert held <= 2


@pytest.mark.parametrize("value", [None, 402, b"taskFailed", ["taskFailed"]])
def test_what_is_no_text_is_no_code(errors: Any, value: object) -> None:
    with pytest.raises(ValueError, match="is not a valid ImageInferenceErrors"):
        errors(value)
