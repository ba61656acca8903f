"""Methods that take the parameters of a request class, as `inspect` and `help` show them."""

from __future__ import annotations

from functools import cache, partial
from inspect import Parameter, Signature, cleandoc, getdoc
from types import FunctionType, MappingProxyType, MethodType
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


class _AnyModel(Signature):
    """The signature of a method that runs any model of a task type.

    It is read from the request class of the general document, which is imported when the
    parameters are needed.
    """

    __slots__ = ("_method", "_task_type")

    def __init__(self, method: FunctionType, task_type: str) -> None:
        super().__init__()
        self._method = method
        self._task_type = task_type

    @property
    def parameters(self) -> MappingProxyType[str, Parameter]:
        """The parameters by their names."""
        from .documents import request_class  # imports this module

        own = Signature.from_callable(self._method).parameters
        try:
            request = request_class(self._task_type, None)
        except LookupError:
            return own
        named = [Parameter("self", Parameter.POSITIONAL_ONLY)]
        if "request" in own:
            named.append(Parameter("request", Parameter.POSITIONAL_ONLY, default=None))
        return Signature(
            [*named, *signature_of(request).parameters.values()]
        ).parameters

    if not TYPE_CHECKING:

        def replace(self, **changes: Any) -> Signature:
            """Return a copy with changes."""
            return Signature([*self.parameters.values()]).replace(**changes)


class _MethodOfTaskType:
    """A method of the client of a task type, in place of which a copy of it is bound."""

    def __init__(self, method: FunctionType) -> None:
        self._method = method

    def __get__(self, client: Any, owner: Any) -> Any:
        task_type = getattr(owner, "task_type", None)
        method = _of_task_type(self._method, task_type) if task_type else self._method
        return method if client is None else MethodType(method, client)


@cache
def _of_task_type(method: FunctionType, task_type: str) -> FunctionType:
    """Return a copy of a method with the parameters of the general document."""
    return _copy(method, _AnyModel(method, task_type), method.__doc__)


def documented(doc: str) -> Callable[[MethodT], MethodT]:
    """Decorate a method with a docstring that `help` shows, and editors do not.

    For a method without a docstring in its source, editors show the documentation of the
    class whose parameters it takes. `inspect` shows the parameters of that class.
    """

    def give(method: Any) -> Any:
        method.__doc__ = cleandoc(doc)
        return _MethodOfTaskType(method)

    return give


def takes_parameters(doc: str) -> Callable[[MethodT], MethodT]:
    """Decorate a method of a call so that it has the parameters of the request class.

    The docstring of that class is appended to that of the method.
    """
    method: Any = partial(_Method, doc=doc)
    return cast("Callable[[MethodT], MethodT]", method)


@cache
def _of_class(
    method: FunctionType, doc: str, request: type[TaskRequest[Any]]
) -> FunctionType:
    """Return a copy of a method with the parameters of a request class."""
    own = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)
    parameters = [own, *signature_of(request).parameters.values()]
    return _copy(method, Signature(parameters), f"{doc}\n\n{getdoc(request)}")


def _copy(method: FunctionType, signature: Signature, doc: str | None) -> FunctionType:
    if type(method) is not FunctionType:
        return method  # compiled by Nuitka: its code cannot be copied
    copy = FunctionType(
        method.__code__,
        method.__globals__,
        method.__name__,
        method.__defaults__,
        method.__closure__,
    )
    copy.__qualname__ = method.__qualname__
    copy.__signature__ = signature  # type: ignore[attr-defined]
    copy.__doc__ = doc
    return copy
