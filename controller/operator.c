#include "operator.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/str.h"
#include "crash_file.h"
#include "kube/event.h"
#include "kube/file.h"
#include "kube/kubeconfig.h"
#include "kube/lease.h"
#include "net/http.h"
#include "prometheus/query.h"
#include "reconcile/reconcile.h"
#include "registries.h"
#include "registry/observed.h"
#include "telemetry/health.h"
#include "telemetry/metrics.h"
#include "watches.h"

#define LEASE_NAME "sluice"
/* Less than the 30 s that Kubernetes gives a pod. */
#define GRACE_MS (20 * 1000)

struct operator {
	const struct options *options;
	struct arena arena;
	struct crash_file crash_file;
	struct crash_page *crash_page; /* NULL: there is none */
	struct loop *loop;
	struct timer *grace;
	struct http *http;
	struct metrics *metrics;
	struct health *health;
	struct client *client;
	const char *server; /* host and port, for the metrics */
	struct store *store;
	struct registries *registries;
	struct prometheus prometheus;
	struct event_sender *events;
	struct reconciler *reconciler;
	struct watches *watches;
	struct lease *lease;
	int exit_code;
	bool is_stopping;
};

/* ---- the end ---- */

static void on_grace_over(void *user)
{
	struct operator *op = user;

	log_warn("the time to stop in good order is over");
	loop_stop(op->loop);
}

/* Nothing is being written any more. A lease that was lost is not given back. */
static void on_stopped(void *user)
{
	struct operator *op = user;

	if (op->lease != NULL && lease_is_held(op->lease))
		lease_release(op->lease);
	else
		loop_stop(op->loop);
}

static void on_released(void *user)
{
	struct operator *op = user;

	log_info("gave the lease back");
	loop_stop(op->loop);
}

static void stop(struct operator *op)
{
	if (op->is_stopping)
		return;
	op->is_stopping = true;
	timer_start(op->grace, GRACE_MS);
	reconciler_stop(op->reconciler, on_stopped, op);
}

static void on_signal(void *user, int signum)
{
	struct operator *op = user;

	log_info("stopping", log_text("signal", signum == SIGTERM ? "SIGTERM" : "SIGINT"));
	stop(op);
}

/* ---- what the parts tell each other ---- */

static void on_held(void *user)
{
	struct operator *op = user;

	log_info("leading", log_text("identity", op->options->identity));
	if (!op->is_stopping)
		reconciler_set_leading(op->reconciler, true);
}

/* Only a new process has surely forgotten what it meant to write. */
static void on_lost(void *user, const struct err *why)
{
	struct operator *op = user;

	log_at_error("lost the lease", log_error(why));
	op->exit_code = EXIT_FAILURE;
	stop(op);
}

static bool may_write(void *user)
{
	const struct operator *op = user;

	return op->lease == NULL || lease_is_held(op->lease);
}

static void on_synced(void *user)
{
	struct operator *op = user;

	log_info("the watches have synced");
	reconciler_set_synced(op->reconciler);
}

static void on_observed(void *user, const char *repository)
{
	const struct operator *op = user;

	reconciler_on_observed(op->reconciler, repository);
}

static void on_registry_request(void *user, int status)
{
	const struct operator *op = user;

	metrics_registry_request(op->metrics, status);
}

static void on_request(void *user, const char *method, int status, int64_t duration_ms)
{
	const struct operator *op = user;

	metrics_request_counted(op->metrics, method, op->server, status);
	if (duration_ms >= 0)
		metrics_request_timed(op->metrics, method, op->server, (double)duration_ms / 1000);
}

static void on_request_waits(void *user, const char *method, int64_t wait_ms)
{
	const struct operator *op = user;

	metrics_request_held_back(op->metrics, method, op->server, (double)wait_ms / 1000);
}

