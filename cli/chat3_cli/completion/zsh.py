"""The script that completes commands in zsh, with the help of each."""

import shlex
from collections.abc import Iterable, Sequence

from chat3_cli.command import Group
from chat3_cli.completion.tables import choices, filled, patterns
from chat3_cli.completion.tree import Option, options_of_all, places

# `path` is another name of PATH in zsh.
_SCRIPT = """\
#compdef chat3
# Completes `chat3` in zsh. Written by `chat3 completion zsh` from its commands.

_chat3_place() {
  case $1 in
@PLACES@
    *) return 1 ;;
  esac
}

_chat3_values() {
  case $1 in
@VALUES@
    @PROFILES@) reply=(${(f)"$(${~words[1]} profiles list --names 2>/dev/null)"}) ;;
    @FILES@) files=1 ;;
  esac
}

_chat3() {
  local -a global subcommands options reply
  local global_taking=@GLOBAL_TAKING@
  local at='' expects='' ended='' files='' taking='' word
  integer nth=0 index
  global=(@GLOBAL@)
  _chat3_place ''
  for ((index = 2; index < CURRENT; index++)); do
    word=${words[index]}
    if [[ -n $expects ]]; then
      expects=''
    elif [[ -z $ended && $word == -- ]]; then
      ended=1
    elif [[ -z $ended && $word == --*=* ]]; then
      :
    elif [[ -z $ended && $word == --* ]]; then
      [[ " $taking $global_taking " == *" $word "* ]] && expects=$word
    elif ((nth == 0 && ${${(@)subcommands%%:*}[(Ie)$word]})); then
      at=${at:+$at }$word
      _chat3_place "$at"
    else
      nth+=1
    fi
  done
  word=${words[CURRENT]}
  if [[ -n $expects ]]; then
    _chat3_values "$at $expects"
  elif [[ -z $ended && $word == --*=* ]]; then
    compset -P '*='
    _chat3_values "$at ${word%%=*}"
  elif [[ -z $ended && $word == -* ]]; then
    _describe -o option options -- global
    return
  else
    _chat3_values "$at $((nth + 1))"
    ((nth == 0 && $#subcommands)) && _describe command subcommands
  fi
  if [[ -n $files ]]; then
    _files
  else
    compadd -a reply
  fi
}

if [[ $funcstack[1] == _chat3 ]]; then
  _chat3 "$@"
else
  compdef _chat3 chat3
fi
"""


def script(groups: Sequence[Group]) -> str:
    """Give the script."""
    tree, of_all = list(places(groups)), options_of_all()
    lines = []
    for place in tree:
        taking = " ".join(option.flag for option in place.options if option.takes_value)
        lines.append(
            f"    {shlex.quote(place.path)}) subcommands=({_described(place.words)})"
            f" options=({_of_options(place.options)}) taking={shlex.quote(taking)} ;;"
        )
    values = [
        f"    {shlex.quote(key)}) reply=({' '.join(map(shlex.quote, names))}) ;;"
        for key, names in choices(tree)
    ]
    return filled(
        _SCRIPT,
        {
            "PLACES": "\n".join(lines),
            "VALUES": "\n".join(values),
            "PROFILES": patterns(tree, of_all, lambda each: each.profiles),
            "FILES": patterns(tree, of_all, lambda each: each.files),
            "GLOBAL": _of_options(of_all),
            "GLOBAL_TAKING": shlex.quote(" ".join(it.flag for it in of_all if it.takes_value)),
        },
    )


def _of_options(options: Sequence[Option]) -> str:
    return _described((option.flag, option.help) for option in options)


def _described(words: Iterable[tuple[str, str]]) -> str:
    return " ".join(shlex.quote(f"{word}:{text.replace(':', '')}") for word, text in words)
