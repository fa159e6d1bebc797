"""Videos that already exist, matched to prompts by rules: closed models and published samples enter this way.

Archives are unpacked first; their folders, one for each dimension or prompt file, may stay as they are.
"""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from filecmp import cmp
from itertools import takewhile
from pathlib import Path
from typing import Any, ClassVar

from vbench.errors import UsageError
from vbench.files.json_file import is_text, json_of
from vbench.files.text import read_text
from vbench.generators.base import Generator, Request, SamplingError, Settings
from vbench.generators.options import Options
from vbench.media.clip import Encoded
from vbench.media.video import CONTAINERS

SUFFIXES = (*CONTAINERS, ".gif")

SHORTEST_CUT = 100
"""Bytes from which on a name may be taken for a prompt that a file system cut."""


@dataclass(frozen=True)
class DirectoryOptions(Options):
    """How the files are named.

    Attributes:
        names: a name without its suffix, as a Python format of ``prompt``, ``index``, ``seed``, ``stem`` (the name that
            ``vbench generate`` gives a prompt) and ``number`` (the prompt's place in ``prompts``), such as
            ``{number:04}_{index}``. With a slash it is the path below the folder; otherwise folders mean nothing.
        spaces: what stands in names for the spaces of a prompt.
        first: the number of the first sample, and of the first prompt in ``prompts``.
        prompts: text file with a prompt a line, in the order in which ``{number}`` counts.
        table: CSV with the columns ``file``, ``prompt`` and, if wanted, ``index``; or JSON, a list of such objects or
            ``{"file": "prompt"}``. In place of ``names``, for names that follow no rule; samples of a prompt without
            an index are counted in the table's order.
    """

    names: str = "{prompt}-{index}"
    spaces: str = " "
    first: int = 0
    prompts: str = ""
    table: str = ""


class Directory(Generator[DirectoryOptions]):
    """``directory:FOLDER``: every request is answered with the file that is named after it.

    Found are the prompt itself, the name that ``vbench generate`` gives it, and a name that a file system cut, with any
    suffix of a video in either case. Names are compared as Unicode text, however the file system spells accents.
    """

    options_type: ClassVar[type[Options]] = DirectoryOptions
    meaning: ClassVar[str] = (
        "Videos that already exist: directory:FOLDER, matched to prompts by their names or a table."
    )
    seeded: ClassVar[bool] = False
    takes_pictures: ClassVar[bool] = False

    leftovers: tuple[str, ...] = ()
    """Videos that answer no request, relative to the folder; known after :meth:`prepare`."""

    def __init__(self, name: str, argument: str, options: DirectoryOptions) -> None:
        super().__init__(name, argument, options)
        if not argument:
            raise UsageError("directory needs the folder of the videos: directory:FOLDER.")
        self.folder = Path(argument)

    @property
    def defaults(self) -> Settings:
        """None: nothing is sampled."""
        return Settings()

    def prepare(self, requests: Sequence[Request]) -> None:
        """Match the files; see :meth:`Generator.prepare`.

        Raises:
            UsageError: the folder, the rule or the table cannot be used, or nothing matches.
        """
        files = _videos(self.folder)
        rule = _Table(self.folder, self.options) if self.options.table else _Names(self.folder, self.options, files)
        self._rule, self._answers = rule, rule.matches(requests)
        self._claims = Counter(path for found in self._answers.values() for path in found)
        self.leftovers = tuple(path.relative_to(self.folder).as_posix() for path in files if path not in self._claims)
        self._near: dict[str, list[str]] = defaultdict(list)
        for name in self.leftovers:
            self._near[_letters(Path(name).stem)].append(name)
        if requests and not self._claims:
            raise UsageError(
                f"None of the {len(files)} videos in {self.folder} answers a request: expected names such as "
                f"{rule.expected(requests[0])!r}, found names such as {self.leftovers[0]!r}. Say how they are named "
                'with --option names="{prompt}-{index}", or list them with --option table=FILE.csv.'
            )

    def starts_from(self, request: Request) -> Sequence[Path]:
        """The file that is taken: where another one has its name later, the copy is none of that."""
        return self._answers[request.file][:1]

    def sample(self, request: Request) -> Encoded:
        """The file of a request.

        Raises:
            SamplingError: there is none, there are different ones, or it answers other requests as well.
        """
        found = self._answers[request.file]
        if not found:
            raise SamplingError(self._no_file(request))
        names = [path.relative_to(self.folder).as_posix() for path in found]
        if not is_text(names[0]):
            raise SamplingError(f"{names[0]!a} is no name in UTF-8, and the manifest could not say it: rename it")
        if not all(cmp(found[0], other, shallow=False) for other in found[1:]):
            raise SamplingError(f"different files match: {', '.join(names)}; keep one of them, or use a table")
        if self._claims[found[0]] > 1:
            raise SamplingError(f"{names[0]} matches {self._claims[found[0]]} requests; each needs a file of its own")
        return Encoded(found[0], borrowed=True, facts={"source": names[0]})

    def _no_file(self, request: Request) -> str:
        expected = self._rule.expected(request)
        near = self._near.get(_letters(Path(expected).stem), [])
        hint = f"; there is {', '.join(near[:3])}" if near else ""
        return f"no file in {self.folder} matches, expected {expected!r}{hint}"


