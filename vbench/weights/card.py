"""A checkpoint's card: what it is, who publishes it where, under which licence, and where it lies here."""

from __future__ import annotations

from dataclasses import dataclass

from vbench.weights.revisions import SHORT, is_commit, read_at

HUB = "https://huggingface.co"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A published file, or the folder of a repository in diffusers' or transformers' layout.

    Attributes:
        name: as ``vbench weights`` and the code that loads it call it.
        title: network and training, for people.
        path: where it lies relative to the folder of checkpoints; ``""`` for a repository that only the Hugging Face
            hub's own cache holds.
        licence: of the weights, as their publisher states it.
        url: where it is published; an archive where ``member`` is set. ``""`` for what the hub has.
        repository: on the Hugging Face hub.
        revision: of the repository: a commit, or a branch or pull request where no commit is known for certain.
        file: name inside the repository, ``""`` for a folder.
        files: patterns of a folder's files that must be there; fetched with the small files beside them.
        names: other names that the file may have.
        size: in bytes, as published; 0 where it is not known.
        sha256: digest of the file, or its first characters where only those are published; ``""`` if none is.
        paper: address of the paper.
        entry: the key under which a training checkpoint keeps its state dict; ``""`` for a plain one.
        member: name inside the downloaded archive; ``""`` where the url is the file itself.
        elsewhere: patterns of the same file in other libraries' caches, relative to ``~/.cache``.
        package_file: the same file inside an installed package, as ``package/path``.
        on_request: whether it is fetched only where it, its dimension or its model is named, for its licence.
        note: what one should know before downloading it.
    """

    name: str
    title: str
    path: str
    licence: str
    url: str = ""
    repository: str = ""
    revision: str = "main"
    file: str = ""
    files: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    size: int = 0
    sha256: str = ""
    paper: str = ""
    entry: str = ""
    member: str = ""
    elsewhere: tuple[str, ...] = ()
    package_file: str = ""
    on_request: bool = False
    note: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of a repository and not a file."""
        return bool(self.files)

    @property
    def is_weights(self) -> bool:
        """Whether it holds tensors (and not a vocabulary)."""
        suffixes = (".pt", ".pth", ".pth.tar", ".ckpt", ".bin", ".safetensors", ".zip")
        return self.is_folder or self.path.endswith(suffixes)

    @property
    def is_pinned(self) -> bool:
        """Whether the address always gives the same bytes: a commit, or a digest that is compared."""
        return bool(self.sha256) or is_commit(self.read_at)

    @property
    def read_at(self) -> str:
        """The revision that is read: the card's, or the commit of it that was pinned on this machine."""
        return read_at(self.repository, self.revision)

    @property
    def pinned(self) -> str:
        """The same for people, ``""`` for what is in no repository."""
        if not self.repository:
            return ""
        if is_commit(self.read_at):
            return f"pinned {self.read_at[:SHORT]}"
        return "pinned by its SHA-256" if self.sha256 else f"follows {self.revision} (unpinned)"

    @property
    def address(self) -> str:
        """Where it is published."""
        if not self.repository:
            return self.url
        if self.is_folder:
            return f"{HUB}/{self.repository}/tree/{self.read_at}"
        return self.url or f"{HUB}/{self.repository}/resolve/{self.read_at}/{self.file}"
