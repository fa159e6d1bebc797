"""VideoBooth by name: ``videobooth``, with ``--images`` and ``--option object=WORD``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from vbench.errors import UsageError
from vbench.files.digest import digest
from vbench.generators.base import Generator, Request, Settings
from vbench.generators.local_model import LoadOptions, check_files, check_size, check_steps, loaded, noise
from vbench.generators.models.videobooth.weights_files import MAPPER, VAE, VIDEOBOOTH
from vbench.media.clip import Clip
from vbench.weights.cards import locate
from vbench.weights.identity import content

if TYPE_CHECKING:
    from vbench.generators.models.videobooth.sampling import VideoBooth


@dataclass(frozen=True)
class VideoBoothOptions(LoadOptions):
    """How VideoBooth is loaded and run.

    Attributes:
        object: the word of the prompt that the image stands for; several with commas between, where each prompt has
            one of them.
    """

    object: str = ""

    @property
    def words(self) -> list[str]:
        """The words, in small letters."""
        return [word.strip().lower() for word in self.object.split(",") if word.strip()]


class VideoBoothGenerator(Generator[VideoBoothOptions]):
    """VideoBooth; its weights are loaded for the first video.

    The image shows the object alone, on a transparent or a white background: it is segmented beforehand, by hand or
    by a network such as Grounded SAM, as in the published pipeline. It is cropped to the object, and padded with
    white to a square. A request's noise is all drawn from one CPU generator with the request's seed.

    Raises:
        UsageError: something stands behind a colon.
    """

    version = 2
    options_type = VideoBoothOptions
    meaning = "VideoBooth, an image instead of a word (object=WORD); protocol of its repository"
    takes_argument = False

    @property
    @override
    def defaults(self) -> Settings:
        return VIDEOBOOTH.protocol

    @property
    @override
    def provenance(self) -> dict[str, Any]:
        mapper = locate(MAPPER, self.options.checkpoints)
        return {
            **loaded(VIDEOBOOTH, self.options),
            "mapper": mapper.name,
            "mapper_sha256": digest(mapper),
            "vae": VAE,
            "vae_content": content(VAE, self.options.checkpoints),
            "object": ",".join(self.options.words),
        }

    @property
    @override
    def checkpoints(self) -> Sequence[str]:
        return VIDEOBOOTH.files

    @override
    def load(self) -> None:
        _ = self._model

    @override
    def prepare(self, requests: Sequence[Request]) -> None:
        from vbench.generators.models.videobooth.image import read_object

        check_files(VIDEOBOOTH.files, self.options.checkpoints)
        self.options.placed(VIDEOBOOTH.dtype)
        for settings in {request.settings for request in requests}:
            check_size("videobooth", settings)
            if settings.height != settings.width:
                raise UsageError(
                    f"videobooth samples squares, as its image prompt is one: ask for --size {settings.height}x"
                    f"{settings.height} instead of {settings.width}x{settings.height}."
                )
            check_steps("videobooth", settings)
        for request in requests:
            self._word(request.prompt)
        for picture in {_picture(request) for request in requests}:
            read_object(picture)

    @override
    def sample(self, request: Request) -> Clip:
        from vbench.generators.frames import as_frames
        from vbench.generators.models.videobooth.image import read_object

        word, picture = self._word(request.prompt), read_object(_picture(request))
        video = self._model.sample(request.prompt, word, picture, request.settings, noise(request))
        return Clip(as_frames(video), request.settings.stated()["fps"])

    def _word(self, prompt: str) -> str:
        """The word of a prompt that the image stands for.

        Raises:
            UsageError: none was given, or not exactly one of them is in the prompt.
        """
        words = self.options.words
        if not words:
            raise UsageError("videobooth must know which word the image stands for: --option object=WORD.")
        found = [word for word in words if word in prompt.lower()]
        if len(found) != 1:
            wanted = repr(words[0]) if len(words) == 1 else f"exactly one of {', '.join(map(repr, words))}"
            raise UsageError(
                f"The prompt {prompt!r} must have the word that the image stands for: expected {wanted}, found "
                f"{' and '.join(map(repr, found)) or 'none'}. Give it as --option object=WORD."
            )
        return found[0]

    @cached_property
    def _model(self) -> VideoBooth:
        from vbench.generators.models.videobooth.sampling import VideoBooth

        return VideoBooth(self.options)


def _picture(request: Request) -> Path:
    """The image prompt.

    Raises:
        UsageError: there is none.
    """
    if request.image is None:
        raise UsageError("videobooth needs an image of the object: give a folder of them with --images.")
    return request.image
