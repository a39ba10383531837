"""Until when a certificate is valid."""

import math
from pathlib import Path

from cryptography import x509


def expiry(chain: str) -> float:
    """Return the Unix time at which the first certificate of a PEM file, or its chain, expires.

    OpenSSL may take what this parser does not: that is said to expire never.
    """
    try:
        certificates = x509.load_pem_x509_certificates(Path(chain).read_bytes())
    except (OSError, ValueError):
        return math.inf
    return min(each.not_valid_after_utc.timestamp() for each in certificates)
