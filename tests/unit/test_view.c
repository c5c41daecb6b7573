/* Views: texts made safe, and the hub between two threads. */
#include "tests/unit/unit.h"

#include "agent/view.h"

#include <pthread.h>
#include <time.h>

static void texts_are_cut_and_cleaned(void **state)
{
    static const struct {
        const char *in, *out;
        size_t size;
        bool ok;
    } rows[] = {
        {"",                 "",             8,  true },
        {"eth0",             "eth0",         8,  true },
        {"12345678",         "1234567",      8,  true },
        {"a\tb\nc\x7f",      "a b c ",       8,  false},
        {"Zo\xc3\xab",       "Zo\xc3\xab",   8,  true },
        {"Zo\xc3\xab",       "Zo",           4,  true }, /* never half a character */
        {"\xe2\x82\xac",     "\xe2\x82\xac", 8,  true },
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", 8, true},
        {"\xc3",             "?",            8,  false}, /* cut */
        {"\xc0\xaf",         "??",           8,  false}, /* overlong */
        {"\xe0\x80\x80",     "???",          8,  false},
        {"\xed\xa0\x80",     "???",          8,  false}, /* a surrogate */
        {"\xf4\x90\x80\x80", "????",         8,  false}, /* beyond U+10FFFF */
        {"\xff",             "?",            8,  false},
    };
    char got[16];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        view_text(got, rows[i].size, rows[i].in, strlen(rows[i].in));
        if (strcmp(got, rows[i].out) != 0 || view_text_ok(rows[i].in, strlen(rows[i].in)) != rows[i].ok)
            fail_msg("row %zu: got \"%s\"", i, got);
        assert_true(view_text_ok(got, strlen(got)));
    }
}

static void names_are_ordered_as_indexes(void **state)
{
    assert_true(name_cmp("b", "aa") < 0);
    assert_true(name_cmp("ab", "aa") > 0);
    assert_int_equal(name_cmp("aa", "aa"), 0);
    assert_true(name_cmp("\xff", "a") > 0);
}

enum { VIEWS = 3000 };

/* Publishes views whose parts all say the same number. */
static void *publisher(void *hub)
{
    for (uint32_t n = 1; n <= VIEWS; n++) {
        struct view *v = view_new(3, 0, 0, 0);
        v->settings_generation = n;
        v->started_ms = n;
        for (size_t i = 0; i < v->n_interfaces; i++)
            v->interfaces[i].ifindex = n;
        view_publish(hub, v);
    }
    return NULL;
}

static void a_reader_sees_whole_views_and_never_an_older_one(void **state)
{
    struct view_hub *hub = view_hub_new();
    pthread_t thread;
    int64_t last = 0;

    assert_non_null(hub);
    assert_null(view_acquire(hub));
    assert_int_equal(pthread_create(&thread, NULL, publisher, hub), 0);
    while (last < VIEWS) {
        const struct view *v = view_acquire(hub);
        if (v == NULL)
            continue;
        assert_true(v->started_ms >= last);
        last = v->started_ms;
        for (size_t i = 0; i < v->n_interfaces; i++)
            assert_int_equal(v->interfaces[i].ifindex, last);
        view_release(v);
    }
    pthread_join(thread, NULL);
    view_hub_free(hub);
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void waiting_ends_with_the_view_or_the_deadline(void **state)
{
    struct view_hub *hub = view_hub_new();
    pthread_t thread;
    int64_t start = now_ms();

    assert_false(view_wait(hub, 1, 30));
    assert_true(now_ms() - start >= 30);
    assert_int_equal(pthread_create(&thread, NULL, publisher, hub), 0);
    assert_true(view_wait(hub, VIEWS, 60000));
    assert_true(view_wait(hub, 1, 0));
    assert_false(view_wait(hub, VIEWS + 1, 1));
    pthread_join(thread, NULL);
    view_hub_free(hub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_cut_and_cleaned),
        cmocka_unit_test(names_are_ordered_as_indexes),
        cmocka_unit_test(a_reader_sees_whole_views_and_never_an_older_one),
        cmocka_unit_test(waiting_ends_with_the_view_or_the_deadline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
