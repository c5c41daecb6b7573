#include "agent/transaction.h"

#include <stddef.h>

void transaction_init(struct transaction *t, struct settings_hub *hub, const struct transaction_ops *ops)
{
    *t = (struct transaction){.hub = hub, .ops = ops};
}

bool transaction_open(const struct transaction *t)
{
    return t->old != NULL;
}

static void drop(struct transaction *t)
{
    settings_release(t->draft);
    settings_release(t->old);
    t->draft = NULL;
    t->old = NULL;
    t->stored = false;
}

enum set_error transaction_undo(struct transaction *t)
{
    int failed = t->stored ? t->ops->persist(t->ops->ctx, t->old, TRANSACTION_STORE_MS) : 0;

    drop(t);
    return failed ? SET_UNDO_FAILED : SET_OK;
}

enum set_error transaction_reserve(struct transaction *t, const struct mib *mib, const struct view *view,
                                   const struct varbind *vbs, size_t n, size_t *failed)
{
    transaction_undo(t);
    *failed = 0;
    t->old = settings_acquire(t->hub);
    t->draft = settings_clone(t->old);
    if (t->draft == NULL) {
        drop(t);
        return SET_RESOURCE_UNAVAILABLE;
    }
    const struct snapshot snap = {view, t->old};
    enum set_error e = mib_set(mib, &snap, t->draft, vbs, n, failed);
    if (e != SET_OK)
        drop(t);
    return e;
}

enum set_error transaction_action(struct transaction *t)
{
    if (t->old == NULL)
        return SET_COMMIT_FAILED;
    if (t->stored)
        return SET_OK; /* asked again: it is on disk, and the first answer may have been taken */
    if (settings_equal(t->old, t->draft))
        return SET_OK;
    t->stored = true; /* even if it fails: a time-out does not tell */
    if (t->ops->persist(t->ops->ctx, t->draft, TRANSACTION_STORE_MS) == 0)
        return SET_OK;
    transaction_undo(t);
    return SET_COMMIT_FAILED;
}

uint64_t transaction_commit(struct transaction *t)
{
    uint64_t generation = 0;

    if (t->stored) {
        generation = settings_post(t->hub, t->draft);
        t->draft = NULL;
    }
    drop(t);
    return generation;
}
