/* TLS against servers of the openssl command: who is believed, and who we say that we are. */

#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "net/http.h"
#include "suite.h"

/* Two authorities, three certificates that the first has signed, in a folder of its own. */
#define MAKE_CERTIFICATES                                                                          \
	"set -e; cd '%s'; exec >/dev/null 2>&1\n"                                                  \
	"key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'\n"                               \
	"for ca in ca other; do\n"                                                                 \
	"  openssl req -x509 $key -keyout $ca.key -out $ca.crt -subj /CN=$ca -days 2\n"            \
	"done\n"                                                                                   \
	"sign() {\n"                                                                               \
	"  openssl req $key -keyout $1.key -out $1.csr -subj /CN=$1\n"                             \
	"  printf \"$2\" >$1.ext\n"                                                                \
	"  openssl x509 -req -in $1.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 "         \
	"-extfile $1.ext -out $1.crt\n"                                                            \
	"}\n"                                                                                      \
	"sign address 'subjectAltName=IP:127.0.0.1'\n"                                             \
	"sign name 'subjectAltName=DNS:inside.example'\n"                                          \
	"sign client 'extendedKeyUsage=clientAuth'\n"

static char folder[64];

struct scene {
	char pem[3][8192]; /* texts of files, as rows ask for them */
	pid_t server;
	FILE *output; /* of the server; open as long as it runs */
	int port;
};

