#include "kube/election.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "suite.h"

static const struct election_terms terms = { .duration_ms = 15000, .deadline_ms = 10000, .renew_ms = 5000,
					     .retry_ms = 2000 };

/* A script is a list of inputs with their time, and what must come of each. */
struct step {
	enum election_input input;
	const char *holder; /* READ, WRITTEN: of the record; its spec is "holder/mark" */
	int mark;
	int64_t now_ms;
	enum election_action want;
	enum election_state want_state;
};

#define STEPS 16
#define END .now_ms = -1

static const struct {
	const char *name;
	struct step steps[STEPS];
} scripts[] = {
	{ "no Lease: it is made, then renewed every five seconds",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_MISSING, NULL, 0, 10, ELECTION_CREATE, ELECTION_TRYING },
		  { ELECTION_WRITTEN, "a", 1, 20, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_TICK, NULL, 0, 5019, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_TICK, NULL, 0, 5020, ELECTION_UPDATE, ELECTION_LEADING },
		  { ELECTION_WRITTEN, "a", 2, 5030, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_TICK, NULL, 0, 10030, ELECTION_UPDATE, ELECTION_LEADING },
		  { END },
	  } },
	{ "a holder that gives no sign for its duration is followed",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "b", 1, 10, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_TICK, NULL, 0, 14000, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "b", 1, 15009, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_TICK, NULL, 0, 20000, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "b", 1, 20010, ELECTION_UPDATE, ELECTION_TRYING },
		  { ELECTION_WRITTEN, "a", 2, 20020, ELECTION_WAIT, ELECTION_LEADING },
		  { END },
	  } },
	{ "a candidate looks at the moment at which the holder's time is over",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "b", 1, 10, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_TICK, NULL, 0, 14000, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "b", 1, 14010, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_TICK, NULL, 0, 15009, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_TICK, NULL, 0, 15010, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "b", 1, 15020, ELECTION_UPDATE, ELECTION_TRYING },
		  { END },
	  } },
	{ "a changed record starts the waiting anew",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "b", 1, 10, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_TICK, NULL, 0, 14000, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "b", 2, 14010, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_TICK, NULL, 0, 25000, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "b", 2, 29009, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_TICK, NULL, 0, 40000, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "b", 2, 40010, ELECTION_UPDATE, ELECTION_TRYING },
		  { END },
	  } },
	{ "a Lease that was given back is taken at once",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "", 1, 10, ELECTION_UPDATE, ELECTION_TRYING },
		  { ELECTION_WRITTEN, "a", 2, 20, ELECTION_WAIT, ELECTION_LEADING },
		  { END },
	  } },
	{ "a Lease of our own name (the container was restarted) is taken at once",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "a", 1, 10, ELECTION_UPDATE, ELECTION_TRYING },
		  { END },
	  } },
	{ "who loses the race follows",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_MISSING, NULL, 0, 10, ELECTION_CREATE, ELECTION_TRYING },
		  { ELECTION_REFUSED, NULL, 0, 20, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { END },
	  } },
	{ "no answer while trying: it tries again later",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_FAILED, NULL, 0, 5000, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_TICK, NULL, 0, 6999, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_TICK, NULL, 0, 9400, ELECTION_GET, ELECTION_TRYING },
		  { END },
	  } },
	{ "a leader without answers stops ten seconds after its last successful write was sent",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_MISSING, NULL, 0, 100, ELECTION_CREATE, ELECTION_TRYING },
		  { ELECTION_WRITTEN, "a", 1, 900, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_TICK, NULL, 0, 5900, ELECTION_UPDATE, ELECTION_LEADING },
		  { ELECTION_FAILED, NULL, 0, 8400, ELECTION_UPDATE, ELECTION_LEADING },
		  { ELECTION_TICK, NULL, 0, 10099, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_TICK, NULL, 0, 10100, ELECTION_WAIT, ELECTION_LOST },
		  { ELECTION_WRITTEN, "a", 2, 10200, ELECTION_WAIT, ELECTION_LOST },
		  { END },
	  } },
	{ "an answer that lay there while the process was stopped does not make a leader",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_MISSING, NULL, 0, 10, ELECTION_CREATE, ELECTION_TRYING },
		  { ELECTION_WRITTEN, "a", 1, 60000, ELECTION_WAIT, ELECTION_LOST },
		  { END },
	  } },
	{ "nor does it keep one",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "", 1, 10, ELECTION_UPDATE, ELECTION_TRYING },
		  { ELECTION_WRITTEN, "a", 2, 20, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_TICK, NULL, 0, 5020, ELECTION_UPDATE, ELECTION_LEADING },
		  { ELECTION_WRITTEN, "a", 3, 62000, ELECTION_WAIT, ELECTION_LOST },
		  { END },
	  } },
	{ "a renewal that fails at once is tried again two seconds after it was sent",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "", 1, 10, ELECTION_UPDATE, ELECTION_TRYING },
		  { ELECTION_WRITTEN, "a", 2, 20, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_TICK, NULL, 0, 5020, ELECTION_UPDATE, ELECTION_LEADING },
		  { ELECTION_FAILED, NULL, 0, 5030, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_TICK, NULL, 0, 7019, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_TICK, NULL, 0, 7020, ELECTION_UPDATE, ELECTION_LEADING },
		  { ELECTION_WRITTEN, "a", 3, 7030, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_TICK, NULL, 0, 12029, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_TICK, NULL, 0, 12030, ELECTION_UPDATE, ELECTION_LEADING },
		  { END },
	  } },
	{ "who is told of changes looks then, and else when the holder's time is over",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "b", 1, 10, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_CHANGED, NULL, 0, 20, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "b", 1, 30, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_TICK, NULL, 0, 10000, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_CHANGED, NULL, 0, 11000, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "b", 2, 11010, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_TICK, NULL, 0, 26009, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_TICK, NULL, 0, 26010, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "b", 2, 26020, ELECTION_UPDATE, ELECTION_TRYING },
		  { ELECTION_WRITTEN, "a", 3, 26030, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_CHANGED, NULL, 0, 26040, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_UNTOLD, NULL, 0, 26050, ELECTION_WAIT, ELECTION_LEADING },
		  { END },
	  } },
	{ "what is told during a look is looked at after it",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "b", 1, 10, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_CHANGED, NULL, 0, 1000, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_CHANGED, NULL, 0, 1005, ELECTION_WAIT, ELECTION_TRYING },
		  { ELECTION_READ, "b", 1, 1010, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "", 2, 1020, ELECTION_UPDATE, ELECTION_TRYING },
		  { END },
	  } },
	{ "after a look that failed, and without a watch, it looks every while again",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "b", 1, 10, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_CHANGED, NULL, 0, 1000, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_FAILED, NULL, 0, 1010, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_TICK, NULL, 0, 5410, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "b", 2, 5420, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_TICK, NULL, 0, 9820, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_UNTOLD, NULL, 0, 9830, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_TICK, NULL, 0, 14230, ELECTION_GET, ELECTION_TRYING },
		  { END },
	  } },
	{ "a leader that is refused looks, finds its own name, and goes on",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "", 1, 10, ELECTION_UPDATE, ELECTION_TRYING },
		  { ELECTION_WRITTEN, "a", 2, 20, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_TICK, NULL, 0, 5020, ELECTION_UPDATE, ELECTION_LEADING },
		  { ELECTION_REFUSED, NULL, 0, 5030, ELECTION_GET, ELECTION_LEADING },
		  { ELECTION_READ, "a", 3, 5040, ELECTION_UPDATE, ELECTION_LEADING },
		  { ELECTION_REFUSED, NULL, 0, 5050, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_TICK, NULL, 0, 7040, ELECTION_UPDATE, ELECTION_LEADING },
		  { ELECTION_WRITTEN, "a", 4, 7060, ELECTION_WAIT, ELECTION_LEADING },
		  { END },
	  } },
	{ "a leader that finds another name is none",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "", 1, 10, ELECTION_UPDATE, ELECTION_TRYING },
		  { ELECTION_WRITTEN, "a", 2, 20, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_TICK, NULL, 0, 5020, ELECTION_UPDATE, ELECTION_LEADING },
		  { ELECTION_REFUSED, NULL, 0, 5030, ELECTION_GET, ELECTION_LEADING },
		  { ELECTION_READ, "b", 3, 5040, ELECTION_WAIT, ELECTION_LOST },
		  { END },
	  } },
	{ "a Lease that somebody deleted is made again",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "", 1, 10, ELECTION_UPDATE, ELECTION_TRYING },
		  { ELECTION_WRITTEN, "a", 2, 20, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_TICK, NULL, 0, 5020, ELECTION_UPDATE, ELECTION_LEADING },
		  { ELECTION_MISSING, NULL, 0, 5030, ELECTION_CREATE, ELECTION_LEADING },
		  { ELECTION_WRITTEN, "a", 3, 5040, ELECTION_WAIT, ELECTION_LEADING },
		  { END },
	  } },
	{ "a leader that resigns gives the Lease back",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "", 1, 10, ELECTION_UPDATE, ELECTION_TRYING },
		  { ELECTION_WRITTEN, "a", 2, 20, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_RESIGN, NULL, 0, 500, ELECTION_GIVE_BACK, ELECTION_LEAVING },
		  { ELECTION_WRITTEN, "", 3, 510, ELECTION_WAIT, ELECTION_LOST },
		  { END },
	  } },
	{ "while a renewal is under way, resigning waits for its answer",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "", 1, 10, ELECTION_UPDATE, ELECTION_TRYING },
		  { ELECTION_WRITTEN, "a", 2, 20, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_TICK, NULL, 0, 5020, ELECTION_UPDATE, ELECTION_LEADING },
		  { ELECTION_RESIGN, NULL, 0, 5025, ELECTION_WAIT, ELECTION_LEADING },
		  { ELECTION_WRITTEN, "a", 3, 5030, ELECTION_GIVE_BACK, ELECTION_LEAVING },
		  { ELECTION_REFUSED, NULL, 0, 5040, ELECTION_GET, ELECTION_LEAVING },
		  { ELECTION_READ, "a", 4, 5050, ELECTION_GIVE_BACK, ELECTION_LEAVING },
		  { ELECTION_FAILED, NULL, 0, 7000, ELECTION_WAIT, ELECTION_LOST },
		  { END },
	  } },
	{ "a follower that resigns is gone",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_READ, "b", 1, 10, ELECTION_WAIT, ELECTION_FOLLOWER },
		  { ELECTION_RESIGN, NULL, 0, 20, ELECTION_WAIT, ELECTION_LOST },
		  { ELECTION_TICK, NULL, 0, 9000, ELECTION_WAIT, ELECTION_LOST },
		  { END },
	  } },
	{ "who resigns while writing itself in gives back what it got",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_MISSING, NULL, 0, 10, ELECTION_CREATE, ELECTION_TRYING },
		  { ELECTION_RESIGN, NULL, 0, 15, ELECTION_WAIT, ELECTION_TRYING },
		  { ELECTION_WRITTEN, "a", 1, 20, ELECTION_GIVE_BACK, ELECTION_LEAVING },
		  { ELECTION_WRITTEN, "", 2, 30, ELECTION_WAIT, ELECTION_LOST },
		  { END },
	  } },
	{ "and who has not begun to write does not",
	  {
		  { ELECTION_TICK, NULL, 0, 0, ELECTION_GET, ELECTION_TRYING },
		  { ELECTION_RESIGN, NULL, 0, 5, ELECTION_WAIT, ELECTION_TRYING },
		  { ELECTION_READ, "", 1, 20, ELECTION_WAIT, ELECTION_LOST },
		  { END },
	  } },
};

