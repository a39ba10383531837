"""What a browser may do with the page: load its own files, call the service, and nothing else."""

from collections.abc import Mapping


def headers(service: str) -> Mapping[str, str]:
    """Return the response headers of the page's files; ``service`` is an origin, or empty."""
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        f"connect-src 'self' {service}".rstrip(),
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        # Asked for again each time, and answered with 304 while it is the same.
        "Cache-Control": "no-cache",
    }
