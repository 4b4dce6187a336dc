"""ML-KEM-768 encapsulation with a given m (FIPS 203, algorithms 14 and 17), for vectors only: slow, not constant time.

The library that seals takes no randomness; the vectors need the same bytes each time.
"""

import hashlib
from collections.abc import Iterator

_Q, _N, _K, _DU, _DV = 3329, 256, 3, 10, 4
_Poly = list[int]


def _reversed7(number: int) -> int:
    return int(f"{number:07b}"[::-1], 2)


_ZETAS = [pow(17, _reversed7(i), _Q) for i in range(128)]
_GAMMAS = [pow(17, 2 * _reversed7(i) + 1, _Q) for i in range(128)]


def encapsulate(public: bytes, m: bytes) -> tuple[bytes, bytes]:
    """(shared secret 32, ciphertext 1088) for an encapsulation key (1184) and m (32)."""
    seeds = hashlib.sha3_512(m + hashlib.sha3_256(public).digest()).digest()
    return seeds[:32], _encrypt(public, m, seeds[32:])


def _encrypt(public: bytes, m: bytes, r: bytes) -> bytes:
    t = [_unpack(public[384 * i : 384 * (i + 1)], 12) for i in range(_K)]
    rho = public[384 * _K :]
    noise = [_noise(r, n) for n in range(2 * _K + 1)]
    y = [_ntt(poly) for poly in noise[:_K]]
    packed = b""
    for i in range(_K):
        column = [_sample(rho + bytes([i, j])) for j in range(_K)]
        packed += _pack(_compress(_add(_inverse(_dot(column, y)), noise[_K + i]), _DU), _DU)
    message = [(bit * _Q + 1) // 2 for bit in _unpack(m, 1)]
    v = _add(_add(_inverse(_dot(t, y)), noise[2 * _K]), message)
    return packed + _pack(_compress(v, _DV), _DV)


def _unpack(raw: bytes, width: int) -> _Poly:
    number = int.from_bytes(raw, "little")
    return [number >> width * i & ((1 << width) - 1) for i in range(_N)]


def _pack(values: _Poly, width: int) -> bytes:
    return sum(value << width * i for i, value in enumerate(values)).to_bytes(32 * width, "little")


def _compress(values: _Poly, width: int) -> _Poly:
    return [((value << width) + _Q // 2) // _Q & ((1 << width) - 1) for value in values]


def _noise(r: bytes, n: int) -> _Poly:
    bits = _bits(hashlib.shake_256(r + bytes([n])).digest(128))
    quads = zip(*[bits] * 4, strict=True)
    return [(a + b - c - d) % _Q for a, b, c, d in quads]


def _bits(raw: bytes) -> Iterator[int]:
    return (byte >> i & 1 for byte in raw for i in range(8))


def _sample(seed: bytes) -> _Poly:
    stream = hashlib.shake_128(seed).digest(3 * 1024)
    found: _Poly = []
    for a, b, c in zip(stream[::3], stream[1::3], stream[2::3], strict=True):
        found += [value for value in (a + 256 * (b % 16), b // 16 + 16 * c) if value < _Q]
    return found[:_N]


def _ntt(poly: _Poly) -> _Poly:
    out, i, length = list(poly), 1, 128
    while length >= 2:
        for start in range(0, _N, 2 * length):
            for j in range(start, start + length):
                t = _ZETAS[i] * out[j + length] % _Q
                out[j + length], out[j] = (out[j] - t) % _Q, (out[j] + t) % _Q
            i += 1
        length //= 2
    return out


def _inverse(poly: _Poly) -> _Poly:
    out, i, length = list(poly), 127, 2
    while length <= 128:
        for start in range(0, _N, 2 * length):
            for j in range(start, start + length):
                t = out[j]
                out[j] = (t + out[j + length]) % _Q
                out[j + length] = _ZETAS[i] * (out[j + length] - t) % _Q
            i -= 1
        length *= 2
    return [value * 3303 % _Q for value in out]


def _dot(left: list[_Poly], right: list[_Poly]) -> _Poly:
    total = [0] * _N
    for a, b in zip(left, right, strict=True):
        total = _add(total, _multiply(a, b))
    return total


def _multiply(a: _Poly, b: _Poly) -> _Poly:
    out: _Poly = []
    for i, gamma in enumerate(_GAMMAS):
        a0, a1, b0, b1 = a[2 * i], a[2 * i + 1], b[2 * i], b[2 * i + 1]
        out += [(a0 * b0 + a1 * b1 * gamma) % _Q, (a0 * b1 + a1 * b0) % _Q]
    return out


def _add(left: _Poly, right: _Poly) -> _Poly:
    return [(a + b) % _Q for a, b in zip(left, right, strict=True)]
