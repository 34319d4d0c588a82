/*
 * kube/election: who leads, decided by one record that all candidates read and write.
 *
 * The algorithm is that of client-go's leader election, so that both can stand for the same Lease: a
 * candidate remembers when it, by its own clock, first saw the record as it is; a record that has not
 * changed for the duration it names has no living holder. Times in the record are never compared, for
 * the clocks of two machines differ. The apiserver's resourceVersion decides races. A leader counts its
 * lead from the moment at which it sent its last successful write, and stops leading when that is
 * deadline_ms ago; deadline_ms is less than duration_ms, so it stops before another one may begin, also
 * when it was stopped in between and learns of it only afterwards. (Who deletes the Lease of a living
 * leader takes this away, until that leader's next renewal.)
 *
 * Where a candidate is told of changes (a watch), it reads the record then, and else not before the
 * holder's time is over. What the watch says is a hint and no more: only what was read counts.
 *
 * Pure: time comes in as a number, requests go out as actions (lease.c does them).
 * May include: base, wire/lease_json.h. Deliberately absent: clocks, timers, requests.
 */
#ifndef SLUICE_KUBE_ELECTION_H
#define SLUICE_KUBE_ELECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sha256.h"
#include "wire/lease_json.h"

#define ELECTION_IDENTITY_SIZE 256

enum election_state {
	ELECTION_FOLLOWER, /* somebody else leads, or it is not known who; looks again at wake_ms */
	ELECTION_TRYING,   /* reads the record, or writes itself into it */
	ELECTION_LEADING,  /* its last write is younger than deadline_ms */
	ELECTION_LEAVING,  /* its last write, which names nobody, is under way: leads no more */
	ELECTION_LOST,     /* led and does not any more, or gave up: the end */
};

enum election_input {
	ELECTION_TICK,    /* wake_ms has come (the first: at the start) */
	ELECTION_READ,    /* the record was read */
	ELECTION_WRITTEN, /* the record was written, and this is it */
	ELECTION_MISSING, /* there is no such Lease */
	ELECTION_REFUSED, /* the write met a newer record (409) */
	ELECTION_FAILED,  /* no usable answer */
	ELECTION_RESIGN,  /* leave, and give the lead back if it is held */
	ELECTION_CHANGED, /* a watch says that the record may have changed, and will say so again */
	ELECTION_UNTOLD,  /* the watch has ended */
};

enum election_action {
	ELECTION_WAIT,      /* nothing until wake_ms or an answer */
	ELECTION_GET,       /* read the record */
	ELECTION_CREATE,    /* POST election_claim() */
	ELECTION_UPDATE,    /* PUT election_claim() */
	ELECTION_GIVE_BACK, /* PUT election_claim(), which names nobody */
};

struct election_terms { /* 15 s, 10 s, 2 s are Kubernetes' usual ones, with renewals every 2 s as well */
	int64_t duration_ms; /* others wait so long for a sign of life */
	int64_t deadline_ms; /* we lead so long without one */
	int64_t renew_ms;    /* from a renewal to the next one */
	int64_t retry_ms;    /* between two tries, after one that failed */
	int64_t slack_ms;    /* a renewal may come so much later, with whatever else wakes the process */
};

struct election {
	enum election_state state;
	struct election_terms terms;
	char identity[ELECTION_IDENTITY_SIZE];
	uint64_t random; /* for the jitter between tries; never 0 */
	int64_t wake_ms; /* when ELECTION_TICK is due; CLOCK_NEVER: not before the next answer */
	int64_t slack_ms; /* and how late it may come */

	/* The record as last seen. */
	char seen[SHA256_HEX_SIZE]; /* its spec's hash */
	int64_t seen_ms;            /* since when it is so, by our clock */
	char holder[ELECTION_IDENTITY_SIZE];
	int64_t duration_ms;
	int64_t acquired_ms; /* wall clock */
	int64_t transitions;

	enum election_action under_way; /* the request that has no answer yet; ELECTION_WAIT: none */
	int64_t sent_ms;                /* when it was sent */
	int64_t renewed_ms;             /* when the last successful write was sent */
	bool is_resigning;
	bool was_refused; /* and has read the record since */
	bool is_told;     /* a watch tells of changes */
	bool is_changed;  /* it did since the last look began, or that look failed */
};

/* A candidate of this identity (cut at 255 bytes). seed makes its jitter. */
void election_init(struct election *election, const char *identity, const struct election_terms *terms,
		   uint64_t seed);

/* The one function that changes the state. record comes with READ and WRITTEN only. now_ms: monotonic.
 * Returns what to do; the answer comes back as the next input. */
enum election_action election_step(struct election *election, enum election_input input,
				   const struct lease_record *record, int64_t now_ms);

/* What to write for the action that step returned. wall_ms goes into the record for people to read. */
struct lease_claim election_claim(const struct election *election, int64_t wall_ms);

/* Does the record, as last seen, name us? */
bool election_names_us(const struct election *election);

/* Does it lead at this moment? Ask before each write: it may have been a long time since the last step. */
bool election_leads(const struct election *election, int64_t now_ms);

#endif
