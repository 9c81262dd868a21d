# Where records lie, and some of their fields; their text put together anew, and compared; a part of `_kernel.pyx`.

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.string cimport memcpy

cdef uint64_t NOT_NUMBERS = 0xC0C0C0C0C0C0C0C0
cdef uint64_t QUOTES = 0x2222222222222222
cdef uint64_t ONES = 0x0101010101010101
cdef uint64_t MULTIPLIER = 0x9E3779B97F4A7C15

ctypedef const char* Chars
ctypedef const int64_t* Numbers


cdef inline bint is_plain(Place p) noexcept nogil:
    """Whether eight bytes are such as stand between numbers: below the letters, and no quotation marks."""
    cdef uint64_t word, quotes
    memcpy(&word, p, 8)
    quotes = word ^ QUOTES
    return not (word & NOT_NUMBERS or (quotes - ONES) & ~quotes & ONES << 7)


cdef Place nested(Pass* s, Place p) noexcept nogil:
    """Pass over an array or an object, of which only the brackets and strings are looked at: it is known to be JSON."""
    cdef int64_t level = 0
    while p < s.stop:
        if p[0] == c'"':
            p = text(s, p)
            if p == NULL:
                return NULL
            continue
        if p[0] | 32 == c'{':
            level += 1
        elif p[0] | 32 == c'}':
            level -= 1
            if not level:
                return p + 1
        p += 1
        while s.stop - p >= 8 and is_plain(p):
            p += 8
    return decline(s, p, "a bracket is expected")


cdef Place extents_of_record(Pass* s, Place p, Vector* records, Vector* values) noexcept nogil:
    cdef Place key, value, start = p, end = p + 1
    cdef int64_t* extents
    cdef int which, place = 0
    for which in range(s.count):
        if not (push(values, -1) and push(values, -1)):
            return full(s, p)
    extents = <int64_t*>(values.data + values.size) - 2 * s.count
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
        value = p
        p = nested(s, p) if p[0] == c'[' or p[0] == c'{' else anything(s, p)
        if p == NULL:
            return NULL
        end = p
        if which >= 0:
            if extents[2 * which] >= 0:
                return decline(s, key, "a key that stands twice")
            extents[2 * which], extents[2 * which + 1] = value - s.start, end - s.start
        place += 1
        p = blanks(p)
        if p[0] == c'}':
            break
        if p[0] != c',':
            return decline(s, p, "a comma or a brace is expected")
        p = blanks(p + 1)
    if not (push(records, start - s.start) and push(records, p + 1 - s.start) and push(records, end - s.start)):
        return full(s, p)
    return p + 1


cdef void extents(Pass* s, Vector* records, Vector* values) noexcept nogil:
    cdef Place p = s.start
    while True:
        p = extents_of_record(s, blanks(p), records, values)
        if p == NULL:
            return
        p = blanks(p)
        if p == s.stop:
            return
        if p[0] != c',':
            decline(s, p, "a comma or the end is expected")
            return
        p += 1


def address_of(data):
    cdef View view = View(data)
    return <size_t>view.view.buf


def extents_of(stretch, names):
    if not isinstance(stretch, bytes):
        raise TypeError("only bytes end in a NUL, and stay as they are")
    cdef View view = View(stretch)
    cdef Column records = Column(), values = Column()
    cdef Pass s
    cdef list named = [(name.encode(), "other") for name in names]
    cdef dict columns = {}, ragged = {}
    prepare(&s, view, named, columns, ragged)
    with nogil:
        extents(&s, &records.vector, &values.vector)
    if s.reason != NULL:
        raise Irregular(s.fault - s.start, s.reason.decode())
    return records, values


