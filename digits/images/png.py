"""A strict reader of many small PNG files at once.

Pillow reads damaged files: one flipped bit in twenty goes unnoticed, and half a picture still loads. Here every
byte of a file is accounted for before a pixel of it is used (signature, each chunk's length, CRC and place, the
exact length of the inflated rows, nothing after the end), and the rows of thousands of pictures are then
defiltered together, so that being strict costs less than being careless one file at a time.
The format: https://www.w3.org/TR/png-3/
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits.errors import ImageError
from digits.images.png_rows import defilter, rgba
from digits.inflate import ZlibError, crc32, decompressobj

Bytes = NDArray[np.uint8]
Chunk = tuple[bytes, bytes]  # kind, content

SIDE, SMALLEST = 28, 8
OTHER_SIZE = "The picture has another size"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type: grey, RGB, palette, grey-alpha, RGBA
DEPTHS = {0: (1, 2, 4, 8), 2: (8,), 3: (1, 2, 4, 8), 4: (8,), 6: (8,)}
PLAIN = [b"IHDR", b"IDAT", b"IEND"]
END = b"\0\0\0\0IEND\xaeB`\x82"
OTHERS = "(?: (?!tRNS)[a-z][A-Za-z][A-Z][A-Za-z])*"
ORDER = re.compile(f"IHDR{OTHERS}(?: PLTE{OTHERS})?(?: tRNS{OTHERS})?(?: IDAT)+{OTHERS} IEND".encode())
ANIMATION = {b"acTL", b"fcTL", b"fdAT"}


class Header(NamedTuple):
    """What the IHDR chunk of a picture says."""

    width: int
    height: int
    colour: int
    depth: int
    stride: int  # bytes of one row with its filter byte


def decode(files: Sequence[bytes]) -> tuple[Bytes, list[tuple[int, str]]]:
    """Return the pixels of the sound `files`, and the position and reason of each that is refused.

    The pixels are (n, 28, 28, 4) uint8 RGBA, in the order of the files, and equal those of Pillow's
    `Image.open(file).convert("RGBA")`. Refused by name, though sound: 16-bit, interlaced, animated and other sizes.
    """
    sound: list[tuple[int, bytes]] = []
    refused: list[tuple[int, str]] = []
    for position, data in enumerate(files):
        try:
            sound.append(_plain_rows(data) or rows(data))
        except ImageError as error:
            refused.append((position, str(error)))
    kinds = {channels for channels, _ in sound}
    if len(kinds) == 1:
        return _pixels(kinds.pop(), [filtered for _, filtered in sound]), refused
    images = np.empty((len(sound), SIDE, SIDE, 4), np.uint8)
    for channels in kinds:
        same = [index for index, (other, _) in enumerate(sound) if other == channels]
        images[same] = _pixels(channels, [sound[index][1] for index in same])
    return images, refused


def _pixels(channels: int, filtered: list[bytes]) -> Bytes:
    joined = np.frombuffer(b"".join(filtered), np.uint8)
    return rgba(defilter(joined.reshape(len(filtered), SIDE, 1 + SIDE * channels)))


def _plain_rows(data: bytes) -> tuple[int, bytes] | None:
    """Return what `rows` does for the plainest of files, IHDR, one IDAT and IEND; None for others and damaged ones.

    It checks as much in a third of the time, and leaves it to `rows` to say what is wrong.
    """
    header = _plain_header(data[:33])
    body = data[37:-16]
    if (
        header is None
        or not body.startswith(b"IDAT")
        or data[-12:] != END
        or int.from_bytes(data[33:37], "big") != len(body) - 4
        or int.from_bytes(data[-16:-12], "big") != crc32(body)
    ):
        return None
    size, stream = SIDE * header.stride, decompressobj()
    try:
        filtered = stream.decompress(body[4:], size + 1)
    except ZlibError:
        return None
    if len(filtered) != size or not stream.eof or stream.unused_data or max(filtered[:: header.stride]) > 4:
        return None
    return CHANNELS[header.colour], filtered


@lru_cache(maxsize=64)
def _plain_header(start: bytes) -> Header | None:
    """Return the header in the first 33 bytes of a file; None if they are not sound, or need other chunks."""
    try:
        (kind, content), *others = chunks(start)
        header = read_header(content)
    except (ImageError, ValueError):
        return None
    return header if kind == b"IHDR" and not others and header.colour != 3 and header.depth == 8 else None


def rows(data: bytes) -> tuple[int, bytes]:
    """Return the channels of one PNG file and its 28 filtered rows of 8-bit samples, filter byte first.

    Palettes, transparent colours and 1, 2 or 4 bits come back as four channels. Raises `ImageError`.
    """
    header, found, filtered = checked(data)
    if header.colour == 3 or header.depth < 8 or any(kind == b"tRNS" for kind, _ in found):
        samples = expanded(header, found).reshape(SIDE, 4 * SIDE)
        return 4, np.pad(samples, ((0, 0), (1, 0))).tobytes()
    return CHANNELS[header.colour], filtered


def checked(data: bytes, longest_side: int = SIDE) -> tuple[Header, list[Chunk], bytes]:
    """Return header, chunks and filtered rows of one PNG file, of 28×28 unless its sides may be longer.

    Every byte of it is accounted for. Raises `ImageError`.
    """
    found = chunks(data)
    kinds = [kind for kind, _ in found]
    if kinds != PLAIN:
        _check_order(kinds)
    if found[-1][1]:
        raise ImageError("The IEND chunk is not empty", received=f"{len(found[-1][1])} bytes")
    header = read_header(found[0][1], longest_side)
    if kinds != PLAIN or header.colour == 3:
        _check_colours(header, found)
    content = found[1][1] if kinds == PLAIN else b"".join(body for kind, body in found if kind == b"IDAT")
    filtered = inflate(content, header.height * header.stride)
    if (highest := max(filtered[:: header.stride])) > 4:
        raise ImageError("A row has an unknown filter", expected="0 … 4", received=highest)
    return header, found, filtered


def chunks(data: bytes) -> list[Chunk]:
    """Return kind and content of each chunk of a PNG file. Raises `ImageError` unless every byte belongs to one."""
    if not data.startswith(SIGNATURE):
        raise ImageError("It is no PNG file", expected="the PNG signature", received=data[:8].hex(" ") or "nothing")
    found: list[Chunk] = []
    position, size = 8, len(data)
    while position < size:
        end = position + 8 + int.from_bytes(data[position : position + 4], "big")
        body = data[position + 4 : end]
        if end + 4 > size:
            raise ImageError("The file is cut off", expected=f"{end + 4} bytes or more", received=f"{size} bytes")
        if crc32(body) != int.from_bytes(data[end : end + 4], "big"):
            raise ImageError(f"Chunk {len(found) + 1} ({_text(body[:4])}) is damaged: its CRC-32 differs")
        found.append((body[:4], body[4:]))
        position = end + 4
    return found


@lru_cache(maxsize=64)
def read_header(content: bytes, longest_side: int = SIDE) -> Header:
    """Return what IHDR says. Raises `ImageError` unless it is a picture of a kind and a size that is read here."""
    if len(content) != 13:
        raise ImageError("The IHDR chunk has a wrong length", expected=13, received=len(content))
    width, height, depth, colour, compression, filtering, interlace = struct.unpack(">IIBBBBB", content)
    others = min(width, height) > 0 and SMALLEST <= max(width, height) <= longest_side
    if (width, height) != (SIDE, SIDE) and (longest_side == SIDE or not others):
        more = "" if longest_side == SIDE else f", or its longer side {SMALLEST} to {longest_side:,} pixels"
        raise ImageError(OTHER_SIZE, expected=f"28×28{more}", received=f"{width}×{height}")
    if depth == 16:
        raise ImageError("The picture has 16 bits a sample", expected="8 or fewer")
    if interlace == 1:
        raise ImageError("The picture is interlaced", expected="rows from top to bottom")
    if depth not in DEPTHS.get(colour, ()) or (compression, filtering, interlace) != (0, 0, 0):
        raise ImageError("The IHDR chunk makes no sense", received=content[8:].hex(" "))
    return Header(width, height, colour, depth, 1 + (width * CHANNELS[colour] * depth + 7) // 8)


def inflate(content: bytes, size: int) -> bytes:
    """Return the `size` bytes that the zlib stream `content` holds. Raises `ImageError` if it holds others."""
    stream = decompressobj()
    try:
        inflated = stream.decompress(content, size + 1)
    except ZlibError as error:
        raise ImageError("The pixels cannot be inflated", received=error) from error
    if len(inflated) > size:
        raise ImageError("There are too many pixels", expected=f"{size} bytes", received="more")
    if len(inflated) < size or not stream.eof:
        raise ImageError("Pixels are missing", expected=f"{size} bytes", received=len(inflated))
    if stream.unused_data:
        raise ImageError("Bytes follow the pixels", expected=0, received=len(stream.unused_data))
    return inflated


def _check_order(kinds: list[bytes]) -> None:
    if ANIMATION & set(kinds):
        raise ImageError("The picture is animated", expected="one picture that stands still")
    if not ORDER.fullmatch(b" ".join(kinds)):
        names = " ".join(map(_text, kinds[:12])) or "no chunk"
        raise ImageError("The chunks are not those of a picture", expected="IHDR … IDAT … IEND", received=names)


def _check_colours(header: Header, found: list[Chunk]) -> None:
    """Raise `ImageError` unless the palette and the transparent colours are as long as they may be."""
    sizes = {kind: len(body) for kind, body in found}
    palette, alpha = sizes.get(b"PLTE", 0), sizes.get(b"tRNS")
    longest = {0: 0, 2: 768, 3: 3 << header.depth, 4: 0, 6: 768}[header.colour]
    if palette % 3 or palette > longest or (header.colour == 3 and not palette):
        raise ImageError("The palette has a wrong length", expected=f"≤ {longest} bytes", received=palette)
    allowed = {0: (2,), 2: (6,), 3: range(1, palette // 3 + 1)}.get(header.colour, ())
    if alpha is not None and alpha not in allowed:
        raise ImageError("The tRNS chunk has a wrong length", received=f"{alpha} bytes")


def expanded(header: Header, found: list[Chunk]) -> Bytes:
    """Return (height, width, 4) uint8 RGBA of a checked picture: Pillow expands any kind. Raises `ImageError`."""
    kept = [chunk for chunk in found if chunk[0] in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")]
    try:
        with Image.open(io.BytesIO(SIGNATURE + b"".join(map(_chunk, kept))), formats=["PNG"]) as image:
            highest = max(image.tobytes()) if header.colour == 3 else 0
            pixels = np.array(image.convert("RGBA"))
    except (OSError, SyntaxError, ValueError) as error:
        raise ImageError("Its colours cannot be read", received=error) from error
    if header.colour == 3 and highest >= len(dict(kept)[b"PLTE"]) // 3:
        raise ImageError("A pixel has a colour that is not in the palette", received=highest)
    return pixels


def _chunk(chunk: Chunk) -> bytes:
    kind, content = chunk
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc32(kind + content))


def _text(kind: bytes) -> str:
    return kind.decode("ascii", "backslashreplace")
