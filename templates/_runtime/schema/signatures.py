"""The signatures of constructors, and the names that `dir` lists of a class."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, Generic, cast, get_type_hints

from pydantic import BaseModel

from .fields import fills, new_uuid
from .keywords import EXTRA, has_extra

if TYPE_CHECKING:
    from collections.abc import Callable
    from inspect import Signature

    from pydantic.fields import FieldInfo


class _NewUuid:
    """The default in the signature of a parameter that gets a new UUID."""

    def __repr__(self) -> str:
        return "<new UUID>"


_NEW_UUID: Final = _NewUuid()
_NOT_LISTED: Final = frozenset(vars(BaseModel)) | {*vars(Generic)}


class Documented(type(BaseModel)):  # type: ignore[misc]  # pydantic's own is internal
    """The metaclass of JSON objects: `inspect` and `help` show their members."""

    @property
    def __signature__(cls) -> Signature | None:
        """The parameters of the constructor; None if a subclass has its own constructor."""
        model = cast("type[BaseModel]", cls)
        has_own = not hasattr(model.__init__, "__pydantic_base_init__")
        return None if has_own else signature_of(model)

    @__signature__.setter
    def __signature__(cls, _: object) -> None:
        """Ignore the signature that pydantic sets, which has wire names."""

    def __dir__(cls) -> list[str]:
        """List the attributes of the class, without those of all pydantic models."""
        return sorted(
            name
            for name in super().__dir__()
            if not name.startswith("_") and name not in _NOT_LISTED
        )


@cache
def signature_of(cls: type[BaseModel]) -> Signature:
    """Return the signature of a constructor, with the Python names of the fields."""
    from inspect import Parameter, Signature

    fields = cls.model_fields
    annotations = {name: info.annotation for name, info in fields.items()}
    # Without the metadata of `Annotated`, at any depth.
    types = get_type_hints(type("_", (), {"__annotations__": annotations}))
    filled = fills(cls)
    parameters = [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            annotation=types[name],
            default=_default(info, filled.get(name), Parameter.empty),
        )
        for name, info in fields.items()
    ]
    if has_extra(cls) and hasattr(cls, EXTRA):  # open results have no such keyword
        kind, of = Parameter.KEYWORD_ONLY, dict[str, Any]
        parameters.append(Parameter(EXTRA, kind, annotation=of, default=of()))
    return Signature(parameters)


def _default(info: FieldInfo, fill: Callable[[], Any] | None, none: Any) -> Any:
    if fill is new_uuid:
        return _NEW_UUID
    if fill is not None:
        return fill()
    return none if info.is_required() else info.get_default(call_default_factory=False)
