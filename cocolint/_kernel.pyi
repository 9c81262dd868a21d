"""The compiled reader: it turns regular slices of annotations into columns, and knows nothing of schemas or numpy."""

from collections.abc import Sequence

from typing_extensions import Buffer

class Irregular(ValueError):
    """An array is not regular: `args` are the place of the byte that says so, and a short reason."""

class Column(Buffer):
    """The bytes of one column, 8 for each value. They can be written."""

def columns_of(
    array: bytes | bytearray, fields: Sequence[tuple[str, str]], inner_fields: Sequence[tuple[str, str]] = ()
) -> tuple[dict[str, Column], dict[str, Column], dict[str, Column]]:
    """Read a JSON array of records, which are objects with some of the `fields`, pairs of a name and a kind.

    Kinds are `integer`, `flag` (0 or 1), `integer or null` (NaN if it is null), `number`, `loose number` (anything, NaN if it
    is no number), `truth` (anything; 0 if it is 0, false, null or empty), `box` and `integer box` (arrays of four), `text`,
    `text or null`, `compressed mask` (runs as a string) and `other` (anything, to be decoded elsewhere); and for one field
    only `numbers` (an array), `records` (an array of records that have all `inner_fields`) and `mask` (polygons, or runs as
    an array or a string). Further keys are passed over.

    Returns the columns of the fields, other columns, and those of the inner fields. Those of fields have a value for each
    record, 0 where there is none: int64 of integers and flags, float64 of those that may be null, of numbers and of truths,
    four of them of boxes, and int64 of how many `numbers` or `records` there are. Of texts it is the JSON text of each, and
    of an empty one where there is none or null, with a comma behind it. The others are `present` (a bit for each field, by
    record); `others` (field, record, start and stop of each value); `ring_owner` (record), `ring_length` and `ring_values` of
    polygons; `run_owner`, `run_size` (height and width), `run_length` (-1 of a string) and `run_counts` of runs; `texts`
    (start and stop of the strings of runs); `point_values` of `numbers`. All are int64 but the two of values, which are
    float64. Floats have the bits that `float` gives; integers are converted where a number is due, -0 to 0.

    Raises `Irregular` where the bytes are no such array or no UTF-8, a value does not fit its kind, a field or a key of a
    mask stands twice or is spelt with an escape, an integer does not fit into 64 bits or a float is infinite, and where a
    value nests more than 60 levels deep. Nothing that it takes is refused by another reader of JSON.
    """

def address_of(data: Buffer) -> int:
    """Return where the bytes of a buffer lie in memory."""

def measure_rings(values: Buffer, lengths: Buffer, bounds: Buffer, area: Buffer, digest: Buffer) -> None:
    """Measure rings: `values` (float64) one after the other, `lengths` (int64) how many each has.

    Written to are `bounds` (n, 4), `area` and `digest`, all float64, as `RingShapes` describes them; those of rings shorter
    than two numbers are left as they are. Raises `ValueError` if the sizes of the arrays do not fit together.
    """

def gather_rings(
    owners: Buffer, ring_bounds: Buffer, ring_area: Buffer, ring_digest: Buffer, bounds: Buffer, area: Buffer, digest: Buffer
) -> None:
    """Gather what was measured of rings by their `owners` (int64), which ascend; all else is float64.

    Written to are `bounds` (n, 4), which must be NaN before, `area` and `digest` of the owners, as `geometry.by_owner`
    describes them; those without rings are left as they are. Raises `ValueError` as `measure_rings` does, and for an owner
    that there is no place for.
    """

def measure_runs(
    counts: Buffer, lengths: Buffer, heights: Buffer, total: Buffer, area: Buffer, digest: Buffer, bounds: Buffer
) -> None:
    """Measure masks: `counts` one after the other, `lengths` how many runs each has, `heights` of the masks; all int64.

    Written to are `total` (int64), `area`, `digest` and `bounds` (n, 4), which are float64, as `RunShapes` describes them;
    bounds of masks without foreground are left as they are. Raises `ValueError` as `measure_rings` does.
    """

def decode_counts(data: Buffer, sizes: Buffer, runs: Buffer, lengths: Buffer, marks: Buffer) -> int:
    """Decode compressed run lengths: `data` are all strings, `sizes` (int64) how many bytes each has.

    Written to are `runs` (int64, as many as there are bytes), `lengths` and `marks` (int64), as `geometry.decode_counts`
    describes them. Returns how many runs there are. Raises `ValueError` as `measure_rings` does.
    """

def extents_of(stretch: bytes, names: Sequence[str]) -> tuple[Column, Column]:
    """Find records, which stand one after the other with commas between them, and the values of the fields `names`.

    Returns where each record begins and ends, and where its last field ends, right behind the brace where there is none; and
    where each of its fields begins and ends, -1 where there is none. All are int64. The stretch is known to be JSON: only
    so much of it is looked at as is needed.

    Raises `Irregular` where something else than objects is found, a named key stands twice, or a key is spelt with an escape.
    """

def alike(stretch: bytes, values: Buffer, fields: int, firsts: Buffer) -> None:
    """Find records whose fields have the same texts. `values` are as `extents_of` gives them, of so many `fields` each.

    Written to `firsts` (int64) is for each record the first one like it. Raises `ValueError` if an extent is out of range,
    or the sizes of the arrays do not fit together.
    """

def spliced(stretch: bytes, edits: Buffer, texts: list[bytes]) -> bytes:
    """Return a stretch with `edits`: from where, up to where, and the number of the text to be put there; all int64.

    Raises `ValueError` unless they ascend.
    """

def first_difference(
    old: bytes, old_records: Buffer, old_values: Buffer, new: bytes, new_records: Buffer, new_values: Buffer,
    kinds: Buffer, behind: list[bytes],
) -> int:  # fmt: skip
    """Return the first record that differs from what it was, -1 if there is none. Extents are as `extents_of` gives them.

    Records whose kind (int64) is -1 are to be the same to the byte, those of kind -2 may be anything, and others are to be
    the same but for the values of the fields, and for the text of `behind` with that number behind the last field.
    Raises `ValueError` if the sizes of the arrays do not fit together.
    """
