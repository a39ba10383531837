"""Who tries the pages notices when one is wrong: a page with a mistake fails, in every language."""

import pytest

from support.documents.blocks import Block, blocks
from support.documents.catalogue import PROJECT
from support.documents.place import Place
from support.documents.playing import playing
from support.documents.programs import run_fragments
from support.documents.service import demo_of
from support.documents.terminal import TerminalError

WATCH = "$ echo ready; sleep 0.2; echo {}; sleep 60\n"
RIGHT = {
    "python": "assert (await chat.get_myself()).user.user_id == 'alice'\n",
    "typescript": (
        "const { user } = await chat.getMyself({});\n"
        'if (user?.userId !== "alice") throw new Error("no");\n'
    ),
    "go": (
        "if me, err := chat.GetMyself(ctx, &userv1.GetMyselfRequest{}); "
        'err != nil || me.GetUser().GetUserId() != "alice" {\n\treturn errors.New("no")\n}\n'
    ),
}
WRONG = {language: text.replace("alice", "bob") for language, text in RIGHT.items()}


def page(*texts: str, language: str = "console", mark: str = "") -> list[Block]:
    above = f"<!-- {mark} -->\n\n" if mark else ""
    text = "".join(f"{above}```{language}\n{each}```\n\n" for each in texts)
    return list(blocks(text, "page.md"))


def test_what_is_shown_must_be_printed(place: Place) -> None:
    with playing(place) as reader:
        reader.play(page("$ echo one\none\n", "$ printf '\\e[1mtwo'\ntwo\n"))
        with pytest.raises(AssertionError, match="the page shows"):
            reader.play(page("$ echo one\ntwo\n"))


def test_a_command_must_succeed_unless_the_page_says_otherwise(place: Place) -> None:
    with playing(place) as reader:
        reader.play(page("$ false\n", mark="fails"))
        with pytest.raises(AssertionError, match="gave 1"):
            reader.play(page("$ false\n"))
        with pytest.raises(AssertionError, match="gave 0"):
            reader.play(page("$ true\n", mark="fails"))


def test_a_terminal_knows_what_was_typed_into_it_and_no_other_does(place: Place) -> None:
    with playing(place) as reader:
        reader.play(page("$ export A=1; cd /\n", "$ echo $A $PWD\n1 /\n"))
        reader.play(page(f"$ echo [$A] $PWD\n[] {place.folder}\n", mark="terminal: 2"))


def test_a_command_that_keeps_running_must_show_what_the_page_shows(place: Place) -> None:
    with playing(place) as reader:
        reader.play(page(WATCH.format("more") + "ready\nmore\n", mark="keeps running"))
        with pytest.raises(TerminalError, match="while another command runs"):
            reader.play(page("$ true\n"))


def test_a_command_that_ends_and_was_to_show_more_fails(place: Place) -> None:
    with pytest.raises(AssertionError, match="the page shows"), playing(place) as reader:
        reader.play(page("$ echo ready\nready\nmore\n", mark="keeps running"))


def test_a_file_of_a_page_is_there_with_the_ports_of_the_place(place: Place) -> None:
    with playing(place) as reader:
        reader.play(list(blocks('```text title="a/b.txt"\n127.0.0.1:50051\n```\n', "page.md")))
        reader.play(page(f"$ cat a/b.txt\n{place.address}\n"))


@pytest.mark.parametrize("language", RIGHT)
def test_a_fragment_of_a_program_that_fails_is_noticed(place: Place, language: str) -> None:
    with demo_of(place):
        run_fragments(place, PROJECT, page(RIGHT[language], language=language))
        with pytest.raises(AssertionError):
            run_fragments(place, PROJECT, page(WRONG[language], language=language))
        with pytest.raises(AssertionError, match="has ended"):
            run_fragments(
                place, PROJECT, page(RIGHT[language], language=language, mark="keeps running")
            )
