#include "kube/lease.h"

#include "base/clock.h"
#include "bench.h"

#include <uv.h>

/* Short terms that still leave room for a busy machine, and calm ones where nothing shall come between. */
static const struct election_terms quick = { .duration_ms = 4000, .deadline_ms = 2000, .renew_ms = 200, .retry_ms = 200 };
static const struct election_terms calm = { .duration_ms = 4000, .deadline_ms = 3000, .renew_ms = 1000, .retry_ms = 1000 };
/* Who has these renews a second later than it could, unless something else wakes it. */
static const struct election_terms lazy = { .duration_ms = 4000, .deadline_ms = 3900, .renew_ms = 500, .retry_ms = 500, .slack_ms = 1000 };
/* Who has these hears of a change by the watch, or too late for the test. */
static const struct election_terms patient = { .duration_ms = 90000, .deadline_ms = 80000, .renew_ms = 1000, .retry_ms = 60000 };

#define COLLECTION "/apis/coordination.k8s.io/v1/namespaces/sluice-system/leases"
#define OBJECT COLLECTION "/sluice"
#define QUERY "?fieldManager=sluice"

/* A Lease as the server gives it. */
#define LEASE(version, holder, seconds, transitions)                                               \
	"{\"kind\":\"Lease\",\"apiVersion\":\"coordination.k8s.io/v1\",\"metadata\":{\"name\":\"sluice\"," \
	"\"namespace\":\"sluice-system\",\"resourceVersion\":\"" version "\"},\"spec\":{"                \
	"\"holderIdentity\":\"" holder "\",\"leaseDurationSeconds\":" seconds ","                        \
	"\"renewTime\":\"2026-11-24T15:10:00." version "00000Z\",\"leaseTransitions\":" transitions "}}"

/* A PUT that says so, about what was read as version. */
#define CLAIM(version, holder, seconds, transitions)                                               \
	"{*\"resourceVersion\":\"" version "\"*\"holderIdentity\":\"" holder "\",\"leaseDurationSeconds\":" \
	seconds ",*\"leaseTransitions\":" transitions "*}"

#define STATUS(code, reason) \
	"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":" code ",\"reason\":\"" reason "\"}"

#define GET_MISSING { .method = "GET", .target = OBJECT, .status = 404, .reply = STATUS("404", "NotFound") }
#define GET_LEASE(text) { .method = "GET", .target = OBJECT, .status = 200, .reply = text }
#define WATCH_TARGET COLLECTION "?watch=1&fieldSelector=metadata.name%3Dsluice&resourceVersion=0&timeoutSeconds=3600"
#define POST_LEASE(text) \
	{ .method = "POST", .target = COLLECTION QUERY, .status = 201, .reply = text, \
	  .body = "{*\"name\":\"sluice\"*\"holderIdentity\":\"pod-a\",\"leaseDurationSeconds\":4,*" \
		  "\"leaseTransitions\":0}}" }
#define PUT_LEASE(claim, text) \
	{ .method = "PUT", .target = OBJECT QUERY, .body = claim, .status = 200, .reply = text }

/* What a lease has told, and when somebody wants to hear of it. */
struct told {
	int held;
	int lost;
	int released;
	bool is_told;
	struct err why;
};

static void on_held(void *user)
{
	struct told *told = user;

	told->held++;
	told->is_told = true;
}

static void on_lost(void *user, const struct err *why)
{
	struct told *told = user;

	told->lost++;
	told->why = *why;
	told->is_told = true;
}

static void on_released(void *user)
{
	struct told *told = user;

	told->released++;
	told->is_told = true;
}

static struct lease *stand(const struct bench *bench, const char *identity,
			   const struct election_terms *terms, struct told *told)
{
	struct lease_options options = {
		.namespace = "sluice-system", .name = "sluice", .identity = identity, .terms = *terms
	};
	struct lease_handler handler = { on_held, on_lost, on_released, told };
	struct lease *lease;
	struct err err = ERR_INIT;

	*told = (struct told){ .is_told = false };
	ck_assert_msg(lease_create(bench->loop, bench->client, &options, &handler, &lease, &err) == 0, "%s",
		      err.text);
	lease_start(lease);
	expect("nobody is told from inside", !told->is_told);
	return lease;
}

static void wait_for(const struct bench *bench, struct told *told, const char *row)
{
	told->is_told = false;
	ck_assert_msg(fake_run_until(bench->loop, &told->is_told, 9000), "%s: nothing was told", row);
}

static void release(const struct bench *bench, struct lease *lease, struct told *told, const char *row)
{
	lease_release(lease);
	expect_int(row, told->released, 0);
	wait_for(bench, told, row);
	expect_int(row, told->released, 1);
	expect(row, !lease_is_held(lease));
}

