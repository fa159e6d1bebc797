"""How well a whole video fits a text: what temporal style, overall consistency and culture fairness have in common."""

from __future__ import annotations

from torch.nn.functional import cosine_similarity

from vbench.dimensions.backbones.base import VideoTextEmbedder
from vbench.media.video import Video, middle_indices


def similarity(embedder: VideoTextEmbedder, video: Video, text: str, antialias: bool = False) -> float:
    """Cosine of the embeddings of a video and a text, in [-1, 1].

    The video is embedded once, however many dimensions and texts ask for it; once more where frames are smoothed before
    they are made smaller.
    """
    indices = middle_indices(video.frame_count, embedder.frames_seen)
    smoothed = {"antialias": True} if antialias else {}
    seen = video.memo(
        (embedder.name, "video", antialias), lambda: embedder.embed_video(video.frames(indices), **smoothed)
    )
    return cosine_similarity(seen, embedder.embed_text(text), dim=0).item()
