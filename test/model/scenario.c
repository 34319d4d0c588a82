#include "scenario_words.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct scenario scenarios[] = {
	{
		.name = "one",
		.about = "one channel, a good promotion, and one whose pods never come up",
		.channels = { { "a", "shop", { ENTRY } } },
		.promotions = {
			{ "old", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "good", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
			{ "bad", 0, ORIGIN_PEOPLE, OF(C), RELEASE_C },
		},
		.bad_releases = 1 << RELEASE_C,
		.ticks = 2,
		.faults = 2,
	},
	{
		.name = "back",
		.about = "one channel, a good promotion, and a rollback at any moment of it",
		.channels = { { "a", "shop", { ENTRY } } },
		.promotions = {
			{ "old", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "good", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
			{ "back", 0, ORIGIN_PEOPLE, ROLL_BACK, 0 },
		},
		.ticks = 1,
		.faults = 2,
	},
	{
		.name = "first",
		.about = "a channel that never ran anything, and whose first promotion fails",
		.channels = { { "a", "shop", { ENTRY } } },
		.promotions = {
			{ "bad", 0, ORIGIN_PEOPLE, OF(C), RELEASE_C },
			{ "good", 0, ORIGIN_PEOPLE, OF(A), RELEASE_A },
		},
		.bad_releases = 1 << RELEASE_C,
		.ticks = 3,
		.faults = 2,
		.edits = 1,
		.deletes_promotions = true,
	},
	{
		.name = "leaders",
		.about = "another replica takes over, perhaps with an old view, while the first one still writes",
		.channels = { { "a", "shop", { ENTRY } } },
		.promotions = {
			{ "old", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "good", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
			{ "back", 0, ORIGIN_PEOPLE, ROLL_BACK, 0 },
		},
		.ticks = 1,
		.faults = 2,
		.old_acts = 2,
		.has_standby = true,
	},
	{
		.name = "held",
		.about = "a failed rollout that is left as it is, and the ways out of it",
		.channels = { { "a", "shop", { "rollout: {progressDeadline: 1m, onFailure: Hold}", ENTRY } } },
		.promotions = {
			{ "old", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "bad", 0, ORIGIN_PEOPLE, OF(C), RELEASE_C },
			{ "back", 0, ORIGIN_PEOPLE, ROLL_BACK, 0 },
		},
		.bad_releases = 1 << RELEASE_C,
		.ticks = 2,
		.faults = 1,
		.edits = 1,
		.edits_specs = true,
	},
	{
		.name = "git",
		.about = "promotions that are pruned under way and afterwards, and come again under the same name",
		.channels = { { "a", "shop", { ENTRY } } },
		.promotions = {
			{ "old", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "new", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
			{ "brief", 0, ORIGIN_PEOPLE, OF(A) ", ttlAfterFinished: 1m", RELEASE_A },
		},
		.ticks = 1,
		.faults = 1,
		.edits = 2,
		.deletes_promotions = true,
	},
	{
		.name = "specs",
		.about = "a channel that is suspended and edited under way, deleted, and made anew",
		.channels = {
			{ "a", "shop", { ENTRY, "suspended: true", "promotion: {mode: Automatic, deadline: 2m}" } },
		},
		.promotions = {
			{ "old", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "new", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
		},
		.ticks = 2,
		.faults = 1,
		.edits = 2,
		.edits_specs = true,
		.deletes_channels = true,
	},
	{
		.name = "workloads",
		.about = "a workload that others write, delete and bring back, and a guard that hears late of the pins",
		.channels = { { "a", "shop", { ENTRY } } },
		.promotions = {
			{ "old", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "new", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
			{ "back", 0, ORIGIN_PEOPLE, ROLL_BACK, 0 },
		},
		.ticks = 1,
		.faults = 1,
		.edits = 2,
		.is_guard_late = true,
		.touches_workloads = true,
	},
	{
		.name = "line",
		.about = "two channels in a line, the second one automatic, behind a soak; a rollback there",
		.channels = {
			{ "a", "develop", { ENTRY } },
			{ "b", "beta", { BEHIND(DEVELOP) ", gates: {soak: 1m}, promotion: {mode: Automatic}" } },
		},
		.promotions = {
			{ "one", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "beta-" ID_A, 1, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "two", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
			{ "beta-" ID_B, 1, ORIGIN_AUTOMATIC, OF(B), RELEASE_B },
			{ "back", 1, ORIGIN_PEOPLE, ROLL_BACK, 0 },
		},
		.ticks = 2,
		.faults = 1,
	},
	{
		.name = "revoked",
		.about = "what fails upstream under way does not go downstream; a person promotes from upstream",
		.channels = {
			{ "a", "develop", { ENTRY } },
			{ "b", "beta", { BEHIND(DEVELOP) } },
		},
		.promotions = {
			{ "one", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "two", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
			{ "bad", 0, ORIGIN_PEOPLE, OF(C), RELEASE_C },
			{ "take", 1, ORIGIN_PEOPLE, "from: {namespace: a, channel: develop}", 0 },
			{ "force", 1, ORIGIN_PEOPLE, OF(C), RELEASE_C },
		},
		.bad_releases = 1 << RELEASE_C,
		.ticks = 2,
	},
	{
		.name = "all",
		.about = "two entry channels and one that wants both of them",
		.channels = {
			{ "a", "develop", { ENTRY } },
			{ "a", "nightly", { ENTRY } },
			{ "b", "beta", { "upstream: {match: All, channels: [" DEVELOP ", " NIGHTLY "]}" } },
		},
		.promotions = {
			{ "one", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "two", 1, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "left", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
			{ "right", 1, ORIGIN_PEOPLE, OF(B), RELEASE_B },
			{ "both", 2, ORIGIN_PEOPLE, OF(B), RELEASE_B },
		},
	},
	{
		.name = "shared",
		.about = "two channels of one namespace, with their pins in one object; one goes and comes again",
		.channels = { { "a", "develop", { ENTRY } }, { "a", "beta", { ENTRY } } },
		.promotions = {
			{ "first", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "second", 1, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "one", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
			{ "two", 1, ORIGIN_PEOPLE, OF(B), RELEASE_B },
		},
		.faults = 1,
		.edits = 1,
		.deletes_channels = true,
	},
	{
		.name = "deadline",
		.about = "promotions that may not wait for ever",
		.channels = {
			{ "a", "develop", { ENTRY } },
			{ "b", "beta", { BEHIND(DEVELOP) ", gates: {soak: 1m}, promotion: {deadline: 2m}" } },
		},
		.promotions = {
			{ "one", 0, ORIGIN_BEFORE, OF(A), RELEASE_A },
			{ "two", 0, ORIGIN_PEOPLE, OF(B), RELEASE_B },
			{ "take", 1, ORIGIN_PEOPLE, OF(B), RELEASE_B },
		},
		.ticks = 3,
		.faults = 1,
	},
};

const struct scenario *scenario_get(uint32_t index)
{
	const uint32_t count = sizeof(scenarios) / sizeof(scenarios[0]);

	if (index < count)
		return &scenarios[index];
	return index - count < scenario_gates_count ? &scenario_gates[index - count] : NULL;
}

uint32_t scenario_channels(const struct scenario *scenario)
{
	uint32_t count = 0;

	while (count < CHANNELS_MAX && scenario->channels[count].name != NULL)
		count++;
	return count;
}

/* Namespaces are numbered as they come. */
uint32_t scenario_namespace(const struct scenario *scenario, uint32_t channel)
{
	return strcmp(scenario->channels[channel].namespace, scenario->channels[0].namespace) == 0 ? 0 : 1;
}

uint32_t scenario_namespaces(const struct scenario *scenario)
{
	uint32_t count = 1;

	for (uint32_t i = 0; i < scenario_channels(scenario); i++) {
		if (scenario_namespace(scenario, i) == count)
			count++;
	}
	return count;
}

uint32_t scenario_says(const struct scenario *scenario, uint32_t promotion)
{
	uint32_t count = 0;

	while (count < SAYS_MAX && scenario->says[promotion][count] != NULL)
		count++;
	return count;
}

const char *scenario_slot_text(const struct scenario *scenario, uint32_t slot, char text[static 96])
{
	uint32_t channel = slot < SLOT_WORKLOADS ? slot : slot - SLOT_WORKLOADS;

	if (slot == SLOT_STOP)
		(void)snprintf(text, 96, "ChannelStop stop");
	else if (slot >= SLOT_PROMOTIONS)
		(void)snprintf(text, 96, "Promotion %s", scenario->promotions[slot - SLOT_PROMOTIONS].name);
	else if (slot >= SLOT_PINS)
		(void)snprintf(text, 96, "the pins of namespace %u", slot - SLOT_PINS);
	else
		(void)snprintf(text, 96, "%s %s/%s", slot < SLOT_WORKLOADS ? "ReleaseChannel" : "Deployment",
			       scenario->channels[channel].namespace, scenario->channels[channel].name);
	return text;
}
