/* A watch whose list, or stream, is cut after every byte of it, over both protocols. */

#include "watching.h"

/* What an answer is made of, cut after every byte of it: whatever arrived counts, nothing is lost, nothing comes
 * twice. After the cut a list is asked for again, and a stream goes on from where the client says it is. */
static const char *const page[] = { PAGE("5", "", OBJECT("x", "u", "3") "," OBJECT("y", "v", "2")) };
static const char *const events[] = { MOD("x", "u", "6"), MARK("7"), DEL("y", "v", "8") };

#define EVENT_COUNT (sizeof(events) / sizeof(events[0]))

static const char *const versions[EVENT_COUNT] = { "6", "7", "8" };

static const struct part {
	const char *name;
	struct fake_step asked;
	const char *const *pieces;
	size_t count;
} parts[] = {
	{ "list", { LIST }, page, 1 },
	{ "stream", { WATCH("5") }, events, EVENT_COUNT },
};

/* The version that a client which has seen the first len bytes of the stream resumes at. An event counts with its last
 * bracket; the end of its line is not waited for. */
static const char *version_after(size_t len)
{
	const char *version = "5";

	for (size_t i = 0; i < EVENT_COUNT; i++) {
		size_t line = strlen(events[i]);

		if (len + 1 < line)
			break;
		version = versions[i];
		len -= len < line ? len : line;
	}
	return version;
}

/* What the server still has to say to a client that resumes at version. */
static void write_rest(char rest[static 4096], const char *version)
{
	rest[0] = '\0';
	for (size_t i = 0; i < EVENT_COUNT; i++) {
		if (store_compare_versions(versions[i], version) > 0)
			(void)strncat(rest, events[i], 4096 - strlen(rest) - 1);
	}
}

/* first is how the part is answered; of its body the client gets body_len bytes. */
static void cut_after(bool is_http2, const struct part *part, struct fake_step first, size_t body_len)
{
	bool is_list = part == &parts[0];
	const char *version = is_list ? "5" : version_after(body_len);
	const struct fake_step whole = { LIST, LISTED("5", OBJECT("x", "u", "3") "," OBJECT("y", "v", "2")) };
	char target[256];
	char rest[4096];
	char room[2048];
	char row[64];
	struct scene scene;

	first.method = part->asked.method;
	first.target = part->asked.target;
	first.headers = part->asked.headers;
	(void)snprintf(row, sizeof(row), "the %s cut after %zu bytes", part->name, first.cut_after);
	(void)snprintf(target, sizeof(target), STREAM "&resourceVersion=%s&timeoutSeconds=*", version);
	write_rest(rest, version);
	scene_open_over(is_http2, &scene,
			(struct fake_step[]){ is_list ? first : whole, is_list ? whole : first,
					      { ASK(target), HELD, .reply = rest } },
			3, KIND_PINS, &quick);
	scene_run(&scene, 3, 0, row);
	for (int i = 0; i < 20000 && store_count(scene.store, KIND_PINS) != 1; i++)
		fake_run_for(scene.bench.loop, 1);
	expect_str(row, objects_text(room, scene.store, NULL), "x@6");
	expect_str(row, scene.changes.text, "+x@3 +y@2 ~x@6 -y@2");
	scene_close(&scene, row);
}

/* Each row takes every sixteenth cut of a part; where every request for memory fails, one cut, and the last rows none: no
 * answer here is so long. */
static size_t strides(void)
{
	return rounds_are_many() ? 512 : 16;
}

static const struct part *part_of(int row)
{
	return &parts[(size_t)row / strides()];
}

static size_t first_cut(int row)
{
	return (size_t)row % strides();
}

static void write_body(char body[static 4096], const struct part *part)
{
	body[0] = '\0';
	for (size_t i = 0; i < part->count; i++)
		(void)strncat(body, part->pieces[i], 4096 - strlen(body) - 1);
}

START_TEST(a_cut_after_every_byte_loses_nothing)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
	const struct part *part = part_of(_i);
	char whole[8192];
	char body[4096];

	write_body(body, part);
	(void)snprintf(whole, sizeof(whole), "%s%s", head, body);
	for (size_t cut = first_cut(_i); cut < strlen(whole); cut += strides())
		cut_after(false, part,
			  (struct fake_step){ .raw = cut == 0 ? NULL : whole, .cut_after = cut, .end = FAKE_CLOSE },
			  cut < strlen(head) ? 0 : cut - strlen(head));
}
END_TEST

/* An answer, and how many bytes of its body are within so many bytes of all. */
struct answer {
	char bytes[4096];
	size_t len;
	size_t body[4096];
};

static void answer_add(struct answer *answer, const char *text, bool is_body)
{
	for (; *text != '\0'; text++) {
		answer->bytes[answer->len++] = *text;
		answer->body[answer->len] = answer->body[answer->len - 1] + (is_body ? 1 : 0);
	}
}

/* The same in chunks, as the apiserver sends it over HTTP/1.1: it is also cut amid their heads. */
START_TEST(a_cut_after_every_byte_of_chunks_loses_nothing)
{
	const struct part *part = part_of(_i);
	struct answer answer = { .len = 0 };

	answer_add(&answer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false);
	for (size_t i = 0; i < part->count; i++) {
		char head[24];

		(void)snprintf(head, sizeof(head), "%zx\r\n", strlen(part->pieces[i]));
		answer_add(&answer, head, false);
		answer_add(&answer, part->pieces[i], true);
		answer_add(&answer, "\r\n", false);
	}
	for (size_t cut = first_cut(_i) + 1; cut < answer.len; cut += strides())
		cut_after(false, part,
			  (struct fake_step){ .raw = answer.bytes, .cut_after = cut, .end = FAKE_CLOSE },
			  answer.body[cut]);
}
END_TEST

/* The frames' own bytes in an answer over HTTP/2, of whose body there is one frame, the last. */
#define HEAD_LEN 19

START_TEST(the_head_over_http2_is_so_long)
{
	char body[4096];
	const struct fake_step script[] = { { LIST, LISTED("5", "") }, { WATCH("5"), HELD, .reply = body } };
	struct scene scene;

	write_body(body, &parts[1]);
	scene_open_over(true, &scene, script, 2, KIND_PINS, &quick);
	scene_run(&scene, 2, 0, "measured");
	ck_assert_uint_eq(fake_server_sent(scene.bench.server, 1), HEAD_LEN + strlen(body));
	scene_close(&scene, "measured");
}
END_TEST

/* The same over HTTP/2: the connection is cut amid the frames of headers and of data. */
START_TEST(a_cut_after_every_byte_of_http2_loses_nothing)
{
	const struct part *part = part_of(_i);
	char body[4096];

	write_body(body, part);
	for (size_t cut = first_cut(_i) + 1; cut < HEAD_LEN + strlen(body); cut += strides())
		cut_after(true, part,
			  (struct fake_step){ .status = 200, .reply = body, .cut_after = cut, .end = FAKE_CLOSE },
			  cut < HEAD_LEN ? 0 : cut - HEAD_LEN);
}
END_TEST

static void add(TCase *tests)
{
	int rows = 2 * (int)strides();

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, a_cut_after_every_byte_loses_nothing, 0, rows);
	tcase_add_loop_test(tests, a_cut_after_every_byte_of_chunks_loses_nothing, 0, rows);
	tcase_add_test(tests, the_head_over_http2_is_so_long);
	tcase_add_loop_test(tests, a_cut_after_every_byte_of_http2_loses_nothing, 0, rows);
}

SUITE_MAIN("watch cuts", add)
