"""ML-DSA-44 signatures without randomness (FIPS 204, algorithms 1, 2 and 7), for vectors only: slow, not constant time.

The library that signs draws fresh randomness each time; the vectors need the same bytes each time. It verifies these.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache

_Q, _N, _K, _L, _D = 8380417, 256, 4, 4, 13
_ETA, _TAU, _BETA, _OMEGA = 2, 39, 78, 80
_GAMMA1, _GAMMA2 = 1 << 17, (8380417 - 1) // 88
_Poly = list[int]
_ZETAS = [pow(1753, int(f"{i:08b}"[::-1], 2), _Q) for i in range(_N)]


@lru_cache(maxsize=256)
def sign(seed: bytes, message: bytes) -> bytes:
    """2420 bytes, with an empty context."""
    rho, secret, key = _expanded(seed)
    matrix = _matrix(rho)
    s1, s2 = [_small(secret, r) for r in range(_L)], [_small(secret, _L + r) for r in range(_K)]
    t1, t0 = _rounded(matrix, s1, s2)
    public = rho + b"".join(_packed(poly, 10) for poly in t1)
    mu = _h(_h(public, 64) + b"\x00\x00" + message, 64)
    masks = _h(key + bytes(32) + mu, 64)
    hidden = [[_ntt(poly) for poly in part] for part in (s1, s2, t0)]
    for kappa in range(0, 1 << 16, _L):
        signature = _attempt(matrix, hidden, mu, [_mask(masks, kappa + r) for r in range(_L)])
        if signature is not None:
            return signature
    raise AssertionError("does not happen")


def _attempt(matrix: list[list[_Poly]], hidden: list[list[_Poly]], mu: bytes, mask: list[_Poly]) -> bytes | None:
    w = _times(matrix, [_ntt(poly) for poly in mask])
    challenge = _h(mu + b"".join(_packed([_high(value) for value in poly], 6) for poly in w), 32)
    c = _ntt(_ball(challenge))
    cs1, cs2, ct0 = ([_inverse(_product(c, poly)) for poly in part] for part in hidden)
    z = [_sum(a, b) for a, b in zip(mask, cs1, strict=True)]
    rest = [_sum(a, b, -1) for a, b in zip(w, cs2, strict=True)]
    lows = [[_low(value) for value in poly] for poly in rest]
    if _norm(z) >= _GAMMA1 - _BETA or _norm(lows) >= _GAMMA2 - _BETA or _norm(ct0) >= _GAMMA2:
        return None
    shifted = [_sum(a, b) for a, b in zip(rest, ct0, strict=True)]
    hints = [[i for i in range(_N) if _high(a[i]) != _high(b[i])] for a, b in zip(rest, shifted, strict=True)]
    if sum(map(len, hints)) > _OMEGA:
        return None
    return challenge + b"".join(_packed([_GAMMA1 - _centred(v) for v in poly], 18) for poly in z) + _hint_bytes(hints)


def _expanded(seed: bytes) -> tuple[bytes, bytes, bytes]:
    raw = _h(seed + bytes([_K, _L]), 128)
    return raw[:32], raw[32:96], raw[96:]


def _matrix(rho: bytes) -> list[list[_Poly]]:
    return [[_uniform(rho + bytes([s, r])) for s in range(_L)] for r in range(_K)]


def _rounded(matrix: list[list[_Poly]], s1: list[_Poly], s2: list[_Poly]) -> tuple[list[_Poly], list[_Poly]]:
    t = [_sum(a, b) for a, b in zip(_times(matrix, [_ntt(poly) for poly in s1]), s2, strict=True)]
    low = [[(value + (1 << _D - 1) - 1) % (1 << _D) - (1 << _D - 1) + 1 for value in poly] for poly in t]
    return [[(a - b) >> _D for a, b in zip(x, y, strict=True)] for x, y in zip(t, low, strict=True)], low


def _times(matrix: list[list[_Poly]], vector: list[_Poly]) -> list[_Poly]:
    products = [[_product(a, b) for a, b in zip(row, vector, strict=True)] for row in matrix]
    return [_inverse([sum(column) % _Q for column in zip(*row, strict=True)]) for row in products]


def _uniform(seed: bytes) -> _Poly:
    stream = hashlib.shake_128(seed).digest(3 * 400)
    found = (int.from_bytes(stream[i : i + 3], "little") & 0x7FFFFF for i in range(0, len(stream), 3))
    return _first(value for value in found if value < _Q)


def _small(seed: bytes, number: int) -> _Poly:
    stream = hashlib.shake_256(seed + number.to_bytes(2, "little")).digest(400)
    nibbles = (nibble for byte in stream for nibble in (byte & 15, byte >> 4))
    return _first((_ETA - nibble % 5) % _Q for nibble in nibbles if nibble < 15)


def _first(values: Iterator[int]) -> _Poly:
    return [next(values) for _ in range(_N)]


def _mask(seed: bytes, number: int) -> _Poly:
    stream = int.from_bytes(_h(seed + number.to_bytes(2, "little"), 32 * 18), "little")
    return [(_GAMMA1 - (stream >> 18 * i & 0x3FFFF)) % _Q for i in range(_N)]


def _ball(challenge: bytes) -> _Poly:
    stream = iter(hashlib.shake_256(challenge).digest(1024))
    signs = int.from_bytes(bytes(next(stream) for _ in range(8)), "little")
    c = [0] * _N
    for i in range(_N - _TAU, _N):
        j = next(byte for byte in stream if byte <= i)
        c[i], c[j] = c[j], (1, _Q - 1)[signs >> (i + _TAU - _N) & 1]
    return c


def _ntt(poly: Sequence[int]) -> _Poly:
    w, number, length = list(poly), 0, _N // 2
    while length:
        for start in range(0, _N, 2 * length):
            number += 1
            for j in range(start, start + length):
                t = _ZETAS[number] * w[j + length]
                w[j], w[j + length] = (w[j] + t) % _Q, (w[j] - t) % _Q
        length //= 2
    return w


def _inverse(poly: Sequence[int]) -> _Poly:
    w, number, length = list(poly), _N, 1
    while length < _N:
        for start in range(0, _N, 2 * length):
            number -= 1
            for j in range(start, start + length):
                t = w[j]
                w[j], w[j + length] = (t + w[j + length]) % _Q, _ZETAS[number] * (w[j + length] - t) % _Q
        length *= 2
    return [value * 8347681 % _Q for value in w]


def _product(a: _Poly, b: _Poly) -> _Poly:
    return [x * y % _Q for x, y in zip(a, b, strict=True)]


def _sum(a: _Poly, b: _Poly, sign: int = 1) -> _Poly:
    return [(x + sign * y) % _Q for x, y in zip(a, b, strict=True)]


def _centred(value: int) -> int:
    return (value + _Q // 2) % _Q - _Q // 2


def _norm(polys: list[_Poly]) -> int:
    return max(abs(_centred(value)) for poly in polys for value in poly)


def _decomposed(value: int) -> tuple[int, int]:
    low = (value + _GAMMA2 - 1) % (2 * _GAMMA2) - _GAMMA2 + 1
    return (0, low - 1) if value - low == _Q - 1 else ((value - low) // (2 * _GAMMA2), low)


def _high(value: int) -> int:
    return _decomposed(value)[0]


def _low(value: int) -> int:
    return _decomposed(value)[1]


def _packed(values: list[int], bits: int) -> bytes:
    return sum(value << bits * i for i, value in enumerate(values)).to_bytes(32 * bits, "little")


def _hint_bytes(hints: list[list[int]]) -> bytes:
    places = [place for found in hints for place in found]
    ends = [sum(map(len, hints[: i + 1])) for i in range(_K)]
    return bytes(places + [0] * (_OMEGA - len(places)) + ends)


def _h(raw: bytes, length: int) -> bytes:
    return hashlib.shake_256(raw).digest(length)
