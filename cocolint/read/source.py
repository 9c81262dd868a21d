"""Opening a file: whatever it is, the result is UTF-8 JSON bytes on disk, or a fault that says what the file is instead."""

from __future__ import annotations

import codecs
import gzip
import json
import mmap
import os
import re
import stat
import weakref
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from cocolint.model import AnnotationFile, Finding, Severity
from cocolint.read.archive import Unreadable, archive_at
from cocolint.read.ranges import CHUNK, Where, array_of, read_bytes
from cocolint.read.remote import WHOLE_BYTES, Remote

SMALL = 1_000_000
"""In bytes: files up to this size are read once, and kept in memory until `Source.let_go`."""
BLANKS = b" \t\r\n"
LARGEST = 1 << 31
"""In bytes; many parsers count with 32 bits."""
NONFINITE = b'"\x7f"'
"""What stands for NaN and the infinities in the bytes that are decoded: as short as the shortest of them."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GZIP = b"\x1f\x8b"
_OTHERS = (
    (b"version https://git-lfs", "a git-LFS pointer, not the file itself: run `git lfs pull`"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (_GZIP, "gzip data, but its name does not end in .gz"),
    (b"BZh", "bzip2 data: unpack it first"),
    (b"\xfd7zXZ", "xz data: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "zstd data: unpack it first"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"%PDF", "a PDF document"),
    (b"<", "a web page or XML"),
)
_TOKENS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|NaN|-?Infinity', re.DOTALL)
_SURROGATE = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\.")


class Unusable(Exception):
    """The file cannot be read as JSON: `rule` is the rule that says so, `finding` what it says of which `source`."""

    def __init__(self, rule: str, finding: Finding, source: Source | None = None) -> None:
        super().__init__(finding.message.format())
        self.rule = rule
        self.finding = finding
        self.source = source


class Source:
    """The bytes of an annotation file.

    `where` is what is read: the file itself, or a temporary copy that is unpacked, transcoded or repaired; `data` is the same
    on disk, a copy if need be.
    `original` is the file with the same bytes before repairs: of the same length, so that all places agree. `start` is where
    the JSON begins. `faults` are the faults of the encoding by rule. `nonfinite` tells that NaN and
    infinities were replaced by `NONFINITE`.
    `text` is all that is read, in memory, while that is a small file on this machine; None otherwise.
    `archive` is the zip archive that the file lies in. Of a file behind a URL only what is asked for is read, as long as ranges
    of bytes are enough; small ones are copied to the disk at once.
    Raises `OSError` if the file cannot be read, `Unusable` if it is no JSON at all.
    """

    def __init__(self, where: Where, archive: Path | None = None) -> None:
        self.where = where
        self.path = Path(where.display) if isinstance(where, Remote) else where
        self.original = self.path
        self.start = 0
        self.nonfinite = False
        self.faults: dict[str, list[Finding]] = {}
        self.text: bytes | None = None
        if archive is not None:
            self._take_out_of(archive)
        elif isinstance(where, Path):
            self.text = text_of(where)
        if isinstance(where, Remote) and where.stat().st_size < WHOLE_BYTES:
            self._fetch(where)
        if self.path.suffix.lower() == ".gz" and self.head().startswith(_GZIP):
            self._convert(self._unpacked(self.data))
        self._drop_bom(self.read(0, 4))
        self._name_what_it_is(self.head())
        if self.size > LARGEST:
            message = f"the file has {self.size:,} bytes, more than 2 GiB"
            self.faults["json-depth-or-size"] = [Finding(message, severity=Severity.INFO)]

    @classmethod
    def known(cls, path: Path, start: int) -> Source:
        """Return a file on this machine that was opened before, and is read as it is."""
        source = cls.__new__(cls)
        source.where = source.path = source.original = path
        source.start, source.nonfinite, source.faults, source.text = start, False, {}, None
        return source

    @property
    def size(self) -> int:
        """The size in bytes of what is read."""
        return self.where.stat().st_size if self.text is None else len(self.text)

    @property
    def data(self) -> Path:
        """What is read, on disk: from now on, a copy of a remote file."""
        if isinstance(self.where, Remote):
            self._fetch(self.where)
        return cast("Path", self.where)

    def _fetch(self, remote: Remote) -> None:
        self.where = self.original = self._temporary()
        remote.fetch(self.where)

    def check_unchanged(self) -> None:
        """Raise `RemoteError` if what was read is a remote file, and it is not as it was."""
        if isinstance(self.where, Remote):
            self.where.check()

    def let_go(self) -> None:
        """Keep no text in memory: what is asked for from now on is read again."""
        self.text = None

    def mapped(self) -> mmap.mmap | bytes:
        """Return the data, mapped into memory unless it is there. It is let go with the last object that looks at it."""
        if self.text is not None:
            return self.text
        with self.data.open("rb") as stream:
            return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` to `stop`."""
        return read_bytes(self.where, start, stop) if self.text is None else self.text[start:stop]

    def array(self, start: int, stop: int) -> bytes | bytearray:
        """Return the bytes from `start` to `stop` in brackets."""
        return array_of(self.where, start, stop) if self.text is None else b"[%b]" % self.text[start:stop]

    def find(self, what: bytes) -> int:
        """Return where `what` stands first, -1 if it does not."""
        size = self.size
        for begin in range(self.start, size, CHUNK):
            found = self.read(begin, min(begin + CHUNK + len(what), size)).find(what)
            if found >= 0:
                return begin + found
        return -1

    def move(self, path: Path) -> None:
        """Take note that the file now lies at `path`."""
        self.where, self.original = (path if one == self.path else one for one in (self.data, self.original))
        self.path = path

    def check_encoding(self) -> None:
        """Look for bytes that are not UTF-8 in all of the data; from then on, a copy without them is read."""
        if self.text is not None and is_utf8(self.text):
            return
        decoder = codecs.getincrementaldecoder("utf-8")()
        buffer = bytearray(min(CHUNK, self.size + 1))
        place = 0
        with self.data.open("rb", buffering=0) as stream:
            while size := stream.readinto(buffer):
                pending = decoder.getstate()[0]
                chunk = buffer if size == len(buffer) else buffer[:size]
                if pending or not chunk.isascii():
                    try:
                        decoder.decode(chunk)
                    except UnicodeDecodeError as error:
                        offset = place - len(pending) + error.start
                        self.faults["json-encoding"] = [Finding(f"byte {offset} is not UTF-8 ({error.reason})", offset=offset)]
                        self._replace(self._readable())
                        return
                place += size

    def repair(self, error: str) -> bool:
        """Replace literals that JSON does not know by ones that it knows, of the same length; tell whether there were any.

        `error` is the decoder's message; nothing is searched where it cannot come from such a literal.
        """
        if ("surrogate" in error or "hex escape" in error or "truncated" in error) and self._repair_surrogates():
            return True
        return not self.nonfinite and self._repair_nonfinite()

    def head(self) -> bytes:
        """Return the first bytes that are not blank."""
        if self.text is not None:
            return self.text[self.start :].lstrip(BLANKS)[:64]
        with self.where.open("rb") as stream:
            stream.seek(self.start)
            while chunk := stream.read(CHUNK):
                if head := chunk.lstrip(BLANKS):
                    return head[:64]
        return b""

    def _convert(self, chunks: Iterator[bytes]) -> None:
        self._replace(chunks)
        self.original = self.data

    def _replace(self, chunks: Iterator[bytes]) -> None:
        path = self._temporary()
        with path.open("wb") as copy:
            for chunk in chunks:
                copy.write(chunk)
        self.where, self.text = path, None

    def _temporary(self) -> Path:
        import tempfile  # imported here: most files are read as they are

        handle, name = tempfile.mkstemp(prefix="cocolint-")
        os.close(handle)
        weakref.finalize(self, Path(name).unlink, missing_ok=True)
        return Path(name)

    def _take_out_of(self, archive: Path) -> None:
        try:
            if archive == self.path:
                archive_at(archive).annotation_files()
            self._convert(archive_at(archive).chunks(self.path.relative_to(archive).as_posix()))
        except Unreadable as error:
            self._convert(iter(()))
            raise Unusable("archive-unreadable", Finding(_plain(error)), self) from None

    def _unpacked(self, path: Path) -> Iterator[bytes]:
        try:
            with gzip.open(path) as stream:
                while chunk := stream.read(CHUNK):
                    yield chunk
        except EOFError:
            raise Unusable("json-truncated", Finding("the gzip data ends early: the file was cut off"), self) from None
        except (zlib.error, gzip.BadGzipFile) as error:
            raise Unusable("json-syntax", Finding("the gzip data is damaged: " + _plain(error)), self) from None

    def _name_what_it_is(self, head: bytes) -> None:
        if not head:
            raise Unusable("json-syntax", Finding("the file is empty"), self)
        if kind := kind_of(head):
            raise Unusable("file-compressed-or-html", Finding(f"the file is {kind}"), self)

    def _drop_bom(self, first: bytes) -> None:
        for mark, encoding in _BOMS:
            if first.startswith(mark):
                self.faults["json-bom"] = [Finding(f"the file starts with the byte order mark of {encoding.upper()}")]
                if encoding == "utf-8":
                    self.start = len(mark)
                else:
                    self._transcode(encoding)
                return
        encoding = json.detect_encoding(first)
        if encoding != "utf-8":
            self.faults["json-encoding"] = [Finding(f"the file is {encoding.upper()}, not UTF-8")]
            self._transcode(encoding)

    def _transcode(self, encoding: str) -> None:
        def chunks() -> Iterator[bytes]:
            with self.data.open(encoding=encoding, errors="replace", newline="") as stream:
                while text := stream.read(CHUNK):
                    yield text.encode("utf-8", "replace")

        self._convert(chunks())

    def _readable(self) -> Iterator[bytes]:
        """Yield the data with each byte that is not UTF-8 replaced by a question mark."""
        codecs.register_error("cocolint-question", lambda error: ("?" * (error.end - error.start), error.end))  # type: ignore[attr-defined]
        decoder = codecs.getincrementaldecoder("utf-8")("cocolint-question")
        with self.data.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                yield decoder.decode(chunk).encode("utf-8")
            yield decoder.decode(b"", final=True).encode("utf-8")

    def _repair_nonfinite(self) -> bool:
        def put(match: re.Match[bytes]) -> bytes:
            text = match.group()
            return text if text.startswith(b'"') else NONFINITE.ljust(len(text))

        data = self.data.read_bytes()
        repaired = _TOKENS.sub(put, data)
        self.nonfinite = repaired != data
        if self.nonfinite:
            self._replace(iter([repaired]))
        return self.nonfinite

    def _repair_surrogates(self) -> bool:
        def put(match: re.Match[bytes]) -> bytes:
            text = match.group()
            return rb"\ufffd" if len(text) == 6 and text[1:2] == b"u" else text

        data = self.data.read_bytes()
        repaired = _SURROGATE.sub(put, data)
        if repaired == data:
            return False
        self.faults["json-encoding"] = [Finding("a \\u escape is half of a surrogate pair")]
        self._replace(iter([repaired]))
        return True


