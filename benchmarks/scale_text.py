"""The words of docs/scale.md, and the numbers of others that it rests on."""

from __future__ import annotations

from tables import MEGABYTE

SA1B_FILES = 11_185_362
SA1B_MASKS = 1_100_000_000
SA1B_SOURCE = (
    "[images and format](https://www.tensorflow.org/datasets/catalog/segment_anything), "
    "[masks](https://arxiv.org/abs/2304.02643)"
)
OPEN_BOXES = 16_000_000
OPEN_SOURCE = "[boxes](https://storage.googleapis.com/openimages/web/factsfigures_v7.html)"
QUANTITIES = (
    ("read", "MB read", MEGABYTE),
    ("cpu", "CPU seconds", 1),
    ("seconds", "seconds", 1),
    ("peak", "MB of memory", MEGABYTE),
)
"""What is measured: its name in the figures, in the tables, and the unit there."""

HEAD = """# Scale

What a check costs as the data grow, and what that says of data sets and machines that nobody here has. Written by
`benchmarks/pages.py` from `benchmarks/figures.json`, which a run of `benchmarks/run.py` keeps; the machine and the versions
are those of the [benchmarks](benchmarks.md). Each table says in its corner what it is: *measured* was seen, *fitted* is a
line through what was measured, *computed* was not seen by anybody.
"""
TOO_FEW = "There are no figures for this page: it wants two files of 80 MB and more, small files, and an object store.\n"
MEASURED = """## What was measured

Files of polygons, as in the benchmarks, and folders of small files of one image with 100 masks as run lengths each, with the
fields of SA-1B. Bytes read are those of reading calls, by all processes, the program itself and Python's modules
included; what is looked at in mapped files is not among them, what comes through pipes is. Files were in the memory of
the system. Results are what a worker sends where it shares no memory with the first process, as in a cluster."""
RESULTS = "MB of results"
NETWORK = "The same files in an S3 server on this machine, read by one process:"
FITS = """## The model

Costs as `a + b × bytes`, for small files `a + b × bytes + c × files`, by least squares of the relative errors over what was
measured: one file from 20 MB on, with two processes from 80 MB on, where the second one starts; small files as above, and
others with 10 masks each. Memory is that of files from 1 GB on, whose columns are on disk. A cost that would fall with the
size is left out. Units are those of the rows; *misses by at most* is the largest difference between the line and what was
measured. What processes share is the decoding of slices and the rules on their rows, by its share of the
[phases](benchmarks.md#phases-of-a-check) with `-j 1`."""
CHECKED = """The time of `n` processes is computed as: what they do not share, and what it costs to move results, and what they
share divided by `n`. All of the CPU seconds that two processes take more than one are counted as moving, and as done by the
first process alone, which is the worst case. For two processes it can be compared:"""
PAPER = """## On paper

SA-1B comes as one JSON for each image, with `image` in the place of `images`; it is taken here as if these files were in
COCO form, with `category_id`, `image_id` and `iscrowd`. Their [fields](https://github.com/facebookresearch/segment-anything#dataset)
are published, their size is not: {per_file} each, as they were generated, is an assumption. Open Images is taken as if each
of its boxes had a polygon like those of COCO, in one file, which is more than there is: 2.8 million have masks."""
LARGE = """### Large files

On one machine with files on a disk that keeps up, and on the workers of a Dask cluster that read from an object store at
10 Gbit/s for each node. The first process holds the columns in all cases."""
SMALL = """### Many small files

By the times of one and of two processes, {part} of a run over small files is shared between processes. In the object store
a request waits 0.1 s for its first byte, and 5,500 a second are answered below one prefix
([AWS](https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html) names 100 to 200 ms, and
5,500 for each prefix); 1,000 names come with each answer to a request for a list, one after the other. On the cluster
each core runs `cocolint check --paths-from` on its share, and the list of names is made once."""
BREAKING = """## What breaks first

- **One large file, one machine: the part that is not shared.** {serial} of a check of 8 GB are the first process alone, which
  opens the file, keeps the columns, runs the rules on them and reports, however many cores there are. What was done:
  slices go to the workers, and what comes back is columns of ids, boxes and areas, {moved} of the bytes of the file; columns
  with one value all over travel as one row.
- **One large file, memory: the columns, once.** What was done: where they would take more than 256 MB they wait in temporary
  files without a name, and rules look at a million rows at a time. {column} bytes for each annotation are left at the peak,
  most of them for what is sorted, and for the images. The temporary folder must have room for the columns; where it is in
  memory itself, nothing is gained.
- **One large file, network: not yet.** At 10 Gbit/s for each node ten nodes fetch 8 GB in less than a second; results
  arrive at one node, and are smaller.
- **Many small files: the cost of each.** {file} ms for a file of SA-1B with one process: it is found, opened and judged, and
  rules on whole files are started for each. What was done: processes take files in batches, the annotations of a batch are
  one table for the rules that look at rows, what is the same for all files of a folder is found out once, and a list of
  paths can be given to each machine (`--paths-from`). The first process compares and judges what comes back, alone.
- **Many small files, memory: what waits for the comparison of a data set.** Files side by side are one data set, so what is
  known of each is kept until all are read, about {each} KB a file: {kept} for SA-1B in one run, and a machine with
  {memory} GiB is full at {held} files. Runs on shares need less, and do not see what two shares disagree in.
- **Many small files, object store: answers are waited for.** A small file takes {requests} requests, and one process waits for
  one at a time: on few cores the waiting is longer than the check. The requests a second below one
  prefix are the end of it, however many nodes there are: spread the names over prefixes.
- **Listing** of 11 million names is {lists} requests one after the other, {listing}: long for a person, short beside the rest.
"""


def breaking(facts: dict[str, str]) -> str:
    """Return the text on what breaks first, with these numbers in it."""
    return BREAKING.format(**facts)
