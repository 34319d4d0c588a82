#include "kube/lease.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "kube/apply.h"
#include "kube/lease_watch.h"
#include "kube/path.h"

/* From one opening of the watch to the next, at least. */
#define WATCH_PAUSE_MS 30000

struct lease_call { /* outlives the lease when it is destroyed meanwhile */
	struct lease *lease; /* NULL: nobody waits for the answer any more */
	struct client_call *client_call;
};

struct lease {
	struct client *client;
	struct timer *timer;
	struct lease_handler handler;
	struct election election;
	struct lease_call *call; /* the request under way, or NULL */
	struct lease_watch *watch; /* that is open, or NULL */
	int64_t may_watch_ms;    /* when it may be opened (again) */
	char *object_target;     /* for GET and PUT */
	char *create_target;     /* for POST */
	char *update_target;
	char *watch_target;
	char *namespace;
	char *name;
	char *body;              /* the Lease as the server last sent it; NULL: not read yet */
	size_t body_len;
	struct err last_err;     /* of the last request that failed */
	bool is_releasing;       /* lease_release() was called */
	bool is_resigned;        /* and the election knows */
	bool is_held_reported;
	bool is_lost_reported;
	bool is_released_reported;
};

static void advance(struct lease *lease, enum election_input input, const struct lease_record *record);

/* ---- answers ---- */

/* Which input is this answer? A 409 to POST says AlreadyExists, to PUT Conflict: both mean that somebody
 * else was first. */
static enum election_input input_of(const struct client_answer *answer, const struct err *err,
				    enum election_action action)
{
	if (!err_is_set(err))
		return action == ELECTION_GET ? ELECTION_READ : ELECTION_WRITTEN;
	if (answer->status == 404 && action != ELECTION_CREATE)
		return ELECTION_MISSING;
	return answer->status == 409 ? ELECTION_REFUSED : ELECTION_FAILED;
}

/* Keeps the object, for the next PUT. */
static void keep_body(struct lease *lease, const struct client_answer *answer)
{
	char *body = memory_alloc(answer->body_len + 1);

	memcpy(body, answer->body, answer->body_len);
	body[answer->body_len] = '\0';
	free(lease->body);
	lease->body = body;
	lease->body_len = answer->body_len;
}

static void on_answer(void *user, const struct client_answer *answer, const struct err *err)
{
	struct lease_call *call = user;
	struct lease *lease = call->lease;
	struct lease_record record;
	struct arena arena = ARENA_INIT_SIZE(2048);
	enum election_input input;

	free(call);
	if (lease == NULL)
		return;
	lease->call = NULL;
	input = input_of(answer, err, lease->election.under_way);
	if (input == ELECTION_FAILED)
		lease->last_err = *err;
	if (input == ELECTION_READ || input == ELECTION_WRITTEN) {
		lease->last_err = ERR_INIT;
		if (lease_record_read(answer->body, answer->body_len, &arena, &record, &lease->last_err) < 0)
			input = ELECTION_FAILED;
		else
			keep_body(lease, answer);
	}
	advance(lease, input, input == ELECTION_READ || input == ELECTION_WRITTEN ? &record : NULL);
	arena_finish(&arena);
}

/* ---- requests ---- */

/* The text of a write, malloc'd; NULL for a GET. */
static int write_body(const struct lease *lease, enum election_action action, char **ret_body, struct err *err)
{
	struct lease_claim claim = election_claim(&lease->election, clock_now_ms());

	*ret_body = NULL;
	if (action == ELECTION_GET)
		return 0;
	if (action == ELECTION_CREATE)
		return lease_claim_new(lease->namespace, lease->name, &claim, ret_body, err);
	CHECK(lease->body != NULL);
	return lease_claim_update(lease->body, lease->body_len, &claim, ret_body, err);
}

