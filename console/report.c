#include "console/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void report_row_free(struct report_row *row)
{
    free(row->host);
    free(row->link);
    html_free(&row->load_spark);
    html_free(&row->network_spark);
}

/* A page in the making. Tiles tell the first range only, events those of the longest. */
struct page {
    const struct graph_options *o;
    struct report_row *row; /* NULL: the pool's page */
    bool first_range, longest_range;
    struct html tiles, cards, events;
};

static const struct graph_figure *figure(const struct graph *graph, const char *id)
{
    for (size_t i = 0; i < graph->n_figures; i++)
        if (strcmp(graph->figures[i].series->id, id) == 0)
            return &graph->figures[i];
    return NULL;
}

static void last_value(const struct graph *graph, const char *id, char out[GRAPH_VALUE_MAX])
{
    const struct graph_figure *f = figure(graph, id);
    graph_value(graph->kind->unit, f != NULL ? f->last : NAN, out);
}

static bool spark(const struct page *p, const struct graph *graph, struct html *out)
{
    html_free(out);
    return html_spark(out, &p->o->env, graph);
}

/* A host has one row but perhaps many interfaces: the one that carries most stands for it, and "lo" only
 * where it is alone. */
static bool network_row(const struct page *p, const struct graph *graph)
{
    const struct graph_figure *in = figure(graph, "in"), *out = figure(graph, "out");
    double busy = (in != NULL ? fmax(in->mean, 0) : 0) + (out != NULL ? fmax(out->mean, 0) : 0);

    if (strcmp(graph->name, "network-lo") == 0)
        busy = -1;
    if (p->row->busiest >= busy)
        return true;
    p->row->busiest = busy;
    last_value(graph, "in", p->row->in);
    last_value(graph, "out", p->row->out);
    return spark(p, graph, &p->row->network_spark);
}

static bool take_row(const struct page *p, const struct graph *graph)
{
    struct report_row *row = p->row;
    const struct graph_figure *running;

    switch (graph->kind->unit) {
    case UNIT_LOAD:
        last_value(graph, "short", row->load);
        return spark(p, graph, &row->load_spark);
    case UNIT_BYTES:
        last_value(graph, "used", row->used);
        last_value(graph, "total", row->total);
        return true;
    case UNIT_SHARE:
        running = figure(graph, "running");
        row->portals += running != NULL;
        row->running += running != NULL && running->last >= 50;
        return true;
    case UNIT_BITS:
        return figure(graph, "in") == NULL && figure(graph, "out") == NULL ? true : network_row(p, graph);
    case UNIT_COUNT:
    case UNIT_SECONDS:
        return true;
    }
    return true;
}

static bool take_graph(void *arg, const struct graph *graph)
{
    struct page *p = arg;
    bool good = html_card(&p->cards, &p->o->env, graph);

    if (p->first_range) {
        html_tile(&p->tiles, graph);
        if (p->row != NULL && !take_row(p, graph))
            good = false;
    }
    if (p->longest_range && p->events.n == 0)
        html_events(&p->events, graph);
    return good;
}

static void take_ranges(struct page *p, const struct graph_kind *kinds, const char *const *hosts, size_t n,
                        bool pool, struct graph_tally *tally)
{
    const struct graph_options *o = p->o;
    size_t longest = 0;

    for (size_t r = 1; r < o->n_ranges; r++)
        if (o->ranges[r].seconds > o->ranges[longest].seconds)
            longest = r;
    for (size_t r = 0; r < o->n_ranges; r++) {
        size_t before = p->cards.n;
        p->first_range = r == 0;
        p->longest_range = r == longest;
        html_print(&p->cards, "<h2>The last %s%s</h2>\n<div class=\"cards\">\n", o->ranges[r].name,
                   graph_range_named(o->ranges[r].name) != NULL ? "" : " seconds");
        size_t empty = p->cards.n;
        graph_each(o, kinds, hosts, n, pool, &o->ranges[r], take_graph, p, tally);
        if (p->cards.n == empty)
            p->cards.n = before; /* no heading over nothing */
        else
            html_print(&p->cards, "</div>\n");
    }
}

