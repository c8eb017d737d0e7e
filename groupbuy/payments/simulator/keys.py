"""The keys of both sides, made afresh: what a merchant and a channel would have of each other."""

import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

VALID = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Party:
    """One side: its key and the certificate that the other side knows it by."""

    key: RSAPrivateKey
    certificate: x509.Certificate

    @property
    def serial(self) -> str:
        """Return the certificate's serial as WeChat writes it: hexadecimal capitals."""
        return f"{self.certificate.serial_number:040X}"

    @property
    def private_pem(self) -> str:
        """Return the private key as PEM."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def public_pem(self) -> str:
        """Return the public key as PEM."""
        public = self.key.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def certificate_pem(self) -> str:
        """Return the certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def sign(self, *parts: str) -> str:
        """Return the RSA-SHA256 signature of lines, each ended by a line feed, as WeChat signs."""
        return self.sign_text(_lines(parts))

    def signed(self, signature: str, *parts: str) -> bool:
        """Tell whether this side has signed the lines."""
        return self.signed_text(signature, _lines(parts))

    def sign_text(self, text: str) -> str:
        """Return the RSA-SHA256 signature of a text, as Alipay signs (RSA2)."""
        return b64encode(self.key.sign(text.encode(), PKCS1v15(), SHA256())).decode()

    def signed_text(self, signature: str, text: str) -> bool:
        """Tell whether this side has signed a text."""
        try:
            self.key.public_key().verify(b64decode(signature), text.encode(), PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True


def _lines(parts: tuple[str, ...]) -> str:
    return "".join(f"{part}\n" for part in parts)


def make_party(name: str, *, now: datetime) -> Party:
    """Return a side with a fresh key of 2048 bits and a certificate it has signed itself."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID)
        .not_valid_after(now + VALID)
        .sign(key, SHA256())
    )
    return Party(key, certificate)


def encrypt(apiv3_key: str, text: str, associated: str) -> dict[str, str]:
    """Return a text encrypted with AEAD_AES_256_GCM as WeChat sends it."""
    nonce = secrets.token_hex(6)
    sealed = AESGCM(apiv3_key.encode()).encrypt(nonce.encode(), text.encode(), associated.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "nonce": nonce,
        "associated_data": associated,
        "ciphertext": b64encode(sealed).decode(),
    }
