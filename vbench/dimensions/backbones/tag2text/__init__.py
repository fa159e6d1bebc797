"""Tag2Text: a sentence per frame, written with the tags that the frame gets first.

Paper: Huang et al., "Tag2Text: Guiding Vision-Language Model via Image Tagging", ICLR 2024. A Swin-B looks at the
frame; a tag head says which of 3,429 tags it shows; an encoder reads these tags while it looks at the frame; a decoder
continues "a picture of" while it looks at what the encoder made of them
(:mod:`~vbench.dimensions.backbones.tag2text.network`), by beam search
(:mod:`~vbench.dimensions.backbones.tag2text.beam_search`).

Checkpoints: ``tag2text_swin_14m`` (14 million images, state dict under ``model``), Apache-2.0, and ``bert_vocabulary``,
Apache-2.0. Tables that follow from the sizes of the network are left out of the published file, and what it holds
beside the parts above is not read.

Input: frames that the decoder has scaled to 384 x 384, uint8 RGB, normalised with ImageNet's mean and deviation.

Output: a caption per frame, in lower case, without "a picture of". The reference hands each caption the tags and the
picture of another frame; :meth:`Tag2Text.captions` says which.
"""

from vbench.dimensions.backbones.tag2text.tag2text import Tag2Text

__all__ = ["Tag2Text"]
