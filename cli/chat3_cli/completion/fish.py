"""The script that completes commands in fish, with the help of each."""

from collections.abc import Callable, Iterable, Sequence

from chat3_cli.command import Group
from chat3_cli.completion.tables import choices, filled, keys
from chat3_cli.completion.tree import Option, Values, options_of_all, places

_SCRIPT = """\
# Completes `chat3` in fish. Written by `chat3 completion fish` from its commands.

function __chat3_subcommands
    switch "$argv[1]"
@SUBCOMMANDS@
    end
end

function __chat3_options
    switch "$argv[1]"
@OPTIONS@
    end
end

function __chat3_taking
    switch "$argv[1]"
@TAKING@
    end
end

function __chat3_values
    switch "$argv[1]"
@VALUES@
        case @PROFILES@
            chat3 profiles list --names 2>/dev/null
        case @FILES@
            __fish_complete_path (string replace -r -- '^--[^=]*=' '' (commandline -ct))
    end
end

function __chat3_complete
    set -l at ''
    set -l expects ''
    set -l ended ''
    set -l nth 0
    for word in (commandline -opc)[2..-1]
        if test -n "$expects"
            set expects ''
        else if test -z "$ended" -a "$word" = --
            set ended 1
        else if test -z "$ended"; and string match -q -- '--*=*' $word
            continue
        else if test -z "$ended"; and string match -q -- '--*' $word
            contains -- $word @GLOBAL_TAKING@ (__chat3_taking "$at"); and set expects $word
        else if test $nth -eq 0
            and contains -- $word (__chat3_subcommands "$at" | string split -f1 \\t)
            set at (string trim -- "$at $word")
        else
            set nth (math $nth + 1)
        end
    end
    set -l current (commandline -ct)
    if test -n "$expects"
        __chat3_values "$at $expects"
    else if test -z "$ended"; and string match -q -- '--*=*' $current
        set -l option (string split -m1 -f1 = -- $current)
        for value in (__chat3_values "$at $option")
            echo "$option=$value"
        end
    else if test -z "$ended"; and string match -q -- '-*' $current
        __chat3_options "$at"
        printf '%s\\n' @GLOBAL@
    else
        __chat3_values "$at "(math $nth + 1)
        test $nth -eq 0; and __chat3_subcommands "$at"
    end
    return 0
end

complete -c chat3 -f -a '(__chat3_complete)'
"""

_INDENT = " " * 8


def script(groups: Sequence[Group]) -> str:
    """Give the script."""
    tree, of_all = list(places(groups)), options_of_all()
    global_taking = [option.flag for option in of_all if option.takes_value]
    taking = [
        (place.path, [option.flag for option in place.options if option.takes_value])
        for place in tree
    ]

    def patterns(wanted: Callable[[Values], bool]) -> str:
        everywhere = [f"* {option.flag}" for option in of_all if wanted(option.values)]
        return " ".join(map(_quoted, [*everywhere, *keys(tree, wanted)]))

    return filled(
        _SCRIPT,
        {
            "SUBCOMMANDS": _cases((place.path, _described(place.words)) for place in tree),
            "OPTIONS": _cases((place.path, _of_options(place.options)) for place in tree),
            "TAKING": _cases(taking),
            "VALUES": _cases(choices(tree)),
            "PROFILES": patterns(lambda each: each.profiles),
            "FILES": patterns(lambda each: each.files),
            "GLOBAL": " ".join(map(_quoted, _of_options(of_all))),
            "GLOBAL_TAKING": " ".join(global_taking),
        },
    )


def _cases(found: Iterable[tuple[str, Sequence[str]]]) -> str:
    return "\n".join(
        f"{_INDENT}case {_quoted(key)}\n{_INDENT}    printf '%s\\n' {' '.join(map(_quoted, lines))}"
        for key, lines in found
        if lines
    )


def _of_options(options: Sequence[Option]) -> list[str]:
    return _described((option.flag, option.help) for option in options)


def _described(words: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{word}\t{text}" for word, text in words]


def _quoted(text: str) -> str:
    """Quote as fish does: a backslash stands before a quote and before itself."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
