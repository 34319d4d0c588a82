#include "fake/tls.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAKE_CERTIFICATES                                                                          \
	"set -e; exec >/dev/null 2>&1\n"                                                           \
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
	"sign client 'extendedKeyUsage=clientAuth'\n"                                              \
	"sign second 'extendedKeyUsage=clientAuth'\n"

static char folder[64];

void fake_tls_make(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/sluice-tls-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	fake_tls_run(MAKE_CERTIFICATES);
}

void fake_tls_remove(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -r '%s'", folder);
	ck_assert_int_eq(system(command), 0);
}

const char *fake_tls_folder(void)
{
	return folder;
}

const char *fake_tls_text(char room[static FAKE_TLS_ROOM], const char *name)
{
	char path[256];
	size_t len;
	FILE *file;

	if (name == NULL)
		return NULL;
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	len = fread(room, 1, FAKE_TLS_ROOM - 1, file);
	(void)fclose(file);
	room[len] = '\0';
	return room;
}

void fake_tls_run(const char *command)
{
	char script[4096];

	ck_assert_int_lt(snprintf(script, sizeof(script), "cd '%s'; %s", folder, command),
			 (int)sizeof(script));
	ck_assert_int_eq(system(script), 0);
}

struct fake_tls_server fake_tls_listen(const char *command)
{
	struct fake_tls_server server = { .port = 0 };
	char script[1024];
	char line[256];
	int ends[2];

	(void)snprintf(script, sizeof(script), "cd '%s'; exec %s 2>&1", folder, command);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	server.pid = fork();
	ck_assert_int_ge(server.pid, 0);
	if (server.pid == 0) {
		/* It goes when the test goes, however that ends. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	server.output = fdopen(ends[0], "r");
	ck_assert_ptr_nonnull(server.output);
	/* What comes after this line is read by nobody: it is less than a pipe holds. */
	while (server.port == 0 && fgets(line, sizeof(line), server.output) != NULL)
		(void)sscanf(line, "ACCEPT 127.0.0.1:%d", &server.port);
	ck_assert_int_gt(server.port, 0);
	return server;
}

struct fake_tls_server fake_tls_serve(const char *pair, const char *arguments)
{
	char command[512];

	(void)snprintf(command, sizeof(command),
		       "openssl s_server -accept 127.0.0.1:0 -www -cert %s.crt -key %s.key %s", pair,
		       pair, arguments);
	return fake_tls_listen(command);
}

void fake_tls_stop(struct fake_tls_server *server)
{
	int status = 0;

	ck_assert_int_eq(waitpid(server->pid, &status, WNOHANG), 0);
	(void)kill(server->pid, SIGKILL);
	(void)waitpid(server->pid, NULL, 0);
	(void)fclose(server->output);
}
