/* HorizontalPodAutoscaler and Service: what Sluice applies whole, and how it looks in the cluster. */
#include "domain/made.h"
#include "given.h"
#include "wire/made_json.h"

static const struct {
	const char *name;
	enum kind kind;
	const char *yaml;
	const char *applied;
	const char *summary;
} lives[] = {
	{ "an HPA", KIND_SCALER,
	  "metadata: {name: web, annotations: {sluice.dev/applied: abc}}\n"
	  "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 5, "
	  "metrics: [{type: Resource}]}\n",
	  "abc", "Deployment/web min 2 max 5" },
	{ "an HPA without a minimum", KIND_SCALER,
	  "metadata: {name: web}\nspec: {scaleTargetRef: {kind: StatefulSet, name: db}, maxReplicas: 5}\n", NULL,
	  "StatefulSet/db min 1 max 5" },
	{ "an HPA of which nothing is left", KIND_SCALER, "metadata: {name: web}\n", NULL, "/ min 1 max 0" },
	{ "a Service, sorted", KIND_SERVICE,
	  "metadata: {name: web, annotations: {sluice.dev/applied: abc}}\n"
	  "spec:\n"
	  "  selector: {tier: x, app: web}\n"
	  "  ports: [{name: http, port: 80, targetPort: 8080, protocol: TCP}, {name: dnst, port: 53, protocol: TCP}, "
	  "{name: dns, port: 53, targetPort: dns, protocol: UDP}]\n",
	  "abc", "selector app=web,tier=x ports dnst:53/53/TCP,dns:53/dns/UDP,http:80/8080/TCP" },
	{ "a Service without a selector and with a port without a name", KIND_SERVICE,
	  "metadata: {name: web}\nspec: {ports: [{port: 80}]}\n", NULL, "selector ports 80/80/TCP" },
	{ "a Service of which nothing is left", KIND_SERVICE, "metadata: {name: web}\n", NULL, "selector ports" },
};

START_TEST(reads_what_lives)
{
	struct record *record = given_record(lives[_i].name, lives[_i].kind, lives[_i].yaml);
	const struct made *made = record->object;

	expect_str(lives[_i].name, made->applied, lives[_i].applied);
	expect_str(lives[_i].name, made->summary, lives[_i].summary);
	record_unref(record);
}
END_TEST

START_TEST(shortens_the_summary_of_a_monster)
{
	auto_buf yaml = BUF_INIT(GIVEN_MAX);
	struct err err = ERR_INIT;
	struct record *record;
	const struct made *made;

	ck_assert_int_eq(buf_puts(&yaml, "metadata: {name: web}\nspec: {ports: [", &err), 0);
	for (int i = 1; i <= 500; i++)
		ck_assert_int_eq(buf_printf(&yaml, &err, "{port: %d},", i), 0);
	ck_assert_int_eq(buf_puts(&yaml, "]}\n", &err), 0);
	record = given_record("500 ports", KIND_SERVICE, buf_text(&yaml));
	made = record->object;
	expect_contains("500 ports", made->summary, ",64/64/TCP,…");
	expect_int("500 ports: short", strlen(made->summary) < 1024, 1);
	record_unref(record);
}
END_TEST

static const struct meta channel = { .namespace = "shop", .name = "stable", .uid = "u-9" };

#define METADATA                                                                                       \
	"\"namespace\":\"shop\",\"labels\":{\"app.kubernetes.io/managed-by\":\"sluice\",\"sluice.dev/channel\":" \
	"\"stable\"},\"annotations\":{\"sluice.dev/applied\":\"abc\"},\"ownerReferences\":[{\"apiVersion\":"    \
	"\"sluice.dev/v1alpha1\",\"kind\":\"ReleaseChannel\",\"name\":\"stable\",\"uid\":\"u-9\","              \
	"\"controller\":true,\"blockOwnerDeletion\":true}]}"

