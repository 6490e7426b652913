"""Certificates for the keys that seal PDFs: a root of this installation, and a leaf a key.

What a key sealed counts by the register, not by these; they exist because PDF readers ask for them. They therefore hold
long before and after the time in which the key may seal: a seal carries the moment its report was frozen, which may be
before the installation's first key, and is looked at for as long as the report matters.
"""

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

BEFORE = dt.timedelta(days=365 * 10)
AFTER = dt.timedelta(days=365 * 30)


def root_certificate(key: ec.EllipticCurvePrivateKey, now: dt.datetime) -> bytes:
    """Return the certificate of a root for itself, in DER."""
    name = _name("Fieldstone installation", key.public_key())
    made = _begun(name, name, key.public_key(), now)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    made = made.add_extension(_usage(signs_certificates=True), critical=True)
    return made.sign(key, SHA256()).public_bytes(Encoding.DER)


def leaf_certificate(
    public: ec.EllipticCurvePublicKey, root_key: ec.EllipticCurvePrivateKey, root: bytes, now: dt.datetime
) -> bytes:
    """Return the certificate of a key that seals PDFs, issued by a root, in DER."""
    issuer = x509.load_der_x509_certificate(root).subject
    made = _begun(_name("Fieldstone service reports", public), issuer, public, now)
    made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    made = made.add_extension(_usage(signs_certificates=False), critical=True)
    made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
    return made.sign(root_key, SHA256()).public_bytes(Encoding.DER)


def issued(root: bytes, leaf: bytes) -> bool:
    """Tell whether a leaf names this root as its issuer; the name of a root holds the mark of its key."""
    return x509.load_der_x509_certificate(leaf).issuer == x509.load_der_x509_certificate(root).subject


def pem(certificate: bytes) -> str:
    """Write a certificate as other people's tools read it."""
    return x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM).decode()


def _begun(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + AFTER)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _name(said: str, public: ec.EllipticCurvePublicKey) -> x509.Name:
    mark = x509.SubjectKeyIdentifier.from_public_key(public).digest.hex()[:8]
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{said} {mark}")])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
