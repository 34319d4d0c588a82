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
	{ "a list, and a watch from its version on",
	  { { LIST, LISTED("5", OBJECT("x", "u", "3") "," OBJECT("y", "v", "2")) },
	    { WATCH("5"), HELD, .reply = MOD("x", "u", "6") DEL("y", "v", "7") } },
	  "x@6", "+x@3 +y@2 ~x@6 -y@2", 1, 0 },
	{ "an empty kind is synced as well", { { LIST, LISTED("5", "") }, { WATCH("5"), HELD } }, "", "", 1, 0 },
	{ "a list of several pages",
	  { { LIST, .status = 200, .reply = PAGE("9", "t/1", OBJECT("x", "u", "3")) },
	    { LIST_AFTER("t%2F1"), LISTED("9", OBJECT("y", "v", "2") "," OBJECT("z", "w", "4")) },
	    { WATCH("9"), HELD, .reply = DEL("x", "u", "10") } },
	  "y@2 z@4", "+x@3 +y@2 +z@4 -x@3", 1, 0 },
	{ "a stream that ends is resumed at its last event, not listed",
	  { { LIST, LISTED("5", OBJECT("x", "u", "3")) },
	    { WATCH("5"), OPEN_END, .reply = MOD("x", "u", "6") },
	    { WATCH("6"), HELD, .reply = MOD("x", "u", "8") } },
	  "x@8", "+x@3 ~x@6 ~x@8", 1, 0 },
	{ "a bookmark moves the place to resume at",
	  { { LIST, LISTED("5", OBJECT("x", "u", "3")) },
	    { WATCH("5"), OPEN_END, .reply = MARK("90") },
	    { WATCH("90"), OPEN_END, .reply = MARK("120") },
	    { WATCH("120"), HELD, .reply = MOD("x", "u", "130") } },
	  "x@130", "+x@3 ~x@130", 1, 0 },
	{ "the list's own version is where the watch begins, not its objects'",
	  { { LIST, LISTED("301", OBJECT("x", "u", "300") "," OBJECT("y", "v", "2")) }, { WATCH("301"), HELD } },
	  "x@300 y@2", "+x@300 +y@2", 1, 0 },
	{ "a list that is cut starts over, and forgets what only the first had",
	  { { LIST, .status = 200, .reply = PAGE("5", "t1", OBJECT("x", "u", "3") "," OBJECT("y", "v", "2")) },
	    { LIST_AFTER("t1"), LISTED("5", ""), .cut_after = 80, .end = FAKE_CLOSE },
	    { LIST, LISTED("9", OBJECT("y", "v", "2")) },
	    { WATCH("9"), HELD } },
	  "y@2", "+x@3 +y@2 -x@3", 2, 0 },
	{ "a connection that ends amid the list: what came counts until then",
	  { { LIST, LISTED("5", OBJECT("x", "u", "3") "," OBJECT("y", "v", "2")), .cut_after = 300, .end = FAKE_RESET },
	    { LIST, LISTED("9", OBJECT("x", "u", "3")) },
	    { WATCH("9"), HELD } },
	  "x@3", "+x@3", 2, 0 },
	{ "no answer to the first request",
	  { { LIST, .end = FAKE_CLOSE }, { LIST, LISTED("9", "") }, { WATCH("9"), HELD } }, "", "", 2, 0 },
	{ "no answer when resuming: the same version again",
	  { { LIST, LISTED("6", "") },
	    { WATCH("6"), .end = FAKE_CLOSE },
	    { WATCH("6"), .status = 503, .reply = "no" },
	    { WATCH("6"), HELD } },
	  "", "", 1, 0 },
	{ "429 with Retry-After when opening: the same version again",
	  { { LIST, LISTED("6", "") },
	    { WATCH("6"), .status = 429, .reply_headers = "Retry-After: 1\r\n", .reply = "slow down" },
	    { WATCH("6"), HELD } },
	  "", "", 1, 0 },
	{ "429 on the list",
	  { { LIST, .status = 429, .reply = STATUS("429", "TooManyRequests", "") },
	    { LIST, LISTED("5", "") },
	    { WATCH("5"), HELD } },
	  "", "", 2, 0 },
	{ "410 in the stream: list again",
	  { { LIST, LISTED("5", OBJECT("x", "u", "3")) },
	    { WATCH("5"), OPEN_END, .reply = ERROR("410", "Expired", "") },
	    { LIST, LISTED("9", OBJECT("y", "v", "8")) },
	    { WATCH("9"), HELD } },
	  "y@8", "+x@3 +y@8 -x@3", 2, 0 },
	{ "410 when resuming, and again on the list",
	  { { LIST, LISTED("6", OBJECT("x", "u", "3")) },
	    { WATCH("6"), .status = 410, .reply = STATUS("410", "Expired", "") },
	    { LIST, .status = 410, .reply = STATUS("410", "Expired", "") },
	    { LIST, LISTED("9", OBJECT("x", "u", "3")) },
	    { WATCH("9"), HELD } },
	  "x@3", "+x@3", 3, 0 },
	{ "a version that the server has not reached: list again, and nothing is kept that it does not name",
	  { { LIST, LISTED("6", OBJECT("x", "u", "3")) },
	    { WATCH("6"), .status = 504,
	      .reply = STATUS("504", "Timeout",
			      ",\"details\":{\"causes\":[{\"reason\":\"ResourceVersionTooLarge\"}]}") },
	    { LIST, LISTED("7", "") },
	    { WATCH("7"), HELD } },
	  "", "+x@3 -x@3", 2, 0 },
	{ "429 in the stream: resume",
	  { { LIST, LISTED("5", "") },
	    { WATCH("5"), OPEN_END, .reply = ERROR("429", "TooManyRequests", "") },
	    { WATCH("5"), HELD } },
	  "", "", 1, 0 },
	{ "500 in the stream: resume",
	  { { LIST, LISTED("5", "") },
	    { WATCH("5"), OPEN_END, .reply = MARK("6") ERROR("500", "InternalError", "") },
	    { WATCH("6"), HELD } },
	  "", "", 1, 0 },
	{ "another error in the stream: list again",
	  { { LIST, LISTED("5", "") },
	    { WATCH("5"), OPEN_END, .reply = MARK("6") ERROR("400", "BadRequest", "") },
	    { LIST, LISTED("8", "") },
	    { WATCH("8"), HELD } },
	  "", "", 2, 0 },
	{ "a list that is refused is asked for again",
	  { { LIST, .status = 422, .reply = STATUS("422", "Invalid", "") },
	    { LIST, LISTED("5", OBJECT("x", "u", "3")) },
	    { WATCH("5"), HELD } },
	  "x@3", "+x@3", 2, 0 },
	{ "a continue token that has expired: the whole list in one",
	  { { LIST, .status = 200, .reply = PAGE("9", "t1", OBJECT("x", "u", "3")) },
	    { LIST_AFTER("t1"), .status = 410, .reply = STATUS("410", "Expired", "") },
	    { ASK("/api/v1/configmaps?fieldSelector=metadata.name%3Dsluice-pins"), LISTED("12", OBJECT("y", "v", "2")) },
	    { WATCH("12"), HELD } },
	  "y@2", "+x@3 +y@2 -x@3", 2, 0 },
	{ "410 on the first page: once more",
	  { { LIST, .status = 410, .reply = STATUS("410", "Expired", "") },
	    { LIST, LISTED("9", OBJECT("x", "u", "3")) },
	    { WATCH("9"), HELD } },
	  "x@3", "+x@3", 2, 0 },
	{ "5xx on a page, with and without a time to wait",
	  { { LIST, .status = 500, .reply = "no" },
	    { LIST, .status = 503, .reply_headers = "Retry-After: 1\r\n", .reply = "no" },
	    { LIST, LISTED("9", OBJECT("x", "u", "3")) },
	    { WATCH("9"), HELD } },
	  "x@3", "+x@3", 3, 0 },
	{ "a list that is none: once more",
	  { { LIST, .status = 200, .reply = "<html>hello</html>" },
	    { LIST, LISTED("10", OBJECT("x", "u", "3")) },
	    { WATCH("10"), HELD } },
	  "x@3", "+x@3", 2, 0 },
	{ "deleted and made again while nobody looked",
	  { { LIST, LISTED("5", OBJECT("x", "u", "3")) },
	    { WATCH("5"), OPEN_END, .reply = ERROR("410", "Expired", "") },
	    { LIST, LISTED("9", OBJECT("x", "other", "8")) },
	    { WATCH("9"), HELD } },
	  "x@8", "+x@3 -x@3 +x@8", 2, 0 },
	{ "what a second list repeats is no news, and stays",
	  { { LIST, LISTED("5", OBJECT("x", "u", "3") "," OBJECT("y", "v", "4")) },
	    { WATCH("5"), OPEN_END, .reply = ERROR("410", "Expired", "") },
	    { LIST, LISTED("9", OBJECT("x", "u", "3") "," OBJECT("y", "v", "8")) },
	    { WATCH("9"), HELD } },
	  "x@3 y@8", "+x@3 +y@4 ~y@8", 2, 0 },
	{ "an event of an unknown type and a broken line are left out",
	  { { LIST, LISTED("5", "") },
	    { WATCH("5"), HELD, .reply = EVENT("SURPRISE", "{\"a\":1}") "{\"type\":\n" "hello\n" ADD("x", "u", "6") } },
	  "x@6", "+x@6", 1, 3 },
	{ "an object that cannot be decoded does not hide the others",
	  { { LIST, LISTED("5", OBJECT("x", "u", "3") ",{\"metadata\":7}," OBJECT("y", "v", "4")) },
	    { WATCH("5"), HELD,
	      .reply = EVENT("ADDED", "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":7}") MOD("y", "v", "6") } },
	  "x@3 y@6", "+x@3 +y@4 ~y@6", 1, 2 },
	{ "the server's history goes back: nothing old is kept",
	  { { LIST, LISTED("90", OBJECT("x", "u", "80")) },
	    { WATCH("90"), OPEN_END, .reply = ERROR("410", "Expired", "") },
	    { LIST, LISTED("40", OBJECT("x", "u", "30")) },
	    { LIST, LISTED("40", OBJECT("x", "u", "30")) },
	    { WATCH("40"), HELD } },
	  "x@30", "+x@80 -x@80 +x@30", 3, 0 },
	{ "denied, then allowed",
	  { { LIST, .status = 403, .reply = STATUS("403", "Forbidden", "") },
	    { LIST, .status = 401, .reply = STATUS("401", "Unauthorized", "") },
	    { LIST, LISTED("5", "") },
	    { WATCH("5"), HELD } },
	  "", "", 3, 0 },
	{ "a kind that goes away and comes back: its objects are other ones",
	  { { LIST, LISTED("5", OBJECT("x", "u", "3")) },
	    { WATCH("5"), OPEN_END, .reply = DEL("x", "u", "6") },
	    { WATCH("6"), .status = 404, .reply = "404 page not found" },
	    { LIST, .status = 404, .reply = "404 page not found" },
	    { LIST, LISTED("10", OBJECT("x", "other", "9")) },
	    { WATCH("10"), HELD } },
	  "x@9", "+x@3 -x@3 +x@9", 3, 0 },
	{ "a kind that goes away without a word: what it had is gone when it is back",
	  { { LIST, LISTED("5", OBJECT("x", "u", "3") "," OBJECT("y", "v", "4")) },
	    { WATCH("5"), .status = 404, .reply = "404 page not found" },
	    { LIST, LISTED("10", OBJECT("x", "other", "9")) },
	    { WATCH("10"), HELD } },
	  "x@9", "+x@3 +y@4 -x@3 +x@9 -y@4", 2, 0 },
	{ "a kind that is not there yet (its CRD comes later)",
	  { { LIST, .status = 404, .reply = "404 page not found" },
	    { LIST, .status = 404, .reply = "404 page not found" },
	    { LIST, LISTED("5", OBJECT("x", "u", "3")) },
	    { WATCH("5"), HELD } },
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
