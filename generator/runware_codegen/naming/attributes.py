"""Attributes of the classes from which emitted classes are made; `make golden` lists them."""

from __future__ import annotations

from typing import Final

REQUEST: Final = """
    air construct copy default_delivery deliveries dict extra from_orm from_wire json
    media_limits model_computed_fields model_config model_construct model_copy
    model_dump model_dump_json model_extra model_fields model_fields_set
    model_json_schema model_parametrized_name model_post_init model_rebuild
    model_validate model_validate_json model_validate_strings mro parse_file parse_obj
    parse_raw price rates read register replace result rules schema schema_json
    shortest_latency sizes status to_wire update_forward_refs validate
"""

RESULT: Final = """
    asave construct copy dict from_orm json model_computed_fields model_config
    model_construct model_copy model_dump model_dump_json model_extra model_fields
    model_fields_set model_json_schema model_parametrized_name model_post_init
    model_rebuild model_validate model_validate_json model_validate_strings mro
    parse_file parse_obj parse_raw register save schema schema_json to_wire
    update_forward_refs validate
"""
