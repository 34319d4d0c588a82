/*
 * test/model/scenario_words: the words in which scenarios are written: digests, releases, specs.
 *
 * A spec is in YAML's flow form; what every channel has (artifacts, workloads) model.c adds. May include: scenario.h.
 */
#ifndef SLUICE_MODEL_SCENARIO_WORDS_H
#define SLUICE_MODEL_SCENARIO_WORDS_H

#include "scenario.h"

#define SIXTEEN(c) c c c c c c c c c c c c c c c c
#define A SIXTEEN("a") SIXTEEN("a") SIXTEEN("a") SIXTEEN("a")
#define B SIXTEEN("b") SIXTEEN("b") SIXTEEN("b") SIXTEEN("b")
#define C SIXTEEN("c") SIXTEEN("c") SIXTEEN("c") SIXTEEN("c")
#define D SIXTEEN("d") SIXTEEN("d") SIXTEEN("d") SIXTEEN("d")
#define OF(letters) "artifacts: [{name: web, digest: 'sha256:" letters "'}]"

/* The ids of the releases of one artifact web with these digests. */
#define ID_A "r-c48b3d90bc"
#define ID_B "r-af668b74d5"
#define ID_C "r-af07c19d6e"
#define ID_D "r-f4f93504bf"

#define RELEASE_A 1
#define RELEASE_B 2
#define RELEASE_C 3
#define RELEASE_D 4

#define ENTRY "rollout: {progressDeadline: 2m}"
#define BEHIND(upstreams) "upstream: {channels: [" upstreams "]}, rollout: {progressDeadline: 2m}"
#define DEVELOP "{namespace: a, name: develop}"
#define NIGHTLY "{namespace: a, name: nightly}"
#define ROLL_BACK "rollback: {to: Previous}"

#endif
