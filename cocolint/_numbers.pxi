# JSON's numbers, with the bits that Python gives them; a part of `_kernel.pyx`.

cdef extern from *:
    """
    #include <float.h>
    #include <stdint.h>
    #include <string.h>
    #if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0
    #define ROUNDS_ONCE 0
    #else
    #define ROUNDS_ONCE 1
    #endif
    static const double POWERS_OF_TEN[] = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    #if ROUNDS_ONCE && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    /* All bytes at once, without a branch for each: the first of eight is the lowest of the word. */
    __attribute__((always_inline)) static inline const unsigned char* short_number(
            const unsigned char* p, const unsigned char* stop, double* value) {
        uint64_t word, others, before, digits;
        int point, end, places = 0;
        if (stop - p < 8) return 0;
        memcpy(&word, p, 8);
        word ^= 0x3030303030303030;
        others = (word + 0x7676767676767676) & 0x8080808080808080;
        if (!others || word & 0x8080808080808080) return 0;
        point = end = __builtin_ctzll(others) >> 3;
        digits = word;
        if (p[point] == '.') {
            others &= others - 1;
            if (!others) return 0;
            end = __builtin_ctzll(others) >> 3;
            before = ((uint64_t)1 << 8 * point) - 1;
            digits = (word & before) | (word >> 8 & ~before);
            places = end - point - 1;
            if (!places) return 0;
        }
        if (!point || (p[0] == '0' && point > 1) || (p[end] | 32) == 'e') return 0;
        digits <<= 8 * (8 - point - places);
        digits = digits * 10 + (digits >> 8);
        digits = ((digits & 0xFF000000FF) * 0xF424000000064 + (digits >> 16 & 0xFF000000FF) * 0x271000000001) >> 32;
        *value = (double)digits / POWERS_OF_TEN[places];
        return p + end;
    }
    #else
    static const unsigned char* short_number(const unsigned char* p, const unsigned char* stop, double* value) { return 0; }
    #endif
    #ifdef __SIZEOF_INT128__
    #define MOST_PLACES 27
    /* The quotient has 63 bits or more, and its lowest one stands for all that is cut off: so it is rounded right, once. */
    static double divided(uint64_t value, int places) {
        uint64_t divisor = 1, quotient, bits;
        unsigned __int128 dividend;
        double power;
        int exponent = -63 - places, shift;
        for (int place = 0; place < places; place++) divisor *= 5;
        shift = __builtin_clzll(divisor);
        divisor <<= shift;
        exponent += shift;
        shift = __builtin_clzll(value);
        dividend = (unsigned __int128)(value << shift) << 63;
        exponent -= shift;
        quotient = (uint64_t)(dividend / divisor);
        quotient |= (unsigned __int128)quotient * divisor != dividend;
        bits = (uint64_t)(1023 + exponent) << 52;
        memcpy(&power, &bits, 8);
        return (double)quotient * power;
    }
    #else
    #define MOST_PLACES 0
    static double divided(uint64_t value, int places) { return 0; }
    #endif
    """
    const bint ROUNDS_ONCE
    const double POWERS_OF_TEN[23]
    const int MOST_PLACES
    Place short_number(Place p, Place stop, double* value) noexcept nogil  # NULL unless it has no sign and up to seven bytes
    double divided(uint64_t value, int places) noexcept nogil  # by a power of ten, up to MOST_PLACES; value is not 0

cdef enum:
    LARGEST_EXPONENT = 99999

cdef uint64_t EXACT = (<uint64_t>1) << 53
cdef uint64_t LARGEST = ((<uint64_t>1) << 63) - 1


cdef inline Place digits(Place p, uint64_t* value) noexcept nogil:
    while is_digit(p[0]):
        value[0] = value[0] * 10 + <unsigned int>(p[0] - 48)
        p += 1
    return p


cdef inline Place whole_part(Pass* s, Place p, uint64_t* value) noexcept nogil:
    cdef Place first = p
    p = digits(p, value)
    if p == first or (first[0] == c'0' and p - first > 1):
        return decline(s, first, "a number is expected")
    return p


cdef Place exponent_of(Pass* s, Place p, int* exponent) noexcept nogil:
    """Read what follows the letter E."""
    cdef bint negative = p[0] == c'-'
    cdef int value = 0
    if negative or p[0] == c'+':
        p += 1
    if not is_digit(p[0]):
        return decline(s, p, "an exponent is expected")
    while is_digit(p[0]):
        if value < LARGEST_EXPONENT:
            value = value * 10 + (p[0] - 48)
        p += 1
    exponent[0] = -value if negative else value
    return p


