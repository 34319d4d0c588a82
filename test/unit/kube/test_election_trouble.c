/* Elections among several: whatever goes wrong, there is never more than one leader. */

#include "kube/election.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "suite.h"

static const struct election_terms terms = { .duration_ms = 15000, .deadline_ms = 10000, .renew_ms = 5000,
					     .retry_ms = 2000, .slack_ms = 500 };

/* ---- three candidates, one server, and everything that can go wrong ---- */

#define CANDIDATES 3
#define TURN_MS 50
#define TROUBLE_MS (INT64_C(8) * 60 * 1000)
#define CALM_MS (INT64_C(90) * 1000)
#define REQUEST_TIMEOUT_MS 3000

struct server {
	bool exists;
	int version;
	char holder[16];
	int64_t duration_ms;
	int64_t transitions;
};

struct candidate {
	struct election election;
	char name[16];
	int64_t clock_offset;
	int64_t clock_rate; /* thousandths */
	int known_version;
	int64_t stopped_until;
	bool has_watch;
	int told_version; /* what the watch has told of last */
	/* the request under way */
	enum election_action request;
	struct lease_claim claim;
	char claim_holder[16];
	int64_t arrives_at; /* at the server; 0: it has */
	int64_t answers_at; /* back again; CLOCK_NEVER: lost */
	int64_t gives_up_at;
	enum election_input answer;
	struct server seen; /* the record in the answer */
};

static uint64_t dice_state;

static int64_t dice(int64_t sides)
{
	dice_state ^= dice_state << 13;
	dice_state ^= dice_state >> 7;
	dice_state ^= dice_state << 17;
	return (int64_t)(dice_state % (uint64_t)sides);
}

static int64_t clock_of(const struct candidate *candidate, int64_t now)
{
	return candidate->clock_offset + now * candidate->clock_rate / 1000;
}

/* The server does what the request asks, if its resourceVersion is the present one. */
static void serve(struct server *server, struct candidate *candidate)
{
	bool creates = candidate->request == ELECTION_CREATE;

	candidate->arrives_at = 0;
	if (candidate->request == ELECTION_GET) {
		candidate->answer = server->exists ? ELECTION_READ : ELECTION_MISSING;
	} else if (!server->exists && !creates) {
		candidate->answer = ELECTION_MISSING;
	} else if (creates ? server->exists : candidate->known_version != server->version) {
		candidate->answer = ELECTION_REFUSED;
	} else {
		server->exists = true;
		server->version++;
		(void)snprintf(server->holder, sizeof(server->holder), "%s", candidate->claim_holder);
		server->duration_ms = candidate->claim.duration_ms;
		server->transitions = candidate->claim.transitions;
		candidate->answer = ELECTION_WRITTEN;
	}
	candidate->seen = *server;
}

static void send_request(struct candidate *candidate, enum election_action action, int64_t now, bool calm)
{
	candidate->request = action;
	candidate->claim = election_claim(&candidate->election, now);
	(void)snprintf(candidate->claim_holder, sizeof(candidate->claim_holder), "%s", candidate->claim.holder);
	candidate->arrives_at = now + TURN_MS * (1 + (calm ? 0 : dice(dice(4) == 0 ? 150 : 5)));
	candidate->answers_at = candidate->arrives_at + TURN_MS * (1 + (calm ? 0 : dice(dice(4) == 0 ? 150 : 5)));
	if (!calm && dice(10) == 0)
		candidate->answers_at = CLOCK_NEVER; /* the answer is lost, the write is not */
	if (!calm && dice(10) == 0)
		candidate->arrives_at = CLOCK_NEVER; /* the request is lost */
	candidate->gives_up_at = now + REQUEST_TIMEOUT_MS;
}

static void step(struct candidate *candidate, enum election_input input, int64_t now, bool calm)
{
	char spec[64];
	struct lease_record record = { .resource_version = "", .spec = spec,
				       .holder = candidate->seen.holder,
				       .duration_ms = candidate->seen.duration_ms,
				       .transitions = candidate->seen.transitions };
	bool has_record = input == ELECTION_READ || input == ELECTION_WRITTEN;
	enum election_action action;

	(void)snprintf(spec, sizeof(spec), "%d", candidate->seen.version);
	if (has_record)
		candidate->known_version = candidate->seen.version;
	action = election_step(&candidate->election, input, has_record ? &record : NULL,
			       clock_of(candidate, now));
	if (action != ELECTION_WAIT)
		send_request(candidate, action, now, calm);
}

