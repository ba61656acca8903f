"""Methods that take the parameters of a request class, as `inspect` and `help` show them."""

from __future__ import annotations

from functools import cache, partial
from inspect import Parameter, Signature, cleandoc, getdoc
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..schema.signatures import signature_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..schema.requests import TaskRequest

MethodT = TypeVar("MethodT")


class _Method:
    """A descriptor of a method; it binds a copy with the parameters of the request class."""

    def __init__(self, method: FunctionType, doc: str) -> None:
        self._method = method
        self._doc = doc

    def __get__(self, call: Any, _: object = None) -> Any:
        if call is None:
            return self._method
        return MethodType(_of_class(self._method, self._doc, call.request), call)


def documented(doc: str) -> Callable[[MethodT], MethodT]:
    """Decorate a method with a docstring that `help` shows, and editors do not.

    For a method without a docstring in its source, editors show the documentation of the
    class whose parameters it takes.
    """

    def give(method: MethodT) -> MethodT:
        method.__doc__ = cleandoc(doc)
        return method

    return give


def takes_parameters(doc: str) -> Callable[[MethodT], MethodT]:
    """Decorate a method of a call so that it has the parameters of the request class.

    Args:
        doc: The docstring of the method. The docstring of the request class is appended.
    """
    method: Any = partial(_Method, doc=doc)
    return cast("Callable[[MethodT], MethodT]", method)


@cache
def _of_class(
    method: FunctionType, doc: str, request: type[TaskRequest[Any]]
) -> FunctionType:
    """Return a copy of a method with the parameters of a request class."""
    copy = FunctionType(
        method.__code__,
        method.__globals__,
        method.__name__,
        method.__defaults__,
        method.__closure__,
    )
    copy.__qualname__ = method.__qualname__
    own = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)
    parameters = [own, *signature_of(request).parameters.values()]
    copy.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    copy.__doc__ = f"{doc}\n\n{getdoc(request)}"
    return copy
