"""A command on one line, split into words as Compose splits it: nearly, but not quite, as a shell does."""

from __future__ import annotations

from dataclasses import dataclass, field

_SPACES = " \t\r\n"
_ENDS = ";&|<>"


def split(text: str) -> list[str]:
    """The words of a command, quotes and escapes resolved.

    Compose splits with github.com/mattn/go-shellwords, whose rules differ from a shell's: a backslash escapes any
    character outside single quotes, `#` starts no comment, a command substitution stays as it is, and the
    command ends at an unquoted `;`, `&`, `|`, `<` or `>`.

    Raises:
        ValueError: a quote or substitution is not closed, or a parenthesis opens none.
    """
    splitter = _Splitter()
    for character in text:
        if splitter.take(character):
            break
    return splitter.finish()


@dataclass
class _Splitter:
    """What has been read so far.

    Attributes:
        word: the word under way; None between words.
        within: the quote or substitution that is open: a quote, a backtick, or `)` of `$(`.
    """

    words: list[str] = field(default_factory=list)
    word: str | None = None
    within: str = ""
    escaped: bool = False

    def take(self, character: str) -> bool:
        """Read one character; true where the command ends before it."""
        if self.escaped:
            self.escaped = False
            self.add(character)
        elif character == "\\" and self.within != "'":
            self.escaped = True
        elif self.within:
            self.inside(character)
        elif character in _SPACES:
            self.end_word()
        elif character in _ENDS:
            if character == ">" and (self.word or "")[:1].isdigit():
                self.word = None
            return True
        else:
            self.outside(character)
        return False

    def inside(self, character: str) -> None:
        """A character in quotes or a substitution, whose end stays only where it is part of the word."""
        if character == "(" and self.within == ")":
            raise ValueError("a substitution inside another cannot be read")
        closes = character == self.within
        self.add("" if closes and character in "'\"" else character)
        self.within = "" if closes else self.within

    def outside(self, character: str) -> None:
        """A character that stands for itself, or opens something."""
        if character in "()" and not (character == "(" and (self.word or "").endswith("$")):
            raise ValueError(f"{character} stands outside quotes")
        if character in "'\"`(":
            self.within = ")" if character == "(" else character
        self.add("" if character in "'\"" else character)

    def add(self, text: str) -> None:
        """Add to the word under way; quotes alone begin one too."""
        self.word = (self.word or "") + text

    def end_word(self) -> None:
        """Take in the word under way, if there is one."""
        if self.word is not None:
            self.words.append(self.word)
        self.word = None

    def finish(self) -> list[str]:
        """All words, where nothing is left open."""
        if self.escaped or self.within:
            raise ValueError("no closing quotation" if self.within in "'\"" else "something is not closed")
        self.end_word()
        return self.words
