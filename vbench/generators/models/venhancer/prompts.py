"""What VEnhancer's published program adds to every prompt, and steers away from; the runs of spaces are its own."""

POSITIVE = (
    "Cinematic, High Contrast, highly detailed, taken using a Canon EOS R camera,   "
    "hyper detailed photo - realistic maximum detail, 32k, Color Grading, ultra HD, extreme meticulous detailing,  "
    "skin pore detailing, hyper sharpness, perfect without deformations."
)

NEGATIVE = (
    "painting, oil painting, illustration, drawing, art, sketch, oil painting, cartoon, "
    "CG Style, 3D render, unreal engine, blurring, dirty, messy, worst quality, low quality, frames, watermark, "
    "signature, jpeg artifacts, deformed, lowres, over-smooth"
)