cdef Place integer(Pass* s, Place p, int64_t* value) noexcept nogil:
    cdef Place first = p
    cdef bint negative = p[0] == c'-'
    cdef uint64_t magnitude = 0
    p = whole_part(s, p + negative, &magnitude)
    if p == NULL:
        return NULL
    if p[0] == c'.' or p[0] == c'e' or p[0] == c'E':
        return decline(s, first, "an integer is expected")
    if p - first - negative > 19 or magnitude > LARGEST + negative:
        return decline(s, first, "an integer does not fit into 64 bits")
    value[0] = <int64_t>(0 - magnitude if negative else magnitude)
    return p


cdef inline Place number(Pass* s, Place p, Vector* out, size_t at) noexcept nogil:
    """Read a number to byte `at` of `out`."""
    cdef Place behind = short_number(p, s.stop, <double*>(out.data + at))
    return behind if behind != NULL else any_float(s, p, out, at)


cdef Place any_float(Pass* s, Place p, Vector* out, size_t at) noexcept nogil:
    """Read a number to byte `at` of `out`; what takes more than one rounding is noted, to be finished after the pass."""
    cdef Place start = p
    cdef Place first
    cdef bint negative = p[0] == c'-'
    cdef uint64_t mantissa = 0
    cdef int64_t length, scale = 0
    cdef int exponent = 0
    cdef double value
    first = p + negative
    p = whole_part(s, first, &mantissa)
    if p == NULL:
        return NULL
    length = p - first
    if p[0] == c'.':
        first = p + 1
        p = digits(first, &mantissa)
        scale = p - first
        length += scale
        if scale == 0:
            return decline(s, p, "a digit is expected")
    elif p[0] != c'e' and p[0] != c'E':
        if length > 19:
            return decline(s, start, "an integer does not fit into 64 bits")
        negative = negative and mantissa != 0
    if p[0] == c'e' or p[0] == c'E':
        p = exponent_of(s, p + 1, &exponent)
        if p == NULL:
            return NULL
    scale = exponent - scale
    if ROUNDS_ONCE and length <= 19 and (mantissa <= EXACT and -22 <= scale <= 22 or mantissa and -MOST_PLACES <= scale < 0):
        value = <double>mantissa
        if mantissa > EXACT or scale < -22:
            value = divided(mantissa, <int>-scale)
        else:
            value = value / POWERS_OF_TEN[-scale] if scale < 0 else value * POWERS_OF_TEN[scale]
        (<double*>(out.data + at))[0] = -value if negative else value
        return p
    if not (push(s.slow, <int64_t><size_t>out) and push(s.slow, <int64_t>at) and push(s.slow, start - s.start)):
        return full(s, p)
    return p


cdef Place numbers(Pass* s, Place p, Vector* out) noexcept nogil:
    """Append an array of numbers to `out`."""
    if p[0] != c'[':
        return decline(s, p, "an array of numbers is expected")
    p = blanks(p + 1)
    if p[0] == c']':
        return p + 1
    while True:
        if not has_room(out, 8):
            return full(s, p)
        p = number(s, p, out, out.size)
        if p == NULL:
            return NULL
        out.size += 8
        p = blanks(p)
        if p[0] == c']':
            return p + 1
        if p[0] != c',':
            return decline(s, p, "a comma or a bracket is expected")
        p = blanks(p + 1)


cdef Place integers(Pass* s, Place p, Vector* out) noexcept nogil:
    """Append an array of integers to `out`."""
    cdef int64_t value = 0
    if p[0] != c'[':
        return decline(s, p, "an array of integers is expected")
    p = blanks(p + 1)
    if p[0] == c']':
        return p + 1
    while True:
        p = integer(s, p, &value)
        if p == NULL:
            return NULL
        if not push(out, value):
            return full(s, p)
        p = blanks(p)
        if p[0] == c']':
            return p + 1
        if p[0] != c',':
            return decline(s, p, "a comma or a bracket is expected")
        p = blanks(p + 1)


cdef Place any_number(Pass* s, Place p) noexcept nogil:
    """Pass over a number."""
    cdef Place first
    cdef uint64_t ignored = 0
    cdef int exponent
    p = whole_part(s, p + (p[0] == c'-'), &ignored)
    if p != NULL and p[0] == c'.':
        first = p + 1
        p = digits(first, &ignored)
        if p == first:
            return decline(s, p, "a digit is expected")
    if p != NULL and (p[0] == c'e' or p[0] == c'E'):
        p = exponent_of(s, p + 1, &exponent)
    return p
