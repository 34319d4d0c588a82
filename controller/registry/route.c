#include "registry/route.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define MOST_REDIRECTS 3

static void set_path(struct route *route, const char *path)
{
	free(route->path);
	route->path = memory_strdup(path);
}

void route_init(struct route *route, const struct origin *origin, const char *path)
{
	*route = (struct route){ .origin = *origin };
	set_path(route, path);
}

void route_finish(struct route *route)
{
	free(route->path);
	route->path = NULL;
}

bool route_is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Is target the absolute URL of another origin that may be asked? */
static bool leads_away(const struct route *route, const struct hosts *hosts, const char *target,
		       struct origin *ret_there, char ret_path[static ORIGIN_PATH_SIZE])
{
	struct err ignored = ERR_INIT;

	return origin_parse(target, ret_there, ret_path, &ignored) == 0 &&
	       !origin_equal(&route->origin, ret_there) &&
	       (!ret_there->is_plain || hosts_allows_plain(hosts, ret_there->authority));
}

int route_follow(struct route *route, const struct hosts *hosts, const char *target, bool may_leave, struct err *err)
{
	char path[ORIGIN_PATH_SIZE];
	struct origin there;
	int r;

	if (route->redirects++ == MOST_REDIRECTS)
		return err_set(err, ERR_INPUT, "more than %d redirects", MOST_REDIRECTS);
	if (may_leave && leads_away(route, hosts, target, &there, path)) {
		route->origin = there;
		route->is_away = true;
	} else {
		r = origin_follow(&route->origin, route->path, target, path, err);
		if (r < 0)
			return r;
	}
	set_path(route, path);
	return 0;
}
