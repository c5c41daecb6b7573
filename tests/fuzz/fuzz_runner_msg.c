/* Fuzz target: messages between runner and agent. The first byte chooses; the rest is the message, whole or laid over a valid
 * one. What is accepted is in range, and output becomes clean text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/runner_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static void check_text(const char *output, size_t len)
{
    static char text[RUNNER_OUTPUT_MAX + 1];
    for (size_t room = 1; room <= sizeof text; room = room * 4 + 1) {
        runner_output_text(output, len, text, room);
        check(strlen(text) < room);
        for (const char *p = text; *p != '\0'; p++)
            check((unsigned char)*p >= 0x20 || *p == '\n' || *p == '\t');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    bool over = (data[0] & 1) != 0, events = (data[0] & 2) != 0;
    uint32_t scripts = data[0] >> 2;
    data++, size--;
    if (events) {
        struct runner_event event = {.magic = RUNNER_MAGIC, .kind = RUNNER_RESULT}, got;
        size_t n = size < sizeof event ? size : sizeof event;
        if (over && n > sizeof event.magic)
            memcpy((char *)&event + sizeof event.magic, data, n - sizeof event.magic);
        bool good = runner_event_parse(over ? (const void *)&event : data, over ? sizeof event : size, scripts, &got);
        if (good) {
            check(got.kind == RUNNER_HELLO || (got.script < scripts && got.code >= 0 && got.code <= 255));
            check(got.output_len <= RUNNER_OUTPUT_MAX && got.outcome < RUNNER_OUTCOMES);
            check_text(got.output, got.output_len);
        }
    } else {
        struct runner_request request = {.magic = RUNNER_MAGIC, .kind = RUNNER_RUN, .run = 1}, got;
        size_t n = size < sizeof request ? size : sizeof request;
        if (over && n > sizeof request.magic)
            memcpy((char *)&request + sizeof request.magic, data, n - sizeof request.magic);
        if (runner_request_parse(over ? (const void *)&request : data, over ? sizeof request : size, scripts, &got))
            check((got.kind == RUNNER_RUN && got.script < scripts && got.run != 0) ||
                  (got.kind == RUNNER_CANCEL && got.script < scripts) ||
                  ((got.kind == RUNNER_READY || got.kind == RUNNER_ALIVE) && got.script == 0));
    }
    return 0;
}