static int send_request(struct lease *lease, enum election_action action, struct err *err)
{
	const struct election_terms *terms = &lease->election.terms;
	struct client_request request = {
		.method = action == ELECTION_GET ? "GET" : action == ELECTION_CREATE ? "POST" : "PUT",
		.target = action == ELECTION_GET    ? lease->object_target :
			  action == ELECTION_CREATE ? lease->create_target :
						      lease->update_target,
		.is_urgent = true,
		/* A second try, over a new connection, must fit before the deadline. */
		.timeout_ms = (terms->deadline_ms - terms->renew_ms - terms->slack_ms) * 2 / 3,
	};
	struct lease_call *call;
	char *body;
	int r = write_body(lease, action, &body, err);

	if (r < 0)
		return r;
	request.body = body;
	request.body_len = body == NULL ? 0 : strlen(body);
	call = memory_alloc(sizeof(*call));
	call->lease = lease;
	r = client_send(lease->client, &request, on_answer, call, &call->client_call, err);
	free(body);
	if (r < 0) {
		free(call);
		return r;
	}
	lease->call = call;
	return 0;
}

/* ---- the watch ---- */

static void on_changed(void *user)
{
	advance(user, ELECTION_CHANGED, NULL);
}

static void on_untold(void *user)
{
	struct lease *lease = user;

	lease->watch = NULL;
	advance(lease, ELECTION_UNTOLD, NULL);
}

/* Watches while somebody else leads. Where that is refused the candidate looks every while, so it is told
 * to nobody. */
static void keep_watch(struct lease *lease)
{
	enum election_state state = lease->election.state;
	int64_t now_ms = clock_monotonic_ms();
	struct err err = ERR_INIT;

	if (state != ELECTION_FOLLOWER && state != ELECTION_TRYING) {
		lease_watch_close(lease->watch);
		lease->watch = NULL;
	} else if (state == ELECTION_FOLLOWER && lease->watch == NULL && lease->election.holder[0] != '\0' &&
		   now_ms >= lease->may_watch_ms) {
		lease->may_watch_ms = now_ms + WATCH_PAUSE_MS;
		if (lease_watch_open(lease->client, lease->watch_target, lease->election.terms.duration_ms,
				     &(struct lease_watch_handler){ on_changed, on_untold, lease },
				     &lease->watch, &err) < 0)
			lease->watch = NULL;
	}
}

/* ---- what follows from a step ---- */

static void set_timer(struct lease *lease)
{
	if (lease->is_releasing && !lease->is_resigned)
		timer_start(lease->timer, 0);
	else if (lease->election.wake_ms == CLOCK_NEVER)
		timer_stop(lease->timer);
	else
		timer_start_late(lease->timer, lease->election.wake_ms - clock_monotonic_ms(), lease->election.slack_ms);
}

/* Why the lead is gone. */
static struct err explain_loss(const struct lease *lease)
{
	struct err why = ERR_INIT;

	if (!election_names_us(&lease->election) && lease->election.holder[0] != '\0')
		err_set(&why, ERR_CONFLICT, "%s holds the Lease", lease->election.holder);
	else
		err_set(&why, ERR_NET, "the Lease could not be renewed in time%s%s",
			err_is_set(&lease->last_err) ? ": " : "", lease->last_err.text);
	return why;
}

/* Tells what has changed. The handler may destroy the lease: nothing may follow. */
static void report(struct lease *lease)
{
	struct lease_handler handler = lease->handler;
	enum election_state state = lease->election.state;

	if (lease->is_releasing) {
		if (state == ELECTION_LOST && !lease->is_released_reported) {
			lease->is_released_reported = true;
			handler.on_released(handler.user);
		}
	} else if (state == ELECTION_LEADING && !lease->is_held_reported) {
		lease->is_held_reported = true;
		handler.on_held(handler.user);
	} else if (state == ELECTION_LOST && !lease->is_lost_reported) {
		struct err why = explain_loss(lease);

		lease->is_lost_reported = true;
		handler.on_lost(handler.user, &why);
	}
}

