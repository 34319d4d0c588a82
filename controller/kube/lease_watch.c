#include "kube/lease_watch.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/memory.h"
#include "kube/path.h"
#include "wire/lease_json.h"

/* The server ends it after an hour; until its head has come it has as long as any other watch. */
#define WATCH_TIME "3600"
#define TOTAL_TIMEOUT_MS (3615 * INT64_C(1000))
#define HEAD_TIMEOUT_MS 30000

struct lease_watch {
	struct lease_watch_handler handler;
	struct client_call *call;
	bool is_closed; /* free at the end of the call */
};

int lease_watch_target(const char *namespace, const char *name, char **ret_target, struct err *err)
{
	struct buf target = PATH_INIT;
	char *selector = memory_printf("metadata.name=%s", name);
	int r = path_write(&target, LEASE_API, LEASE_PLURAL, namespace, NULL, NULL, err);

	r = r < 0 ? r : path_query(&target, "watch", "1", err);
	r = r < 0 ? r : path_query(&target, "fieldSelector", selector, err);
	r = r < 0 ? r : path_query(&target, "resourceVersion", "0", err);
	r = r < 0 ? r : path_query(&target, "timeoutSeconds", WATCH_TIME, err);
	free(selector);
	if (r < 0) {
		buf_finish(&target);
		return r;
	}
	*ret_target = buf_take(&target);
	return 0;
}

static bool on_bytes(void *user, const char *bytes, size_t len)
{
	struct lease_watch *watch = user;

	(void)bytes;
	(void)len;
	if (!watch->is_closed)
		watch->handler.on_changed(watch->handler.user);
	return !watch->is_closed;
}

static void on_done(void *user, const struct err *err)
{
	struct lease_watch *watch = user;

	(void)err;
	if (!watch->is_closed)
		watch->handler.on_ended(watch->handler.user);
	free(watch);
}

int lease_watch_open(struct client *client, const char *target, int64_t idle_ms,
		     const struct lease_watch_handler *handler, struct lease_watch **ret_watch,
		     struct err *err)
{
	struct lease_watch *watch = memory_alloc(sizeof(*watch));
	int r;

	watch->handler = *handler;
	r = client_watch(client, target,
			 &(struct client_stream){
				 .on_bytes = on_bytes,
				 .on_done = on_done,
				 .user = watch,
				 .head_timeout_ms = HEAD_TIMEOUT_MS,
				 .idle_timeout_ms = idle_ms,
				 .total_timeout_ms = TOTAL_TIMEOUT_MS,
			 },
			 &watch->call, err);
	if (r < 0) {
		free(watch);
		return r;
	}
	*ret_watch = watch;
	return 0;
}

void lease_watch_close(struct lease_watch *watch)
{
	if (watch == NULL)
		return;
	watch->is_closed = true;
	client_cancel(watch->call);
}
