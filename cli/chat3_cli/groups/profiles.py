"""`chat3 profiles`: what `chat3 login` has kept."""

from chat3_cli.arguments import argument
from chat3_cli.command import Group
from chat3_cli.profiles import ListProfiles, RemoveProfile, UseProfile

_NAME = argument("name", metavar="PROFILE")

PROFILES = Group(
    name="profiles",
    help="what `chat3 login` has kept, by name",
    commands=(
        ListProfiles(
            name="list",
            help="list the profiles, without their keys",
            example="chat3 profiles",
            arguments=(argument("--names", action="store_true", help="print the names alone"),),
        ),
        UseProfile(
            name="use",
            help="make a profile the default",
            example="chat3 profiles use work",
            arguments=(_NAME,),
        ),
        RemoveProfile(
            name="remove",
            help="remove a profile, with its key in the keyring",
            example="chat3 profiles remove work",
            arguments=(_NAME,),
        ),
    ),
)
