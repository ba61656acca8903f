"""The intermediate model: the content of a client package, without JSON Schema or Python.

A `Package` holds task types, a task type its documents, a document the classes of its
request and its result. A class has fields with types. Constraints are attributes of
types. A constraint on a whole object is a `Rule` of its class, which is made of
predicates.
"""

from runware_codegen.model.classes import Class, Field, Rule, Size, SizeRule
from runware_codegen.model.documents import (
    ABOUT_ANOTHER_TASK,
    Document,
    DocumentInfo,
    DocumentT,
    ErrorMember,
    Measurement,
    MediaLimit,
    Package,
    Pricing,
    Rate,
    TaskType,
)
from runware_codegen.model.types import (
    Anything,
    Array,
    ClassRef,
    Constrained,
    Literals,
    LiteralValue,
    Map,
    Media,
    Number,
    String,
    Type,
    Union,
    class_names,
    including_integers,
    json_types,
    literal_values,
    object_class,
    types_in,
    unconstrained,
)

__all__ = [
    "ABOUT_ANOTHER_TASK",
    "Anything",
    "Array",
    "Class",
    "ClassRef",
    "Constrained",
    "Document",
    "DocumentInfo",
    "DocumentT",
    "ErrorMember",
    "Field",
    "LiteralValue",
    "Literals",
    "Map",
    "Measurement",
    "Media",
    "MediaLimit",
    "Number",
    "Package",
    "Pricing",
    "Rate",
    "Rule",
    "Size",
    "SizeRule",
    "String",
    "TaskType",
    "Type",
    "Union",
    "class_names",
    "including_integers",
    "json_types",
    "literal_values",
    "object_class",
    "types_in",
    "unconstrained",
]
