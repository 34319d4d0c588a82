#include "kube/election.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#define GIVEN_BACK_MS 1000 /* the shortest duration that a Lease may have */

static void copy_identity(char to[static ELECTION_IDENTITY_SIZE], const char *from)
{
	size_t len = str_cut_utf8(from, ELECTION_IDENTITY_SIZE - 1);

	memcpy(to, from, len);
	to[len] = '\0';
}

void election_init(struct election *election, const char *identity, const struct election_terms *terms,
		   uint64_t seed)
{
	CHECK(terms->duration_ms > terms->deadline_ms);
	CHECK(terms->deadline_ms > terms->renew_ms + terms->slack_ms && terms->renew_ms > 0 && terms->slack_ms >= 0);
	CHECK(terms->deadline_ms > terms->retry_ms && terms->retry_ms > 0);
	*election = (struct election){
		.terms = *terms,
		.random = seed == 0 ? 1 : seed,
		.renewed_ms = INT64_MIN / 2,
	};
	copy_identity(election->identity, identity);
}

/* retry_ms and up to 1.2 times as much again, so that candidates do not come in step (xorshift64). */
static int64_t jittered_retry(struct election *election)
{
	uint64_t x = election->random;
	uint64_t span = (uint64_t)election->terms.retry_ms * 12 / 10;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	election->random = x;
	return election->terms.retry_ms + (int64_t)(x % (span + 1));
}

/* Remembers the record, and since when it is as it is. */
static void observe(struct election *election, const struct lease_record *record, int64_t now_ms)
{
	char hash[SHA256_HEX_SIZE];

	sha256_hex(record->spec, strlen(record->spec), hash);
	if (!str_equal(hash, election->seen)) {
		memcpy(election->seen, hash, sizeof(hash));
		election->seen_ms = now_ms;
	}
	copy_identity(election->holder, record->holder);
	election->duration_ms = record->duration_ms;
	election->acquired_ms = record->acquired_ms;
	election->transitions = record->transitions;
}

bool election_names_us(const struct election *election)
{
	return str_equal(election->holder, election->identity);
}

static bool is_held_by_other(const struct election *election, int64_t now_ms)
{
	return election->holder[0] != '\0' && !election_names_us(election) &&
	       now_ms - election->seen_ms < election->duration_ms;
}

/* Does the input end the request that is under way? */
static bool is_answer(enum election_input input)
{
	switch (input) {
	case ELECTION_READ:
	case ELECTION_WRITTEN:
	case ELECTION_MISSING:
	case ELECTION_REFUSED:
	case ELECTION_FAILED:
		return true;
	case ELECTION_TICK:
	case ELECTION_RESIGN:
	case ELECTION_CHANGED:
	case ELECTION_UNTOLD:
		break;
	}
	return false;
}

static enum election_action wait_until(struct election *election, int64_t ms)
{
	election->wake_ms = ms;
	election->slack_ms = 0;
	return ELECTION_WAIT;
}

static enum election_action send(struct election *election, enum election_action action, int64_t now_ms)
{
	election->under_way = action;
	election->sent_ms = now_ms;
	(void)wait_until(election, CLOCK_NEVER);
	return action;
}

/* Looks again when the holder's time is over; and before, every while, unless it is told of changes. */
static enum election_action follow(struct election *election, int64_t now_ms)
{
	int64_t next_ms = now_ms + jittered_retry(election);
	int64_t over_ms = election->seen_ms + election->duration_ms;

	election->state = ELECTION_FOLLOWER;
	if (is_held_by_other(election, now_ms) &&
	    ((election->is_told && !election->is_changed) || over_ms < next_ms))
		next_ms = over_ms;
	return wait_until(election, next_ms);
}

static enum election_action look(struct election *election, int64_t now_ms)
{
	election->state = ELECTION_TRYING;
	election->is_changed = false;
	return send(election, ELECTION_GET, now_ms);
}

static enum election_action lose(struct election *election)
{
	election->state = ELECTION_LOST;
	return wait_until(election, CLOCK_NEVER);
}

static enum election_action step_follower(struct election *election, enum election_input input,
					  int64_t now_ms)
{
	if (input == ELECTION_RESIGN)
		return lose(election);
	if (input == ELECTION_UNTOLD)
		return follow(election, now_ms);
	if (input == ELECTION_CHANGED || (input == ELECTION_TICK && now_ms >= election->wake_ms))
		return look(election, now_ms);
	return ELECTION_WAIT;
}

/* The last write of all. */
static enum election_action leave(struct election *election, int64_t now_ms)
{
	election->state = ELECTION_LEAVING;
	return send(election, ELECTION_GIVE_BACK, now_ms);
}

/* The record names it now. */
static enum election_action lead_on(struct election *election, int64_t now_ms)
{
	election->state = ELECTION_LEADING;
	election->renewed_ms = election->sent_ms;
	election->was_refused = false;
	if (election->is_resigning)
		return leave(election, now_ms);
	(void)wait_until(election, now_ms + election->terms.renew_ms);
	election->slack_ms = election->terms.slack_ms;
	return ELECTION_WAIT;
}

