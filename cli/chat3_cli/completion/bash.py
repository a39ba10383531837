"""The script that completes commands in bash."""

import shlex
from collections.abc import Sequence

from chat3_cli.command import Group
from chat3_cli.completion.tables import choices, filled, patterns
from chat3_cli.completion.tree import options_of_all, places

_SCRIPT = """\
# Completes `chat3` in bash. Written by `chat3 completion bash` from its commands.

_chat3_place() {
  case $1 in
@PLACES@
    *) return 1 ;;
  esac
}

_chat3_values() {
  case $1 in
@VALUES@
    @PROFILES@) reply=$("${words[0]/#\\~/$HOME}" profiles list --names 2>/dev/null) ;;
    @FILES@) files=1 ;;
  esac
}

_chat3() {
  local global=@GLOBAL@ global_taking=@GLOBAL_TAKING@
  local line=${COMP_LINE:0:COMP_POINT} path='' expects='' reply='' files='' place=0 ended=''
  local subcommands options taking index word current typed
  local -a words
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  current=${words[${#words[@]} - 1]}
  _chat3_place ''
  for ((index = 1; index < ${#words[@]} - 1; index++)); do
    word=${words[index]}
    if [[ -n $expects ]]; then
      expects=''
    elif [[ -z $ended && $word == -- ]]; then
      ended=1
    elif [[ -z $ended && $word == --*=* ]]; then
      :
    elif [[ -z $ended && $word == --* ]]; then
      [[ " $taking $global_taking " == *" $word "* ]] && expects=$word
    elif ((place == 0)) && [[ " $subcommands " == *" $word "* ]]; then
      path=${path:+$path }$word
      _chat3_place "$path"
    else
      ((place++))
    fi
  done
  typed=$current
  if [[ -n $expects ]]; then
    _chat3_values "$path $expects"
  elif [[ -z $ended && $current == --*=* ]]; then
    typed=${current#*=}
    _chat3_values "$path ${current%%=*}"
  elif [[ -z $ended && $current == -* ]]; then
    reply="$options $global"
  else
    _chat3_values "$path $((place + 1))"
    ((place == 0)) && reply="$subcommands $reply"
  fi
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    reply=$(compgen -f -- "$typed")
  else
    reply=$(compgen -W "$reply" -- "$typed")
  fi
  COMPREPLY=()
  while IFS= read -r word; do
    [[ -n $word ]] && COMPREPLY+=("$word")
  done <<<"$reply"
}

complete -F _chat3 chat3
"""


def script(groups: Sequence[Group]) -> str:
    """Give the script."""
    tree, of_all = list(places(groups)), options_of_all()
    lines = []
    for place in tree:
        words = " ".join(word for word, _ in place.words)
        options = " ".join(option.flag for option in place.options)
        taking = " ".join(option.flag for option in place.options if option.takes_value)
        lines.append(
            f"    {shlex.quote(place.path)}) subcommands={shlex.quote(words)}"
            f" options={shlex.quote(options)} taking={shlex.quote(taking)} ;;"
        )
    values = [
        f"    {shlex.quote(key)}) reply={shlex.quote(' '.join(names))} ;;"
        for key, names in choices(tree)
    ]
    return filled(
        _SCRIPT,
        {
            "PLACES": "\n".join(lines),
            "VALUES": "\n".join(values),
            "PROFILES": patterns(tree, of_all, lambda each: each.profiles),
            "FILES": patterns(tree, of_all, lambda each: each.files),
            "GLOBAL": shlex.quote(" ".join(option.flag for option in of_all)),
            "GLOBAL_TAKING": shlex.quote(" ".join(it.flag for it in of_all if it.takes_value)),
        },
    )
