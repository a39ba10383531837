"""`chat3 setup`: whom this command calls for, and what is wrong when it cannot."""

from chat3_cli import values
from chat3_cli.arguments import argument
from chat3_cli.command import Group
from chat3_cli.completion.command import SHELLS, Completion
from chat3_cli.doctor.command import Doctor
from chat3_cli.login import Login
from chat3_cli.whoami import Whoami

SETUP = Group(
    name="setup",
    help="logging in, and finding out what is wrong",
    default="doctor",
    commands=(
        Login(
            name="login",
            help="check address and key, and keep them as a profile",
            details="It asks for what no option gives; a key that is typed is not shown. The "
            "configuration file is readable by its owner alone. Without a terminal, give the key "
            "by --api-key-file, where - is standard input.",
            example="chat3 login work --address chat.example.com:443 --user alice",
            short="login",
            arguments=(
                argument(
                    "name",
                    nargs="?",
                    default="default",
                    metavar="PROFILE",
                    help="the profile's name; default: default",
                ),
                argument(
                    "--keyring",
                    action="store_true",
                    help="keep the key in the system's keyring (pip install 'chat3-cli[keyring]')",
                ),
                argument(
                    "--default", action="store_true", help="make it the default, as the first is"
                ),
                argument("--replace", action="store_true", help="replace a profile of this name"),
            ),
        ),
        Whoami(
            name="whoami",
            help="ask the service who calls, and list the settings",
            example="chat3 whoami",
            short="whoami",
        ),
        Doctor(
            name="doctor",
            help="find out what is wrong, and what to do",
            details="It checks each step to the service, the identity, the platform, the updates "
            "and the clock. The exit code is that of the first thing that is wrong: 2 a setting, "
            "3 the service or what is behind it, 4 the identity. --timeout bounds each step; "
            "default 10.",
            example="chat3 doctor --timeout 3",
            short="doctor",
        ),
        Completion(
            name="completion",
            help="print what completes commands in a shell",
            details="bash: `source <(chat3 completion bash)` in ~/.bashrc; zsh: the same in "
            "~/.zshrc; fish: `chat3 completion fish > ~/.config/fish/completions/chat3.fish`.",
            example="chat3 completion bash",
            short="completion",
            arguments=(
                argument("shell", type=values.OneOfNames(SHELLS), metavar="|".join(SHELLS)),
            ),
        ),
    ),
)
