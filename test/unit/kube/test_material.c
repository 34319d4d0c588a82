#include "kube/material.h"

#include <stdio.h>
#include <unistd.h>

#include "fake/tls.h"
#include "kube/kubeconfig.h"
#include "suite.h"

/* In the folder of certificates; each test has files of its own there. */
static void enter_folder(void)
{
	ck_assert_int_eq(chdir(fake_tls_folder()), 0);
	fake_tls_run("cp ca.crt now-ca.crt; cp client.crt now.crt; cp client.key now.key");
}

static const struct kubeconfig files = {
	.ca_file = "now-ca.crt",
	.cert_file = "now.crt",
	.key_file = "now.key",
};

/* What happens to the files, when they are looked at, and what is held then. */
static const struct {
	const char *name;
	const char *command;
	int64_t after_ms;
	bool must;
	enum material_news want;
	const char *want_ca;
	const char *want_cert;
	const char *want_trouble;
} rows[] = {
	{ "nothing", "true", 300000, true, MATERIAL_SAME, "ca.crt", "client.crt", "" },
	{ "a new authority, before its time", "cp other.crt now-ca.crt", 299999, false, MATERIAL_SAME, "ca.crt",
	  "client.crt", "" },
	{ "a new authority, after five minutes", "cp other.crt now-ca.crt", 300000, false, MATERIAL_NEW,
	  "other.crt", "client.crt", "" },
	{ "a new authority, and a reason to look", "cp other.crt now-ca.crt", 0, true, MATERIAL_NEW, "other.crt",
	  "client.crt", "" },
	{ "a new certificate with its key", "cp second.crt now.crt; cp second.key now.key", 0, true,
	  MATERIAL_NEW, "ca.crt", "second.crt", "" },
	{ "a new certificate whose key is not there yet", "cp second.crt now.crt", 0, true, MATERIAL_TROUBLE,
	  "ca.crt", "client.crt",
	  "client-certificate and client-key: the private key is not that of the certificate" },
	{ "a file that is half written", "head -n 3 other.crt >now-ca.crt", 0, true, MATERIAL_TROUBLE, "ca.crt",
	  "client.crt", "certificate-authority: a certificate cannot be read" },
	{ "an empty file", ": >now-ca.crt", 0, true, MATERIAL_TROUBLE, "ca.crt", "client.crt",
	  "certificate-authority: there is no certificate" },
	{ "a file that is gone", "rm now.key", 0, true, MATERIAL_TROUBLE, "ca.crt", "client.crt",
	  "client-key: now.key: No such file" },
	{ "a good one and a bad one: neither is taken", "cp other.crt now-ca.crt; : >now.crt", 0, true,
	  MATERIAL_TROUBLE, "ca.crt", "client.crt", "client-certificate" },
};

static void expect_text(const char *row, const char *text, const char *file)
{
	char room[FAKE_TLS_ROOM];

	expect_str(row, text, fake_tls_text(room, file));
}

START_TEST(files_that_change_are_seen)
{
	struct material material;
	struct err err = ERR_INIT;

	enter_folder();
	ck_assert_msg(material_init(&material, &files, 0, &err) == 0, "%s", err.text);
	fake_tls_run(rows[_i].command);
	expect_int(rows[_i].name, material_look(&material, rows[_i].after_ms, rows[_i].must), rows[_i].want);
	expect_text(rows[_i].name, material.ca.text, rows[_i].want_ca);
	expect_text(rows[_i].name, material.cert.text, rows[_i].want_cert);
	expect_contains(rows[_i].name, material.trouble.text, rows[_i].want_trouble);
	expect_int(rows[_i].name, err_is_set(&material.trouble), rows[_i].want_trouble[0] != '\0');
	material_finish(&material);
}
END_TEST

START_TEST(trouble_is_told_once_and_looked_at_again_soon)
{
	struct material material;
	struct err err = ERR_INIT;

	enter_folder();
	ck_assert(material_init(&material, &files, 0, &err) == 0);
	fake_tls_run("cp second.crt now.crt");
	ck_assert_int_eq(material_look(&material, 300000, false), MATERIAL_TROUBLE);
	ck_assert_int_eq(material_look(&material, 310000, false), MATERIAL_SAME);
	fake_tls_run("cp second.key now.key");
	ck_assert_int_eq(material_look(&material, 319999, false), MATERIAL_SAME);
	ck_assert_int_eq(material_look(&material, 320000, false), MATERIAL_NEW);
	expect_text("after trouble", material.cert.text, "second.crt");
	ck_assert(!err_is_set(&material.trouble));
	material_finish(&material);
}
END_TEST

static const struct {
	const char *name;
	struct kubeconfig config;
	const char *want; /* NULL: it is taken */
} starts[] = {
	{ "nothing", { .ca_pem = NULL }, NULL },
	{ "files", { .ca_file = "ca.crt", .cert_file = "client.crt", .key_file = "client.key" }, NULL },
	{ "an authority that is none", { .ca_pem = "pem" }, "certificate-authority: there is no certificate" },
	{ "a file that is missing", { .ca_file = "/nowhere/ca.crt" }, "certificate-authority: /nowhere/ca.crt" },
	{ "a folder", { .ca_file = "." }, "certificate-authority: .: Is a directory" },
	{ "a pair that does not fit", { .cert_file = "client.crt", .key_file = "ca.key" },
	  "client-certificate and client-key: the private key is not" },
};

START_TEST(what_cannot_be_used_is_an_error_at_the_start)
{
	struct material material;
	struct err err = ERR_INIT;
	int r;

	enter_folder();
	r = material_init(&material, &starts[_i].config, 0, &err);
	expect_int(starts[_i].name, r < 0, starts[_i].want != NULL);
	expect_contains(starts[_i].name, err.text, starts[_i].want == NULL ? "" : starts[_i].want);
	material_finish(&material);
}
END_TEST

START_TEST(what_is_fixed_is_not_looked_at)
{
	char room[FAKE_TLS_ROOM];
	struct kubeconfig config = { .cert_file = "now.crt" };
	struct material material;
	struct err err = ERR_INIT;

	enter_folder();
	config.key_pem = fake_tls_text(room, "client.key");
	ck_assert(material_init(&material, &config, 0, &err) == 0);
	/* The same key with another certificate: one is in a file, the other is not. */
	fake_tls_run("cat client.crt ca.crt >now.crt");
	ck_assert_int_eq(material_look(&material, 0, true), MATERIAL_NEW);
	ck_assert_str_eq(material.key.text, config.key_pem);
	material_finish(&material);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_unchecked_fixture(tests, fake_tls_make, fake_tls_remove);
	suite_add_rows(tests, files_that_change_are_seen, rows);
	tcase_add_test(tests, trouble_is_told_once_and_looked_at_again_soon);
	suite_add_rows(tests, what_cannot_be_used_is_an_error_at_the_start, starts);
	tcase_add_test(tests, what_is_fixed_is_not_looked_at);
}

SUITE_MAIN("material", add)
