#include "kube/plugin.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "fake/server.h"
#include "fake/tls.h"
#include "kube/kubeconfig.h"
#include "net/loop.h"
#include "suite.h"

#define V1 "client.authentication.k8s.io/v1"
#define SAY(status) "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":{" status "}}'"

/* A plugin and the ends of its runs. */
struct scene {
	struct loop *loop;
	struct plugin *plugin;
	bool is_over;
	int ends;
	enum plugin_result result;
	struct err err;
};

static void on_end(void *user, enum plugin_result result, const struct err *err)
{
	struct scene *scene = user;

	scene->is_over = true;
	scene->ends++;
	scene->result = result;
	scene->err = *err;
}

static struct kubeconfig config_of(const char *const *args)
{
	return (struct kubeconfig){
		.server = "https://h:6443",
		.tls_server_name = "kubernetes",
		.exec = { .command = args[0], .args = args + 1, .api_version = V1 },
	};
}

static void scene_open(struct scene *scene, const struct kubeconfig *config,
		       const struct plugin_times *times)
{
	struct err err = ERR_INIT;

	*scene = (struct scene){ .ends = 0 };
	ck_assert(loop_create(&scene->loop, &err) == 0);
	scene->plugin = plugin_create(scene->loop, config, times, on_end, scene);
}

static void scene_close(struct scene *scene)
{
	plugin_destroy(scene->plugin);
	loop_destroy(scene->loop);
}

/* Runs it once, to its end. */
static void run(struct scene *scene, bool is_refused)
{
	struct err err = ERR_INIT;
	int ends = scene->ends;

	scene->is_over = false;
	ck_assert_msg(plugin_run(scene->plugin, NULL, is_refused, &err) == 0, "%s", err.text);
	ck_assert_int_eq(scene->ends, ends);
	ck_assert(plugin_is_running(scene->plugin));
	ck_assert(fake_run_until(scene->loop, &scene->is_over, 8000));
	ck_assert(!plugin_is_running(scene->plugin));
}

static const struct plugin_times usual = { .limit_ms = 0 };

static const struct {
	const char *name;
	const char *script;
	enum plugin_result want;
	const char *want_token;
	enum err_class want_class;
	const char *want_text;
} rows[] = {
	{ "a token", SAY("\"token\":\"abc\""), PLUGIN_NEW_TOKEN, "abc", ERR_NONE, "" },
	{ "a certificate", "cat client.json", PLUGIN_NEW_CERTIFICATE, NULL, ERR_NONE, "" },
	{ "a certificate with another key", "cat mixed.json", PLUGIN_FAILED, NULL,
	  ERR_DENIED, "its answer cannot be used: the private key is not that of the certificate" },
	{ "it fails", "echo 'log in first' >&2; exit 3", PLUGIN_FAILED, NULL, ERR_NET,
	  "credential plugin \"/bin/sh\": it ended with exit code 3: log in first" },
	{ "it takes too long", "sleep 9", PLUGIN_FAILED, NULL, ERR_NET, "it did not end within 300 ms" },
	{ "it prints something else", "echo token: secret", PLUGIN_FAILED, NULL, ERR_DENIED,
	  "its answer cannot be used: it is not JSON" },
	{ "it prints nothing", "true", PLUGIN_FAILED, NULL, ERR_DENIED, "it is not JSON" },
	{ "what it gives has expired",
	  SAY("\"token\":\"secret\",\"expirationTimestamp\":\"2020-01-01T00:00:00Z\""), PLUGIN_FAILED, NULL,
	  ERR_DENIED, "it has expired already" },
	{ "what it gives expires in the far future",
	  SAY("\"token\":\"abc\",\"expirationTimestamp\":\"2220-01-01T00:00:00Z\""), PLUGIN_NEW_TOKEN, "abc",
	  ERR_NONE, "" },
};