static const struct fake_step renewed_twice[] = {
	GET_MISSING, POST_LEASE(LEASE("1", "pod-a", "4", "0")),
	PUT_LEASE(CLAIM("1", "pod-a", "4", "0"), LEASE("2", "pod-a", "4", "0")),
	PUT_LEASE(CLAIM("2", "pod-a", "4", "0"), LEASE("3", "pod-a", "4", "0")),
	PUT_LEASE(CLAIM("3", "", "1", "0"), LEASE("4", "", "1", "0")),
};

START_TEST(it_makes_renews_and_gives_back)
{
	struct bench bench = bench_open(renewed_twice, 5, (struct kubeconfig){ 0 });
	struct told told;
	struct lease *lease = stand(&bench, "pod-a", &quick, &told);

	wait_for(&bench, &told, "it leads");
	expect("now", lease_is_held(lease));
	expect_int("told once", told.held, 1);
	expect_str("and is named", lease_holder(lease), "pod-a");
	for (int i = 0; i < 100 && fake_server_served(bench.server) < 4; i++)
		fake_run_for(bench.loop, 20);
	expect_int("renewed twice", fake_server_served(bench.server), 4);
	release(&bench, lease, &told, "given back");
	expect_int("told once", told.held, 1);
	expect_int("nothing was lost", told.lost, 0);
	lease_destroy(lease);
	bench_close(&bench, "make, renew, give back");
}
END_TEST

START_TEST(a_renewal_waits_for_what_wakes_the_loop)
{
	struct bench bench = bench_open(renewed_twice, 5, (struct kubeconfig){ 0 });
	struct told told;
	struct lease *lease = stand(&bench, "pod-a", &lazy, &told);
	int64_t since_ms;

	wait_for(&bench, &told, "it leads");
	since_ms = clock_monotonic_ms();
	while (fake_server_served(bench.server) < 3)
		(void)uv_run(loop_uv(bench.loop), UV_RUN_ONCE);
	expect("nothing has woken it before", clock_monotonic_ms() - since_ms > 1400);
	for (int i = 0; i < 45 && fake_server_served(bench.server) < 4; i++)
		fake_run_for(bench.loop, 20);
	expect_int("something has, and it did not wait for the end", fake_server_served(bench.server), 4);
	release(&bench, lease, &told, "given back");
	lease_destroy(lease);
	bench_close(&bench, "a late renewal");
}
END_TEST

START_TEST(a_lease_of_somebody_else_is_awaited)
{
	static const struct fake_step script[] = {
		GET_LEASE(LEASE("1", "pod-b", "1", "3")),
		{ .method = "GET", .target = WATCH_TARGET, .status = 403, .reply = STATUS("403", "Forbidden"), .is_unordered = true },
		{ .method = "GET", .target = OBJECT, .status = 200, .reply = LEASE("1", "pod-b", "1", "3"), .is_unordered = true },
		{ .method = "GET", .target = OBJECT, .status = 200, .reply = LEASE("1", "pod-b", "1", "3"), .is_unordered = true },
		{ .method = "GET", .target = OBJECT, .status = 200, .reply = LEASE("1", "pod-b", "1", "3"), .is_unordered = true },
		{ .method = "GET", .target = OBJECT, .status = 200, .reply = LEASE("1", "pod-b", "1", "3"), .is_unordered = true },
		PUT_LEASE(CLAIM("1", "pod-a", "4", "4"), LEASE("2", "pod-a", "4", "4")),
	};
	struct bench bench = bench_open(script, 7, (struct kubeconfig){ 0 });
	int64_t start_ms = clock_monotonic_ms();
	struct told told;
	struct lease *lease = stand(&bench, "pod-a", &quick, &told);

	wait_for(&bench, &told, "it leads in the end, without a watch");
	expect_int("it", told.held, 1);
	expect("not before the duration has passed", clock_monotonic_ms() - start_ms >= 1000);
	expect_int("having taken it over", fake_server_served(bench.server) >= 4, 1);
	lease_destroy(lease);
	/* How often it looked in that second depends on the jitter. */
	http_destroy(bench.http);
	client_destroy(bench.client);
	fake_server_destroy(bench.server);
	loop_destroy(bench.loop);
}
END_TEST

