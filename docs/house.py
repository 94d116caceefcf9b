"""The rooms of the package and who imports whom, drawn: python docs/house.py

The floors are those of the table in developing.md; the arrows are the imports of the code itself.
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sklearn_gdlogreg"
PICTURE = ROOT / "docs" / "images" / "house.svg"
BOX = 150, 44
ACROSS, UP = 176, 84
# What every room may ask for; arrows to it would hide the others.
GROUND = {"_check", "_sklearn"}


def floors():
    """The rooms of every floor, the lowest first, as the table of developing.md has them."""
    rows = re.findall(
        r"^\| (\d+) \| `([\w.]+)/?` \|", (ROOT / "docs/developing.md").read_text(), re.M
    )
    found = {}
    for floor, room in rows:
        found.setdefault(int(floor), []).append(room.removesuffix(".py"))
    return [found[floor] for floor in sorted(found)]


def room_of(file):
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports():
    """(room, room that it imports from), without those at the top: what users import."""
    found = set()
    for file in PACKAGE.rglob("*.py"):
        if file.parent == PACKAGE and file.stem in ("__init__", "__main__"):
            continue
        package = ["sklearn_gdlogreg", *file.relative_to(PACKAGE).parts[:-1]]
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.ImportFrom) or not node.level:
                continue
            base = package[: len(package) - node.level + 1]
            names = [node.module] if node.module else [each.name for each in node.names]
            for name in names:
                target = ".".join([*base, name]).split(".")[1]
                if target != room_of(file) and target != "__version__":
                    found.add((room_of(file), target))
    return sorted(found)


def without_detours(arrows):
    """Those that no way over other rooms stands for."""
    below = {}
    for room, target in arrows:
        below.setdefault(room, set()).add(target)

    def reached(room):
        return set().union(*({each} | reached(each) for each in below.get(room, ())))

    return [
        (room, target)
        for room, target in arrows
        if not any(target in reached(each) for each in below[room] - {target})
    ]


def drawn(floors, arrows):
    """The picture, as the text of an SVG file."""
    width = ACROSS * max(map(len, floors)) + 20
    height = UP * len(floors) + 10
    place = {}
    for level, rooms in enumerate(floors):
        left = (width - ACROSS * len(rooms)) / 2
        for k, room in enumerate(rooms):
            place[room] = left + ACROSS * (k + 0.5), height - UP * (level + 0.5)
    w, h = BOX
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="15" aria-label="Rooms and imports">',
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 10 5 0 10z" fill="#b44d12"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for room, target in arrows:
        if target in GROUND:
            continue
        (x, y), (to_x, to_y) = place[room], place[target]
        if y == to_y:  # beside each other
            side = w / 2 if to_x > x else -w / 2
            path = f"M{x + side:.0f} {y:.0f} {to_x - side:.0f} {to_y:.0f}"
        else:
            low, high = y + h / 2, to_y - h / 2
            bend = (high - low) / 2
            path = f"M{x:.0f} {low:.0f}C{x:.0f} {low + bend:.0f} {to_x:.0f} {high - bend:.0f} "
            path += f"{to_x:.0f} {high:.0f}"
        lines.append(
            f'<path d="{path}" fill="none" stroke="#b44d12" stroke-width="1.2" opacity=".75" '
            'marker-end="url(#tip)"/>'
        )
    for room, (x, y) in place.items():
        name = f"{room}/" if (PACKAGE / room).is_dir() else f"{room}.py"
        lines += [
            f'<rect x="{x - w / 2:.0f}" y="{y - h / 2:.0f}" width="{w}" height="{h}" rx="6" '
            'fill="#f0f4f8" stroke="#334e68" stroke-width="1.5"/>',
            f'<text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle" fill="#102a43">{name}</text>',
        ]
    return "\n".join([*lines, "</svg>\n"])


if __name__ == "__main__":
    PICTURE.write_text(drawn(floors(), without_detours(imports())))
