"""Makes the JSON files of this folder from Wycheproof's published ones. Keeps what the tests read (NOTICE).

`python -m tests.vectors.wycheproof.compact FOLDER`, where FOLDER holds testvectors_v1/*.json of C2SP/wycheproof. The
same input gives the same bytes.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

HERE = Path(__file__).parent
NAMES = ("tcId", "comment", "flags", "result")

Case: TypeAlias = dict[str, Any]
# Takes a group and one of its tests; gives the values that our tests read, or None to leave the case out.
Values: TypeAlias = Callable[[Case, Case], Case | None]


def ed25519(group: Case, test: Case) -> Case:
    return {"public": group["publicKey"]["pk"], **_only(test, "msg", "sig")}


def x25519(_: Case, test: Case) -> Case:
    return _only(test, "public", "private", "shared")


def xchacha(_: Case, test: Case) -> Case:
    return _only(test, "key", "iv", "aad", "msg", "ct", "tag")


def hkdf(_: Case, test: Case) -> Case | None:
    return _only(test, "ikm", "salt", "info", "okm") if test["size"] == 32 else None


def hmac(group: Case, test: Case) -> Case | None:
    return _only(test, "key", "msg", "tag") if group["tagSize"] == 256 else None


def mlkem(_: Case, test: Case) -> Case:
    """Without `ek` the seed has a wrong length, and nothing is decapsulated with it."""
    if "ek" not in test:
        return _only(test, "seed")
    return _only(test, "seed", "c", "K") | {"ekSha256": hashlib.sha256(bytes.fromhex(test["ek"])).hexdigest()}


SUITES: Mapping[str, tuple[str, Values]] = {
    "ed25519": ("ed25519_test.json", ed25519),
    "x25519": ("x25519_test.json", x25519),
    "xchacha": ("xchacha20_poly1305_test.json", xchacha),
    "hkdf": ("hkdf_sha256_test.json", hkdf),
    "hmac": ("hmac_sha512_test.json", hmac),
    "mlkem": ("mlkem_768_test.json", mlkem),
}


def compacted(published: Case, values: Values) -> Iterator[Case]:
    """The cases of one published file, without its groups."""
    for group in published["testGroups"]:
        for test in group["tests"]:
            kept = values(group, test)
            if kept is not None:
                yield {"comment": "", **_only(test, *NAMES), **kept}


def rendered(file: str, cases: Iterator[Case]) -> str:
    """One case a line, so that a diff names the cases that it touches."""
    lines = ",\n".join(json.dumps(case, separators=(",", ":"), sort_keys=True) for case in cases)
    return f'{{"source":"C2SP/wycheproof testvectors_v1/{file}","cases":[\n{lines}\n]}}\n'


def _only(values: Case, *names: str) -> Case:
    return {name: values[name] for name in names if name in values}


def _main(folder: Path) -> None:
    for suite, (file, values) in SUITES.items():
        published = json.loads((folder / file).read_text("utf-8"))
        (HERE / f"{suite}.json").write_text(rendered(file, compacted(published, values)), "utf-8")


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