/* A watch of the record: it opens, tells, ends, and sometimes it is dead and nobody knows. */
static void watch(const struct server *server, struct candidate *candidate, int64_t now, bool calm)
{
	if (candidate->election.state != ELECTION_FOLLOWER && candidate->election.state != ELECTION_TRYING) {
		candidate->has_watch = false;
	} else if (!candidate->has_watch) {
		candidate->has_watch = dice(calm ? 2 : 100) == 0;
		candidate->told_version = -1;
	} else if (!calm && dice(400) == 0) {
		candidate->has_watch = false;
		if (dice(2) == 0)
			step(candidate, ELECTION_UNTOLD, now, calm);
	} else if (server->exists && candidate->told_version != server->version && dice(calm ? 1 : 20) == 0) {
		candidate->told_version = server->version;
		step(candidate, ELECTION_CHANGED, now, calm);
	}
}

/* One turn of a candidate: what arrives, what times out, what is due. */
static void turn(struct server *server, struct candidate *candidate, int64_t now, bool calm)
{
	/* The server works whether the candidate is stopped or not. */
	if (candidate->request != ELECTION_WAIT && candidate->arrives_at != 0 && candidate->arrives_at <= now)
		serve(server, candidate);
	if (now < candidate->stopped_until)
		return;
	if (!calm && dice(4000) == 0) {
		candidate->stopped_until = now + dice(40000);
		return;
	}
	if (candidate->request != ELECTION_WAIT && candidate->arrives_at == 0 && candidate->answers_at <= now) {
		candidate->request = ELECTION_WAIT;
		step(candidate, candidate->answer, now, calm);
	} else if (candidate->request != ELECTION_WAIT && candidate->gives_up_at <= now) {
		/* It may still arrive: then the server does it, and nobody hears of it. */
		if (candidate->arrives_at != 0 && candidate->arrives_at <= now + 1000)
			serve(server, candidate);
		candidate->request = ELECTION_WAIT;
		step(candidate, ELECTION_FAILED, now, calm);
	}
	watch(server, candidate, now, calm);
	if (clock_of(candidate, now) >= candidate->election.wake_ms + dice(candidate->election.slack_ms + 1))
		step(candidate, ELECTION_TICK, now, calm);
	if (!calm && dice(6000) == 0)
		step(candidate, ELECTION_RESIGN, now, calm);
	if (candidate->election.state == ELECTION_LOST && candidate->request == ELECTION_WAIT)
		election_init(&candidate->election, candidate->name, &terms, (uint64_t)dice(1000000)); /* a new process */
}

START_TEST(there_is_never_more_than_one_leader)
{
	struct server server = { .exists = false };
	struct candidate candidates[CANDIDATES] = { 0 };
	int64_t led = 0;
	int leader = -1;

	dice_state = (uint64_t)_i * 2654435761u + 88172645463325252u;
	for (int i = 0; i < CANDIDATES; i++) {
		struct candidate *candidate = &candidates[i];

		(void)snprintf(candidate->name, sizeof(candidate->name), "c%d", (int)i);
		candidate->clock_offset = dice(1000000);
		candidate->clock_rate = 900 + dice(200);
		election_init(&candidate->election, candidate->name, &terms, (uint64_t)dice(1000000));
	}
	for (int64_t now = TURN_MS; now < TROUBLE_MS + CALM_MS; now += TURN_MS) {
		int leaders = 0;

		for (int i = 0; i < CANDIDATES; i++)
			turn(&server, &candidates[i], now, now >= TROUBLE_MS);
		for (int i = 0; i < CANDIDATES; i++) {
			if (!election_leads(&candidates[i].election, clock_of(&candidates[i], now)))
				continue;
			leaders++;
			leader = i;
		}
		led += leaders == 1 ? TURN_MS : 0;
		ck_assert_msg(leaders <= 1, "world %d: %d leaders at %jd ms", _i, leaders, (intmax_t)now);
	}
	expect("in calm times there is one", led > 0 && leader >= 0 &&
						     election_leads(&candidates[leader].election,
								    clock_of(&candidates[leader],
									     TROUBLE_MS + CALM_MS - TURN_MS)));
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_loop_test(tests, there_is_never_more_than_one_leader, 1, 41);
}

SUITE_MAIN("election_trouble", add)
