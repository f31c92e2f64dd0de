"""The site's public keys: whoever holds a receipt checks it without asking anybody else."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from visavis.privacy import checkpoints, receipts
from visavis.privacy.jwk import to_jwk, to_jwks, to_pem
from visavis.server.access import PUBLIC
from visavis.server.api.uploads import example
from visavis.server.site import site_of

router = APIRouter(tags=["keys"])

A_KEY = {
    "crv": "Ed25519",
    "kty": "OKP",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
    "use": "sig",
    "alg": "EdDSA",
}


class PublicKey(BaseModel):
    """The key that receipts are signed with."""

    model_config = example({"site": "site-1", "jwk": A_KEY, "pem": "-----BEGIN PUBLIC KEY-----\n…"})

    site: str
    jwk: dict[str, str]
    pem: str


@router.get("/v1/site/public-key", dependencies=[PUBLIC])
async def public_key(request: Request) -> PublicKey:
    """The key that receipts are signed with, as JWK and as PEM."""
    site = site_of(request)
    public = receipts.public_key(site.edge.keys)
    return PublicKey(site=site.edge.site, jwk=to_jwk(public), pem=to_pem(public))


class KeySet(JSONResponse):
    """For the OpenAPI document."""

    media_type = "application/jwk-set+json"


@router.get("/.well-known/jwks.json", response_class=KeySet, dependencies=[PUBLIC])
async def jwks(request: Request) -> Response:
    """Every public key of the site, as a set (RFC 7517)."""
    keys = site_of(request).edge.keys
    found = to_jwks([receipts.public_key(keys), checkpoints.public_key(keys)])
    return KeySet(found)
