# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, binding=False
"""Slices of annotations become columns in one pass, as long as they are regular; see `_kernel.pyi`."""

from cpython.buffer cimport (
    PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_FillInfo, PyBuffer_Release, PyObject_GetBuffer,
)
from libc.stdlib cimport free
from libc.math cimport NAN, fabs
from libc.string cimport memchr, memcmp, memset

include "_json.pxi"
include "_numbers.pxi"

cdef extern from "Python.h":
    double PyOS_string_to_double(const char* text, char** stop, void* overflow) except? -1.0

cdef enum Kind:
    INTEGER, FLAG, NUMBER, LOOSE_NUMBER, TRUTH, BOX, INTEGER_BOX, NUMBERS, RECORDS, MASK, COMPRESSED_MASK, OTHER
    INTEGER_OR_NULL, TEXT, TEXT_OR_NULL

KINDS = {
    "integer": INTEGER, "flag": FLAG, "number": NUMBER, "loose number": LOOSE_NUMBER, "truth": TRUTH, "box": BOX,
    "integer box": INTEGER_BOX, "numbers": NUMBERS, "records": RECORDS, "mask": MASK, "compressed mask": COMPRESSED_MASK, "other": OTHER,
    "integer or null": INTEGER_OR_NULL, "text": TEXT, "text or null": TEXT_OR_NULL,
}
cdef size_t[15] WIDTHS = [8, 8, 8, 8, 8, 32, 32, 8, 8, 0, 0, 0, 8, 0, 0]


cdef const char* NOTHING = '""'


class Irregular(ValueError):
    """The slice is not regular: `args` are the place of the byte and the reason."""


cdef class Column:
    """Memory that grows, and is free with the last array that looks at it."""

    cdef Vector vector

    def __getbuffer__(self, Py_buffer* view, int flags):
        PyBuffer_FillInfo(view, self, self.vector.data, <Py_ssize_t>self.vector.size, 0, flags)

    def __dealloc__(self):
        free(self.vector.data)


cdef class View:
    """A look at the bytes of another object."""

    cdef Py_buffer view

    def __cinit__(self, looked_at, bint writable=False):
        PyObject_GetBuffer(looked_at, &self.view, PyBUF_WRITABLE if writable else PyBUF_SIMPLE)

    def __dealloc__(self):
        PyBuffer_Release(&self.view)