/* Before and after all tests. */
static void make_certificates(void)
{
	char script[2048];

	(void)snprintf(folder, sizeof(folder), "/tmp/sluice-tls-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(script, sizeof(script), MAKE_CERTIFICATES, folder);
	ck_assert_int_eq(system(script), 0);
}

static void remove_certificates(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -r '%s'", folder);
	ck_assert_int_eq(system(command), 0);
}

/* Starts `openssl s_server` with more arguments, and waits until it listens. */
static void start_server(struct scene *scene, const char *certificate, const char *arguments)
{
	char command[512];
	char line[256];
	int ends[2];

	(void)snprintf(command, sizeof(command),
		       "cd '%s'; exec openssl s_server -accept 127.0.0.1:0 -www -cert %s.crt -key "
		       "%s.key %s 2>&1",
		       folder, certificate, certificate, arguments);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	scene->server = fork();
	ck_assert_int_ge(scene->server, 0);
	if (scene->server == 0) {
		/* It goes when the test goes, however that ends. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	scene->output = fdopen(ends[0], "r");
	ck_assert_ptr_nonnull(scene->output);
	/* What comes after this line is read by nobody: it is less than a pipe holds. */
	while (scene->port == 0 && fgets(line, sizeof(line), scene->output) != NULL)
		(void)sscanf(line, "ACCEPT 127.0.0.1:%d", &scene->port);
	ck_assert_int_gt(scene->port, 0);
}

static void stop_server(struct scene *scene)
{
	int status = 0;

	/* It is still there: what the client met was an answer of the server, not its end. */
	ck_assert_int_eq(waitpid(scene->server, &status, WNOHANG), 0);
	(void)kill(scene->server, SIGKILL);
	(void)waitpid(scene->server, NULL, 0);
	(void)fclose(scene->output);
}

/* The text of a file of the folder; NULL for NULL. */
static const char *pem_of(struct scene *scene, int slot, const char *name)
{
	char path[256];
	size_t len;
	FILE *file;

	if (name == NULL)
		return NULL;
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	len = fread(scene->pem[slot], 1, sizeof(scene->pem[slot]) - 1, file);
	(void)fclose(file);
	scene->pem[slot][len] = '\0';
	return scene->pem[slot];
}

static const struct {
	const char *name;
	const char *server;    /* certificate */
	const char *arguments; /* of the server */
	const char *ca;
	const char *cert;
	const char *key;
	const char *server_name;
	bool is_insecure;
	enum err_class want;
	const char *want_text;
} rows[] = {
	{ "a certificate of the given authority for the address", "address", "", "ca.crt", NULL, NULL,
	  NULL, false, ERR_NONE, "" },
	{ "an authority that nobody has named", "address", "", NULL, NULL, NULL, NULL, false, ERR_NET,
	  "certificate" },
	{ "another authority", "address", "", "other.crt", NULL, NULL, NULL, false, ERR_NET,
	  "certificate" },
	{ "a certificate for somebody else", "name", "", "ca.crt", NULL, NULL, NULL, false, ERR_NET,
	  "127.0.0.1" },
	{ "another server name is the one that counts", "name", "", "ca.crt", NULL, NULL,
	  "inside.example", false, ERR_NONE, "" },
	{ "another server name that is not in the certificate", "address", "", "ca.crt", NULL, NULL,
	  "outside.example", false, ERR_NET, "outside.example" },
	{ "without verification anybody is believed", "name", "", NULL, NULL, NULL, NULL, true,
	  ERR_NONE, "" },
	{ "a client certificate where one is asked for", "address",
	  "-Verify 1 -CAfile ca.crt -verify_return_error", "ca.crt", "client.crt", "client.key", NULL,
	  false, ERR_NONE, "" },
	{ "no client certificate where one is asked for", "address",
	  "-Verify 1 -CAfile ca.crt -verify_return_error", "ca.crt", NULL, NULL, NULL, false, ERR_NET,
	  "" },
	{ "a client certificate with another key", "address", "", "ca.crt", "client.crt", "other.key",
	  NULL, false, ERR_INPUT, "key" },
	{ "an authority that is no PEM", "address", "", "address.ext", NULL, NULL, NULL, false,
	  ERR_INPUT, "CA" },
	{ "TLS 1.2 is spoken", "address", "-tls1_2", "ca.crt", NULL, NULL, NULL, false, ERR_NONE, "" },
	{ "TLS 1.1 is not", "address", "-tls1_1 -cipher DEFAULT@SECLEVEL=0", "ca.crt", NULL, NULL, NULL,
	  false, ERR_NET, "" },
};

struct fetched {
	struct loop *loop;
	struct err err;
	int status;
};

static void on_answer(void *user, const struct http_answer *answer, const struct err *err)
{
	struct fetched *fetched = user;

	fetched->err = *err;
	fetched->status = answer == NULL ? 0 : answer->status;
	loop_stop(fetched->loop);
}

static void fetch(struct scene *scene, int row, struct fetched *fetched)
{
	const struct http_tls tls = {
		.ca_pem = pem_of(scene, 0, rows[row].ca),
		.cert_pem = pem_of(scene, 1, rows[row].cert),
		.key_pem = pem_of(scene, 2, rows[row].key),
		.server_name = rows[row].server_name,
		.is_insecure = rows[row].is_insecure,
	};
	struct http_request request = { .method = "GET", .tls = &tls, .total_timeout_ms = 5000 };
	struct err err = ERR_INIT;
	struct http *http;
	char url[64];

	(void)snprintf(url, sizeof(url), "https://127.0.0.1:%d/", scene->port);
	request.url = url;
	ck_assert(loop_create(&fetched->loop, &err) == 0);
	ck_assert(http_create(fetched->loop, &http, &err) == 0);
	ck_assert(http_fetch(http, &request, (size_t)1 << 20, on_answer, fetched, NULL, &err) == 0);
	loop_run(fetched->loop);
	http_destroy(http);
	loop_destroy(fetched->loop);
}

START_TEST(believes_and_is_believed)
{
	struct scene scene = { .port = 0 };
	struct fetched fetched = { .status = 0 };

	start_server(&scene, rows[_i].server, rows[_i].arguments);
	fetch(&scene, _i, &fetched);
	stop_server(&scene);
	expect_int(rows[_i].name, fetched.err.class, rows[_i].want);
	expect_contains(rows[_i].name, fetched.err.text, rows[_i].want_text);
	expect_int(rows[_i].name, fetched.status, rows[_i].want == ERR_NONE ? 200 : 0);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_unchecked_fixture(tests, make_certificates, remove_certificates);
	suite_add_rows(tests, believes_and_is_believed, rows);
}

SUITE_MAIN("http tls", add)
