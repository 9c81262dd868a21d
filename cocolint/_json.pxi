# JSON's grammar, byte by byte; a part of `_kernel.pyx`.
#
# The pass needs no bounds for single bytes: `bytes` and `bytearray` end in a NUL that does not count, and no step of the
# grammar goes past one; it looks at a byte only after those before it. Functions of the pass take the place of what they
# read, and return the place behind it, or NULL where they decline.

from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport realloc
from libc.string cimport memcpy

ctypedef unsigned char uchar
ctypedef const uchar* Place

cdef enum:
    MOST_FIELDS = 64
    MOST_LEVELS = 60


cdef struct Vector:
    char* data
    size_t size
    size_t room

cdef struct Field:
    const char* name
    size_t length
    int kind
    Vector* column

cdef struct Pass:
    Pass* inner
    Place start
    Place stop
    Place fault
    const char* reason
    int64_t row
    int count
    Field[64] fields
    int[64] order
    Vector* present
    Vector* slow
    Vector* others
    Vector* texts
    Vector* ring_owner
    Vector* ring_length
    Vector* ring_values
    Vector* run_owner
    Vector* run_size
    Vector* run_length
    Vector* run_counts
    Vector* point_values


cdef Place decline(Pass* s, Place place, const char* reason) noexcept nogil:
    s.fault, s.reason = place, reason
    return NULL


cdef bint grow(Vector* vector, size_t more) noexcept nogil:
    cdef size_t room = vector.room + vector.room // 2 + more + 1024
    cdef char* data = <char*>realloc(vector.data, room)
    if data == NULL:
        return False
    vector.data, vector.room = data, room
    return True


cdef inline bint has_room(Vector* vector, size_t more) noexcept nogil:
    return vector.size + more <= vector.room or grow(vector, more)


cdef inline bint push(Vector* vector, int64_t value) noexcept nogil:
    if not has_room(vector, 8):
        return False
    (<int64_t*>(vector.data + vector.size))[0] = value
    vector.size += 8
    return True


cdef bint append(Vector* column, Place start, size_t size) noexcept nogil:
    """Add the text of a string and a comma."""
    if not has_room(column, size + 1):
        return False
    memcpy(column.data + column.size, start, size)
    column.data[column.size + size] = c','
    column.size += size + 1
    return True


cdef Place full(Pass* s, Place p) noexcept nogil:
    return decline(s, p, "there is no memory left")


cdef inline Place blanks(Place p) noexcept nogil:
    while p[0] == 32 or p[0] == 10 or p[0] == 13 or p[0] == 9:
        p += 1
    return p


cdef inline bint is_digit(uchar c) noexcept nogil:
    return <unsigned int>(c - 48) < 10


cdef Place code_unit(Pass* s, Place p, unsigned int* unit) noexcept nogil:
    """Read the four digits after a backslash and the letter u."""
    cdef int place
    cdef unsigned int digit
    unit[0] = 0
    for place in range(4):
        if is_digit(p[0]):
            digit = p[0] - 48
        elif c'a' <= (p[0] | 32) <= c'f':
            digit = (p[0] | 32) - 87
        else:
            return decline(s, p, "a hexadecimal digit is expected")
        unit[0] = unit[0] << 4 | digit
        p += 1
    return p


cdef Place escape(Pass* s, Place p) noexcept nogil:
    cdef unsigned int unit = 0, second = 0
    cdef uchar c = p[1]
    if c == c'"' or c == c'\\' or c == c'/' or c == c'b' or c == c'f' or c == c'n' or c == c'r' or c == c't':
        return p + 2
    if c != c'u':
        return decline(s, p, "no escape that JSON knows")
    p = code_unit(s, p + 2, &unit)
    if p == NULL or unit < 0xD800 or unit > 0xDFFF:
        return p
    if unit > 0xDBFF or p[0] != c'\\' or p[1] != c'u':
        return decline(s, p, "half of a surrogate pair")
    p = code_unit(s, p + 2, &second)
    if p != NULL and not 0xDC00 <= second <= 0xDFFF:
        return decline(s, p, "half of a surrogate pair")
    return p


cdef Place wide(Pass* s, Place p) noexcept nogil:
    """Pass over a character of more than one byte."""
    cdef uchar c = p[0]
    cdef uchar least = 0xA0 if c == 0xE0 else 0x90 if c == 0xF0 else 0x80
    cdef uchar most = 0x9F if c == 0xED else 0x8F if c == 0xF4 else 0xBF
    cdef int place, following = 1 if c < 0xE0 else 2 if c < 0xF0 else 3
    if not (0xC2 <= c <= 0xF4 and least <= p[1] <= most):
        return decline(s, p, "not UTF-8")
    for place in range(2, following + 1):
        if p[place] & 0xC0 != 0x80:
            return decline(s, p, "not UTF-8")
    return p + following + 1


cdef Place text(Pass* s, Place p) noexcept nogil:
    """Pass over a string."""
    if p[0] != c'"':
        return decline(s, p, "a string is expected")
    p += 1
    while True:
        if p[0] == c'"':
            return p + 1
        if p[0] == c'\\':
            p = escape(s, p)
        elif p[0] >= 0x80:
            p = wide(s, p)
        elif p[0] < 0x20:
            return decline(s, p, "a control character in a string")
        else:
            p += 1
        if p == NULL:
            return NULL


cdef Place word(Pass* s, Place p, const char* expected) noexcept nogil:
    while expected[0]:
        if p[0] != <uchar>expected[0]:
            return decline(s, p, "a value is expected")
        p += 1
        expected += 1
    return p


cdef Place colon(Pass* s, Place p) noexcept nogil:
    """Pass over the colon after a key."""
    p = blanks(p)
    if p[0] != c':':
        return decline(s, p, "a colon is expected")
    return blanks(p + 1)


cdef Place anything(Pass* s, Place p) noexcept nogil:
    """Pass over a value of any kind; a bit for each level tells whether it is an object."""
    cdef uint64_t objects = 0
    cdef int level = 0
    cdef uchar c
    while True:
        c = p[0]
        if c == c'{' or c == c'[':
            level += 1
            if level > MOST_LEVELS:
                return decline(s, p, "the value is nested too deeply")
            objects = objects << 1 | (c == c'{')
            p = blanks(p + 1)
            if p[0] != c + 2:
                if c == c'{':
                    p = text(s, p)
                    if p != NULL:
                        p = colon(s, p)
                    if p == NULL:
                        return NULL
                continue
            p += 1
            level -= 1
            objects >>= 1
        elif c == c'"':
            p = text(s, p)
        elif c == c't':
            p = word(s, p, "true")
        elif c == c'f':
            p = word(s, p, "false")
        elif c == c'n':
            p = word(s, p, "null")
        else:
            p = any_number(s, p)
        while p != NULL and level:
            p = blanks(p)
            if p[0] == c',':
                p = blanks(p + 1)
                if objects & 1:
                    p = text(s, p)
                    if p != NULL:
                        p = colon(s, p)
                break
            if p[0] != (c'}' if objects & 1 else c']'):
                return decline(s, p, "a comma or a bracket is expected")
            p += 1
            level -= 1
            objects >>= 1
        else:
            return p
        if p == NULL:
            return NULL
