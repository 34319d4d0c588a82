/* The files of --registry-ca, and for whom they are. */
#include "registries.h"

#include <stdio.h>
#include <unistd.h>

#include "net/loop.h"
#include "suite.h"

/* A certificate of nobody: openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=test */
#define PEM                                                                    \
	"-----BEGIN CERTIFICATE-----\n" \
	"MIIBdjCCARugAwIBAgIUPk27bZJ4vSD/Cjt6vY2uIqt2dM8wCgYIKoZIzj0EAwIw\n" \
	"DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjUxNjI1MDBaGA8yMTI2MTEwMTE2MjUw\n" \
	"MFowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABA89\n" \
	"V9PwsNvWEqcwVU0sJrgsCzcNvlC729V14t0Vfm7RlBpbd171c9LFZhvZNia2dvTg\n" \
	"GBX0PMhpBN0tOeQEQbqjUzBRMB0GA1UdDgQWBBSBxFO69ePTlbPc5CFxhOcediSU\n" \
	"6jAfBgNVHSMEGDAWgBSBxFO69ePTlbPc5CFxhOcediSU6jAPBgNVHRMBAf8EBTAD\n" \
	"AQH/MAoGCCqGSM49BAMCA0kAMEYCIQCKT1GsHTEgghuxcGWxQrbqXH7MNWFz5Nts\n" \
	"dFtPwrRlQAIhAIrMcnN/FIuM+bjEMV4itUqNnRhpmlBDhx+vfqg3PFaQ\n" \
	"-----END CERTIFICATE-----\n"

static const struct {
	const char *name;
	const char *content; /* of the file */
	const char *prefix;  /* in front of its path */
	const char *host;    /* NULL: it is for all */
	const char *error;   /* NULL: none */
} rows[] = {
	{ "a file alone is for every registry", PEM, "", NULL, NULL },
	{ "a host in front makes it that host's", PEM, "m.example.com:5000=", "m.example.com:5000", NULL },
	{ "a file without a certificate", "hello\n", "m.example.com=", NULL, "--registry-ca: /" },
	{ "a file that is not there", NULL, "m.example.com=", NULL, "No such file" },
};

static char *write_file(const char *content)
{
	static char path[] = "/tmp/sluice-registries-XXXXXX";
	int file;

	(void)strcpy(path + sizeof(path) - 7, "XXXXXX");
	file = mkstemp(path);
	ck_assert_int_ge(file, 0);
	if (content == NULL)
		ck_assert_int_eq(unlink(path), 0);
	else
		ck_assert_int_eq(write(file, content, strlen(content)), (ssize_t)strlen(content));
	ck_assert_int_eq(close(file), 0);
	return path;
}

static void rewrite(const char *path, const char *content)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert(fputs(content, file) >= 0 && fclose(file) == 0);
}

START_TEST(reads_certificate_authorities)
{
	char *path = write_file(rows[_i].content);
	char text[256];
	const char *none[] = { NULL };
	const char *cas[] = { text, NULL };
	struct options options = {
		.insecure_registries = none, .token_servers = none, .registry_mirrors = none, .registry_cas = cas
	};
	struct registry_options got = { .timeout_ms = 0 };
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	int r;

	(void)snprintf(text, sizeof(text), "%s%s", rows[_i].prefix, path);
	r = registries_configure(&options, &arena, &got, &err);
	(void)unlink(path);
	expect_int(rows[_i].name, r < 0, rows[_i].error != NULL);
	if (rows[_i].error != NULL) {
		expect_contains(rows[_i].name, err.text, rows[_i].error);
	} else {
		expect_str(rows[_i].name, got.ca_pem, rows[_i].host == NULL ? PEM : NULL);
		expect_str(rows[_i].name, got.cas[0].host, rows[_i].host);
		if (rows[_i].host != NULL)
			expect_str(rows[_i].name, got.cas[0].pem, PEM);
	}
	arena_finish(&arena);
}
END_TEST

/* What the file holds after the start, and what comes of it. */
START_TEST(follows_the_files)
{
	char *path = write_file(PEM);
	const char *none[] = { NULL };
	const char *cas[] = { path, NULL };
	struct options options = {
		.insecure_registries = none, .token_servers = none, .registry_mirrors = none, .registry_cas = cas
	};
	const struct registry_options given = { .timeout_ms = 0 };
	struct registries *registries;
	struct err err = ERR_INIT;
	struct loop *loop;
	struct http *http;

	ck_assert(loop_create(&loop, &err) == 0 && http_create(loop, &http, &err) == 0);
	ck_assert_int_eq(registries_create(loop, http, &options, &given, &registries, &err), 0);
	ck_assert_int_eq(registries_look(registries), REGISTRIES_SAME);
	rewrite(path, PEM PEM);
	ck_assert_int_eq(registries_look(registries), REGISTRIES_NEW);
	rewrite(path, "half a fi");
	ck_assert_int_eq(registries_look(registries), REGISTRIES_TROUBLE);
	ck_assert_int_eq(registries_look(registries), REGISTRIES_SAME);
	rewrite(path, PEM PEM);
	ck_assert_int_eq(registries_look(registries), REGISTRIES_SAME);
	(void)unlink(path);
	registries_destroy(registries);
	http_destroy(http);
	loop_destroy(loop);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, reads_certificate_authorities, rows);
	tcase_add_test(tests, follows_the_files);
}

SUITE_MAIN("registries", add)
