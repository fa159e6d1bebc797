"""GRiT: what is where in a frame, in words.

Paper: Wu et al., "GRiT: A Generative Region-to-text Transformer for Object Understanding", 2022 (ECCV 2024). A ViT-B
(:mod:`~vbench.dimensions.backbones.grit.backbone`), a pyramid of features
(:mod:`~vbench.dimensions.backbones.grit.pyramid`), proposals (:mod:`~vbench.dimensions.backbones.grit.proposals`),
three stages of box heads (:mod:`~vbench.dimensions.backbones.grit.cascade`) and a text decoder
(:mod:`~vbench.dimensions.backbones.grit.text_decoder`).

Checkpoints: ``grit_b`` (trained on Visual Genome's captions and COCO's objects), MIT, and ``bert_vocabulary``,
Apache-2.0. The published file also holds a mask head, which changes neither boxes nor words and is left out, and may
hold some tensors twice under two names, which must then be equal.

Input: frames of any size, RGB, uint8 or float32 in [0, 255]. They are not resized, only normalised with ImageNet's
mean and deviation and filled up with zeros at the right and at the bottom to sides divisible by 32.

Output: boxes in pixels of the frame, scores above 0.5, and two texts a box: what COCO's annotators would call it (one
of 80 names in practice, but any text is possible) and a short phrase as in Visual Genome.
"""

from vbench.dimensions.backbones.grit.grit import Grit, GritNetwork

__all__ = ["Grit", "GritNetwork"]