static struct lease_record record_of(const char *holder, const char *spec)
{
	return (struct lease_record){
		.resource_version = "1", .spec = spec, .holder = holder, .duration_ms = 15000
	};
}

START_TEST(the_script_is_followed)
{
	struct election election;

	election_init(&election, "a", &terms, 7);
	for (const struct step *step = scripts[_i].steps; step->now_ms >= 0; step++) {
		bool has_record = step->input == ELECTION_READ || step->input == ELECTION_WRITTEN;
		struct lease_record record;
		enum election_action action;
		char spec[64];

		(void)snprintf(spec, sizeof(spec), "%s/%d", step->holder, step->mark);
		record = record_of(step->holder, spec);
		action = election_step(&election, step->input, has_record ? &record : NULL, step->now_ms);
		ck_assert_msg(action == step->want && election.state == step->want_state,
			      "%s: at %jd ms: action %d, not %d; state %d, not %d", scripts[_i].name,
			      (intmax_t)step->now_ms, action, step->want, election.state, step->want_state);
		expect(scripts[_i].name, election.wake_ms > step->now_ms || election.state == ELECTION_LOST ||
						 action != ELECTION_WAIT || step->input == ELECTION_TICK);
	}
}
END_TEST

START_TEST(a_renewal_may_be_late_and_nothing_else)
{
	struct election_terms lazy = terms;
	struct lease_record free_one = record_of("", "{}"), ours = record_of("a", "{1}"), theirs = record_of("b", "{}");
	struct election election;

	lazy.slack_ms = 500;
	election_init(&election, "a", &lazy, 7);
	(void)election_step(&election, ELECTION_TICK, NULL, 0);
	(void)election_step(&election, ELECTION_READ, &theirs, 10);
	expect_int("a follower looks in time", election.slack_ms, 0);

	election_init(&election, "a", &lazy, 7);
	(void)election_step(&election, ELECTION_TICK, NULL, 0);
	(void)election_step(&election, ELECTION_READ, &free_one, 10);
	(void)election_step(&election, ELECTION_WRITTEN, &ours, 20);
	expect_int("it may be renewed after five seconds", election.wake_ms, 5020);
	expect_int("or half a second later", election.slack_ms, 500);
	expect_int("it is", election_step(&election, ELECTION_TICK, NULL, 5300), ELECTION_UPDATE);
	(void)election_step(&election, ELECTION_FAILED, NULL, 5310);
	expect_int("the next try is not late", election.slack_ms, 0);
	expect_int("and two seconds after the first", election.wake_ms, 7300);
	(void)election_step(&election, ELECTION_TICK, NULL, 7300);
	(void)election_step(&election, ELECTION_WRITTEN, &ours, 14000);
	expect_int("a lead that may end soon is renewed before", election.wake_ms + election.slack_ms, 17300);
}
END_TEST

