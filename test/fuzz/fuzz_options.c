/* A command line, an argument a line, and the variables, which begin with "$". What is refused is named; what is taken is
 * taken again as it was when all of it is written out. */
#include "base/buf.h"
#include "base/str.h"
#include "base/vec.h"
#include "fuzz.h"
#include "options.h"

#define OUT_MOST ((size_t)1 << 24)
#define NAMED_MOST 60 /* bytes of an argument that an error has to hold */

static void set_variable(char *line)
{
	char *value = strchr(line, '=');
	const struct option_info *row;

	if (value == NULL)
		return;
	*value = '\0';
	for (size_t i = 0; (row = options_describe(i)) != NULL; i++) {
		if (str_equal(row->env, line))
			CHECK(setenv(line, value + 1, 1) == 0);
	}
	*value = '=';
}

static void forget_variables(void)
{
	const struct option_info *row;

	for (size_t i = 0; (row = options_describe(i)) != NULL; i++) {
		if (row->env != NULL)
			CHECK(unsetenv(row->env) == 0);
	}
}

/* Is it this line that the error speaks of? A flag may be shortened, its value may be left out, and of letters behind one
 * "-" the first is enough. */
static bool is_named(const char *line, const struct err *err)
{
	bool has_value = str_has_prefix(line, "--") || line[0] == '$';
	size_t len = has_value ? strcspn(line, "=") : line[0] == '-' ? strnlen(line, 2) : strlen(line);

	if (len == 0)
		return strstr(err->text, "\"\"") != NULL;
	return memmem(err->text, strlen(err->text), line, len < NAMED_MOST ? len : NAMED_MOST) != NULL;
}

static void check(const struct options *options)
{
	CHECK(options->kube_api_qps >= 0 && options->kube_api_burst >= 1 && options->relist_ms > 0);
	CHECK(!str_is_empty(options->namespace) && !str_is_empty(options->identity) && !str_is_empty(options->bind));
	CHECK(options->prometheus_url == NULL || str_has_prefix(options->prometheus_url, "http"));
}

static void tell_text(struct buf *told, const char *flag, const char *text)
{
	if (text != NULL)
		CHECK(buf_printf(told, NULL, "--%s=%s\n", flag, text) == 0);
}

static void tell_number(struct buf *told, const char *flag, int64_t number, const char *unit)
{
	CHECK(buf_printf(told, NULL, "--%s=%lld%s\n", flag, (long long)number, unit) == 0);
}

static void tell_list(struct buf *told, const char *flag, const char *const *items)
{
	for (; *items != NULL; items++) {
		CHECK((*items)[0] != '\0' && strchr(*items, ',') == NULL);
		tell_text(told, flag, *items);
	}
}

/* Writes all of it as flags. */
static void tell(const struct options *options, struct buf *told)
{
	static const char *const levels[] = {
		[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARN] = "warn", [LOG_LEVEL_INFO] = "info", [LOG_LEVEL_DEBUG] = "debug",
	};

	tell_text(told, "kubeconfig", options->kubeconfig);
	tell_text(told, "context", options->context);
	tell_text(told, "namespace", options->namespace);
	tell_text(told, "identity", options->identity);
	tell_text(told, "leader-elect", options->leader_elect ? "true" : "false");
	tell_text(told, "bind", options->bind);
	tell_text(told, "log-level", levels[options->log_level]);
	tell_number(told, "kube-api-qps", options->kube_api_qps, "");
	tell_number(told, "kube-api-burst", options->kube_api_burst, "");
	tell_number(told, "relist-interval", options->relist_ms, "ms");
	tell_list(told, "insecure-registry", options->insecure_registries);
	tell_list(told, "token-server", options->token_servers);
	tell_list(told, "registry-mirror", options->registry_mirrors);
	tell_list(told, "registry-ca", options->registry_cas);
	tell_text(told, "prometheus-url", options->prometheus_url);
	tell_text(told, "crash-file", options->crash_file);
	tell_text(told, "help", options->wants_help ? "1" : "0");
	tell_text(told, "version", options->wants_version ? "1" : "0");
	tell_text(told, "reference", options->wants_reference ? "1" : "0");
}

/* Reads the lines of text, and writes what they say into told. */
static int read(char *text, struct buf *told)
{
	struct vec args = VEC_INIT;
	struct vec lines = VEC_INIT;
	struct arena arena = ARENA_INIT;
	struct options options;
	struct err err = ERR_INIT;
	bool is_any_named = false;
	int r;

	vec_push(&args, arena_strdup(&arena, "sluice"));
	while (*text != '\0') {
		char *line = text;

		text = fuzz_next_line(line);
		vec_push(&lines, line);
		if (line[0] == '$')
			set_variable(line + 1);
		else
			vec_push(&args, line);
	}
	vec_push(&args, NULL);
	r = options_parse((int)args.len - 1, (char *const *)args.items, &arena, &options, &err);
	CHECK(r == err.class && (r == 0 || r == ERR_INPUT));
	for (size_t i = 0; i < lines.len; i++)
		is_any_named |= is_named(lines.items[i], &err);
	CHECK(r == 0 || is_any_named);
	if (r == 0) {
		check(&options);
		tell(&options, told);
	}
	forget_variables();
	vec_finish(&lines);
	vec_finish(&args);
	arena_finish(&arena);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = fuzz_text(bytes, len);
	auto_buf first = BUF_INIT(OUT_MOST);
	auto_buf second = BUF_INIT(OUT_MOST);

	if (read(text, &first) == 0) {
		char *written = fuzz_text((const uint8_t *)buf_text(&first), first.len);

		CHECK(read(written, &second) == 0);
		CHECK(str_equal(buf_text(&first), buf_text(&second)));
		free(written);
	}
	free(text);
	return 0;
}
