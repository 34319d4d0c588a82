#include "domain/made.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

char *made_scaler_summary(struct arena *arena, const char *kind, const char *name, int64_t min,
			  int64_t max)
{
	return arena_printf(arena, "%s/%s min %jd max %jd", kind, name, (intmax_t)(min > 0 ? min : 1),
			    (intmax_t)max);
}

static int compare_labels(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->key, ((const struct label *)b)->key);
}

static const char *protocol_of(const struct service_port *port)
{
	return str_is_empty(port->protocol) ? "TCP" : port->protocol;
}

static int compare_ports(const void *a, const void *b)
{
	const struct service_port *x = a;
	const struct service_port *y = b;

	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	return strcmp(protocol_of(x), protocol_of(y));
}

/* A sorted copy of count items. */
static void *sorted(struct arena *arena, const void *items, size_t count, size_t size,
		    int (*compare)(const void *, const void *))
{
	void *copy = arena_array(arena, count, size);

	if (count > 0) {
		memcpy(copy, items, count * size);
		qsort(copy, count, size, compare);
	}
	return copy;
}

static char *add_port(struct arena *arena, const char *text, const char *separator,
		      const struct service_port *port)
{
	const char *name = str_is_empty(port->name) ? "" : port->name;
	const char *target = port->target_port;

	if (str_is_empty(target))
		target = arena_printf(arena, "%jd", (intmax_t)port->port);
	return arena_printf(arena, "%s%s%s%s%jd/%s/%s", text, separator, name,
			    name[0] == '\0' ? "" : ":", (intmax_t)port->port, target,
			    protocol_of(port));
}

static const char *rest_of(size_t count)
{
	return count > MADE_SUMMARY_ITEMS ? ",…" : "";
}

char *made_service_summary(struct arena *arena, const struct label *selector, size_t selector_count,
			   const struct service_port *ports, size_t port_count)
{
	struct label *labels =
		sorted(arena, selector, selector_count, sizeof(*selector), compare_labels);
	struct service_port *by_number =
		sorted(arena, ports, port_count, sizeof(*ports), compare_ports);
	char *text = arena_strndup(arena, "selector", strlen("selector"));

	for (size_t i = 0; i < selector_count && i < MADE_SUMMARY_ITEMS; i++)
		text = arena_printf(arena, "%s%s%s=%s", text, i == 0 ? " " : ",", labels[i].key,
				    labels[i].value);
	text = arena_printf(arena, "%s%s ports", text, rest_of(selector_count));
	for (size_t i = 0; i < port_count && i < MADE_SUMMARY_ITEMS; i++)
		text = add_port(arena, text, i == 0 ? " " : ",", &by_number[i]);
	return arena_printf(arena, "%s%s", text, rest_of(port_count));
}
