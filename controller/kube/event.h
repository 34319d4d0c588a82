/*
 * kube/event: tells people what happened, by Kubernetes Events (events.k8s.io/v1).
 *
 * event_send() never blocks and never fails: an Event is a courtesy, and whatever keeps it from being
 * written must not keep the operator from its work. event_queue.h says what is sent when; an Event that
 * was dropped is counted.
 *
 * May include: base, net/loop.h, kube/client.h, wire/event_json.h.
 */
#ifndef SLUICE_KUBE_EVENT_H
#define SLUICE_KUBE_EVENT_H

#include <stdint.h>

#include "base/err.h"
#include "kube/client.h"
#include "net/loop.h"
#include "wire/event_json.h"

#define EVENT_CONTROLLER "sluice.dev/operator"

struct event_sender;

/* Makes a sender; instance is who reports: the pod's name. client must outlive it. */
struct event_sender *event_sender_create(struct loop *loop, struct client *client, const char *instance);

/* Tells it, some time. Everything in report is copied. */
void event_send(struct event_sender *sender, const struct event_report *report);

/* Events that were not written since the start, and will not be. */
uint64_t event_dropped(const struct event_sender *sender);

/* Events (new ones and repetitions) that are still to be written. */
size_t event_waiting(const struct event_sender *sender);

/* Forgets what is not written yet. NULL is fine. */
void event_sender_destroy(struct event_sender *sender);

#endif