START_TEST(who_takes_the_lease_is_named)
{
	static const struct fake_step script[] = {
		GET_MISSING, POST_LEASE(LEASE("1", "pod-a", "4", "0")),
		{ .method = "PUT", .target = OBJECT QUERY, .status = 409, .reply = STATUS("409", "Conflict") },
		GET_LEASE(LEASE("2", "pod-b", "4", "1")),
	};
	struct bench bench = bench_open(script, 4, (struct kubeconfig){ 0 });
	struct told told;
	struct lease *lease = stand(&bench, "pod-a", &quick, &told);

	wait_for(&bench, &told, "it leads");
	wait_for(&bench, &told, "it leads no more");
	expect_int("lost", told.lost, 1);
	expect("lost", !lease_is_held(lease));
	expect_str("to whom", told.why.text, "pod-b holds the Lease");
	fake_run_for(bench.loop, 600);
	expect_int("and that is the end", told.held + told.lost + told.released, 2);
	release(&bench, lease, &told, "a release is confirmed all the same");
	lease_destroy(lease);
	bench_close(&bench, "taken");
}
END_TEST

START_TEST(a_server_that_goes_away_ends_the_lead)
{
	static const struct fake_step script[] = {
		GET_MISSING, POST_LEASE(LEASE("1", "pod-a", "4", "0")),
	};
	struct bench bench = bench_open(script, 2, (struct kubeconfig){ 0 });
	struct told told;
	struct lease *lease = stand(&bench, "pod-a", &quick, &told);
	int64_t start_ms = clock_monotonic_ms();

	wait_for(&bench, &told, "it leads");
	fake_server_go_down(bench.server);
	wait_for(&bench, &told, "it leads no more");
	expect_int("lost", told.lost, 1);
	expect("at its deadline", clock_monotonic_ms() - start_ms >= quick.deadline_ms &&
					  clock_monotonic_ms() - start_ms < quick.duration_ms);
	expect_contains("why", told.why.text, "the Lease could not be renewed in time: ");
	lease_destroy(lease);
	bench_close(&bench, "away");
}
END_TEST

START_TEST(a_server_that_is_silent_ends_the_lead)
{
	static const struct fake_step script[] = {
		GET_MISSING, POST_LEASE(LEASE("1", "pod-a", "4", "0")),
		{ .method = "PUT", .target = OBJECT QUERY, .status = 200, .reply = "{}", .delay_ms = 60000 },
		{ .method = "PUT", .target = OBJECT QUERY, .status = 200, .reply = "{}", .delay_ms = 60000 },
	};
	struct bench bench = bench_open(script, 4, (struct kubeconfig){ 0 });
	int64_t start_ms = clock_monotonic_ms();
	struct told told;
	struct lease *lease = stand(&bench, "pod-a", &quick, &told);

	wait_for(&bench, &told, "it leads");
	wait_for(&bench, &told, "it leads no more");
	expect_int("lost", told.lost, 1);
	expect("at its deadline", clock_monotonic_ms() - start_ms >= quick.deadline_ms &&
					  clock_monotonic_ms() - start_ms < quick.duration_ms);
	lease_destroy(lease);
	bench_close(&bench, "silent");
}
END_TEST

START_TEST(rubbish_in_place_of_a_lease_is_no_lease)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = OBJECT, .status = 200, .reply = "<html>login</html>" },
		{ .method = "GET", .target = OBJECT, .status = 500, .reply = STATUS("500", "InternalError") },
		{ .method = "GET", .target = OBJECT, .status = 403, .reply = STATUS("403", "Forbidden") },
		GET_LEASE(LEASE("1", "", "1", "3")),
		PUT_LEASE(CLAIM("1", "pod-a", "4", "4"), LEASE("2", "pod-a", "4", "4")),
	};
	struct bench bench = bench_open(script, 5, (struct kubeconfig){ 0 });
	struct told told;
	struct lease *lease = stand(&bench, "pod-a", &quick, &told);

	wait_for(&bench, &told, "it leads in the end");
	expect_int("it", told.held, 1);
	lease_destroy(lease);
	bench_close(&bench, "rubbish");
}
END_TEST

