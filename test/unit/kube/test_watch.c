#include "base/clock.h"
#include "kube/watchset.h"
#include "watching.h"

static const struct {
	const char *name;
	struct fake_step script[8];
	const char *want;         /* the store in the end */
	const char *want_changes; /* what it told */
	unsigned want_lists;
	unsigned want_bad;
} rows[] = {
	{ "a streaming list goes on as a watch",
	  { { LIST, HELD, .reply = ADD("x", "u", "3") ADD("y", "v", "2") DONE("5") MOD("x", "u", "6")
						DEL("y", "v", "7") } },
	  "x@6", "+x@3 +y@2 ~x@6 -y@2", 1, 0 },
	{ "an empty kind is synced as well", { { LIST, HELD, .reply = DONE("5") } }, "", "", 1, 0 },
	{ "a stream that ends is resumed at its last event, not listed",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "3") DONE("5") MOD("x", "u", "6") },
	    { WATCH("6"), HELD, .reply = MOD("x", "u", "8") } },
	  "x@8", "+x@3 ~x@6 ~x@8", 1, 0 },
	{ "a bookmark moves the place to resume at",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "3") DONE("5") MARK("90") },
	    { WATCH("90"), OPEN_END, .reply = MARK("120") },
	    { WATCH("120"), HELD, .reply = MOD("x", "u", "130") } },
	  "x@130", "+x@3 ~x@130", 1, 0 },
	{ "the events of a streaming list come in no order and move nothing",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "300") ADD("y", "v", "2") DONE("301") },
	    { WATCH("301"), HELD } },
	  "x@300 y@2", "+x@300 +y@2", 1, 0 },
	{ "a streaming list that is cut starts over, and forgets what only the first had",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "3") ADD("y", "v", "2") },
	    { LIST, HELD, .reply = ADD("y", "v", "2") DONE("9") } },
	  "y@2", "+x@3 +y@2 -x@3", 2, 0 },
	{ "a connection that ends amid the list",
	  { { LIST, .status = 200, .is_chunked = true, .reply = ADD("x", "u", "3"), .cut_after = 150,
	      .end = FAKE_RESET },
	    { LIST, HELD, .reply = ADD("x", "u", "3") DONE("9") } },
	  "x@3", "+x@3", 2, 0 },
	{ "no answer to the first request",
	  { { LIST, .end = FAKE_CLOSE }, { LIST, HELD, .reply = DONE("9") } }, "", "", 2, 0 },
	{ "no answer when resuming: the same version again",
	  { { LIST, OPEN_END, .reply = DONE("5") MARK("6") },
	    { WATCH("6"), .end = FAKE_CLOSE },
	    { WATCH("6"), .status = 503, .reply = "no" },
	    { WATCH("6"), HELD } },
	  "", "", 1, 0 },
	{ "429 with Retry-After when opening: the same version again",
	  { { LIST, OPEN_END, .reply = DONE("5") MARK("6") },
	    { WATCH("6"), .status = 429, .reply_headers = "Retry-After: 1\r\n", .reply = "slow down" },
	    { WATCH("6"), HELD } },
	  "", "", 1, 0 },
	{ "429 on the list",
	  { { LIST, .status = 429, .reply = STATUS("429", "TooManyRequests", "") },
	    { LIST, HELD, .reply = DONE("5") } },
	  "", "", 2, 0 },
	{ "410 in the stream: list again, not older than seen",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "3") DONE("5") ERROR("410", "Expired", "") },
	    { LIST_FROM("5"), HELD, .reply = ADD("y", "v", "8") DONE("9") } },
	  "y@8", "+x@3 +y@8 -x@3", 2, 0 },
	{ "410 when resuming, and again on the list: then the newest",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "3") DONE("5") MARK("6") },
	    { WATCH("6"), .status = 410, .reply = STATUS("410", "Expired", "") },
	    { LIST_FROM("6"), .status = 410, .reply = STATUS("410", "Expired", "") },
	    { LIST, HELD, .reply = ADD("x", "u", "3") DONE("9") } },
	  "x@3", "+x@3", 3, 0 },
	{ "a version that the server has not reached: the newest",
	  { { LIST, OPEN_END, .reply = DONE("5") MARK("6") },
	    { WATCH("6"), .status = 504,
	      .reply = STATUS("504", "Timeout",
			      ",\"details\":{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\"}]}") },
	    { LIST_FROM("6"), .status = 504,
	      .reply = STATUS("504", "Timeout",
			      ",\"details\":{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\"}]}") },
	    { LIST, HELD, .reply = DONE("7") } },
	  "", "", 3, 0 },
	{ "429 in the stream: resume",
	  { { LIST, OPEN_END, .reply = DONE("5") ERROR("429", "TooManyRequests", "") },
	    { WATCH("5"), HELD } },
	  "", "", 1, 0 },
	{ "500 in the stream: resume",
	  { { LIST, OPEN_END, .reply = DONE("5") MARK("6") ERROR("500", "InternalError", "") },
	    { WATCH("6"), HELD } },
	  "", "", 1, 0 },
	{ "another error in the stream: list again",
	  { { LIST, OPEN_END, .reply = DONE("5") MARK("6") ERROR("400", "BadRequest", "") },
	    { LIST_FROM("6"), HELD, .reply = DONE("8") } },
	  "", "", 2, 0 },
	{ "a server without streaming lists is listed in pages, then watched",
	  { { LIST, .status = 422, .reply = STATUS("422", "Invalid", "") },
	    { PAGES, .status = 200, .reply = PAGE("9", "t/1", OBJECT("x", "u", "3")) },
	    { PAGES_AFTER("t%2F1"), .status = 200,
	      .reply = PAGE("9", "", OBJECT("y", "v", "2") "," OBJECT("z", "w", "4")) },
	    { WATCH("9"), HELD, .reply = DEL("x", "u", "10") } },
	  "y@2 z@4", "+x@3 +y@2 +z@4 -x@3", 2, 0 },
	{ "a continue token that has expired: the whole list in one",
	  { { LIST, .status = 422, .reply = STATUS("422", "Invalid", "") },
	    { PAGES, .status = 200, .reply = PAGE("9", "t1", OBJECT("x", "u", "3")) },
	    { PAGES_AFTER("t1"), .status = 410, .reply = STATUS("410", "Expired", "") },
	    { ASK("/api/v1/configmaps*"), .status = 200, .reply = PAGE("12", "", OBJECT("y", "v", "2")) },
	    { WATCH("12"), HELD } },
	  "y@2", "+x@3 +y@2 -x@3", 3, 0 },
	{ "410 on the first page: once more",
	  { { LIST, .status = 422, .reply = STATUS("422", "Invalid", "") },
	    { PAGES, .status = 410, .reply = STATUS("410", "Expired", "") },
	    { PAGES, .status = 200, .reply = PAGE("9", "", OBJECT("x", "u", "3")) },
	    { WATCH("9"), HELD } },
	  "x@3", "+x@3", 3, 0 },
	{ "5xx on a page, with and without a time to wait",
	  { { LIST, .status = 422, .reply = STATUS("422", "Invalid", "") },
	    { PAGES, .status = 500, .reply = "no" },
	    { PAGES, .status = 503, .reply_headers = "Retry-After: 1\r\n", .reply = "no" },
	    { PAGES, .status = 200, .reply = PAGE("9", "", OBJECT("x", "u", "3")) },
	    { WATCH("9"), HELD } },
	  "x@3", "+x@3", 4, 0 },
	{ "a page that does not come: from the first one again",
	  { { LIST, .status = 422, .reply = STATUS("422", "Invalid", "") },
	    { PAGES, .status = 200, .reply = PAGE("9", "t1", OBJECT("x", "u", "3")) },
	    { PAGES_AFTER("t1"), .status = 200, .reply = PAGE("9", "", ""), .cut_after = 80,
	      .end = FAKE_CLOSE },
	    { PAGES, .status = 200, .reply = PAGE("10", "", OBJECT("x", "u", "3")) },
	    { WATCH("10"), HELD } },
	  "x@3", "+x@3", 3, 0 },
	{ "a list that is none: once more",
	  { { LIST, .status = 422, .reply = STATUS("422", "Invalid", "") },
	    { PAGES, .status = 200, .reply = "<html>hello</html>" },
	    { ASK(MAPS "limit=*"), .status = 200, .reply = PAGE("10", "", OBJECT("x", "u", "3")) },
	    { WATCH("10"), HELD } },
	  "x@3", "+x@3", 3, 0 },
	{ "deleted and made again while nobody looked",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "3") DONE("5") ERROR("410", "Expired", "") },
	    { LIST_FROM("5"), HELD, .reply = ADD("x", "other", "8") DONE("9") } },
	  "x@8", "+x@3 -x@3 +x@8", 2, 0 },
	{ "an event of an unknown type and a broken line are left out",
	  { { LIST, HELD, .reply = DONE("5") EVENT("SURPRISE", "{\"a\":1}") "{\"type\":\n" "hello\n"
						MOD("x", "u", "6") } },
	  "x@6", "+x@6", 1, 3 },
	{ "an object that cannot be decoded does not hide the others",
	  { { LIST, HELD, .reply = ADD("x", "u", "3")
			EVENT("ADDED", "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":7}")
				ADD("y", "v", "4") DONE("5") } },
	  "x@3 y@4", "+x@3 +y@4", 1, 1 },
	{ "the server's history goes back: nothing old is kept",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "80") DONE("90") ERROR("410", "Expired", "") },
	    { LIST_FROM("90"), OPEN_END, .reply = ADD("x", "u", "30") DONE("40") },
	    { LIST, HELD, .reply = ADD("x", "u", "30") DONE("40") } },
	  "x@30", "+x@80 -x@80 +x@30", 3, 0 },
	{ "denied, then allowed",
	  { { LIST, .status = 403, .reply = STATUS("403", "Forbidden", "") },
	    { LIST, .status = 401, .reply = STATUS("401", "Unauthorized", "") },
	    { LIST, HELD, .reply = DONE("5") } },
	  "", "", 3, 0 },
	{ "a kind that goes away and comes back: its objects are other ones",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "3") DONE("5") DEL("x", "u", "6") },
	    { WATCH("6"), .status = 404, .reply = "404 page not found" },
	    { LIST, .status = 404, .reply = "404 page not found" },
	    { LIST, HELD, .reply = ADD("x", "other", "9") DONE("10") } },
	  "x@9", "+x@3 -x@3 +x@9", 3, 0 },
	{ "a kind that goes away without a word: what it had is gone when it is back",
	  { { LIST, OPEN_END, .reply = ADD("x", "u", "3") ADD("y", "v", "4") DONE("5") },
	    { WATCH("5"), .status = 404, .reply = "404 page not found" },
	    { LIST, HELD, .reply = ADD("x", "other", "9") DONE("10") } },
	  "x@9", "+x@3 +y@4 -x@3 +x@9 -y@4", 2, 0 },
	{ "a kind that is not there yet (its CRD comes later)",
	  { { LIST, .status = 404, .reply = "404 page not found" },
	    { LIST, .status = 404, .reply = "404 page not found" },
	    { LIST, HELD, .reply = ADD("x", "u", "3") DONE("5") } },
	  "x@3", "+x@3", 3, 0 },
};

