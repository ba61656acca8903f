"""Old names of task types and members, which older programs use."""

from __future__ import annotations

from typing import Final

_PRESENT: Final = {
    "accountbalance": "accountManagement",
    "imagebackgroundremoval": "removeBackground",
    "imagecaption": "caption",
    "imagecontrolnetpreprocess": "controlNetPreprocess",
    "imageupscale": "upscale",
    "photomaker": "imageInference",
}
"""The present names, by old names in lower case."""

_PRESENT_MEMBERS: Final = {
    "checknsfw": ("safety.checkContent",),
    "defaultguidancescale": ("defaultCFG",),
    "frames": ("frameImages",),
    "guidancescale": ("CFGScale",),
    "inputaudios": ("inputs.audios", "inputs.audio"),
    "inputimage": ("inputs.image", "image"),
    "inputimages": ("inputs.images", "images", "inputs.image"),
    "inputvideo": ("inputs.video", "video"),
    "references": ("referenceImages",),
}
"""The present names or paths of members, by old names in lower case."""


def present_name(task_type: str) -> str:
    """Return the present name of a task type; only old names differ from it."""
    return _PRESENT.get(task_type.casefold(), task_type)


def is_same_type(one: object, other: object) -> bool:
    """Return whether two `taskType` members mean the same type, by an old or present name.

    Case is ignored. A value that is not text means no type.
    """
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    return present_name(one).casefold() == present_name(other).casefold()


def in_present_words(task_type: str) -> str:
    """Return the present name of a task type for a message, by its old name.

    It names the member that a task of the old type needs now, if any.
    """
    present = present_name(task_type)
    is_member = task_type.casefold() == "photomaker"
    return f"{present} with photoMaker" if is_member else present


def present_members(name: str) -> tuple[str, ...]:
    """Return the present names of a member by its old name; empty for other names."""
    return _PRESENT_MEMBERS.get(name.casefold(), ())
