"""Each rule of rooms.py fails on a file that breaks it, and lets through what is right."""

import sys
import unittest

sys.dont_write_bytecode = True
import rooms  # noqa: E402

# (sentence, file, text, part of the complaint; None: no complaint)
ROWS = [
    ("a rule may use base", "domain/x.c", '#include "base/err.h"\n', None),
    ("a rule may not use the wire", "domain/x.c", '#include "wire/kind.h"\n', "domain may not use wire"),
    ("base uses nobody", "base/x.c", '#include "net/loop.h"\n', "base may not use net"),
    ("kube does not know the registry", "kube/x.c", '#include "registry/auth.h"\n', "kube may not use registry"),
    ("the registry does not know kube", "registry/x.c", '#include "kube/client.h"\n', "may not use kube"),
    ("kube does not log", "kube/x.c", '#include "telemetry/log.h"\n', "kube may not use telemetry"),
    ("reconcile may have timers", "reconcile/x.c", '#include "net/loop.h"\n', None),
    ("reconcile may not do HTTP", "reconcile/x.c", '#include "net/http.h"\n', "reconcile may not use net"),
    ("main uses everything", "main.c", '#include "net/http.h"\n#include <uv.h>\n', None),
    ("main's own pieces lie beside it", "main.c", '#include "options.h"\n', None),
    ("nobody else includes them", "kube/x.c", '#include "options.h"\n', "by its path"),
    ("an include is written from the root", "base/x.c", '#include "err.h"\n', "by its path"),
    ("the tests' JSON library is not the operator's", "wire/x.c", "#include <jansson.h>\n", "<jansson.h> is not on the list"),
    ("PCRE2 lives in registry", "registry/x.c", "#include <pcre2.h>\n", None),
    ("PCRE2 lives nowhere else", "wire/x.c", "#include <pcre2.h>\n", "<pcre2.h> may only"),
    ("curl stays in net", "registry/x.c", "#include <curl/curl.h>\n", "<curl/curl.h> may only"),
    ("uv is seen by the health server", "telemetry/health.c", "#include <uv.h>\n", None),
    ("uv is not seen by the rest of telemetry", "telemetry/log.c", "#include <uv.h>\n", "<uv.h> may only"),
    ("libyaml reads the kubeconfig", "kube/kubeconfig_node.c", "#include <yaml.h>\n", None),
    ("libyaml reads nothing else in kube", "kube/client.c", "#include <yaml.h>\n", "<yaml.h> may only"),
    ("an unknown library is refused", "net/x.c", "#include <zmq.h>\n", "not on the list"),
    ("a rule has no clock", "domain/x.c", "#include <time.h>\n", "not on the list for domain"),
    ("a commented include counts for nothing", "domain/x.c", '/* #include "wire/kind.h" */\n', None),
    ("strcpy is banned", "net/x.c", "void f(char *a)\n{\n\tstrcpy(a, b);\n}\n", "banned function strcpy()"),
    ("snprintf is not sprintf", "net/x.c", "void f(char *a)\n{\n\tsnprintf(a, 1, b);\n}\n", None),
    ("a banned name in a text is only a text", "net/x.c", 'const char *f(void)\n{\n\treturn "gets(x)";\n}\n', None),
    ("assert is not CHECK", "net/x.c", "void f(int a)\n{\n\tassert(a);\n}\n", "not assert()"),
    ("static_assert is welcome", "net/x.c", "static_assert(1 == 1);\n", None),
    ("err.c may abort", "base/err.c", "void f(void)\n{\n\tabort();\n}\n", None),
    ("a rule does not read the environment", "domain/x.c", "void f(void)\n{\n\tgetenv(a);\n}\n", "getenv()"),
    ("a rule does not read the time", "domain/x.c", "void f(void)\n{\n\ttime(0);\n}\n", "time()"),
    ("a member called time is not time()", "domain/x.c", "void f(struct a *a)\n{\n\ta->time(0);\n}\n", None),
    ("a static counter is a global", "domain/x.c", "static int count;\n", "mutable data outside a frame: count"),
    ("a static counter in a function is one too", "kube/x.c", "void f(void)\n{\n\tstatic int n = 0;\n}\n", ": n"),
    ("a table of mutable pointers is one too", "domain/x.c", 'static const char *names[] = { "a" };\n', ": names"),
    ("a constant table is none", "domain/x.c", 'static const char *const names[] = { "a" };\n', None),
    ("a static function is none", "domain/x.c", "static int f(int a)\n{\n\treturn a = 1;\n}\n", None),
    ("an array parameter's size is none", "domain/x.c", "void f(char a[static 3]);\n", None),
    ("a plain global is one", "kube/x.c", "int count;\n", "mutable data outside a frame: count"),
    ("a forward declaration is none", "kube/x.h", "/* x */\nstruct http;\n", None),
    ("the log has its sink", "telemetry/log.c", "static struct sink sink = { 1 };\n", None),
    ("400 lines are too many", "kube/x.c", "\n" * 400, "less than 400 lines"),
    ("399 lines are not", "kube/x.c", "\n" * 399, None),
    ("a function of 80 lines is too long", "kube/x.c", "void f(void)\n{\n" + "\n" * 78 + "}\n", "less than 80"),
    ("a function of 79 lines is not", "kube/x.c", "void f(void)\n{\n" + "\n" * 77 + "}\n", None),
    ("a header says what it is", "kube/x.h", "#ifndef X\n", "opens with a comment"),
    ("structs keep their name", "kube/x.h", "/* x */\ntypedef struct a b;\n", "no struct typedefs"),
]


class Rooms(unittest.TestCase):
    def test_rows(self):
        for sentence, name, text, want in ROWS:
            with self.subTest(sentence):
                complaints = [why for _, why in rooms.check_file(name, text)]
                if want is None:
                    self.assertEqual(complaints, [])
                else:
                    self.assertEqual(len(complaints), 1, complaints)
                    self.assertIn(want, complaints[0])

    def test_a_complaint_names_the_line(self):
        self.assertEqual([line for line, _ in rooms.check_file("domain/x.c", "\n\nstatic int a;\n")], [3])


if __name__ == "__main__":
    unittest.main()
