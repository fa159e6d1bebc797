"""How well a whole video fits a text: what temporal style and overall consistency have in common."""

from __future__ import annotations

from torch.nn.functional import cosine_similarity

from vbench.dimensions.backbones.base import VideoTextEmbedder
from vbench.media.video import Video, middle_indices


def similarity(embedder: VideoTextEmbedder, video: Video, text: str) -> float:
    """Cosine of the embeddings of a video and a text, in [-1, 1].

    The video is embedded once, however many dimensions and texts ask for it.
    """
    indices = middle_indices(video.frame_count, embedder.frames_seen)
    seen = video.memo((embedder.name, "video"), lambda: embedder.embed_video(video.frames(indices)))
    return cosine_similarity(seen, embedder.embed_text(text), dim=0).item()
