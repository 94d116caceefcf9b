"""Which changes of the source the tests notice: python tools/mutation.py [FILE ...]

    python tools/mutation.py [FILE ...] [--sample N] [--seed S] [--survivors]

Makes one small mistake at a time: another comparison, operator or number, a condition that is
always true or false, min for max, a missing not, abs, keyword or statement, no return value. Then
runs the tests of that file and, if all of them pass, the other tests of what computes. A change is
noticed when a test fails or does not come to an end. --survivors prints those that were not
noticed, each with its line: a test is missing, or there is nothing to notice.

Every change is tested in a fork of this process, which has all libraries imported: POSIX only.
"""

import argparse
import ast
import contextlib
import difflib
import functools
import importlib
import os
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import NamedTuple

import hypothesis
import pytest

# This checkout is tested, not what is installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.layout import PACKAGE, ROOT, TESTS, mirror_of, modules

# What computes. Its tests are asked about what a file's own let pass: those of its room first,
ROOMS = ("objective", "descent", "run", "data", "search")
# last those of the package as a whole that are about numbers, the fastest of them first.
WHOLE = "course check estimator optimum edges accuracy parity properties memory_map checkpoint"
# Imported once, before the forks.
LIBRARIES = (
    "array_api_strict dask.array hypothesis.extra.numpy pandas scipy.sparse.linalg "
    "sklearn.callback sklearn.utils.estimator_checks"
)
MEMORY = 8 << 30  # Bytes of a test process: a changed size may ask for any number of them.

# ---------------------------------------------------------------------------- changes


def table(text):
    """{first word: the others} of groups of words."""
    return {first: others for first, *others in map(str.split, text.split(","))}


COMPARISONS = table(
    "Lt LtE GtE, LtE Lt Gt, Gt GtE LtE, GtE Gt Lt, Eq NotEq, NotEq Eq, Is IsNot, IsNot Is, "
    "In NotIn, NotIn In"
)
OPERATORS = table(
    "Add Sub, Sub Add, Mult Div, Div Mult, FloorDiv Mult, Mod Mult, Pow Mult, BitAnd BitOr, "
    "BitOr BitAnd, And Or, Or And"
)
FUNCTIONS = table(
    "min max, max min, minimum maximum, maximum minimum, any all, all any, argmax argmin, "
    "argmin argmax, floor ceil, ceil floor, zeros ones, ones zeros, log1p log, isfinite isnan"
)
LEFT_AWAY = {"abs", "sqrt", "square", "exp", "log", "sign"}
# They say what things are, not what is computed.
UNTOUCHED = {"annotation", "returns", "decorator_list"}


def changed(node, **fields):
    return type(node)(**dict(ast.iter_fields(node)) | fields)


def others_of(operator, operators):
    """Those that `operator` may be mistaken for."""
    return [getattr(ast, name)() for name in operators.get(type(operator).__name__, [])]


def without(items, k):
    return [*items[:k], *items[k + 1 :]]


def changed_expressions(node):
    """The mistakes that could stand in place of an expression."""
    match node:
        case ast.Compare(ops=ops):
            for k, op in enumerate(ops):
                for other in others_of(op, COMPARISONS):
                    yield changed(node, ops=[*ops[:k], other, *ops[k + 1 :]])
        case ast.BinOp(op=op) | ast.AugAssign(op=op):
            for other in others_of(op, OPERATORS):
                yield changed(node, op=other)
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert(), operand=operand):
            yield operand
        case ast.BoolOp(op=op, values=values):
            for other in others_of(op, OPERATORS):
                yield changed(node, op=other)
            for k in range(len(values)):
                rest = without(values, k)
                yield rest[0] if len(rest) == 1 else changed(node, values=rest)
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield from map(ast.Constant, {0: [1], 1: [0, 2]}.get(value, [value + 1]))
        case ast.Constant(value=float(value)):
            yield ast.Constant(2 * value if value else 1.0)
        case ast.Call():
            yield from changed_calls(node)
        case ast.IfExp(body=body, orelse=orelse):
            yield body
            yield orelse


