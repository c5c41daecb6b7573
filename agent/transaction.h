/* One SET, from TestSet to CleanupSet; net-snmp's modes in the names, no net-snmp inside.
 *
 *                 reserve              action                 commit
 *      (none) ------------> RESERVED ------------> STORED ------------> (none), posted to the loop
 *        ^                     | release              | undo, or the session is lost: the old settings are
 * stored again
 *        +---------------------+----------------------+
 *
 * Only commit posts. The settings on disk are the new ones from action on; undo puts the old ones back before
 * it returns, so that disk and memory agree after every outcome but a crash between action and commit, where
 * the disk decides. A SET that changes nothing (a retransmission) writes and posts nothing. AgentX thread
 * only. */
#ifndef SCM_AGENT_TRANSACTION_H
#define SCM_AGENT_TRANSACTION_H

#include "agent/table.h"

/* Below snmpd's default time-out (1 s), after which it asks again. */
enum { TRANSACTION_STORE_MS = 800 };

struct transaction_ops {
    /* As struct agentx_ops has it. */
    int (*persist)(void *ctx, const struct settings *s, int deadline_ms);
    void *ctx;
};

struct transaction {
    const struct transaction_ops *ops;
    struct settings_hub *hub;
    const struct settings *old; /* what the draft was cloned from; NULL: no transaction */
    struct settings *draft;
    bool stored; /* the draft is, or may be, on disk */
};

void transaction_init(struct transaction *t, struct settings_hub *hub, const struct transaction_ops *ops);

/* Whether there is one: reserved or stored, and neither committed nor undone. */
bool transaction_open(const struct transaction *t);

/* RESERVE1 and 2 in one: checks everything. On failure there is no transaction, and *failed names the
 * varbind. One that is still open is undone first: the master has forgotten it. */
enum set_error transaction_reserve(struct transaction *t, const struct mib *mib, const struct view *view,
                                   const struct varbind *vbs, size_t n, size_t *failed);
/* Stores. SET_OK or SET_COMMIT_FAILED; the old state then stands. */
enum set_error transaction_action(struct transaction *t);

/* Cannot fail. The generation of the settings that it posted, or 0: nothing had changed, or there was no transaction. */
uint64_t transaction_commit(struct transaction *t);

/* SET_OK or SET_UNDO_FAILED; also for release and lost sessions. */
enum set_error transaction_undo(struct transaction *t);

#endif
