"""The official suites, fetched from their publisher and never shipped here.

Text to video's prompts are taken out of the published wheel, by way of pip, so that whatever index and proxy a user has
set up holds; the prompts of image to video and of trustworthiness and the lists of the content categories come from the
project's repository at a fixed commit. All are digest-checked.
"""

from __future__ import annotations

import hashlib
import http.client
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

from vbench.files import ours
from vbench.prompts.suite import SuiteError

NAME = "vbench-t2v"
SUITE_FILE = "VBench_full_info.json"
CATEGORIES = "prompts_per_category"

WHEEL = "vbench==0.1.5"
WHEEL_SHA256 = "13266ed4715d91a7669ab58484b9e010bc91bb96e129d414fb512d4937890023"
SUITE_SHA256 = "5dd2de80ee43cda750b2b72ea7023657c0b90d3702041c7e4608c65dbe50dccd"

_REPOSITORY = "https://raw.githubusercontent.com/Vchitect/VBench/45e79ec14e69a2187202c675d2dbce1a71843d53"

I2V_NAME = "vbench-i2v"
I2V_FILE = "vbench2_i2v_full_info.json"
I2V_URL = f"{_REPOSITORY}/vbench2_beta_i2v/{I2V_FILE}"
I2V_SHA256 = "8cf4d34dc11779a336c216a1a71d482927cfa24a1bf736ab5c92425609f129f8"

TRUST_NAME = "vbench-trustworthiness"
TRUST_FILE = "vbench2_trustworthy.json"
TRUST_URL = f"{_REPOSITORY}/vbench2_beta_trustworthiness/{TRUST_FILE}"
TRUST_SHA256 = "5a6f1276eed0cfc10ff4224e05e7a01ae2c2452f91e776dea1510e8c57a976c0"

SUITE_FILES = {NAME: SUITE_FILE, I2V_NAME: I2V_FILE, TRUST_NAME: TRUST_FILE}
"""Suites that are fetched -> their files."""

CATEGORY_URL = _REPOSITORY + "/prompts/prompts_per_category/{name}.txt"
CATEGORY_SHA256 = {
    "animal": "06574782d81fd1e69744afb89ec51a54f71079065c4591157eec18a1f1483086",
    "architecture": "d0afc3c90b570e68236c717adc9cd9ed0d4e8b698f5addd77ff7b6eb9e353623",
    "food": "5e06d5be0d58e1af66d73913c03c352c6a44c11c91ec83c8ee412d1d78ae2bdb",
    "human": "3b0a1cfa429b07fa4cd80efa6f69a47276a35ed2b70902a46a49206309994a52",
    "lifestyle": "a85cd6ce4b29719bec0da29e7d0299ee3ae8b2115f2a8aa23d091adc2ed9c0e9",
    "plant": "d729b0b198f09d438dee94f1c83ef93760f76270ea7bcfe027cbf14ad1603ec6",
    "scenery": "3f0293619c04a3597132c8e04b328d1397b2eff0cf1db44f0c5f94405717187f",
    "vehicles": "bd6dda5d801e4ad6758fbf80557ec9ad5e37f9cb4a8ac810c149bc1465cdbbbc",
}

Fetch = Callable[[str], bytes]
"""Gets the content of an address."""


def fetch_suite(fetched: Path, source: Path | None = None) -> Path:
    """Put the official prompts into the folder of fetched suites.

    Args:
        fetched: the folder.
        source: the published JSON file or wheel on disk; by default pip gets the wheel.

    Returns:
        The suite's file.

    Raises:
        SuiteError: pip could not get it, or it is not the published file.
    """
    with tempfile.TemporaryDirectory() as folder:
        origin = source or _download_wheel(Path(folder))
        content = _out_of_wheel(origin) if origin.suffix == ".whl" else _read(origin)
    return _keep(content, SUITE_SHA256, fetched / NAME / SUITE_FILE, str(source or WHEEL))


def fetch_i2v_suite(fetched: Path, source: Path | None = None, get: Fetch | None = None) -> Path:
    """Put the official image-to-video prompts into the folder of fetched suites; their pictures are not among them.

    Args, Returns, Raises: as :func:`fetch_trustworthiness`.
    """
    return _fetched(I2V_NAME, I2V_URL, I2V_SHA256, fetched, source, get)


def fetch_trustworthiness(fetched: Path, source: Path | None = None, get: Fetch | None = None) -> Path:
    """Put the official trustworthiness prompts into the folder of fetched suites.

    Args:
        fetched: the folder.
        source: the published JSON file on disk, instead of its address.
        get: how to get an address; by default over HTTP.

    Returns:
        The suite's file.

    Raises:
        SuiteError: the address could not be read, or gave something else than was published.
    """
    return _fetched(TRUST_NAME, TRUST_URL, TRUST_SHA256, fetched, source, get)


def _fetched(name: str, url: str, sha256: str, fetched: Path, source: Path | None, get: Fetch | None) -> Path:
    file = SUITE_FILES[name]
    try:
        content = _read(source) if source else (get or _get)(url)
    except OSError as error:
        raise SuiteError(
            f"{url} could not be fetched: {error}. If you have the file, use: vbench prompts fetch {name} --from {file}"
        ) from error
    return _keep(content, sha256, fetched / name / file, str(source or url))


def fetch_categories(fetched: Path, get: Fetch | None = None) -> list[Path]:
    """Put the prompts of the content categories beside the suite.

    Args:
        fetched: folder of fetched suites.
        get: how to get an address; by default over HTTP.

    Raises:
        SuiteError: an address could not be read, or gave something else than was published.
    """
    kept = []
    for name, sha256 in CATEGORY_SHA256.items():
        address = CATEGORY_URL.format(name=name)
        try:
            content = (get or _get)(address)
        except OSError as error:
            raise SuiteError(f"The prompts of {name} could not be fetched from {address}: {error}") from error
        kept.append(_keep(content, sha256, fetched / NAME / CATEGORIES / f"{name}.txt", address))
    return kept


def _download_wheel(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    done = subprocess.run([*command, "--dest", str(folder), WHEEL], capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        raise SuiteError(
            f"pip could not get {WHEEL}: {done.stderr.strip()[-400:]} "
            f"If you have the file, use: vbench prompts fetch {NAME} --from {SUITE_FILE}"
        )
    return wheels[0]


def _out_of_wheel(wheel: Path) -> bytes:
    found = hashlib.sha256(_read(wheel)).hexdigest()
    if found != WHEEL_SHA256:
        raise SuiteError(f"{wheel.name} is not the published wheel: sha256 {found}, expected {WHEEL_SHA256}.")
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(f"vbench/{SUITE_FILE}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SuiteError(f"{path} cannot be read: {error.strerror}.") from error


def _get(address: str) -> bytes:
    """The content of an address.

    Raises:
        OSError: it cannot be read, or something else than HTTP answers.
    """
    try:
        with urllib.request.urlopen(address, timeout=60) as response:
            content: bytes = response.read()
    except http.client.HTTPException as error:
        raise OSError(f"its answer cannot be read ({error!r})") from error
    return content


def _keep(content: bytes, sha256: str, target: Path, origin: str) -> Path:
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise SuiteError(f"{origin} is not the published file: sha256 {found}, expected {sha256}.")
    ours.write(target, content)
    return target