START_TEST(claims_say_what_is_done)
{
	struct election election;
	struct lease_record record = record_of("b", "{}");
	struct lease_claim claim;

	election_init(&election, "a", &terms, 7);
	(void)election_step(&election, ELECTION_TICK, NULL, 0);
	(void)election_step(&election, ELECTION_MISSING, NULL, 10);
	claim = election_claim(&election, 5000);
	expect_str("a new Lease names us", claim.holder, "a");
	expect_int("for fifteen seconds", claim.duration_ms, 15000);
	expect_int("since now", claim.acquired_ms, 5000);
	expect_int("nobody held it before", claim.transitions, 0);

	election_init(&election, "a", &terms, 7);
	record.transitions = 4;
	record.duration_ms = 0;
	(void)election_step(&election, ELECTION_TICK, NULL, 0);
	expect_int("taken over", election_step(&election, ELECTION_READ, &record, 10), ELECTION_UPDATE);
	claim = election_claim(&election, 6000);
	expect_int("once more", claim.transitions, 5);
	expect_int("since now", claim.acquired_ms, 6000);

	record = (struct lease_record){ .spec = "x", .holder = "a", .acquired_ms = 6000, .transitions = 5,
					.duration_ms = 15000, .resource_version = "2" };
	(void)election_step(&election, ELECTION_WRITTEN, &record, 20);
	expect_int("renewed", election_step(&election, ELECTION_TICK, NULL, 6000), ELECTION_UPDATE);
	claim = election_claim(&election, 9000);
	expect_int("a renewal does not count", claim.transitions, 5);
	expect_int("nor does it begin anew", claim.acquired_ms, 6000);
	expect_int("but says when", claim.renewed_ms, 9000);

	(void)election_step(&election, ELECTION_WRITTEN, &record, 6010);
	expect_int("given back", election_step(&election, ELECTION_RESIGN, NULL, 6500), ELECTION_GIVE_BACK);
	claim = election_claim(&election, 9500);
	expect_str("to nobody", claim.holder, "");
	expect_int("for the shortest time that there is", claim.duration_ms, 1000);
	expect_int("the count stays", claim.transitions, 5);
}
END_TEST

START_TEST(jitter_stays_in_its_bounds)
{
	struct election election;
	struct lease_record record = record_of("b", "{}");
	int64_t least = INT64_MAX;
	int64_t most = 0;

	election_init(&election, "a", &terms, 0);
	for (int64_t now_ms = 0; now_ms < 10000 * 100; now_ms += 10000) {
		char spec[32];
		int64_t wait_ms;

		(void)snprintf(spec, sizeof(spec), "%jd", (intmax_t)now_ms);
		record.spec = spec;
		(void)election_step(&election, ELECTION_TICK, NULL, now_ms);
		(void)election_step(&election, ELECTION_READ, &record, now_ms);
		wait_ms = election.wake_ms - now_ms;
		least = wait_ms < least ? wait_ms : least;
		most = wait_ms > most ? wait_ms : most;
	}
	expect("never sooner than two seconds", least >= 2000 && least < 2300);
	expect("never later than four and a half", most <= 4400 && most > 4100);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, the_script_is_followed, scripts);
	tcase_add_test(tests, a_renewal_may_be_late_and_nothing_else);
	tcase_add_test(tests, claims_say_what_is_done);
	tcase_add_test(tests, jitter_stays_in_its_bounds);
}

SUITE_MAIN("election", add)
