"""The OpenAPI document as it is true of this server."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

PROBLEM = "application/problem+json"


def describe(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document, with errors as they are sent: every refusal of every route is a problem."""
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        for operation in _operations(document):
            answers = operation["responses"]
            answers.pop("422", None)  # FastAPI's own form of it is never sent
            content = answers.get("default", {}).get("content", {})
            for declared in list(content):  # as what the route gives when it succeeds
                content[PROBLEM] = content.pop(declared)
        schemas = document.get("components", {}).get("schemas", {})
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        app.openapi_schema = document
    return app.openapi_schema


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()
