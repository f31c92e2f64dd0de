"""No answer of any route has room for an embedding, a landmark or a picture of a face."""

import re
from typing import Any

import pytest
from fastapi import FastAPI

from visavis.server.app import PROBLEM, ROUTERS

FORBIDDEN = re.compile(r"embedding|descriptor|vector|landmark|feature|crop|thumbnail|photo|base64")
A_PICTURE = ("get", "/v1/edge/monitors/{name}/preview")  # of a place, with every face hidden: tested end to end


def document() -> dict[str, Any]:
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router, responses=PROBLEM)
    return app.openapi()


DOCUMENT = document()
ROUTES = [(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods]
EDGE = [route for route in ROUTES if route[1].startswith("/v1/edge/")]


def properties(schema: Any, seen: frozenset[str] = frozenset()) -> list[tuple[str, Any]]:
    """Every property that the schema can have, at any depth."""
    if isinstance(schema, list):
        return [found for part in schema for found in properties(part, seen)]
    if not isinstance(schema, dict):
        return []
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return [] if name in seen else properties(DOCUMENT["components"]["schemas"][name], seen | {name})
    own = [*schema.get("properties", {}).items()]
    inside = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
    inside += [schema.get(word, []) for word in ("anyOf", "oneOf", "allOf")]
    return own + [found for part in inside for found in properties(part, seen)]


def is_numbers(schema: Any) -> bool:
    return (
        isinstance(schema, dict)
        and schema.get("type") == "array"
        and schema["items"].get("type") in ("number", "integer")
    )


@pytest.mark.parametrize(("method", "path"), EDGE, ids=lambda v: v.strip("/").replace("/", "-"))
def test_what_a_route_answers_has_no_room_for_a_face(method: str, path: str) -> None:
    """Every field is declared; none is called so, none is a list of numbers, none is binary."""
    answers = DOCUMENT["paths"][path][method]["responses"]
    assert any(status.startswith("2") for status in answers)
    for status, answer in answers.items():
        for media, body in answer.get("content", {}).items():
            if (method, path) == A_PICTURE and media == "image/jpeg":
                continue
            assert media in ("application/json", "application/problem+json"), (status, media)
            found = properties(body["schema"])
            assert found, f"{status}: the answer is not declared"
            for name, schema in found:
                assert not FORBIDDEN.search(name), name
                assert not is_numbers(schema), name
                assert schema.get("format") != "binary", name


def test_every_body_has_an_example() -> None:
    """Whoever reads the document sees what to send and what comes back."""
    assert len(ROUTES) > 24
    for method, path in ROUTES:
        said = DOCUMENT["paths"][path][method]
        bodies = [said.get("requestBody", {}).get("content", {}).get("application/json")]
        bodies += [a.get("content", {}).get("application/json") for s, a in said["responses"].items() if s[0] == "2"]
        for body in filter(None, bodies):
            if "$ref" in body["schema"]:
                name = body["schema"]["$ref"].rsplit("/", 1)[1]
                assert DOCUMENT["components"]["schemas"][name].get("examples"), (method, path, name)


def test_the_walk_would_find_an_embedding() -> None:
    """It looks into lists, unions and references."""
    inner = {"type": "object", "properties": {"embedding": {"type": "array", "items": {"type": "number"}}}}
    (found,) = properties({"anyOf": [{"type": "null"}, {"type": "array", "items": inner}]})
    assert FORBIDDEN.search(found[0])
    assert is_numbers(found[1])
