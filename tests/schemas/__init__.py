"""Documents are held against their schemas, wherever a test has one."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from vbench.schemas.catalog import document_named


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(document_named(name).schema)


def checked(name: str, document: Any) -> Any:
    """The document, parsed where it is text, if it is what its schema says."""
    value = json.loads(document) if isinstance(document, str | bytes) else json.loads(json.dumps(document))
    wrong = [f"{'/'.join(map(str, error.absolute_path))}: {error.message:.300}" for error in _causes(name, value)]
    assert not wrong, f"{name}: {'; '.join(wrong[:9])}"
    return value


def _causes(name: str, value: Any) -> list[Any]:
    """What is wrong; of a document with several forms, of the one that it is nearest to."""
    return [min(error.context, key=lambda one: len(error.context)) if error.context else error
            for error in validator(name).iter_errors(value)]  # fmt: skip
