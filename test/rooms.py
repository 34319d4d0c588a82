"""Keeps the order of the house: reads every file of controller/ and fails when a rule is broken.

Rules: which room may include which (ROOMS), where each library may be seen (LIBRARIES), which
functions nobody calls (BANNED), no mutable data outside functions' frames, purity of the domain,
sizes of files and functions. Every complaint is one line: file:line: rule.

Usage: rooms.py [controller directory]
"""

import pathlib
import re
import sys

# room → the rooms whose headers it may include. reconcile sees of net the timers only (HEADERS).
ROOMS = {
    "base": {"base"},
    "domain": {"base", "domain"},
    "wire": {"base", "domain", "wire"},
    "net": {"base", "net"},
    "kube": {"base", "domain", "wire", "net", "kube"},
    "registry": {"base", "domain", "wire", "net", "registry"},
    "prometheus": {"base", "wire", "net", "prometheus"},
    "telemetry": {"base", "net", "telemetry"},
    "reconcile": {"base", "domain", "wire", "kube", "registry", "prometheus", "telemetry", "reconcile"},
}
EVERYTHING = set(ROOMS) | {"cli"}
FREE = {"main", "cli"}  # the composition root and the command line use everything

# Single headers beyond ROOMS: timers are all that reconcile needs of the loop.
HEADERS = {"reconcile": {"net/loop.h"}}

# library header (a pattern) → where it may be included: a room, or a file without its suffix.
LIBRARIES = [
    (r"yaml\.h", {"wire/yaml", "kube/kubeconfig_node"}),
    (r"curl/.*", {"net"}),
    (r"uv\.h", {"net", "telemetry/health"}),
    (r"openssl/.*", {"net", "registry"}),
    (r"lz4\.h", {"wire/packer"}),
    (r"pcre2\.h", {"registry"}),
    (r"microhttpd\.h", {"telemetry"}),
]

# What a pure rule may ask of libc: no clock, no environment, no file, no process.
PURE = {"ctype.h", "errno.h", "inttypes.h", "limits.h", "math.h", "stdalign.h", "stdarg.h", "stdbool.h",
        "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h"}
LIBC = PURE | {"arpa/inet.h", "dirent.h", "fcntl.h", "getopt.h", "grp.h", "langinfo.h", "libgen.h",
               "locale.h", "malloc.h", "net/if.h", "netdb.h", "netinet/in.h",
               "netinet/tcp.h", "poll.h", "pwd.h", "sched.h", "signal.h", "spawn.h", "stdatomic.h",
               "strings.h", "sysexits.h", "time.h", "unistd.h"}
LIBC_PATTERN = re.compile(r"(sys|linux)/[a-z_]+\.h")

BANNED = ("strcpy", "strcat", "sprintf", "vsprintf", "strtok", "atoi", "atol", "atoll", "gets")
STOPS = ("assert", "abort")                # only CHECK() ends the process for an invariant
STOPS_ALLOWED = {"base/err.c"}
IMPURE = ("time", "getenv", "secure_getenv", "clock", "clock_gettime", "gettimeofday", "rand",
          "random", "getrandom", "clock_now_ms", "clock_monotonic_ms", "fopen", "open", "system")

# Data that lives outside any frame or object. The list is the whole list: seed and tombstone of the
# hash set (drawn once at the start; an address, never written), the reserve of memory, and the log sink.
GLOBALS = {"base/set.c": {"seed", "tombstone"}, "base/memory.c": {"reserve", "reserve_size"}, "telemetry/log.c": {"sink"}}

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 80

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
TOKENS = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


