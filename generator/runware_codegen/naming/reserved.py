"""Names that Python, pydantic and the emitted package use.

They are listed here and in `attributes`, so that the output does not depend on the
versions of Python and pydantic that run the generator.
"""

from __future__ import annotations

from typing import Final

from runware_codegen.formats import FORMATS, predicate_name
from runware_codegen.naming import attributes


def listed(names: str) -> frozenset[str]:
    """Return the names in a text with spaces between them."""
    return frozenset(names.split())


KEYWORDS: Final = listed("""
    False None True and as assert async await break class continue def del elif else
    except finally for from global if import in is lambda nonlocal not or pass raise
    return try while with yield
    """)

BUILTINS: Final = listed("""
    abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr
    classmethod compile complex delattr dict dir divmod enumerate eval exec exit filter
    float format frozenset getattr globals hasattr hash help hex id input int isinstance
    issubclass iter len list locals map max memoryview min next object oct open ord pow
    print property quit range repr reversed round set setattr slice sorted staticmethod
    str sum super tuple type vars zip
    """)

OWN_CLASSES: Final = listed("""
    Annotated ClassVar Count Deprecated Either Exactly Field Integer Iterator Json Limits
    ListOf Literal Media MediaLimit MediaSource Must Nullable Number OfType OpenPart Part
    Pattern Rate ResultPart Secret Size TaskRequest TaskResult Text Uri Uuid Wire
    """)

MEDIA: Final = listed("AudioInput FileInput ImageInput VideoInput")
"""Names that no class of a module may have, also with a number at the end."""

FIELD_FUNCTIONS: Final = listed("constant filled fresh_uuid")
"""Functions that a request class calls in its body."""

RULE_FUNCTIONS: Final = frozenset(map(predicate_name, FORMATS)) | listed("""
    all_different area_in is_array is_multiple is_object is_size is_type not_a_size
    ratio_in same
    """)
"""Functions that rules call."""

CLIENT_ATTRIBUTES: Final = listed("""
    aclose attributes auth base_url budget close cost dry_run dry_run_many handle
    iter_many iterate polling request resume retrying run run_many send stream submit
    task_type timeout unfinished with_options with_raw_response
    """)

DEVICES: Final = listed("""
    aux com0 com1 com2 com3 com4 com5 com6 com7 com8 com9 con lpt0 lpt1 lpt2 lpt3 lpt4
    lpt5 lpt6 lpt7 lpt8 lpt9 nul prn
    """)
"""Names of devices: Windows allows no file of that name, with any suffix."""

MODULES: Final = (
    KEYWORDS | CLIENT_ATTRIBUTES | DEVICES | {"client", "conftest", "errors"}
)
"""Names that no module of a document, and no package of a task type, may have.

pytest imports each `conftest` that it finds.
"""

_MEMBERS: Final = KEYWORDS | BUILTINS | {"l"}

RESULT_MEMBERS: Final = _MEMBERS | listed(attributes.RESULT)
"""Names that no member of a result or its parts may have."""

REQUEST_MEMBERS: Final = _MEMBERS | listed(attributes.REQUEST) | FIELD_FUNCTIONS
"""Names that no member of a request or its parts may have."""

LOCALS: Final = (
    KEYWORDS | BUILTINS | RULE_FUNCTIONS | listed("part task item member index l")
)
"""Names that no variable of a rule may have."""

CLASSES: Final = KEYWORDS | OWN_CLASSES | {"I", "O"}
"""Names that no class of a module may have; PEP 8 forbids I and O, and l as a member."""