class _Names:
    """Files matched by the rule that names them."""

    def __init__(self, folder: Path, options: DirectoryOptions, files: Sequence[Path]) -> None:
        self.options = options
        self.numbers = _numbers(options)
        self.files: dict[str, list[Path]] = defaultdict(list)
        for path in files:
            whole = path.relative_to(folder).with_suffix("").as_posix() if "/" in options.names else path.stem
            self.files[unicodedata.normalize("NFC", whole)].append(path)

    def matches(self, requests: Sequence[Request]) -> dict[str, list[Path]]:
        """Files of each request, by the name that it asks for."""
        exact = {request.file: self._exact(request) for request in requests}
        if all(exact.values()) or not any(len(name.encode()) >= SHORTEST_CUT for name in self.files):
            return exact
        cut = _CutNames({self._spaced(text): _stem(one) for one in requests for text in _texts(one)}, self.files)
        return {request.file: exact[request.file] or self._cut(request, cut) for request in requests}

    def expected(self, request: Request) -> str:
        """The name that a file of a request should have."""
        return next(self._named(request)) + Path(request.file).suffix

    def _exact(self, request: Request) -> list[Path]:
        return [path for name in dict.fromkeys(self._named(request)) for path in self.files.get(name, [])]

    def _named(self, request: Request) -> Iterator[str]:
        for text in _texts(request):
            yield self._format(request, self._spaced(text), self._spaced(_stem(request)))

    def _cut(self, request: Request, cut: _CutNames) -> list[Path]:
        """Files whose name is the start of this prompt, and of no other."""
        before, _, rest = self._format(request, "\0", "\0").partition("\0")
        names = cut.names(_stem(request), before, rest.rpartition("\0")[2])
        return [path for name in names for path in self.files[name]]

    def _format(self, request: Request, prompt: str, stem: str) -> str:
        values: dict[str, Any] = {
            "prompt": prompt,
            "stem": stem,
            "index": request.index + self.options.first,
            "seed": request.seed,
        }
        if self.numbers:
            values["number"] = next((self.numbers[text] for text in _texts(request) if text in self.numbers), -1)
        try:
            return unicodedata.normalize("NFC", self.options.names.format(**values))
        except (KeyError, ValueError, IndexError, AttributeError) as error:
            known = ", ".join(f"{{{name}}}" for name in values)
            hint = "" if self.numbers else ", and {number} with --option prompts=FILE"
            raise UsageError(
                f"names={self.options.names!r} is no rule for names; it may hold {known}{hint}."
            ) from error

    def _spaced(self, text: str) -> str:
        return text.replace(" ", self.options.spaces)


class _CutNames:
    """The names in a folder that a file system may have cut, and the prompts that they may be the start of.

    Args:
        prompts: text as it stands in names -> what is before the index in the file's name.
        names: in the folder, without suffix.
    """

    def __init__(self, prompts: Mapping[str, str], names: Iterable[str]) -> None:
        self.prompts, self.ordered = prompts, sorted(prompts)
        self.texts: dict[str, list[str]] = defaultdict(list)
        for text, stem in prompts.items():
            self.texts[stem].append(text)
        self.places = {name: place for place, name in enumerate(names) if len(name.encode()) >= SHORTEST_CUT}
        self.lengths = sorted(set(map(len, self.places)))

    def names(self, stem: str, before: str, after: str) -> list[str]:
        """Those that are the start of a stem's texts and of no other's, between what the rule puts around them."""
        around = len(before) + len(after)
        starts = {
            text[: length - around] for text in self.texts.get(stem, ()) for length in self.lengths if length > around
        }  # a name has one of few lengths, so that no other name is looked at
        found = [
            name for start in starts
            if (name := f"{before}{start}{after}") in self.places
            and len(start.encode()) >= SHORTEST_CUT
            and self._means(start, stem)
        ]  # fmt: skip
        return sorted(found, key=self.places.__getitem__)

    def _means(self, start: str, stem: str) -> bool:
        """Whether the texts that start so are all this stem's; in their order they stand together."""
        from_here = map(self.ordered.__getitem__, range(bisect_left(self.ordered, start), len(self.ordered)))
        return all(self.prompts[text] == stem for text in takewhile(lambda text: text.startswith(start), from_here))


