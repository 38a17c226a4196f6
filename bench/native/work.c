/* work.c - the values of the scenarios, where no contestant's compiler sees them. */
#include "work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define A_TIME                                                                                                         \
    {                                                                                                                  \
        .tv_sec = 315576000                                                                                            \
    } /* 1980-01-01T12:00:00Z */
#define JANE                                                                                                           \
    {                                                                                                                  \
        .name = "Jane Doe", .email = "jane@example.com", .created_at = A_TIME                                          \
    }

struct bench_work bench_work = {
    .ten = {.request_id = "5f1c9e1c-7d2e-4c1b",
            .method = "GET",
            .path = "/orders/7781",
            .client = "127.0.0.1",
            .user_id = 7781,
            .tenant = "acme",
            .attempt = 1,
            .cached = false,
            .ratio = 0.25,
            .region = "eu-west"},
    .three = {.status = 200, .bytes = 5120, .duration_ms = 1.5},
    .second_attempt = 2,
    .context5 = {.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736",
                 .span_id = "00f067aa0ba902b7",
                 .session = "s-20418",
                 .locale = "en-GB",
                 .shard = 7},
    .mixed = {.number = 1,
              .numbers = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
              .string = "a",
              .strings = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"},
              .time = A_TIME,
              .times = {A_TIME, A_TIME, A_TIME, A_TIME, A_TIME, A_TIME, A_TIME, A_TIME, A_TIME, A_TIME},
              .user1 = JANE,
              .user2 = JANE,
              .users = {JANE, JANE, JANE, JANE, JANE, JANE, JANE, JANE, JANE, JANE},
              .error = "file does not exist"},
};

static void prepare_numbered(void)
{
    static char texts[BENCH_MOST_FIELDS][16];
    for (int i = 0; i < BENCH_MOST_FIELDS; i++) {
        struct bench_numbered *field = &bench_work.numbered[i];
        snprintf(field->key, sizeof(field->key), "field_%03d", i);
        snprintf(texts[i], sizeof(texts[i]), "value_%03d", i);
        field->text = i % 2 == 0 ? texts[i] : NULL;
        field->number = i;
    }
}

static void prepare_context_more(void)
{
    for (int i = 0; i < 15; i++) {
        struct bench_numbered *field = &bench_work.context_more[i];
        snprintf(field->key, sizeof(field->key), "context_%02d", i + 5);
        field->number = i + 5;
    }
}

bool bench_prepare_work(size_t payload_length)
{
    static char *payload;
    char *grown = realloc(payload, payload_length + 1);
    if (grown == NULL)
        return false;
    payload = grown;
    memset(payload, 'x', payload_length);
    payload[payload_length] = '\0';
    bench_work.payload = payload;
    bench_work.payload_length = payload_length;
    prepare_numbered();
    prepare_context_more();
    return true;
}
