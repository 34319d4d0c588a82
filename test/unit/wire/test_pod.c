/* Pods that wait for a first release. */
#include "domain/workload.h"
#include "given.h"

static const struct {
	const char *name;
	const char *yaml;
	bool is_gated;
	const char *owner; /* kind/name of the controller, "-" without one */
} rows[] = {
	{ "a pod of a StatefulSet that waits",
	  "metadata: {name: db-0, namespace: shop, ownerReferences: [{kind: StatefulSet, name: db, uid: u, controller: true}]}\n"
	  "spec: {schedulingGates: [{name: sluice.dev/no-release}]}\n",
	  true, "StatefulSet/db" },
	{ "a pod whose gate has gone",
	  "metadata: {name: db-0, ownerReferences: [{kind: StatefulSet, name: db, uid: u, controller: true}]}\nspec: {}\n",
	  false, "StatefulSet/db" },
	{ "the owner is the one that controls",
	  "metadata: {name: p, ownerReferences: [{kind: Node, name: n, uid: v}, {kind: ReplicaSet, name: w, uid: u, controller: true}]}\n",
	  false, "ReplicaSet/w" },
	{ "a pod of nobody", "metadata: {name: p, ownerReferences: [{kind: Node, name: n, uid: v, controller: false}]}\n",
	  false, "-" },
};

START_TEST(reads_pods)
{
	struct record *record = given_record(rows[_i].name, KIND_GATED_POD, rows[_i].yaml);
	const struct gated_pod *pod = record->object;
	char owner[64] = "-";

	if (pod->meta.owner_uid != NULL)
		(void)snprintf(owner, sizeof(owner), "%s/%s", pod->meta.owner_kind, pod->meta.owner_name);
	expect_int(rows[_i].name, pod->is_gated, rows[_i].is_gated);
	expect_str(rows[_i].name, owner, rows[_i].owner);
	expect_str(rows[_i].name, pod->meta.owner_uid, rows[_i].owner[0] == '-' ? NULL : "u");
	record_unref(record);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, reads_pods, rows);
}

SUITE_MAIN("wire: pod", add)
