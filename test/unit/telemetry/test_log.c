#include "telemetry/log.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "suite.h"

#define HEAD "{\"ts\":\"2026-11-24T15:10:00.123000Z\""

static const int64_t start_ms = INT64_C(1795533000123);
static int64_t now_ms;
static int pipe_fds[2];

static int64_t read_now(void)
{
	return now_ms;
}

/* Lines of level and above go into a pipe that never blocks. */
static void open_log(enum log_level level)
{
	now_ms = start_ms;
	ck_assert_int_eq(pipe2(pipe_fds, O_NONBLOCK), 0);
	log_open(level, pipe_fds[1], read_now);
}

static void close_log(void)
{
	log_open(LOG_LEVEL_INFO, STDERR_FILENO, NULL);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

/* All that was logged since the last call; static, terminated. */
static const char *logged(void)
{
	static char text[65536];
	ssize_t n = read(pipe_fds[0], text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

START_TEST(a_line_has_time_level_message_and_fields)
{
	struct err err = ERR_INIT;

	open_log(LOG_LEVEL_INFO);
	log_info("operator started");
	expect_str("without fields", logged(), HEAD ",\"level\":\"info\",\"msg\":\"operator started\"}\n");
	log_warn("waiting", log_text("namespace", "shop-beta"), log_number("count", -3),
		 log_text("absent", NULL), log_text("empty", ""));
	expect_str("with fields; NULL is left out", logged(),
		   HEAD ",\"level\":\"warn\",\"msg\":\"waiting\",\"namespace\":\"shop-beta\","
			"\"count\":-3,\"empty\":\"\"}\n");
	log_at_error("no error", log_error(&err));
	expect_str("an error that is none leaves no trace", logged(),
		   HEAD ",\"level\":\"error\",\"msg\":\"no error\"}\n");
	err_set(&err, ERR_BUSY, "429 from the registry");
	log_at_error("poll failed", log_error(&err), log_number("n", INT64_MIN));
	expect_str("an error has text and class", logged(),
		   HEAD ",\"level\":\"error\",\"msg\":\"poll failed\",\"error\":\"429 from the registry\","
			"\"errorClass\":\"Busy\",\"n\":-9223372036854775808}\n");
	close_log();
}
END_TEST

static const struct {
	const char *name;
	enum log_level level;
	const char *want; /* initials of the levels that are written */
} levels[] = {
	{ "errors only", LOG_LEVEL_ERROR, "e" },
	{ "warnings and worse", LOG_LEVEL_WARN, "ew" },
	{ "the usual", LOG_LEVEL_INFO, "ewi" },
	{ "everything", LOG_LEVEL_DEBUG, "ewid" },
};

START_TEST(levels_are_obeyed)
{
	char got[8] = "";
	const char *line;

	open_log(levels[_i].level);
	log_at_error("m");
	log_warn("m");
	log_info("m");
	log_debug("m");
	line = logged();
	while ((line = strstr(line, "\"level\":\"")) != NULL) {
		line += strlen("\"level\":\"");
		got[strlen(got)] = *line;
	}
	expect_str(levels[_i].name, got, levels[_i].want);
	expect_int(levels[_i].name, log_is_enabled(LOG_LEVEL_DEBUG), levels[_i].level == LOG_LEVEL_DEBUG);
	close_log();
}
END_TEST

static const struct {
	const char *name;
	const char *text;
	bool is_level;
	enum log_level want;
} names[] = {
	{ "error", "error", true, LOG_LEVEL_ERROR }, { "warn", "warn", true, LOG_LEVEL_WARN },
	{ "info", "info", true, LOG_LEVEL_INFO },    { "debug", "debug", true, LOG_LEVEL_DEBUG },
	{ "upper case", "INFO", false, 0 },          { "nothing", "", false, 0 },
	{ "no text", NULL, false, 0 },               { "another word", "verbose", false, 0 },
};

START_TEST(levels_have_names)
{
	enum log_level level = LOG_LEVEL_DEBUG;

	expect_int(names[_i].name, log_parse_level(names[_i].text, &level), names[_i].is_level);
	expect_int(names[_i].name, level, names[_i].is_level ? names[_i].want : LOG_LEVEL_DEBUG);
}
END_TEST

static const struct {
	const char *name;
	const char *text;
	const char *want; /* as it stands in the line */
} escapes[] = {
	{ "plain text", "shop/web", "shop/web" },
	{ "quotes and backslashes", "a\"b\\c", "a\\\"b\\\\c" },
	{ "a newline does not begin a line", "a\n{\"level\":\"error\"}", "a\\n{\\\"level\\\":\\\"error\\\"}" },
	{ "tabs and other controls", "\t\r\x01\x1f", "\\u0009\\u000d\\u0001\\u001f" },
	{ "escape sequences do not reach the terminal", "\x1b[31m\x7f", "\\u001b[31m\\u007f" },
	{ "nor those of one character", "\xC2\x9B" "31m", "\\u009b31m" },
	{ "UTF-8 stays", "Zürich €😀", "Zürich €😀" },
	{ "what is no UTF-8 is replaced byte by byte", "a\xFF\xFE" "b", "a\xEF\xBF\xBD\xEF\xBF\xBD" "b" },
	{ "a cut character is replaced", "\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD" },
};

START_TEST(texts_are_escaped)
{
	char want[512];
	json_t *json;

	open_log(LOG_LEVEL_INFO);
	log_info("m", log_text("text", escapes[_i].text));
	(void)snprintf(want, sizeof(want), HEAD ",\"level\":\"info\",\"msg\":\"m\",\"text\":\"%s\"}\n",
		       escapes[_i].want);
	expect_str(escapes[_i].name, logged(), want);
	json = json_loads(want, JSON_REJECT_DUPLICATES, NULL);
	expect(escapes[_i].name, json != NULL);
	json_decref(json);
	close_log();
}
END_TEST

/* Texts of every length around the limit: always one valid line, marked when it was cut. */
static const struct {
	const char *name;
	const char *piece;
} fillers[] = {
	{ "plain letters", "x" },
	{ "letters of two bytes", "é" },
	{ "quotes, which double", "\"" },
	{ "controls, which take six", "\x01" },
	{ "no UTF-8, which takes three", "\xFF" },
};

START_TEST(a_long_line_is_cut_and_stays_valid)
{
	const char *piece = fillers[_i].piece;
	char text[10000];
	size_t piece_len = strlen(piece);

	open_log(LOG_LEVEL_INFO);
	for (size_t len = 1200; len < sizeof(text) - 8; len += len > 7800 && len < 8300 ? 1 : 97) {
		const char *line;
		json_t *json;

		for (size_t n = 0; n < len; n++)
			text[n] = piece[n % piece_len];
		text[len] = '\0';
		now_ms += 10000; /* cut lines may be equal */
		log_info("m", log_text("text", text), log_number("n", 7), log_text("last", "z"));
		line = logged();
		json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		ck_assert_msg(json != NULL, "%s: %zu bytes: no JSON: %s", fillers[_i].name, len, line);
		expect_quick(fillers[_i].name, strlen(line) <= 8192);
		expect_quick(fillers[_i].name, line[strlen(line) - 1] == '\n');
		expect_quick(fillers[_i].name, strstr(line, "\"text\":\"") != NULL);
		expect_quick(fillers[_i].name, (strstr(line, ",\"n\":7,\"last\":\"z\"}") != NULL) !=
						       json_is_true(json_object_get(json, "truncated")));
		json_decref(json);
	}
	close_log();
}
END_TEST

START_TEST(equal_lines_are_limited)
{
	open_log(LOG_LEVEL_INFO);
	for (int n = 0; n < 5; n++) {
		log_warn("registry down", log_text("host", "a"));
		expect("the first five are written", logged()[0] != '\0');
	}
	for (int n = 0; n < 37; n++)
		log_warn("registry down", log_text("host", "a"));
	expect_str("the next ones are not", logged(), "");
	log_warn("registry down", log_text("host", "b"));
	expect_contains("another field is another line", logged(), "\"host\":\"b\"");
	log_at_error("registry down", log_text("host", "a"));
	expect_contains("another level is another line", logged(), "\"level\":\"error\"");
	now_ms += 9999;
	log_warn("registry down", log_text("host", "a"));
	expect_str("not before ten seconds have passed", logged(), "");
	now_ms += 1;
	log_warn("registry down", log_text("host", "a"));
	expect_contains("then with the number of the others", logged(), "\"host\":\"a\",\"repeated\":38}\n");
	log_warn("registry down", log_text("host", "a"));
	expect("the next one says nothing of it", strstr(logged(), "repeated") == NULL);
	now_ms -= 3600000;
	log_warn("registry down", log_text("host", "a"));
	expect("a clock that was set back does not silence", logged()[0] != '\0');
	close_log();
}
END_TEST

/* A reader that does not read must not stop the operator. */
START_TEST(a_full_pipe_loses_lines)
{
	open_log(LOG_LEVEL_INFO);
	for (int n = 0; n < 3000; n++)
		log_info("a line among many", log_number("n", n));
	expect_contains("the first ones are there", logged(), "\"n\":0}");
	close_log();
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, a_line_has_time_level_message_and_fields);
	suite_add_rows(tests, levels_are_obeyed, levels);
	suite_add_rows(tests, levels_have_names, names);
	suite_add_rows(tests, texts_are_escaped, escapes);
	suite_add_rows(tests, a_long_line_is_cut_and_stays_valid, fillers);
	tcase_add_test(tests, equal_lines_are_limited);
	tcase_add_test(tests, a_full_pipe_loses_lines);
}

SUITE_MAIN("log", add)
