/* Settings: stored and read back, hostile documents; and transactions: disk, memory and loop agree after
 * every outcome. */
#include "tests/unit/unit.h"

#include "agent/mib.h"
#include "agent/transaction.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static unsigned seed;

static unsigned rnd(unsigned n)
{
    return (unsigned)rand_r(&seed) % n;
}

/* Portals p, q; limit c of the configuration. */
static struct settings *configured(void)
{
    struct settings *s = settings_new("eth0");
    struct setting_limit l = {
        .name = "c", .metric = "load/load:shortterm", .direction = LIMIT_ABOVE, .status = ROW_ACTIVE};

    assert_non_null(s);
    assert_true(settings_add_portal(s, "p", PORTAL_ADMIN_HOLD));
    assert_true(settings_add_portal(s, "q", PORTAL_ADMIN_OFF));
    assert_true(decimal_set(&l.threshold, "8", 1));
    assert_true(settings_add_limit(s, &l));
    return s;
}

static void names_are_refused_that_no_index_can_be(void **state)
{
    struct settings *s = configured();

    assert_false(settings_add_portal(s, "p", PORTAL_ADMIN_ON));
    assert_false(settings_add_portal(s, "", PORTAL_ADMIN_ON));
    assert_false(settings_add_portal(s, "123456789012345678901234567890123", PORTAL_ADMIN_ON));
    assert_false(settings_add_portal(s, "a\nb", PORTAL_ADMIN_ON));
    assert_true(settings_add_portal(s, "12345678901234567890123456789012", PORTAL_ADMIN_ON));
    assert_int_equal(s->n_portals, 3);
    settings_release(s);
}

static void what_is_dumped_is_loaded(void **state)
{
    struct settings *s = configured(), *back = configured();
    size_t len;
    unsigned skipped = 9;
    char err[100] = "";

    s->admin = AGENT_MAINTENANCE;
    s->notifications_enabled = false;
    s->set_lock = INT32_MAX;
    strcpy(s->host_interface, "lo");
    settings_portal_edit(s, "p")->admin = PORTAL_ADMIN_ON;
    strcpy(settings_portal_edit(s, "p")->requester, "Zo\xc3\xab \"x\" \\");
    struct setting_limit *l = settings_limit_new(s, "mine");
    strcpy(l->metric, "memory/memory-used");
    l->direction = LIMIT_BELOW;
    assert_true(decimal_set(&l->threshold, "1e9", 3));
    assert_true(decimal_set(&l->clear, "2e9", 3));
    l->hits = 3;
    l->severity = LIMIT_FAILURE;
    l->status = ROW_ACTIVE;
    settings_limit_edit(s, "c")->status = ROW_NOT_IN_SERVICE; /* an override */
    settings_limit_edit(s, "c")->storage = STORAGE_NONVOLATILE;
    assert_non_null(settings_limit_new(s, "waits"));
    assert_true(settings_eperf_run(s, "t", UINT32_MAX));
    settings_limit_new(s, "gone")->storage = STORAGE_VOLATILE;

    char *text = settings_dump(s, &len);
    assert_non_null(text);
    assert_true(settings_load(back, text, len, &skipped, err, sizeof err));
    assert_int_equal(skipped, 0);
    assert_null(settings_limit(back, "gone"));
    settings_limit_delete(s, "gone");
    assert_true(settings_equal(s, back));
    free(text);

    /* shutdown is an order, not a state to come back to */
    s->admin = AGENT_SHUTDOWN;
    text = settings_dump(s, &len);
    assert_true(settings_load(back, text, len, &skipped, err, sizeof err));
    assert_int_equal(back->admin, AGENT_RUNNING);
    free(text);
    settings_release(s);
    settings_release(back);
}

static void bad_documents_do_no_harm(void **state)
{
    static const struct {
        const char *json;
        bool whole;
        unsigned skipped;
    } rows[] = {
        {"",                                                                           false, 0},
        {"[]",                                                                         false, 0},
        {"{\"admin\": 1, \"admin\": 2}",                                               false, 0},
        {"{",                                                                          false, 0},
        {"{}",                                                                         true,  0},
        {"{\"admin\": \"x\", \"lock\": -1, \"notifications\": 1}",                     true,  0},
        {"{\"portals\": {\"p\": {\"admin\": 9, \"requester\": \"\"}}}",                true,  1},
        {"{\"portals\": {\"p\": {\"admin\": 1, \"requester\": \"a\\nb\"}}}",              true,  1},
        {"{\"portals\": {\"p\": 3}}",                                                  true,  1},
        {"{\"portals\": {\"unknown\": 3}}",                                            true,  0},
        {"{\"portals\": []}",                                                          true,  0},
        {"{\"eperf\": {\"\": 1, \"a\": -1, \"b\": 4294967296, \"c\": 1.5}}",           true,  4},
        {"{\"limits\": {\"x\": {}}}",                                                  true,  1},
        {"{\"limits\": {\"x\": {\"metric\": \"a\", \"direction\": 1, \"threshold\": \"1\", \"clear\": \"\", "
         "\"hits\": 1, \"clear_hits\": 1, \"severity\": 1, \"status\": 1}}}", true,  1},
        {"{\"interface\": \"a\\nb\"}",                                                 true,  1},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct settings *s = configured(), *before = configured();
        unsigned skipped = 0;
        char err[200] = "";
        bool whole = settings_load(s, rows[i].json, strlen(rows[i].json), &skipped, err, sizeof err);
        if (whole != rows[i].whole || skipped != rows[i].skipped || !settings_equal(s, before) ||
            whole == (err[0] != '\0'))
            fail_msg("row %zu: %d, %u skipped, %s", i, whole, skipped, err);
        settings_release(s);
        settings_release(before);
    }
}