def blank(text):
    """The text with comments and the insides of literals blanked out, lines kept in place."""
    def empty(match):
        token = match.group()
        if token[0] in "\"'":
            return token[0] + " " * (len(token) - 2) + token[0]
        return re.sub(r"[^\n]", " ", token)
    return TOKENS.sub(empty, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def room_of(name):
    """base/err.c → base; main.c → main."""
    return name.split("/")[0] if "/" in name else "main"


def check_include(name, own, system):
    """Why this #include may not be there, or None."""
    room = room_of(name)
    if own is not None:
        target = own.split("/")[0]
        if room == "main" and "/" not in own:
            return None  # the composition root's own pieces lie beside it
        if target not in EVERYTHING or "/" not in own:
            return f'include "{own}" by its path under controller/'
        if room in FREE or target in ROOMS.get(room, set()) or own in HEADERS.get(room, set()):
            return None
        return f"{room} may not use {target} ({own})"
    for pattern, places in LIBRARIES:
        if re.fullmatch(pattern, system):
            if room in FREE or places & {room, name.rsplit(".", 1)[0]}:
                return None
            return f"<{system}> may only be included in {', '.join(sorted(places))}"
    if system in (PURE if room == "domain" else LIBC):
        return None
    if room != "domain" and LIBC_PATTERN.fullmatch(system):
        return None
    return f"<{system}> is not on the list for {room}"


def check_calls(name, code):
    """Calls of functions that nobody, or not this room, may call."""
    rules = [(BANNED, "banned function")]
    if name not in STOPS_ALLOWED:
        rules.append((STOPS, "only CHECK() may end the process, not"))
    if room_of(name) == "domain":
        rules.append((IMPURE, "the domain is pure and may not call"))
    for functions, why in rules:
        for match in re.finditer(rf"(?<![\w.>])({'|'.join(functions)})\s*\(", code):
            yield line_of(code, match.start()), f"{why} {match.group(1)}()"


def is_constant(declaration):
    """Does the declared thing itself never change? After the last *, or anywhere without one."""
    return re.search(r"\bconst\b", declaration.rsplit("*", 1)[-1]) is not None


def declared_name(declaration):
    return re.findall(r"\w+", re.sub(r"\[.*", "", declaration, flags=re.S))[-1]


def check_globals(name, code):
    """Mutable data: `static` anywhere, or any object defined outside a function."""
    without_directives = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()),
                                code, flags=re.M)
    found = [(m.start(), m.group(1)) for m in
             re.finditer(r"(?<!\[)\bstatic\s+([^;={(]+?)\s*(?=[;=])", without_directives)]
    for match in re.finditer(r"^([A-Za-z_][^;={}()]*?)\s*(?=[;=])", without_directives, re.M):
        words = match.group(1).split()
        if words[0] in ("extern", "typedef", "static", "return", "goto", "case", "default"):
            continue
        if words[0] in ("struct", "enum", "union") and len(words) == 2:
            continue  # a forward declaration
        found.append((match.start(), match.group(1)))
    for position, declaration in found:
        if is_constant(declaration) or declared_name(declaration) in GLOBALS.get(name, set()):
            continue
        yield line_of(code, position), f"mutable data outside a frame: {declared_name(declaration)}"


def check_sizes(text):
    lines = text.split("\n")
    if len(lines) - 1 >= MAX_FILE_LINES:
        yield len(lines) - 1, f"a file has less than {MAX_FILE_LINES} lines"
    start = None
    for number, line in enumerate(lines, 1):
        if line.rstrip() == "{":
            start = number
        elif line.startswith("}") and start is not None:
            if number - start + 1 >= MAX_FUNCTION_LINES:
                yield start, f"a function has less than {MAX_FUNCTION_LINES} lines"
            start = None


def check_form(name, text, code):
    if name.endswith(".h") and not text.startswith("/*"):
        yield 1, "a header opens with a comment that says what lives here"
    for match in re.finditer(r"\btypedef\s+(struct|union)\b", code):
        yield line_of(code, match.start()), f"no {match.group(1)} typedefs"


def check_file(name, text):
    """All complaints about one file: (line, why)."""
    code = blank(text)
    for number, line in enumerate(text.split("\n"), 1):
        match = INCLUDE.match(line)
        why = match and check_include(name, *match.groups())
        if why:
            yield number, why
    yield from check_calls(name, code)
    yield from check_globals(name, code)
    yield from check_sizes(text)
    yield from check_form(name, text, code)


def check_tree(root):
    """All complaints about a controller directory as printable lines, and the number of files read."""
    complaints = []
    files = sorted(p for p in root.rglob("*") if p.suffix in (".c", ".h"))
    for path in files:
        name = path.relative_to(root).as_posix()
        if room_of(name) not in EVERYTHING | {"main"}:
            complaints.append(f"{path}:1: {room_of(name)} is not a room")
            continue
        text = path.read_text(encoding="utf-8")
        complaints += [f"{path}:{line}: {why}" for line, why in sorted(check_file(name, text))]
    return complaints, len(files)


def main(args):
    root = pathlib.Path(args[0]) if args else pathlib.Path(__file__).resolve().parent.parent / "controller"
    complaints, count = check_tree(root)
    for complaint in complaints:
        print(complaint)
    print(f"rooms: {count} files, {len(complaints)} broken rules")
    return 1 if complaints or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
