/* Worlds of what stands before a release (people, windows, stops, signatures, measurements), of what comes from outside
 * by itself (builds, other managers), and of what goes again. */
#include "scenario_words.h"

#define APPROVE(user) "{user: " user ", decision: Approve}"
#define OVERRIDE(user) "{user: " user ", decision: Approve, override: true}"
#define REJECT(user) "{user: " user ", decision: Reject}"

/* Minutes after the beginning of the walk. */
#define WINDOW(kind, minute, minutes)                                                                \
	"{name: " kind "-window, kind: " kind ", start: '2026-11-24T12:" minute "', duration: " minutes      \
	"m, timeZone: UTC}"
#define WINDOWS(list) ENTRY ", gates: {windows: [" list "]}"

#define MEASURE                                                                                      \
	"verification: {metrics: [{name: rate, prometheus: {query: q}, interval: 1m, count: 2, "             \
	"success: {min: 0.5}, consecutiveErrorLimit: 1}]}"
#define SIGNED "gates: {signatures: {threshold: 1, keys: [{configMapRef: {name: release-keys, key: ci.pub}}]}}"

#define INTAKE(policy) "intake: {interval: 1m, tags: {artifact: web, " policy "}}"
#define VERSIONS INTAKE("semver: '>=1.0.0'")
#define BUILD(letters, tag) "artifacts: [{name: web, digest: 'sha256:" letters "', tag: " tag "}]"