def kind_of(head: bytes) -> str:
    """Return what a file is by its first bytes, if it is one of the things that get in the place of others; else ""."""
    return next((name for mark, name in _OTHERS if head.startswith(mark)), "")


def size_of(file: AnnotationFile) -> int:
    """Return the size of an annotation file in bytes; of one in an archive when it is unpacked. Raises `OSError`."""
    if file.mended is not None:
        return file.mended.stat().st_size
    if file.part is not None:
        return file.part.stop - file.part.start
    if file.archive is None:
        return (file.remote or file.path).stat().st_size
    try:
        size = archive_at(file.archive).size_of(file.path.relative_to(file.archive).as_posix())
    except Unreadable:
        size = None
    return file.archive.stat().st_size if size is None else size


def is_utf8(data: bytes | bytearray) -> bool:
    """Whether bytes are text; decoders of JSON look only at the strings that they return."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        if not data.isascii():
            for start in range(0, len(data), CHUNK):  # all of a large one as text would take up to four times its size
                decoder.decode(data[start : start + CHUNK], final=start + CHUNK >= len(data))
    except UnicodeDecodeError:
        return False
    return True


def text_of(path: Path) -> bytes | None:
    """Return all of a small file, None for a larger one, or what is no file."""
    with open(path, "rb", buffering=0) as stream:
        found = os.fstat(stream.fileno())
        if found.st_size > SMALL or not stat.S_ISREG(found.st_mode):
            return None
        text = stream.read(found.st_size + 1)
        return text if len(text) == found.st_size else None


def syntax_fault(source: Source, error: str) -> Unusable:
    """Return the fault that explains why the decoder gave up with the message `error`."""
    match = re.search(r"\(byte (\d+)\)", error)
    size = source.size
    offset = source.start + int(match.group(1)) if match else size
    what = _safe(re.sub(r"^JSON is malformed: | \(byte \d+\)", "", error))
    if "trailing characters" in error:
        return Unusable(
            "json-trailing-data", Finding(f"more text follows the JSON value at byte {offset}", offset=offset), source
        )
    if "truncated" in error or offset >= size:
        message = f"the file ends in the middle of a value, after {size:,} bytes: it was cut off"
        return Unusable("json-truncated", Finding(message, offset=size), source)
    return Unusable("json-syntax", Finding(f"not JSON: {what} at byte {offset}", offset=offset), source)


def _plain(error: Exception) -> str:
    return _safe(str(error))


def _safe(text: str) -> str:
    """Keep braces of foreign text from being read as a format."""
    return text.replace("{", "{{").replace("}", "}}")
