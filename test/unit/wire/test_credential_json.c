#include "wire/credential_json.h"

#include "base/clock.h"
#include "suite.h"

#define V1 "client.authentication.k8s.io/v1"
#define HEAD "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":"

static const struct {
	const char *name;
	const char *json;
	struct credential want;
} rows[] = {
	{ "a token", HEAD "{\"token\":\"abc\"}}", { .token = "abc", .expires_ms = CLOCK_NEVER } },
	{ "a token and its end", HEAD "{\"token\":\"abc\",\"expirationTimestamp\":\"1970-01-01T00:00:05Z\"}}",
	  { .token = "abc", .expires_ms = 5000 } },
	{ "a certificate and its key", HEAD "{\"clientCertificateData\":\"c\",\"clientKeyData\":\"k\"}}",
	  { .cert_pem = "c", .key_pem = "k", .expires_ms = CLOCK_NEVER } },
	{ "both", HEAD "{\"token\":\"t\",\"clientCertificateData\":\"c\",\"clientKeyData\":\"k\"}}",
	  { .token = "t", .cert_pem = "c", .key_pem = "k", .expires_ms = CLOCK_NEVER } },
	{ "what is null or empty is absent",
	  HEAD "{\"token\":\"t\",\"clientCertificateData\":\"\",\"clientKeyData\":null,"
	       "\"expirationTimestamp\":null}}", { .token = "t", .expires_ms = CLOCK_NEVER } },
	{ "other fields are passed over", HEAD "{\"token\":\"t\",\"colour\":{}},\"spec\":{\"interactive\":true}}",
	  { .token = "t", .expires_ms = CLOCK_NEVER } },
};

START_TEST(reads_answers)
{
	struct credential credential;
	struct err err = ERR_INIT;

	ck_assert_msg(credential_from_json(rows[_i].json, strlen(rows[_i].json), V1, &credential, &err) == 0,
		      "%s: %s", rows[_i].name, err.text);
	expect_str(rows[_i].name, credential.token, rows[_i].want.token);
	expect_str(rows[_i].name, credential.cert_pem, rows[_i].want.cert_pem);
	expect_str(rows[_i].name, credential.key_pem, rows[_i].want.key_pem);
	expect_int(rows[_i].name, credential.expires_ms, rows[_i].want.expires_ms);
	credential_finish(&credential);
	expect_str(rows[_i].name, credential.token, NULL);
}
END_TEST

static const struct {
	const char *name;
	const char *json;
	const char *want;
} refusals[] = {
	{ "nothing", "", "not JSON" },
	{ "words that hold a secret", "secret", "not JSON" },
	{ "another kind", "{\"kind\":\"Secret\",\"apiVersion\":\"" V1 "\"}", "not an ExecCredential" },
	{ "no version", "{\"kind\":\"ExecCredential\",\"status\":{\"token\":\"secret\"}}", "not an ExecCredential" },
	{ "another version", "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\","
	  "\"status\":{\"token\":\"secret\"}}", "it is of apiVersion client.authentication.k8s.io/v1beta1, but " V1 },
	{ "no status", "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\"}", "neither status.token" },
	{ "a status that says nothing", HEAD "{}}", "neither status.token" },
	{ "a status that is text", HEAD "\"secret\"}", "neither status.token" },
	{ "a token that is a number", HEAD "{\"token\":7}}", "neither status.token" },
	{ "a certificate without its key", HEAD "{\"clientCertificateData\":\"secret\"}}", "go together" },
	{ "a key without its certificate", HEAD "{\"token\":\"secret\",\"clientKeyData\":\"secret\"}}", "go together" },
	{ "a token of two lines", HEAD "{\"token\":\"secret\\nX: y\"}}", "control character" },
	{ "an end that is no time", HEAD "{\"token\":\"secret\",\"expirationTimestamp\":\"tomorrow\"}}", "RFC 3339" },
	{ "an end that is a number", HEAD "{\"token\":\"secret\",\"expirationTimestamp\":7}}", "RFC 3339" },
};

START_TEST(refuses_answers_and_keeps_their_secrets)
{
	struct credential credential;
	struct err err = ERR_INIT;

	expect_int(refusals[_i].name,
		   credential_from_json(refusals[_i].json, strlen(refusals[_i].json), V1, &credential, &err),
		   ERR_INPUT);
	expect_contains(refusals[_i].name, err.text, refusals[_i].want);
	expect(refusals[_i].name, strstr(err.text, "secret") == NULL);
}
END_TEST

static const struct {
	const char *name;
	struct credential_cluster cluster;
	const char *want;
} requests[] = {
	{ "a server alone", { .server = "https://h" }, "{\"server\":\"https://h\"}" },
	{ "everything", { .server = "https://h", .tls_server_name = "n", .ca_data = "Y2E=", .proxy_url = "http://p",
			  .config = "{\"audience\":\"x\"}", .disables_compression = true },
	  "{\"server\":\"https://h\",\"tls-server-name\":\"n\",\"certificate-authority-data\":\"Y2E=\","
	  "\"proxy-url\":\"http://p\",\"disable-compression\":true,\"config\":{\"audience\":\"x\"}}" },
	{ "no verification", { .server = "https://h", .is_insecure = true },
	  "{\"server\":\"https://h\",\"insecure-skip-tls-verify\":true}" },
};

START_TEST(tells_of_the_cluster)
{
	char want[512] = "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1
			 "\",\"spec\":{\"interactive\":false,\"cluster\":";
	struct err err = ERR_INIT;
	char *json;

	strncat(want, requests[_i].want, 300);
	strncat(want, "}}", 3);
	ck_assert(credential_request(V1, &requests[_i].cluster, &json, &err) == 0);
	expect_str(requests[_i].name, json, want);
	free(json);
}
END_TEST

START_TEST(a_request_without_a_cluster)
{
	struct err err = ERR_INIT;
	char *json;

	ck_assert(credential_request(V1, NULL, &json, &err) == 0);
	ck_assert_str_eq(json, "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"spec\":{\"interactive\":false}}");
	free(json);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, reads_answers, rows);
	suite_add_rows(tests, refuses_answers_and_keeps_their_secrets, refusals);
	suite_add_rows(tests, tells_of_the_cluster, requests);
	tcase_add_test(tests, a_request_without_a_cluster);
}

SUITE_MAIN("credential json", add)