/* Two replicas, one Lease: the second is told when the first has given it back, and leads. */
START_TEST(the_second_follows_the_first)
{
	static const struct fake_step first_leads[] = {
		GET_MISSING, POST_LEASE(LEASE("1", "pod-a", "4", "0")),
	};
	static const struct fake_step second_waits[] = {
		GET_LEASE(LEASE("1", "pod-a", "4", "0")),
		{ .method = "GET", .target = WATCH_TARGET, .status = 200, .reply = "{}\n", .end = FAKE_HOLD },
		GET_LEASE(LEASE("1", "pod-a", "4", "0")),
	};
	static const struct fake_step first_goes[] = {
		PUT_LEASE(CLAIM("1", "", "1", "0"), LEASE("2", "", "1", "0")),
	};
	static const struct fake_step second_leads[] = {
		GET_LEASE(LEASE("2", "", "1", "0")),
		PUT_LEASE(CLAIM("2", "pod-b", "90", "1"), LEASE("3", "pod-b", "90", "1")),
	};
	struct bench bench = bench_open(first_leads, 2, (struct kubeconfig){ 0 });
	struct told first_told;
	struct told second_told;
	struct lease *first = stand(&bench, "pod-a", &calm, &first_told);
	struct lease *second;

	wait_for(&bench, &first_told, "the first leads");
	fake_server_extend(bench.server, second_waits, 3);
	second = stand(&bench, "pod-b", &patient, &second_told);
	for (int i = 0; i < 100 && fake_server_served(bench.server) < 5; i++)
		fake_run_for(bench.loop, 5);
	expect("the second does not", !lease_is_held(second));
	expect_str("it knows who does", lease_holder(second), "pod-a");
	fake_server_extend(bench.server, first_goes, 1);
	release(&bench, first, &first_told, "the first gives back");
	fake_server_extend(bench.server, second_leads, 2);
	fake_server_push(bench.server, 3, "{}\n");
	wait_for(&bench, &second_told, "the second leads");
	expect("it", lease_is_held(second) && !lease_is_held(first));
	expect_int("nobody lost anything", first_told.lost + second_told.lost, 0);
	lease_destroy(first);
	lease_destroy(second);
	bench_close(&bench, "two");
}
END_TEST

START_TEST(the_end_may_come_amid_a_watch)
{
	static const struct fake_step script[] = {
		GET_LEASE(LEASE("1", "pod-b", "4", "0")),
		{ .method = "GET", .target = WATCH_TARGET, .status = 200, .end = FAKE_HOLD },
	};
	struct bench bench = bench_open(script, 2, (struct kubeconfig){ 0 });
	struct told told;
	struct lease *lease = stand(&bench, "pod-a", &patient, &told);

	for (int i = 0; i < 100 && fake_server_served(bench.server) < 2; i++)
		fake_run_for(bench.loop, 5);
	lease_destroy(lease);
	fake_run_for(bench.loop, 100);
	expect("nothing is told", !told.is_told);
	bench_close(&bench, "end amid a watch");
}
END_TEST

START_TEST(the_end_may_come_at_any_time)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = OBJECT, .status = 200, .reply = "{}", .delay_ms = 60000 },
	};
	struct bench bench = bench_open(script, 1, (struct kubeconfig){ 0 });
	struct told told;
	struct lease *lease = stand(&bench, "pod-a", &quick, &told);

	fake_run_for(bench.loop, 100);
	expect_int("a request is under way", fake_server_served(bench.server), 1);
	lease_destroy(lease);
	fake_run_for(bench.loop, 100);
	expect("nothing is told", !told.is_told);
	lease_destroy(NULL);
	bench_close(&bench, "end");
}
END_TEST

START_TEST(who_was_never_started_is_released)
{
	struct bench bench = bench_open(NULL, 0, (struct kubeconfig){ 0 });
	struct lease_options options = { .namespace = "n", .name = "l", .identity = "pod-a" };
	struct told told = { .is_told = false };
	struct lease_handler handler = { on_held, on_lost, on_released, &told };
	struct lease *lease;
	struct err err = ERR_INIT;

	ck_assert_int_eq(lease_create(bench.loop, bench.client, &options, &handler, &lease, &err), 0);
	release(&bench, lease, &told, "at once");
	lease_destroy(lease);
	options.name = "..";
	expect_int("a name that is none", lease_create(bench.loop, bench.client, &options, &handler, &lease, &err),
		   ERR_INPUT);
	bench_close(&bench, "never started");
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, it_makes_renews_and_gives_back);
	tcase_add_test(tests, a_renewal_waits_for_what_wakes_the_loop);
	tcase_add_test(tests, a_lease_of_somebody_else_is_awaited);
	tcase_add_test(tests, who_takes_the_lease_is_named);
	tcase_add_test(tests, a_server_that_goes_away_ends_the_lead);
	tcase_add_test(tests, a_server_that_is_silent_ends_the_lead);
	tcase_add_test(tests, rubbish_in_place_of_a_lease_is_no_lease);
	tcase_add_test(tests, the_second_follows_the_first);
	tcase_add_test(tests, the_end_may_come_at_any_time);
	tcase_add_test(tests, the_end_may_come_amid_a_watch);
	tcase_add_test(tests, who_was_never_started_is_released);
}

SUITE_MAIN("lease", add)