static void advance(struct lease *lease, enum election_input input, const struct lease_record *record)
{
	enum election_action action =
		election_step(&lease->election, input, record, clock_monotonic_ms());

	while (action != ELECTION_WAIT) {
		struct err err = ERR_INIT;

		if (send_request(lease, action, &err) == 0)
			break;
		lease->last_err = err;
		action = election_step(&lease->election, ELECTION_FAILED, NULL, clock_monotonic_ms());
	}
	keep_watch(lease);
	set_timer(lease);
	report(lease);
}

static void on_timer(void *user)
{
	struct lease *lease = user;
	bool resigns = lease->is_releasing && !lease->is_resigned;

	lease->is_resigned = lease->is_releasing;
	advance(lease, resigns ? ELECTION_RESIGN : ELECTION_TICK, NULL);
}

/* ---- the life of a lease ---- */

static int write_target(const struct lease_options *options, bool is_create, bool is_write, char **ret_target,
			struct err *err)
{
	struct buf buf = PATH_INIT;
	int r = path_write(&buf, LEASE_API, LEASE_PLURAL, options->namespace,
			   is_create ? NULL : options->name, NULL, err);

	if (r == 0 && is_write)
		r = path_query(&buf, "fieldManager", APPLY_MANAGER, err);
	if (r < 0) {
		buf_finish(&buf);
		return r;
	}
	*ret_target = buf_take(&buf);
	return 0;
}

static uint64_t seed_of(const char *identity)
{
	uint64_t seed = 0xcbf29ce484222325u;

	for (; *identity != '\0'; identity++)
		seed = (seed ^ (unsigned char)*identity) * 0x100000001b3u;
	return seed;
}

int lease_create(struct loop *loop, struct client *client, const struct lease_options *options,
		 const struct lease_handler *handler, struct lease **ret_lease, struct err *err)
{
	static const struct election_terms usual = { LEASE_DURATION_MS, LEASE_DEADLINE_MS,
						     LEASE_RENEW_MS, LEASE_RETRY_MS, LEASE_SLACK_MS };
	struct lease *lease = memory_alloc(sizeof(*lease));
	int r;

	lease->client = client;
	lease->handler = *handler;
	lease->namespace = memory_strdup(options->namespace);
	lease->name = memory_strdup(options->name);
	lease->timer = timer_open(loop, on_timer, lease);
	election_init(&lease->election, options->identity,
		      options->terms.duration_ms == 0 ? &usual : &options->terms,
		      options->seed == 0 ? seed_of(options->identity) : options->seed);
	r = write_target(options, false, false, &lease->object_target, err);
	if (r == 0)
		r = write_target(options, true, true, &lease->create_target, err);
	if (r == 0)
		r = write_target(options, false, true, &lease->update_target, err);
	if (r == 0)
		r = lease_watch_target(options->namespace, options->name, &lease->watch_target, err);
	if (r < 0) {
		lease_destroy(lease);
		return r;
	}
	*ret_lease = lease;
	return 0;
}

void lease_start(struct lease *lease)
{
	timer_start(lease->timer, 0);
}

void lease_release(struct lease *lease)
{
	lease->is_releasing = true;
	timer_start(lease->timer, 0);
}

bool lease_is_held(const struct lease *lease)
{
	return election_leads(&lease->election, clock_monotonic_ms());
}

const char *lease_holder(const struct lease *lease)
{
	return lease->election.holder;
}

void lease_destroy(struct lease *lease)
{
	if (lease == NULL)
		return;
	if (lease->call != NULL) {
		lease->call->lease = NULL;
		client_cancel(lease->call->client_call);
	}
	lease_watch_close(lease->watch);
	timer_close(lease->timer);
	free(lease->object_target);
	free(lease->create_target);
	free(lease->update_target);
	free(lease->watch_target);
	free(lease->namespace);
	free(lease->name);
	free(lease->body);
	free(lease);
}