/* ---- transactions ---- */

struct disk {
    char *text; /* what is stored; NULL: nothing yet */
    int error;  /* of the next writes */
    unsigned writes;
};

static int persist(void *ctx, const struct settings *s, int deadline_ms)
{
    struct disk *d = ctx;
    size_t len;

    assert_true(deadline_ms > 0 && deadline_ms < 1000);
    d->writes++;
    if (d->error == EIO)
        return EIO;
    free(d->text);
    d->text = settings_dump(s, &len);
    int e = d->error;
    d->error = 0; /* late: it was written, but nobody knew */
    return e;
}

static struct varbind set_admin(int32_t admin)
{
    struct varbind v = {0};
    const struct row row = {.name = "p"};

    mib_name(&scalemon_mib, &mib_portal, &mib_portal.columns[2], &row, &v.name);
    value_int(&v.value, admin);
    return v;
}

static void check_disk(const struct disk *d, struct settings_hub *hub)
{
    const struct settings *now = settings_acquire(hub);
    struct settings *back = configured();
    unsigned skipped;
    char err[100];

    if (d->text != NULL) {
        assert_true(settings_load(back, d->text, strlen(d->text), &skipped, err, sizeof err));
        assert_true(settings_equal(back, now));
    }
    settings_release(back);
    settings_release(now);
}

static void outcomes_agree(void **state)
{
    struct disk disk = {0};
    const struct transaction_ops ops = {persist, &disk};
    struct settings_hub *hub = settings_hub_new(configured(), NULL, NULL);
    struct transaction t;
    int32_t admin = PORTAL_ADMIN_HOLD;
    uint64_t generation = 1;

    transaction_init(&t, hub, &ops);
    for (int i = 0; i < 5000; i++) {
        struct varbind v = set_admin((int32_t)rnd(4)); /* 0 is refused */
        size_t failed;
        enum set_error e = transaction_reserve(&t, &scalemon_mib, NULL, &v, 1, &failed);
        assert_int_equal(e, v.value.i == 0 ? SET_WRONG_VALUE : SET_OK);
        unsigned writes = disk.writes;
        unsigned how = rnd(8);
        disk.error = how == 0 ? EIO : how == 1 ? ETIMEDOUT : 0;
        if (e == SET_OK && how != 2) {
            e = transaction_action(&t);
            bool changes = v.value.i != admin;
            assert_int_equal(e, changes && how < 2 ? SET_COMMIT_FAILED : SET_OK);
            if (!changes)
                assert_int_equal(disk.writes, writes);
        }
        disk.error = 0;
        if (e == SET_OK && how >= 4) {
            generation += v.value.i != admin;
            admin = v.value.i;
            transaction_commit(&t);
        } else if (how == 3) {
            ; /* the master is gone and comes back: the next reserve undoes */
        } else {
            assert_int_equal(transaction_undo(&t), SET_OK);
        }
        if (how != 3)
            check_disk(&disk, hub);
        const struct settings *now = settings_acquire(hub);
        assert_int_equal(settings_portal(now, "p")->admin, admin);
        assert_int_equal(now->generation, generation);
        settings_release(now);
    }
    transaction_undo(&t);
    settings_hub_free(hub);
    free(disk.text);
}

static void an_undo_that_cannot_write_says_so(void **state)
{
    struct disk disk = {0};
    const struct transaction_ops ops = {persist, &disk};
    struct settings_hub *hub = settings_hub_new(configured(), NULL, NULL);
    struct varbind v = set_admin(PORTAL_ADMIN_ON);
    struct transaction t;
    size_t failed;

    transaction_init(&t, hub, &ops);
    assert_int_equal(transaction_reserve(&t, &scalemon_mib, NULL, &v, 1, &failed), SET_OK);
    assert_int_equal(transaction_action(&t), SET_OK);
    disk.error = EIO;
    assert_int_equal(transaction_undo(&t), SET_UNDO_FAILED);
    disk.error = 0;
    transaction_commit(&t); /* without a transaction: nothing */
    assert_int_equal(transaction_action(&t), SET_COMMIT_FAILED);
    settings_hub_free(hub);
    free(disk.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_refused_that_no_index_can_be),
        cmocka_unit_test(what_is_dumped_is_loaded),
        cmocka_unit_test(bad_documents_do_no_harm),
        cmocka_unit_test(outcomes_agree),
        cmocka_unit_test(an_undo_that_cannot_write_says_so),
    };

    seed = getenv("SCM_SEED") ? (unsigned)strtoul(getenv("SCM_SEED"), NULL, 10) : (unsigned)time(NULL);
    printf("# seed %u\n", seed);
    fflush(stdout);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
