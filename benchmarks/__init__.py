"""How fast, how big, how exact: against what people would use instead.

Read this before you quote a number. All of it is synthetic: made-up weights, nothing
else going on in the process, and a machine that is usually shared and small. Seconds
say something about that machine on that day; what carries over are ratios, which are
taken inside one round of one process, where every method runs once, in rotating order.
The files in `results` say which machine it was and how busy.

Two things a ratio does not say. The order `shuffled` is a stratified random order, not
a uniform permutation of all items; like for like with a shuffle is the order `random`,
which has a row of its own and is slow. And labels are not lists: some peers return the
indices of every part, which is more to write than one small number an item.

    python -m benchmarks split --large --json benchmarks/results/split.json
    python -m benchmarks table benchmarks/results/split.json
    python -m benchmarks --check

The harness is the standard library; peers come with `pip install work-distribution[bench]`.
"""
