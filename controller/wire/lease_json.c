#include "wire/lease_json.h"

#include <string.h>

#include "base/clock.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

#define LEASE_MAX ((size_t)256 * 1024)
#define SECONDS_MAX 2147483647

/* Parses json and looks whether it is a Lease at all. */
static int read_lease_tree(const char *json, size_t len, json_t **ret_tree, struct err *err)
{
	int r = read_tree(json, len, LEASE_MAX, ret_tree, err);

	if (r == 0 && !json_is_object(json_object_get(*ret_tree, "metadata")))
		r = err_set(err, ERR_INPUT, "no metadata");
	if (r < 0)
		err_prefix(err, "Lease");
	return r;
}

int lease_record_read(const char *json, size_t len, struct arena *arena, struct lease_record *ret_record,
		      struct err *err)
{
	struct reader reader = { .arena = arena, .err = err };
	auto_json *tree = NULL;
	struct read_node top;
	struct read_node metadata;
	struct read_node spec;
	const char *holder;
	const char *raw;
	int r = read_lease_tree(json, len, &tree, err);

	if (r < 0)
		return r;
	top = read_root(&reader, tree);
	metadata = read_object(&top, "metadata");
	spec = read_object(&top, "spec");
	raw = read_raw(&top, "spec");
	holder = read_text(&spec, "holderIdentity");
	*ret_record = (struct lease_record){
		.resource_version = read_needed_text(&metadata, "resourceVersion"),
		.spec = raw == NULL ? "" : raw,
		.holder = holder == NULL ? "" : holder,
		.duration_ms = 1000 * read_int(&spec, "leaseDurationSeconds", 0, SECONDS_MAX, 0),
		.acquired_ms = read_time(&spec, "acquireTime", 0),
		.transitions = read_int(&spec, "leaseTransitions", 0, SECONDS_MAX, 0),
	};
	if (err_is_set(err)) {
		err_prefix(err, "Lease");
		return err->class;
	}
	return 0;
}

/* The claim's members of a spec: a MicroTime has six digits behind the point. */
static void write_claim(struct writer *writer, const struct lease_claim *claim)
{
	char time[CLOCK_TEXT_SIZE];

	write_text(writer, "holderIdentity", claim->holder);
	write_int(writer, "leaseDurationSeconds", claim->duration_ms / 1000);
	write_text(writer, "acquireTime", clock_format_micro(claim->acquired_ms, time));
	write_text(writer, "renewTime", clock_format_micro(claim->renewed_ms, time));
	write_int(writer, "leaseTransitions", claim->transitions);
}

int lease_claim_new(const char *namespace, const char *name, const struct lease_claim *claim,
		    char **ret_json, struct err *err)
{
	struct buf buf = BUF_INIT(LEASE_MAX);
	struct writer writer = WRITER_INIT(&buf);

	write_object(&writer, NULL);
	write_text(&writer, "apiVersion", "coordination.k8s.io/v1");
	write_text(&writer, "kind", "Lease");
	write_object(&writer, "metadata");
	write_text(&writer, "namespace", namespace);
	write_text(&writer, "name", name);
	write_object_end(&writer);
	write_object(&writer, "spec");
	write_claim(&writer, claim);
	write_object_end(&writer);
	write_object_end(&writer);
	return write_take(&writer, ret_json, err);
}

/* Sets the claim's members in the object spec. */
static int set_claim(json_t *spec, const struct lease_claim *claim)
{
	char acquired[CLOCK_TEXT_SIZE];
	char renewed[CLOCK_TEXT_SIZE];
	auto_json *changes = json_pack(
		"{s:s, s:I, s:s, s:s, s:I}", "holderIdentity", claim->holder, "leaseDurationSeconds",
		(json_int_t)(claim->duration_ms / 1000), "acquireTime",
		clock_format_micro(claim->acquired_ms, acquired), "renewTime",
		clock_format_micro(claim->renewed_ms, renewed), "leaseTransitions",
		(json_int_t)claim->transitions);

	return changes == NULL ? -1 : json_object_update(spec, changes);
}

int lease_claim_update(const char *json, size_t len, const struct lease_claim *claim, char **ret_json,
		       struct err *err)
{
	auto_json *tree = NULL;
	json_t *spec;
	int r = read_lease_tree(json, len, &tree, err);

	if (r < 0)
		return r;
	/* An update without them leaves them as they are, and they are the larger part. */
	(void)json_object_del(json_object_get(tree, "metadata"), "managedFields");
	spec = json_object_get(tree, "spec");
	if (!json_is_object(spec)) {
		spec = json_object();
		if (json_object_set_new(tree, "spec", spec) < 0)
			return err_set(err, ERR_NOMEM, "no memory for a Lease");
	}
	if (set_claim(spec, claim) < 0)
		return err_set(err, ERR_NOMEM, "no memory for a Lease");
	*ret_json = json_dumps(tree, JSON_COMPACT);
	return *ret_json == NULL ? err_set(err, ERR_NOMEM, "no memory for a Lease") : 0;
}
