"""Says what went wrong in a TLS handshake, and what to do about it."""

import ssl

from chat3_cli.doctor.findings import Finding, unavailable

CHECK = "tls"

# The numbers are OpenSSL's X509_V_ERR_*.
_EXPIRED, _NOT_YET = 10, 9
_SELF_SIGNED = (18, 19)
_UNKNOWN_CA = (2, 20, 21)
_WRONG_NAME = (62, 64)

_SHOW_ONE = "give --cert FILE and --key FILE"
_OF_ITS_CA = "give a certificate that the service's CA has signed"
_CA_OPTION = "give the file of the CA that signed it: --ca FILE"


def refused_certificate(error: ssl.SSLCertVerificationError) -> Finding:
    """Say why the service's certificate is not trusted."""
    number, said = error.verify_code, error.verify_message
    if number == _EXPIRED:
        text = "the service's certificate has expired"
        return unavailable(
            CHECK, text, "have its operators renew it; check this machine's clock as well"
        )
    if number == _NOT_YET:
        text = "the service's certificate is not valid yet"
        return unavailable(CHECK, text, "check this machine's clock")
    if number in _WRONG_NAME:
        text = f"the service's certificate is for another name: {said}"
        return unavailable(CHECK, text, "use a name that the certificate has in --address")
    if number in _SELF_SIGNED:
        text = "the service's certificate is signed by itself or by a CA of its own"
        return unavailable(CHECK, text, _CA_OPTION)
    if number in _UNKNOWN_CA:
        text = f"the service's certificate is signed by a CA that is not known here: {said}"
        return unavailable(CHECK, text, _CA_OPTION)
    return unavailable(CHECK, f"the service's certificate is not trusted: {said}", _CA_OPTION)


def hung_up(*, with_certificate: bool) -> Finding:
    """Say what it may mean that the service ends TLS without a word, as many servers do."""
    if with_certificate:
        text = "the service hangs up in the TLS handshake: it may refuse the client certificate"
        return unavailable(CHECK, text, f"check the port; {_OF_ITS_CA}")
    text = "the service hangs up in the TLS handshake: it may want a client certificate"
    return unavailable(CHECK, text, f"check the port; {_SHOW_ONE}")


def refused_handshake(error: ssl.SSLError | None, *, with_certificate: bool) -> Finding | None:
    """Say why the service ends the handshake; nothing when it does not say."""
    reason = (error.reason if error is not None else "") or ""
    if "ALERT" not in reason:
        return None
    if "CERTIFICATE_REQUIRED" in reason or ("HANDSHAKE_FAILURE" in reason and not with_certificate):
        text = "the service wants a client certificate"
        return unavailable(CHECK, text, _SHOW_ONE)
    if with_certificate and ("UNKNOWN_CA" in reason or "CERTIFICATE" in reason):
        text = f"the service refuses the client certificate ({reason})"
        return unavailable(CHECK, text, _OF_ITS_CA)
    if "NO_APPLICATION_PROTOCOL" in reason:
        text = "what answers speaks no HTTP/2 over TLS, which gRPC needs"
        return unavailable(CHECK, text, "check the port; a proxy in between has to speak HTTP/2")
    text = f"the service ends the TLS handshake: {reason}"
    return unavailable(CHECK, text, "check the port, and the TLS versions of the service")