cdef Place polygons(Pass* s, Place p) noexcept nogil:
    cdef size_t before
    p = blanks(p + 1)
    if p[0] == c']':
        return p + 1
    while True:
        before = s.ring_values.size
        p = numbers(s, p, s.ring_values)
        if p == NULL:
            return NULL
        if not (push(s.ring_owner, s.row) and push(s.ring_length, <int64_t>((s.ring_values.size - before) // 8))):
            return full(s, p)
        p = blanks(p)
        if p[0] == c']':
            return p + 1
        if p[0] != c',':
            return decline(s, p, "a comma or a bracket is expected")
        p = blanks(p + 1)


cdef Place counts(Pass* s, Place p, int kind) noexcept nogil:
    """Read runs: an array, or a string, whose length is noted as -1."""
    cdef Place start = p
    cdef size_t before = s.run_counts.size
    cdef bint fits
    if p[0] == c'"':
        p = text(s, p)
        if p == NULL:
            return NULL
        fits = push(s.texts, start - s.start) and push(s.texts, p - s.start) and push(s.run_length, -1)
    elif kind == MASK:
        p = integers(s, p, s.run_counts)
        if p == NULL:
            return NULL
        fits = push(s.run_length, <int64_t>((s.run_counts.size - before) // 8))
    else:
        return decline(s, p, "a string is expected")
    return p if fits else full(s, p)


cdef Place runs(Pass* s, Place p, int kind) noexcept nogil:
    cdef Place key
    cdef size_t before
    cdef bint has_size = False, has_counts = False
    if not push(s.run_owner, s.row):
        return full(s, p)
    p = blanks(p + 1)
    while True:
        key = p
        p = text(s, p)
        if p == NULL:
            return NULL
        if memchr(key, c'\\', p - key) != NULL:
            return decline(s, key, "a key with an escape")
        if p - key == 6 and memcmp(key + 1, b"size", 4) == 0:
            p = colon(s, p)
            before = s.run_size.size
            if p != NULL:
                p = integers(s, p, s.run_size)
            if p != NULL and (has_size or s.run_size.size - before != 16):
                return decline(s, key, "not one size of two numbers")
            has_size = True
        elif p - key == 8 and memcmp(key + 1, b"counts", 6) == 0:
            if has_counts:
                return decline(s, key, "a key that stands twice")
            p = colon(s, p)
            if p != NULL:
                p = counts(s, p, kind)
            has_counts = True
        else:
            p = colon(s, p)
            if p != NULL:
                p = anything(s, p)
        if p == NULL:
            return NULL
        p = blanks(p)
        if p[0] == c'}' and has_size and has_counts:
            return p + 1
        if p[0] != c',':
            return decline(s, p, "a comma, or a size and counts, are expected")
        p = blanks(p + 1)


cdef bint is_empty(Place start, Place stop) noexcept nogil:
    """Whether a string, an array or an object has nothing between its marks."""
    return start[0] == c'"' and stop == start + 2 or start[0] != c'"' and blanks(start + 1) == stop - 1


cdef Place inner_records(Pass* s, Place p, int64_t* length) noexcept nogil:
    """Read an array of records that have all of their fields."""
    cdef Pass* inner = s.inner
    cdef int64_t before = inner.row
    if p[0] != c'[':
        return decline(s, p, "an array of records is expected")
    p = blanks(p + 1)
    while p[0] != c']' or inner.row > before:
        p = record(inner, p)
        if p == NULL:
            return decline(s, inner.fault, inner.reason)
        if (<uint64_t*>inner.present.data)[inner.row] + 1 != (<uint64_t>1) << inner.count:
            return decline(s, p, "a field is missing")
        inner.row += 1
        p = blanks(p)
        if p[0] == c']':
            break
        if p[0] != c',':
            return decline(s, p, "a comma or a bracket is expected")
        p = blanks(p + 1)
    length[0] = inner.row - before
    return p + 1


cdef Place field_value(Pass* s, Place p, int which) noexcept nogil:
    cdef Field* field = &s.fields[which]
    cdef Vector* column = field.column
    cdef Place start = p
    cdef size_t before
    cdef bint is_false
    cdef int64_t* whole = <int64_t*>(column.data + column.size - 8) if WIDTHS[field.kind] else NULL
    if field.kind == INTEGER or field.kind == FLAG:
        p = integer(s, p, whole)
        if p != NULL and field.kind == FLAG and not 0 <= whole[0] <= 1:
            return decline(s, start, "0 or 1 is expected")
    elif field.kind == NUMBER or (field.kind <= TRUTH and (is_digit(p[0]) or p[0] == c'-')):
        p = number(s, p, column, column.size - 8)
    elif field.kind <= TRUTH:
        p = anything(s, p)
        is_false = p != NULL and (start[0] == c'f' or start[0] == c'n' or is_empty(start, p))
        (<double*>whole)[0] = NAN if field.kind == LOOSE_NUMBER else not is_false
    elif field.kind == BOX or field.kind == INTEGER_BOX:
        column.size -= 32
        before = column.size
        p = numbers(s, p, column) if field.kind == BOX else integers(s, p, column)
        if p != NULL and column.size - before != 32:
            return decline(s, start, "four numbers are expected")
    elif field.kind == NUMBERS:
        before = s.point_values.size
        p = numbers(s, p, s.point_values)
        whole[0] = <int64_t>((s.point_values.size - before) // 8)
    elif field.kind == RECORDS:
        p = inner_records(s, p, whole)
    elif p[0] == c'[' and field.kind == MASK:
        p = polygons(s, p)
    elif p[0] == c'{' and (field.kind == MASK or field.kind == COMPRESSED_MASK):
        p = runs(s, p, field.kind)
    elif field.kind == INTEGER_OR_NULL and p[0] != c'n':
        p = integer(s, p, whole)
        (<double*>whole)[0] = <double>whole[0]
    elif field.kind == INTEGER_OR_NULL:
        p = word(s, p, "null")
        (<double*>whole)[0] = NAN
    elif field.kind == TEXT_OR_NULL and p[0] == c'n':
        p = word(s, p, "null")
        if not append(column, <Place>NOTHING, 2):
            return full(s, start)
    elif field.kind >= TEXT:
        p = text(s, p)
        if p != NULL and not append(column, start, p - start):
            return full(s, p)
    elif field.kind == OTHER:
        p = anything(s, p)
        if p != NULL and not (
            push(s.others, which) and push(s.others, s.row) and push(s.others, start - s.start) and push(s.others, p - s.start)
        ):
            return full(s, p)
    else:
        return decline(s, p, "a mask is expected")
    return p


cdef inline bint is_named(Pass* s, Place p, int which) noexcept nogil:
    """Whether the string at `p` is the name of a field."""
    cdef size_t length = s.fields[which].length
    return <size_t>(s.stop - p) > length + 1 and p[length + 1] == c'"' and memcmp(p + 1, s.fields[which].name, length) == 0


cdef Place key_of_record(Pass* s, Place p, int place, int* which) noexcept nogil:
    """Pass over a key, the one at `place` in its record; most often it is the same as in the record before."""
    cdef Place start = p
    cdef int guess = s.order[place]
    which[0] = guess
    if p[0] == c'"' and guess >= 0 and is_named(s, p, guess):
        return p + s.fields[guess].length + 2
    p = text(s, p)
    if p == NULL:
        return NULL
    if memchr(start, c'\\', p - start) != NULL:
        return decline(s, start, "a key with an escape")
    which[0] = -1
    for guess in range(s.count):
        if s.fields[guess].length == <size_t>(p - start - 2) and is_named(s, start, guess):
            which[0] = guess
            break
    s.order[place] = which[0]
    return p


cdef Place record(Pass* s, Place p) noexcept nogil:
    cdef Place key
    cdef int which, place = 0
    cdef size_t width
    cdef uint64_t present = 0
    for which in range(s.count):
        width = WIDTHS[s.fields[which].kind]
        if width:
            if not has_room(s.fields[which].column, width):
                return full(s, p)
            memset(s.fields[which].column.data + s.fields[which].column.size, 0, width)
            s.fields[which].column.size += width
    if p[0] != c'{':
        return decline(s, p, "an object is expected")
    p = blanks(p + 1)
    while p[0] != c'}' or place:
        key = p
        p = key_of_record(s, p, place if place < MOST_FIELDS else MOST_FIELDS - 1, &which)
        if p != NULL:
            p = colon(s, p)
        if p == NULL:
            return NULL
        if which < 0:
            p = anything(s, p)
        elif present >> which & 1:
            return decline(s, key, "a key that stands twice")
        else:
            present |= (<uint64_t>1) << which
            p = field_value(s, p, which)
        if p == NULL:
            return NULL
        place += 1
        p = blanks(p)
        if p[0] == c'}':
            break
        if p[0] != c',':
            return decline(s, p, "a comma or a brace is expected")
        p = blanks(p + 1)
    for which in range(s.count):
        if s.fields[which].kind >= TEXT and not present >> which & 1 and not append(s.fields[which].column, <Place>NOTHING, 2):
            return full(s, p)
    if not push(s.present, <int64_t>present):
        return full(s, p)
    return p + 1


cdef void records(Pass* s) noexcept nogil:
    cdef Place p = s.start
    if p[0] != c'[':
        decline(s, p, "an array is expected")
        return
    while True:
        p = record(s, blanks(p + 1))
        if p == NULL:
            return
        s.row += 1
        p = blanks(p)
        if p[0] == c']' and p + 1 == s.stop:
            return
        if p[0] != c',':
            decline(s, p, "a comma or the end is expected")
            return


cdef int finish(Pass* s) except -1:
    """Convert the numbers that were left over the way `float` does."""
    cdef int64_t* noted = <int64_t*>s.slow.data
    cdef size_t place
    cdef char* stop
    cdef double value
    for place in range(s.slow.size // 24):
        value = PyOS_string_to_double(<const char*>s.start + noted[3 * place + 2], &stop, NULL)
        if value - value != 0:
            decline(s, s.start + noted[3 * place + 2], "a number is beyond the range of floats")
            return 0
        (<double*>((<Vector*><size_t>noted[3 * place]).data + noted[3 * place + 1]))[0] = value
    return 0


cdef Vector* add_column(dict columns, str name):
    cdef Column column = Column()
    columns[name] = column
    return &column.vector


cdef int prepare(Pass* s, View view, list fields, dict columns, dict ragged) except -1:
    """Give a pass its fields, whose names must stay where they are, and columns."""
    cdef int place
    if len(fields) >= MOST_FIELDS:
        raise ValueError("there are more fields than bits")
    memset(s, 0, sizeof(Pass))
    s.start = <Place>view.view.buf
    s.stop = s.start + view.view.len
    s.count = <int>len(fields)
    for place, (name, kind) in enumerate(fields):
        s.fields[place] = Field(<const char*><bytes>name, len(name), KINDS[kind], add_column(columns, name.decode()))
    for place in range(MOST_FIELDS):
        s.order[place] = -1
    s.present = add_column(ragged, "present")
    s.slow = add_column(ragged, "slow")
    s.others = add_column(ragged, "others")
    s.texts = add_column(ragged, "texts")
    s.ring_owner = add_column(ragged, "ring_owner")
    s.ring_length = add_column(ragged, "ring_length")
    s.ring_values = add_column(ragged, "ring_values")
    s.run_owner = add_column(ragged, "run_owner")
    s.run_size = add_column(ragged, "run_size")
    s.run_length = add_column(ragged, "run_length")
    s.run_counts = add_column(ragged, "run_counts")
    s.point_values = add_column(ragged, "point_values")
    return 0


def columns_of(array, fields, inner_fields=()):
    if not isinstance(array, bytes | bytearray):
        raise TypeError("only bytes end in a NUL")
    cdef View view = View(array)
    cdef Pass outer, inner
    cdef dict columns = {}, ragged = {}, inner_columns = {}, inner_ragged = {}
    outer_named, inner_named = ([(name.encode(), kind) for name, kind in one] for one in (fields, inner_fields))
    if {RECORDS, MASK, COMPRESSED_MASK, OTHER, TEXT, TEXT_OR_NULL} & {KINDS[kind] for _, kind in inner_fields}:
        raise ValueError("inner records are flat")
    prepare(&outer, view, outer_named, columns, ragged)
    prepare(&inner, view, inner_named, inner_columns, inner_ragged)
    outer.inner = &inner
    with nogil:
        records(&outer)
    if outer.reason == NULL:
        finish(&outer)
    if outer.reason == NULL:
        finish(&inner)
        outer.fault, outer.reason = inner.fault, inner.reason
    if outer.reason != NULL:
        raise Irregular(outer.fault - outer.start, outer.reason.decode())
    return columns, ragged, inner_columns


include "_shapes.pxi"
include "_extents.pxi"