static enum election_action step_trying(struct election *election, enum election_input input,
					int64_t now_ms)
{
	if (!is_answer(input)) {
		election->is_resigning = election->is_resigning || input == ELECTION_RESIGN;
		election->is_changed = election->is_changed || input == ELECTION_CHANGED;
		return ELECTION_WAIT;
	}
	if (input == ELECTION_WRITTEN)
		return lead_on(election, now_ms);
	if (election->is_resigning)
		return lose(election);
	if (input == ELECTION_MISSING)
		return send(election, ELECTION_CREATE, now_ms);
	if (input == ELECTION_READ && !is_held_by_other(election, now_ms))
		return send(election, ELECTION_UPDATE, now_ms);
	if (input == ELECTION_READ && election->is_changed)
		return look(election, now_ms);
	election->is_changed = input == ELECTION_FAILED;
	return follow(election, now_ms);
}

/* After a failure the leader tries again, soon or, if that one took its time, at once; unless it wants
 * to go. */
static enum election_action renew_again(struct election *election, int64_t now_ms)
{
	int64_t next_ms = election->sent_ms + election->terms.retry_ms;

	if (election->is_resigning)
		return leave(election, now_ms);
	return next_ms > now_ms ? wait_until(election, next_ms) : send(election, ELECTION_UPDATE, now_ms);
}

static enum election_action step_leading(struct election *election, enum election_input input,
					 int64_t now_ms)
{
	switch (input) {
	case ELECTION_TICK:
		if (election->under_way != ELECTION_WAIT || now_ms < election->wake_ms)
			return ELECTION_WAIT;
		return send(election, ELECTION_UPDATE, now_ms);
	case ELECTION_RESIGN:
		election->is_resigning = true;
		return election->under_way == ELECTION_WAIT ? leave(election, now_ms) : ELECTION_WAIT;
	case ELECTION_WRITTEN:
		return lead_on(election, now_ms);
	case ELECTION_READ:
		if (!election_names_us(election))
			return lose(election);
		return election->is_resigning ? leave(election, now_ms) :
						send(election, ELECTION_UPDATE, now_ms);
	case ELECTION_MISSING:
		return election->is_resigning ? lose(election) : send(election, ELECTION_CREATE, now_ms);
	case ELECTION_REFUSED:
		/* Somebody has changed the record: whose is it? If it is ours after all, and yet the
		 * next write is refused too, wait a little. */
		election->was_refused = !election->was_refused;
		return election->was_refused ? send(election, ELECTION_GET, now_ms) :
					       renew_again(election, now_ms);
	case ELECTION_FAILED:
		return renew_again(election, now_ms);
	case ELECTION_CHANGED:
	case ELECTION_UNTOLD:
		break;
	}
	return ELECTION_WAIT;
}

static enum election_action step_leaving(struct election *election, enum election_input input,
					 int64_t now_ms)
{
	if (!is_answer(input))
		return ELECTION_WAIT;
	if (input == ELECTION_REFUSED && !election->was_refused) {
		election->was_refused = true;
		return send(election, ELECTION_GET, now_ms);
	}
	if (input == ELECTION_READ && election_names_us(election))
		return send(election, ELECTION_GIVE_BACK, now_ms);
	return lose(election);
}

static enum election_action step_by_state(struct election *election, enum election_input input,
					  int64_t now_ms)
{
	switch (election->state) {
	case ELECTION_FOLLOWER:
		return step_follower(election, input, now_ms);
	case ELECTION_TRYING:
		return step_trying(election, input, now_ms);
	case ELECTION_LEADING:
		return step_leading(election, input, now_ms);
	case ELECTION_LEAVING:
		return step_leaving(election, input, now_ms);
	case ELECTION_LOST:
		break;
	}
	return ELECTION_WAIT;
}

/* The end of the lead: of a leader that cannot renew, and of one that cannot leave properly. */
static int64_t deadline_of(const struct election *election)
{
	return election->renewed_ms + election->terms.deadline_ms;
}

enum election_action election_step(struct election *election, enum election_input input,
				   const struct lease_record *record, int64_t now_ms)
{
	enum election_action action;

	CHECK((record != NULL) == (input == ELECTION_READ || input == ELECTION_WRITTEN));
	if (is_answer(input))
		election->under_way = ELECTION_WAIT;
	if (input == ELECTION_CHANGED || input == ELECTION_UNTOLD)
		election->is_told = input == ELECTION_CHANGED;
	if (record != NULL)
		observe(election, record, now_ms);
	action = step_by_state(election, input, now_ms);
	if (election->state != ELECTION_LEADING && election->state != ELECTION_LEAVING)
		return action;
	if (now_ms >= deadline_of(election))
		return lose(election);
	if (election->wake_ms > deadline_of(election) - election->slack_ms)
		election->wake_ms = deadline_of(election) - election->slack_ms;
	return action;
}

struct lease_claim election_claim(const struct election *election, int64_t wall_ms)
{
	bool gives_back = election->under_way == ELECTION_GIVE_BACK;
	bool continues = election->under_way == ELECTION_UPDATE && election_names_us(election);
	bool takes_over = election->under_way == ELECTION_UPDATE && !election_names_us(election);

	return (struct lease_claim){
		.holder = gives_back ? "" : election->identity,
		.duration_ms = gives_back ? GIVEN_BACK_MS : election->terms.duration_ms,
		.acquired_ms = continues ? election->acquired_ms : wall_ms,
		.renewed_ms = wall_ms,
		.transitions = election->under_way == ELECTION_CREATE ?
				       0 : election->transitions + (takes_over ? 1 : 0),
	};
}

bool election_leads(const struct election *election, int64_t now_ms)
{
	return election->state == ELECTION_LEADING && now_ms < deadline_of(election);
}
