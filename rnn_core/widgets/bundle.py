"""One JavaScript file out of many: a widget's module is loaded from a Blob, it imports no path."""

import json
import re
from pathlib import Path

SHARED = Path(__file__).parent / "shared"

_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"(\.[^"]*|unrolled/[^"]*)";[^\n]*\n', re.M)
_EXPORT = re.compile(r"^export (?=(?:(?:async )?function\*?|const|let|class) (\w+))", re.M)
_LEFT_OVER = re.compile(
    r"^\s*(?:import\b|export (?!default\b|function\b|const\b|class\b))[^\n]*", re.M
)


def _file(name, importer):
    """The file that an import names: beside the importer, or one of the shared modules."""
    shared = name.startswith("unrolled/")
    target = SHARED / name.removeprefix("unrolled/") if shared else importer.parent / name
    if not target.is_file():
        there = ", ".join(f"unrolled/{module.name}" for module in sorted(SHARED.glob("*.js")))
        raise ValueError(
            f"{importer.name} should import a file that there is, got {name!r}: "
            f"the shared modules are {there}"
        )
    return target.resolve()


def bundle(path, **constants):
    """The ES module at `path` in one string: each file it imports becomes a constant before it."""
    path = Path(path).resolve()
    parts = [f"const {name} = {json.dumps(value)};\n" for name, value in constants.items()]
    done = {}

    def name_of(file):
        return "$" + re.sub(r"\W", "_", f"{file.parent.name}_{file.stem}")

    def read(file):
        source = file.read_text(encoding="utf-8")

        def constant(found):
            names, target = found[1].replace(" as ", ": "), _file(found[2], file)
            include(target)
            return f"const {{{names}}} = {name_of(target)};\n"

        source = _IMPORT.sub(constant, source)
        source = re.sub(r"^\s*//[^\n]*\n", "", source, flags=re.M)
        if odd := _LEFT_OVER.search(source):
            form = 'import { a, b } from "./c.js";'
            raise ValueError(f"{file.name} should import as `{form}`, got `{odd[0].strip()}`")
        return source

    def include(file):
        if file in done:
            if not done[file]:
                raise ValueError(f"{file.name} should not import itself through another module")
            return
        done[file] = False
        source = read(file)
        names = ", ".join(_EXPORT.findall(source))
        body = f"{_EXPORT.sub('', source)}return {{ {names} }};"
        parts.append(f"const {name_of(file)} = (() => {{\n{body}\n}})();\n")
        done[file] = True

    main = read(path)
    return "".join(parts) + main
