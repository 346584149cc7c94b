"""A security key made of Python: it registers and signs as a real one does, and may be told to do it wrongly."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client
from django.urls import reverse
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from accounts.models import User

ORIGIN = "http://localhost"  # which browsers and the server take for as safe as TLS
FLAG = AuthenticatorData.FLAG


def browser(**headers: str) -> Client:
    """A browser that has Listkeep open at ORIGIN."""
    return Client(SERVER_NAME="localhost", headers=headers)


@dataclass
class Key:
    """One passkey. `verifies`: it knows its person, by a PIN, say, beside being touched."""

    verifies: bool = True
    resident: bool | None = True
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    _private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def register(self, options: dict[str, Any], *, origin: str = ORIGIN) -> dict[str, Any]:
        """What a browser answers to creation options."""
        options = options["creation_options"]["publicKey"]
        public = ES256.from_cryptography_key(self._private.public_key())  # type: ignore[no-untyped-call]
        kept = AttestedCredentialData.create(Aaguid(bytes(16)), self.id, public)
        data = AuthenticatorData.create(sha256(options["rp"]["id"].encode()), self._flags | FLAG.AT, 0, kept)
        client = CollectedClientData.create("webauthn.create", options["challenge"], origin)
        response = {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        }
        said = {} if self.resident is None else {"credProps": {"rk": self.resident}}
        return self._answer(response) | {"clientExtensionResults": said}

    def sign(
        self, options: dict[str, Any], *, owner: User | None = None, origin: str = ORIGIN, challenge: str = ""
    ) -> dict[str, Any]:
        """What a browser answers to request options; a passkey names its owner."""
        options = options["request_options"]["publicKey"]
        client = CollectedClientData.create("webauthn.get", challenge or options["challenge"], origin)
        data = AuthenticatorData.create(sha256(options["rpId"].encode()), self._flags, 1)
        response = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(self._private.sign(data + client.hash, ec.ECDSA(SHA256()))),
            "userHandle": websafe_encode(handle_of(owner)) if owner else None,
        }
        return self._answer(response) | {"clientExtensionResults": {}}

    @property
    def _flags(self) -> AuthenticatorData.FLAG:
        return FLAG.UP | FLAG.UV if self.verifies else FLAG.UP

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "public-key",
            "id": websafe_encode(self.id),
            "rawId": websafe_encode(self.id),
            "response": response,
        }


def handle_of(user: User) -> bytes:
    """By what a passkey knows its owner."""
    digits, number = "", user.pk
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits.encode()


def login_options(client: Client) -> dict[str, Any]:
    """What the server asks of somebody who signs in without a password."""
    options: dict[str, Any] = client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"}).json()
    return options


def add(client: Client, key: Key, *, name: str = "Laptop", passwordless: bool = True, **wrongly: str) -> Any:
    """Add a passkey by the page for it; the page that follows. The browser has confirmed that it is the person."""
    url = reverse("mfa_add_webauthn")
    options = client.get(url).context["js_data"]
    data = {"name": name, "credential": json.dumps(key.register(options, **wrongly))}
    return client.post(url, data | ({"passwordless": "on"} if passwordless else {}), follow=True)


def sign_in_by(client: Client, answer: dict[str, Any]) -> Any:
    """Sign in without a password by an answer; the page that follows."""
    return client.post(reverse("mfa_login_webauthn"), {"credential": json.dumps(answer)}, follow=True)
