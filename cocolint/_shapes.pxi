# What is measured of flat polygons and runs; a part of `_kernel.pyx`.

cdef void measure_ring(
    const double* values, size_t points, double* bounds, double* area, double* digest
) noexcept nogil:
    cdef size_t place
    cdef double x, y, next_x = values[0], next_y = values[1], forward, backward
    bounds[0] = bounds[2] = next_x
    bounds[1] = bounds[3] = next_y
    area[0] = digest[0] = 0
    for place in range(1, points + 1):
        x, y = next_x, next_y
        next_x, next_y = values[2 * place if place < points else 0], values[2 * place + 1 if place < points else 1]
        bounds[0] = x if x < bounds[0] or x != x else bounds[0]
        bounds[1] = y if y < bounds[1] or y != y else bounds[1]
        bounds[2] = x if x > bounds[2] or x != x else bounds[2]
        bounds[3] = y if y > bounds[3] or y != y else bounds[3]
        forward, backward = x * next_y, y * next_x
        digest[0] += forward
        area[0] += forward - backward
    area[0] /= 2


cdef inline int64_t divide(int64_t value, int64_t divisor, int64_t* rest) noexcept nogil:
    """Divide by a number above 0, rounding down."""
    rest[0] = value % divisor
    if rest[0] >= 0:
        return value // divisor
    rest[0] += divisor
    return value // divisor - 1


cdef void measure_mask(
    const int64_t* counts, size_t length, int64_t height, int64_t* total, double* area, double* digest, double* bounds
) noexcept nogil:
    """Measure the runs of one mask. Sums beyond 64 bits are cut off, as those of numpy are."""
    cdef size_t place
    cdef uint64_t begin = 0
    cdef int64_t left, right, upper = 0, lower = 0
    cdef double edge
    cdef bint is_first = True
    area[0] = digest[0] = 0
    for place in range(length):
        digest[0] += <double>counts[place] * (<double>(place % 8191) + 1)
        if place % 2 and counts[place] > 0 and height > 0:
            area[0] += <double>counts[place]
            left = right = divide(<int64_t>begin, height, &upper)
            if counts[place] <= height - upper and <int64_t>(begin + <uint64_t>counts[place] - 1) >= <int64_t>begin:
                lower = upper + counts[place] - 1
            else:
                right = divide(<int64_t>(begin + <uint64_t>counts[place] - 1), height, &lower)
                if left != right:
                    upper, lower = 0, height - 1
            edge = <double>left
            bounds[0] = edge if is_first or edge < bounds[0] else bounds[0]
            edge = <double>upper
            bounds[1] = edge if is_first or edge < bounds[1] else bounds[1]
            edge = <double><int64_t>(<uint64_t>right + 1)
            bounds[2] = edge if is_first or edge > bounds[2] else bounds[2]
            edge = <double>(lower + 1)
            bounds[3] = edge if is_first or edge > bounds[3] else bounds[3]
            is_first = False
        begin += <uint64_t>counts[place]
    total[0] = <int64_t>begin


cdef size_t decode(const uchar* text, size_t size, uint64_t* runs, int64_t* mark) noexcept nogil:
    """Decode one string of runs and return how many there are: as many as it has numbers, none if it is not sound."""
    cdef size_t place, count = 0
    cdef unsigned int shift = 0
    cdef uint64_t value = 0
    mark[0] = 0
    for place in range(size):
        if not 48 <= text[place] <= 111:
            mark[0] = 1
            return 0
    if size and (text[size - 1] - 48) & 32:
        mark[0] = 2
        return 0
    for place in range(size):
        value += <uint64_t>((text[place] - 48) & 31) << (shift if shift < 60 else 60)
        shift += 5
        if not (text[place] - 48) & 32:
            if (text[place] - 48) & 16:
                value -= <uint64_t>1 << (shift if shift < 62 else 62)
            runs[count] = value + (runs[count - 2] if count > 2 else 0)
            count += 1
            shift = 0
            value = 0
    return count


