"""Old names of task types and members, which older programs still use."""

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
"""The present name by the old one in lower case."""

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
"""What members are named now, or stand at now, by the old name in lower case."""


def present_name(task_type: str) -> str:
    """Return the present name of a task type.

    Args:
        task_type: Its name on the wire; the case of an old name does not count.

    Returns:
        The present name; the name as given where it is not an old one.
    """
    return _PRESENT.get(task_type.casefold(), task_type)


def is_same_type(one: object, other: object) -> bool:
    """Say whether two `taskType` members name one type, by its old name or its present.

    The case of letters does not count. A value that is not text names no type.
    """
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    return present_name(one).casefold() == present_name(other).casefold()


def in_present_words(task_type: str) -> str:
    """Return what a task of an old type is now, for a message.

    Args:
        task_type: The old name.

    Returns:
        The present name, with the member that makes a task of it one of the old type
        where there is one.
    """
    present = present_name(task_type)
    is_member = task_type.casefold() == "photomaker"
    return f"{present} with photoMaker" if is_member else present


def present_members(name: str) -> tuple[str, ...]:
    """Return what may be meant by the old name of a member; nothing for other names."""
    return _PRESENT_MEMBERS.get(name.casefold(), ())
