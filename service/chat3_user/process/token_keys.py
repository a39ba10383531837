"""Keys of tokens for a demo: made up once, for all its workers."""

import logging

from chat3_user.config import Config, changed
from chat3_user.tokens.keyring import made_up

log = logging.getLogger(__name__)


def with_token_keys(config: Config) -> Config:
    """Return the settings with TOKEN_KEYS, where a demo has none.

    To be called before there are workers: what one of them creates, the others have to read.
    """
    if config.tokens.keys or not config.demo.wanted:
        return config
    log.warning("TOKEN_KEYS made up for the demo: tokens are worth nothing after its end")
    return changed(config, token_keys=made_up())