cdef uint64_t mixed(uint64_t digest, Chars text_, size_t length) noexcept nogil:
    """Take a text into a digest."""
    cdef uint64_t word
    digest = (digest ^ length) * MULTIPLIER
    while length:
        word = 0
        memcpy(&word, text_, 8 if length > 8 else length)
        digest = (digest ^ word) * MULTIPLIER
        digest ^= digest >> 32
        text_ += 8 if length > 8 else length
        length -= 8 if length > 8 else length
    return digest


cdef bint is_alike(Chars text_, Numbers one, Numbers other, size_t fields) noexcept nogil:
    """Whether the texts of all fields of two records are the same."""
    cdef size_t which
    for which in range(fields):
        if one[1] - one[0] != other[1] - other[0] or (one[0] < 0) != (other[0] < 0):
            return False
        if one[0] >= 0 and memcmp(text_ + one[0], text_ + other[0], one[1] - one[0]):
            return False
        one += 2
        other += 2
    return True


cdef void note_alike(
    Chars text_, Numbers values, size_t rows, size_t fields, uint64_t seed, int64_t* slots, uint64_t last, int64_t* firsts
) noexcept nogil:
    """Note for each record the first one like it. `slots` holds records at the places of their digests, 0 where there is none."""
    cdef size_t row, which
    cdef uint64_t digest
    cdef Numbers one = values
    for row in range(rows):
        digest = seed
        for which in range(fields):
            if one[2 * which] >= 0:
                digest = mixed(digest, text_ + one[2 * which], one[2 * which + 1] - one[2 * which])
            digest = (digest ^ which) * MULTIPLIER
        digest ^= digest >> 32
        while slots[digest & last] and not is_alike(text_, one, values + 2 * fields * (slots[digest & last] - 1), fields):
            digest += 1
        if not slots[digest & last]:
            slots[digest & last] = <int64_t>row + 1
        firsts[row] = slots[digest & last] - 1
        one += 2 * fields


def alike(stretch, values, size_t fields, firsts):
    cdef View view = View(stretch), extents = View(values), found = View(firsts, True)
    cdef size_t place, rows = <size_t>found.view.len // 8, room = 4
    cdef uint64_t seed = <uint64_t>hash(b"seed")
    cdef Numbers value = <Numbers>extents.view.buf
    cdef Column slots = Column()
    check(extents, 16 * rows * fields)
    for place in range(rows * fields):
        if value[2 * place] >= 0 and not value[2 * place] <= value[2 * place + 1] <= view.view.len:
            raise ValueError("a value is out of range")
    while room < 2 * rows:
        room *= 2
    if not has_room(&slots.vector, 8 * room):
        raise MemoryError
    memset(slots.vector.data, 0, 8 * room)
    with nogil:
        note_alike(
            <Chars>view.view.buf, value, rows, fields, seed, <int64_t*>slots.vector.data, room - 1, <int64_t*>found.view.buf
        )


cdef size_t size_of_spliced(Numbers edit, size_t count, list texts, int64_t size) except? 0:
    """Return how long a stretch is with edits. Raises `ValueError` unless they ascend."""
    cdef size_t place
    cdef int64_t before = 0, length = size
    for place in range(count):
        if not (before <= edit[0] <= edit[1] <= size and 0 <= edit[2] < len(texts)):
            raise ValueError("an edit is out of range")
        before = edit[1]
        length += len(<bytes>texts[edit[2]]) - (edit[1] - edit[0])
        edit += 3
    return <size_t>length


cdef void splice(char* out, Chars old, int64_t size, Numbers edit, size_t count, Chars* texts, size_t* sizes) noexcept nogil:
    cdef size_t place
    cdef int64_t before = 0
    for place in range(count):
        memcpy(out, old + before, edit[0] - before)
        out += edit[0] - before
        memcpy(out, texts[edit[2]], sizes[edit[2]])
        out += sizes[edit[2]]
        before = edit[1]
        edit += 3
    memcpy(out, old + before, size - before)


