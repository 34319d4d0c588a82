#include "bench.h"

#include <stdio.h>

#include "kube/kubeconfig.h"

static int64_t wall_ms;

void bench_set_now(int64_t now_ms)
{
	wall_ms = now_ms;
}

int64_t bench_now(void)
{
	return wall_ms;
}

static bool may_write(void *user)
{
	const struct bench *b = user;

	return b->may_write;
}

static void wake(void *user, const char *key)
{
	struct bench *b = user;
	size_t len = strlen(b->woken);

	(void)snprintf(b->woken + len, sizeof(b->woken) - len, "%s ", key);
}

static void create_client(struct bench *b)
{
	struct kubeconfig config = { .server = fake_server_url(b->server) };
	struct err err = ERR_INIT;

	ck_assert_msg(client_create(b->loop, b->http, &config, &b->tools.client, &err) == 0, "%s",
		      err.text);
}

static void create_registry(struct bench *b)
{
	const char *hosts[2] = { fake_server_host(b->server), NULL };
	struct registry_options options = { .insecure_hosts = hosts };
	struct err err = ERR_INIT;

	ck_assert_msg(registry_create(b->http, &options, &b->tools.registry, &err) == 0, "%s",
		      err.text);
	(void)snprintf(b->repository, sizeof(b->repository), "%s/web", hosts[0]);
}

void bench_init(struct bench *b, const struct fake_step *script, size_t count)
{
	struct err err = ERR_INIT;

	bench_set_now(BENCH_NOW_MS);
	*b = (struct bench){ .may_write = true, .is_done = true };
	ck_assert_msg(loop_create(&b->loop, &err) == 0, "%s", err.text);
	ck_assert_msg(http_create(b->loop, &b->http, &err) == 0, "%s", err.text);
	b->server = fake_server_create(b->loop, script, count);
	create_client(b);
	create_registry(b);
	b->prometheus = (struct prometheus){ b->http, fake_server_url(b->server) };
	b->tools.store = store_create();
	b->tools.events = event_sender_create(b->loop, b->tools.client, "test");
	b->tools.metrics = metrics_create("test");
	b->tools.looks = looks_create();
	b->tools.unapplied = unapplied_create();
	b->tools.asked = asked_create(b->tools.registry);
	b->tools.keys = keys_create();
	b->tools.now_ms = bench_now;
	b->tools.may_write = may_write;
	b->tools.user = b;
	b->tools.measured = measured_create(&(struct measured_options){ .prometheus = &b->prometheus,
									.now_ms = bench_now,
									.wake = wake,
									.user = b });
	b->tools.wake = wake;
	b->tools.wake_user = b;
	b->executor = executor_create(&b->tools);
}

void bench_finish(struct bench *b)
{
	const char *complaint = fake_server_complaint(b->server);

	ck_assert_msg(complaint == NULL, "%s", complaint);
	ck_assert_uint_eq(executor_active(b->executor), 0);
	event_sender_destroy(b->tools.events);
	registry_destroy(b->tools.registry);
	http_destroy(b->http);
	executor_destroy(b->executor);
	asked_destroy(b->tools.asked);
	measured_destroy(b->tools.measured);
	keys_destroy(b->tools.keys);
	looks_destroy(b->tools.looks);
	unapplied_destroy(b->tools.unapplied);
	metrics_destroy(b->tools.metrics);
	store_destroy(b->tools.store);
	client_destroy(b->tools.client);
	fake_server_destroy(b->server);
	loop_destroy(b->loop);
	arena_finish(&b->arena);
}

/* ---- orders ---- */

struct orders bench_orders(size_t count)
{
	struct orders orders = { .arena = ARENA_INIT, .count = count };

	orders.items = arena_new_array(&orders.arena, count, struct order);
	return orders;
}

struct order bench_order(enum action_kind action, enum kind kind, const char *name)
{
	return (struct order){ .action = action, .text = action_name(action), .namespace = "n",
			       .channel = "shop", .kind = kind, .name = name };
}

static void on_done(void *user, const char *key, const struct outcome *outcome)
{
	struct bench *b = user;

	(void)key;
	b->outcome = *outcome;
	b->failed[0] = '\0';
	if (outcome->failed != NULL)
		(void)snprintf(b->failed, sizeof(b->failed), "%s", outcome->failed->text);
	b->outcome.failed = NULL;
	b->ended++;
	b->is_done = executor_active(b->executor) == 0;
}

void bench_start(struct bench *b, const char *key, struct orders *orders_take)
{
	b->is_done = false;
	execute_start(b->executor, key, orders_take, on_done, b);
}

void bench_begin(struct bench *b, const char *key, struct order order)
{
	struct orders orders = bench_orders(1);

	orders.items[0] = order;
	bench_start(b, key, &orders);
}

void bench_run(struct bench *b, struct order order)
{
	bench_begin(b, "n/shop", order);
	ck_assert(b->is_done || fake_run_until(b->loop, &b->is_done, 5000));
}
