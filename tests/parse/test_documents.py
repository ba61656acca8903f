"""Documents are read from files, folders and standard input, and are OpenAPI 3.1."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from document_texts import (
    a_document,
    changed,
    lacking,
    loaded,
    only_problem,
    put,
    refusal,
    tree_of,
    yaml_with_constant,
)
from openapi_pydantic.v3.v3_1 import OpenAPI, Schema
from pydantic import ValidationError

if TYPE_CHECKING:
    from pathlib import Path


class TestInputs:
    def test_a_file_keeps_the_name_that_the_user_gave_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        put(tmp_path / "specs" / "echo.json", a_document())
        (document,) = loaded("specs/echo.json").documents
        assert document.source == "specs/echo.json"
        assert document.name == "echo.json"
        assert document.tree == a_document()

    def test_standard_input_may_be_json_or_yaml(self) -> None:
        (document,) = loaded("-", stdin=json.dumps(a_document()).encode()).documents
        assert (document.source, document.name) == ("<stdin>", "stdin")
        assert tree_of(yaml_with_constant("1"))["info"]["title"] == "Echo"

    def test_standard_input_is_utf8_in_any_locale(self) -> None:
        text = json.dumps(changed("info", "title", to="Écho"), ensure_ascii=False)
        assert tree_of(text)["info"]["title"] == "Écho"

    def test_standard_input_is_read_once(self) -> None:
        content = json.dumps(a_document()).encode()
        assert len(loaded("-", "-", stdin=content).documents) == 1

    def test_a_folder_is_searched_at_any_depth(self, tmp_path: Path) -> None:
        put(tmp_path / "b.json", a_document())
        put(tmp_path / "deep" / "er" / "a.YAML", yaml_with_constant("1"))
        put(tmp_path / "deep" / "c.yml", yaml_with_constant("1"))
        put(tmp_path / "deep" / "notes.txt", "openapi")
        found = loaded(str(tmp_path))
        assert [each.name for each in found.documents] == ["a.YAML", "b.json", "c.yml"]
        assert found.passed_over == ()

    def test_hidden_files_and_folders_are_left_alone(self, tmp_path: Path) -> None:
        put(tmp_path / "a.json", a_document())
        put(tmp_path / ".hidden.json", "{")
        put(tmp_path / ".git" / "broken.json", "{")
        assert len(loaded(str(tmp_path)).documents) == 1

    def test_links_lead_nowhere_they_should_not(self, tmp_path: Path) -> None:
        folder = tmp_path / "specs"
        put(folder / "a.json", a_document())
        put(tmp_path / "elsewhere" / "b.json", a_document())
        (folder / "loop").symlink_to(folder)
        (folder / "again.json").symlink_to(folder / "a.json")
        (folder / "b.json").symlink_to(tmp_path / "elsewhere" / "b.json")
        found = loaded(str(folder))
        assert [each.name for each in found.documents] == ["a.json", "b.json"]
        assert found.passed_over == (
            f"{folder}/loop: a link to a folder, not followed",
        )

    def test_a_pipe_in_a_folder_is_not_read(self, tmp_path: Path) -> None:
        put(tmp_path / "a.json", a_document())
        os.mkfifo(tmp_path / "pipe.json")
        found = loaded(str(tmp_path))
        assert [each.name for each in found.documents] == ["a.json"]
        assert found.passed_over == (f"{tmp_path}/pipe.json: not a file",)

    def test_a_file_named_twice_is_one_document(self, tmp_path: Path) -> None:
        file = put(tmp_path / "a.json", a_document())
        (tmp_path / "link.json").symlink_to(file)
        several = [file, str(tmp_path), f"{tmp_path}/../{tmp_path.name}/a.json"]
        assert len(loaded(*several).documents) == 1
        assert loaded(*several) == loaded(*reversed(several))

    def test_the_order_of_inputs_does_not_matter(self, tmp_path: Path) -> None:
        files = [put(tmp_path / f"{name}.json", a_document()) for name in "cab"]
        found = loaded(*files, "-", stdin=json.dumps(a_document()).encode())
        again = loaded("-", *files[::-1], stdin=json.dumps(a_document()).encode())
        assert found == again
        assert [each.name for each in found.documents] == [
            "a.json",
            "b.json",
            "c.json",
            "stdin",
        ]

    @pytest.mark.parametrize(
        "content",
        [
            *([], {"info": {}}, {"a": "{"}, "[1, 2, {}]", "nothing {"),
            '{"log": "{"}\n{"log": "",',
            '{ // like {\n"a": 1}',
            "{{> header",
            "{a: '{', b: 1",
        ],
    )
    def test_other_files_in_a_folder_are_passed_over(
        self, tmp_path: Path, content: object
    ) -> None:
        put(tmp_path / "a.json", a_document())
        other = put(tmp_path / "index.json", content)
        found = loaded(str(tmp_path))
        assert [each.name for each in found.documents] == ["a.json"]
        assert found.passed_over == (f"{other}: not an OpenAPI document",)

    def test_another_file_that_is_named_beside_a_document_is_passed_over(
        self, tmp_path: Path
    ) -> None:
        document = put(tmp_path / "a.json", a_document())
        other = put(tmp_path / "index.json", [])
        found = loaded(other, document)
        assert [each.name for each in found.documents] == ["a.json"]
        assert found.passed_over == (f"{other}: not an OpenAPI document",)

    def test_another_file_that_is_named_alone_is_a_problem(
        self, tmp_path: Path
    ) -> None:
        other = put(tmp_path / "index.json", {"info": {}})
        (problem,) = refusal(other, str(tmp_path))
        assert problem.source == other
        assert problem.message == 'not an OpenAPI document: it has no "openapi"'

    @pytest.mark.parametrize(
        "content",
        [
            *('{"openapi": "3.1.0",', "{", '{\n  "op', '{"info": {"title": "A"}'),
            '{"a": {"b": tru',
            '{"a": ' + "1" * 5_000,
            '{"a":' * 100_000,
        ],
    )
    def test_a_broken_document_in_a_folder_is_a_problem(
        self, tmp_path: Path, content: str
    ) -> None:
        broken = put(tmp_path / "a.json", content)
        put(tmp_path / "b.json", a_document())
        assert [each.source for each in refusal(str(tmp_path))] == [broken]

    def test_all_problems_of_all_documents_come_together(self, tmp_path: Path) -> None:
        first = put(tmp_path / "a.json", '{"openapi"')
        second = put(tmp_path / "b.json", lacking("info"))
        third = put(tmp_path / "c.json", lacking("components"))
        put(tmp_path / "d.json", a_document())
        problems = refusal(third, str(tmp_path), "missing.json")
        assert [each.source for each in problems] == [
            first,
            second,
            third,
            "missing.json",
        ]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "the file is empty"),
            (b"\xef\xbb\xbf \n", "the file is empty"),
            (b'{"openapi":\n "\xff"}', "not UTF-8: byte 0xff in line 2"),
            ("{}".encode("utf-16"), "not UTF-8: byte 0xff in line 1"),
        ],
    )
    def test_a_file_that_is_no_text(
        self, tmp_path: Path, content: bytes, message: str
    ) -> None:
        file = put(tmp_path / "a.json", content)
        assert [each.message for each in refusal(file)] == [message]

    def test_a_byte_order_mark_is_no_part_of_the_text(self) -> None:
        assert tree_of(b"\xef\xbb\xbf" + json.dumps(a_document()).encode())
        assert tree_of(b"\xef\xbb\xbf" + yaml_with_constant("1").encode())

    def test_paths_that_cannot_be_read(self, tmp_path: Path) -> None:
        file = put(tmp_path / "a.json", a_document())
        loop = tmp_path / "loop.json"
        loop.symlink_to(loop)
        empty = tmp_path / "empty"
        empty.mkdir()
        linked = tmp_path / "linked"
        linked.mkdir()
        (linked / "loop.json").symlink_to("loop.json")
        (linked / "none.json").symlink_to("nothing")
        inputs = [f"{tmp_path}/none.json", str(loop), f"{file}/b", str(empty)]
        inputs += [str(linked)]
        messages = {each.source: each.message for each in refusal(*inputs)}
        assert messages[inputs[0]] == "no such file or folder"
        assert messages[inputs[1]].startswith("cannot be read: ")
        assert messages[inputs[2]].startswith("cannot be read: ")
        assert messages[inputs[3]] == "the folder has no JSON or YAML files"
        assert messages[f"{linked}/loop.json"].startswith("cannot be read: ")
        assert messages[f"{linked}/none.json"] == "a link to a file that does not exist"

    @pytest.mark.parametrize("given_path", ["", "a\0b"])
    def test_inputs_that_are_no_paths(self, given_path: str) -> None:
        assert [each.message for each in refusal(given_path)] == ["not a path"]

    def test_a_name_that_is_not_utf_8_can_be_printed(self, tmp_path: Path) -> None:
        name = os.fsdecode(b"a\xff.json")
        put(tmp_path / name, a_document())
        (document,) = loaded(str(tmp_path)).documents
        assert document.name == "a\\xff.json"
        assert document.source == f"{tmp_path}/a\\xff.json"

    def test_a_file_may_have_32_mebibytes(self, tmp_path: Path) -> None:
        file = tmp_path / "a.json"
        file.write_text(json.dumps(a_document()).ljust(32 * 2**20))
        assert len(loaded(str(file)).documents) == 1
        with file.open("a") as more:
            more.write(" ")
        assert [each.message for each in refusal(str(file))] == [
            "too large: more than 32 MiB"
        ]


class TestOutline:
    @pytest.mark.parametrize(
        "version", ["3.1.0", "3.1.1", "3.1.2", "3.1.12", "3.1.0-rc1"]
    )
    def test_any_patch_version_of_3_1_is_read(self, version: str) -> None:
        tree = tree_of(json.dumps(changed("openapi", to=version)))
        assert tree["openapi"] == version

    @pytest.mark.parametrize(
        ("version", "message"),
        [
            ("3.0.3", 'the document is OpenAPI "3.0.3", not OpenAPI 3.1'),
            ("3.2.0", 'the document is OpenAPI "3.2.0", not OpenAPI 3.1'),
            ("3.1", 'the document is OpenAPI "3.1", not OpenAPI 3.1'),
            (3.1, "the version is the number 3.1"),
            (None, "the version is null"),
        ],
    )
    def test_other_versions_are_named(self, version: object, message: str) -> None:
        problem = only_problem(json.dumps(changed("openapi", to=version)))
        assert (problem.pointer, problem.message) == ("/openapi", message)
        assert '"openapi": "3.1.0"' in problem.remedy

    def test_swagger_is_named_wherever_it_is(self, tmp_path: Path) -> None:
        put(tmp_path / "old.json", {"swagger": "2.0"})
        (problem,) = refusal(str(tmp_path))
        assert problem.pointer == "/swagger"
        assert problem.message == 'the document is Swagger "2.0", not OpenAPI 3.1'

    @pytest.mark.parametrize("path", [("components",), ("components", "schemas")])
    def test_a_document_without_a_request_body(self, path: tuple[str, ...]) -> None:
        for missing in (path, ("components", "schemas", "RequestBody")):
            problem = only_problem(json.dumps(lacking(*missing)))
            assert problem.pointer == "/components/schemas"
            assert problem.message == "the document has no RequestBody"

    @pytest.mark.parametrize(
        ("document", "pointer", "message"),
        [
            (lacking("info"), "", '"info" is missing'),
            (lacking("info", "version"), "/info", '"version" is missing'),
            (
                changed("info", "version", to=1.0),
                "/info/version",
                "the number 1.0 is not valid here: OpenAPI 3.1 expects a string",
            ),
            (
                changed("servers", to={}),
                "/servers",
                "an object is not valid here: OpenAPI 3.1 expects an array",
            ),
            (changed("servers", 0, to={}), "/servers/0", '"url" is missing'),
            (
                changed("paths", "/", to="x"),
                "/paths/~1",
                'the string "x" is not valid here: OpenAPI 3.1 expects an object',
            ),
            (
                changed("paths", "/", "post", "deprecated", to=[]),
                "/paths/~1/post/deprecated",
                "an array is not valid here: OpenAPI 3.1 expects true or false",
            ),
            (
                changed("paths", "/", "post", "responses", "400", to={}),
                "/paths/~1/post/responses/400",
                '"description" is missing',
            ),
            (
                changed("paths", "/", "post", "responses", "400", to=None),
                "/paths/~1/post/responses/400",
                "null is not valid here: OpenAPI 3.1 expects an object",
            ),
            (
                changed("paths", "/", "post", "responses", "400", to={"$ref": True}),
                "/paths/~1/post/responses/400/$ref",
                "true is not valid here: OpenAPI 3.1 expects a string",
            ),
            (
                changed("paths", "/", "post", "requestBody", to={}),
                "/paths/~1/post/requestBody",
                '"content" is missing',
            ),
            (
                changed(
                    "paths", "/", "post", "requestBody", to={"content": {"a/b": 1}}
                ),
                "/paths/~1/post/requestBody/content/a~1b",
                "the number 1 is not valid here: OpenAPI 3.1 expects an object",
            ),
            (
                changed(
                    "paths", "/", "parameters", to=[{"name": "a", "in": "nowhere"}]
                ),
                "/paths/~1/parameters/0/in",
                (
                    'the string "nowhere" is not valid here: OpenAPI 3.1 expects'
                    " 'query', 'header', 'path' or 'cookie'"
                ),
            ),
            (
                changed("paths", "/", "post", "callbacks", to={"a": {"b": {"get": 1}}}),
                "/paths/~1/post/callbacks/a/b/get",
                "the number 1 is not valid here: OpenAPI 3.1 expects an object",
            ),
            (
                changed("components", "responses", to={"Response": {}}),
                "/components/responses/Response",
                '"description" is missing',
            ),
            (
                a_document(Odd="text"),
                "/components/schemas/Odd",
                'the string "text" is not a schema',
            ),
            (
                changed("components", "headers", to={"schema": {"schema": []}}),
                "/components/headers/schema/schema",
                "an array is not a schema",
            ),
        ],
    )
    def test_each_place_has_one_problem(
        self, document: object, pointer: str, message: str
    ) -> None:
        problem = only_problem(json.dumps(document))
        assert (problem.pointer, problem.message) == (pointer, message)

    def test_several_places_have_one_problem_each(self) -> None:
        document = changed("info", to={"title": 1})
        document["components"]["schemas"] = {"Odd": 1}
        problems = refusal("-", stdin=json.dumps(document).encode())
        assert [each.pointer for each in problems] == [
            "/components/schemas",
            "/components/schemas/Odd",
            "/info",
            "/info/title",
        ]

    @pytest.mark.parametrize(
        "path",
        [
            ("paths", "x-note"),
            ("paths", "/", "post", "responses", "x-note"),
            ("info", "x-note"),
            ("x-note",),
        ],
    )
    def test_extensions_may_hold_anything(self, path: tuple[str, ...]) -> None:
        document = changed(*path, to=["schema", {"schema": 1}])
        assert tree_of(json.dumps(document)) == document

    def test_examples_may_look_like_schemas(self) -> None:
        media = {"example": {"schema": 5}, "examples": {"a": {"value": {"schema": 5}}}}
        content = {"description": "", "content": {"application/json": media}}
        document = changed("paths", "/", "post", "responses", "400", to=content)
        assert tree_of(json.dumps(document)) == document


class TestSchemas:
    """Schemas are kept as written, however the library represents them."""

    @pytest.mark.parametrize(
        "schema",
        [
            True,
            False,
            {"items": True},
            {"not": False},
            {"if": True, "then": False},
            {"allOf": [True]},
            {"prefixItems": [False]},
            {"properties": {"a": True}},
            {"patternProperties": {"a": False}},
            {"dependentSchemas": {"a": False}},
            {"propertyNames": False},
            {"contains": True, "minContains": 0},
            {"unevaluatedProperties": False},
            {"unevaluatedItems": False},
            {"contentSchema": True},
            {"enum": []},
        ],
        ids=json.dumps,
    )
    def test_what_the_library_refuses_is_accepted(self, schema: object) -> None:
        document = a_document(Odd=schema)
        with pytest.raises(ValidationError):
            OpenAPI.model_validate(document)
        assert tree_of(json.dumps(document)) == document

    @pytest.mark.parametrize(
        "schema",
        [
            {"minimum": 1},
            {"exclusiveMaximum": 10**30},
            {"multipleOf": 2},
            {"minLength": 2.0},
            {"minItems": "2"},
            {"uniqueItems": "yes"},
            {"exclusiveMinimum": True},
            {"schema_not": {}},
            {"minLength": 3, "type": "string"},
            {"x-order": 1, "description": "Last", "title": "First"},
        ],
        ids=json.dumps,
    )
    def test_what_the_library_changes_is_kept(self, schema: object) -> None:
        document = a_document(Odd=schema)
        model = OpenAPI.model_validate(document)
        dumped = model.model_dump(mode="json", by_alias=True, exclude_unset=True)
        altered = json.dumps(dumped["components"]["schemas"]["Odd"])
        assert altered != json.dumps(schema)
        tree = tree_of(json.dumps(document))
        assert json.dumps(tree) == json.dumps(document)

    def test_the_library_tells_null_from_nothing_only_by_what_was_set(self) -> None:
        empty, null = Schema.model_validate({}), Schema.model_validate({"const": None})
        assert empty.const is null.const is None
        tree = tree_of(json.dumps(a_document(Odd={"const": None, "default": None})))
        assert tree["components"]["schemas"]["Odd"] == {"const": None, "default": None}

    def test_keywords_are_kept_without_being_known(self) -> None:
        schema = {
            "$id": "odd",
            "$anchor": "here",
            "$dynamicRef": "#here",
            "$defs": {"a": True},
            "$ref": "#here",
            "type": ["string", "null"],
            "const": {"a": [None, 1.0, 1]},
            "contentEncoding": "base64",
            "discriminator": 5,
            "examples": {},
            "x-constraints": {"area": {"minimum": 1}},
            "unknown": [],
        }
        tree = tree_of(json.dumps(a_document(Odd=schema)))
        assert json.dumps(tree["components"]["schemas"]["Odd"]) == json.dumps(schema)

    @pytest.mark.parametrize("schema", [True, {"items": True}])
    def test_schemas_are_left_out_wherever_they_are(self, schema: object) -> None:
        header = {"schema": schema, "content": {"text/plain": {"schema": schema}}}
        parameter = {"name": "x", "in": "query", **header}
        media = {"schema": schema, "encoding": {"a": {"headers": {"x-b": header}}}}
        response = {
            "description": "",
            "headers": {"x-a": header},
            "content": {"a": media},
        }
        operation = {
            "parameters": [parameter],
            "requestBody": {"content": {"a": media}},
            "responses": {"200": response},
        }
        operation["callbacks"] = {"a": {"b": {"post": dict(operation)}}}
        item = {"parameters": [parameter], "post": operation}
        document = a_document()
        document["paths"]["/all"] = document["webhooks"] = {"a": item}
        document["paths"]["/all"] = item
        document["components"] |= {
            "responses": {"x-c": response},
            "parameters": {"a": parameter},
            "requestBodies": {"a": {"content": {"a": media}}},
            "headers": {"a": header},
            "callbacks": {"a": {"b": item}},
            "pathItems": {"a": item},
        }
        assert tree_of(json.dumps(document)) == document
