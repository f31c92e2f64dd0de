"""`/console/sign-in` and `/console/account`: forms, so that the cookie is set by an answer that no script can read."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from visavis.errors import PasswordRefused, SignInLocked, SignInRefused, SignInRequired, VisavisError
from visavis.server.access import COOKIE, PUBLIC, SECURE_COOKIE, at_machine, needs, over_tls, staff_cookie
from visavis.server.accounts.factors import provisioning_uri
from visavis.server.accounts.sign_in import SignedIn
from visavis.server.console.texts import Language, language_of
from visavis.server.permissions import Permission
from visavis.server.problems import problem
from visavis.server.sign_in import pages
from visavis.server.sign_in.texts import say
from visavis.server.site import Site, site_of

router = APIRouter(include_in_schema=False)

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "same-origin",  # without a referrer browsers give the origin of a form as "null"
    "cache-control": "no-store",
}
Text = Annotated[str, Form(max_length=256)]
OWN = needs(Permission.OWN_ACCOUNT)


@router.get("/console/sign-in", dependencies=[PUBLIC])
async def sign_in(request: Request, lang: str | None = None, out: bool = False) -> Response:
    """Login and password; or the step that is next."""
    site, language = site_of(request), language_of(request, lang)
    at = await signed_in(request)
    if at is not None:
        return (
            RedirectResponse(f"/console/?lang={language}", 303)
            if at.session.complete
            else next_page(site, at, language)
        )
    closed = await site.accounts.people.closed()
    if at_machine(request) and not closed:
        return RedirectResponse(f"/console/?lang={language}", 303)
    told = say("signed_out", language) if out else ""
    return shown(pages.sign_in_page(language, site=site.settings.site, accounts=closed, done=told))


@router.post("/console/sign-in", dependencies=[PUBLIC])
async def password(request: Request, login: Text = "", password: Text = "", lang: str | None = None) -> Response:
    """The first step."""
    site, language = site_of(request), language_of(request, lang)
    if not safe_way(request):
        alert = say("problem.tls-required", language)
        return shown(pages.sign_in_page(language, site=site.settings.site, alert=alert), 403)
    try:
        at = await site.accounts.sign_ins.password(login, password, address=address(request))
    except (SignInRefused, SignInLocked) as error:
        page = pages.sign_in_page(language, site=site.settings.site, login=login, alert=told_of(error, language))
        return shown(page, problem(error)["status"])
    answer = (
        RedirectResponse(f"/console/?lang={language}", 303) if at.session.complete else next_page(site, at, language)
    )
    return with_cookie(request, answer, at)


@router.post("/console/sign-in/code", dependencies=[PUBLIC])
async def code(request: Request, code: Text = "", lang: str | None = None) -> Response:
    """The second step."""
    site, language = site_of(request), language_of(request, lang)
    try:
        at = await site.accounts.sign_ins.code(cookie_of(request), code, address=address(request))
    except (SignInRefused, SignInLocked) as error:
        page = pages.code_page(language, site=site.settings.site, alert=told_of(error, language))
        return shown(page, problem(error)["status"])
    return with_cookie(request, RedirectResponse(f"/console/?lang={language}", 303), at)


@router.post("/console/sign-in/enrol", dependencies=[PUBLIC])
async def enrol(request: Request, code: Text = "", lang: str | None = None) -> Response:
    """The second factor is set up; the recovery codes are shown once."""
    site, language = site_of(request), language_of(request, lang)
    cookie = cookie_of(request)
    try:
        at, codes = await site.accounts.sign_ins.enrol(cookie, code, address=address(request))
    except (SignInRefused, SignInLocked) as error:
        before = await site.accounts.sign_ins.find(cookie)
        if before is None:
            raise SignInRequired from None
        return enrol_page(site, before, language, alert=told_of(error, language), status=problem(error)["status"])
    return with_cookie(request, shown(pages.recovery_page(language, site=site.settings.site, codes=codes)), at)


@router.post("/console/sign-out", dependencies=[PUBLIC])
async def sign_out(request: Request, lang: str | None = None) -> Response:
    """The session ends, and its cookie goes."""
    language = language_of(request, lang)
    if cookie := staff_cookie(request):
        await site_of(request).accounts.sign_ins.sign_out(cookie)
    answer = RedirectResponse(f"/console/sign-in?lang={language}&out=true", 303, headers=HEADERS)
    tls = over_tls(request)
    answer.delete_cookie(SECURE_COOKIE if tls else COOKIE, secure=tls, httponly=True, samesite="strict")
    return answer


# ------ one's own account


@router.get("/console/account", dependencies=[OWN])
async def account(request: Request, lang: str | None = None) -> Response:
    """Who am I."""
    site, language = site_of(request), language_of(request, lang)
    at = await signed_in(request)
    if at is None:
        return shown(pages.machine_page(language, site=site.settings.site))
    return account_page(at, language)


@router.post("/console/account/password", dependencies=[OWN])
async def change_password(request: Request, old: Text = "", new: Text = "", lang: str | None = None) -> Response:
    """Another password; every other session ends."""
    site, language, cookie = site_of(request), language_of(request, lang), cookie_of(request)
    at = await signed_in(request)
    if at is None:
        raise SignInRequired
    try:
        after = await site.accounts.sign_ins.change_password(cookie, old, new, address=address(request))
    except (SignInRefused, SignInLocked, PasswordRefused) as error:
        return account_page(at, language, alert=told_of(error, language), status=problem(error)["status"])
    return with_cookie(request, account_page(after, language, done=say("changed", language)), after)


@router.get("/console/account/factor", dependencies=[OWN])
async def factor(request: Request, lang: str | None = None) -> Response:
    """Set up a second factor where the role does not ask for one."""
    language, at = language_of(request, lang), await signed_in(request)
    if at is None or at.staff.sealed_totp is not None:
        return RedirectResponse(f"/console/account?lang={language}", 303)
    return enrol_page(site_of(request), at, language)


# ------ parts


async def signed_in(request: Request) -> SignedIn | None:
    """Whose session it is, whole or half-way."""
    cookie = staff_cookie(request)
    return await site_of(request).accounts.sign_ins.find(cookie) if cookie else None


def next_page(site: Site, at: SignedIn, language: Language) -> Response:
    """What is still missing of a sign-in."""
    return (
        enrol_page(site, at, language) if at.must_enrol else shown(pages.code_page(language, site=site.settings.site))
    )


def enrol_page(site: Site, at: SignedIn, language: Language, *, alert: str = "", status: int = 200) -> Response:
    """The QR code of the second factor that this session would set up."""
    secret = site.accounts.sign_ins.pending_secret(at)
    uri = provisioning_uri(secret, login=at.staff.login, site=at.staff.site)
    here = "/console/account/factor" if at.session.complete else pages.SIGN_IN
    page = pages.enrol_page(language, site=at.staff.site, uri=uri, secret=secret, alert=alert, here=here)
    return shown(page, status)


def account_page(at: SignedIn, language: Language, *, alert: str = "", done: str = "", status: int = 200) -> Response:
    """Login, role, end of the session, second factor."""
    left = str(len(at.staff.recovery_sha256))
    enrolled = at.staff.sealed_totp is not None
    facts = {
        say("login", language): at.staff.login,
        say("role", language): say(f"role.{at.staff.role}", language),
        say("ends", language): f"{at.session.ends_at.astimezone():%H:%M}",
        say("factor", language): say("factor.on", language, left=left) if enrolled else say("factor.off", language),
    }
    page = pages.account_page(
        language, site=at.staff.site, login=at.staff.login, facts=facts, enrolled=enrolled, alert=alert, done=done
    )
    return shown(page, status)


def shown(page: str, status: int = 200) -> Response:
    """A page that no cache keeps."""
    return HTMLResponse(page, status, headers=HEADERS)


def told_of(error: VisavisError, language: Language) -> str:
    """What went wrong, for a person."""
    return say(f"problem.{error.code()}", language, detail=error.detail)


def cookie_of(request: Request) -> str:
    """Raises SignInRequired without one."""
    cookie = staff_cookie(request)
    if cookie is None:
        raise SignInRequired
    return cookie


def with_cookie(request: Request, answer: Response, at: SignedIn) -> Response:
    """The answer that signs its browser in. Over TLS the cookie's name says that this host alone has set it."""
    tls = over_tls(request)
    name = SECURE_COOKIE if tls else COOKIE
    answer.set_cookie(name, at.cookie, path="/", secure=tls, httponly=True, samesite="strict")
    for name, value in HEADERS.items():
        answer.headers[name] = value
    return answer


def safe_way(request: Request) -> bool:
    """Whether nobody on the way can read a password."""
    return over_tls(request) or at_machine(request)


def address(request: Request) -> str:
    """From where; kept as a keyed digest only."""
    return request.client.host if request.client else ""
