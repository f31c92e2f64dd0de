"""Every error that leaves over HTTP is an RFC 9457 problem with a stable code; never a traceback."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route

from visavis import errors

log = structlog.get_logger()

RETRY_AFTER = {HTTPStatus.SERVICE_UNAVAILABLE: 2, HTTPStatus.TOO_MANY_REQUESTS: 60}  # seconds

# The first class that fits decides, so a subclass stands before its base.
STATUS: tuple[tuple[type[errors.VisavisError], HTTPStatus], ...] = (
    (errors.CredentialRefused, HTTPStatus.UNAUTHORIZED),
    (errors.FaceAlreadyEnrolled, HTTPStatus.CONFLICT),
    (errors.PairingRefused, HTTPStatus.UNAUTHORIZED),
    (errors.LoginTaken, HTTPStatus.CONFLICT),
    (errors.SignInRequired, HTTPStatus.UNAUTHORIZED),
    (errors.SignInRefused, HTTPStatus.UNAUTHORIZED),
    (errors.SignInLocked, HTTPStatus.TOO_MANY_REQUESTS),
    (errors.LastAdministrator, HTTPStatus.CONFLICT),
    (errors.AccessRefused, HTTPStatus.FORBIDDEN),
    (errors.TooManyRequests, HTTPStatus.TOO_MANY_REQUESTS),
    (errors.HeadersTooLarge, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE),
    (errors.TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (errors.InputRefused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.AgeRefused, HTTPStatus.FORBIDDEN),
    (errors.ConsentMissing, HTTPStatus.FORBIDDEN),
    (errors.LivenessLocked, HTTPStatus.TOO_MANY_REQUESTS),
    (errors.LivenessRequired, HTTPStatus.FORBIDDEN),
    (errors.FacesOff, HTTPStatus.FORBIDDEN),
    (errors.AssessmentIncomplete, HTTPStatus.CONFLICT),
    (errors.DeviceRefused, HTTPStatus.UNAUTHORIZED),
    (errors.GalleryMismatch, HTTPStatus.CONFLICT),
    (errors.KeyDestroyed, HTTPStatus.GONE),
    (errors.KeyHeld, HTTPStatus.UNAUTHORIZED),
    (errors.NotFound, HTTPStatus.NOT_FOUND),
    (errors.Overloaded, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.NothingToShow, HTTPStatus.CONFLICT),
    (errors.CameraUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.StorageFull, HTTPStatus.INSUFFICIENT_STORAGE),
    (errors.StorageError, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.VisavisError, HTTPStatus.INTERNAL_SERVER_ERROR),
)


def problem(error: errors.VisavisError) -> dict[str, Any]:
    """The problem document of an error (RFC 9457, section 3)."""
    status = next(status for kind, status in STATUS if isinstance(error, kind))
    return {
        "type": f"urn:visavis:problem:{error.code()}",
        "code": error.code(),
        "title": error.title(),
        "status": int(status),
        "detail": str(error),
    }


def refused(error: errors.VisavisError, **members: Any) -> Response:
    """The answer to an error, with extension members (RFC 9457, section 3.2)."""
    return _response(problem(error) | members, retry_after_s(error))


def retry_after_s(error: errors.VisavisError) -> int | None:
    """How long to wait, where the error knows."""
    return error.retry_after_s if isinstance(error, errors.TooManyRequests) else None


def _response(document: dict[str, Any], wait_s: int | None = None) -> JSONResponse:
    wait_s = wait_s or RETRY_AFTER.get(document["status"])
    retry = {} if wait_s is None else {"Retry-After": str(wait_s)}
    return JSONResponse(document, document["status"], headers=retry, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every failure of `app` with a problem document."""

    @app.exception_handler(errors.VisavisError)
    async def known(request: Request, error: errors.VisavisError) -> Response:
        if isinstance(error, errors.SignInRequired) and request.scope["path"].startswith("/console"):
            return RedirectResponse("/console/sign-in", 303)  # a person, whose session has ended
        return refused(error)

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> Response:
        places = [{"place": ".".join(map(str, e["loc"])), "problem": e["msg"]} for e in error.errors()[:20]]
        return _response(problem(errors.InputRefused("see errors")) | {"code": "request-invalid", "errors": places})

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        phrase = HTTPStatus(error.status_code).phrase
        code = phrase.lower().replace(" ", "-")
        answer = _response(
            {
                "type": f"urn:visavis:problem:{code}",
                "code": code,
                "title": phrase,
                "status": error.status_code,
                "detail": str(error.detail),
            }
        )
        answer.headers.update(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            answer.headers["Allow"] = ", ".join(_methods(request))
        return answer

    @app.exception_handler(Exception)
    async def unknown(request: Request, error: Exception) -> Response:
        # The text of a foreign exception may quote what a person sent: only its type is logged.
        log.error("request_failed", route=request.scope["path"], error=type(error).__name__)
        return _response(problem(errors.VisavisError()))


def _methods(request: Request) -> list[str]:
    """All that a path takes: each of its methods is a route of its own."""
    matches = [route for route in _every(request.app.routes) if route.path_regex.match(request.scope["path"])]
    return sorted({method for route in matches for method in route.methods or ()})


def _every(routes: Iterable[BaseRoute]) -> Iterator[Route]:
    for route in routes:
        included = getattr(route, "original_router", None)  # newer FastAPI keeps an included router as it is
        if included is not None:
            yield from _every(included.routes)
        elif isinstance(route, Route):
            yield route