const struct scenario scenario_gates[] = {
	{
		.name = "approvals",
		.about = "two of several people, not the requester; one says it twice, one rejects",
		.channels = { { "a", "shop",
				{ ENTRY ", promotion: {deadline: 2m}, "
					"gates: {approvals: {required: 2, excludeRequester: true}}" } } },
		.promotions = {
			{ "old", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "new", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
			{ "other", 0, ORIGIN_PEOPLE, OF(C), RELEASE_C },
		},
		.says = {
			[0] = { APPROVE("bob"), APPROVE("carol") },
			[1] = { APPROVE("alice"), APPROVE("bob"), OVERRIDE("bob"), APPROVE("carol") },
			[2] = { APPROVE("bob"), APPROVE("carol"), REJECT("dave") },
		},
		.may_be_aborted = { [1] = true },
		.ticks = 1,
		.faults = 1,
	},
	{
		.name = "overrides",
		.about = "a release that upstream has not verified, and one that has not soaked, with an override and without",
		.channels = {
			{ "a", "develop", { ENTRY } },
			{ "b", "beta", { BEHIND(DEVELOP) ", gates: {soak: 1m}" } },
		},
		.promotions = {
			{ "one", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "two", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
			{ "take", 1, ORIGIN_PEOPLE, OF(B), RELEASE_B },
			{ "force", 1, ORIGIN_PEOPLE, OF(C), RELEASE_C },
		},
		.says = {
			[2] = { APPROVE("carol"), OVERRIDE("bob") },
			[3] = { OVERRIDE("bob") },
		},
		.may_be_aborted = { [3] = true },
		.ticks = 2,
		.faults = 1,
		.steps_back = true,
	},
	{
		.name = "windows",
		.about = "windows that come, open and close under way, and clocks that are set back",
		.channels = { { "a", "shop",
				{ ENTRY, WINDOWS(WINDOW("Deny", "01", "2")), WINDOWS(WINDOW("Allow", "01", "1")),
				  WINDOWS(WINDOW("Allow", "00", "3") ", " WINDOW("Deny", "01", "1")) } } },
		.promotions = {
			{ "old", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "mid", 0, ORIGIN_BEFORE, OF(B), RELEASE_B },
			{ "new", 0, ORIGIN_PEOPLE, OF(C), RELEASE_C },
			{ "back", 0, ORIGIN_PEOPLE, ROLL_BACK, 0 },
		},
		.says = {
			[2] = { OVERRIDE("bob") },
			[3] = { OVERRIDE("bob") },
		},
		.bad_releases = 1 << RELEASE_C,
		.ticks = 3,
		.faults = 1,
		.edits = 1,
		.edits_specs = true,
		.steps_back = true,
	},
	{
		.name = "stops",
		.about = "a ChannelStop that comes and goes, a rollout that fails meanwhile, and a rollback",
		.channels = { { "a", "shop", { ENTRY } } },
		.promotions = {
			{ "old", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "mid", 0, ORIGIN_BEFORE, OF(B), RELEASE_B },
			{ "bad", 0, ORIGIN_PEOPLE, OF(C), RELEASE_C },
			{ "back", 0, ORIGIN_PEOPLE, ROLL_BACK, 0 },
		},
		.says = {
			[3] = { OVERRIDE("bob") },
		},
		.bad_releases = 1 << RELEASE_C,
		.ticks = 2,
		.faults = 1,
		.edits = 2,
		.stops = true,
	},
	{
		.name = "aborts",
		.about = "promotions that are aborted while they wait, while they run, and when they have ended",
		.channels = { { "a", "shop", { ENTRY } } },
		.promotions = {
			{ "old", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "good", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
			{ "bad", 0, ORIGIN_PEOPLE, OF(C), RELEASE_C },
		},
		.may_be_aborted = { [1] = true, [2] = true },
		.bad_releases = 1 << RELEASE_C,
		.ticks = 2,
		.faults = 1,
	},
	{
		.name = "calledoff",
		.about = "the first promotion of a channel is aborted or rejected, while another replica takes over",
		.channels = { { "a", "shop", { ENTRY } } },
		.promotions = {
			{ "first", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
			{ "second", 0, ORIGIN_PEOPLE, OF(C), RELEASE_C },
		},
		.says = {
			[0] = { REJECT("dave") },
		},
		.may_be_aborted = { [0] = true },
		.faults = 2,
		.old_acts = 2,
		.has_standby = true,
	},
	{
		.name = "measured",
		.about = "a channel that measures, and that measures again; one downstream that waits for its mark",
		.channels = {
			{ "a", "develop", { ENTRY ", " MEASURE } },
			{ "b", "beta", { BEHIND(DEVELOP) } },
		},
		.promotions = {
			{ "one", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "two", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
			{ "take", 1, ORIGIN_PEOPLE, "from: {namespace: a, channel: develop}", 0 },
		},
		.may_be_aborted = { [1] = true },
		.ticks = 2,
		.edits = 2,
		.asks_again = true,
		.metrics = 1 << METRIC_BAD | 1 << METRIC_NOTHING | 1 << METRIC_BROKEN,
	},
	{
		.name = "signed",
		.about = "releases signed with old and new keys, later or never; keys that change and go; an override",
		.channels = { { "a", "shop", { ENTRY ", " SIGNED } } },
		.promotions = {
			{ "old", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "mid", 0, ORIGIN_BEFORE, OF(B), RELEASE_B },
			{ "late", 0, ORIGIN_PEOPLE, OF(C), RELEASE_C },
			{ "back", 0, ORIGIN_PEOPLE, ROLL_BACK, 0 },
		},
		.says = {
			[2] = { OVERRIDE("bob") },
			[3] = { OVERRIDE("bob") },
		},
		.ticks = 2,
		.edits = 2,
		.key_sets = 1 << 0 | 1 << 2 | 1 << 3,
		.signable = 1 << RELEASE_C,
		.signers = { 1, 3, 0, 0 },
	},
	{
		.name = "builds",
		.about = "builds that come in a burst; somebody's own choice holds automation, and the ways out of that",
		.channels = { { "a", "shop",
				{ ENTRY ", " VERSIONS ", promotion: {mode: Automatic}", ENTRY ", " VERSIONS } } },
		.promotions = {
			{ "shop-" ID_A, 0, ORIGIN_AUTOMATIC, BUILD(A, "1.0.1"), RELEASE_A },
			{ "shop-" ID_B, 0, ORIGIN_AUTOMATIC, BUILD(B, "1.0.2"), RELEASE_B },
			{ "shop-" ID_C, 0, ORIGIN_AUTOMATIC, BUILD(C, "1.0.3"), RELEASE_C },
			{ "back", 0, ORIGIN_PEOPLE, ROLL_BACK, 0 },
			{ "lift", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
		},
		.ticks = 2,
		.edits = 1,
		.edits_specs = true,
		.builds_max = 3,
	},
	{
		.name = "retagged",
		.about = "the newest tag moves to another digest; and a tag that always moves",
		.channels = { { "a", "shop",
				{ ENTRY ", " VERSIONS ", promotion: {mode: Automatic}",
				  ENTRY ", " INTAKE("tag: newest") ", promotion: {mode: Automatic}" } } },
		.promotions = {
			{ "shop-" ID_A, 0, ORIGIN_AUTOMATIC, BUILD(A, "1.0.1"), RELEASE_A },
			{ "shop-" ID_B, 0, ORIGIN_AUTOMATIC, BUILD(B, "1.0.2"), RELEASE_B },
			{ "shop-" ID_D, 0, ORIGIN_AUTOMATIC, BUILD(D, "1.0.2"), RELEASE_D },
		},
		.ticks = 2,
		.faults = 1,
		.edits = 2,
		.edits_specs = true,
		.builds_max = 2,
		.retags = RELEASE_D,
	},
	{
		.name = "collected",
		.about = "promotions that are collected as soon as they have ended, and come again from Git",
		.channels = { { "a", "shop",
				{ ENTRY ", " VERSIONS ", promotion: {mode: Automatic, keep: {count: 0, age: 1s}}" } } },
		.promotions = {
			{ "shop-" ID_A, 0, ORIGIN_AUTOMATIC, BUILD(A, "1.0.1"), RELEASE_A },
			{ "shop-" ID_B, 0, ORIGIN_AUTOMATIC, BUILD(B, "1.0.2"), RELEASE_B },
			{ "brief", 0, ORIGIN_PEOPLE, OF(C) ", ttlAfterFinished: 1m", RELEASE_C },
		},
		.says = {
			[1] = { REJECT("dave") },
		},
		.ticks = 2,
		.faults = 1,
		.edits = 1,
		.deletes_promotions = true,
		.builds_max = 2,
	},
	{
		.name = "unguarded",
		.about = "a server without the pin guard, on which another manager writes the image",
		.channels = { { "a", "shop", { ENTRY } } },
		.promotions = {
			{ "old", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "new", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
		},
		.may_be_aborted = { [1] = true },
		.ticks = 1,
		.faults = 1,
		.edits = 2,
		.lacks_guard = true,
	},
	{
		.name = "stubborn",
		.about = "another manager that writes the image again and again",
		.channels = { { "a", "shop", { ENTRY } } },
		.promotions = {
			{ "old", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "new", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
		},
		.ticks = 1,
		.faults = 1,
		.edits = 1,
		.lacks_guard = true,
		.is_stubborn = true,
	},
};

const uint32_t scenario_gates_count = sizeof(scenario_gates) / sizeof(scenario_gates[0]);