def spliced(stretch, edits, list texts):
    cdef View old = View(stretch), numbers = View(edits)
    cdef Numbers edit = <Numbers>numbers.view.buf
    cdef size_t place, count = <size_t>numbers.view.len // 24
    cdef bytes made = PyBytes_FromStringAndSize(NULL, size_of_spliced(edit, count, texts, old.view.len))
    cdef Column starts = Column(), sizes = Column()
    for text_ in texts:
        if not (push(&starts.vector, <int64_t><size_t>PyBytes_AS_STRING(text_)) and push(&sizes.vector, len(text_))):
            raise MemoryError
    cdef char* out = PyBytes_AS_STRING(made)
    with nogil:
        splice(out, <Chars>old.view.buf, old.view.len, edit, count, <Chars*>starts.vector.data, <size_t*>sizes.vector.data)
    return made


cdef struct Extents:
    Chars text
    int64_t size
    Numbers record
    Numbers values


cdef inline bint is_same(Extents* old, int64_t place, int64_t stop, Extents* new, int64_t other) noexcept nogil:
    """Whether the old bytes from `place` up to `stop` are those that begin at `other` in the new ones."""
    if not (0 <= place <= stop <= old.size and 0 <= other <= new.size - (stop - place)):
        return False
    return not memcmp(old.text + place, new.text + other, stop - place)


cdef bint is_kept(Extents* old, Extents* new, size_t count, Chars behind, int64_t length) noexcept nogil:
    """Whether a record is as it was but for the values of fields, and what was put behind its last one."""
    cdef int64_t place = old.record[0], other = new.record[0], start
    cdef uint64_t seen = 0
    cdef size_t which, next_one = 0
    while True:
        start = old.size
        for which in range(count):
            if not seen >> which & 1 and 0 <= old.values[2 * which] < start:
                start, next_one = old.values[2 * which], which
        if start == old.size:
            break
        seen |= (<uint64_t>1) << next_one
        if not is_same(old, place, start, new, other) or new.values[2 * next_one] != other + (start - place):
            return False
        place, other = old.values[2 * next_one + 1], new.values[2 * next_one + 1]
    if not is_same(old, place, old.record[2], new, other):
        return False
    other += old.record[2] - place
    if other > new.size - length or memcmp(new.text + other, behind, length):
        return False
    other += length
    return is_same(old, old.record[2], old.record[1], new, other) and other + (old.record[1] - old.record[2]) == new.record[1]


def first_difference(old, old_records, old_values, new, new_records, new_values, kinds, list behind):
    cdef View before = View(old), records = View(old_records), values = View(old_values)
    cdef View after = View(new), other_records = View(new_records), other_values = View(new_values), numbers = View(kinds)
    cdef size_t row, count = <size_t>numbers.view.len // 8
    cdef size_t fields = <size_t>values.view.len // 16 // count if count else 0
    cdef Extents one = Extents(<Chars>before.view.buf, before.view.len, <Numbers>records.view.buf, <Numbers>values.view.buf)
    cdef Extents other = Extents(
        <Chars>after.view.buf, after.view.len, <Numbers>other_records.view.buf, <Numbers>other_values.view.buf
    )
    cdef const int64_t* kind = <const int64_t*>numbers.view.buf
    cdef bint same = True
    if fields >= MOST_FIELDS:
        raise ValueError("there are more fields than bits")
    for view in (records, other_records):
        check(view, 24 * count)
    for view in (values, other_values):
        check(view, 16 * count * fields)
    for row in range(count):
        if kind[row] == -1:
            same = one.record[1] - one.record[0] == other.record[1] - other.record[0] and is_same(
                &one, one.record[0], one.record[1], &other, other.record[0]
            )
        elif kind[row] >= 0:
            text_ = <bytes>behind[kind[row]]
            same = is_kept(&one, &other, fields, PyBytes_AS_STRING(text_), len(text_))
        if not same:
            return row
        one.record += 3
        other.record += 3
        one.values += 2 * fields
        other.values += 2 * fields
    return -1