cdef size_t checked_sum(View lengths, size_t most) except? 0:
    """Return the sum of lengths, none of which is below 0 or above `most`."""
    cdef const int64_t* length = <const int64_t*>lengths.view.buf
    cdef size_t place, total = 0
    for place in range(<size_t>lengths.view.len // 8):
        if not 0 <= length[place] <= <int64_t>(most - total):
            raise ValueError("a length is out of range")
        total += <size_t>length[place]
    return total


cdef int check(View view, size_t size) except -1:
    if <size_t>view.view.len != size:
        raise ValueError("the sizes of the arrays do not fit together: a length is wrong")
    return 0


def measure_rings(values, lengths, bounds, area, digest):
    cdef View flat = View(values), sizes = View(lengths)
    cdef View corners = View(bounds, True), sums = View(area, True), mixed = View(digest, True)
    cdef size_t ring, count = <size_t>sizes.view.len // 8, start = 0
    cdef const int64_t* length = <const int64_t*>sizes.view.buf
    check(flat, 8 * checked_sum(sizes, <size_t>flat.view.len // 8))
    check(corners, 32 * count)
    check(sums, 8 * count)
    check(mixed, 8 * count)
    with nogil:
        for ring in range(count):
            if length[ring] > 1:
                measure_ring(
                    <const double*>flat.view.buf + start, <size_t>length[ring] // 2, <double*>corners.view.buf + 4 * ring,
                    <double*>sums.view.buf + ring, <double*>mixed.view.buf + ring,
                )
            start += <size_t>length[ring]


cdef void add_ring(const double* ring, double* bounds) noexcept nogil:
    """Widen bounds by those of one more ring; what is NaN does not count."""
    cdef int axis
    for axis in range(4):
        if bounds[axis] != bounds[axis] or (ring[axis] < bounds[axis] if axis < 2 else ring[axis] > bounds[axis]):
            bounds[axis] = ring[axis]


def gather_rings(owners, ring_bounds, ring_area, ring_digest, bounds, area, digest):
    cdef View owner = View(owners), corners = View(ring_bounds), sums = View(ring_area), mixed = View(ring_digest)
    cdef View all_corners = View(bounds, True), all_sums = View(area, True), all_mixed = View(digest, True)
    cdef size_t ring, count = <size_t>owner.view.len // 8, rows = <size_t>all_sums.view.len // 8
    cdef const int64_t* row = <const int64_t*>owner.view.buf
    check(corners, 32 * count)
    check(sums, 8 * count)
    check(mixed, 8 * count)
    check(all_corners, 32 * rows)
    check(all_mixed, 8 * rows)
    for ring in range(count):
        if not 0 <= row[ring] < <int64_t>rows:
            raise ValueError("an owner is out of range")
    with nogil:
        for ring in range(count):
            if ring == 0 or row[ring] != row[ring - 1]:
                (<double*>all_sums.view.buf)[row[ring]] = (<double*>all_mixed.view.buf)[row[ring]] = 0
            add_ring(<const double*>corners.view.buf + 4 * ring, <double*>all_corners.view.buf + 4 * row[ring])
            (<double*>all_sums.view.buf)[row[ring]] += fabs((<const double*>sums.view.buf)[ring])
            (<double*>all_mixed.view.buf)[row[ring]] += (<const double*>mixed.view.buf)[ring]


def measure_runs(counts, lengths, heights, total, area, digest, bounds):
    cdef View flat = View(counts), sizes = View(lengths), high = View(heights), all_runs = View(total, True)
    cdef View sums = View(area, True), mixed = View(digest, True), corners = View(bounds, True)
    cdef size_t mask, count = <size_t>sizes.view.len // 8, start = 0
    cdef const int64_t* length = <const int64_t*>sizes.view.buf
    check(flat, 8 * checked_sum(sizes, <size_t>flat.view.len // 8))
    for view in (high, all_runs, sums, mixed):
        check(view, 8 * count)
    check(corners, 32 * count)
    with nogil:
        for mask in range(count):
            measure_mask(
                <const int64_t*>flat.view.buf + start, <size_t>length[mask], (<const int64_t*>high.view.buf)[mask],
                <int64_t*>all_runs.view.buf + mask, <double*>sums.view.buf + mask, <double*>mixed.view.buf + mask,
                <double*>corners.view.buf + 4 * mask,
            )
            start += <size_t>length[mask]


def decode_counts(data, sizes, runs, lengths, marks):
    cdef View text = View(data), widths = View(sizes), flat = View(runs, True)
    cdef View found = View(lengths, True), faults = View(marks, True)
    cdef size_t place, number, count = <size_t>widths.view.len // 8, start = 0, total = 0
    cdef const int64_t* width = <const int64_t*>widths.view.buf
    check(text, checked_sum(widths, <size_t>text.view.len))
    check(flat, 8 * <size_t>text.view.len)
    check(found, 8 * count)
    check(faults, 8 * count)
    with nogil:
        for place in range(count):
            number = decode(
                <const uchar*>text.view.buf + start, <size_t>width[place], <uint64_t*>flat.view.buf + total,
                <int64_t*>faults.view.buf + place,
            )
            (<int64_t*>found.view.buf)[place] = <int64_t>number
            start += <size_t>width[place]
            total += number
    return total