static void on_credential_news(void *user, const char *source, const struct err *err)
{
	const struct operator *op = user;

	metrics_credential_renewed(op->metrics, source, !err_is_set(err));
	if (err_is_set(err))
		log_warn("a credential could not be renewed", log_text("source", source), log_error(err));
	else
		log_info("a credential was renewed", log_text("source", source));
}

static void on_warning(void *user, const char *text)
{
	(void)user;
	log_warn("the apiserver warns", log_text("warning", text));
}

static void on_collect(void *user)
{
	const struct operator *op = user;

	metrics_set_leader(op->metrics, LEASE_NAME, may_write(user));
	metrics_set_events_dropped(op->metrics, event_dropped(op->events));
}

/* ---- the start ---- */

static uint64_t draw_seed(void)
{
	uint64_t seed = 0;

	CHECK(getrandom(&seed, sizeof(seed), 0) == (ssize_t)sizeof(seed));
	return seed;
}

/* Says who we are: as told, as a pod, or as the person who started it. */
static int find_kubeconfig(const struct options *options, struct kubeconfig *config,
			   struct err *err)
{
	const char *paths = options->kubeconfig != NULL ? options->kubeconfig
							: getenv("KUBECONFIG");
	const char *home = getenv("HOME");
	struct err pod_err = ERR_INIT;
	char path[4096];
	int r;

	if (!str_is_empty(paths))
		return kubeconfig_load(paths, options->context, config, err);
	r = kubeconfig_of_pod(getenv("KUBERNETES_SERVICE_HOST"), getenv("KUBERNETES_SERVICE_PORT"),
			      KUBECONFIG_POD_FOLDER, config, &pod_err);
	if (r != ERR_NOTFOUND || str_is_empty(home)) {
		*err = pod_err;
		return r;
	}
	(void)snprintf(path, sizeof(path), "%s/.kube/config", home);
	return kubeconfig_load(path, options->context, config, err);
}

static int create_client(struct operator *op, struct err *err)
{
	struct kubeconfig config = { .server = NULL };
	const char *host;
	int r = find_kubeconfig(op->options, &config, err);

	if (r < 0)
		return r;
	host = strstr(config.server, "://");
	op->server = arena_strdup(&op->arena, host == NULL ? config.server : host + 3);
	r = client_create(op->loop, op->http, &config, &op->client, err);
	kubeconfig_finish(&config);
	if (r < 0)
		return r;
	client_observe(op->client,
		       &(struct client_observer){ .on_end = on_request,
						  .on_wait = on_request_waits,
						  .on_warning = on_warning,
						  .user = op });
	client_set_limit(op->client, op->options->kube_api_qps, op->options->kube_api_burst);
	client_tell(op->client, on_credential_news, op);
	client_note_reads(op->client, op->crash_page);
	return 0;
}

static int create_registry(struct operator *op, struct err *err)
{
	struct registry_options options = {
		.on_observed = on_observed,
		.on_request = on_registry_request,
		.user = op,
	};

	return registries_create(op->loop, op->http, op->options, &options, &op->registries, err);
}

static void create_reconciler(struct operator *op)
{
	const struct reconciler_options options = {
		.loop = op->loop,
		.tools = { .client = op->client, .store = op->store, .registry = registries_room(op->registries),
			   .prometheus = &op->prometheus, .events = op->events, .metrics = op->metrics,
			   .may_write = may_write, .user = op },
		.crash_page = op->crash_page,
		.seed = draw_seed(),
	};

	op->prometheus = (struct prometheus){ op->http, op->options->prometheus_url };
	op->reconciler = reconciler_create(&options);
	store_on_change(op->store, reconciler_on_change, op->reconciler);
	if (op->crash_page != NULL)
		crash_page_on_change(op->crash_page, reconciler_on_quarantine, op->reconciler);
}