/* Answers with certificates. */
static void make_files(void)
{
	fake_tls_make();
	fake_tls_run("line() { awk '{printf \"%s\\\\n\", $0}' \"$1\"; }; "
		     "answer() { printf '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":{"
		     "\"clientCertificateData\":\"%s\",\"clientKeyData\":\"%s\"}}' "
		     "\"$(line $1)\" \"$(line $2)\"; }; "
		     "answer client.crt client.key >client.json; answer client.crt second.key >mixed.json");
}

START_TEST(runs_end_in_a_credential_or_say_why_not)
{
	const char *const args[] = { "/bin/sh", "-c", rows[_i].script, NULL };
	const struct kubeconfig config = config_of(args);
	bool is_slow = strstr(rows[_i].want_text, "300 ms") != NULL;
	const struct plugin_times times = { .limit_ms = is_slow ? 300 : 8000 };
	const struct credential *credential;
	struct scene scene;

	ck_assert_int_eq(chdir(fake_tls_folder()), 0);
	scene_open(&scene, &config, &times);
	run(&scene, false);
	expect_int(rows[_i].name, scene.result, rows[_i].want);
	expect_int(rows[_i].name, scene.err.class, rows[_i].want_class);
	expect_contains(rows[_i].name, scene.err.text, rows[_i].want_text);
	expect(rows[_i].name, strstr(scene.err.text, "secret") == NULL);
	credential = plugin_credential(scene.plugin, clock_now_ms());
	expect_int(rows[_i].name, credential != NULL, rows[_i].want != PLUGIN_FAILED);
	expect_str(rows[_i].name, credential == NULL ? NULL : credential->token, rows[_i].want_token);
	scene_close(&scene);
}
END_TEST

/* ---- what it is told ---- */

static void expect_token(struct scene *scene, const char *token)
{
	const struct credential *credential = plugin_credential(scene->plugin, 0);

	ck_assert_ptr_nonnull(credential);
	ck_assert_str_eq(credential->token, token);
}

START_TEST(it_is_told_of_the_cluster_when_it_wants_to_know)
{
	/* The token is what the variable holds, made fit for a header. */
	static const char script[] = "info=$(printf %s \"$KUBERNETES_EXEC_INFO$MORE\" | tr -d '\" '); " SAY(
		"\"token\":\"'\"$info\"'\"");
	const char *const args[] = { "/bin/sh", "-c", script, NULL };
	const struct kubeconfig_pair env[] = { { "MORE", "|more=1" }, { NULL, NULL } };
	struct kubeconfig config = config_of(args);
	struct scene scene;
	struct err err = ERR_INIT;

	config.exec.env = env;
	scene_open(&scene, &config, &usual);
	run(&scene, false);
	ck_assert_msg(scene.result == PLUGIN_NEW_TOKEN, "%s", scene.err.text);
	expect_token(&scene, "{kind:ExecCredential,apiVersion:" V1 ",spec:{interactive:false}}|more=1");
	scene_close(&scene);
	config.exec.wants_cluster = true;
	config.exec.extra = "{\"audience\":7}";
	scene_open(&scene, &config, &usual);
	ck_assert(plugin_run(scene.plugin, "the CA", false, &err) == 0);
	ck_assert(fake_run_until(scene.loop, &scene.is_over, 8000));
	expect_token(&scene, "{kind:ExecCredential,apiVersion:" V1 ",spec:{interactive:false,cluster:{"
			     "server:https://h:6443,tls-server-name:kubernetes,certificate-authority-data:dGhlIENB,"
			     "config:{audience:7}}}}|more=1");
	scene_close(&scene);
}
END_TEST

static const struct {
	const char *name;
	const char *command;
	const char *hint;
	const char *want;
} missing[] = {
	{ "no such program", "sluice-no-such-program", NULL,
	  "credential plugin \"sluice-no-such-program\": there is no such program" },
	{ "no such program, and where it can be had", "/nowhere/aws", "Get it:\n  apt install aws\n",
	  "there is no such program. Get it:   apt install aws" },
	{ "a file that is no program", "/etc/passwd", "Get it", "\"/etc/passwd\": permission denied" },
};

START_TEST(a_program_that_cannot_be_started_says_so)
{
	const char *const args[] = { missing[_i].command, NULL };
	struct kubeconfig config = config_of(args);
	struct scene scene;

	config.exec.install_hint = missing[_i].hint;
	scene_open(&scene, &config, &usual);
	/* The second time it is the pause that says so. */
	for (int i = 0; i < 2; i++) {
		struct err err = ERR_INIT;

		expect_int(missing[_i].name, plugin_run(scene.plugin, NULL, false, &err), ERR_DENIED);
		expect_contains(missing[_i].name, err.text, missing[_i].want);
	}
	expect_int(missing[_i].name, scene.ends, 0);
	scene_close(&scene);
}
END_TEST

/* ---- when it runs ---- */

START_TEST(a_run_that_failed_is_followed_by_a_pause)
{
	const char *const args[] = { "/bin/sh", "-c", "exit 1", NULL };
	const struct kubeconfig config = config_of(args);
	const struct plugin_times times = { .pause_ms = 200 };
	struct scene scene;
	struct err err = ERR_INIT;

	scene_open(&scene, &config, &times);
	run(&scene, false);
	ck_assert_int_eq(plugin_run(scene.plugin, NULL, false, &err), ERR_NET);
	ck_assert_ptr_nonnull(strstr(err.text, "exit code 1"));
	fake_run_for(scene.loop, 250);
	run(&scene, false);
	ck_assert_int_eq(scene.ends, 2);
	scene_close(&scene);
}
END_TEST

START_TEST(a_refused_credential_is_replaced_once_and_then_after_a_pause)
{
	const char *const args[] = { "/bin/sh", "-c", SAY("\"token\":\"abc\""), NULL };
	const struct kubeconfig config = config_of(args);
	const struct plugin_times times = { .pause_ms = 200 };
	struct scene scene;
	struct err err = ERR_INIT;

	scene_open(&scene, &config, &times);
	run(&scene, false);
	ck_assert_int_eq(scene.result, PLUGIN_NEW_TOKEN);
	run(&scene, true);
	ck_assert_int_eq(scene.result, PLUGIN_SAME);
	ck_assert_int_eq(plugin_run(scene.plugin, NULL, true, &err), ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(err.text, "what it says is refused"));
	fake_run_for(scene.loop, 250);
	run(&scene, true);
	scene_close(&scene);
}
END_TEST

START_TEST(one_run_at_a_time)
{
	const char *const args[] = { "/bin/sh", "-c", "sleep 0.2; " SAY("\"token\":\"abc\""), NULL };
	const struct kubeconfig config = config_of(args);
	struct scene scene;
	struct err err = ERR_INIT;

	scene_open(&scene, &config, &usual);
	ck_assert(plugin_run(scene.plugin, NULL, false, &err) == 0);
	run(&scene, true);
	fake_run_for(scene.loop, 300);
	ck_assert_int_eq(scene.ends, 1);
	scene_close(&scene);
}
END_TEST

/* The credential lives for 100 s: it is asked for again 25 s before its end. */
static const struct {
	const char *name;
	int64_t after_ms;
	bool is_in_force;
	bool is_due;
} ages[] = {
	{ "new", 0, true, false },
	{ "after most of its life", 70000, true, false },
	{ "near its end", 80000, true, true },
	{ "over", 101000, false, true },
};

START_TEST(it_is_due_before_its_end)
{
	char script[256];
	char end[CLOCK_TEXT_SIZE];
	const char *const args[] = { "/bin/sh", "-c", script, NULL };
	const struct kubeconfig config = config_of(args);
	int64_t now_ms = clock_now_ms();
	struct scene scene;

	(void)snprintf(script, sizeof(script), SAY("\"token\":\"abc\",\"expirationTimestamp\":\"%s\""),
		       clock_format(now_ms + 100000, end));
	scene_open(&scene, &config, &usual);
	run(&scene, false);
	expect_int(ages[_i].name, plugin_credential(scene.plugin, now_ms + ages[_i].after_ms) != NULL,
		   ages[_i].is_in_force);
	expect_int(ages[_i].name, plugin_is_due(scene.plugin, now_ms + ages[_i].after_ms), ages[_i].is_due);
	scene_close(&scene);
}
END_TEST

START_TEST(one_without_an_end_is_never_due)
{
	const char *const args[] = { "/bin/sh", "-c", SAY("\"token\":\"abc\""), NULL };
	const struct kubeconfig config = config_of(args);
	struct scene scene;

	scene_open(&scene, &config, &usual);
	ck_assert_ptr_null(plugin_credential(scene.plugin, 0));
	run(&scene, false);
	ck_assert_ptr_nonnull(plugin_credential(scene.plugin, INT64_MAX - 1));
	ck_assert(!plugin_is_due(scene.plugin, INT64_MAX - 1));
	scene_close(&scene);
}
END_TEST

START_TEST(it_can_be_destroyed_while_it_runs)
{
	const char *const args[] = { "/bin/sh", "-c", "sleep 99", NULL };
	const struct kubeconfig config = config_of(args);
	struct scene scene;
	struct err err = ERR_INIT;

	scene_open(&scene, &config, &usual);
	ck_assert(plugin_run(scene.plugin, NULL, false, &err) == 0);
	fake_run_for(scene.loop, 20);
	scene_close(&scene);
	ck_assert_int_eq(scene.ends, 0);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_unchecked_fixture(tests, make_files, fake_tls_remove);
	suite_add_rows(tests, runs_end_in_a_credential_or_say_why_not, rows);
	tcase_add_test(tests, it_is_told_of_the_cluster_when_it_wants_to_know);
	suite_add_rows(tests, a_program_that_cannot_be_started_says_so, missing);
	tcase_add_test(tests, a_run_that_failed_is_followed_by_a_pause);
	tcase_add_test(tests, a_refused_credential_is_replaced_once_and_then_after_a_pause);
	tcase_add_test(tests, one_run_at_a_time);
	suite_add_rows(tests, it_is_due_before_its_end, ages);
	tcase_add_test(tests, one_without_an_end_is_never_due);
	tcase_add_test(tests, it_can_be_destroyed_while_it_runs);
}

SUITE_MAIN("plugin", add)