static size_t count_steps(const struct fake_step *script)
{
	size_t count = 0;

	while (count < 8 && script[count].method != NULL)
		count++;
	return count;
}

/* The row's script, over one or the other protocol. */
static void follow(bool is_http2, int row)
{
	size_t steps = count_steps(rows[row].script);
	struct scene scene;
	char room[2048];

	scene_open_over(is_http2, &scene, rows[row].script, steps, KIND_PINS, &quick);
	scene_run(&scene, steps, 25, rows[row].name);
	expect_str(rows[row].name, objects_text(room, scene.store, NULL), rows[row].want);
	expect_str(rows[row].name, scene.changes.text, rows[row].want_changes);
	expect(rows[row].name, watch_is_synced(scene.watch));
	expect(rows[row].name, scene.told.synced >= 1);
	expect_int(rows[row].name, watch_report(scene.watch)->lists, rows[row].want_lists);
	expect_int(rows[row].name, watch_report(scene.watch)->bad_objects, rows[row].want_bad);
	expect_int(rows[row].name, scene.told.bad, rows[row].want_bad);
	expect_str(rows[row].name, watch_report(scene.watch)->trouble.text, "");
	scene_close(&scene, rows[row].name);
}

START_TEST(follows_the_server)
{
	follow(false, _i);
}
END_TEST

START_TEST(follows_the_server_over_http2)
{
	follow(true, _i);
}
END_TEST

static void add(TCase *tests)
{
	tcase_set_timeout(tests, 60);
	suite_add_rows(tests, follows_the_server, rows);
	suite_add_rows(tests, follows_the_server_over_http2, rows);
}

SUITE_MAIN("watch", add)
