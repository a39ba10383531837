"""The settings of the service: composed of its parts', from the environment and from flags."""

from chat3_user.config.composition import Config
from chat3_user.config.loading import load, parse
from chat3_user.config.masking import altered, masked
from chat3_user.config.variables import SETTINGS, Setting, changed, composed

__all__ = [
    "SETTINGS",
    "Config",
    "Setting",
    "altered",
    "changed",
    "composed",
    "load",
    "masked",
    "parse",
]