def changed_calls(call):
    match call.func:
        case ast.Name(id=name) if name in FUNCTIONS:
            yield changed(call, func=changed(call.func, id=FUNCTIONS[name][0]))
        case ast.Attribute(attr=name) if name in FUNCTIONS:
            yield changed(call, func=changed(call.func, attr=FUNCTIONS[name][0]))
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in LEFT_AWAY:
            if len(call.args) == 1:
                yield call.args[0]
    for k, keyword in enumerate(call.keywords):
        # What only saves an array is seldom there to be noticed.
        saves_memory = keyword.arg == "out" or ast.unparse(keyword) == "copy=False"
        if keyword.arg is not None and not saves_memory:
            yield changed(call, keywords=without(call.keywords, k))


def changed_statements(node, known):
    """The mistakes that could stand in place of a statement; `known`: names that have a value."""
    match node:
        case ast.If():
            yield changed(node, test=ast.Constant(True))
            yield changed(node, test=ast.Constant(False))
        case ast.While(test=test) if not isinstance(test, ast.Constant):
            yield changed(node, test=ast.Constant(False))
        case ast.Return(value=value) if value and ast.unparse(value) != "None":
            yield ast.Return(ast.Constant(None))
        case ast.AugAssign() | ast.Raise() | ast.Delete() | ast.Continue() | ast.Break():
            yield ast.Pass()
        case ast.Expr(value=value) if not isinstance(value, ast.Constant | ast.Yield):
            yield ast.Pass()
        case ast.Assign(targets=[target, *_]) if known is not None:
            # A name's only assignment is kept: any test that comes there would see it missing.
            into = isinstance(target, ast.Subscript | ast.Attribute)
            if into or (names(target, ast.Store) and names(target, ast.Store) <= known):
                yield ast.Pass()


def names(target, context=ast.expr_context):
    found = (node for node in ast.walk(target) if isinstance(node, ast.Name))
    return {node.id for node in found if isinstance(node.ctx, context)}


def places(node, known=None):
    """(node, holder, key), where holder[key] is the node, and the names known there, of all below.

    Names are followed in functions only; elsewhere they are None.
    """
    for field, value in ast.iter_fields(node):
        if field in UNTOUCHED:
            continue
        inside = known
        if field == "body" and isinstance(node, ast.FunctionDef | ast.Lambda):
            inside = {a.arg for a in [*node.args.args, *node.args.kwonlyargs]}
        several = isinstance(value, list)
        holder, keys = (value, range(len(value))) if several else (vars(node), [field])
        for key in keys:
            child = holder[key]
            if not isinstance(child, ast.AST):
                continue
            yield child, holder, key, inside
            yield from places(child, inside)
            if inside is not None and isinstance(child, ast.Assign):
                inside.update(*map(names, child.targets))


class Mutant(NamedTuple):
    path: Path
    line: int
    text: str
    diff: str


def mutants(path):
    """Every file that differs from that at `path` in one small change."""
    tree = ast.parse(path.read_text())
    original = ast.unparse(tree)
    found = {}
    for node, holder, key, known in places(tree):
        for other in [*changed_expressions(node), *changed_statements(node, known)]:
            holder[key] = other
            text = ast.unparse(tree)
            holder[key] = node
            if text != original:  # Two changes may come to the same; the first is kept.
                found.setdefault(text, Mutant(path, node.lineno, text, difference(original, text)))
    return list(found.values())


def difference(before, after):
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in [*lines][2:] if line[0] in "+-")


# ---------------------------------------------------------------------------- tests