static char *note(const struct graph_options *o)
{
    char when[GRAPH_CLOCK_MAX];
    return graph_print("Until %s", graph_clock(o->end, when));
}

static void append(struct html *html, const struct html *more)
{
    if (more->n > 0)
        html_print(html, "%s", more->v);
}

static void write_page(const struct graph_options *o, const char *link, struct html *page,
                       struct graph_tally *tally)
{
    char *path = graph_print("%s/%s", o->out, link);
    html_end(page);
    if (graph_write_file(path, page->v, page->n))
        puts(path);
    else
        tally->failed++;
    free(path);
}

static void page_free(struct page *p)
{
    html_free(&p->tiles);
    html_free(&p->cards);
    html_free(&p->events);
}

void report_host(const struct graph_options *o, const char *host, struct report_row *row,
                 struct graph_tally *tally)
{
    struct page p = {.o = o, .row = row};
    struct html page = {0};
    char *name = graph_file_name(host), *about = note(o);

    *row = (struct report_row){.host = graph_print("%s", host), .busiest = -2};
    size_t drawn = tally->drawn;
    take_ranges(&p, graph_host_kinds, &host, 1, false, tally);
    if (tally->drawn > drawn) {
        row->link = graph_print("host/%s.html", name);
        html_begin(&page, host, about, "../index.html");
        html_print(&page, "<div class=\"tiles\">");
        append(&page, &p.tiles);
        html_print(&page, "</div>\n");
        append(&page, &p.cards);
        append(&page, &p.events);
        write_page(o, row->link, &page, tally);
    }
    html_free(&page);
    page_free(&p);
    free(about);
    free(name);
}

/* '=' and '%' never need escaping in these links: graph_file_name leaves letters, digits, '-', '_', '.' and
 * '='. */
static void host_row(struct html *page, const struct report_row *row)
{
    html_print(page, "<tr><td>");
    if (row->link != NULL)
        html_print(page, "<a href=\"%s\">", row->link);
    html_text(page, row->host);
    html_print(page, "%s</td><td class=\"n\">%s</td><td>", row->link != NULL ? "</a>" : "", row->load);
    append(page, &row->load_spark);
    html_print(page,
               "</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td class=\"n\">%s</td><td "
               "class=\"n\">%s</td><td>",
               row->used, row->total, row->in, row->out);
    append(page, &row->network_spark);
    if (row->portals > 0)
        html_print(page, "</td><td class=\"n\">%zu of %zu</td></tr>\n", row->running, row->portals);
    else
        html_print(page, "</td><td class=\"n\">%s</td></tr>\n", row->link != NULL ? "-" : "no data");
}

void report_pool(const struct graph_options *o, const struct report_row *rows, size_t n,
                 struct graph_tally *tally)
{
    struct page p = {.o = o};
    struct html page = {0};
    char *about = note(o);

    take_ranges(&p, graph_pool_kinds, (const char *const *)o->hosts.v, o->hosts.n, true, tally);
    html_begin(&page, "Pool", about, NULL);
    html_print(&page, "<div class=\"tiles\"><div class=\"tile\"><span>Hosts</span><b>%zu</b></div>\n", n);
    append(&page, &p.tiles);
    html_print(&page, "</div>\n<h2>Hosts</h2>\n<div class=\"hosts\"><table><tr><th>Host</th><th "
                      "class=\"n\">Load</th><th></th>"
                      "<th class=\"n\">Memory used</th><th class=\"n\">of</th><th class=\"n\">In</th><th "
                      "class=\"n\">Out</th>"
                      "<th></th><th class=\"n\">Portals running</th></tr>\n");
    for (size_t i = 0; i < n; i++)
        host_row(&page, &rows[i]);
    html_print(&page, "</table></div>\n");
    append(&page, &p.cards);
    append(&page, &p.events);
    write_page(o, "index.html", &page, tally);
    html_free(&page);
    page_free(&p);
    free(about);
}
