"""Whoever changes a module knows which tests to run: the tests are laid out as the package is."""

from .layout import PACKAGE, TESTS, mirror_of, modules

# Modules without a test file of their own, and why.
ELSEWHERE = {
    "__main__.py": "one call, which tests/cli/test_main.py makes in a process of its own",
}


def test_every_module_has_its_test_file_or_is_named_with_the_reason():
    without = [module for module in modules() if not mirror_of(module).exists()]
    assert [module.relative_to(PACKAGE).as_posix() for module in without] == sorted(ELSEWHERE)


def test_every_test_file_of_a_room_is_that_of_a_module():
    mirrors = set(map(mirror_of, modules()))
    rooms = {mirror.parent for mirror in mirrors} - {TESTS}
    found = {file for room in rooms for file in room.glob("test_*.py")}
    assert found - mirrors == set()