def warm_up():
    """Import all but the package itself."""
    os.environ["OMP_NUM_THREADS"] = "1"  # Before NumPy: its threads would not survive a fork.
    os.environ["SCIPY_ARRAY_API"] = "1"  # Before SciPy, as tests/conftest.py has it.
    sys.dont_write_bytecode = True
    os.chdir(ROOT)
    for name in LIBRARIES.split():
        importlib.import_module(name)
    # Examples that one change failed on would be tried on the next.
    hypothesis.settings.register_profile("mutation", derandomize=True, database=None)
    hypothesis.settings.load_profile("mutation")
    assert not any(name.startswith(PACKAGE.name) for name in sys.modules)


def run(tests, mutant=None, limit=0):
    """(exit status, output) of tests in a fork, with a mutant in its file's place; limit: s."""
    sys.stdout.flush()
    with tempfile.TemporaryFile("w+") as output:
        child = os.fork()
        if child == 0:
            _test_and_exit(tests, mutant, limit, output)
        try:
            status = os.waitpid(child, 0)[1]
        finally:
            # Workers that tests started outlive a process that was killed.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
        output.seek(0)
        return status, output.read()


def _test_and_exit(tests, mutant, limit, output):
    status = 99
    try:
        os.setsid()
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        signal.alarm(limit)  # Kills this process, wherever it hangs.
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
        if mutant is not None:
            _import_instead(mutant)
        options = ["-x", "-q", "-p", "no:cacheprovider", "--tb=short", "--assert=plain"]
        status = pytest.main([*options, *tests])
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)  # What is left to do is the parent's.


def _import_instead(mutant):
    get_code = SourceFileLoader.get_code

    def changed_code(loader, name):
        if Path(loader.path) == mutant.path:
            return compile(mutant.text, mutant.path, "exec", dont_inherit=True)
        return get_code(loader, name)

    SourceFileLoader.get_code = changed_code


@functools.cache
def time_limit(tests):
    """Seconds, a multiple of what the unchanged source takes: its tests have to pass."""
    start = time.perf_counter()
    status, output = run(tests)
    if status != 0:
        sys.exit(f"{output}\nThe tests fail without any change.")
    return 10 + round(3 * (time.perf_counter() - start))


def is_noticed(mutant):
    asked = own_and_others(mutant.path)
    return any(run(tests, mutant, time_limit(tests))[0] != 0 for tests in asked)


def own_and_others(module):
    """The tests of a module, and those that are asked if they let a change pass."""
    own = mirror_of(module)
    rooms = sorted((TESTS / room for room in ROOMS), key=lambda room: room != own.parent)
    whole = (TESTS / f"test_{name}.py" for name in WHOLE.split())
    others = [str(path) for path in (*rooms, *whole) if path != own]
    return (str(own),), (*others, f"--ignore={own}")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument(
        "files", nargs="*", metavar="FILE", help="such as _objective/penalty.py; all that compute"
    )
    options.add_argument("--sample", type=int, metavar="N", help="so many changes of each file")
    options.add_argument("--seed", type=int, default=0, help="of the sample")
    options.add_argument("--survivors", action="store_true", help="print what was not noticed")
    arguments = options.parse_args()
    known = {
        file.relative_to(PACKAGE).as_posix(): file for file in modules() if mirror_of(file).exists()
    }
    computing = [name for name, file in known.items() if mirror_of(file).parent.name in ROOMS]
    files = arguments.files or computing
    if unknown := set(files) - set(known):
        options.error(f"no file with tests: {', '.join(sorted(unknown))}")
    warm_up()
    print("| file | changes | made | noticed | not noticed |\n|---|---|---|---|---|")
    survivors = []
    for file in files:
        made = every = mutants(known[file])
        if arguments.sample is not None and arguments.sample < len(every):
            made = random.Random(arguments.seed).sample(every, arguments.sample)
        missed = [mutant for mutant in made if not is_noticed(mutant)]
        noticed = len(made) - len(missed)
        print(f"| `{file}` | {len(every)} | {len(made)} | {noticed} | {len(missed)} |", flush=True)
        survivors += missed
    if arguments.survivors:
        for mutant in sorted(survivors):
            print(f"\n{mutant.path.relative_to(PACKAGE)}:{mutant.line}\n{mutant.diff}")