static const struct {
	const char *name;
	struct autoscaling spec;
	const char *want; /* the spec */
} scalers[] = {
	{ "with everything",
	  { "web", 2, 5, "[{\"type\":\"Resource\"}]", "{\"scaleDown\":{}}" },
	  "{\"scaleTargetRef\":{\"apiVersion\":\"apps/v1\",\"kind\":\"StatefulSet\",\"name\":\"web\"},\"minReplicas\":2,"
	  "\"maxReplicas\":5,\"metrics\":[{\"type\":\"Resource\"}],\"behavior\":{\"scaleDown\":{}}}}" },
	{ "with what is needed",
	  { "web", 0, 5, NULL, NULL },
	  "{\"scaleTargetRef\":{\"apiVersion\":\"apps/v1\",\"kind\":\"StatefulSet\",\"name\":\"web\"},\"maxReplicas\":5}}" },
};

START_TEST(applies_autoscalers)
{
	const struct action_scaler action = { WORKLOAD_STATEFULSET, &scalers[_i].spec, "abc" };
	struct err err = ERR_INIT;
	char *json = NULL;
	char want[1024];

	(void)snprintf(want, sizeof(want),
		       "{\"apiVersion\":\"autoscaling/v2\",\"kind\":\"HorizontalPodAutoscaler\",\"metadata\":"
		       "{\"name\":\"web\",%s,\"spec\":%s",
		       METADATA, scalers[_i].want);
	expect_int(scalers[_i].name, scaler_to_json(&channel, &action, &json, &err), 0);
	expect_str(scalers[_i].name, json, want);
	free(json);
}
END_TEST

static struct service_port ports[] = {
	{ "http", 80, "8080", "TCP" }, { "dns", 53, "dns", "UDP" }, { "plain", 90, NULL, NULL }
};
static const struct label labels[] = { { "app", "web" }, { "tier", "x" } };

START_TEST(applies_services)
{
	const struct service_spec spec = { "web-svc", "web", ports, 3 };
	const struct action_service action = { &spec, labels, 2, "abc" };
	struct err err = ERR_INIT;
	char *json = NULL;

	ck_assert_int_eq(service_to_json(&channel, &action, &json, &err), 0);
	expect_str("a Service", json,
		   "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"web-svc\"," METADATA
		   ",\"spec\":{\"selector\":{\"app\":\"web\",\"tier\":\"x\"},\"ports\":[{\"name\":\"http\",\"port\":80,"
		   "\"targetPort\":8080,\"protocol\":\"TCP\"},{\"name\":\"dns\",\"port\":53,\"targetPort\":\"dns\","
		   "\"protocol\":\"UDP\"},{\"name\":\"plain\",\"port\":90,\"targetPort\":90,\"protocol\":\"TCP\"}]}}");
	free(json);
}
END_TEST

START_TEST(what_was_applied_looks_as_it_was_planned)
{
	const char *row = "the summary of what was applied";
	const struct service_spec spec = { "web-svc", "web", ports, 3 };
	const struct action_service service = { &spec, labels, 2, "abc" };
	const struct action_scaler scaler = { WORKLOAD_DEPLOYMENT, &scalers[0].spec, "abc" };
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct record *record = NULL;
	char *json = NULL;

	ck_assert_int_eq(service_to_json(&channel, &service, &json, &err), 0);
	ck_assert_int_eq(record_from_json(KIND_SERVICE, json, strlen(json), &record, &err), 0);
	expect_str(row, ((const struct made *)record->object)->summary,
		   made_service_summary(&arena, labels, 2, ports, 3));
	expect_str(row, record->meta->owner_uid, "u-9");
	record_unref(record);
	free(json);
	ck_assert_int_eq(scaler_to_json(&channel, &scaler, &json, &err), 0);
	ck_assert_int_eq(record_from_json(KIND_SCALER, json, strlen(json), &record, &err), 0);
	expect_str(row, ((const struct made *)record->object)->summary,
		   made_scaler_summary(&arena, "Deployment", "web", 2, 5));
	expect_str(row, ((const struct made *)record->object)->applied, "abc");
	record_unref(record);
	free(json);
	arena_finish(&arena);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, reads_what_lives, lives);
	tcase_add_test(tests, shortens_the_summary_of_a_monster);
	suite_add_rows(tests, applies_autoscalers, scalers);
	tcase_add_test(tests, applies_services);
	tcase_add_test(tests, what_was_applied_looks_as_it_was_planned);
}

SUITE_MAIN("wire: made", add)
