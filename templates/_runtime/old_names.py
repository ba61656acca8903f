"""Old names of task types, which the platform and older programs still use."""

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
