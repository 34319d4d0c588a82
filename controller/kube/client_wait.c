#include "base/clock.h"
#include "kube/client_internal.h"

static void on_patience_over(void *user)
{
	struct client_call *call = user;
	struct err err = ERR_INIT;

	if (call->is_cancelled)
		(void)err_set(&err, ERR_NET, "cancelled");
	else
		(void)err_set(&err, ERR_NET, "the credential plugin has not ended within %lld ms",
			      (long long)(clock_monotonic_ms() - call->began_ms));
	client_call_finish(call, 0, &err);
}

void client_call_wait(struct client_call *call)
{
	int64_t limit_ms = call->is_stream ? call->stream.head_timeout_ms : client_call_time_left_ms(call);

	if (call->patience == NULL)
		call->patience = timer_open(call->client->loop, on_patience_over, call);
	call->is_waiting = true;
	timer_start(call->patience, limit_ms > 0 ? limit_ms : CALL_TIMEOUT_MS);
}

int client_call_start(struct client_call *call, struct err *err)
{
	struct err own = ERR_INIT;

	if (call->client->is_closed)
		return err_set(err, ERR_NET, "the client is being shut down");
	switch (identity_prepare(call->client->identity, &own)) {
	case IDENTITY_READY:
		return client_call_send(call, err);
	case IDENTITY_WAIT:
		client_call_wait(call);
		return 0;
	case IDENTITY_NONE:
		break;
	}
	return err_set(err, own.class, "%s", own.text);
}

/* The wait is over. One that was refused is sent again if there is something else to send. */
static void settle(struct client_call *call, const struct err *err)
{
	bool was_refused = call->was_retried && call->status == 401;
	struct err own = *err;

	call->is_settled = false;
	call->is_waiting = false;
	timer_stop(call->patience);
	if (call->is_cancelled)
		on_patience_over(call);
	else if (!err_is_set(&own) && was_refused &&
		 call->version == identity_version(call->client->identity))
		client_call_finish(call, 401, &own);
	else if (err_is_set(&own) || client_call_start(call, &own) < 0)
		client_call_finish(call, 0, &own);
}

void client_calls_settle(struct client *client, const struct err *err)
{
	size_t i = 0;

	for (size_t k = 0; k < client->calls.len; k++) {
		struct client_call *call = client->calls.items[k];

		call->is_settled = call->is_waiting;
	}
	/* What follows may end others and begin new ones. */
	while (i < client->calls.len) {
		struct client_call *call = client->calls.items[i];

		i = call->is_settled ? 0 : i + 1;
		if (call->is_settled)
			settle(call, err);
	}
}

void client_calls_let_go(struct client *client)
{
	for (size_t i = 0; i < client->calls.len; i++) {
		struct client_call *call = client->calls.items[i];

		if (!call->is_stream || call->exchange == NULL)
			continue;
		call->is_let_go = true;
		http_cancel(call->exchange);
	}
}