class _Table:
    """Files matched by a table."""

    def __init__(self, folder: Path, options: DirectoryOptions) -> None:
        self.table = Path(options.table)
        self.files: dict[tuple[str, int], list[Path]] = defaultdict(list)
        counted: Counter[str] = Counter()
        for where, row in _rows(self.table):
            path, prompt = folder / str(row.get("file") or ""), str(row.get("prompt") or "")
            if not row.get("file") or not prompt:
                raise UsageError(f"{where}: expected a file and a prompt, found {row}.")
            if not path.is_file():
                raise UsageError(f"{where}: there is no file {path}.")
            index = row.get("index")
            try:
                number = counted[prompt] if index in (None, "") else int(index) - options.first
            except (TypeError, ValueError) as error:
                raise UsageError(f"{where}: index must be a number, found {index!r}.") from error
            counted[prompt] += 1
            self.files[prompt, number].append(path)

    def matches(self, requests: Sequence[Request]) -> dict[str, list[Path]]:
        """Files of each request, by the name that it asks for."""
        return {
            request.file: [path for text in _texts(request) for path in self.files.get((text, request.index), [])]
            for request in requests
        }

    def expected(self, request: Request) -> str:
        """Where a file of a request should stand."""
        return f"a row of {self.table} with the prompt {request.prompt!r} and the index {request.index}"


def _videos(folder: Path) -> list[Path]:
    if not folder.is_dir():
        hint = " Unpack it first." if folder.is_file() else ""
        raise UsageError(f"{folder} is not a folder of videos.{hint}")
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
        and path.is_file()
    ]
    if not files:
        raise UsageError(f"{folder} holds no videos (expected {', '.join(SUFFIXES)}).")
    return files


def _stem(request: Request) -> str:
    """The name that stands for the prompt: what is before the index in the file's."""
    return request.file.rpartition("-")[0]


def _texts(request: Request) -> tuple[str, ...]:
    """What its file may be named after: its prompt, the stem that stands for it, and what that was made of.

    An extended prompt is not the one that names the file, so the stem's own is taken back from it: the digest behind
    its ``~`` tells whether that succeeded.
    """
    stem = _stem(request)
    plain, _, digest = stem.rpartition("~")
    original = (plain,) if digest == hashlib.sha256(plain.encode()).hexdigest()[:6] else ()
    return tuple(dict.fromkeys((request.prompt, *original, stem)))


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _numbers(options: DirectoryOptions) -> dict[str, int]:
    if not options.prompts:
        return {}
    lines = _text(Path(options.prompts)).splitlines()
    return {line.strip(): number for number, line in enumerate(lines, options.first) if line.strip()}


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Rows of a table, each with where it stands."""
    text = _text(path)
    if path.suffix.lower() != ".json":
        reader = csv.DictReader(io.StringIO(text, newline=""))
        try:
            yield from [(f"{path}, line {reader.line_num}", row) for row in reader]
        except csv.Error as error:
            raise UsageError(f"{path}, line {reader.line_num + 1} is not CSV: {error}") from error
        return
    try:
        rows = json_of(text)
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}") from error
    if isinstance(rows, dict):
        rows = [{"file": file, "prompt": prompt} for file, prompt in rows.items()]
    if not isinstance(rows, list):
        raise UsageError(f'{path}: expected a list of {{"file", "prompt", "index"}}, found {rows!r:.60}.')
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise UsageError(f'{path}, entry {number}: expected {{"file", "prompt", "index"}}, found {row!r}.')
        yield f"{path}, entry {number}", row


def _text(path: Path) -> str:
    try:
        return read_text(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