/* Without an election this replica leads from the start. */
static int stand_for_election(struct operator *op, struct err *err)
{
	const struct lease_options options = {
		.namespace = op->options->namespace,
		.name = LEASE_NAME,
		.identity = op->options->identity,
		.seed = draw_seed(),
	};
	const struct lease_handler handler = { .on_held = on_held, .on_lost = on_lost,
					       .on_released = on_released, .user = op };
	int r;

	if (!op->options->leader_elect) {
		reconciler_set_leading(op->reconciler, true);
		return 0;
	}
	r = lease_create(op->loop, op->client, &options, &handler, &op->lease, err);
	if (r == 0)
		lease_start(op->lease);
	return r;
}

static int listen_to_signals(struct operator *op, struct err *err)
{
	int r = loop_on_signal(op->loop, SIGTERM, on_signal, op, err);

	return r < 0 ? r : loop_on_signal(op->loop, SIGINT, on_signal, op, err);
}

/* Where a sandbox stands in for the kernel it may not know how: then everything is looked at within the hour. */
static void watch_clock(struct operator *op)
{
	struct err err = ERR_INIT;

	if (loop_on_clock_set(op->loop, reconciler_on_clock_set, op->reconciler, &err) < 0)
		log_warn("nobody tells when the clock is set", log_error(&err));
}

static int start(struct operator *op, struct err *err)
{
	int r = loop_create(&op->loop, err);

	if (r < 0)
		return r;
	op->grace = timer_open(op->loop, on_grace_over, op);
	r = listen_to_signals(op, err);
	if (r == 0)
		r = health_create(op->loop, op->options->bind, op->metrics, &op->health, err);
	if (r == 0)
		r = http_create(op->loop, &op->http, err);
	if (r == 0)
		r = create_client(op, err);
	if (r == 0)
		r = create_registry(op, err);
	if (r < 0)
		return r;
	op->store = store_create();
	op->events = event_sender_create(op->loop, op->client, op->options->identity);
	create_reconciler(op);
	op->watches = watches_create(op->loop, op->client, op->store, op->metrics,
				     op->options->relist_ms, on_synced, op);
	health_add_check(op->health, "watches", watches_are_synced, op->watches);
	metrics_on_collect(op->metrics, on_collect, op);
	metrics_on_collect(op->metrics, reconciler_on_collect, op->reconciler);
	metrics_on_collect(op->metrics, watches_on_collect, op->watches);
	watch_clock(op);
	return stand_for_election(op, err);
}

int operator_create(const struct options *options, struct operator **ret_operator, struct err *err)
{
	struct operator *op = memory_alloc(sizeof(*op));
	int r;

	set_seed(draw_seed());
	op->options = options;
	op->metrics = metrics_create(SLUICE_VERSION);
	op->crash_page = crash_file_take_up(&op->crash_file, options->crash_file);
	r = start(op, err);
	if (r < 0) {
		operator_destroy(op);
		return r;
	}
	log_info("started", log_text("version", SLUICE_VERSION), log_text("server", op->server),
		 log_text("identity", options->identity), log_text("bind", options->bind));
	*ret_operator = op;
	return 0;
}

int operator_run(struct operator *op)
{
	loop_run(op->loop);
	log_info("stopped");
	return op->exit_code;
}

/* The HTTP client ends what is still under way, and the client what has not been sent yet, so they go
 * before those who wait for answers. */
void operator_destroy(struct operator *op)
{
	if (op == NULL)
		return;
	if (op->reconciler != NULL)
		reconciler_stop(op->reconciler, NULL, NULL); /* what is cut off now is told to nobody */
	health_destroy(op->health);
	watches_destroy(op->watches);
	lease_destroy(op->lease);
	event_sender_destroy(op->events);
	registries_destroy(op->registries);
	http_destroy(op->http);
	client_close(op->client);
	reconciler_destroy(op->reconciler);
	client_destroy(op->client);
	if (op->store != NULL)
		store_on_change(op->store, NULL, NULL);
	store_destroy(op->store);
	timer_close(op->grace);
	loop_destroy(op->loop);
	metrics_destroy(op->metrics);
	crash_file_close(&op->crash_file);
	arena_finish(&op->arena);
	free(op);
}
